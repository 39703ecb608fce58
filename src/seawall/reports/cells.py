"""Terminal cells: how wide text is on the screen, and text wrapped to a width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

_CHUNK = re.compile(r"(?:`[^`]*+`|\S)++")


def width(text: str) -> int:
    """Cells that cleaned text takes: wide characters two, combining marks none."""
    return len(text) if text.isascii() else sum(map(cell, text))


@lru_cache(maxsize=4096)
def cell(character: str) -> int:
    """Cells of one character (Unicode's East Asian width, and its combining categories)."""
    if category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def wrap(
    text: str, room: int, first: str = "", rest: str = "", *, keeps_code: bool = False
) -> list[str]:
    """Lines of at most `room` cells that begin with `first`, then `rest`.

    A `command in backticks` stays on one line where it fits, to be copied. Words are broken only
    where one is wider than a line; line feeds and the indentation after
    them are kept, since remedies hold lines to copy: `keeps_code` wraps no indented line at all.
    """
    if len(first) + len(text) <= room and text.isascii() and text.isprintable():
        return [(first + text).rstrip()]  # what is most often asked for, without the loops
    lines: list[str] = []
    prefix = first
    for paragraph in text.expandtabs(4).split("\n"):
        body = paragraph.lstrip(" ")
        if keeps_code and lines and body != paragraph:
            lines.append(f"{prefix}{paragraph}".rstrip())
            continue
        indent = paragraph[: len(paragraph) - len(body)][: room // 2]
        for words in _filled(body, max(room - max(width(first), width(rest)) - len(indent), 8)):
            lines.append(f"{prefix}{indent}{words}".rstrip())
            prefix = rest
    return lines


def _filled(text: str, room: int) -> Iterator[str]:
    line, used = "", 0
    for word in _pieces(text, room):
        size = width(word)
        if line and used + 1 + size > room:
            yield line
            line, used = "", 0
        line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    yield line


def _pieces(text: str, room: int) -> Iterator[str]:
    for word in _words(text, room):
        while width(word) > room:
            head = fitting(word, room)
            yield head
            word = word[len(head) :]  # noqa: PLW2901 -- what is left of the same word
        yield word


def _words(text: str, room: int) -> Iterator[str]:
    """Words, and what stands in backticks with what it touches, if it fits on a line."""
    for chunk in _CHUNK.findall(text):
        if width(chunk) <= room:
            yield chunk
        else:
            yield from chunk.split()


def fitting(text: str, room: int) -> str:
    """The longest start of the text that fits, one character at least."""
    used = 0
    for index, character in enumerate(text):
        used += cell(character)
        if used > room:
            return text[: max(index, 1)]
    return text
