"""The list of commands that a RUN is, and how one more is written into it in the RUN's own style.

A list is what stands at the top of a script: `a && b; if c; then d; fi` has three items. Only
there can a command be added and the rest still mean what it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.model import Edit
from seawall.core.once import once
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.dockerfile.masking import join_lines
from seawall.surfaces.shell import Script
from seawall.surfaces.shell.passage import Passage
from seawall.surfaces.shell.syntax import parse

if TYPE_CHECKING:
    from tree_sitter import Node

_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_OPERATORS = frozenset({"&&", "||", ";", "&"})
_CLOSED = frozenset({"function_definition", "negated_command"})
"""Items after which nothing can be added: the one runs later, the other turns its answer round."""

_SEPARATOR = re.compile(
    r"([ \t]*(?:[\\`][ \t]*\r?\n[ \t]*)?)(&&|\|\||;)([ \t]*(?:[\\`][ \t]*\r?\n[ \t]*)?)"
)
_SKIPPED_LINES = re.compile(r"(?<=\n)[^\S\n]*(?:#[^\n]*)?\n")
"""Comment lines and empty lines between the lines of an instruction."""


class Item(Struct, frozen=True):
    """One command, pipeline or compound of a list; `operator` stands after it, "" for a line end.

    Offsets are those of the file. `kind` is the grammar's word for it.
    """

    start: int
    end: int
    kind: str
    operator: str = ""


class ShellList(Struct, frozen=True, dict=True):
    """The items of one RUN's script, in order."""

    dockerfile: Dockerfile
    instruction: Instruction
    script: Script
    items: tuple[Item, ...]

    @property
    def is_document(self) -> bool:
        """Whether the script is a here-document: its lines end commands."""
        return bool(self.instruction.heredocs)

    @once
    def stops_on_errors(self) -> bool:
        """Whether `set -e` surely holds to the end."""
        commands = self.script.commands
        is_off = any(c.name == "set" and any("+" in w for w in c.literals) for c in commands)
        return "-e" in self.script.options and not is_off

    @property
    def is_one_chain(self) -> bool:
        """Whether every item but the last is followed by `&&`: the first failure ends the build."""
        return all(item.operator == "&&" for item in self.items[:-1])

    def text(self, index: int) -> str:
        """An item as it is written."""
        return self.dockerfile.source.text[self.items[index].start : self.items[index].end]

    def index_of(self, offset: int) -> int:
        """The number of the item that holds a character; -1 for none."""
        found = (i for i, item in enumerate(self.items) if item.start <= offset < item.end)
        return next(found, -1)

    def fails_with(self, index: int) -> bool:
        """Whether the build stops if an item fails."""
        rest = self.items[index:]
        operators = [item.operator for item in rest[:-1]]
        chained = next((i for i, each in enumerate(operators) if each != "&&"), len(operators))
        if chained == len(operators):
            return rest[-1].operator != "&"
        return self.stops_on_errors and chained == 0 and operators[0] in {";", ""}

    def after(self, index: int, command: str) -> Edit | None:
        """A command that runs only if an item has succeeded, written behind it.

        What the list answers and where it stops stay the same, if that command does not fail.
        """
        item, source = self.items[index], self.text(index)
        is_end = source.startswith(("exec ", "exit", "return"))
        if item.kind in _CLOSED or item.operator == "&" or "<<" in source or is_end:
            return None
        is_last = index == len(self.items) - 1
        if item.operator in {"&&", "||"} or (is_last and not self._ends_lines(index)):
            operator = "&&"
        elif "$?" in self._next_text(index):
            return None
        elif self._has_line_of_its_own(index):
            return self._on_next_line(index, command)
        else:
            operator = ";"
        return Edit(item.end, item.end, self._separator(index, operator) + command)

    def before(self, index: int, command: str, operator: str) -> Edit:
        """A command written in front of an item, joined to it by an operator."""
        start = self.items[index].start
        return Edit(start, start, command + self._separator(index, operator))

    def without(self, index: int) -> Edit | None:
        """An item taken out of a chain of `&&`; None where a comment would lose its place."""
        item = self.items[index]
        if item.operator == "&&" and index + 1 < len(self.items):
            start, end = item.start, self.items[index + 1].start
            gap = (item.end, end)
        elif index and self.items[index - 1].operator == "&&" and item.operator == "":
            start, end = self.items[index - 1].end, item.end
            gap = (start, item.start)
        else:
            return None
        return None if "#" in self.dockerfile.source.text[gap[0] : gap[1]] else Edit(start, end, "")

    def _ends_lines(self, index: int) -> bool:
        """Whether the last item may be followed by a command that runs whatever it answers."""
        before = self.items[index - 1].operator if index else "&&"
        return self.stops_on_errors and before in {";", ""}

    def _next_text(self, index: int) -> str:
        return self.text(index + 1) if index + 1 < len(self.items) else ""

    def _has_line_of_its_own(self, index: int) -> bool:
        if not self.is_document or self.items[index].operator:
            return False
        text, end = self.dockerfile.source.text, self.items[index].end
        return not text[end : text.find("\n", end)].strip()

    def _on_next_line(self, index: int, command: str) -> Edit:
        first = index
        while first and self.items[first - 1].operator in {"&&", "||"}:
            first -= 1
        end = self.items[index].end
        line = self._indentation(self.items[first].start)
        return Edit(end, end, self._line_end() + line + command)

    def _separator(self, index: int, operator: str) -> str:
        for gap in self._gaps(index):
            like = _like(gap, operator)
            if like is not None and "\n" in like:
                return like
        if "\n" not in self.text(index) or self.is_document:
            return "; " if operator == ";" else f" {operator} "
        last = self.items[index].end - 1
        turn = self._escape() + self._line_end() + self._indentation(last)
        return f"; {turn}" if operator == ";" else f" {turn}{operator} "

    def _gaps(self, index: int) -> Iterator[str]:
        """What stands after an item, and before it."""
        text, items = self.dockerfile.source.text, self.items
        if index + 1 < len(items):
            yield text[items[index].end : items[index + 1].start]
        if index:
            yield text[items[index - 1].end : items[index].start]

    def _indentation(self, offset: int) -> str:
        text = self.dockerfile.source.text
        start = text.rfind("\n", 0, offset) + 1
        line = text[start:offset]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _line_end(self) -> str:
        text = self.dockerfile.source.text
        first = text.find("\n", self.instruction.start)
        return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"

    def _escape(self) -> str:
        return next((d.value for d in self.dockerfile.directives if d.name == "escape"), "\\")


def _like(gap: str, operator: str) -> str | None:
    """A separator with this operator that breaks lines as a gap of the file does."""
    found = _SEPARATOR.fullmatch(_SKIPPED_LINES.sub("", gap))
    if found is None:
        return None
    head, there, tail = found.groups()
    if there == operator:
        return head + there + tail
    if operator == ";":
        return None if "\n" in head else ";" + tail
    return (head or " ") + operator + (tail or " ")


def list_of(dockerfile: Dockerfile, instruction: Instruction) -> ShellList | None:
    """The list that a shell-form RUN is; None where it is none or could not be read in full."""
    known: dict[int, ShellList | None] = dockerfile.derived.setdefault("lists of fixes", {})
    if instruction.start not in known:
        known[instruction.start] = _read(dockerfile, instruction)
    return known[instruction.start]


def _read(dockerfile: Dockerfile, instruction: Instruction) -> ShellList | None:
    script = dockerfile.script_of(instruction)
    if script is None or script.unread or script.has_errors or script.dialect not in _SHELLS:
        return None
    if instruction.is_json:
        return None
    written = dockerfile.source.text[script.start : script.end]
    if instruction.heredocs:
        if script.start != instruction.heredocs[0].start:
            return None
        text = written.replace("\r\n", " \n")
    else:
        escape = next((d.value for d in dockerfile.directives if d.name == "escape"), "\\")
        text = join_lines(written, escape)
    root = parse(Passage(text, script.start, written).masked)
    items = tuple(_items(root, script.start)) if not root.has_error else ()
    return ShellList(dockerfile, instruction, script, items) if items else None


def _items(root: Node, offset: int) -> Iterator[Item]:
    stack, last = [root], None
    while stack:
        node = stack.pop()
        kind = node.type
        if kind in {"program", "list"} or _holds_list(node):
            stack.extend(reversed(node.children))
        elif kind in _OPERATORS:
            last = _followed(last, kind)
        elif kind.endswith("_redirect") and last is not None:
            last = Item(last.start, node.end_byte + offset, last.kind, last.operator)
        elif node.is_named and kind != "comment":
            if last is not None:
                yield last
            last = Item(node.start_byte + offset, node.end_byte + offset, kind)
    if last is not None:
        yield last


def _holds_list(node: Node) -> bool:
    """`a && b > c`: the grammar gives the redirect to the whole list, the shell to `b`."""
    return node.type == "redirected_statement" and bool(
        node.named_children and node.named_children[0].type == "list"
    )


def _followed(item: Item | None, operator: str) -> Item | None:
    return None if item is None else Item(item.start, item.end, item.kind, operator)
