"""Edits that add keys and items to a YAML file, or write another value in place of one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import structs

from seawall.core.model import Edit
from seawall.fixes.compose.layout import Kind, Layout, Node
from seawall.fixes.compose.manner import column_of, indentation
from seawall.fixes.compose.writing import (
    Manner,
    Value,
    entry_lines,
    inline,
    item_lines,
    scalar,
)

_REST = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\n]*)?(?=\r?\n|\Z)")
_COMMENT = re.compile(r"( *)#[^\n]*")


def added(
    layout: Layout, node: Node, values: Mapping[str, Value], manner: Manner
) -> tuple[Edit, ...]:
    """New keys of a mapping, after its last."""
    if node.is_flow:
        return _added_in_flow(layout, node, values, manner)
    column = column_of(layout, node)
    if column is None or node.is_in_flow:
        return ()
    manner = _of(layout, node, manner)
    lines = [
        line for key, value in values.items() for line in entry_lines(key, value, column, manner)
    ]
    last = node.entries[-1]
    return _lines_after(layout, last[1], max(last[1].end, last[0].end), column, lines, manner)


def appended(
    layout: Layout, node: Node, values: Sequence[Value], manner: Manner
) -> tuple[Edit, ...]:
    """New items of a list, after its last; a scalar becomes a list first."""
    if node.kind is Kind.SCALAR:
        return _listed(layout, node, values, manner)
    if node.kind is not Kind.LIST:
        return ()
    if node.is_flow:
        texts = [inline(value, manner) for value in values]
        return _into_flow(layout, node, node.items, texts)
    column = column_of(layout, node)
    if column is None:
        return ()
    lines = [line for value in values for line in item_lines(value, column, manner)]
    return _lines_after(layout, node.items[-1], node.end, column, lines, manner)


def filled(
    layout: Layout, parent: Node, node: Node, value: Value, manner: Manner
) -> tuple[Edit, ...]:
    """A list or mapping for a key of a block that has nothing written behind it."""
    key, column = node.key, column_of(layout, parent)
    if key is None or column is None or parent.is_flow or node.content != node.start:
        return ()
    lines = entry_lines(key.text, value, column, manner)
    if len(lines) < 2:
        return ()
    return _lines_after(layout, node, node.end, column, lines[1:], manner)


def replaced(layout: Layout, node: Node, value: Value, manner: Manner) -> tuple[Edit, ...]:
    """Another value in place of a scalar's or an alias's bytes."""
    if node.kind not in {Kind.SCALAR, Kind.ALIAS}:
        return ()
    text = _written(node, value, manner)
    if not node.is_empty:
        before = layout.text[node.content - 1 : node.content]
        gap = " " if before == ":" and text[:1] not in {"'", '"'} else ""
        return (Edit(node.content, node.end, gap + text),)
    at = _place_for_value(layout, node)
    return () if at is None else (Edit(at, at, " " + text),)


def _place_for_value(layout: Layout, node: Node) -> int | None:
    """Where a value goes that is not written yet: after its colon or dash."""
    if node.content != node.start:
        return None
    before = layout.text[: node.start].rstrip(" \t\r\n")[-1:] if node.is_in_flow else ""
    at = node.start
    if not node.is_in_flow:
        return at if layout.text[at - 1 : at] in {":", "-"} else None
    if before != ":" or node.key is None:
        return None
    return layout.text.index(":", node.key.end) + 1


def _written(node: Node, value: Value, manner: Manner) -> str:
    flow = node.is_in_flow
    if isinstance(value, str):
        quote = node.style if node.style in {"'", '"'} else '"' if manner.is_json else ""
        return scalar(value, flow=flow, quote=quote)
    return inline(value, manner, flow=flow)


def _listed(
    layout: Layout, node: Node, values: Sequence[Value], manner: Manner
) -> tuple[Edit, ...]:
    """A list of a scalar and of what is new."""
    if node.is_empty or node.style in {"|", ">"}:
        return ()
    own = layout.text[node.content : node.end]
    if not node.style:
        own = scalar(node.text, flow=True) if node.text == own else ""
    if not own or "\n" in own:
        return ()
    texts = [own, *(inline(value, manner) for value in values)]
    return (Edit(node.content, node.end, "[" + ", ".join(texts) + "]"),)


def _added_in_flow(
    layout: Layout, node: Node, values: Mapping[str, Value], manner: Manner
) -> tuple[Edit, ...]:
    is_json = any(key.style == '"' for key, _ in node.entries)
    manner = structs.replace(manner, is_json=is_json)
    pairs = [value if value.end >= key.end else key for key, value in node.entries]
    texts = [inline({key: value}, manner)[1:-1] for key, value in values.items()]
    firsts = [key for key, _ in node.entries]
    return _into_flow(layout, node, pairs, texts, firsts)


def _into_flow(
    layout: Layout,
    node: Node,
    members: Sequence[Node],
    texts: Sequence[str],
    firsts: Sequence[Node] = (),
) -> tuple[Edit, ...]:
    """Texts after the last member of a list in brackets or a mapping in braces."""
    if not members:
        at = node.content + 1
        return (Edit(at, at, ", ".join(texts)),)
    last = (firsts or members)[-1]
    start = layout.line_start(last.start)
    pad = layout.text[start : last.start]
    is_own_line = not pad.strip(" \t") and start > node.content
    eol = "\r\n" if layout.text[start - 2 : start] == "\r\n" else "\n"
    glue = "," + eol + pad if is_own_line else ", "
    at = members[-1].end
    return (Edit(at, at, "".join(glue + text for text in texts)),)


def _lines_after(
    layout: Layout, last: Node, end: int, column: int, lines: Sequence[str], manner: Manner
) -> tuple[Edit, ...]:
    """Lines after that of an offset and after the comments that go with it."""
    text = layout.text
    if _REST.match(text, end) is None or _is_cut_short(layout, last, end):
        return ()
    at = _after_comments(layout, layout.line_end(end), column)
    return (Edit(at, at, "".join(manner.eol + line for line in lines)),)


def _is_cut_short(layout: Layout, node: Node, end: int) -> bool:
    """Whether a block text ends with the file, without a line end: lines after it would add one."""
    while node.items or node.entries:
        if node.is_flow:
            return False
        node = node.items[-1] if node.items else node.entries[-1][1]
    return node.style in {"|", ">"} and layout.line_end(end) == len(layout.text)


def _after_comments(layout: Layout, at: int, column: int) -> int:
    """The end of the last of the comment lines that follow directly and are deeper in."""
    while at < len(layout.text):
        start = layout.after_line(at)
        match = _COMMENT.match(layout.text, start)
        if match is None or len(match[1]) <= column:
            break
        at = layout.line_end(start)
    return at


def _of(layout: Layout, node: Node, manner: Manner) -> Manner:
    """The manner of a file with what is different in a block: its step, and its dashes."""
    own = indentation(layout, node.entries[0][0].start)
    for kind, field in ((Kind.MAPPING, "step"), (Kind.LIST, "dash")):
        blocks = (value for _, value in node.entries if value.kind is kind and not value.is_flow)
        column = next((column_of(layout, each) for each in blocks), None)
        if own is not None and column is not None and column >= own:
            manner = structs.replace(manner, **{field: column - own})
    return manner
