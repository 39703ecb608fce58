"""A YAML file as a tree whose every node knows its place: read from events, without recursion.

Mappings hold the keys that merge (`<<`) brings, each with the place where it was written. Aliases
share their anchor's node, so nodes are never changed once the file is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias, cast

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place, State

MAX_DEPTH = 100
"""Deepest nesting that is read; the deepest project file seen in the wild has 12 levels."""
MAX_NODES = 1_000_000
"""Most nodes that a file may come to with its aliases written out."""
MERGE_TAG = "tag:yaml.org,2002:merge"
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
RESET, OVERRIDE = "!reset", "!override"


_TYPED_KEY = re.compile(
    r"(?:true|True|TRUE|false|False|FALSE|null|Null|NULL|~|[-+]?[0-9][0-9_]*(?:\.[0-9]*)?)\Z"
)


class Document(Struct, frozen=True):
    """A file that nodes stand in; `directory` is what its relative paths are taken from."""

    source: Source
    directory: str


class Scalar(Struct, gc=False):
    """A text: `text` after interpolation, `written` before; `is_plain` where YAML types it."""

    document: Document
    start: int
    end: int
    text: str
    written: str
    is_plain: bool = False
    tag: str = ""
    state: State = State.WRITTEN


class Sequence(Struct, gc=False):
    """A list."""

    document: Document
    start: int
    end: int
    items: list[Node]
    tag: str = ""


class Mapping(Struct, gc=False):
    """A mapping: key text to the key and the value."""

    document: Document
    start: int
    end: int
    entries: dict[str, tuple[Scalar, Node]]
    tag: str = ""

    def get(self, key: str) -> Node | None:
        """The value of a key; None where it is absent or null."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        node = entry[1]
        # `is_null`, written out: this is asked seventy times for each service.
        is_nothing = type(node) is Scalar and node.is_plain and node.written in NULLS
        return None if is_nothing else node


class Mark(Protocol):
    """A position of the reader."""

    index: int


class Event(Protocol):
    """What the reader gives; which attributes there are depends on its kind."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    implicit: tuple[bool, bool]
    style: str | None
    flow_style: bool | None


class Loader(Protocol):
    """A reader of YAML that gives one event after the other, and None after the last."""

    def get_event(self) -> Event | None:
        """The next event."""

    def dispose(self) -> None:
        """Let go of what it holds."""


Node: TypeAlias = Scalar | Sequence | Mapping
Substitute: TypeAlias = Callable[[Scalar], None]


class Failure(Struct, frozen=True):
    """Why a file, or a part of it, can't be taken, at an offset."""

    message: str
    at: int


class Parsed(Struct, frozen=True):
    """The documents of a file in order, and what is wrong with it."""

    documents: tuple[Node, ...]
    failures: tuple[Failure, ...]
    is_whole: bool


def is_null(node: Node) -> bool:
    """Whether YAML takes it for null."""
    return type(node) is Scalar and node.is_plain and node.written in NULLS


def place_of(node: Node) -> Place:
    """Its place in its own file."""
    return Place(node.document.source, node.start, node.end)


def events(text: str) -> Iterator[Event]:
    """All events of a text, as the reader gives them: their marks do not count a BOM.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    loader = _loader(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()


def parse(document: Document, substitute: Substitute) -> Parsed:
    """Read all documents of a file; `substitute` is called with each scalar value that holds `$`.

    Never raises: a file that is no YAML gives what stands before the fault in `failures` only.
    """
    builder = _Builder(document, substitute)
    try:
        builder.take_all(document.source.text)
    except _TooMuchError as error:
        builder.failures.append(Failure(str(error), error.at))
        return Parsed((), tuple(builder.failures), is_whole=False)
    except _yaml_error() as error:
        builder.failures.append(_failure(error, document.source))
        return Parsed((), tuple(builder.failures), is_whole=False)
    return Parsed(tuple(builder.documents), tuple(builder.failures), is_whole=True)


class _TooMuchError(Exception):
    """The file asks for more than a reader may give."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def _yaml_error() -> type[Exception]:
    from yaml import YAMLError  # noqa: PLC0415 -- only where a YAML file is read

    return YAMLError


def _loader(text: str) -> Loader:
    """The reader of a text, the C one where PyYAML has it."""
    import yaml  # noqa: PLC0415 -- only where a YAML file is read

    loader_type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # A surrogate stands for a byte that is no UTF-8: the reader takes none.
    if _has_surrogate(text):
        text = text.encode("utf-8", "replace").decode()
    return cast("Loader", loader_type(text))


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _failure(error: Exception, source: Source) -> Failure:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = mark.index if mark is not None else int(getattr(error, "position", 0) or 0)
    at = min(at, len(source.text))
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if source.text[at : at + 1] == "\t":
        problem = "a tab indents this line; YAML allows spaces only"
    return Failure(f"not valid YAML: {problem}", at)


class _Frame:
    """A container under construction."""

    __slots__ = ("anchor", "is_mapping", "nodes", "size", "start", "tag")

    def __init__(self, event: Event, is_mapping: bool) -> None:
        self.anchor: str | None = event.anchor
        self.tag: str = event.tag or ""
        self.is_mapping = is_mapping
        self.start: int = event.start_mark.index
        self.nodes: list[Node] = []
        self.size = 1


class _Builder:
    """Makes nodes of events on an explicit stack."""

    def __init__(self, document: Document, substitute: Substitute) -> None:
        self.document = document
        self.substitute = substitute
        self.shift = 1 if document.source.text.startswith("\ufeff") else 0
        self.documents: list[Node] = []
        self.failures: list[Failure] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Node, int]] = {}

    def take_all(self, text: str) -> None:
        """All events of a text."""
        loader = _loader(text)
        handlers: dict[str, Callable[[Event], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._open_mapping,
            "SequenceStartEvent": self._open_sequence,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._start,
        }
        try:
            while (event := loader.get_event()) is not None:
                handler = handlers.get(type(event).__name__)
                if handler is not None:
                    handler(event)
        finally:
            loader.dispose()

    def _start(self, _: Event) -> None:
        self.anchors = {}

    def _scalar(self, event: Event) -> None:
        text: str = event.value
        start, end = event.start_mark.index + self.shift, event.end_mark.index + self.shift
        tag: str = event.tag or ""
        scalar = Scalar(self.document, start, end, text, text, event.implicit[0], tag)
        stack = self.stack
        if "$" in text and not (stack and stack[-1].is_mapping and len(stack[-1].nodes) % 2 == 0):
            self.substitute(scalar)
        self._add(scalar, 1, event.anchor)

    def _open_mapping(self, event: Event) -> None:
        self._open(event, is_mapping=True)

    def _open_sequence(self, event: Event) -> None:
        self._open(event, is_mapping=False)

    def _open(self, event: Event, *, is_mapping: bool) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _TooMuchError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark.index)
        self.stack.append(_Frame(event, is_mapping))

    def _close(self, event: Event) -> None:
        frame = self.stack.pop()
        nodes = frame.nodes
        start = frame.start + self.shift
        end = event.end_mark.index + self.shift
        if nodes and event.start_mark.index == event.end_mark.index:
            end = max(nodes[-1].end, start)  # a block ends with its last value, not at the dedent
        node: Node
        if frame.is_mapping:
            node = Mapping(self.document, start, end, self._entries(nodes), frame.tag)
        else:
            node = Sequence(self.document, start, end, nodes, frame.tag)
        self._add(node, frame.size, frame.anchor)

    def _add(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if not self.stack:
            self.documents.append(node)
            return
        frame = self.stack[-1]
        frame.nodes.append(node)
        frame.size += size
        if frame.size > MAX_NODES:
            raise _TooMuchError(f"comes to more than {MAX_NODES} nodes by aliases", node.start)

    def _alias(self, event: Event) -> None:
        at = event.start_mark.index + self.shift
        anchor = event.anchor or ""
        known = self.anchors.get(anchor)
        is_open = any(frame.anchor == anchor for frame in self.stack)
        if known is not None and not is_open:
            self._add(known[0], known[1], None)
            return
        reason = "contains itself" if is_open else "is unknown"
        self.failures.append(Failure(f"anchor '{anchor}' {reason}", at))
        self._add(Scalar(self.document, at, at, "", "", is_plain=True), 1, None)

    def _entries(self, nodes: list[Node]) -> dict[str, tuple[Scalar, Node]]:
        entries: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Node] = []
        for index in range(0, len(nodes) - 1, 2):
            key, value = nodes[index], nodes[index + 1]
            if type(key) is not Scalar:
                self.failures.append(Failure("a key must be a text", key.start))
            elif key.text == "<<" and (key.is_plain or key.tag == MERGE_TAG):
                merged.append(value)
            elif key.text in entries:
                line = self.document.source.line_of(entries[key.text][0].start)
                message = f"key '{key.text}' is written twice, first on line {line}"
                self.failures.append(Failure(message, key.start))
            else:
                entries[key.text] = (key, value)
                if key.is_plain and _TYPED_KEY.match(key.text) is not None:
                    self.failures.append(Failure(f"key {key.text} is no text", key.start))
        for value in merged:
            self._merge(entries, value)
        return entries

    def _merge(self, entries: dict[str, tuple[Scalar, Node]], value: Node) -> None:
        """Add what a merge key brings: keys that are written stay, earlier mappings win."""
        sources = value.items if type(value) is Sequence else [value]
        for source in sources:
            if type(source) is Mapping:
                for key, entry in source.entries.items():
                    entries.setdefault(key, entry)
            elif not is_null(source):
                self.failures.append(Failure("a merge key takes mappings only", source.start))
