"""Expressions as the multiple-pattern engine takes them: equal to Python's, or wider."""

from __future__ import annotations

import re
from functools import cache

from seawall.detectors.pattern import EDGE, STOP, Pattern

_GROUP = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?P<sort><=|<!|=|!|P<\w+>|:))?|\)", re.DOTALL
)
# One character more on either side says the same as looking at it.
_EDGE, _STOP = r"(?:\A|[^A-Za-z0-9_\-])", r"(?:\z|[^A-Za-z0-9_\-])"
_AROUND = frozenset({"=", "!", "<=", "<!"})


def wide_expression(pattern: Pattern) -> str:
    """An expression that matches wherever the format does, and perhaps elsewhere.

    The engine has no means to look around: a token's edges become a part of the match, so that
    it may end one character late, and other looks are left out. Groups are not kept. It knows no
    Unicode either, so formats say which characters they take.
    """
    return pattern.wide or widened(pattern.regex.source)


@cache
def widened(source: str) -> str:
    """The expression without captures and without what looks around, save at a token's edges."""
    source = source.replace(EDGE, _EDGE).replace(STOP, _STOP)
    pieces: list[str] = []
    depth, last, skipping = 0, 0, -1
    for found in _GROUP.finditer(source):
        text = found[0]
        if text.startswith("("):
            depth += 1
            if skipping < 0:
                pieces.append(source[last : found.start()])
                if found["sort"] in _AROUND:
                    skipping = depth
                else:
                    pieces.append("(?:")
                last = found.end()
        elif text == ")":
            if skipping == depth:
                skipping, last = -1, found.end()
            depth -= 1
    return "".join([*pieces, source[last:]]).replace(r"\Z", r"\z")
