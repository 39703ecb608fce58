"""What a report draws of a project: boxes, lines, and the routes that an intruder has."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.model import Severity


class Box(Struct, frozen=True):
    """A thing that is drawn: `kind` is internet, service, network, volume or host.

    `detail` is a second line, a service's role say; `place` is `file:line`, or empty.
    """

    id: str
    label: str
    kind: str
    detail: str = ""
    place: str = ""


class Line(Struct, frozen=True):
    """A line between two boxes: `what` says on what it rests.

    `is_attack` is whether one of the routes goes along it; `has_direction` is false for who is on
    a network, which goes both ways.
    """

    source: str
    target: str
    what: str
    is_attack: bool = False
    has_direction: bool = True


class Step(Struct, frozen=True):
    """One step of a route: what it rests on, and `file:line` where that is written."""

    what: str
    place: str = ""


class Route(Struct, frozen=True):
    """A way from outside to the host or to a data store, and what closes it.

    `taken` are the services that must be taken over on it. `cut` is what to write; `is_enough`
    whether no other way is left then.
    """

    title: str
    target: str
    severity: Severity
    taken: tuple[str, ...]
    steps: tuple[Step, ...]
    cut: str = ""
    is_enough: bool = False


class Diagram(Struct, frozen=True):
    """One project: `target` is the name that the report has for its first file."""

    title: str
    target: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    routes: tuple[Route, ...] = ()
