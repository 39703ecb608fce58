"""The edits of a fix as machines take them: by line and column instead of by offset."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.model import Finding
from seawall.reports.masking import Sources


class Replacement(Struct, frozen=True):
    """Put `text` in the place of what stands there; columns count characters from 1."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def replacements(finding: Finding, sources: Sources) -> tuple[Replacement, ...]:
    """The edits of a finding's fix, where all of it is edits of the finding's own file."""
    changed = changes(finding, sources)
    return changed.get(finding.target, ()) if len(changed) == 1 else ()


def changes(finding: Finding, sources: Sources) -> dict[str, tuple[Replacement, ...]]:
    """The edits of a finding's fix by the file that they are made in.

    None where the report does not carry one of the files, or the fix makes files of its own: a
    part of a fix mends nothing.
    """
    fix = finding.fix
    if fix is None or not fix.edits or fix.files:
        return {}
    made: dict[str, list[Replacement]] = {}
    for edit in fix.edits:
        path = edit.path or finding.target
        source = sources.whole(path)
        if source is None:
            return {}
        span = source.span_of(edit.start, edit.end)
        made.setdefault(path, []).append(
            Replacement(span.line, span.column, span.end_line, span.end_column, edit.text)
        )
    return {path: tuple(own) for path, own in made.items()}
