"""The mappings and values of Compose files, and the edits that change only what they say.

Every method that edits gives edits, none of which overlap, and none at all where the file is
written in a way in which they could touch more than what is meant: then nothing is to be offered.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from seawall.core.model import Edit, Located
from seawall.core.source import Source
from seawall.fixes.compose import inserting, removing
from seawall.fixes.compose.layout import Kind, Layout, Node, layout_of
from seawall.fixes.compose.manner import manner_of
from seawall.fixes.compose.writing import Inline, Manner, Plain, Value, inline, scalar
from seawall.surfaces.compose.yaml_tree import NULLS
from seawall.surfaces.workload import Workload

__all__ = [
    "Block",
    "Inline",
    "Plain",
    "Spot",
    "Value",
    "edits_for",
    "project_block",
    "scalar",
    "service_block",
    "spot_at",
    "top_block",
]

Edits = tuple[Edit, ...]


class Spot(Struct, frozen=True):
    """One value in a file; `is_free` where it may be edited although others share it."""

    layout: Layout
    node: Node
    is_free: bool = False

    @property
    def source(self) -> Source:
        """The file."""
        return self.layout.source

    @property
    def start(self) -> int:
        """Where its bytes start, after its anchor and tag."""
        return self.node.content

    @property
    def end(self) -> int:
        """Where they end."""
        return self.node.end

    @property
    def text(self) -> str | None:
        """A scalar's text as YAML reads it, before interpolation; None for anything else."""
        return self.node.text if self.node.kind is Kind.SCALAR else None

    @property
    def is_null(self) -> bool:
        """Whether YAML reads null."""
        node = self.node
        return node.kind is Kind.SCALAR and not node.style and node.text in NULLS

    @property
    def is_shared(self) -> bool:
        """Whether an alias elsewhere means it too, or what it stands in."""
        return self.node.is_shared

    @property
    def path(self) -> tuple[str | int, ...]:
        """Keys and positions from the top of the file."""
        found: list[str | int] = []
        node = self.node
        while node.parent is not None:
            found.append(node.parent.items.index(node) if node.key is None else node.key.text)
            node = node.parent
        return tuple(reversed(found))

    @property
    def items(self) -> tuple[Spot, ...]:
        """The items of a list."""
        return tuple(structs.replace(self, node=item) for item in self.node.items)

    @property
    def parent(self) -> Spot | None:
        """The list or mapping that it stands in."""
        parent = self.node.parent
        return None if parent is None else structs.replace(self, node=parent)

    def block(self) -> Block | None:
        """The mapping that it is."""
        if self.node.kind is not Kind.MAPPING or not self._may_change:
            return None
        return Block(self.layout, self.node, self.is_free)

    def set(self, value: Value) -> Edits:
        """Write another scalar (or something on one line) in its place."""
        if not self._may_change:
            return ()
        return inserting.replaced(self.layout, self.node, value, manner_of(self.layout))

    def remove(self) -> Edits:
        """Take it away with its key or its dash, and its line's comment."""
        return removing.removed(self.layout, self.node) if self._may_change else ()

    def append(self, *values: Value) -> Edits:
        """Add items to the list that it is, or make one of the scalar that it is."""
        if not self._may_change or not values:
            return ()
        return inserting.appended(self.layout, self.node, values, manner_of(self.layout))

    @property
    def _may_change(self) -> bool:
        return self.is_free or not self.node.is_shared


class Block(Struct, frozen=True):
    """A mapping in a file; `is_free` where it may be edited although others share it."""

    layout: Layout
    node: Node
    is_free: bool = False

    @property
    def source(self) -> Source:
        """The file."""
        return self.layout.source

    @property
    def manner(self) -> Manner:
        """How its file is written."""
        return manner_of(self.layout)

    @property
    def keys(self) -> tuple[str, ...]:
        """Its own keys, in order; a merge key is one."""
        return tuple(key.text for key, _ in self.node.entries)

    @property
    def is_flow(self) -> bool:
        """Whether it is written within braces."""
        return self.node.is_flow

    def has(self, key: str) -> bool:
        """Whether a key is in it, or in what it merges."""
        return self.node.has(key)

    def at(self, key: str) -> Spot | None:
        """The value of a key of its own."""
        entry = self.node.entry(key)
        return None if entry is None else Spot(self.layout, entry[1], self.is_free)

    def block(self, *path: str) -> Block | None:
        """A mapping below it; None where it is not there, or is not only its own."""
        block: Block | None = self
        for key in path:
            spot = None if block is None else block.at(key)
            block = None if spot is None else spot.block()
        return block

    def add(self, values: Mapping[str, Value]) -> Edits:
        """New keys after the last one, as one edit."""
        if not values or any(self.has(key) for key in values):
            return ()
        return inserting.added(self.layout, self.node, values, self.manner)

    def add_item(self, key: str, *values: Value) -> Edits:
        """New items in the list of a key, which is made where it is not there."""
        spot = self.at(key)
        if spot is None:
            return self.add({key: list(values)})
        if spot.is_null:
            return self._filled(spot, list(values))
        return spot.append(*values)

    def set(self, key: str, value: Value) -> Edits:
        """Another scalar as the value of a key of its own."""
        spot = self.at(key)
        return () if spot is None else spot.set(value)

    def put(self, values: Mapping[str, Value]) -> Edits:
        """Make it say all of this: add what is missing at each level, and set what differs."""
        edits = self._put(values)
        return () if edits is None else joined(edits)

    def remove(self, key: str) -> Edits:
        """Take a key and its value away."""
        spot = self.at(key)
        return () if spot is None else spot.remove()

    def remove_item(self, key: str, index: int) -> Edits:
        """Take one item of a key's list away."""
        spot = self.at(key)
        if spot is None or not 0 <= index < len(spot.items):
            return ()
        return spot.items[index].remove()

    def rename(self, key: str, new: str) -> Edits:
        """Another name for a key of its own."""
        entry = self.node.entry(key)
        if entry is None or self.has(new):
            return ()
        return inserting.replaced(self.layout, entry[0], new, self.manner)

    def _put(self, values: Mapping[str, Value]) -> Edits | None:
        """The edits, deepest first; None where a part of them can't be made."""
        edits: Edits = ()
        missing = {key: value for key, value in values.items() if not self.has(key)}
        for key, value in values.items():
            if key in missing:
                continue
            made = self._put_one(key, value)
            if made is None:
                return None
            edits += made
        added = self.add(missing)
        return None if missing and not added else edits + added

    def _put_one(self, key: str, value: Value) -> Edits | None:
        spot = self.at(key)
        if spot is None:
            return None
        if isinstance(value, Mapping):
            if spot.is_null:
                return self._filled(spot, value) or None
            inner = spot.block()
            return None if inner is None else inner._put(value)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return self._put_items(key, spot, value)
        return (
            () if spot.text == inline(value, flow=False).strip("'\"") else spot.set(value) or None
        )

    def _put_items(self, key: str, spot: Spot, values: Sequence[Value]) -> Edits | None:
        held = {spot.text, *(item.text for item in spot.items)}
        missing = [value for value in values if value not in held]
        return (self.add_item(key, *missing) or None) if missing else ()

    def _filled(self, spot: Spot, value: Value) -> Edits:
        """A value for a key that has none."""
        if not spot.node.is_empty:
            return spot.set(Plain(inline(value, self.manner)))
        return inserting.filled(self.layout, self.node, spot.node, value, self.manner)


def joined(edits: Edits) -> Edits:
    """The edits with those that insert at the same offset made one, in their order."""
    found: dict[tuple[str, int, int], Edit] = {}
    for edit in edits:
        key = edit.path, edit.start, edit.end
        known = found.get(key)
        text = edit.text if known is None else known.text + edit.text
        found[key] = structs.replace(edit, text=text)
    return tuple(found.values())


def top_block(source: Source, *, shared: bool = False) -> Block | None:
    """The mapping that a file is; None where it is none, or several documents."""
    layout = layout_of(source)
    if layout is None or len(layout.documents) != 1:
        return None
    return Spot(layout, layout.documents[0], shared).block()


def project_block(source: Source) -> Block | None:
    """The mapping of a file with a top level: a file of the first form has only services there."""
    block = top_block(source)
    if block is None or not (block.has("services") or block.has("include")):
        return None
    return block


def service_block(workload: Workload, *, shared: bool = False) -> Block | None:
    """The mapping of a service where its key stands; None where it can't be edited plainly.

    So where it is an alias, comes by a merge, or has its key twice; and unless `shared`, where
    others have it by an anchor or extend it: what is edited would change for them too.
    """
    layout = layout_of(workload.place.source)
    if layout is None:
        return None
    found = [each for each in _services(layout) if each[0].start == workload.place.start]
    if len(found) != 1 or found[0][1].kind is not Kind.MAPPING:
        return None
    key, node = found[0]
    parent = node.parent
    if parent is None or parent.entry(key.text) is None:
        return None
    if not shared and _is_extended(layout, key.text):
        return None
    return Spot(layout, node, shared).block()


def _services(layout: Layout) -> list[tuple[Node, Node]]:
    """The services that are written in a file, in the form of today or in the first one."""
    found: list[tuple[Node, Node]] = []
    for document in layout.documents:
        services = document.entry("services")
        found += document.entries if services is None else services[1].entries
    return found


def _is_extended(layout: Layout, name: str) -> bool:
    """Whether another service of the file is laid over one."""
    for _, service in _services(layout):
        extends = service.entry("extends")
        if extends is None:
            continue
        named, file = extends[1].entry("service"), extends[1].entry("file")
        base = extends[1] if named is None else named[1]
        if base.text == name and (file is None or _means(file[1].text, layout.source)):
            return True
    return False


def _means(file: str, source: Source) -> bool:
    return posixpath.basename(file) == posixpath.basename(source.path)


def spot_at(source: Source, place: Located, *, shared: bool = False) -> Spot | None:
    """The innermost value that holds a place; for a place in a key, that key's value."""
    layout = layout_of(source)
    if layout is None:
        return None
    for document in layout.documents:
        if document.start <= place.start and place.end <= document.end:
            return Spot(layout, _innermost(document, place), shared)
    return None


def _innermost(node: Node, place: Located) -> Node:
    while True:
        inner = next((each for each in _below(node, place)), None)
        if inner is None:
            return node
        node = inner


def _below(node: Node, place: Located) -> list[Node]:
    def holds(each: Node) -> bool:
        return each.start <= place.start and place.end <= each.end

    if (node.start, node.end) == (place.start, place.end):
        return []
    found = [item for item in node.items if holds(item)]
    return found + [value for key, value in node.entries if holds(value) or holds(key)]


def edits_for(hit_source: Source, source: Source, edits: Edits) -> Edits:
    """Edits of a file as those of a finding in another: with the file's path where it differs."""
    if source.path == hit_source.path:
        return edits
    return tuple(structs.replace(edit, path=source.path) for edit in edits)
