"""What Compose refuses when services are looked at together: names that lead nowhere or clash."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.surfaces.compose.cells import boolean_cell
from seawall.surfaces.compose.interpolation import MARK
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.sections import items_of, within
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar


def check_references(services: dict[str, Mapping], journal: Journal) -> None:
    """Refuse references to services that are not there, and container names used twice."""
    holders: dict[str, str] = {}
    for name, service in services.items():
        for reference, node in _references(service):
            if reference not in services and MARK not in reference:
                journal.refuse(f"service '{name}' needs '{reference}', which is not there", node)
        container = service.get("container_name")
        if type(container) is not Scalar or MARK in container.text:
            continue
        holder = holders.setdefault(text_of(container), name)
        if holder != name and text_of(container):
            message = f"services '{holder}' and '{name}' have the same container_name"
            journal.refuse(message, container)


def _references(service: Mapping) -> Iterator[tuple[str, Node]]:
    """The services that a service asks for, each with the node that does."""
    yield from _dependencies(service.get("depends_on"))
    for field in ("network_mode", "pid", "ipc"):
        node = service.get(field)
        if type(node) is Scalar and node.text.startswith("service:"):
            yield node.text.removeprefix("service:"), node
    for item in items_of(service.get("volumes_from")):
        if type(item) is Scalar and not item.text.startswith("container:"):
            yield item.text.partition(":")[0], item


def _dependencies(node: Node | None) -> Iterator[tuple[str, Node]]:
    if type(node) is Mapping:
        for name, (key, value) in node.entries.items():
            required = boolean_cell(within(value, "required"))
            if required is None or required.value is not False:
                yield name, key
    for item in items_of(node):
        if type(item) is Scalar:
            yield item.text, item
