"""A text on its way from what it was to what it is to be, with who has changed which place."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from seawall.core.model import Edit


class Change(Struct, frozen=True):
    """What stands now in a place of the original text, and the numbers of the fixes that did it."""

    start: int
    end: int
    text: str
    fixes: tuple[int, ...]


class _Piece(Struct, frozen=True, gc=False):
    """A stretch of the original, or what fix number `by` has put in; empty where it only cuts."""

    start: int
    end: int
    text: str = ""
    by: int = -1

    @property
    def length(self) -> int:
        return self.end - self.start if self.by < 0 else len(self.text)


class Draft(Struct, frozen=True):
    """A text and what has become of it."""

    original: str
    text: str
    pieces: tuple[_Piece, ...]

    def edited(self, edits: Iterable[tuple[Edit, int]]) -> Draft:
        """The draft after edits of its text, none of which overlap, each with its fix's number."""
        left = list(self.pieces)[::-1]
        position = 0
        done: list[_Piece] = []
        for edit, number in ordered(edits):
            position = _advance(left, position, edit.start, done)
            position = _advance(left, position, edit.end, None)
            done.append(_Piece(0, 0, edit.text, number))
        pieces = (*done, *left[::-1])
        return Draft(self.original, _joined(self.original, pieces), pieces)

    def renumbered(self, by: int) -> Draft:
        """The same where each fix has a number that is higher by so much."""
        pieces = (
            _Piece(p.start, p.end, p.text, p.by + by) if p.by >= 0 else p for p in self.pieces
        )
        return Draft(self.original, self.text, tuple(pieces)) if by else self

    def changes(self) -> Iterator[Change]:
        """What is to be done to the original, in the order of places, none of which overlap."""
        at = 0
        new: list[_Piece] = []
        for piece in (*self.pieces, _Piece(len(self.original), len(self.original))):
            if piece.by >= 0:
                new.append(piece)
                continue
            text = "".join(each.text for each in new)
            if new and self.original[at : piece.start] != text:
                fixes = tuple(dict.fromkeys(sorted(each.by for each in new)))
                yield Change(at, piece.start, text, fixes)
            at, new = piece.end, []


def draft_of(text: str) -> Draft:
    """A draft that nobody has changed."""
    return Draft(text, text, (_Piece(0, len(text)),))


def _advance(left: list[_Piece], position: int, to: int, done: list[_Piece] | None) -> int:
    """Take what stands before an offset off `left`, into `done` where it is to stay."""
    while left and position + left[-1].length <= to and (position < to or done is not None):
        piece = left.pop()
        position += piece.length
        _keep(piece, done)
    if position < to and left:
        piece = left.pop()
        head, tail = _cut(piece, to - position)
        left.append(tail)
        _keep(head, done)
        position = to
    return position


def _keep(piece: _Piece, done: list[_Piece] | None) -> None:
    if done is not None:
        done.append(piece)


def _cut(piece: _Piece, at: int) -> tuple[_Piece, _Piece]:
    if piece.by < 0:
        middle = piece.start + at
        return _Piece(piece.start, middle), _Piece(middle, piece.end)
    return (
        _Piece(0, 0, piece.text[:at], piece.by),
        _Piece(0, 0, piece.text[at:], piece.by),
    )


def _joined(original: str, pieces: Iterable[_Piece]) -> str:
    return "".join(original[p.start : p.end] if p.by < 0 else p.text for p in pieces)


def ordered(edits: Iterable[tuple[Edit, int]]) -> list[tuple[Edit, int]]:
    """Edits by place; of lines put in at one place the deepest first, so that each stays inside
    of what it was written for.
    """
    return sorted(edits, key=lambda each: (each[0].start, each[0].end, -depth(each[0]), each[1]))


def depth(edit: Edit) -> int:
    """How far in the first line stands that an edit puts in behind a line; else 0."""
    if not is_new_line(edit):
        return 0
    line = edit.text.lstrip("\r\n")
    return len(line) - len(line.lstrip(" \t"))


def is_new_line(edit: Edit) -> bool:
    """Whether it only puts in whole lines, at the end of a line."""
    return edit.start == edit.end and edit.text.startswith(("\n ", "\r\n ", "\n\t", "\r\n\t"))


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits of a file can't both be made at once."""
    if one.start == one.end == other.start == other.end:
        return not (is_new_line(one) and is_new_line(other))
    return one.start < other.end and other.start < one.end


def is_sound(edits: Sequence[Edit], length: int) -> bool:
    """Whether the edits of one fix lie in a text and apart from each other."""
    spans = sorted((edit.start, edit.end) for edit in edits)
    if not all(0 <= start <= end <= length for start, end in spans):
        return False
    return all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
