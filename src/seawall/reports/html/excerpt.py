"""The lines of a file that a finding is about, its place marked, secrets struck out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from seawall.core.clean import clean
from seawall.core.model import Span
from seawall.reports.masking import MASK, MaskedSource, Range

_CONTEXT = 1
_MOST_LINES = 12
"""Lines that are shown of one place; a longer one is cut in its middle."""
_WIDEST = 200
"""Characters of one line that are shown, around the mark."""


def excerpt(source: MaskedSource, span: Span, label: str) -> str:
    """The marked lines with one more on each side, as a `pre`."""
    rows = "".join(_rows(source, span))
    told = f'<span class="label">{escape(label)}</span>' if label else ""
    name = escape(f"{clean(source.source.path)}, line {span.line}")
    return f'<pre class="source" tabindex="0" aria-label="{name}">{rows}{told}</pre>'


def _rows(source: MaskedSource, span: Span) -> Iterator[str]:
    first = max(span.line - _CONTEXT, 1)
    last = min(span.end_line + _CONTEXT, _lines(source))
    for number in range(first, last + 1):
        hides = last - first >= _MOST_LINES and first + _MOST_LINES // 2 < number
        if hides and number < last - _MOST_LINES // 2 + 1:
            if number == first + _MOST_LINES // 2 + 1:
                yield '<span class="row"><span class="number">…</span></span>'
            continue
        yield _row(source, number, span)


def _lines(source: MaskedSource) -> int:
    """How many lines there are; what follows the last line feed is one only with a text."""
    starts = source.source.line_starts
    return len(starts) - (len(starts) > 1 and starts[-1] == len(source.source.text))


def _row(source: MaskedSource, number: int, span: Span) -> str:
    text, hidden = source.line(number)
    is_on = span.line <= number <= span.end_line
    start = span.column - 1 if number == span.line else 0
    end = span.end_column - 1 if number == span.end_line else len(text)
    mark = (min(start, len(text)), min(end, len(text))) if is_on else (0, 0)
    if is_on and number != span.line:
        mark = (len(text) - len(text.lstrip()), mark[1])
    shown = "".join(_pieces(text, hidden, mark))
    on = " on" if is_on else ""
    return f'<span class="row{on}"><span class="number">{number}</span>{shown}</span>'


def _pieces(text: str, hidden: list[Range], mark: Range) -> Iterator[str]:
    """The line in pieces: before, in and behind the mark, each without what is hidden."""
    low = max(mark[0] - _WIDEST // 4, 0) if len(text) > _WIDEST else 0
    high = min(low + _WIDEST, len(text))
    start, end = max(mark[0], low), min(mark[1], high)
    if start >= end:
        start = end = high
    yield "…" if low else ""
    yield _masked(text, hidden, (low, start))
    if end > start:
        yield f"<mark>{_masked(text, hidden, (start, end))}</mark>"
        yield _masked(text, hidden, (end, high))
    yield "…" if high < len(text) else ""


def _masked(text: str, hidden: list[Range], within: Range) -> str:
    pieces: list[str] = []
    position, end = within
    for a, b in hidden:
        if b <= position or a >= end:
            continue
        pieces += (clean(text[position : max(a, position)]), MASK)
        position = min(b, end)
    pieces.append(clean(text[position:end]))
    return escape("".join(pieces))
