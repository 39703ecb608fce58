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
_LABEL_ROOM = 30
"""A label that is not on the carets' line stands under them where it has this many cells."""


class Frame(Struct, frozen=True):
    """How the frames of one finding are drawn: `gutter` is the width of its line numbers."""

    width: int
    gutter: int
    style: str
    paint: Paint

    def draw(self, source: MaskedSource, span: Span, label: str) -> list[str]:
        """The lines between ` --> path` and the notes, an empty gutter line before them."""
        if span.line == span.end_line:
            rows = self._single(source, span, label)
        else:
            rows = self._several(source, span, label)
        return [self.margin(), *rows]

    def margin(self, number: str = "") -> str:
        """The gutter of a line, with its number or without."""
        return self.paint(f"{number:>{self.gutter}} |", "gutter")

    def _single(self, source: MaskedSource, span: Span, label: str) -> Iterator[str]:
        strip = self._strip(source, span.line, span.column - 1, span.end_column - 1, 0)
        yield f"{self.margin(str(span.line))} {strip.text}".rstrip()
        carets = "^" * max(strip.end - strip.start, 1)
        yield from self._labelled(" " * (strip.start + 1), carets, label)

    def _labelled(self, lead: str, carets: str, label: str) -> Iterator[str]:
        marks = f"{self.margin()}{lead}{self.paint(carets, self.style)}"
        used = self.gutter + 2 + len(lead) + len(carets)
        if not label or ("\n" not in label and used + 1 + width(label) <= self.width):
            yield f"{marks} {self.paint(label, self.style)}".rstrip()
            return
        yield marks
        yield from self._below(len(lead), label)

    def _below(self, column: int, label: str) -> Iterator[str]:
        room = self.width - self.gutter - 2
        indent = " " * (column if room - column >= _LABEL_ROOM else 1)
        for line in wrap(label, room - len(indent)):
            yield f"{self.margin()}{indent}{self.paint(line, self.style)}"

    def _several(self, source: MaskedSource, span: Span, label: str) -> Iterator[str]:
        first = self._strip(source, span.line, span.column - 1, _FAR, 2)
        bar = self.paint("|", self.style)
        slash = not first.text[: first.start].strip()
        corner = self.paint("/", self.style) if slash else " "
        yield f"{self.margin(str(span.line))} {corner} {first.text}".rstrip()
        if not slash:
            yield f"{self.margin()}  {self.paint('_' * (first.start + 1) + '^', self.style)}"
        yield from self._inner(source, span, bar)
        last = self._strip(source, span.end_line, 0, span.end_column - 1, 2)
        yield f"{self.margin(str(span.end_line))} {bar} {last.text}".rstrip()
        rule = "|" + "_" * max(last.end, 1) + "^"
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
    """The part of a line that is shown, and the cells in it where the marked place lies."""

    text: str
    start: int
    end: int


def _cut(text: str, hidden: list[Range], mark: Range, room: int) -> _Strip:
    """Cut a window of at most `room` cells around the mark, `…` where something is left out."""
    # A line may be megabytes long: only what can come near the window is laid out.
    low, high = max(mark[0] - 4 * room, 0), min(mark[0] + 8 * room, len(text))
    near = [(max(a, low) - low, min(b, high) - low) for a, b in hidden if a < high and b > low]
    glyphs, offsets = _lay_out(text[low:high], near, low == 0)
    start, end = mark[0] - low, min(mark[1], high) - low
    left, right = _window(offsets, start, end, room, (low > 0, high < len(text)))
    before = "…" if left > 0 or low > 0 else ""
    after = "…" if right < len(glyphs) or high < len(text) else ""
    shift = len(before) - offsets[left]
    shown = before + "".join(glyphs[left:right]) + after
    return _Strip(shown, offsets[max(start, left)] + shift, offsets[min(end, right)] + shift)


def _window(
    offsets: Sequence[int], start: int, end: int, room: int, cut: tuple[bool, bool]
) -> Range:
    total = offsets[-1]
    if total <= room and not any(cut):
        return 0, len(offsets) - 1
    space = room - 2
    marked = min(offsets[end] - offsets[start], space)
    first = max(offsets[start] - (space - marked) // 2, 0)
    first = max(min(first, total - space), 0)
    left = bisect_left(offsets, first)
    right = bisect_right(offsets, offsets[left] + space) - 1
    return min(left, start), max(right, left)


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
