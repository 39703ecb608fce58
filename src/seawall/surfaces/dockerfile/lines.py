"""Physical lines joined to logical ones, with the way back from each character to the file."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct

from seawall.core.source import Source

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's `unicode.IsSpace` holds for; Python's own set has four control characters more."""

BLANK = "\t\v\f\r "
"""What separates arguments (BuildKit's `tokenWhitespace`)."""

MAX_LINE_BYTES = 65535
"""Longest physical line that BuildKit's scanner takes, without its LF."""


class Physical(Struct):
    """The lines of a file as a scanner gives them: no LF, no line after the last LF.

    `too_long` says that BuildKit stops reading after `texts`: the next line is too long.
    """

    texts: list[str]
    starts: list[int]
    too_long: bool

    def end(self, index: int) -> int:
        """Offset after the last character of a line, its CR not counted."""
        return self.starts[index] + len(self.texts[index].rstrip("\r"))


class LogicalLine(Struct, frozen=True):
    """One instruction's line: continuations joined, comments and empty lines inside left out.

    `line` and `end_line` count from 1; `base` is the offset of the first character. `pieces`
    and `offsets` give where each joined piece starts here and in the file; they are empty where
    the text is all of one physical line.
    """

    text: str
    base: int
    line: int
    end_line: int
    pieces: list[int]
    offsets: list[int]

    def region(self, start: int, end: int) -> tuple[int, int]:
        """From positions in `text` to offsets in the file."""
        if not self.pieces:
            return self.base + start, self.base + end
        first = self._offset(start)
        return first, self._offset(end - 1) + 1 if end > start else first

    def _offset(self, position: int) -> int:
        piece = max(bisect_right(self.pieces, position) - 1, 0)
        return self.offsets[piece] + position - self.pieces[piece]


class Joined(Struct, frozen=True):
    """What joining found: the line, and the physical lines inside that are not of it."""

    line: LogicalLine
    comments: list[int]
    has_empty_line: bool


def split(source: Source) -> Physical:
    """The physical lines of a source, a BOM left out of the first."""
    texts = source.text.split("\n")
    if not texts[-1]:
        texts.pop()
    starts = source.line_starts
    if source.text.startswith("\ufeff"):
        texts[0], starts = texts[0][1:], [1, *starts[1:]]
    limit = _first_too_long(source.text, texts)
    return Physical(texts[:limit], starts, True) if limit >= 0 else Physical(texts, starts, False)


def _first_too_long(text: str, texts: list[str]) -> int:
    # One character has four bytes at most, so short files need no look at each line.
    shortest = MAX_LINE_BYTES // 4
    if len(text) <= shortest:
        return -1
    for index, line in enumerate(texts):
        if len(line) > shortest and len(line.encode("utf-8", "surrogatepass")) > MAX_LINE_BYTES:
            return index
    return -1


def continues(text: str, escape: str) -> int:
    """Length of the text before a continuation mark at its end, or -1 where there is none.

    The mark is the escape character with blanks and tabs after it; two of them are none.
    """
    trimmed = text.rstrip("\r").rstrip(" \t")
    if not trimmed.endswith(escape) or trimmed.endswith(escape * 2):
        return -1
    return len(trimmed) - 1


def single(physical: Physical, index: int, stripped: str) -> LogicalLine:
    """The logical line of one physical line that does not continue."""
    text = physical.texts[index]
    base = physical.starts[index] + text.index(stripped[0])
    return LogicalLine(stripped, base, index + 1, index + 1, [], [])


def join(physical: Physical, index: int, escape: str) -> Joined:
    """Join the line at `index`, which continues, with those after it.

    Only the first line loses its leading space. Comment lines and empty lines inside a
    continuation are skipped, and the line before them still continues.
    """
    texts, starts = physical.texts, physical.starts
    parts, pieces, offsets, length = [], [], [], 0
    comments, has_empty_line, current = [], False, index
    while current < len(texts):
        text = texts[current]
        visible = text.lstrip(SPACE)
        if current > index and (not visible or visible[0] == "#"):
            has_empty_line = has_empty_line or not visible
            comments += [current] if visible else []
            current += 1
            continue
        lead = len(text) - len(visible) if current == index else 0
        stop = continues(text, escape)
        part = text[lead:stop] if stop >= 0 else text[lead:].rstrip("\r")
        parts.append(part)
        pieces.append(length)
        offsets.append(starts[current] + lead)
        length += len(part)
        current += 1
        if stop < 0:
            break
    line = LogicalLine("".join(parts), offsets[0], index + 1, current, pieces, offsets)
    return Joined(line, comments, has_empty_line)
