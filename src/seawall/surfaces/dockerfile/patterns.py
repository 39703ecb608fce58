"""Shell patterns (`*`, `?`) as BuildKit's substitutions use them, matched without backtracking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, reduce
from operator import or_

STAR = "any text"
ANY = "any character"

_WILD = re.compile(r"[*?\\]")

Token = str | tuple[str, ...]
"""One literal character, `STAR`, `ANY`, or a tuple: one of these texts."""

MAX_TEXT = 512
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

    def ends(self, tokens: Iterable[Token], places: int) -> int:
        """Where a match can end that starts at one of these places."""
        for token in tokens:
            if isinstance(token, tuple):
                places = reduce(or_, [self.ends(text, places) for text in token], 0)
            elif token is STAR:
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

    def matched(self, tokens: tuple[str, ...]) -> Iterator[tuple[int, int]]:
        """The places of matches from left to right, each as long as it can be.

        A match of nothing at the end of the match before it does not count.
        """
        starts = self.starts(tokens, self._full)
        last = -1
        while starts:
            start = _lowest(starts)
            end = _highest(self.ends(tokens, 1 << start))
            if start != end or start != last:
                yield start, end
                last = end
            taken = max(end, start + 1)
            starts = starts >> taken << taken


def _lowest(places: int) -> int:
    return (places & -places).bit_length() - 1


def _highest(places: int) -> int:
    return places.bit_length() - 1


@lru_cache(256)
def _checked(pattern: str) -> tuple[str, ...]:
    tokens = read_pattern(pattern)
    if len(tokens) > MAX_PATTERN:
        raise PatternError("the pattern is too long")
    return tokens


@lru_cache(256)
def trim_prefix(pattern: str, text: str, *, longest: bool) -> str:
    """The text without the shortest or longest prefix that matches.

    Raises:
        PatternError: see `read_pattern`; or one of them is too long.
    """
    ends = Subject(text).ends(_checked(pattern), 1)
    return text[_highest(ends) if longest else _lowest(ends) :] if ends else text


@lru_cache(256)
def trim_suffix(pattern: str, text: str, *, longest: bool) -> str:
    """The text without the shortest or longest suffix that matches.

    Raises:
        PatternError: see `read_pattern`; or one of them is too long.
    """
    starts = Subject(text).starts(_checked(pattern), 1 << len(text))
    return text[: _lowest(starts) if longest else _highest(starts)] if starts else text


@lru_cache(256)
def replace(pattern: str, text: str, replacement: str, *, everywhere: bool) -> str:
    """The text with the first match, or each, replaced; a match is as long as it can be.

    Raises:
        PatternError: see `read_pattern`; or one of them is too long.
    """
    if pattern and not _WILD.search(pattern):
        return text.replace(pattern, replacement, -1 if everywhere else 1)
    pieces, kept = [], 0
    for start, end in Subject(text).matched(_checked(pattern)):
        pieces += [text[kept:start], replacement]
        kept = end
        if not everywhere:
            break
    return "".join(pieces) + text[kept:]


def matches(tokens: Sequence[Token], text: str) -> bool:
    """Whether the whole text matches; False for what is too long."""
    if len(text) > MAX_TEXT or len(tokens) > MAX_TEXT:
        return False
    return bool(Subject(text).ends(tokens, 1) >> len(text))
