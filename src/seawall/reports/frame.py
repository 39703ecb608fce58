"""Source lines with the marked place under them, carets in the right cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from seawall.core.clean import clean
from seawall.core.model import Span
from seawall.reports.cells import width, wrap
from seawall.reports.masking import MASK, MaskedSource, Range
from seawall.reports.paint import Paint

_TAB = 4
_ALL_SHOWN = 4
_BEFORE = 12
"""Cells of a line that are shown before a mark that is longer than the window."""


class Frame(Struct, frozen=True):
    """How the frames of one finding are drawn: `gutter` is the width of its line numbers."""

    width: int
    gutter: int
    style: str
    paint: Paint

    def draw(self, source: MaskedSource, spans: Sequence[Span], label: str) -> list[str]:
        """The marked lines; several spans stand on one line, apart and in order."""
        if spans[0].line == spans[0].end_line:
            return [*self._single(source, spans, label)]
        return [*self._several(source, spans[0], label)]

    def margin(self, number: str = "") -> str:
        """The gutter of a line, with its number or without."""
        return self.paint(f"{number:>{self.gutter}} |", "gutter")

    def _single(self, source: MaskedSource, spans: Sequence[Span], label: str) -> Iterator[str]:
        number, start, end = spans[0].line, spans[0].column - 1, spans[-1].end_column - 1
        strip = self._strip(source, number, start, end, 0)
        yield f"{self.margin(str(number))} {strip.text}".rstrip()
        marks = ""
        for span in spans:
            first, last = strip.cells(span.column - 1, span.end_column - 1)
            marks = f"{marks:<{first}}{'^' * max(last - first, 1)}"
        lead = len(marks) - len(marks.lstrip())
        yield from self._labelled(" " * (lead + 1), marks[lead:], label)

    def _labelled(self, lead: str, marks: str, label: str) -> Iterator[str]:
        line = f"{self.margin()}{lead}{self.paint(marks, self.style)}"
        used = self.gutter + 2 + len(lead) + len(marks)
        if not label or ("\n" not in label and used + 1 + width(label) <= self.width):
            yield f"{line} {self.paint(label, self.style)}".rstrip()
            return
        yield line
        yield from self._below(len(lead), label)

    def _below(self, column: int, label: str) -> Iterator[str]:
        room = self.width - self.gutter - 2
        indent = " " * max(min(column, room - width(label)), 1)
        for line in wrap(label, room - len(indent)):
            yield f"{self.margin()}{indent}{self.paint(line, self.style)}"

    def _several(self, source: MaskedSource, span: Span, label: str) -> Iterator[str]:
        first = self._strip(source, span.line, span.column - 1, _FAR, 2)
        bar = self.paint("|", self.style)
        start, _ = first.cells(span.column - 1, _FAR)
        slash = not first.text[:start].strip()
        corner = self.paint("/", self.style) if slash else " "
        yield f"{self.margin(str(span.line))} {corner} {first.text}".rstrip()
        if not slash:
            yield f"{self.margin()}  {self.paint('_' * (start + 1) + '^', self.style)}"
        yield from self._inner(source, span, bar)
        last = self._strip(source, span.end_line, 0, span.end_column - 1, 2)
        yield f"{self.margin(str(span.end_line))} {bar} {last.text}".rstrip()
        _, end = last.cells(0, span.end_column - 1)
        rule = "|" + "_" * max(end, 1) + "^"
        yield from self._labelled(" ", rule, label)

    def _inner(self, source: MaskedSource, span: Span, bar: str) -> Iterator[str]:
        between = range(span.line + 1, span.end_line)
        short = len(between) + 2 <= _ALL_SHOWN
        for number in between if short else between[:1]:
            strip = self._strip(source, number, 0, 0, 2)
            yield f"{self.margin(str(number))} {bar} {strip.text}".rstrip()
        if not short:
            yield f"{self.paint('...', 'gutter')}{' ' * self.gutter}{bar}"

    def _strip(
        self, source: MaskedSource, number: int, start: int, end: int, margin: int
    ) -> _Strip:
        room = max(self.width - self.gutter - 3 - margin, 16)
        text, hidden = source.line(number)
        end = min(end, len(text))
        return _cut(text, hidden, (min(start, end), end), room)


_FAR = 1 << 40


class _Strip(Struct, frozen=True):
    """The part of a line that is shown, and the way from its columns to cells.

    `offsets` are the cells of the characters from column `low` on; those from `left` to `right`
    of them are shown, `shift` cells further right.
    """

    text: str
    low: int
    offsets: Sequence[int]
    left: int
    right: int
    shift: int

    def cells(self, start: int, end: int) -> Range:
        """The cells of the columns from `start` to `end` (from 0), as far as they are shown."""
        return self._cell(start), self._cell(end)

    def _cell(self, column: int) -> int:
        return self.offsets[min(max(column - self.low, self.left), self.right)] + self.shift


def _cut(text: str, hidden: list[Range], mark: Range, room: int) -> _Strip:
    """Cut a window of at most `room` cells around the mark, `…` where something is left out."""
    # A line may be megabytes long: only what can come near the window is laid out.
    low, high = max(mark[0] - 4 * room, 0), min(mark[0] + 8 * room, len(text))
    near = [(max(a, low) - low, min(b, high) - low) for a, b in hidden if a < high and b > low]
    glyphs, offsets = _lay_out(text[low:high], near, low == 0)
    whole = low == 0 and high == len(text) and offsets[-1] <= room
    place = (mark[0] - low, min(mark[1], high) - low)
    left, right = (0, len(glyphs)) if whole else _window(offsets, place, room - 2)
    before = "…" if left > 0 or low > 0 else ""
    after = "…" if right < len(glyphs) or high < len(text) else ""
    shown = before + "".join(glyphs[left:right]) + after
    return _Strip(shown, low, offsets, left, right, len(before) - offsets[left])


def _window(offsets: Sequence[int], mark: Range, space: int) -> Range:
    """The characters that fill `space` cells, the mark in their middle, or its start near."""
    start, end = offsets[mark[0]], offsets[mark[1]]
    first = start - max((space - (end - start)) // 2, _BEFORE)
    left = bisect_left(offsets, max(min(first, offsets[-1] - space), 0))
    right = bisect_right(offsets, offsets[left] + space) - 1
    return min(left, mark[0]), max(right, left)


def _lay_out(text: str, hidden: list[Range], at_start: bool) -> tuple[Sequence[str], Sequence[int]]:
    """What is shown for each character, and the cell at which each begins (and the last ends)."""
    if not hidden and text.isascii() and text.isprintable():
        return text, range(len(text) + 1)
    glyphs = [clean(character) for character in text]
    if at_start and text.startswith("\ufeff"):
        glyphs[0] = ""
    for a, b in hidden:
        glyphs[a:b] = [MASK] + [""] * (b - a - 1)
    return glyphs, _offsets(glyphs)


def _offsets(glyphs: list[str]) -> list[int]:
    offsets, used = [0], 0
    for index, glyph in enumerate(glyphs):
        if glyph == "\t":
            glyphs[index] = " " * (_TAB - used % _TAB)
        used += width(glyphs[index])
        offsets.append(used)
    return offsets
