"""Shell patterns (`*`, `?`) as BuildKit's substitutions use them, matched without backtracking."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

STAR = "any text"
ANY = "any character"

MAX_TEXT = 2048
MAX_PATTERN = 128


class PatternError(ValueError):
    """The pattern is none, or too long to be matched; the text is BuildKit's."""


def read_pattern(pattern: str) -> tuple[str, ...]:
    r"""Tokens of a pattern: `STAR`, `ANY`, or one literal character each.

    A backslash makes `*`, `?` and itself literal, and is dropped before `}` and `/`.

    Raises:
        PatternError: the backslash stands before something else.
    """
    tokens = []
    characters = iter(pattern)
    for character in characters:
        token = {"*": STAR, "?": ANY}.get(character, character)
        if character == "\\":
            token = next(characters, "")
            if token not in ("*", "?", "\\", "}", "/"):
                raise PatternError(f"invalid escape '\\{token}'")
        tokens.append(token)
    return tuple(tokens)


class Subject:
    """A text that patterns are matched against; places in it are the bits of an integer."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise PatternError("the value is too long")
        self.text = text
        self._full = (1 << (len(text) + 1)) - 1
        self._occurrences: dict[str, int] = {}

    def _where(self, character: str) -> int:
        places = self._occurrences.get(character)
        if places is None:
            places = sum(1 << at for at, found in enumerate(self.text) if found == character)
            self._occurrences[character] = places
        return places

    def ends(self, tokens: Iterable[str], places: int) -> int:
        """Where a match can end that starts at one of these places."""
        for token in tokens:
            if token is STAR:
                places = self._full & -(places & -places)
            elif token is ANY:
                places = (places << 1) & self._full
            else:
                places = (places & self._where(token)) << 1
        return places

    def starts(self, tokens: Iterable[str], places: int) -> int:
        """Where a match can start that ends at one of these places."""
        for token in reversed(tuple(tokens)):
            if token is STAR:
                places = (1 << places.bit_length()) - 1
            elif token is ANY:
                places >>= 1
            else:
                places = (places >> 1) & self._where(token)
        return places

    def first(self, tokens: tuple[str, ...], position: int) -> tuple[int, int] | None:
        """The leftmost match from a position on, as long as it can be."""
        found = self.starts(tokens, self._full) >> position << position
        if not found:
            return None
        start = _lowest(found)
        return start, _highest(self.ends(tokens, 1 << start))


def _lowest(places: int) -> int:
    return (places & -places).bit_length() - 1


def _highest(places: int) -> int:
    return places.bit_length() - 1


@cache
def _checked(pattern: str) -> tuple[str, ...]:
    tokens = read_pattern(pattern)
    if len(tokens) > MAX_PATTERN:
        raise PatternError("the pattern is too long")
    return tokens


def trim_prefix(pattern: str, text: str, *, longest: bool) -> str:
    """The text without the shortest or longest prefix that matches.

    Raises:
        PatternError: see `read_pattern`; or one of them is too long.
    """
    ends = Subject(text).ends(_checked(pattern), 1)
    return text[_highest(ends) if longest else _lowest(ends) :] if ends else text


def trim_suffix(pattern: str, text: str, *, longest: bool) -> str:
    """The text without the shortest or longest suffix that matches.

    Raises:
        PatternError: see `read_pattern`; or one of them is too long.
    """
    starts = Subject(text).starts(_checked(pattern), 1 << len(text))
    return text[: _lowest(starts) if longest else _highest(starts)] if starts else text


def replace(pattern: str, text: str, replacement: str, *, everywhere: bool) -> str:
    """The text with the first match, or each, replaced; a match is as long as it can be.

    Raises:
        PatternError: see `read_pattern`; or one of them is too long.
    """
    tokens, subject = _checked(pattern), Subject(text)
    done, kept, last = [], 0, -1
    position = 0
    while (match := subject.first(tokens, position)) is not None:
        start, end = match
        if start != end or start != last:
            done += [text[kept:start], replacement]
            kept = last = end
            if not everywhere:
                break
        position = max(end, start + 1) if start == end else end
        if position > len(text):
            break
    return "".join(done) + text[kept:]


def matches(tokens: tuple[str, ...], text: str) -> bool:
    """Whether the whole text matches; False for what is too long."""
    if len(text) > MAX_TEXT or len(tokens) > MAX_TEXT:
        return False
    return bool(Subject(text).ends(tokens, 1) >> len(text))
