"""Cells of nodes: a scalar as the type that its field asks for, as Compose casts it."""

from __future__ import annotations

import math
import re
from typing import TypeVar

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.compose.interpolation import MARK
from seawall.surfaces.compose.resolver import text_of, value_of
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence, is_null, place_of

T = TypeVar("T")

_TRUE = frozenset({"true", "yes", "y", "on", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "off", "0", "f"})
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kmgtpe]?)(i?b)?\Z", re.IGNORECASE)
_UNITS = {unit: 1024**power for power, unit in enumerate(("", "k", "m", "g", "t", "p", "e"))}


def _cell(node: Scalar, value: T | None) -> Cell[T]:
    state = node.state
    if value is None and state is not State.UNSET:
        state = State.UNKNOWN
    return Cell(value, place_of(node), node.written, state)


def text_cell(node: Node | None) -> Cell[str] | None:
    """A text; None for no scalar and for null."""
    if type(node) is not Scalar or is_null(node):
        return None
    text = text_of(node)
    return _cell(node, None if MARK in text else text)


def text_cells(node: Node | None) -> tuple[Cell[str], ...]:
    """The texts of a list, or of a scalar that stands for a list of one."""
    items = node.items if type(node) is Sequence else [] if node is None else [node]
    cells = (text_cell(item) for item in items)
    return tuple(cell for cell in cells if cell is not None)


def boolean_cell(node: Node | None) -> Cell[bool] | None:
    """A boolean in any spelling that Compose casts; without a value where it is none."""
    if type(node) is not Scalar or is_null(node):
        return None
    word = node.text.lower()
    return _cell(node, True if word in _TRUE else False if word in _FALSE else None)


def is_true(node: Node | None) -> bool:
    """Whether it certainly is true."""
    cell = boolean_cell(node)
    return cell is not None and cell.value is True


def integer_cell(node: Node | None) -> Cell[int] | None:
    """An integer."""
    if type(node) is not Scalar or is_null(node):
        return None
    number = _number(node)
    return _cell(node, None if number is None else int(number))


def number_cell(node: Node | None) -> Cell[float] | None:
    """A number."""
    if type(node) is not Scalar or is_null(node):
        return None
    return _cell(node, _number(node))


def _number(node: Scalar) -> float | None:
    value = value_of(node)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if math.isfinite(value) else None
    try:
        number = float(node.text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def bytes_cell(node: Node | None) -> Cell[int] | None:
    """A size in bytes, from `512m`, `1.5gb` or a number."""
    if type(node) is not Scalar or is_null(node):
        return None
    return _cell(node, bytes_of(text_of(node)))


def bytes_of(text: str) -> int | None:
    """The bytes that a size means; None where it is no size."""
    if text == "-1":
        return -1
    match = _SIZE.match(text.strip())
    return None if match is None else int(float(match[1]) * _UNITS[match[2].lower()])


def piece(scalar: Scalar, text: str, offset: int, length: int) -> Scalar:
    """A part of a scalar: `offset` and `length` count in the text before interpolation.

    Its place is exact where the text stands in the file as it is read, else the whole scalar's.
    """
    written = scalar.written[offset : offset + length]
    start, end = scalar.start, scalar.end
    source = scalar.document.source.text
    width = len(scalar.written)
    for quote in (0, 1):
        if end - start == width + 2 * quote and source.startswith(scalar.written, start + quote):
            start += quote + offset
            end = start + length
            break
    state = scalar.state if "$" in written else State.WRITTEN
    return Scalar(scalar.document, start, end, text, written, state=state)


def pair(scalar: Scalar) -> tuple[Scalar, Scalar | None]:
    """The two sides of `KEY=value`; the second is None where only the key is written."""
    text = text_of(scalar)
    name, found, value = text.partition("=")
    written_name, _, written_value = scalar.written.partition("=")
    key = piece(scalar, name, 0, len(written_name))
    if not found:
        return key, None
    return key, piece(scalar, value, len(written_name) + 1, len(written_value))


def pairs(node: Node | None) -> dict[str, tuple[Scalar, Node]]:
    """The entries of a mapping, or of a list of `KEY=value`; the last of two keys holds."""
    if type(node) is Mapping:
        return node.entries
    found: dict[str, tuple[Scalar, Node]] = {}
    for item in node.items if type(node) is Sequence else ():
        if type(item) is not Scalar:
            continue
        key, value = pair(item)
        found[key.text] = (key, nothing(key) if value is None else value)
    return found


def nothing(node: Node) -> Scalar:
    """A null at the place of a node."""
    return Scalar(node.document, node.start, node.end, "", "", is_plain=True)
