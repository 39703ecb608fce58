"""Where in the text of a TOML file a key stands: `tomllib` keeps no places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression

Path = tuple[str | int, ...]
"""A way into the document: `("waivers", 0, "until")`."""

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = Expression(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]")
_KEY = Expression(rf"[ \t]*({_DOTTED})[ \t]*=")
_PARTS = Expression(_PART)


class Lines(Struct, frozen=True):
    """The lines, from 1, of a document's keys."""

    text: tuple[str, ...]
    places: dict[Path, int]

    def of(self, path: Path) -> int:
        """The line of a key, else that of the nearest table around it, else 1."""
        for length in range(len(path), 0, -1):
            line = self.places.get(path[:length])
            if line is not None:
                return line
        return 1

    def of_value(self, path: Path, value: str) -> int:
        """The line of a quoted value at or after its key, else the key's line."""
        start = self.of(path)
        for number in range(start, min(start + 500, len(self.text)) + 1):
            line = self.text[number - 1]
            if f'"{value}"' in line or f"'{value}'" in line:
                return number
        return start


def read_lines(text: str) -> Lines:
    """Find the keys of a TOML document; what stands in multi-line strings is passed over."""
    lines = tuple(text.split("\n"))
    places: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in _outside_strings(lines):
        if header := _HEADER.match(line):
            table = _table(header, counts)
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table
            for part in _parts(key[1]):
                path = (*path, part)
                places.setdefault(path, number)
    return Lines(lines, places)


def _table(header: re.Match[str], counts: dict[Path, int]) -> Path:
    """The path that a header opens; in an array of tables with the number of its element."""
    path: Path = ()
    parts = _parts(header[2])
    for position, part in enumerate(parts):
        path = (*path, part)
        if position == len(parts) - 1 and header[1] == "[[":
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PARTS.findall(dotted)]


def _outside_strings(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """The lines, numbered from 1, that do not start within a multi-line string."""
    quote = ""
    for number, line in enumerate(lines, 1):
        if not quote:
            yield number, line
            quote = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
        elif line.count(quote) % 2:
            quote = ""
