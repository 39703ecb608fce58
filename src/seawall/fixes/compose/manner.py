"""How a Compose file is written: what is added to it is to look like the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from seawall.fixes.compose.layout import Kind, Layout, Node
from seawall.fixes.compose.writing import Manner

_MOST_SEEN = 2_000
"""Nodes looked at: a file is written alike throughout."""


@lru_cache(maxsize=64)
def manner_of(layout: Layout) -> Manner:
    """The file's usual indentation, lists, quotes and line ends."""
    steps, dashes, quotes = Counter[int](), Counter[int](), Counter[str]()
    lists = Counter[bool]()
    for node in _seen(layout):
        if node.style in {"'", '"'}:
            quotes[node.style] += 1
        if node.kind is Kind.LIST and node.items:
            lists[node.is_flow] += 1
        if not node.is_flow and node.parent is not None and node.key is not None:
            _count(layout, node, steps if node.kind is Kind.MAPPING else dashes)
    step = _most(steps, 2)
    return Manner(
        step,
        _most(dashes, step),
        lists[True] > lists[False] and not lists[False],
        "'" if quotes["'"] > quotes['"'] else '"',
        False,
        "\r\n" if "\r\n" in layout.text[: layout.text.find("\n") + 1] else "\n",
    )


def _seen(layout: Layout) -> Iterator[Node]:
    number = 0
    for document in layout.documents:
        for node in document.walk():
            yield node
            number += 1
            if number > _MOST_SEEN:
                return


def _count(layout: Layout, node: Node, counted: Counter[int]) -> None:
    """Count how far a block goes in below its key."""
    key = node.key
    if key is None or node.kind not in {Kind.MAPPING, Kind.LIST} or node.end == node.content:
        return
    column = column_of(layout, node)
    outer = indentation(layout, key.start)
    if column is not None and outer is not None and column >= outer:
        counted[column - outer] += 1


def _most(counted: Counter[int], default: int) -> int:
    usual = [number for number, _ in counted.most_common(1)]
    return usual[0] if usual else default


def indentation(layout: Layout, offset: int) -> int | None:
    """The column of an offset before which its line has only spaces and dashes."""
    start = layout.line_start(offset)
    start += layout.text.startswith("\ufeff", start)
    before = layout.text[start:offset]
    return len(before) if not before.strip(" -") else None


def column_of(layout: Layout, node: Node) -> int | None:
    """The column of a block's keys or dashes."""
    if node.kind is Kind.MAPPING:
        columns = (indentation(layout, key.start) for key, _ in node.entries)
    else:
        columns = (_column_of_dash(layout, item) for item in node.items)
    return next(columns, None)


def _column_of_dash(layout: Layout, item: Node) -> int | None:
    dash = dash_of(layout, item)
    return None if dash is None else indentation(layout, dash)


def dash_of(layout: Layout, item: Node) -> int | None:
    """Where the dash of a block list's item is; None where a comment stands between."""
    text, offset = layout.text, item.start - 1
    while offset >= 0 and text[offset] in " \t\r\n":
        offset -= 1
    return offset if offset >= 0 and text[offset] == "-" else None
