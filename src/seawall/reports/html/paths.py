"""The projects drawn, with the routes that an intruder has and what closes each."""

from __future__ import annotations

from html import escape

from seawall.core.diagram import Diagram, Route, Step
from seawall.reports.drawing import svg
from seawall.reports.html.markup import badge, details, paragraphs, prose

_LEGEND = (
    ("attack", "a step of a route below"),
    ("plain", "another way that is open"),
)


def paths(diagrams: tuple[Diagram, ...]) -> str:
    """Each project: its drawing, then its routes, the worst first."""
    return "".join(_project(diagram, number) for number, diagram in enumerate(diagrams))


def _project(diagram: Diagram, number: int) -> str:
    drawing = svg(diagram, number)
    title = f"Project {diagram.title}" if diagram.title else diagram.target
    figure = (
        f'<figure><div class="scroll" tabindex="0" role="region" aria-label="Drawing of '
        f'{escape(title)}">{drawing}</div>{_legend()}<figcaption>From left to right as an intruder '
        "goes: each service must be taken over before the next step.</figcaption></figure>"
        if drawing
        else "<p>Too large to draw; the routes are told below.</p>"
    )
    told = "".join(map(_route, diagram.routes)) or (
        "<p>No way leads from outside to a data store or to the host.</p>"
    )
    return (
        f"<h3>{escape(title)} <span class='sub'>{escape(diagram.target)}</span></h3>{figure}{told}"
    )


def _legend() -> str:
    items = "".join(
        f'<li><svg width="34" height="8" aria-hidden="true"><g class="line {kind}">'
        f'<path d="M0 4H34"/></g></svg>{text}</li>'
        for kind, text in _LEGEND
    )
    return f'<ul class="legend">{items}</ul>'


def _route(route: Route) -> str:
    level = route.severity.value
    steps = "".join(map(_step, route.steps))
    left = "" if route.is_enough else "<p>Other ways remain after it.</p>"
    cut = (
        f"{paragraphs(route.cut)}{left}"
        if route.cut
        else ("<p>Nothing cheap: each service on this way is used by the one before it.</p>")
    )
    return (
        f'<article class="route {level}"><div class="title">{badge(level)}'
        f"<h4>{escape(route.title)}</h4></div><ol class='steps'>{steps}</ol>"
        f"{details([('Cheapest cut', cut)], 'told')}</article>"
    )


def _step(step: Step) -> str:
    place = f' <span class="at"><code>{escape(step.place)}</code></span>' if step.place else ""
    return f"<li>{prose(step.what)}{place}</li>"
