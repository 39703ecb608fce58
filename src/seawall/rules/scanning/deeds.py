"""What the steps of a pipeline do with images: push them, sign them, log in for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.vocabulary import words
from seawall.surfaces.cell import Place, Placed
from seawall.surfaces.repository.workflows import Job, Pipelines, Step, Workflow
from seawall.surfaces.shell import Command

_VALUED = words(
    "-f --file -t --tag -H --host -c --context --config -l --log-level --platform --build-arg"
    " --target --cache-from --cache-to --label --secret --ssh --progress -p --project-name"
    " --profile --env-file --builder --output -o --network --iidfile --metadata-file"
)
_ENGINES = frozenset({"docker", "podman", "nerdctl", "buildah"})
_BUILD_ACTIONS = frozenset(
    {"docker/build-push-action", "docker/bake-action", "depot/build-push-action"}
)
_SIGN_ACTIONS = frozenset(
    {"actions/attest-build-provenance", "actions/attest", "actions/attest-sbom"}
)
_NO = frozenset({"false", "no", "", "0"})
_LOGIN_ACTIONS = words(
    "docker/login-action aws-actions/amazon-ecr-login azure/docker-login"
    " redhat-actions/podman-login"
)


class Deed(Placed, frozen=True):
    """Something that a step does: where, in which job, and what it is in a few words."""

    workflow: Workflow
    job: Job
    step: Step
    place: Place
    what: str

    @property
    def symbol(self) -> str:
        """The job and what it does."""
        return f"job {self.job.name}/{self.what}"


def subcommand(command: Command) -> tuple[str, ...]:
    """The first words of a command that are no options: `buildx`, `build`."""
    return tuple(word.loose for word, _ in zip(command.operands(_VALUED), range(3), strict=False))


def pushes(pipelines: Pipelines) -> tuple[Deed, ...]:
    """Every step's push of an image; worked out once for all rules."""
    known: tuple[Deed, ...] | None = pipelines.derived.get("pushes")
    if known is None:
        known = pipelines.derived["pushes"] = tuple(_pushes(pipelines))
    return known


def _pushes(pipelines: Pipelines) -> Iterator[Deed]:
    for workflow, job, step in pipelines.steps():
        if step.action in _BUILD_ACTIONS and _action_pushes(step):
            yield Deed(workflow, job, step, _use(step), step.action)
        for command in step.commands:
            what = _command_pushes(command)
            if what:
                yield Deed(workflow, job, step, step.place_of(command), what)


def _use(step: Step) -> Place:
    return step.uses.place if step.uses else step.place


def _action_pushes(step: Step) -> bool:
    push, outputs = step.inputs.get("push"), step.inputs.get("outputs")
    by_output = outputs is not None and re.search(r"type=registry|push=true", outputs.value or "")
    return bool(by_output) or (push is not None and (push.value or "").lower() not in _NO)


def _command_pushes(command: Command) -> str:
    if command.name in _ENGINES:
        called = subcommand(command)
        if "push" in called[:2]:
            return f"{command.name} push"
        is_build = "build" in called[:2] or "bake" in called[:2] or "bud" in called[:1]
        return f"{command.name} build --push" if is_build and _is_pushed(command) else ""
    return _other_pushes(command)


def _is_pushed(command: Command) -> bool:
    outputs = (word.loose for word in command.option_values("--output", "-o"))
    return command.has_option("--push") or any("type=registry" in output for output in outputs)


def _other_pushes(command: Command) -> str:
    called = subcommand(command)[:1]
    if command.name == "executor" and command.has_option("--destination", "-d"):
        return "" if command.has_option("--no-push") else "kaniko"
    if command.name in {"crane", "skopeo", "oras"} and called in {("push",), ("copy",)}:
        return f"{command.name} {called[0]}"
    return ""


def is_signing(step: Step) -> bool:
    """Whether a step signs or attests an image."""
    if step.action in _SIGN_ACTIONS or "sign" in step.action.rpartition("/")[2].split("-"):
        return True
    for command in step.commands:
        called = subcommand(command)
        if command.name in {"cosign", "notation"} and called[:1] in {("sign",), ("attest",)}:
            return True
        if command.name in _ENGINES and command.has_option("--sign-by", "--sign-by-sigstore"):
            return True
    return False


def logs_in(job: Job) -> bool:
    """Whether a job has a registry's credentials."""
    return any(
        step.action in _LOGIN_ACTIONS
        or any(c.name in _ENGINES and subcommand(c)[:1] == ("login",) for c in step.commands)
        for step in job.steps
    )
