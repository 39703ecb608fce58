"""Variables in a Dockerfile word, the plain way: a character at a time, holes for what is unset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

HOLE = "\0"
"""Stands in a value for what only the build's arguments or the base image could tell."""

REFUSED = "\1"
"""Stands in a value for a word that BuildKit would not expand."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")


class RefusedError(Exception):
    """BuildKit would not expand this word."""


def expand(word: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """The word with quotes taken off and variables put in; unset ones are holes."""
    out: list[str] = []
    position, quote = 0, ""
    while position < len(word):
        character = word[position]
        if character == "'" and quote != '"':
            end = word.find("'", position + 1)
            if end < 0:
                raise RefusedError(word)
            out.append(word[position + 1 : end])
            position = end + 1
        elif character == '"':
            quote = "" if quote else '"'
            position += 1
        elif character == escape and position + 1 < len(word):
            following = word[position + 1]
            if quote and following not in '"$' + escape:
                out.append(escape)
            out.append(following)
            position += 2
        elif character == "$":
            text, position = _variable(word, position, variables, escape)
            out.append(text)
        else:
            out.append(character)
            position += 1
    return "".join(out)


def _variable(
    word: str, position: int, variables: Mapping[str, str], escape: str
) -> tuple[str, int]:
    """The value of the variable that starts at `position`, and where the word goes on."""
    if word[position + 1 : position + 2] != "{":
        match = _NAME.match(word, position + 1)
        if match is None:
            return "$", position + 1
        return variables.get(match[0], HOLE), match.end()
    end = _closing_brace(word, position + 2)
    inner = word[position + 2 : end]
    match = _NAME.match(inner)
    if match is None:
        raise RefusedError(word)
    value = variables.get(match[0])
    return _modified(value, inner[match.end() :], variables, escape), end + 1


def _closing_brace(word: str, position: int) -> int:
    depth = 1
    while position < len(word):
        depth += {"{": 1, "}": -1}.get(word[position], 0)
        if depth == 0:
            return position
        position += 1
    raise RefusedError(word)


def _modified(value: str | None, modifier: str, variables: Mapping[str, str], escape: str) -> str:
    """`${NAME<modifier>}` for a value that is a text, or None where nothing sets it."""
    if not modifier:
        return HOLE if value is None else value
    if modifier[0] in "#%":
        return _trimmed(value, modifier)
    if modifier[0] == "/":
        return _replaced(value, modifier)
    counts_empty = modifier[0] == ":"
    operator, rest = modifier[int(counts_empty) :][:1], modifier[int(counts_empty) + 1 :]
    is_set = bool(value) if counts_empty else value is not None
    if operator == "-":
        return value if is_set and value is not None else expand(rest, variables, escape)
    if operator == "+":
        return expand(rest, variables, escape) if is_set else ""
    if operator == "?":
        return value if is_set and value is not None else HOLE
    raise RefusedError(modifier)


def _trimmed(value: str | None, modifier: str) -> str:
    if value is None or HOLE in value:
        return HOLE
    sign, longest = modifier[0], modifier[1:2] == modifier[0]
    pattern = modifier[2:] if longest else modifier[1:]
    lengths = range(len(value), -1, -1) if longest else range(len(value) + 1)
    for length in lengths:
        cut = len(value) - length
        part = value[:length] if sign == "#" else value[cut:]
        if fnmatchcase(part, pattern):
            return value[length:] if sign == "#" else value[:cut]
    return value


def _replaced(value: str | None, modifier: str) -> str:
    if value is None or HOLE in value:
        return HOLE
    every = modifier.startswith("//")
    pattern, _, replacement = modifier[2 if every else 1 :].partition("/")
    return value.replace(pattern, replacement, -1 if every else 1)
