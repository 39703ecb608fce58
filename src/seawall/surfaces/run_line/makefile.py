"""The recipes of a Makefile as shell text: what make fills in is unknown to the shell's reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.source import Source
from seawall.surfaces.run_line.argument import HOLE
from seawall.surfaces.run_line.stretch import Stretch, single_dollars

_RECIPE = re.compile(r"^\t([@+\- \t]*)((?:[^\n]*\\\r?\n)*[^\n]*)", re.MULTILINE)
_EXPANSION = re.compile(r"\$(?:\$|[({]|.)", re.DOTALL)
_BRACKETS = {"(": re.compile(r"(\()|(\))"), "{": re.compile(r"(\{)|(\})")}


def recipes(source: Source) -> Iterator[Stretch]:
    """Each recipe line, with those that continue it."""
    for recipe in _RECIPE.finditer(source.text):
        if recipe[2]:
            yield Stretch(recipe.start(2), recipe.end(2), masked(recipe[2]))


def masked(text: str) -> str:
    """The text as the shell gets it, equally long: `$$` is `$`, what make fills in is unknown."""
    parts, position = [], 0
    while (found := _EXPANSION.search(text, position)) is not None:
        parts.append(text[position : found.start()])
        sign, position = found.group()[1], found.end()
        if sign == "$":
            parts.append("$$")
            continue
        if sign in _BRACKETS:
            position = _closed(text, sign, position)
        parts.append(HOLE * (position - found.start()))
    return single_dollars("".join((*parts, text[position:])))


def _closed(text: str, bracket: str, position: int) -> int:
    depth = 1
    for found in _BRACKETS[bracket].finditer(text, position):
        depth += 1 if found[1] else -1
        if not depth:
            return found.end()
    return len(text)
