"""Scripts of nothing but words, read without the grammar: half of all that are written."""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.surfaces.shell.model import ShellWord
from seawall.surfaces.shell.passage import Passage
from seawall.surfaces.shell.words import special

# Possessive throughout: a text that is more than plain is told in one pass.
_PIECE = (
    r"[\w./:=@%+,^*?~-]|\$[A-Za-z_]\w*+|\$\{[A-Za-z_]\w*+\}|'[^'\n\f]*+'"
    r"|\"(?:[^\"`\\$\n\f]|\$[A-Za-z_]\w*+|\$\{[A-Za-z_]\w*+\})*+\""
)
_PLAIN = re.compile(rf"(?:{_PIECE}|[ \t\n\f;|]|&&)*+", re.ASCII)
_TOKEN = re.compile(rf"(?:{_PIECE})++|&&|\|\|?|[;\n]", re.ASCII)
_SEPARATORS = frozenset({"&&", "||", "|", ";", "\n"})
_LEADING = frozenset({"&&", "||", "|"})
_KEYWORDS = frozenset(
    {
        "case", "coproc", "declare", "do", "done", "elif", "else", "esac", "export", "fi", "for",
        "function", "if", "in", "let", "local", "readonly", "select", "then", "time", "typeset",
        "unset", "unsetenv", "until", "while",
    }
)  # fmt: skip
"""First words that mean more than a program's name."""


class Plain(Struct, frozen=True):
    """One command: its words, and the sign that leads to it: `&&`, `||`, `|`, or empty for none."""

    words: tuple[ShellWord, ...]
    after: str


def plain_commands(passage: Passage) -> list[Plain] | None:
    """The commands of a passage of words, pipes, `&&`, `||`, `;` and line ends; None if it is more.

    Words may hold quotes and variables, but nothing that runs, redirects or groups.
    """
    text, offset = passage.masked, passage.offset
    if passage.place is not None or passage.documents or _PLAIN.fullmatch(text) is None:
        return None
    found: list[Plain] = []
    words: list[ShellWord] = []
    after = ""
    for token in _TOKEN.finditer(text):
        written = token.group()
        if written not in _SEPARATORS:
            start, end = token.span()
            if special(written) is None:
                words.append(ShellWord(written, written, start + offset, end + offset))
            else:
                words.append(passage.plain_word(start, end))
        elif words:
            found.append(Plain(tuple(words), after))
            words, after = [], written if written in _LEADING else ""
        elif written != "\n":
            return None
    if words:
        found.append(Plain(tuple(words), after))
    elif after:
        return None
    return found if all(map(_is_program, found)) else None


def _is_program(command: Plain) -> bool:
    first = command.words[0].text
    return "=" not in first and first not in _KEYWORDS
