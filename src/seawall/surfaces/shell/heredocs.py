"""Here-documents and here-strings, taken out of the text before the grammar sees it.

The grammar loses its way after two here-documents on one line, or after `;` behind one. Each is
shown to it as a plain `<` redirect of the same length, and its body as blanks.
"""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.surfaces.shell.words import JOINT, unquote

MOST = 200
"""Here-documents that are looked for in one script: bounds the work on a hostile one."""


class Document(Struct, frozen=True):
    """One here-document or here-string: offsets in its script; a here-string has no body."""

    operator: str
    word_start: int
    word_end: int
    body_start: int = 0
    body_end: int = 0
    expands: bool = False


_TOKEN = re.compile(
    r"""
      \\.
    | '[^']*'
    | "(?:[^"\\]|\\.)*"
    | (?<![^\s;&|()])\#[^\n]*
    | (?P<string><<<)
    | (?P<document><<-?)[ \t\f]*(?P<word>(?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|<>()'"\\])+)
    | (?P<line>\n)
    """,
    re.VERBOSE | re.DOTALL,
)


def mask_heredocs(text: str) -> tuple[str, dict[int, Document]]:
    """The text with plain redirects instead, of equal length, and what stood at each `<`."""
    if "<<" not in text:
        return text, {}
    masking = _Masking(text)
    masking.run()
    return masking.result(), masking.documents


class _Masking:
    """One pass over a text: finds the operators, and at each line's end the bodies due."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.documents: dict[int, Document] = {}
        self._tried = 0
        self._due: list[re.Match[str]] = []
        self._edits: list[tuple[int, int, str]] = []

    def run(self) -> None:
        """Find all."""
        position = 0
        while self._tried < MOST and (token := _TOKEN.search(self.text, position)):
            position = token.end()
            if token["string"]:
                self._take_string(token)
            elif token["document"]:
                self._due.append(token)
            elif token["line"] and self._due:
                position = self._take_bodies(position)

    def result(self) -> str:
        """The masked text."""
        parts: list[str] = []
        position = 0
        for start, end, masked in sorted(self._edits):
            parts += self.text[position:start], masked
            position = end
        parts.append(self.text[position:])
        return "".join(parts)

    def _take_string(self, token: re.Match[str]) -> None:
        start, end = token.span()
        self.documents[start] = Document("<<<", end, end)
        self._edits.append((start, end, "<" + 2 * JOINT))

    def _take_bodies(self, position: int) -> int:
        """Take the bodies that start here; the offset after the last one's terminator."""
        for token in self._due[: MOST - self._tried]:
            self._tried += 1
            terminator = self._terminator(token, position)
            if terminator is None:
                continue
            start, end = token.span()
            self._edits.append((start, end, "<" + "_" * (end - start - 1)))
            self._edits.append((position, terminator.end(), _blank(terminator.end() - position)))
            quoted = any(sign in token["word"] for sign in "'\"\\")
            self.documents[start] = Document(
                token["document"], *token.span("word"), position, terminator.start(), not quoted
            )
            position = terminator.end() + self.text.startswith("\n", terminator.end())
        self._due.clear()
        return position

    def _terminator(self, token: re.Match[str], position: int) -> re.Match[str] | None:
        delimiter = re.escape(unquote(token["word"]) or token["word"])
        tabs = r"\t*" if token["document"] == "<<-" else ""
        return re.compile(rf"^{tabs}{delimiter}[\r ]?$", re.MULTILINE).search(self.text, position)


def _blank(size: int) -> str:
    return JOINT * size
