"""The scanners that pipelines call, and when what they find fails the job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.vocabulary import words
from seawall.rules.scanning.deeds import Deed, subcommand
from seawall.surfaces.cell import Cell
from seawall.surfaces.repository.workflows import Job, Pipelines, Step, System, Workflow
from seawall.surfaces.shell import Command

_OFF = frozenset({"0", "false", "no", ""})


class Scan(Struct, frozen=True):
    """One scan of an image: `weakness` says why it can't fail its job; empty where it can."""

    deed: Deed
    weakness: str = ""
    is_uploaded: bool = False
    """Its result goes to a place where something else may act on it."""


class _Call(Struct, frozen=True):
    """A scanner's words after its name, on the command line or in a container."""

    command: Command
    words: tuple[str, ...]
    variable: Callable[[str], Cell[str] | None]

    def option(self, *names: str) -> str | None:
        """The value of the first of these options; empty for a bare one, None for none."""
        for index, word in enumerate(self.words):
            for name in names:
                if word == name:
                    return self.words[index + 1] if index + 1 < len(self.words) else ""
                if word.startswith(name + "="):
                    return word[len(name) + 1 :]
        return None

    def is_set(self, variable: str) -> bool:
        """Whether an environment variable holds something else than no."""
        cell = self.variable(variable)
        return cell is not None and (cell.value or "").lower() not in _OFF


_IMAGE_KINDS = words("image i fs filesystem rootfs repo repository sbom")


def _trivy(call: _Call) -> str | None:
    code = call.option("--exit-code")
    if not any(word in _IMAGE_KINDS for word in call.words):
        return None
    if code is None and call.is_set("TRIVY_EXIT_CODE"):
        return ""
    return "trivy exits with 0 unless `--exit-code 1` is given" if code in {None, "0"} else ""


def _grype(call: _Call) -> str | None:
    if call.words[:1] in {("db",), ("version",)}:
        return None
    is_set = call.option("--fail-on", "-f") is not None or call.is_set("GRYPE_FAIL_ON_SEVERITY")
    return "" if is_set else "grype exits with 0 unless `--fail-on high` is given"


def _scout(call: _Call) -> str | None:
    if "cves" not in call.words and "quickview" not in call.words:
        return None
    is_set = call.option("--exit-code", "-e") is not None
    return "" if is_set else "docker scout exits with 0 unless `--exit-code` is given"


def _snyk(call: _Call) -> str | None:
    is_test = call.words[:2] == ("container", "test") or "--docker" in call.words
    return "" if is_test else None


def _always(_: _Call) -> str | None:
    return ""


def _with(*telling: str) -> Callable[[_Call], str | None]:
    return lambda call: "" if any(word in call.words for word in telling) else None


_COMMANDS: Mapping[str, Callable[[_Call], str | None]] = {
    "trivy": _trivy,
    "grype": _grype,
    "snyk": _snyk,
    "clair-scanner": _always,
    "clairctl": _with("report"),
    "anchorectl": _with("check"),
    "anchore-cli": _with("vuln", "evaluate"),
    "osv-scanner": _with("image", "--docker"),
    "wizcli": _with("docker"),
    "twistcli": _with("images"),
    "sysdig-cli-scanner": _always,
    "jf": _with("scan"),
    "gtcs": _always,
    "seawall": _with("image", "scan"),
}
_IMAGES = Expression(r"(?:^|/)(trivy|grype|snyk|clair-scanner|osv-scanner)(?::[\w.-]+)?(?:@\S+)?$")

_ACTION_SCANS = Expression(
    r"(?:container|image|docker|trivy|grype|clair|vuln)[\w-]*scan|scan[\w-]*(?:image|container)"
)
_SILENT = frozenset({"true", ":", "echo", "printf"})


def scans(pipelines: Pipelines) -> tuple[Scan, ...]:
    """Every scan of an image; worked out once for all rules."""
    known: tuple[Scan, ...] | None = pipelines.derived.get("scans")
    if known is None:
        known = pipelines.derived["scans"] = tuple(_scans(pipelines))
    return known


def _scans(pipelines: Pipelines) -> Iterator[Scan]:
    for workflow, job, step in pipelines.steps():
        weakness = _by_action(workflow, job, step)
        if weakness is not None and step.uses is not None:
            deed = Deed(workflow, job, step, step.uses.place, step.action)
            is_uploaded = "sarif" in _value(step, "format") + _value(step, "output-format")
            yield Scan(deed, weakness or _tolerance(job, step), is_uploaded)
        for command in step.commands:
            yield from _by_command(workflow, job, step, command)


def _value(step: Step, name: str) -> str:
    cell = step.inputs.get(name)
    return (cell.value or "").lower() if cell else ""


def _by_action(workflow: Workflow, job: Job, step: Step) -> str | None:
    """Why an action's scan can't fail the job, empty where it can; None for no scan."""
    action = step.action
    if action == "aquasecurity/trivy-action":
        return _trivy_action(workflow, job, step)
    if action == "anchore/scan-action":
        return "`fail-build` is false" if _value(step, "fail-build") == "false" else ""
    if action == "docker/scout-action":
        return "" if _value(step, "exit-code") not in _OFF else "`exit-code` is not set to true"
    if action.startswith("snyk/actions/docker"):
        return ""
    return "" if _ACTION_SCANS.search(action) and not action.startswith("./") else None


def _trivy_action(workflow: Workflow, job: Job, step: Step) -> str | None:
    if _value(step, "scan-type") == "config":
        return None
    by_variable = workflow.variable(job, step, "TRIVY_EXIT_CODE")
    code = _value(step, "exit-code") or ((by_variable.value or "") if by_variable else "")
    return "" if code not in _OFF else "the action passes whatever it finds without `exit-code: 1`"


def _by_command(workflow: Workflow, job: Job, step: Step, command: Command) -> Iterator[Scan]:
    name, called = _scanner(command)
    judge = _scout if name == "docker scout" else _COMMANDS.get(name)
    if judge is None:
        return
    call = _Call(command, called, lambda variable: workflow.variable(job, step, variable))
    weakness = judge(call)
    if weakness is not None:
        deed = Deed(workflow, job, step, step.place_of(command), name)
        weakness = weakness or _swallowed(workflow, step, command) or _tolerance(job, step)
        yield Scan(deed, weakness, "sarif" in called)


def _scanner(command: Command) -> tuple[str, tuple[str, ...]]:
    """A scanner's name and its words: also of one that `docker run` starts."""
    literals = command.literals
    if command.name not in {"docker", "podman"}:
        return command.name, literals
    if literals[:1] == ("scout",):
        return "docker scout", literals[1:]
    if subcommand(command)[:1] == ("run",):
        for index, word in enumerate(literals):
            found = _IMAGES.search(word)
            if found:
                return found[1], literals[index + 1 :]
    return "", ()


def _swallowed(workflow: Workflow, step: Step, command: Command) -> str:
    """What keeps the scanner's exit code from the shell; empty for nothing."""
    script = step.script
    assert script is not None  # noqa: S101 -- the command is one of it
    follower = next((c for c in script.commands if c.start >= command.end), None)
    if follower is not None and follower.condition == "||":
        is_success = follower.name == "exit" and follower.literals[:1] == ("0",)
        if follower.name in _SILENT or is_success:
            return f"`|| {step.written(follower)}` takes its exit code away"
    is_strict = "pipefail" in script.options or step.shell == "bash"
    is_piped = any(c.position > command.position for c in _pipeline(step, command))
    if is_piped and not is_strict and workflow.system is System.GITHUB:
        return "it is piped on, and without `pipefail` (`shell: bash`) only the last command counts"
    return ""


def _pipeline(step: Step, command: Command) -> tuple[Command, ...]:
    return tuple(c for c in step.commands if c.pipeline == command.pipeline)


def _tolerance(job: Job, step: Step) -> str:
    if step.tolerated is not None:
        return "the step has `continue-on-error: true`"
    if job.tolerated is None:
        return ""
    if job.tolerated.value == "manual":
        return f"the job {job.name} is started by hand, so nobody has to run it"
    return f"the job {job.name} is allowed to fail"
