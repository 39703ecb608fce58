"""What a written shell word comes to: quote removal, and the variables that it expands."""

from __future__ import annotations

import re
from functools import lru_cache

JOINT = "\f"
"""Fills places of a masked text that the shell never sees (see `seawall.surfaces.shell.reader`)."""

special = re.compile(r"""['"\\$`\f(]""").search
"""Finds what makes a word more than the letters it is written with."""

_PIECE = re.compile(
    r"""
      [^'"\\$`\f<>]+
    | [<>](?!\()
    | \f+
    | \\\r?\n
    | \\(?P<escaped>.)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\$`]|\\.|\$(?![\w{(@*\#?!$-]))*)"
    | \$'(?P<ansi>(?:[^'\\]|\\.)*)'
    | \$(?![\w{(@*\#?!$'"-])
    """,
    re.VERBOSE | re.DOTALL,
)
_JOINTS = re.compile(r"\f+|\\\r?\n")
_DOUBLE_ESCAPE = re.compile(r'\\([\\"$`])|\f+|\\\r?\n')
_ANSI_ESCAPE = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<unicode>[0-9A-Fa-f]{1,4})"
    r"|U(?P<wide>[0-9A-Fa-f]{1,8})|(?P<octal>[0-7]{1,3})|c(?P<control>.)|(?P<letter>.))",
    re.DOTALL,
)
_ANSI_LETTERS = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f",
    "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_QUOTED = re.compile(
    r"""\\.|'[^']*'|"((?:[^"\\]|\\.)*)"|\$\{?[#!]?([A-Za-z_]\w*)""", re.DOTALL | re.ASCII
)
_VARIABLE = re.compile(r"\\.|\$\{?[#!]?([A-Za-z_]\w*)", re.DOTALL | re.ASCII)


def without_joints(text: str) -> str:
    """What the shell is given of a masked text: no joints, no continued line ends.

    Those of a masked text are Docker's, which joins lines before the shell sees any quotes.
    """
    return _JOINTS.sub("", text)


@lru_cache(maxsize=4096)
def unquote(text: str) -> str | None:
    """The word after quote removal; None where it has an expansion or a quote that never ends."""
    parts: list[str] = []
    position, size = 0, len(text)
    while position < size:
        piece = _PIECE.match(text, position)
        if piece is None:
            return None
        parts.append(_plain(piece))
        position = piece.end()
    return "".join(parts)


def _plain(piece: re.Match[str]) -> str:
    kind = piece.lastgroup
    if kind is None:
        whole = piece.group()
        return "" if whole[0] == JOINT or whole[0] == "\\" else whole
    text = piece.group(kind)
    if kind == "double":
        return unescape_double(text)
    if kind == "ansi":
        return _ANSI_ESCAPE.sub(_ansi, text)
    return text


def unescape_double(text: str) -> str:
    """The inside of a double-quoted string without its escapes; expansions stay as written."""
    return _DOUBLE_ESCAPE.sub(r"\1", text) if "\\" in text or JOINT in text else text


def _ansi(escape: re.Match[str]) -> str:
    kind = escape.lastgroup or "letter"
    value = escape.group(kind)
    if kind == "letter":
        return _ANSI_LETTERS.get(value, value)
    if kind == "control":
        return chr(ord(value) & 0x1F)
    code = int(value, 8 if kind == "octal" else 16)
    return chr(code) if code < 0x110000 else ""


@lru_cache(maxsize=4096)
def variables(text: str) -> tuple[str, ...]:
    """Names that a word without substitutions expands, in order, each once."""
    names: dict[str, None] = {}
    if "'" not in text:
        names.update(dict.fromkeys(_VARIABLE.findall(text)))
        names.pop("", None)
        return tuple(names)
    for found in _QUOTED.finditer(text):
        if found.group(2):
            names[found.group(2)] = None
        elif found.group(1):
            names.update(dict.fromkeys(filter(None, _VARIABLE.findall(found.group(1)))))
    return tuple(names)
