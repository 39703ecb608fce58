"""A command written as one text, taken apart into the words that Compose makes of it."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"""[ \t\r\n]+|'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)"""
    r"""|(?P<stop>[;&|<>])|(?P<bare>[^ \t\r\n'"\\;&|<>]+)""",
    re.DOTALL,
)


def split_words(text: str) -> list[str] | None:
    """The words of a command; None where a quote is left open.

    There is no shell: Compose drops everything from an operator (`;`, `|`, `>`) on.
    """
    words: list[str] = []
    current: list[str] = []
    position = 0
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None:
            return None
        position = match.end()
        group = match.lastgroup
        if group == "stop":
            break
        if group is not None:
            piece = match[group]
            current.append(re.sub(r"\\(.)", r"\1", piece) if group == "double" else piece)
        elif current:
            words.append("".join(current))
            current = []
    return [*words, "".join(current)] if current else words
