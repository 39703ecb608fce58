"""A Dockerfile's own lines as the one line that a shell is given, each character in its place."""

from __future__ import annotations

import re
from functools import cache

from seawall.surfaces.shell.words import JOINT

_BLANKS = frozenset(" \t\v\f\r\n")


@cache
def _continuation(escape: str) -> re.Pattern[str]:
    """A continued line's end with the comments and empty lines after it, which BuildKit skips."""
    return re.compile(re.escape(escape) + r"[ \t]*\r*\n(?:[^\S\n]*\#[^\n]*(?:\n|\Z)|[^\S\n]*\n)*")


def join_lines(text: str, escape: str) -> str:
    """An equally long text whose continuations, and comments and blanks in them, are joints.

    Between two characters of one word the joint is a shell's own continuation, else `JOINT`s.
    """
    if "\n" not in text:
        return text

    def joint(found: re.Match[str]) -> str:
        start, end = found.span()
        is_glued = start > 0 and end < len(text)
        if is_glued and text[start - 1] not in _BLANKS and text[end] not in _BLANKS:
            return _glue(end - start)
        return JOINT * (end - start)

    return _continuation(escape).sub(joint, text)


def _glue(size: int) -> str:
    """Continuations of two and three characters that add up to `size`."""
    return "\\\n" * (size // 2) if size % 2 == 0 else "\\\n" * (size // 2 - 1) + "\\\r\n"
