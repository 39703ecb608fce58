"""The merge of one part of a project over another, field by field as Compose has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import structs

from seawall.surfaces.compose.cells import nothing, pairs
from seawall.surfaces.compose.keys import shape_of, unique_items
from seawall.surfaces.compose.yaml_tree import (
    OVERRIDE,
    RESET,
    Mapping,
    Node,
    Scalar,
    Sequence,
    is_null,
)

Merger: TypeAlias = Callable[[Node, Node], Node]

_DECIDED = frozenset({RESET, OVERRIDE})
_EMPTIED = frozenset({"command", "entrypoint"})
"""Fields that a null over them empties; any other keeps what it was."""
_PAIRED = frozenset({"environment", "labels", "annotations", "sysctls"})
_NAMED = frozenset({"depends_on", "networks"})
_LISTED = frozenset({"dns", "dns_search", "dns_opt", "env_file", "label_file", "tmpfs"})
_BUILD_PAIRED = frozenset({"args", "labels", "additional_contexts"})


def merge_projects(base: Mapping, over: Mapping) -> Mapping:
    """Top level: services by their own rules, everything else deeply."""
    return _merge_entries(base, over, _merge_top)


def _merge_top(key: str, base: Node, over: Node) -> Node:
    if key == "services" and type(base) is Mapping and type(over) is Mapping:
        return _merge_entries(base, over, lambda _, left, right: merge_services(left, right))
    return _merge_plain(key, base, over)


def merge_services(base: Node, over: Node) -> Node:
    """One service over another, or over the one that it extends."""
    if type(base) is Mapping and type(over) is Mapping:
        return _merge_entries(base, over, _merge_field)
    return over


def _merge_entries(
    base: Mapping, over: Mapping, merge: Callable[[str, Node, Node], Node]
) -> Mapping:
    """Merge key by key; `!reset` stays as a tombstone until `strip`, `!override` replaces."""
    entries = dict(base.entries)
    for key, (key_node, value) in over.entries.items():
        known = entries.get(key)
        if known is None or value.tag in _DECIDED or known[1].tag == RESET or is_null(known[1]):
            entries[key] = (key_node, value)
        elif not is_null(value) or key in _EMPTIED:
            merged = merge(key, known[1], value)
            entries[key] = (known[0] if type(merged) is not Scalar else key_node, merged)
    return Mapping(over.document, over.start, over.end, entries, over.tag)


def _merge_plain(key: str, base: Node, over: Node) -> Node:
    if type(base) is Mapping and type(over) is Mapping and not key.startswith("x-"):
        return _merge_entries(base, over, _merge_plain)
    if type(base) is Sequence and type(over) is Sequence:
        return _append(base, over)
    return over


def _append(base: Sequence, over: Sequence) -> Sequence:
    """One list after the other, without what the first holds already."""
    held = set(map(shape_of, base.items))
    added = [item for item in over.items if shape_of(item) not in held]
    return Sequence(over.document, over.start, over.end, base.items + added, over.tag)


def _merge_field(key: str, base: Node, over: Node) -> Node:
    if key in _PAIRED:
        return _merge_pairs(base, over)
    if key in _NAMED:
        return _merge_plain(key, _as_names(base), _as_names(over))
    if key in _LISTED:
        return _unique(key, _append(_as_list(base), _as_list(over)))
    if key in _SPECIAL:
        return _SPECIAL[key](base, over)
    merged = _merge_plain(key, base, over)
    return _unique(key, merged) if type(merged) is Sequence else merged


def _merge_pairs(base: Node, over: Node) -> Node:
    entries = pairs(base) | pairs(over)
    return Mapping(over.document, over.start, over.end, entries, over.tag)


def _as_names(node: Node) -> Node:
    """A list of names as a mapping to null."""
    if type(node) is not Sequence:
        return node
    items = [item for item in node.items if type(item) is Scalar]
    entries: dict[str, tuple[Scalar, Node]] = {item.text: (item, nothing(item)) for item in items}
    return Mapping(node.document, node.start, node.end, entries, node.tag)


def _as_hosts(node: Node) -> Sequence:
    """A mapping of hosts as a list of `name=address`: a name may have several addresses."""
    if type(node) is not Mapping:
        return _as_list(node)
    items: list[Node] = []
    for name, (_, value) in node.entries.items():
        for address in value.items if type(value) is Sequence else [value]:
            if type(address) is Scalar:
                text, written = f"{name}={address.text}", f"{name}={address.written}"
                items.append(structs.replace(address, text=text, written=written, is_plain=False))
    return Sequence(node.document, node.start, node.end, items, node.tag)


def _as_list(node: Node) -> Sequence:
    if type(node) is Sequence:
        return node
    return Sequence(node.document, node.start, node.end, [node], node.tag)


def _unique(key: str, node: Sequence) -> Sequence:
    """Of the items that mean the same, the last, at the place of the first."""
    items = unique_items(key, node.items)
    return Sequence(node.document, node.start, node.end, items, node.tag)


def _merge_logging(base: Node, over: Node) -> Node:
    """Options are merged only under one driver."""
    if type(base) is not Mapping or type(over) is not Mapping:
        return over
    left, right = base.get("driver"), over.get("driver")
    if type(left) is Scalar and type(right) is Scalar and left.text != right.text:
        return over
    return _merge_entries(base, over, _merge_plain)


def _merge_health(base: Node, over: Node) -> Node:
    if type(base) is not Mapping or type(over) is not Mapping:
        return over
    return _merge_entries(
        base,
        over,
        lambda key, left, right: right if key == "test" else _merge_plain(key, left, right),
    )


def _merge_build(base: Node, over: Node) -> Node:
    left, right = _as_build(base), _as_build(over)
    if type(left) is not Mapping or type(right) is not Mapping:
        return over
    return _merge_entries(left, right, _merge_build_field)


def _merge_build_field(key: str, base: Node, over: Node) -> Node:
    return _merge_pairs(base, over) if key in _BUILD_PAIRED else _merge_plain(key, base, over)


def _as_build(node: Node) -> Node:
    if type(node) is not Scalar:
        return node
    key = Scalar(node.document, node.start, node.end, "context", "context")
    return Mapping(node.document, node.start, node.end, {"context": (key, node)}, node.tag)


def _merge_ulimits(base: Node, over: Node) -> Node:
    if type(base) is not Mapping or type(over) is not Mapping:
        return over
    return _merge_entries(base, over, _merge_plain)


def _replace(_: Node, over: Node) -> Node:
    return over


def _merge_hosts(base: Node, over: Node) -> Node:
    return _append(_as_hosts(base), _as_hosts(over))


_SPECIAL: dict[str, Merger] = {
    "command": _replace,
    "entrypoint": _replace,
    "extra_hosts": _merge_hosts,
    "logging": _merge_logging,
    "healthcheck": _merge_health,
    "build": _merge_build,
    "ulimits": _merge_ulimits,
}


def strip(node: Node) -> Node:
    """Without what `!reset` removes: called once all files are merged."""
    if type(node) is Mapping:
        entries = {
            key: (key_node, strip(value))
            for key, (key_node, value) in node.entries.items()
            if value.tag != RESET
        }
        return Mapping(node.document, node.start, node.end, entries, node.tag)
    if type(node) is Sequence:
        items = [strip(item) for item in node.items if item.tag != RESET]
        return Sequence(node.document, node.start, node.end, items, node.tag)
    return node
