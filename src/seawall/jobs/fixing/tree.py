"""Holds the values of a YAML file before and after edits side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.surfaces.compose.yaml_tree import Event, events

if TYPE_CHECKING:
    from seawall.jobs.fixing.shape import Shift

_BOM = "\ufeff"


class Leaf(Struct, frozen=True, gc=False):
    """A scalar or an alias: where it stands, the keys that lead to it, and what it says.

    Items of a list have no number in `path`: that changes where one is put before them.
    """

    start: int
    end: int
    path: tuple[str, ...]
    value: str
    kind: tuple[object, ...]


def of_values(before: str, after: str, shift: Shift) -> str:
    """What has changed outside of the edits, going on from `it would …`; empty for nothing."""
    from yaml import YAMLError  # noqa: PLC0415 -- YAML on use

    try:
        old = list(leaves(before))
    except YAMLError:
        return ""  # Nothing is known of what it said: that is a problem before and after.
    try:
        new = {leaf.start: leaf for leaf in leaves(after)}
    except YAMLError as error:
        return f"make it no YAML: {getattr(error, 'problem', None) or error}"
    for leaf in old:
        if leaf.start == leaf.end or shift.touches(leaf.start, leaf.end):
            continue
        now = new.pop(shift.place(leaf.start), None)
        if now is None or (now.path, now.value, now.kind) != (leaf.path, leaf.value, leaf.kind):
            return f"change the value of {'.'.join(leaf.path)}, which it does not name"
    for leaf in new.values():
        if leaf.start < leaf.end and not shift.is_new(leaf.start, leaf.end):
            return f"make a value of {'.'.join(leaf.path)}, which it does not name"
    return ""


class _Level:
    """A mapping or list that is open: its key so far, and whether a key comes next."""

    __slots__ = ("is_key_next", "is_mapping", "key")

    def __init__(self, is_mapping: bool) -> None:
        self.is_mapping = is_mapping
        self.is_key_next = is_mapping
        self.key = "-"


def leaves(text: str) -> Iterator[Leaf]:
    """The scalars and aliases of a text, keys too, in its order.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    shift = 1 if text.startswith(_BOM) else 0
    stack: list[_Level] = []
    for event in events(text):
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
            _step(stack, "")
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            stack.append(_Level(kind == "MappingStartEvent"))
        elif kind in ("ScalarEvent", "AliasEvent"):
            leaf = _leaf(event, kind, shift, stack)
            yield leaf
            _step(stack, leaf.value)


def _leaf(event: Event, kind: str, shift: int, stack: list[_Level]) -> Leaf:
    is_key = bool(stack) and stack[-1].is_mapping and stack[-1].is_key_next
    path = tuple(level.key for level in (stack[:-1] if is_key else stack))
    start, end = event.start_mark.index + shift, event.end_mark.index + shift
    if kind == "AliasEvent":
        return Leaf(start, end, path, f"*{event.anchor}", ("alias", is_key))
    details = (event.anchor, event.tag, event.implicit, is_key)
    return Leaf(start, end, path, event.value, details)


def _step(stack: list[_Level], value: str) -> None:
    """A key or a value has come to its end."""
    if not stack or not stack[-1].is_mapping:
        return
    level = stack[-1]
    if level.is_key_next:
        level.key = value
    level.is_key_next = not level.is_key_next
