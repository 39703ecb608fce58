"""A command written as one text, taken apart into the words that Compose makes of it."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"""[ \t\r\n]+|'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)"""
    r"""|(?P<bare>[^ \t\r\n'"\\]+)""",
    re.DOTALL,
)


def split_words(text: str) -> list[str] | None:
    """The words of a command; None where a quote is left open."""
    words: list[str] = []
    current: list[str] | None = None
    position = 0
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None:
            return None
        position = match.end()
        group = match.lastgroup
        if group is None:
            if current is not None:
                words.append("".join(current))
            current = None
            continue
        piece = re.sub(r"\\(.)", r"\1", match[group]) if group == "double" else match[group]
        current = [piece] if current is None else [*current, piece]
    if current is not None:
        words.append("".join(current))
    return words
