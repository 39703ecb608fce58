"""Which stages a build needs, and which references between them BuildKit refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from seawall.surfaces.dockerfile.images import Source
from seawall.surfaces.dockerfile.model import Reach, Stage, Syntax
from seawall.surfaces.dockerfile.words import quote


class Dependency(Struct, frozen=True):
    """A stage takes files from another one."""

    stage: int
    by: Source


class Links(Struct, frozen=True):
    """How the stages hang together, by number: whom each starts FROM and takes files from.

    A stage has several parents where its FROM can be one of several.
    """

    parents: Sequence[tuple[int, ...]]
    dependencies: Sequence[Sequence[Dependency]]


def stage_name(stage: Stage) -> str:
    """How BuildKit's errors call a stage."""
    return stage.name or f"stage-{stage.index}"


def mark(stages: Sequence[Stage], target: Stage, links: Links) -> None:
    """Set the reach of every stage."""
    final = _closure([target.index], links.parents)
    for index in final:
        stages[index].reach = Reach.FINAL
    edges = [
        (*parents, *(dependency.stage for dependency in dependencies))
        for parents, dependencies in zip(links.parents, links.dependencies, strict=True)
    ]
    for index in _closure(final, edges):
        if stages[index].reach is Reach.UNUSED:
            stages[index].reach = Reach.FEEDS


def _closure(start: Iterable[int], edges: Sequence[Iterable[int]]) -> set[int]:
    reached, todo = set(start), list(start)
    while todo:
        for index in edges[todo.pop()]:
            if index not in reached:
                reached.add(index)
                todo.append(index)
    return reached


def circle(stages: Sequence[Stage], links: Links) -> Syntax | None:
    """BuildKit's error where stages take files from each other in a circle."""
    visited: set[int] = set()
    for stage in stages:
        closing = _closing(stage.index, links.dependencies, visited)
        if closing is not None:
            message = f"circular dependency detected on stage: {stage_name(stage)}"
            return Syntax(message, closing.by.line)
    return None


def _closing(
    start: int, dependencies: Sequence[Sequence[Dependency]], visited: set[int]
) -> Dependency | None:
    """The dependency that leads back to a stage on the way from `start`; depth first."""
    if start in visited:
        return None
    visited.add(start)
    path = {start}
    trail = [(start, iter(dependencies[start]))]
    while trail:
        index, remaining = trail[-1]
        dependency = next(remaining, None)
        if dependency is None:
            path.discard(index)
            trail.pop()
        elif dependency.stage in path:
            return dependency
        elif dependency.stage not in visited:
            visited.add(dependency.stage)
            path.add(dependency.stage)
            trail.append((dependency.stage, iter(dependencies[dependency.stage])))
    return None


def too_early(stages: Sequence[Stage], links: Links) -> list[Syntax]:
    """BuildKit's errors where a stage that is built takes files from one that comes later."""
    return [
        Syntax(_too_early(stage, dependency.by), dependency.by.line)
        for stage in stages
        if stage.reach is not Reach.UNUSED
        for dependency in links.dependencies[stage.index]
        if dependency.stage > stage.index
    ]


def _too_early(stage: Stage, source: Source) -> str:
    verb = "copy" if source.via == "COPY" else "mount"
    return (
        f"cannot {verb} from stage {quote(source.name)}, it needs to be defined before "
        f"current stage {quote(stage_name(stage))}"
    )
