"""Draws a diagram: as SVG for a page, as Mermaid for Markdown. No script, no outside resource."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from seawall.core.diagram import Box, Diagram, Line
from seawall.reports.layout import BOX_HEIGHT, PlacedBox, PlacedLine, Point, lay_out, layers_of

_LABEL = 8.4
_DETAIL = 6.6
"""Pixels that a character of a label, and of a detail, takes at most."""
_MOST_BOXES = 150
"""Boxes of a drawing that anyone can still read."""
_SHAPES = {
    "internet": ("([", "])"),
    "service": ("[", "]"),
    "network": ("{{", "}}"),
    "volume": ("[(", ")]"),
    "host": ("[[", "]]"),
}
_ROUNDED = {"internet": 23, "network": 14, "service": 6, "volume": 6, "host": 2}


def svg(diagram: Diagram, number: int = 0) -> str:
    """An SVG element for a page that defines the colours; `number` keeps its ids apart.

    Empty where the diagram has no boxes, or too many for a drawing.
    """
    if not diagram.boxes or len(diagram.boxes) > _MOST_BOXES:
        return ""
    layout = lay_out(diagram)
    size = f'viewBox="0 0 {layout.width:g} {layout.height:g}" width="{layout.width:g}"'
    parts = [
        f'<svg class="graph" {size} height="{layout.height:g}" role="img" '
        f'aria-labelledby="graph-{number}-title graph-{number}-text">',
        f'<title id="graph-{number}-title">{escape(f"Project {diagram.title}")}</title>',
        f'<desc id="graph-{number}-text">{escape(_described(diagram))}</desc>',
        _arrows(number),
        *(_line(line, number) for line in sorted(layout.lines, key=_is_attack)),
        *map(_box, layout.boxes),
        "</svg>",
    ]
    return "\n".join(parts)


def mermaid(diagram: Diagram) -> str:
    """The diagram as a Mermaid flow chart, without a fence; empty where there is nothing to draw.

    Names are quoted and escaped as entities, so that none is read as Mermaid.
    """
    if not diagram.boxes or len(diagram.boxes) > _MOST_BOXES:
        return ""
    return "\n".join(_flow(diagram))


def _flow(diagram: Diagram) -> Iterator[str]:
    names = {box.id: f"n{index}" for index, box in enumerate(diagram.boxes)}
    yield "flowchart LR"
    for box in diagram.boxes:
        before, after = _SHAPES.get(box.kind, ("[", "]"))
        text = _quoted(box.label) + (f"<br/>{_quoted(box.detail)}" if box.detail else "")
        yield f'  {names[box.id]}{before}"{text}"{after}'
    attacked = []
    layers = layers_of(diagram)
    for index, line in enumerate(diagram.lines):
        ends = [line.source, line.target]
        if not line.has_direction:  # Mermaid puts the first one left, whatever the arrow
            ends.sort(key=layers.__getitem__)
        yield f"  {names[ends[0]]} {_arrow(line)} {names[ends[1]]}"
        if line.is_attack:
            attacked.append(str(index))
    if attacked:
        yield f"  linkStyle {','.join(attacked)} stroke:#c02626,stroke-width:3px"


def _arrow(line: Line) -> str:
    thick, thin = ("==>", "-->") if line.has_direction else ("===", "---")
    return thick if line.is_attack else thin


def _quoted(text: str) -> str:
    """Text for a quoted Mermaid label: every character that could mean something as an entity."""
    return "".join(c if c.isalnum() or c in " -_./,'" else f"#{ord(c)};" for c in _short(text, 60))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _described(diagram: Diagram) -> str:
    """The drawing in words, for who can't see it."""
    services = sum(box.kind == "service" for box in diagram.boxes)
    routes = "; ".join(route.title for route in diagram.routes)
    ways = f"Ways from outside: {routes}." if routes else "No way leads from outside."
    return f"{services} services with the networks that join them. {ways}"


def _arrows(number: int) -> str:
    markers = "".join(
        f'<marker id="arrow-{number}-{kind}" class="arrow {kind}" viewBox="0 0 8 8" refX="7" '
        'markerUnits="userSpaceOnUse" '
        'refY="4" markerWidth="10" markerHeight="10" orient="auto-start-reverse">'
        '<path d="M0 0L8 4L0 8z"/></marker>'
        for kind in ("plain", "attack")
    )
    return f"<defs>{markers}</defs>"


def _is_attack(placed: PlacedLine) -> bool:
    return placed.line.is_attack


def _line(placed: PlacedLine, number: int) -> str:
    kind = "attack" if placed.line.is_attack else "plain"
    arrow = f' marker-end="url(#arrow-{number}-{kind})"' if placed.line.has_direction else ""
    return (
        f'<g class="line {kind}"><title>{escape(placed.line.what)}</title>'
        f'<path d="{_curve(placed.points)}"{arrow}/></g>'
    )


def _curve(points: tuple[Point, ...]) -> str:
    """Straight through slots, and a soft curve from each column to the next."""
    x, y = points[0]
    parts = [f"M{x:g} {y:g}"]
    for index in range(1, len(points)):
        to_x, to_y = points[index]
        if index % 2 == 0:
            parts.append(f"L{to_x:g} {to_y:g}")
        else:
            middle = (x + to_x) / 2
            parts.append(f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}")
        x, y = to_x, to_y
    return "".join(parts)


def _box(placed: PlacedBox) -> str:
    box, x, y = placed.box, placed.x, placed.y
    middle = x + placed.width / 2
    label = escape(_short(box.label, int(placed.width / _LABEL)))
    detail = box.detail
    first = y + BOX_HEIGHT / 2 + (-3 if detail else 5)
    parts = [
        f'<g class="box {box.kind}{_role(box)}"><title>{escape(_told(box))}</title>',
        f'<rect x="{x:g}" y="{y:g}" width="{placed.width:g}" height="{BOX_HEIGHT}" '
        f'rx="{_ROUNDED.get(box.kind, 6)}"/>',
        f'<text x="{middle:g}" y="{first:g}">{label}</text>',
    ]
    if detail:
        shown = escape(_short(detail, int(placed.width / _DETAIL)))
        parts.append(f'<text class="detail" x="{middle:g}" y="{first + 16:g}">{shown}</text>')
    return "".join([*parts, "</g>"])


def _role(box: Box) -> str:
    return " store" if box.detail.startswith("data store") else ""


def _told(box: Box) -> str:
    place = f" ({box.place})" if box.place else ""
    return f"{box.kind} {box.label}{place}"
