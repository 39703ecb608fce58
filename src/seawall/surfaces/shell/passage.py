"""A stretch of shell text and its place in the file: makes words of what stands in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seawall.surfaces.shell.heredocs import Document, mask_heredocs
from seawall.surfaces.shell.model import ShellWord
from seawall.surfaces.shell.words import (
    JOINT,
    special,
    unescape_double,
    unquote,
    variables,
    without_joints,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_BREAK = re.compile(r"\\[ \t\r\n]")
"""What the grammar takes for nothing, though it stands within words: `\\ ` and continuations."""

SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_VARIABLES = frozenset({"variable_name", "special_variable_name"})


class Passage:
    """Shell text as the grammar sees it (`text`), as it is written, and where it stands.

    All three of `text`, `masked` and `written` are equally long. `masked` has no here-documents.
    `place` is set where characters have no places of their own (a decoded string): then every
    place is that one.
    """

    def __init__(
        self,
        text: str,
        offset: int,
        written: str | None = None,
        place: tuple[int, int] | None = None,
    ) -> None:
        self.text = text
        self.offset = offset
        self.written = text if written is None else written
        self.is_joined = written is not None and written is not text
        self.place = place
        self.masked, self.documents = mask_heredocs(text)
        self.is_broken = _BREAK.search(text) is not None

    def start(self, index: int) -> int:
        """The offset in the file of a character."""
        return index + self.offset if self.place is None else self.place[0]

    def end(self, index: int) -> int:
        """The offset in the file after the character before `index`."""
        return index + self.offset if self.place is None else self.place[1]

    def word(self, start: int, end: int, node: Node, substitutions: list[Node]) -> ShellWord:
        """The word from `start` to `end`; what it runs is added to `substitutions`."""
        text = self.masked[start:end]
        if special(text) is None:
            return ShellWord(text, text, self.start(start), self.end(end))
        if self.is_joined:
            text = without_joints(text)
        literal = unquote(text)
        names: tuple[str, ...] = ()
        runs = False
        if literal is None and ("(" in text or "`" in text):
            names, found = _inside(node, self.masked)
            runs = bool(found)
            substitutions += found
        elif literal is None:
            names = variables(text)
        written = self.written[start:end]
        return ShellWord(written, literal, self.start(start), self.end(end), names, runs)

    def plain_word(self, start: int, end: int) -> ShellWord:
        """The word from `start` to `end`, which holds quotes and variables and runs nothing."""
        text = self.masked[start:end]
        literal = unquote(text)
        names = variables(text) if literal is None else ()
        return ShellWord(text, literal, self.start(start), self.end(end), names)

    def document_body(self, document: Document) -> Passage:
        """The body of a here-document as a passage of its own."""
        return self._part(document.body_start, document.body_end)

    def _part(self, start: int, end: int) -> Passage:
        written = self.written[start:end] if self.is_joined else None
        return Passage(self.text[start:end], start + self.offset, written, self.place)

    def as_string(self) -> Passage:
        """The passage as the inside of a string: only its substitutions mean anything."""
        text = '"' + self.text.replace('"', JOINT) + '"'
        return Passage(text, self.offset - 1, '"' + self.written + '"', self.place)

    def joined(self, words: tuple[ShellWord, ...]) -> Passage:
        """What words hold as one script: with places of its own where nothing is quoted away."""
        first, last = words[0], words[-1]
        if len(words) == 1:
            return self.inside(first)
        if self.place is None and all(word.text == word.literal for word in words):
            return self._part(first.start - self.offset, last.end - self.offset)
        text = " ".join(word.loose for word in words)
        return Passage(text, first.start, None, (first.start, last.end))

    def inside(self, word: ShellWord) -> Passage:
        """What a word holds, as a script: with places where the quotes hide no character.

        Expansions stay as they are written: the caller's shell fills them in, not the script's.
        """
        start, end = word.start - self.offset, word.end - self.offset
        if self.place is not None:
            start = end = 0
        text = self.text[start:end] or word.text
        bare = _is_bare(text)
        if self.place is None and bare is not None:
            return self._part(start + bare, end - bare)
        place = (word.start, word.end)
        if word.literal is not None:
            return Passage(word.literal, word.start, None, place)
        return Passage(_stripped(text), word.start, None, place)


def _is_bare(text: str) -> int | None:
    """How many quotes to take off each end to get the word's content; None where that won't do."""
    quote, inner = text[:1], text[1:-1]
    if len(text) >= 2 and quote in "'\"" and text.endswith(quote) and quote not in inner:
        return 1 if quote == "'" or "\\" not in inner else None
    return None if any(sign in text for sign in "'\"\\") else 0


def _stripped(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return unescape_double(text[1:-1])
    return text.strip("\"'")


def _inside(node: Node, text: str) -> tuple[tuple[str, ...], list[Node]]:
    """The variables that a word expands itself, and the substitutions in it."""
    names: dict[str, None] = {}
    found: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        kind = current.type
        if kind in SUBSTITUTIONS:
            found.append(current)
        elif kind in _VARIABLES:
            names[text[current.start_byte : current.end_byte]] = None
        else:
            stack.extend(reversed(current.named_children))
    return tuple(name for name in names if name.isidentifier()), found
