"""What to write so that data stores get a network with only the services that use them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from seawall.surfaces.compose.model import Project

if TYPE_CHECKING:
    from seawall.graph.model import Node
    from seawall.graph.segments import Segment

_NAMES = ("data", "private", "data-private")


def listed(names: Collection[str]) -> str:
    """`a`, `b` and `c`."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def split(segment: Segment, stores: tuple[Node, ...]) -> str:
    """The remedy that puts the stores on a network of their own, as lines for the project."""
    taken = segment.project.networks
    name = next((name for name in _NAMES if name not in taken), "data-2")
    lines = "".join(f"\n    {line}" for line in _lines(segment, stores, name))
    text = f"Give the data a network that only its users are on:{lines}"
    if not segment.has_ports(stores):
        return text
    return f"{text}\nTake away the ports that the data stores publish, and add `internal: true`."


def _lines(segment: Segment, stores: tuple[Node, ...], name: str) -> Iterator[str]:
    yield "services:"
    for store in stores:
        own = _joined(segment.project, store.name)
        kept = [key for key in own if key != segment.network.name]
        yield from _service(segment.project, store.name, [*kept, name])
    for client in _clients(segment, stores):
        yield from _service(segment.project, client, [*_joined(segment.project, client), name])
    yield from ("networks:", f"  {name}:")
    if not segment.has_ports(stores):
        yield "    internal: true"


def _service(project: Project, name: str, networks: list[str]) -> Iterator[str]:
    service = project.service(name)
    has_mode = service is not None and service.namespaces.network is not None
    yield f"  {name}:"
    yield f"    networks: [{', '.join(networks)}]{'  # not network_mode' if has_mode else ''}"


def _joined(project: Project, name: str) -> list[str]:
    service = project.service(name)
    return [use.name for use in service.networks] if service is not None else []


def _clients(segment: Segment, stores: tuple[Node, ...]) -> list[str]:
    """Who says that it uses them; where nobody does, who is not open to the outside."""
    users = dict.fromkeys(name for store in stores for name in segment.callers(store))
    names = {store.name for store in segment.stores}
    found = [name for name in users if name not in names]
    entries = {entry.name for entry in segment.entries}
    return found or [other.name for other in segment.others if other.name not in entries]
