"""The user that the container's process runs as."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.facts.bases import BaseImage, base_image
from seawall.rules.deferred import deferred
from seawall.rules.image.named import origin_of, stages_named
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import NON_ROOT_USER
from seawall.rules.stakes import stakes
from seawall.surfaces.cell import Cell
from seawall.surfaces.dockerfile import Dockerfile, Setting, Stage, Value
from seawall.surfaces.image import parse_reference
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Build, Workload

_VARIABLE = Expression(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_WINDOWS = Expression(r"mcr\.microsoft\.com/windows|servercore|nanoserver")
_SCRATCH = BaseImage(user="root", shell=False, family="scratch", source="an empty image")


class Base(Struct, frozen=True):
    """The external image at the end of a stage's lineage: how it is written, and its facts."""

    name: str
    known: BaseImage | None
    is_certain: bool

    @property
    def is_windows(self) -> bool:
        """Whether its users are those of Windows, which has no uid 0."""
        if self.known is None:
            return _WINDOWS.search(self.name) is not None
        return (self.known.user or "").startswith("Container")


def base_of(stage: Stage) -> Base:
    """What a stage is built on; where several images are possible, the facts they agree on."""
    value = stage.root_base
    names = value.candidates or (value.written.strip("\"'"),)
    first, *others = (_facts(name) for name in names)
    same = first if all(known == first for known in others) else None
    return Base(" or ".join(names), same, not value.is_unknown)


def _facts(text: str) -> BaseImage | None:
    """Facts of an image by its reference, of which a part may still be a variable's name."""
    if text == "scratch":
        return _SCRATCH
    # Upper case stands for "put your organisation here", a variable in a tag for any version:
    # what remains of the reference says what image it is.
    text = _VARIABLE.sub("x", text)
    reference = parse_reference(text) or parse_reference(text.lower())
    return base_image(reference.name, reference.tag) if reference else None


def _root_user(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    target = dockerfile.target
    if target is None:
        return
    hits = [hit for stage in _deciding(dockerfile, target) for hit in _judged(target, stage)]
    if len({hit.verdict for hit in hits}) > 1:
        yield _undecided(target)
    else:
        yield from hits[:1]


def _deciding(dockerfile: Dockerfile, target: Stage) -> list[Stage]:
    """The stages whose user can be the image's: several where FROM names one by a variable.

    `FROM app-$TARGETOS` has no certain parent, but its candidates may be stages of the file.
    """
    deciding, pending, seen = [], [target], {target.index}
    while pending:
        stage = pending.pop()
        first = stage.lineage[-1].index
        named = [s for s in stages_named(dockerfile, stage.root_base) if s.index < first]
        if stage.user is not None or not named:
            deciding.append(stage)
            continue
        pending += [other for other in named if other.index not in seen]
        seen.update(other.index for other in named)
    return deciding


def _undecided(target: Stage) -> Hit:
    written = target.lineage[-1].base.written
    return Hit(
        target.source,
        f"whether the image runs as root depends on which stage `{written}` is",
        _symbol(target),
        remedy="End the last stage with `USER` and a uid of its own.",
        verdict=Verdict.UNKNOWN,
    )


def _judged(target: Stage, stage: Stage) -> Iterator[Hit]:
    """The verdict on a target whose user one stage decides."""
    base, symbol = base_of(stage), _symbol(target)
    if stage.user is None:
        yield _by_default(stage, base, symbol)
    elif base.is_windows:
        yield from _windows_user(stage.user, symbol)
    else:
        yield _by_instruction(stage.user, base, symbol)


def _by_default(stage: Stage, base: Base, symbol: str) -> Hit:
    """No USER anywhere: the base image's own user counts."""
    known = base.known
    if known is not None and known.is_root is False and known.user != "ContainerAdministrator":
        return Hit(
            stage.source,
            f"runs as `{known.user}`, the user of `{base.name}`",
            symbol,
            verdict=Verdict.PASS,
            evidence=(*stage.root_base.evidence, Evidence(known.source)),
        )
    words = stage.source.arguments
    return Hit(
        words[0] if words else stage.source,
        _default_message(base),
        symbol,
        label="no USER after this",
        remedy=_remedy(base),
        verdict=Verdict.FAIL if base.is_certain or known else Verdict.UNKNOWN,
        confidence=None if known is not None and known.user else Confidence.MEDIUM,
        weaker=_why_less(stage, known),
        evidence=_source_evidence(stage, known),
    )


def _default_message(base: Base) -> str:
    known = base.known
    if known is _SCRATCH:
        return "nothing sets USER, so the image runs as root"
    if known is not None and known.user == "ContainerAdministrator":
        return f"nothing sets USER, and `{base.name}` runs as ContainerAdministrator"
    if known is not None and known.user:
        return f"nothing sets USER, and `{base.name}` runs as root"
    if not base.is_certain:
        return (
            f"nothing sets USER, so `{base.name}` decides, and nothing in this file says what it is"
        )
    return f"nothing sets USER, and `{base.name}` is not known to set one, so this runs as root"


def _why_less(stage: Stage, known: BaseImage | None) -> str:
    """Why running as root matters less here: nothing runs, or the server drops its rights."""
    if known is _SCRATCH and stage.entrypoint is None and stage.command is None:
        return "an image from scratch without CMD and ENTRYPOINT only carries files"
    if known is not None and known.drops_to and stage.entrypoint is None:
        return f"the base image's entrypoint changes to `{known.drops_to}` to run the server"
    return ""


def _source_evidence(stage: Stage, known: BaseImage | None) -> tuple[Evidence, ...]:
    evidence = stage.root_base.evidence
    if known is not None and known is not _SCRATCH and known.source:
        evidence += (Evidence(known.source),)
    return evidence


def _by_instruction(user: Setting, base: Base, symbol: str) -> Hit:
    """The last USER of the lineage counts, with the variables that the base image sets."""
    value = user.value
    texts = value.candidates or _with_variables(value, base.known)
    roots = {is_root_name(text) for text in texts}
    if roots == {False}:
        return Hit(
            user,
            f"runs as `{texts[0]}`",
            symbol,
            verdict=Verdict.PASS,
            evidence=value.evidence,
        )
    if roots == {True}:
        return Hit(
            user,
            f"the image runs as root: the last USER is `{value.written}`"
            + (f", which is `{texts[0]}`" if texts[0] != value.written else ""),
            symbol,
            label="root",
            remedy=_remedy(base),
            evidence=value.evidence,
        )
    return _undecided_user(user, symbol)


def _undecided_user(user: Setting, symbol: str) -> Hit:
    """A USER with variables that nobody sets, or that is root for some of their values."""
    value = user.value
    missing = " and ".join(f"`{name}`" for name in value.missing)
    if value.candidates:
        possible = " or ".join(f"`{text}`" for text in value.candidates)
        message = f"the image runs as {possible}, and only the build says which"
    else:
        message = f"whether the image runs as root depends on {missing or 'the build'}"
    return Hit(
        user,
        message,
        symbol,
        label="not settled in this file",
        remedy="Write the uid itself, as in `USER 10001`"
        + (f", or give the ARG of {missing} such a default." if missing else "."),
        verdict=Verdict.UNKNOWN,
        evidence=value.evidence,
    )


def _with_variables(value: Value, known: BaseImage | None) -> tuple[str, ...]:
    """What a USER comes to where all that it lacks are variables of the base image."""
    env = known.env if known else {}
    if not value.missing or not all(name in env for name in value.missing):
        return ()
    return (_VARIABLE.sub(lambda match: env.get(match[1] or match[2], ""), value.written),)


def is_root_name(user: str) -> bool:
    """Whether a USER value means uid 0; an empty one does, `0:1000` and `root:app` do."""
    name = user.strip("\"'").partition(":")[0].strip()
    return name in {"", "root"} or (name.isdecimal() and int(name) == 0)


def _windows_user(user: Setting, symbol: str) -> Iterator[Hit]:
    name = (user.value.known or "").rpartition("\\")[2]
    if name.lower() == "containeradministrator":
        yield Hit(
            user,
            "the image runs as ContainerAdministrator, who may do everything in the container",
            symbol,
            label="administrator",
            remedy="End with `USER ContainerUser`.",
            evidence=user.value.evidence,
        )


def _remedy(base: Base) -> str:
    """What to write, in the words of the system that the image is made of."""
    known = base.known
    if known is None:
        return "Create a user in the image and end with `USER 10001`."
    if base.is_windows:
        return "End with `USER ContainerUser`."
    if known.shell is False and not known.offers:
        return "End with `USER 65532:65532`: a number needs no entry in /etc/passwd."
    if known.offers and known.offers != known.user:
        return f"The base image has a user for this: end with `USER {known.offers}`."
    if known.unprivileged:
        return f"Start from `{known.unprivileged}`, which is the same program without root."
    is_alpine = known.family == "alpine" or "alpine" in base.name
    adds = "adduser -S -D -H -u 10001" if is_alpine else "useradd --uid 10001"
    return f"Add a user with `RUN {adds} app`, and end with `USER 10001`."


def _symbol(stage: Stage) -> str:
    return f"stage {stage.label}/USER"


def sets_user(workload: Workload) -> bool:
    """Whether a container's spec says which user it runs as, so that the image's does not count.

    A Dockerfile that ends as root is then not to blame for what every such container does.
    """
    return workload.user is not None and workload.user.value != ""


def has_unknown_user(workload: Workload) -> bool:
    """Whether nothing tells the user: none is set, and no facts tell the image's."""
    is_plain = workload.build is None and not sets_user(workload) and not _maps_user(workload)
    known = _image_facts(workload) if is_plain else None
    return is_plain and (known is None or known.user is None)


def _service_user(workload: Workload, settings: Settings) -> Iterator[Hit]:
    """The spec's own user; else that of the Dockerfile it builds; else that of the image."""
    if workload.user is not None and sets_user(workload):
        yield _by_spec(workload, workload.user)
    elif workload.build is not None:
        yield from _by_build(workload, workload.build, settings)
    elif not _maps_user(workload):
        yield from _by_image(workload)


def _by_spec(workload: Workload, cell: Cell[str]) -> Hit:
    place = symbol(workload, "user")
    if cell.value is None and _WRITTEN_UID.match(cell.written) is None:
        return Hit(
            cell,
            f"whether {the(workload)} runs as root depends on `{cell.written}`",
            place,
            label="nothing in this project sets it",
            remedy=write(
                workload,
                "Give the variable a default that is not root: `user: ${UID:-10001}`.",
                "Write the uid itself: `--user 10001`.",
            ),
            verdict=Verdict.UNKNOWN,
        )
    if cell.value is None or not is_root_name(cell.value):
        shown = cell.value or cell.written
        return Hit(cell, f"runs as `{shown}`", place, verdict=Verdict.PASS)
    return Hit(
        cell,
        f"{the(workload)} runs as root: its user is `{cell.value}`",
        place,
        label="root",
        remedy=write(
            workload,
            "Take it out where the image has a user of its own, else write a uid: `user: "
            '"10001:10001"`; what it writes to must belong to that uid.',
            "Use a uid that is not root: `--user 10001:10001`.",
        ),
        weaker=_why_out_of_reach(workload),
        evidence=(*origin_of(cell), *stakes(workload)),
    )


def _why_out_of_reach(workload: Workload) -> str:
    return "" if stakes(workload) else "no other machine reaches it, and it holds no data"


def _by_build(workload: Workload, build: Build, settings: Settings) -> Iterator[Hit]:
    """What the Dockerfile says. Its fault is found there, unless only this service's target,
    which no check of the file alone looks at, has it."""
    dockerfile = build.dockerfile
    if dockerfile is None or dockerfile.target is None:
        return
    place = symbol(workload, "user")
    for hit in _root_user(dockerfile, settings):
        if hit.verdict is Verdict.PASS:
            yield Hit(workload.place, hit.message, place, verdict=hit.verdict)
        elif build.target is not None and dockerfile.target is not dockerfile.stages[-1]:
            yield Hit(
                build.target,
                f"{the(workload)} builds the stage `{build.target.value}`: {hit.message}",
                place,
                label="root",
                remedy=hit.remedy,
                verdict=hit.verdict,
                weaker=hit.weaker,
                evidence=hit.evidence,
            )


def _by_image(workload: Workload) -> Iterator[Hit]:
    """The user of an image that the facts know; what is unknown is advice of `hardening`."""
    known, image = _image_facts(workload), workload.image
    if known is None or image is None or known.user is None:
        return
    place, source = symbol(workload, "user"), Evidence(known.source)
    drops = known.drops_to if workload.entrypoint is None else ""
    if not known.is_root or drops:
        as_whom = f"the image's entry point changes to `{drops}`" if drops else ""
        message = as_whom or f"runs as `{known.user}`, the image's own user"
        yield Hit(workload.place, message, place, verdict=Verdict.PASS, evidence=(source,))
        return
    yield Hit(
        image,
        f"{the(workload)} sets no user, and `{image.value}` runs as root",
        place,
        label="root",
        remedy=_service_remedy(workload, known),
        weaker=_why_out_of_reach(workload),
        evidence=(source, *stakes(workload)),
    )


def _service_remedy(workload: Workload, known: BaseImage) -> str:
    if known.unprivileged:
        return f"Use `{known.unprivileged}`, which is the same program without root."
    user = known.offers or known.drops_to or "10001:10001"
    if user.startswith("$"):
        user = known.env.get(user[1:], "10001:10001")
    setting = write(workload, f'`user: "{user}"`', f"`--user {user}`")
    return f"Say who runs it: {setting}; what it writes to must belong to that user."


def _image_facts(workload: Workload) -> BaseImage | None:
    return _facts(workload.image.value) if workload.image and workload.image.value else None


def _maps_user(workload: Workload) -> bool:
    """Whether `PUID` names another user, to whom images with that variable change at start."""
    return any(
        variable.name == "PUID" and not is_root_name(variable.value.value or "1")
        for variable in workload.environment
    )


_WRITTEN_UID = Expression(r"(?:[1-9]\d*|\$\{\w+:?-[1-9]\d*\})(?::|\Z)")
"""A uid that is written or a variable's default, before a group that can't be told."""


def _named_user(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    if stage is None or stage.user is None or base_of(stage).is_windows:
        return
    name = (stage.user.value.known or "").strip("\"'").partition(":")[0]
    if not name or name.isdecimal() or is_root_name(name):
        return
    yield Hit(
        stage.user,
        f"`{name}` is a name, and only the image knows its uid",
        _symbol(stage),
        label="not a number",
        remedy=f"Write the uid that `{name}` has in the image, as in `USER 10001`.",
        evidence=stage.user.value.evidence,
    )


ROOT_USER = Rule(
    id="root-user",
    title="Image that runs as root",
    practice=NON_ROOT_USER,
    risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
    on={
        Dockerfile: _root_user,
        Workload: _service_user,
        Image: deferred("runtime.user_in_image:root_user"),
    },
    bad=(
        'FROM python:3.13.5-slim\nCMD ["python3", "app.py"]\n',
        "FROM alpine:3.22.1\nUSER app\nUSER 0:0\n",
        "ARG WHO=root\nFROM alpine:3.22.1\nARG WHO\nUSER ${WHO}\n",
        "FROM alpine:3.22.1 AS base\nUSER root:app\nFROM base\n",
        'FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n',
        "FROM golang:1.24.4 AS build\nUSER 10001\nFROM gcr.io/distroless/static-debian12\n",
        "FROM ghcr.io/acme/unknown:1.2.3\n",
        "FROM alpine:3.22.1\nARG WHO\nUSER ${WHO}\n",
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    user: ${UID:-0}\n",
        "services:\n  web:\n    build: .\n    user: '00:1000'\n",
        "services:\n  web:\n    image: nginx:1.28.0\n",
        "services:\n  db:\n    image: postgres:17.5\n    entrypoint: [postgres]\n",
        "docker run --user root acme/web:1.2.3",
        '=== image\nFROM debian:12\nENTRYPOINT ["/app"]\n',
        "=== image\nUSER toor:app\nFROM debian:12\n  account toor 0 locked\n",
    ),
    good=(
        "FROM python:3.13.5-slim\nUSER 10001\n",
        "FROM alpine:3.22.1 AS base\nUSER app\nFROM base\n",
        "ARG TAG=nonroot\nFROM gcr.io/distroless/static-debian12:${TAG}\n",
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled\n",
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER $APP_UID\n",
        "FROM quay.io/jupyter/base-notebook:2024-05-27\nUSER root\nUSER ${NB_UID}\n",
        "FROM grafana/grafana:11.6.0\n",
        "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    user: ${UID:-1000}:${GID}\n",
        "services:\n  web:\n    build: .\n",
        "services:\n  db:\n    image: postgres:17.5\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n",
        "docker run --user 10001 nginx:1.28.0",
        "=== image\nUSER 65532\nFROM scratch\n",
        "=== image\nUSER app\nFROM debian:12\n  account root 0 locked\n  account app 999 locked\n",
    ),
    aliases=(
        "hadolint:DL3002",
        "trivy:DS-0002",
        "checkov:CKV_DOCKER_3",
        "checkov:CKV_DOCKER_8",
        "dockle:CIS-DI-0001",
        "kics:Missing User Instruction",
        "kics:Last User Is 'root'",
        "compose-lint:CL-0018",
        "cis:4.1",
    ),
)

NAMED_USER = Rule(
    id="named-user",
    title="User named instead of numbered",
    practice=NON_ROOT_USER,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Dockerfile: _named_user, Image: deferred("runtime.user_in_image:named_user")},
    bad=(
        "FROM alpine:3.22.1\nRUN adduser -S app\nUSER app\n",
        "=== image\nUSER app\nFROM alpine:3.22\n  account app 100 locked\n",
    ),
    good=(
        "FROM alpine:3.22.1\nUSER 10001:10001\n",
        "FROM alpine:3.22.1\nUSER root\n",
        "=== image\nUSER 100\nFROM alpine:3.22\n  account app 100 locked\n",
    ),
    profile=Profile.STRICT,
    aliases=("hadolint:DL3066",),
    why=(
        "Kubernetes cannot tell from a name that it is not root: with `runAsNonRoot: true` it "
        "refuses to start the container. And a name means whatever /etc/passwd of the image says."
    ),
)

RULES: tuple[Rule, ...] = (ROOT_USER, NAMED_USER)
