"""What a finding of a project is about: its service, the value at its place, and its edits."""

from __future__ import annotations

import re

from seawall.core.model import Edit, Fix, Hit, Safety, Verdict
from seawall.core.source import Source
from seawall.fixes.compose.block import Spot, edits_for, joined, spot_at
from seawall.fixes.model import Service
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Workload

_NAMED = re.compile(r"service ([^/]+)/")


def workload_of(subject: Service, hit: Hit) -> Workload | None:
    """The service that a finding is about, where it is about one."""
    if subject.workload is not None:
        return subject.workload
    match = _NAMED.match(hit.symbol)
    return subject.project.service(match[1]) if match is not None else None


def source_of(hit: Hit, default: Source) -> Source:
    """The file that a finding stands in."""
    place = getattr(hit.at, "place", hit.at)
    place = getattr(place, "place", place)
    source = getattr(place, "source", None)
    return source if isinstance(source, Source) else default


def spot_of(hit: Hit, project: Project) -> Spot | None:
    """The value at a finding's place, where it is written there and is nobody else's."""
    spot = spot_at(source_of(hit, project.sources[0]), hit.at)
    return None if spot is None or spot.is_shared else spot


def is_certain(hit: Hit) -> bool:
    """Whether the finding is a fault, not a question."""
    return hit.verdict is Verdict.FAIL


def fix(
    safety: Safety, title: str, edits: tuple[Edit, ...], *, proposal: str = "", fixer: str = ""
) -> Fix | None:
    """A fix of edits; None where there are none."""
    if not edits:
        return None
    return Fix(safety, title, joined(edits), proposal=proposal, fixer=fixer)


def in_file(
    hit: Hit, project: Project, source: Source, edits: tuple[Edit, ...]
) -> tuple[Edit, ...]:
    """Edits of a file of the project, as those of a finding that may stand in another."""
    return edits_for(source_of(hit, project.sources[0]), source, edits)
