"""Edit every value of real Compose files, one at a time, and ask a YAML reader what has changed.

    python benchmarks/editing.py DIR [--most N]

For each scalar of each file, another value is written in its place: all bytes before and after it
must stay, and PyYAML must read the same file but for that value. Then keys and items are added to
and removed from every service: PyYAML must read the same data but for those. Prints what differs
and how many edits there were; ends with 1 where one was wrong. `--most` bounds the edits of each
kind in one file.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from seawall.core.model import Edit
from seawall.core.source import Source, read
from seawall.fixes.compose.block import Block, Spot, Value, spot_at
from seawall.fixes.compose.layout import Kind, Layout, Node, layout_of

_VALUES = ("changed", "0755", 'it\'s "x": #1', "two\nlines")
_READER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def main() -> int:
    """Run the edits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--most", type=int, default=400)
    arguments = parser.parse_args()
    counts, wrong = Counter[str](), 0
    for path in sorted(arguments.directory.glob("*.y*ml")):
        for fault in _faults(read(path, path.name), arguments.most, counts):
            print(f"{path.name}: {fault}")
            wrong += 1
    for name, number in sorted(counts.items()):
        print(f"{number:8} {name}")
    print(f"{wrong:8} wrong")
    return int(bool(wrong))


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    """A text with edits made."""
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _faults(source: Source, most: int, counts: Counter[str]) -> Iterator[str]:
    layout = layout_of(source)
    if layout is None:
        counts["files that are no YAML"] += 1
        return
    counts["files"] += 1
    yield from _set_each(layout, most, counts)
    if len(layout.documents) == 1:
        yield from _change_services(layout, most, counts)


def _set_each(layout: Layout, most: int, counts: Counter[str]) -> Iterator[str]:
    before = _events(layout.text)
    scalars = [n for d in layout.documents for n in d.walk() if n.kind is Kind.SCALAR]
    for number, node in enumerate(scalars[:most]):
        value = _VALUES[number % len(_VALUES)]
        spot = Spot(layout, node, is_free=True)
        edits = spot.set(value)
        if not edits:
            counts["values left alone"] += 1
            continue
        counts["values set"] += 1
        after = _events(applied(layout.text, edits))
        line = layout.source.line_of(node.content)
        if len(edits) != 1 or not _is_within(edits[0], node):
            yield f"line {line}: more than the value's bytes"
        elif (told := _difference(before, after)) != value:
            yield f"line {line}: reads {told!r} instead of {value!r}"


def _is_within(edit: Edit, node: Node) -> bool:
    return node.content <= edit.start and edit.end <= max(node.end, node.content)


def _difference(before: list[Any] | None, after: list[Any] | None) -> object:
    """The value of the one event that differs; a word where that is not all."""
    if before is None or after is None or len(before) != len(after):
        return "<another file>"
    differing = [new for old, new in zip(before, after, strict=True) if old != new]
    if len(differing) != 1 or differing[0][0] != "ScalarEvent":
        return f"<{len(differing)} differences>"
    return differing[0][3]


def _events(text: str) -> list[Any] | None:
    try:
        return [_told(event) for event in yaml.parse(text, yaml.CSafeLoader)]
    except yaml.YAMLError:
        return None


def _told(event: object) -> tuple[Any, ...]:
    fields = ("anchor", "tag", "value")
    return (type(event).__name__, *(getattr(event, field, None) for field in fields))


def _change_services(layout: Layout, most: int, counts: Counter[str]) -> Iterator[str]:
    before = _data(layout.text)
    services = layout.documents[0].entry("services")
    if before is None or services is None or services[1].kind is not Kind.MAPPING:
        return
    for key, node in services[1].entries[:most]:
        is_plain = node.kind is Kind.MAPPING and not node.is_shared
        if is_plain and services[1].entry(key.text) is not None:
            block = Block(layout, node)
            for name, edits, expected in _changes(block, before["services"][key.text]):
                if not edits:
                    counts[f"left alone: {name}"] += 1
                    continue
                counts[name] += 1
                after = _data(applied(layout.text, edits))
                wanted = dict(before)
                wanted["services"] = before["services"] | {key.text: expected}
                if after != wanted:
                    yield f"service {key.text}: {name}"


def _changes(block: Block, data: Any) -> Iterator[tuple[str, tuple[Edit, ...], Any]]:  # noqa: ANN401 -- YAML's data
    new: dict[str, Value] = {
        "x-text": "yes",
        "x-list": ["a b", "c: d"],
        "x-map": {"a": {"b": "1", "c": ["d"]}},
    }
    yield "keys added", block.add(new), data | new
    nested: dict[str, Value] = {"deploy": {"x-resources": {"limits": {"memory": "512m"}}}}
    inner = data.get("deploy") or {}
    if isinstance(inner, dict):
        yield (
            "nested keys put",
            block.put(nested),
            data | {"deploy": inner | {"x-resources": {"limits": {"memory": "512m"}}}},
        )
    for key in block.keys:
        if key == "<<" or len(data) == 1:
            continue
        yield "keys removed", block.remove(key), _without(data, key)
        yield from _item_changes(block, key, data)


def _item_changes(block: Block, key: str, data: Any) -> Iterator[tuple[str, tuple[Edit, ...], Any]]:  # noqa: ANN401 -- YAML's data
    items = data.get(key)
    spot = block.at(key)
    if not isinstance(items, list) or spot is None or not spot.items:
        return
    yield "items added", block.add_item(key, "new: item"), data | {key: [*items, "new: item"]}
    index = len(items) // 2
    kept = items[:index] + items[index + 1 :]
    changed = data | {key: kept} if kept else _without(data, key)
    yield "items removed", block.remove_item(key, index), changed
    found = spot_at(block.source, spot.items[index], shared=True)
    if found is None or found.node is not spot.items[index].node:
        yield "items not found by their place", (Edit(0, 0, "\0"),), None


def _without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {each: value for each, value in data.items() if each != key}


def _data(text: str) -> Any:  # noqa: ANN401 -- YAML's data
    try:
        return yaml.load(text, _READER)  # noqa: S506 -- makes texts, lists and mappings only
    except (yaml.YAMLError, ValueError, TypeError):
        return None


if __name__ == "__main__":
    sys.exit(main())
