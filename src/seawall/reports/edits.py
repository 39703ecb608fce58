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
    """The edits of a finding's fix; none where the report does not carry its source."""
    if finding.fix is None or not finding.fix.edits:
        return ()
    masked = sources.of(finding.target, finding.location.span)
    if masked is None:
        return ()
    spans = (masked.source.span_of(edit.start, edit.end) for edit in finding.fix.edits)
    return tuple(
        Replacement(span.line, span.column, span.end_line, span.end_column, edit.text)
        for span, edit in zip(spans, finding.fix.edits, strict=True)
    )
