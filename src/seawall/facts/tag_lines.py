"""Which tags of a repository are newer releases in the line of another."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.facts.official import official_name
from seawall.facts.precision import full_length
from seawall.facts.releases import cycle_for

_VERSION = Expression(r"(v?)(\d{1,9}(?:[._]\d{1,9})*)((?![\w.]).*|)", re.DOTALL | re.ASCII)
_DATE = Expression(r"(?<!\d)(20\d{2}(?:[01]\d[0-3]\d|[.-][01]\d[.-][0-3]\d))(?!\d)", re.ASCII)


class _Place(Struct, frozen=True):
    """Where a tag stands: releases of one line differ in `order` alone."""

    line: tuple[object, ...]
    order: tuple[int, ...]


def newer_in_line(name: str, tag: str, tags: Iterable[str]) -> tuple[str, ...]:
    """The tags that are newer than `tag` in its line, the newest first.

    A line is what one can go along without changing anything else: the same words around the
    version (`-slim-bookworm`, `-alpine3.20`), and the same release cycle of the product (Python
    3.12, Node.js 20); where that is not known, the same numbers but for the last. Where a tag has
    a date, all but the date is the same. Tags that float (`3.12-slim`, `bookworm`) have no newer
    ones: what they lead to moves. Pre-releases are in nobody's line. `name` is the familiar one.
    """
    mine = _place(name, tag)
    if mine is None:
        return ()
    places = ((_place(name, other), other) for other in tags)
    found = (
        (place.order, other)
        for place, other in places
        if place is not None and place.line == mine.line and place.order > mine.order
    )
    return tuple(other for _, other in sorted(found, reverse=True))


def _place(name: str, tag: str) -> _Place | None:
    """None for a tag that floats, or says no version."""
    if match := _DATE.search(tag):
        around = tag[: match.start()], tag[match.end() :]
        digits = re.sub(r"\D", "", match[1])
        return _Place(("date", len(match[1]), *around), (int(digits),))
    match = _VERSION.fullmatch(tag)
    if match is None:
        return None
    beginning, version, rest = match.groups()
    numbers = _numbers(version)
    image = official_name(name)
    if len(numbers) < full_length(image, version.replace("_", ".")):
        return None
    line = ("version", beginning, rest, len(numbers), numbers[: _fixed(image, numbers)])
    return _Place(line, numbers)


def _fixed(image: str | None, numbers: tuple[int, ...]) -> int:
    """How many numbers stay the same in a line of releases."""
    cycle = cycle_for(image, ".".join(map(str, numbers))) if image else None
    if cycle is not None and numbers[: len(own := _numbers(cycle.cycle))] == own:
        return min(len(own), len(numbers) - 1)
    return min(2, len(numbers) - 1)


def _numbers(version: str) -> tuple[int, ...]:
    parts = re.split("[._]", version)
    return tuple(int(part) for part in parts) if all(map(str.isdecimal, parts)) else ()
