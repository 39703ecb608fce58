"""A stretch of a file that holds shell text which another program hands to the shell."""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.surfaces.shell.words import JOINT

_BARE = re.compile(r"\\.|'[^']*'?|(?P<quote>\")|\$\$(?P<next>[({\w]?)", re.DOTALL)
_QUOTED = re.compile(r"\\.|(?P<quote>\")|\$\$(?P<next>[({\w]?)", re.DOTALL)
_SHELL = {"(": "$( ", "{": "${_", "": "$$"}


class Stretch(Struct, frozen=True):
    """Characters from `start` to `end`; `masked` is what the shell reads of them, as long.

    In it `argument.HOLE` stands for each character that another program fills in.
    """

    start: int
    end: int
    masked: str


def single_dollars(text: str) -> str:
    """What the shell gets where `$$` is written for its `$`, equally long.

    `$$NAME` becomes `$_NAME`: the name is lost, but a shell's variable is unknown all the same.
    """
    if "$$" not in text:
        return text
    parts, position, is_quoted = [], 0, False
    while (found := (_QUOTED if is_quoted else _BARE).search(text, position)) is not None:
        parts.append(text[position : found.start()])
        parts.append(_single(found))
        is_quoted = is_quoted != bool(found["quote"])
        position = found.end()
    return "".join((*parts, text[position:]))


def _single(found: re.Match[str]) -> str:
    text = found.group()
    if text[0] == "'":
        return text.replace("$$", f"{JOINT}$")
    if text[0] != "$":
        return text
    return _SHELL.get(found["next"]) or f"$_{found['next']}"
