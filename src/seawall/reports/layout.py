"""Where the boxes and lines of a diagram go: layers from left to right, as an intruder goes.

A box stands one layer right of the nearest one that leads to it, so a service and the networks
it is on are always neighbours. Lines over several layers pass between the boxes through slots of
their own. The order in a layer follows the neighbours' (barycentres, a few sweeps).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from seawall.core.diagram import Box, Diagram, Line

BOX_HEIGHT = 46
_WIDTHS = {"internet": 84, "network": 136, "host": 84, "volume": 136}
_WIDTH = 172
_BETWEEN_LAYERS = 46
_WIDEST_GAP = 170
_PAGE = 1020
"""Pixels that a drawing should not pass: wider ones are shrunk on the page."""
_BETWEEN_BOXES = 18
_MANY = 12
"""Boxes of a layer from which on they stand closer."""
_SLOT_HEIGHT = 10
_MARGIN = 12
_SWEEPS = 6

Point = tuple[float, float]


class PlacedBox(Struct, frozen=True):
    """A box with its upper left corner and its width, in pixels."""

    box: Box
    x: float
    y: float
    width: float


class PlacedLine(Struct, frozen=True):
    """A line with the points that it goes through, from its source to its target."""

    line: Line
    points: tuple[Point, ...]


class Layout(Struct, frozen=True):
    """A drawing's parts and its size in pixels."""

    boxes: tuple[PlacedBox, ...]
    lines: tuple[PlacedLine, ...]
    width: float
    height: float


def lay_out(diagram: Diagram) -> Layout:
    """Place everything; the work grows with boxes and lines, not with their pairs."""
    layers = layers_of(diagram)
    chains = {line: [*_chain(line, layers)] for line in diagram.lines}
    columns = _columns(diagram, layers, chains.values())
    _order(columns, chains.values())
    by_id = {box.id: box for box in diagram.boxes}
    spots, width, height = _spots(columns, by_id)
    boxes = tuple(
        PlacedBox(by_id[item], spot.left, spot.middle - BOX_HEIGHT / 2, spot.right - spot.left)
        for item, spot in spots.items()
        if isinstance(item, str)
    )
    lines = tuple(_placed(line, chain, spots) for line, chain in chains.items())
    return Layout(boxes, lines, width, height)


class _Spot(Struct, frozen=True):
    """The ends of an item and its middle height."""

    left: float
    right: float
    middle: float


_Slot = tuple[int, int]
"""A place that a line passes through: the number of the line, and a layer."""
_Item = str | _Slot


def layers_of(diagram: Diagram) -> dict[str, int]:
    """The layer of each box, from 0; what is not reached begins a walk of its own."""
    neighbours = _neighbours(diagram)
    found: dict[str, int] = {}
    starts = ["internet", *(box.id for box in diagram.boxes if box.kind == "service")]
    known = {box.id for box in diagram.boxes}
    for start in starts:
        if start in known and start not in found:
            _walk(start, 0 if start == "internet" else 1, neighbours, found)
    for box in diagram.boxes:
        found.setdefault(box.id, _behind(box, diagram, found))
    walked = (found[box.id] for box in diagram.boxes if box.kind in {"service", "network"})
    last = max(walked, default=0)
    found.update({box.id: last + 1 for box in diagram.boxes if box.kind == "host"})
    used = {layer: index for index, layer in enumerate(sorted(set(found.values())))}
    return {box: used[layer] for box, layer in found.items()}


def _neighbours(diagram: Diagram) -> dict[str, list[str]]:
    """Who follows whom, over networks and published ports; the host and data come afterwards."""
    walked = {box.id for box in diagram.boxes if box.kind in {"internet", "service", "network"}}
    found: dict[str, list[str]] = {}
    for line in diagram.lines:
        if line.source in walked and line.target in walked:
            found.setdefault(line.source, []).append(line.target)
            if not line.has_direction:
                found.setdefault(line.target, []).append(line.source)
    return found


def _walk(start: str, layer: int, neighbours: dict[str, list[str]], found: dict[str, int]) -> None:
    found[start] = layer
    queue = deque([start])
    while queue:
        box = queue.popleft()
        for other in neighbours.get(box, ()):
            if other not in found:
                found[other] = found[box] + 1
                queue.append(other)


def _behind(box: Box, diagram: Diagram, found: dict[str, int]) -> int:
    """One layer right of the first box that a line joins it with."""
    ends = ((line.source, line.target) for line in diagram.lines)
    others = [a if b == box.id else b for a, b in ends if box.id in {a, b}]
    return min((found[other] for other in others if other in found), default=0) + 1


def _chain(line: Line, layers: dict[str, int]) -> Iterator[_Item]:
    """The boxes and slots that a line goes through, from left to right."""
    left, right = sorted((line.source, line.target), key=layers.__getitem__)
    yield left
    for layer in range(layers[left] + 1, layers[right]):
        yield id(line), layer
    yield right


def _columns(
    diagram: Diagram, layers: dict[str, int], chains: Iterable[list[_Item]]
) -> list[list[_Item]]:
    columns: list[list[_Item]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for box in diagram.boxes:
        columns[layers[box.id]].append(box.id)
    for chain in chains:
        for item in chain:
            if not isinstance(item, str):
                columns[item[1]].append(item)
    return columns


def _order(columns: list[list[_Item]], chains: Iterable[list[_Item]]) -> None:
    """Sort each column by the middle of its items' neighbours, to and fro."""
    left: dict[_Item, list[_Item]] = {}
    right: dict[_Item, list[_Item]] = {}
    for chain in chains:
        for one, other in pairwise(chain):
            left.setdefault(other, []).append(one)
            right.setdefault(one, []).append(other)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = left if forward else right
        for index in range(len(columns)) if forward else range(len(columns) - 1, -1, -1):
            _sort(columns, index + (-1 if forward else 1), index, near)


def _sort(columns: list[list[_Item]], by: int, index: int, near: dict[_Item, list[_Item]]) -> None:
    if not 0 <= by < len(columns):
        return
    size = max(len(columns[by]), 1)
    place = {item: (number + 0.5) / size for number, item in enumerate(columns[by])}
    own = max(len(columns[index]), 1)
    middle = {
        item: _mean([place[other] for other in near.get(item, ()) if other in place])
        for item in columns[index]
    }
    fallback = {item: (number + 0.5) / own for number, item in enumerate(columns[index])}
    columns[index].sort(key=lambda item: _or(middle[item], fallback[item]))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _or(value: float | None, fallback: float) -> float:
    return fallback if value is None else value


def _spots(
    columns: list[list[_Item]], boxes: dict[str, Box]
) -> tuple[dict[_Item, _Spot], float, float]:
    """Where each item is, and the size of all; columns stand around one middle line."""
    apart = 8 if max(map(len, columns), default=0) > _MANY else _BETWEEN_BOXES
    heights = [sum(map(_height, column)) + apart * (len(column) - 1) for column in columns]
    widths = [max((_wide(item, boxes) for item in column), default=0) for column in columns]
    tallest, gap = max(heights, default=0), _gap(widths, heights)
    spots: dict[_Item, _Spot] = {}
    x: float = _MARGIN
    for column, height, wide in zip(columns, heights, widths, strict=True):
        y = _MARGIN + (tallest - height) / 2
        for item in column:
            inset = 0 if isinstance(item, tuple) else (wide - _wide(item, boxes)) / 2
            spots[item] = _Spot(x + inset, x + wide - inset, y + _height(item) / 2)
            y += _height(item) + apart
        x += wide + gap
    return spots, x - gap + _MARGIN, tallest + 2 * _MARGIN


def _gap(widths: list[float], heights: list[int]) -> float:
    """The room between layers: more where lines have far to go up and down, as the page allows."""
    free = (_PAGE - 2 * _MARGIN - sum(widths)) / max(len(widths) - 1, 1)
    wanted = _BETWEEN_LAYERS + max(heights, default=0) / 8
    return max(_BETWEEN_LAYERS, min(free, wanted, _WIDEST_GAP))


def _wide(item: _Item, boxes: dict[str, Box]) -> float:
    return _WIDTHS.get(boxes[item].kind, _WIDTH) if isinstance(item, str) else 0


def _height(item: _Item) -> int:
    return BOX_HEIGHT if isinstance(item, str) else _SLOT_HEIGHT


def _placed(line: Line, chain: list[_Item], spots: dict[_Item, _Spot]) -> PlacedLine:
    points = tuple(_points(chain, spots))
    return PlacedLine(line, points if chain[0] == line.source else points[::-1])


def _points(chain: list[_Item], spots: dict[_Item, _Spot]) -> Iterator[Point]:
    """From the right edge of the first box, through both ends of each slot, to the last box."""
    for index, item in enumerate(chain):
        spot = spots[item]
        if index > 0:
            yield spot.left, spot.middle
        if index < len(chain) - 1:
            yield spot.right, spot.middle
