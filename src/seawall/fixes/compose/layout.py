"""A YAML file as it is written: every node with its bytes, its anchor and its way of writing.

Unlike `surfaces.compose.yaml_tree`, nothing is merged, interpolated or shared: an alias is a node
of its own, a merge key is a key. So every node stands for just the bytes that an edit may touch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from seawall.core.source import Source
from seawall.surfaces.compose.yaml_tree import MAX_DEPTH, Event, events

MERGE = "<<"
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:[ \t\r\n]+|#[^\n]*\n)*)*")
_TAIL = re.compile(r"\s*\Z")
_INLINE_QUOTES = frozenset("'\"")
_LITERALS = frozenset("|>")


class Kind(Enum):
    """What a node is."""

    SCALAR = "scalar"
    LIST = "list"
    MAPPING = "mapping"
    ALIAS = "alias"


class Node:
    """One node: `start` is that of its anchor or tag, `content` that of what follows those.

    `style` is a scalar's quote or block indicator, empty for a plain one. `entries` are a
    mapping's keys and values, `items` a list's; `target` is what an alias means.
    """

    __slots__ = (
        "anchor",
        "content",
        "end",
        "entries",
        "is_flow",
        "items",
        "key",
        "kind",
        "parent",
        "start",
        "style",
        "tag",
        "target",
        "text",
        "uses",
    )

    def __init__(self, kind: Kind, start: int, end: int, parent: Node | None) -> None:
        self.kind = kind
        self.start = start
        self.content = start
        self.end = end
        self.parent = parent
        self.anchor = ""
        self.tag = ""
        self.style = ""
        self.text = ""
        self.is_flow = False
        self.items: list[Node] = []
        self.entries: list[tuple[Node, Node]] = []
        self.key: Node | None = None
        self.target: Node | None = None
        self.uses = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is written for it."""
        return self.kind is Kind.SCALAR and not self.style and self.content == self.end

    @property
    def is_in_flow(self) -> bool:
        """Whether it stands within brackets or braces."""
        node = self.parent
        while node is not None and not node.is_flow:
            node = node.parent
        return node is not None

    @property
    def is_shared(self) -> bool:
        """Whether an alias elsewhere means it, or what it stands in."""
        node: Node | None = self
        while node is not None and not node.uses:
            node = node.parent
        return node is not None

    def entry(self, key: str) -> tuple[Node, Node] | None:
        """A mapping's own key and value; None where it is not there, or there twice."""
        found = [entry for entry in self.entries if _is_key(entry[0], key)]
        return found[0] if len(found) == 1 else None

    def has(self, key: str) -> bool:
        """Whether a mapping has a key, by itself or by what it merges."""
        return any(_is_key(each, key) for each, _ in self.entries) or any(
            merged.has(key) for merged in self._merged()
        )

    def _merged(self) -> Iterator[Node]:
        for key, value in self.entries:
            if _is_key(key, MERGE):
                for each in value.items if value.kind is Kind.LIST else [value]:
                    node = each.target if each.kind is Kind.ALIAS else each
                    if node is not None and node.kind is Kind.MAPPING:
                        yield node

    def walk(self) -> Iterator[Node]:
        """This node and all values below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.items
            waiting += (value for _, value in node.entries)


def _is_key(node: Node, key: str) -> bool:
    return node.kind is Kind.SCALAR and node.text == key


class Layout:
    """A file: the top nodes of its documents."""

    def __init__(self, source: Source, documents: list[Node]) -> None:
        self.source = source
        self.text = source.text
        self.documents = documents

    def line_start(self, offset: int) -> int:
        """Where the line of an offset starts."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line end."""
        end = self.text.find("\n", offset)
        if end < 0:
            return len(self.text)
        return end - 1 if end > offset and self.text[end - 1] == "\r" else end

    def after_line(self, offset: int) -> int:
        """Where the line after that of an offset starts."""
        return self.text.find("\n", offset) + 1 or len(self.text)


@lru_cache(maxsize=64)
def layout_of(source: Source) -> Layout | None:
    """The layout of a file; None where it is no YAML."""
    from yaml import YAMLError  # noqa: PLC0415 -- only where a YAML file is edited

    builder = _Builder(source)
    try:
        for event in events(source.text):
            if not builder.take(event):
                return None
    except YAMLError:
        return None
    return Layout(source, builder.documents)


class _Builder:
    """Makes nodes of events on an explicit stack."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.shift = 1 if source.text.startswith("\ufeff") else 0
        self.documents: list[Node] = []
        self.stack: list[Node] = []
        self.pending: list[Node | None] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Event) -> bool:
        """Take an event; False where the file can't be told from it."""
        name = type(event).__name__
        if name == "ScalarEvent":
            self._add(self._scalar(event))
        elif name in {"MappingStartEvent", "SequenceStartEvent"}:
            self._open(event, Kind.MAPPING if name[0] == "M" else Kind.LIST)
        elif name in {"MappingEndEvent", "SequenceEndEvent"}:
            self._close(event)
        elif name == "AliasEvent":
            return self._alias(event)
        elif name == "DocumentStartEvent":
            self.anchors = {}
        return len(self.stack) <= MAX_DEPTH

    def _node(self, kind: Kind, event: Event) -> Node:
        start = event.start_mark.index + self.shift
        end = event.end_mark.index + self.shift
        node = Node(kind, start, end, self.stack[-1] if self.stack else None)
        if kind is Kind.ALIAS:
            return node
        node.anchor, node.tag = event.anchor or "", event.tag or ""
        if node.anchor or node.tag:
            match = _PROPERTIES.match(self.text, start, max(end, start))
            node.content = match.end() if match is not None else start
        return node

    def _scalar(self, event: Event) -> Node:
        node = self._node(Kind.SCALAR, event)
        node.text = event.value
        style = event.style or ""
        if style in _INLINE_QUOTES or style in _LITERALS:
            node.style = style
        if style in _LITERALS and style:
            node.end = self._end_of_block(node)
        self._name(node)
        return node

    def _end_of_block(self, node: Node) -> int:
        """The end of a block scalar's last line, where the lines that follow say nothing."""
        written = self.text[node.content : node.end]
        header = written.partition("\n")[0]
        match = _TAIL.search(written)
        tail = match[0] if match is not None else ""
        says_nothing = not tail.strip("\r\n") or not tail.rstrip(" ").strip("\r\n")
        if "+" not in header.partition("#")[0] and says_nothing:
            return node.end - len(tail)
        kept = written.rstrip(" ")
        return node.content + len(kept.removesuffix("\n").removesuffix("\r"))

    def _open(self, event: Event, kind: Kind) -> None:
        node = self._node(kind, event)
        node.is_flow = bool(event.flow_style)
        self._name(node)
        self.stack.append(node)
        self.pending.append(None)

    def _close(self, event: Event) -> None:
        node = self.stack.pop()
        self.pending.pop()
        node.end = event.end_mark.index + self.shift
        if not node.is_flow:
            last = node.items[-1:] or [max(entry, key=_end) for entry in node.entries[-1:]]
            node.end = max(last[0].end, node.start) if last else node.start
            first = node.items[0] if node.items else node.entries[0][0] if node.entries else node
            if node.kind is Kind.MAPPING:
                node.content = first.start
        elif node.anchor or node.tag:
            match = _PROPERTIES.match(self.text, node.start)
            node.content = match.end() if match is not None else node.start
        self._add(node)

    def _alias(self, event: Event) -> bool:
        node = self._node(Kind.ALIAS, event)
        node.target = self.anchors.get(event.anchor or "")
        if node.target is None or node.target in self.stack:
            return False
        node.target.uses += 1
        self._add(node)
        return True

    def _name(self, node: Node) -> None:
        if node.anchor:
            self.anchors[node.anchor] = node

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.documents.append(node)
            return
        parent = self.stack[-1]
        if parent.kind is Kind.LIST:
            parent.items.append(node)
            return
        key, self.pending[-1] = self.pending[-1], None
        if key is None:
            self.pending[-1] = node
        else:
            node.key = key
            parent.entries.append((key, node))


def _end(node: Node) -> int:
    return node.end
