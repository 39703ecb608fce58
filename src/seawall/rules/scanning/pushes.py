"""Jobs that push images: what they run, what they leak into the image, whether they sign it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Evidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.detectors.names import sort_of
from seawall.rules.practices import (
    INJECTED_SECRETS,
    SIGNED_IMAGES,
    TRUSTED_DOWNLOADS,
    VERIFIED_IMAGES,
)
from seawall.rules.scanning.deeds import Deed, is_signing, logs_in, pushes
from seawall.surfaces.cell import Cell, Place
from seawall.surfaces.repository.workflows import Job, Pipelines, Step, Workflow

_COMMIT = Expression(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERSION = Expression(r"v?\d[\w.+-]*")
_OWN = frozenset({"actions", "github", "docker"})
"""Owners that run the pipeline itself, or that make what builds the image."""
_SECRET = Expression(r"\$\{\{\s*secrets\.(\w+)")
_ARGUMENT = Expression(r"^[ \t]*[\"']?([A-Za-z_]\w*)=([^\n]*)", re.MULTILINE)


def _unpinned(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    pushing = {(deed.workflow.source.path, deed.job.name) for deed in pushes(pipelines)}
    for workflow, job, step in pipelines.steps():
        is_movable = _is_foreign(step) and not _COMMIT.fullmatch(step.ref)
        if is_movable and ((workflow.source.path, job.name) in pushing or logs_in(job)):
            yield _unpinned_hit(job, step)


def _is_foreign(step: Step) -> bool:
    owner, _, name = step.action.partition("/")
    is_action = bool(name) and not step.action.startswith((".", "docker://"))
    return is_action and owner not in _OWN


def _unpinned_hit(job: Job, step: Step) -> Hit:
    is_version = _VERSION.fullmatch(step.ref) is not None
    what = "the tag" if is_version else "the branch" if step.ref else "no ref of"
    return Hit(
        step.uses.place if step.uses else step.place,
        f"{step.action} is taken by {what} {step.ref}".rstrip()
        + f" in the job {job.name}, which has the registry's credentials: whoever moves it "
        "has them too",
        f"job {job.name}/{step.action}",
        label="can be moved",
        remedy=f"Pin the commit: `uses: {step.action}@<40 hex digits> # {step.ref or 'version'}`.",
        weaker="a version's tag is seldom moved" if is_version else "",
    )


def _argument_secrets(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    for workflow, job, step in pipelines.steps():
        for name, place in (*_of_input(step), *_of_commands(step)):
            deed = Deed(workflow, job, step, place, f"build argument {name}")
            yield Hit(
                deed,
                f"{name} is passed as a build argument: the image's history shows it to whoever "
                "pulls the image",
                deed.symbol,
                label="kept in the history",
                remedy=_mount(name),
                weaker="the token ends with the job" if "GITHUB_TOKEN" in place_text(place) else "",
            )


def _mount(name: str) -> str:
    identifier = name.lower()
    return (
        f"Give it as a secret (`--secret id={identifier},env={name}`, or `secrets:` of the "
        f"action) and mount it: `RUN --mount=type=secret,id={identifier} …`."
    )


def place_text(place: Place) -> str:
    """What stands at a place."""
    return place.source.text[place.start : place.end]


def _of_input(step: Step) -> Iterator[tuple[str, Place]]:
    arguments = step.inputs.get("build-args") or step.inputs.get("build_args")
    if arguments is None or "build" not in step.action:
        return
    text, offset = place_text(arguments.place), arguments.start
    for found in _ARGUMENT.finditer(text.lstrip("|>-+")):
        shift = offset + len(text) - len(text.lstrip("|>-+"))
        if _is_secret(found[1], found[2]):
            place = Place(arguments.place.source, shift + found.start(1), shift + found.end(2))
            yield found[1], place


def _is_secret(name: str, value: str) -> bool:
    """Whether a value comes from the secrets, or a variable stands under a secret's name."""
    return bool(_SECRET.search(value)) or ("$" in value and sort_of(name) is not None)


_BUILDERS = frozenset({"docker", "podman", "nerdctl", "buildah", "executor"})


def _of_commands(step: Step) -> Iterator[tuple[str, Place]]:
    for command in step.commands:
        if command.name in _BUILDERS:
            for word in command.option_values("--build-arg"):
                name, has_value, value = step.written(word).strip("\"'").partition("=")
                is_passed = not has_value and sort_of(name) is not None
                if is_passed or _is_secret(name, value):
                    yield name, step.place_of(word)


def _unsigned(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    pushed = pushes(pipelines)
    if not pushed or any(is_signing(step) for _, _, step in pipelines.steps()):
        return
    first = pushed[0]
    yield Hit(
        first,
        f"the job {first.job.name} pushes an image ({first.what}), and no step signs one",
        "pipelines/no signature",
        label="pushed without a signature",
        evidence=tuple(Evidence(f"pushes: {deed.what}", deed.place.line) for deed in pushed[1:3]),
    )


_CONTENT_TRUST = "DOCKER_CONTENT_TRUST"


def _content_trust(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    for name, cell in _trusting(pipelines):
        yield Hit(
            cell,
            f"{_CONTENT_TRUST} does nothing: since version 29 Docker's command line reads it no "
            "more, so nothing is verified and nothing is signed",
            f"{name}/{_CONTENT_TRUST}",
            label="has no effect",
        )


def _trusting(pipelines: Pipelines) -> Iterator[tuple[str, Place | Cell[str]]]:
    for workflow in pipelines.workflows:
        yield from _set_by(workflow.source.path, workflow.environment)
        for job in workflow.jobs:
            yield from _set_by(f"job {job.name}", job.environment)
            for step in job.steps:
                yield from _set_by(f"job {job.name}", step.environment)
                yield from _assigned(workflow, job, step)


def _set_by(name: str, environment: dict[str, Cell[str]]) -> Iterator[tuple[str, Cell[str]]]:
    cell = environment.get(_CONTENT_TRUST)
    if cell is not None and cell.value not in {"0", "false", ""}:
        yield name, cell


def _assigned(_: Workflow, job: Job, step: Step) -> Iterator[tuple[str, Place]]:
    if step.run is None or _CONTENT_TRUST not in (step.run.value or ""):
        return
    for command in step.commands:
        for assignment in command.assignments:
            if assignment.name == _CONTENT_TRUST and assignment.value.loose != "0":
                yield f"job {job.name}", step.place_of(assignment)


_GITHUB = "=== .github/workflows/ci.yml\non: push\njobs:\n  image:\n    steps:\n"
_PUSH = "      - run: docker push acme/app\n"
_ACTION = "      - uses: docker/build-push-action@v6\n        with:\n          push: true\n"
_SHA = "0123456789abcdef0123456789abcdef01234567"

RULES = (
    Rule(
        id="unpinned-action",
        title="An action that can be moved runs beside the registry's credentials",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.CONTROL),
        on={Pipelines: _unpinned},
        bad=(
            _GITHUB + "      - uses: acme/setup@main\n" + _PUSH,
            _GITHUB + "      - uses: acme/setup@v1.2.3\n" + _ACTION,
            _GITHUB + "      - uses: docker/login-action@v3\n      - uses: acme/publish\n",
        ),
        good=(
            _GITHUB + f"      - uses: acme/setup@{_SHA}\n" + _PUSH,
            _GITHUB + "      - uses: actions/checkout@v4\n      - uses: ./local\n" + _PUSH,
            _GITHUB + "      - uses: acme/lint@main\n      - run: make test\n",
        ),
        why="An action runs with all that its job has. Tags and branches of actions have been "
        "moved to stolen code, and thousands of pipelines gave their credentials away at once.",
        remedy="Pin the commit, and let a bot raise it: `uses: owner/name@<40 hex digits> # v1.2`.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(829)),
    ),
    Rule(
        id="ci-secret-in-build-arg",
        title="A pipeline passes a secret as a build argument",
        practice=INJECTED_SECRETS,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Pipelines: _argument_secrets},
        bad=(
            _GITHUB + "      - run: docker build --build-arg T=${{ secrets.NPM }} .\n",
            _GITHUB + '      - run: docker build --build-arg NPM_TOKEN="$TOKEN" .\n',
            _GITHUB + "      - run: docker buildx build --build-arg NPM_TOKEN .\n",
            _GITHUB + _ACTION + "          build-args: |\n            A=1\n"
            "            NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n",
            _GITHUB + _ACTION + "          build-args: T=${{ secrets.GITHUB_TOKEN }}\n",
        ),
        good=(
            _GITHUB + "      - run: docker build --build-arg VERSION=${{ github.sha }} .\n",
            _GITHUB + "      - run: docker build --secret id=npm,env=NPM_TOKEN .\n",
            _GITHUB + _ACTION + "          build-args: VERSION=${{ github.ref }}\n"
            "          secrets: npm=${{ secrets.NPM_TOKEN }}\n",
            _GITHUB + "      - run: make ARG=${{ secrets.NPM }}\n",
        ),
    ),
    Rule(
        id="push-without-signature",
        title="A pipeline pushes images that it does not sign",
        practice=SIGNED_IMAGES,
        risk=Risk(Needs.UPSTREAM, Gains.CODE),
        profile=Profile.STRICT,
        on={Pipelines: _unsigned},
        bad=(_GITHUB + _PUSH, _GITHUB + _ACTION),
        good=(
            _GITHUB + _PUSH + "      - run: cosign sign --yes acme/app@sha256:0\n",
            _GITHUB + _ACTION + "      - uses: actions/attest-build-provenance@v2\n",
            _GITHUB + "      - run: podman push --sign-by-sigstore k.yaml acme/app\n",
            _GITHUB + "      - run: docker build .\n",
        ),
    ),
    Rule(
        id="content-trust-gone",
        title="A pipeline relies on DOCKER_CONTENT_TRUST, which does nothing",
        practice=VERIFIED_IMAGES,
        risk=Risk(Needs.UPSTREAM, Gains.LESS),
        on={Pipelines: _content_trust},
        bad=(
            _GITHUB.replace("jobs:", "env: {DOCKER_CONTENT_TRUST: 1}\njobs:"),
            _GITHUB + "      - run: |\n          export DOCKER_CONTENT_TRUST=1\n"
            "          docker push acme/app\n",
            _GITHUB + "      - run: docker pull app\n        env: {DOCKER_CONTENT_TRUST: '1'}\n",
        ),
        good=(
            _GITHUB.replace("jobs:", "env: {DOCKER_CONTENT_TRUST: 0}\njobs:"),
            _GITHUB + "      - run: export DOCKER_CONTENT_TRUST=0\n",
        ),
    ),
)
