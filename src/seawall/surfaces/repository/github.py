"""Reads workflows and composite actions of GitHub Actions."""

from __future__ import annotations

from seawall.core.source import Source
from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.yaml_tree import (
    Document,
    Mapping,
    Node,
    Scalar,
    Sequence,
    parse,
    place_of,
)
from seawall.surfaces.repository.workflows import Job, Step, System, Workflow

_TRUE = frozenset({"true", "yes", "on"})
_MAX_STEPS = 1000


def read_workflow(source: Source) -> Workflow:
    """Read a workflow, or an action whose steps it holds; never raises on its content."""
    parsed = parse(Document(source, ""), _leave)
    failures = tuple((each.message, source.line_of(each.at)) for each in parsed.failures)
    top = parsed.documents[0] if parsed.documents else None
    if type(top) is not Mapping:
        return Workflow(source, System.GITHUB, failures=failures)
    jobs = _jobs(top) or _action(top)
    remote = (job.uses for job in jobs if job.uses and not (job.uses.value or "").startswith("./"))
    return Workflow(
        source,
        System.GITHUB,
        jobs,
        names(top.get("on")),
        cells(top.get("env")),
        tuple(remote),
        failures,
    )


def _leave(_: Scalar) -> None:
    """Variables of a pipeline are not known here."""


def _jobs(top: Mapping) -> tuple[Job, ...]:
    jobs = top.get("jobs")
    if type(jobs) is not Mapping:
        return ()
    entries = jobs.entries.items()
    return tuple(_job(name, key, node) for name, (key, node) in entries if type(node) is Mapping)


def _job(name: str, key: Scalar, node: Mapping) -> Job:
    return Job(
        name,
        place_of(key),
        _steps(node.get("steps")),
        names(node.get("needs")),
        text(node.get("if")),
        cells(node.get("env")),
        truth(node.get("continue-on-error")),
        cell(node.get("uses")),
    )


def _action(top: Mapping) -> tuple[Job, ...]:
    """A composite action's steps as one job."""
    runs = top.get("runs")
    if type(runs) is not Mapping:
        return ()
    return (Job(text(top.get("name")) or "action", place_of(runs), _steps(runs.get("steps"))),)


def _steps(node: Node | None) -> tuple[Step, ...]:
    items = node.items[:_MAX_STEPS] if type(node) is Sequence else []
    return tuple(_step(item) for item in items if type(item) is Mapping)


def _step(node: Mapping) -> Step:
    return Step(
        text(node.get("name")) or text(node.get("id")),
        place_of(node),
        cell(node.get("uses")),
        cell(node.get("run")),
        text(node.get("shell")),
        cells(node.get("with")),
        cells(node.get("env")),
        text(node.get("if")),
        truth(node.get("continue-on-error")),
    )


def text(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return node.text if type(node) is Scalar else ""


def cell(node: Node | None) -> Cell[str] | None:
    """A scalar as a cell; None for anything else."""
    return Cell(node.text, place_of(node), node.written) if type(node) is Scalar else None


def truth(node: Node | None) -> Cell[str] | None:
    """A scalar that says yes, as a cell; None for no, for an expression and for anything else."""
    return cell(node) if text(node).lower() in _TRUE else None


def cells(node: Node | None) -> dict[str, Cell[str]]:
    """A mapping's scalars by key."""
    if type(node) is not Mapping:
        return {}
    pairs = ((key, cell(value)) for key, (_, value) in node.entries.items())
    return {key: value for key, value in pairs if value is not None}


def names(node: Node | None) -> tuple[str, ...]:
    """A scalar, a list of scalars, or a mapping's keys, as texts."""
    if type(node) is Mapping:
        return tuple(node.entries)
    if type(node) is Sequence:
        return tuple(item.text for item in node.items if type(item) is Scalar)
    return (node.text,) if type(node) is Scalar else ()
