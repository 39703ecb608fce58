"""The parts of one simple command, out of its node: words, assignments, redirects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seawall.surfaces.shell.heredocs import Document
from seawall.surfaces.shell.model import Assignment, Redirect, ShellWord
from seawall.surfaces.shell.passage import Passage
from seawall.surfaces.shell.words import special, variables

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME = re.compile(r"([A-Za-z_]\w*)(?:\[[^]]*\])?\+?=", re.ASCII)
_GLUES = ("\\\n", "\\\r\n")
_REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
_TEST_PARTS = frozenset(
    {
        "unary_expression",
        "binary_expression",
        "parenthesized_expression",
        "ternary_expression",
        "postfix_expression",
    }
)


class Parts:
    """What one command's node and its redirects hold; offsets of nodes are those of the passage."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.words: list[ShellWord] = []
        self.assignments: list[Assignment] = []
        self.redirects: list[Redirect] = []
        self.substitutions: list[Node] = []
        self.bodies: list[tuple[Redirect, Document]] = []
        self.end = 0

    def read(self, node: Node) -> None:
        """Read a `command`, or another node whose children are words and assignments."""
        masked, offset = self.passage.masked, self.passage.offset
        words, exact, is_broken = self.words, self.passage.place is None, self.passage.is_broken
        for child in node.children:
            kind = child.type
            if kind == "variable_assignment":
                self.assign(child, is_word=bool(words))
            elif kind in _REDIRECTS:
                self.redirect(child)
            elif kind == "subshell":
                self.substitutions.append(child)
            elif kind != "ERROR":
                start, end = child.start_byte, child.end_byte
                if is_broken:
                    start = self._true_start(start)
                text = masked[start:end]
                is_near = exact and bool(words) and words[-1].end == start + offset
                if is_near or (is_broken and words and self._is_glued(start)):
                    words.append(_joined(words.pop(), self._word(child), self.passage))
                elif exact and special(text) is None:
                    words.append(ShellWord(text, text, start + offset, end + offset))
                elif text:
                    words.append(self.passage.word(start, end, child, self.substitutions))

    def _true_start(self, start: int) -> int:
        """Where a word starts that the grammar begins behind its first `\\ `."""
        masked, first = self.passage.masked, start
        while first > 1 and masked[first - 2] == "\\" and masked[first - 1] in " \t":
            first -= 2
        if first == start or (first and not masked[first - 1].isspace()):
            return start
        return first

    def _is_glued(self, start: int) -> bool:
        """Whether only continuations stand before this word: the grammar ends the word there."""
        masked, position = self.passage.masked, start
        while masked.endswith(_GLUES, 0, position):
            position = masked.rindex("\\", 0, position)
        return position < start and self.passage.end(position) == self.words[-1].end

    def read_test(self, node: Node) -> None:
        """Read `[ … ]` or `[[ … ]]`: its operators and operands are words."""
        stack = [node]
        while stack:
            current = stack.pop()
            kind = current.type
            if kind in _TEST_PARTS or current is node:
                stack.extend(reversed(current.children))
            elif current.end_byte > current.start_byte:
                self.words.append(
                    self.passage.word(
                        current.start_byte, current.end_byte, current, self.substitutions
                    )
                )

    def assign(self, node: Node, is_word: bool = False) -> None:
        """Read `NAME=value`; as an argument of `export` it is a word too."""
        passage = self.passage
        start, end = node.start_byte, node.end_byte
        named = _NAME.match(passage.masked, start, end)
        if is_word:
            self.words.append(passage.word(start, end, node, []))
        if named is None:
            return
        value = passage.word(named.end(), end, node, self.substitutions)
        self.assignments.append(Assignment(named[1], value, passage.start(start), passage.end(end)))

    def redirect(self, node: Node) -> None:
        """Read a redirect; the grammar counts the words after its target to it, they are ours."""
        operator, descriptor, start, targets = "", -1, node.start_byte, []
        for child in node.children:
            kind = child.type
            if kind == "file_descriptor":
                digits = self.passage.masked[child.start_byte : child.end_byte]
                descriptor = int(digits) if digits.isdecimal() and len(digits) < 5 else -1
            elif not operator:
                operator, start = kind, child.start_byte
            elif child.is_named and kind != "ERROR":
                targets.append(child)
        document = self.passage.documents.get(start)
        self._add(operator, descriptor, node, targets[:1], document)
        for child in targets[1:]:
            self.words.append(self._word(child))
            self.end = max(self.end, child.end_byte)

    def _word(self, node: Node) -> ShellWord:
        return self.passage.word(node.start_byte, node.end_byte, node, self.substitutions)

    def _add(
        self,
        operator: str,
        descriptor: int,
        node: Node,
        targets: list[Node],
        document: Document | None,
    ) -> None:
        passage = self.passage
        start = node.start_byte
        end = targets[0].end_byte if targets else node.end_byte
        target = self._word(targets[0]) if targets else None
        places = passage.start(start), passage.end(end)
        if document is None or not document.body_start:
            operator = operator if document is None else document.operator
            self.redirects.append(Redirect(operator, descriptor, target, "", *places))
        else:
            body = passage.written[document.body_start : document.body_end]
            target = self._delimiter(document)
            body_start = passage.start(document.body_start)
            redirect = Redirect(
                document.operator, descriptor, target, body, *places, body_start=body_start
            )
            self.redirects.append(redirect)
            self.bodies.append((redirect, document))
        self.end = max(self.end, end)

    def _delimiter(self, document: Document) -> ShellWord:
        passage = self.passage
        start, end = document.word_start, document.word_end
        text = passage.written[start:end]
        return ShellWord(text, text.strip("'\"\\"), passage.start(start), passage.end(end))


def _joined(first: ShellWord, second: ShellWord, passage: Passage) -> ShellWord:
    literal = None
    if first.literal is not None and second.literal is not None:
        literal = first.literal + second.literal
    text = first.text + second.text
    if passage.place is None:
        text = passage.written[first.start - passage.offset : second.end - passage.offset]
    return ShellWord(
        text,
        literal,
        first.start,
        second.end,
        # The grammar may have parted a `$` from its name.
        variables(text) if literal is None else (),
        first.has_substitution or second.has_substitution,
    )
