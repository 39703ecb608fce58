"""The layers of an image, drawn and told: how much each brings, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from seawall.core.inventory import ImageSummary, LayerSummary
from seawall.core.model import Severity
from seawall.reports.figures import by_severity, sized
from seawall.reports.html.markup import badge, row, table, unit

_WIDTH = 1000
_LEFT = 1
_NARROWEST = 5.0
"""Pixels of a layer that brings next to nothing."""
_GAP = 2.0
_BAR_TOP, _BAR_HEIGHT = 34, 46
_HEIGHT = 88
_ROOM_FOR_NUMBER = 16
_ROOM_FOR_WORDS = 120
_ROOM_FOR_BRACKET = 130
_ROOM_FOR_BASE = 30
_BASE = "base image"
_MOST_DRAWN = 127
"""Engines take images of up to 127 layers; more are only told."""
_INSTRUCTION = 400


def layers(image: ImageSummary, number: int) -> str:
    """The drawing, where sizes are known, and the table below it."""
    if not image.layers:
        return ""
    return f"{_figure(image, number)}{_table(image)}"


def _figure(image: ImageSummary, number: int) -> str:
    if not image.size or len(image.layers) > _MOST_DRAWN:
        return ""
    widths = _widths(image.layers)
    parts = [*_brackets(image.layers, widths), *_bars(image.layers, widths)]
    name = f"layers-{number}"
    return (
        f'<figure class="layers"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="{name}"><title id="{name}">{len(image.layers)} layers, as wide as what '
        f"they bring; the table below says the same</title>{''.join(parts)}</svg></figure>"
    )


def _widths(found: Sequence[LayerSummary]) -> list[float]:
    """What each layer gets of the whole, none less than can be seen."""
    room = _WIDTH - 2 * _LEFT - _GAP * (len(found) - 1)
    least = min(_NARROWEST, room / len(found))
    total = sum(layer.size for layer in found) or 1
    free = room - least * len(found)
    return [least + free * layer.size / total for layer in found]


def _starts(widths: Sequence[float]) -> Iterator[float]:
    x = float(_LEFT)
    for width in widths:
        yield x
        x += width + _GAP


def _bars(found: Sequence[LayerSummary], widths: Sequence[float]) -> Iterator[str]:
    for layer, x, width in zip(found, _starts(widths), widths, strict=True):
        level = worst(layer)
        middle = x + width / 2
        label = _label(layer, level, width)
        text = (
            f'<text x="{middle:.1f}" y="{_BAR_TOP + 20}">{layer.index + 1}</text>'
            f'<text class="detail" x="{middle:.1f}" y="{_BAR_TOP + 37}">{escape(label)}</text>'
            if width >= _ROOM_FOR_NUMBER
            else ""
        )
        told = f"Layer {layer.index + 1}: {sized(layer.size)}, {_findings(layer)}"
        yield (
            f'<g class="bar {level}"><title>{escape(told)}</title>'
            f'<rect x="{x:.1f}" y="{_BAR_TOP}" width="{width:.1f}" height="{_BAR_HEIGHT}" rx="3"/>'
            f"{text}</g>"
        )


def _label(layer: LayerSummary, level: str, width: float) -> str:
    if width < _ROOM_FOR_WORDS:
        return ""
    return f"{sized(layer.size)}, {level if level != 'none' else 'no finding'}"


def _brackets(found: Sequence[LayerSummary], widths: Sequence[float]) -> Iterator[str]:
    """A bracket over the base image's layers, and one over those that are built on it."""
    spans: dict[bool, tuple[float, float]] = {}
    for layer, x, width in zip(found, _starts(widths), widths, strict=True):
        left, _ = spans.get(layer.is_base, (x, x))
        spans[layer.is_base] = left, x + width
    own = "built on it" if True in spans else "no base image is known"
    for is_base, (left, right) in spans.items():
        name = _BASE if is_base else own
        yield _bracket(name, left, right)


def _bracket(name: str, left: float, right: float) -> str:
    room = right - left
    label = name if room >= _ROOM_FOR_BRACKET else "base" if name == _BASE else ""
    text = (
        f'<text class="detail" x="{(left + right) / 2:.1f}" y="14">{label}</text>'
        if label and room >= _ROOM_FOR_BASE
        else ""
    )
    return (
        f'<g class="bracket"><title>{name}</title>'
        f'<path d="M{left:.1f} 28V21H{right:.1f}V28"/>{text}</g>'
    )


def _table(image: ImageSummary) -> str:
    rows = (_row(layer, image.size) for layer in image.layers)
    heads = ("Layer", "Instruction", "Brings", "Packages", "Findings")
    return table(f"Layers of {image.name}", heads, rows, "list layers")


def _row(layer: LayerSummary, total: int) -> str:
    share = layer.size / total if total else 0
    size = (
        f"{sized(layer.size)}"
        f'<span class="share" aria-hidden="true"><span style="width:{share:.1%}"></span></span>'
        if total
        else ""
    )
    base = ' <span class="sub">base</span>' if layer.is_base else ""
    text = layer.instruction
    cut = text if len(text) <= _INSTRUCTION else text[:_INSTRUCTION] + "…"
    made = f"<code>{escape(cut)}</code>" if cut else '<span class="sub">not known</span>'
    level = worst(layer)
    found = f"{badge(level)} {_findings(layer)}" if level != "none" else _findings(layer)
    return row(
        f"{layer.index + 1}{base}", made, size, f"{layer.packages:,}{unit(' packages')}", found
    )


def worst(layer: LayerSummary) -> str:
    """The worst severity of a layer's findings; `none` where it has none."""
    return next((each.value for each in Severity if layer.findings.get(each.value)), "none")


def _findings(layer: LayerSummary) -> str:
    return by_severity(layer.findings) or "no findings"
