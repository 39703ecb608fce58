"""One input mended by one fixer, round after round, as `seawall fix` does it but on its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.core.rule import Settings, example_language
from seawall.core.source import Source
from seawall.fixes.model import Context, Fixer, Pin, RunLine, Service
from seawall.rules import by_id
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read
from seawall.surfaces.run_line.reader import read_run_lines
from seawall.surfaces.workload import Workload

TODAY = date(2026, 11, 25)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits made, none of which overlap."""
    for edit in reversed(sorted(edits, key=lambda each: (each.start, each.end))):  # noqa: C413 -- of what goes to one place the first stays first
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def context(pins: Mapping[str, str] | None = None) -> Context:
    """A context with these digests in the lock."""
    return Context(TODAY, {ref: Pin(digest) for ref, digest in (pins or {}).items()})


def fixes(fixer: Fixer, text: str, known: Context) -> Iterator[tuple[Hit, Fix | None]]:
    """Every hit of the fixer's rules in a text, with what the fixer makes of it."""
    for subject, facts in _subjects(text):
        make = fixer.on.get(type(subject))
        for rule_id in fixer.rules if make else ():
            check = by_id()[rule_id].on.get(type(facts))
            for hit in check(facts, Settings(today=TODAY)) if check else ():
                yield hit, make(subject, hit, known) if make else None


def mended(fixer: Fixer, text: str, known: Context, safeties: Iterable[Safety] = Safety) -> str:
    """The text after at most ten rounds: in each, the first fix that is allowed."""
    wanted = set(safeties)
    for _ in range(10):
        found = (fix for _, fix in fixes(fixer, text, known) if fix and fix.safety in wanted)
        fix = next((fix for fix in found if fix.edits), None)
        if fix is None:
            return text
        text = applied(text, fix.edits)
    raise AssertionError(f"{fixer.id} does not come to an end:\n{text}")


def _subjects(text: str) -> Iterator[tuple[object, object]]:
    kind = example_language(text)
    if kind == "dockerfile":
        facts: Dockerfile = read(Source("Dockerfile", text))
        yield facts, facts
    elif kind == "console":
        lines = read_run_lines(Source("run", text))
        for workload in lines.workloads:
            yield RunLine(lines, workload), workload
    elif kind == "yaml":
        project: Project = read_texts({"compose.yaml": text})
        yield Service(project), project
        for service in project.services:
            each: Workload = service
            yield Service(project, each), each
