"""What services share: the top-level networks, volumes, secrets and configs."""

from __future__ import annotations

from collections.abc import Mapping as Variables

from msgspec import Struct, structs

from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.cells import is_true, pairs, text_cell
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.model import Network, Secret, Volume
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.volumes import host_path
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, place_of


class Resources(Struct, frozen=True):
    """The top-level definitions by their keys."""

    networks: dict[str, Network] = {}
    volumes: dict[str, Volume] = {}
    secrets: dict[str, Secret] = {}
    configs: dict[str, Secret] = {}


def read_resources(project: Mapping, variables: Variables[str, str], journal: Journal) -> Resources:
    """Read all of them."""
    return Resources(
        {name: _network(key, node) for name, key, node in _each(project, "networks", journal)},
        {
            name: _volume(key, node, variables)
            for name, key, node in _each(project, "volumes", journal)
        },
        {
            name: _secret("secret", key, node, variables)
            for name, key, node in _each(project, "secrets", journal)
        },
        {
            name: _secret("config", key, node, variables)
            for name, key, node in _each(project, "configs", journal)
        },
    )


def _each(
    project: Mapping, kind: str, journal: Journal
) -> list[tuple[str, Scalar, Mapping | None]]:
    node = project.get(kind)
    if node is None:
        return []
    if type(node) is not Mapping:
        journal.refuse(f"{kind} must be a mapping", node)
        return []
    return [
        (name, key, value if type(value) is Mapping else None)
        for name, (key, value) in node.entries.items()
    ]


def _get(node: Mapping | None, key: str) -> Node | None:
    return None if node is None else node.get(key)


def _external(node: Mapping | None) -> tuple[bool, Cell[str] | None]:
    """Whether it exists outside of the project, and its real name where one is given."""
    external = _get(node, "external")
    name = text_cell(_get(node, "name"))
    if type(external) is Mapping:
        return True, name or text_cell(external.get("name"))
    return is_true(external), name


def _options(node: Mapping | None) -> dict[str, Cell[str]]:
    entries = pairs(_get(node, "driver_opts"))
    cells = ((key, text_cell(value)) for key, (_, value) in entries.items())
    return {key: cell for key, cell in cells if cell is not None}


def _network(key: Scalar, node: Mapping | None) -> Network:
    is_external, name = _external(node)
    return Network(
        key.text,
        place_of(key),
        name,
        text_cell(_get(node, "driver")),
        is_true(_get(node, "internal")),
        is_external,
        _options(node),
    )


def _volume(key: Scalar, node: Mapping | None, variables: Variables[str, str]) -> Volume:
    is_external, name = _external(node)
    labels = pairs(_get(node, "labels"))
    options = _options(node)
    device = options.get("device")
    if device is not None and device.value is not None and "bind" in _mount_options(options):
        directory = key.document.directory if node is None else node.document.directory
        path = host_path(device.value, directory, variables)
        options["device"] = structs.replace(device, value=path)
    return Volume(
        key.text,
        place_of(key),
        name,
        text_cell(_get(node, "driver")),
        is_external,
        options,
        {name: text_of(value) for name, (_, value) in labels.items() if type(value) is Scalar},
    )


def _mount_options(options: dict[str, Cell[str]]) -> list[str]:
    cell = options.get("o")
    return (cell.value or "").lower().split(",") if cell is not None else []


def bind_device(volume: Volume) -> str:
    """The host path of a volume that driver options make a bind of; else empty."""
    options = _mount_options(volume.options)
    device = volume.options.get("device")
    is_bind = "bind" in options or "rbind" in options
    return (device.value or "") if is_bind and device is not None else ""


def _secret(kind: str, key: Scalar, node: Mapping | None, variables: Variables[str, str]) -> Secret:
    is_external, _ = _external(node)
    file = text_cell(_get(node, "file"))
    written = _get(node, "file")
    if file is not None and file.value is not None and written is not None:
        path = host_path(file.value, written.document.directory, variables)
        file = structs.replace(file, value=path)
    return Secret(
        kind,
        key.text,
        place_of(key),
        file,
        text_cell(_get(node, "environment")),
        text_cell(_get(node, "content")),
        is_external,
    )
