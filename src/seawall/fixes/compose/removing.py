"""Edits that take keys and items out of a YAML file, whole lines where they have lines."""

from __future__ import annotations

import re

from seawall.core.model import Edit
from seawall.fixes.compose.layout import Kind, Layout, Node
from seawall.fixes.compose.manner import dash_of

_REST = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\n]*)?(?=\r?\n|\Z)")
_SERVICE = 2
"""How deep a service is: its mapping does not go when its last key does."""


def removed(layout: Layout, node: Node) -> tuple[Edit, ...]:
    """Take a value away with its key or dash; what is empty then goes too."""
    parent = node.parent
    if parent is None or any(each.uses for each in node.walk()):
        return ()
    if len(parent.items) + len(parent.entries) == 1:
        return removed(layout, parent) if _depth(parent) > _SERVICE else ()
    if parent.is_flow:
        return _out_of_flow(parent, node)
    start = node.key.start if node.key is not None else dash_of(layout, node)
    if start is None:
        return ()
    end = max(node.end, node.key.end) if node.key is not None else node.end
    return _lines(layout, start, end) or _first_of_item(layout, node)


def _depth(node: Node) -> int:
    depth = 0
    while node.parent is not None:
        node = node.parent
        depth += 1
    return depth


def _lines(layout: Layout, start: int, end: int) -> tuple[Edit, ...]:
    """The lines from one offset to another, where nothing else stands on them."""
    text = layout.text
    first = layout.line_start(start)
    if text[first:start].strip(" ") or _REST.match(text, end) is None:
        return ()
    after = layout.after_line(end)
    if not text.endswith("\n", 0, after):  # the last line of a file without a line end
        first = len(text[:first].removesuffix("\n").removesuffix("\r"))
    return (Edit(first, after, ""),)


def _first_of_item(layout: Layout, node: Node) -> tuple[Edit, ...]:
    """The first key of a mapping that stands behind a dash: the next one moves there."""
    parent, key = node.parent, node.key
    if parent is None or key is None or parent.entries[0][1] is not node:
        return ()
    end, following = max(node.end, key.end), parent.entries[1][0]
    between = layout.text[end : following.start]
    prefix = layout.text[layout.line_start(key.start) : key.start]
    if between.strip() or prefix.strip(" -") or "\n" not in between:
        return ()
    return (Edit(key.start, following.start, ""),)


def _out_of_flow(parent: Node, node: Node) -> tuple[Edit, ...]:
    """A member of a list in brackets or a mapping in braces, with one of its commas."""
    if parent.kind is Kind.MAPPING:
        bounds = [(key.start, max(key.end, value.end)) for key, value in parent.entries]
        index = next(i for i, (_, value) in enumerate(parent.entries) if value is node)
    else:
        bounds = [(item.start, item.end) for item in parent.items]
        index = next(i for i, item in enumerate(parent.items) if item is node)
    if index:
        return (Edit(bounds[index - 1][1], bounds[index][1], ""),)
    return (Edit(bounds[0][0], bounds[1][0], ""),)
