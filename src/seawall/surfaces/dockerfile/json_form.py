"""The JSON form of arguments, `["program", "argument"]`, as Go's decoder takes it."""

from __future__ import annotations

import re

from seawall.surfaces.dockerfile.words import (
    Piece,
    Reading,
    Rejection,
    health_split,
    read_list,
    read_string,
    skip_space,
)

_NOT_STRINGS = "when using JSON array syntax, arrays must be comprised of strings only"
_MAX_DEPTH = 10_000
"""Where Go's decoder gives up; deeper text is no JSON, so it is the shell form."""

_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_GAP = r"[ \t\r\n]*+"
_STRINGS = re.compile(rf"\[{_GAP}(?:{_STRING}{_GAP}(?:,{_GAP}{_STRING}{_GAP})*+)?\]")
_ONE_STRING = re.compile(_STRING)
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(rf"{_GAP}(?:({_STRING})|({_NUMBER})|(true|false|null)|([\[\]{{}},:]))")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_command(text: str, start: int, escape: str) -> Reading:
    """RUN, CMD, ENTRYPOINT and SHELL: JSON, else all the rest as one argument.

    Raises:
        Rejection: an array of other things than strings.
    """
    pieces = _read_array(text, start)
    return (pieces, True) if pieces is not None else read_string(text, start, escape)


def read_paths(text: str, start: int, escape: str) -> Reading:
    """ADD, COPY and VOLUME: JSON, else words between blanks.

    Raises:
        Rejection: an array of other things than strings.
    """
    pieces = _read_array(text, start)
    return (pieces, True) if pieces is not None else read_list(text, start, escape)


def read_healthcheck(text: str, start: int, escape: str) -> Reading:
    """HEALTHCHECK: its type, then what CMD takes.

    Raises:
        Rejection: an array of other things than strings.
    """
    end, following = health_split(text, start)
    if end == start:
        return [], False
    pieces, is_json = read_command(text, following, escape)
    return [(text[start:end], start, end), *pieces], is_json


def _read_array(text: str, start: int) -> list[Piece] | None:
    """The strings of the array that starts here; None where BuildKit sees the shell form.

    What follows the array is not looked at.
    """
    if not text.startswith("[", start):
        start = skip_space(text, start)
        if not text.startswith("[", start):
            return None
    array = _STRINGS.match(text, start)
    if array is None:
        if _is_json(text, start):
            raise Rejection(_NOT_STRINGS)
        return None
    found = _ONE_STRING.finditer(text, start, array.end())
    return [(_decode(match[0]), match.start(), match.end()) for match in found]


def _decode(string: str) -> str:
    text = string[1:-1]
    if "\\" in text:
        import json  # noqa: PLC0415 -- most runs need no JSON decoder

        text = str(json.loads(string))
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _is_json(text: str, position: int) -> bool:
    """Whether one whole JSON value starts here (a number too large for a float is none).

    A loop with its own stack: nesting costs no recursion.
    """
    stack: list[str] = []
    expected = "value"
    while True:
        token = _TOKEN.match(text, position)
        if token is None:
            return False
        position = token.end()
        expected = _step(token, stack, expected)
        if expected == "wrong":
            return False
        if not stack:
            return True


def _step(token: re.Match[str], stack: list[str], expected: str) -> str:
    """What may come after this token; `expected` is what may come now."""
    mark = token[4]
    if mark is None:
        return _scalar(token, expected)
    if mark in "[{":
        return _open(mark, stack, expected)
    if mark in "]}":
        return _close(mark, stack, expected)
    if mark == ":":
        return "value" if expected == "colon" else "wrong"
    if expected != "end":
        return "wrong"
    return "value" if stack[-1] == "[" else "key"


def _scalar(token: re.Match[str], expected: str) -> str:
    if expected in ("key", "first key"):
        return "colon" if token[1] else "wrong"
    if expected not in ("value", "first value"):
        return "wrong"
    return "wrong" if token[2] and float(token[2]) in (float("inf"), float("-inf")) else "end"


def _open(mark: str, stack: list[str], expected: str) -> str:
    stack.append(mark)
    if expected not in ("value", "first value") or len(stack) > _MAX_DEPTH:
        return "wrong"
    return "first value" if mark == "[" else "first key"


def _close(mark: str, stack: list[str], expected: str) -> str:
    opened = stack.pop() if stack else ""
    fits = opened == ("[" if mark == "]" else "{")
    empty = expected == ("first value" if mark == "]" else "first key")
    return "end" if fits and (empty or expected == "end") else "wrong"
