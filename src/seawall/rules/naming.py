"""How rules speak of a workload: its name, the symbols of its parts, and what to write where."""

from __future__ import annotations

from collections.abc import Iterable

from seawall.surfaces.cell import Cell
from seawall.surfaces.workload import Origin, Workload

_UNNAMED = "container"
"""What the reader of command lines calls a container that has no name."""


def the(workload: Workload) -> str:
    """The workload as a sentence begins with it: service `web`, or container `web`.

    One that its command line gives no name is "the container".
    """
    if workload.origin is Origin.RUN and workload.name == _UNNAMED:
        return "the container"
    return f"{_kind(workload)} `{workload.name}`"


def symbol(workload: Workload, part: str) -> str:
    """The identity of one part of it: `service web/cap_add SYS_ADMIN`."""
    return f"{_kind(workload)} {workload.name}/{part}"


def write(workload: Workload, compose: str, flag: str) -> str:
    """The one of two remedies that fits the language which the workload is written in."""
    return flag if workload.origin in {Origin.RUN, Origin.INSPECT} else compose


def without(cells: Iterable[Cell[str]], *unwanted: str) -> str:
    """What is left of a list without some of its values, as a YAML list: `[A, B]`."""
    values = (cell.value or cell.written for cell in cells)
    return "[" + ", ".join(value for value in values if value not in unwanted) + "]"


def _kind(workload: Workload) -> str:
    return write(workload, "service", "container")
