"""The images that a build or a service names, with what the rules of this chapter ask of each."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Located
from seawall.facts.official import official_name
from seawall.rules.naming import symbol
from seawall.surfaces.cell import Cell, State
from seawall.surfaces.dockerfile import Dockerfile, ImageUse, Reach, Stage, Value
from seawall.surfaces.image import Reference, parse_reference
from seawall.surfaces.workload import Workload

_VARIABLE = Expression(r"\$(?:\{[^}]*\}|\w+)")
_PLATFORM = Expression(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)")


class Named(Struct, frozen=True):
    """One reference that a place can come to; `certain` where it is the only one.

    `weaker` says why a fault of the name weighs less there, `content_weaker` why a fault of what
    the image holds does; both are empty where nothing makes it weigh less. `is_base` is False
    where only files are taken from the image.
    """

    at: Located
    reference: Reference
    symbol: str
    certain: bool = True
    weaker: str = ""
    content_weaker: str = ""
    evidence: tuple[Evidence, ...] = ()
    is_base: bool = True

    @property
    def confidence(self) -> Confidence | None:
        """The rule's own where the reference is certain."""
        return None if self.certain else Confidence.MEDIUM

    @property
    def is_official(self) -> bool:
        """Whether it is one of Docker's official images, under whichever name."""
        return official_name(self.reference.name) is not None

    @property
    def may_be_local(self) -> bool:
        """Whether it is a bare word that no registry is known to have: an image built before,
        or a named build context (`--build-context`)."""
        reference = self.reference
        is_bare = reference.is_official and not reference.tag and not reference.digest
        return is_bare and not self.is_official


def named_images(dockerfile: Dockerfile) -> Iterator[Named]:
    """Every image that FROM, COPY --from and --mount=from name, where it can be told.

    Stages, `scratch`, references that Docker refuses and unknown values are left out.
    """
    known: list[Named] | None = dockerfile.derived.get("named images")
    if known is None:
        known = dockerfile.derived["named images"] = list(_read_named(dockerfile))
    return iter(known)


def _read_named(dockerfile: Dockerfile) -> Iterator[Named]:
    for use in dockerfile.images:
        if use.via == "SYNTAX":
            continue
        candidates = use.value.candidates
        for text in candidates:
            reference = parse_reference(text)
            if reference is None or text == "scratch":
                continue
            yield Named(
                use,
                reference,
                symbol_of(dockerfile, use, reference.name),
                len(candidates) == 1,
                unused(dockerfile, use),
                only_feeds(dockerfile, use),
                use.value.evidence,
                use.via == "FROM",
            )


def service_images(workload: Workload) -> Iterator[Named]:
    """The image that a container is made of, where it can be told; none where it is built here.

    Beside `build`, `image` is only the name that the result is given.
    """
    cell = workload.image
    if workload.build is not None or cell is None or cell.value is None or not cell.is_known:
        return
    reference = parse_reference(cell.value)
    if reference is not None:
        place = symbol(workload, f"image {reference.name}")
        yield Named(cell, reference, place, evidence=origin_of(cell))


def origin_of(cell: Cell[str]) -> tuple[Evidence, ...]:
    """Where a value comes from that is not what is written."""
    if cell.state is State.DEFAULT:
        return (Evidence(f"`{cell.written}` is `{cell.value}` where nothing sets the variable"),)
    if cell.state is State.ENVIRONMENT:
        return (Evidence(f"`{cell.written}` is `{cell.value}` with the variables that are set"),)
    return ()


def symbol_of(dockerfile: Dockerfile, use: ImageUse, name: str) -> str:
    """Where an image is named, without its line and its tag: `stage build/FROM python`."""
    if use.stage < 0:
        return f"file/{use.via} {name}"
    return f"stage {dockerfile.stages[use.stage].label}/{use.via} {name}"


def unused(dockerfile: Dockerfile, use: ImageUse) -> str:
    """Why a fault of this image weighs less: its stage is not built; empty where it is."""
    stage = dockerfile.stages[use.stage]
    is_unused = stage.reach is Reach.UNUSED
    return f"stage {stage.label} is not built for this target" if is_unused else ""


def only_feeds(dockerfile: Dockerfile, use: ImageUse) -> str:
    """Why a fault of what the image holds weighs less: little or nothing of it is shipped."""
    reason = unused(dockerfile, use)
    if reason:
        return reason
    stage = dockerfile.stages[use.stage]
    if stage.reach is Reach.FEEDS:
        return f"stage {stage.label} only gives files to the final image"
    if use.via in {"COPY", "MOUNT"}:
        return "only files are taken from this image"
    return ""


def stages_named(dockerfile: Dockerfile, value: Value) -> list[Stage]:
    """The stages of the file that FROM can mean by a name with a variable: `app-$TARGETOS`.

    A name of nothing but variables means a stage only where these are the platform's.
    """
    if value.candidates:
        return [stage for stage in dockerfile.stages if stage.name in value.candidates]
    pattern = _VARIABLE.sub("*", value.written.strip("\"'"))
    if not pattern.strip("*") and not all(_PLATFORM.fullmatch(name) for name in value.missing):
        return []
    return [s for s in dockerfile.stages if s.name and fnmatchcase(s.name, pattern)]
