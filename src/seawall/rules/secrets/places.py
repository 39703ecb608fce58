"""From a word with quotes to the place of the value in it."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.model import Located, Region
from seawall.surfaces.dockerfile import Word
from seawall.surfaces.shell import ShellWord


class Literal(Struct, frozen=True):
    """A value without its quotes, and its place.

    Where quoting makes the value differ from what is written, the place is the whole word's, and
    `written` is the word.
    """

    text: str
    start: int
    end: int
    written: str = ""

    def within(self, start: int, end: int) -> Region:
        """The place of a part of the value; the whole place where that can't be told."""
        if self.end - self.start == len(self.text):
            return Region(self.start + start, self.start + end)
        offset = self.written.find(self.text[start:end])
        if offset < 0 or self.end - self.start != len(self.written):
            return Region(self.start, self.end)
        return Region(self.start + offset, self.start + offset + end - start)


def of_word(word: Word | ShellWord) -> Literal:
    """The value of a word: the outer pair of quotes taken off, what is inside left alone."""
    text = word.text
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
        return _placed(text[1:-1], word)
    return _placed(text, word)


def of_shell_word(word: ShellWord) -> Literal:
    """The literal of a shell word; of one with expansions, its text without outer quotes."""
    return of_word(word) if word.literal is None else _placed(word.literal, word)


def _placed(value: str, word: Word | ShellWord) -> Literal:
    exact = word.end - word.start == len(word.text)
    offset = word.text.find(value)
    if exact and offset >= 0:
        return Literal(value, word.start + offset, word.start + offset + len(value))
    return Literal(value, word.start, word.end, word.text)


def after(literal: Literal, separator: str) -> Literal | None:
    """What follows the first separator (`user:password`); None where nothing does."""
    _, found, rest = literal.text.partition(separator)
    if not found or not rest:
        return None
    place = literal.within(len(literal.text) - len(rest), len(literal.text))
    return Literal(rest, place.start, place.end)


def overlaps(place: Located, others: list[Region]) -> bool:
    """Whether a place shares a character with one of the others."""
    return any(place.start < other.end and other.start < place.end for other in others)
