"""What Compose refuses when services are looked at together: names that lead nowhere or clash."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.surfaces.compose.cells import boolean_cell, bytes_cell, number_cell
from seawall.surfaces.compose.interpolation import MARK
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.resolver import text_of, value_of
from seawall.surfaces.compose.schema import SERVICE_KEYS, SHAPES
from seawall.surfaces.compose.sections import items_of, within
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence, is_null
from seawall.surfaces.workload import Mount


def check_fields(name: str, key: Scalar, service: Mapping, journal: Journal) -> None:
    """Refuse fields that Compose does not know, or that are of another kind than it wants."""
    for field, (field_key, value) in service.entries.items():
        if field not in SERVICE_KEYS and not field.startswith("x-"):
            journal.refuse(f"service '{name}': Compose knows no '{field}'", field_key)
        shape = SHAPES.get(field)
        if shape is not None and not _has_shape(value, shape):
            journal.refuse(f"{field} of service '{name}' must be {shape}", value)
    if not service.entries.keys() & {"image", "build", "provider"}:
        journal.refuse(f"service '{name}' has neither image nor build", key)


def _has_shape(node: Node, shape: str) -> bool:
    if type(node) is not Scalar:
        return ("list" if type(node) is Sequence else "mapping") in shape
    if is_null(node):
        return False
    return "scalar" in shape or (shape == "a string" and isinstance(value_of(node), str))


def check_limits(name: str, service: Mapping, journal: Journal) -> None:
    """Refuse bounds that `deploy` and the older fields set to different values."""
    limits = within(service.get("deploy"), "resources", "limits")
    if limits is None:
        return
    for old, new in (("mem_limit", "memory"), ("cpus", "cpus"), ("pids_limit", "pids")):
        cast = bytes_cell if old == "mem_limit" else number_cell
        left, right = cast(service.get(old)), cast(within(limits, new))
        if left is None or not left.value or (right is not None and not right.is_known):
            continue
        if right is None or left.value != right.value:
            message = f"service '{name}' sets {old} and deploy's limit of {new} differently"
            journal.refuse_at(message, left.place.source, left.start)


def check_mounts(name: str, mounts: tuple[Mount, ...], journal: Journal) -> None:
    """Refuse two mounts at one place."""
    seen: set[str] = set()
    for mount in mounts:
        if mount.target in seen and "$" not in mount.target:
            message = f"service '{name}' mounts {mount.target} twice"
            journal.refuse_at(message, mount.place.source, mount.start)
        seen.add(mount.target)


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
