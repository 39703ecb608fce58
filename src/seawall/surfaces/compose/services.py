"""A service of the merged project as a workload."""

from __future__ import annotations

from msgspec import Struct, structs

from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.cells import boolean_cell, is_true, text_cell, text_cells
from seawall.surfaces.compose.consistency import check_fields, check_limits, check_mounts
from seawall.surfaces.compose.interpolation import MARK, Interpolation, with_names
from seawall.surfaces.compose.keys import unique_items
from seawall.surfaces.compose.loading import Loading
from seawall.surfaces.compose.ports import read_ports
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.resources import Resources, bind_device
from seawall.surfaces.compose.sections import (
    items_of,
    read_build,
    read_devices,
    read_health,
    read_hooks,
    read_labels,
    read_limits,
    read_logging,
    read_namespaces,
    read_networks,
    read_secrets,
    text_at,
    within,
)
from seawall.surfaces.compose.variables import read_environment
from seawall.surfaces.compose.volumes import read_tmpfs, read_volumes
from seawall.surfaces.compose.words import split_words
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence, is_null, place_of
from seawall.surfaces.workload import Mount, Origin, SecretUse, Workload

API_SOCKET = "/var/run/docker.sock"

FURTHER = frozenset(
    {
        "container_name",
        "domainname",
        "hostname",
        "runtime",
        "shm_size",
        "stdin_open",
        "stop_grace_period",
        "stop_signal",
        "tty",
        "working_dir",
    }
)
"""Keys of a service with one value each that no rule asks for."""


class Setting(Struct, frozen=True):
    """What all services of a project are read with."""

    loading: Loading
    interpolation: Interpolation
    resources: Resources
    is_stack: bool


def read_service(name: str, key: Scalar, service: Mapping, setting: Setting) -> Workload:
    """One service; what is wrong in it goes to the journal."""
    get = service.get
    variables, journal = setting.interpolation.variables, setting.loading.journal
    check_service(name, key, service, setting)
    secrets = _secret_uses(service, setting)
    return Workload(
        name=name,
        origin=Origin.COMPOSE,
        place=place_of(key),
        image=text_cell(get("image")),
        build=read_build(get("build"), variables),
        user=text_cell(get("user")),
        groups=text_cells(get("group_add")),
        privileged=boolean_cell(get("privileged")),
        capabilities_added=_capabilities("cap_add", service),
        capabilities_dropped=_capabilities("cap_drop", service),
        security_options=tuple(map(_security_option, text_cells(get("security_opt")))),
        read_only=boolean_cell(get("read_only")),
        mounts=_mounts(name, service, secrets, setting),
        devices=read_devices(_unique("devices", service)),
        device_cgroup_rules=text_cells(get("device_cgroup_rules")),
        namespaces=read_namespaces(service),
        networks=read_networks(service, key),
        ports=read_ports(_unique("ports", service), journal),
        exposed=text_cells(_unique("expose", service)),
        environment=read_environment(service, name, setting.loading, setting.interpolation),
        secrets=secrets,
        labels=read_labels(get("labels")),
        entrypoint=_words(get("entrypoint")),
        command=_words(get("command")),
        limits=read_limits(service),
        logging=read_logging(get("logging")),
        health=read_health(get("healthcheck")),
        restart=_restart(service),
        init=boolean_cell(get("init")),
        sysctls=read_labels(get("sysctls")),
        extra_hosts=_extra_hosts(get("extra_hosts")),
        hooks=read_hooks(service),
        api_socket=boolean_cell(get("use_api_socket")),
        volumes_from=text_cells(get("volumes_from")),
        depends_on=_names(get("depends_on")),
        awaits=_awaited(get("depends_on")),
        links=tuple(link.partition(":")[0] for link in _names(get("links"))),
        profiles=_names(get("profiles")),
        is_swarm=setting.is_stack,
        gaps=tuple(dict.fromkeys(setting.loading.service_gaps.get(name, ()))),
        further={key: text_at(service, key) for key in FURTHER & service.entries.keys()},
    )


def _unique(field: str, service: Mapping) -> Node | None:
    node = service.get(field)
    if type(node) is not Sequence or len(node.items) < 2:
        return node
    return Sequence(node.document, node.start, node.end, unique_items(field, node.items), node.tag)


def _names(node: Node | None) -> tuple[str, ...]:
    """The names of a list, or the keys of a mapping."""
    if type(node) is Mapping:
        return tuple(node.entries)
    return tuple(with_names(item.text) for item in items_of(node) if type(item) is Scalar)


def _awaited(node: Node | None) -> tuple[str, ...]:
    """The services of `depends_on` that must be healthy first."""
    entries = node.entries if type(node) is Mapping else {}
    return tuple(
        name
        for name, (_, value) in entries.items()
        if text_at(value, "condition") == "service_healthy"
    )


def _capabilities(field: str, service: Mapping) -> tuple[Cell[str], ...]:
    return tuple(map(_capability, text_cells(_unique(field, service))))


def _capability(cell: Cell[str]) -> Cell[str]:
    if cell.value is None:
        return cell
    name = cell.value.upper().removeprefix("CAP_")
    return cell if name == cell.value else structs.replace(cell, value=name)


def _security_option(cell: Cell[str]) -> Cell[str]:
    """The old `key:value` as `key=value`."""
    value = cell.value
    if value is None or ":" not in value or "=" in value.partition(":")[0]:
        return cell
    return structs.replace(cell, value=value.replace(":", "=", 1))


def _words(node: Node | None) -> tuple[Cell[str], ...] | None:
    """A command as its words, whether it is written as a list or as one text."""
    if type(node) is not Scalar:
        return None if node is None else text_cells(node)
    cell = text_cell(node)
    if cell is None:
        return None
    words = split_words(text_of(node))
    if words is None:
        return (cell,)
    return tuple(
        Cell(None if MARK in word else word, cell.place, with_names(word), cell.state)
        for word in words
    )


_CONDITIONS = {"none": "no", "any": "always", "on-failure": "on-failure"}


def _restart(service: Mapping) -> Cell[str] | None:
    own = text_cell(service.get("restart"))
    if own is not None:
        return own
    policy = within(service.get("deploy"), "restart_policy")
    cell = text_cell(within(policy, "condition"))
    if cell is None or cell.value is None:
        return cell
    value = _CONDITIONS.get(cell.value, cell.value)
    attempts = text_at(policy, "max_attempts")
    if value == "on-failure" and attempts:
        value = f"{value}:{attempts}"
    return structs.replace(cell, value=value)


def _extra_hosts(node: Node | None) -> tuple[Cell[str], ...]:
    """Each as `host:address`."""
    if type(node) is not Mapping:
        return tuple(map(_host, text_cells(node)))
    found: list[Cell[str]] = []
    for name, (_, value) in node.entries.items():
        for cell in text_cells(value):
            address = None if cell.value is None else f"{name}={cell.value}"
            found.append(_host(structs.replace(cell, value=address)))
    return tuple(found)


def _host(cell: Cell[str]) -> Cell[str]:
    if cell.value is None:
        return cell
    name, _, address = cell.value.partition("=" if "=" in cell.value else ":")
    return structs.replace(cell, value=f"{name}:{address.strip('[]')}")


def _secret_uses(service: Mapping, setting: Setting) -> tuple[SecretUse, ...]:
    resources, journal = setting.resources, setting.loading.journal
    secrets = read_secrets(_unique("secrets", service), "secret", resources.secrets, journal)
    configs = read_secrets(_unique("configs", service), "config", resources.configs, journal)
    return secrets + configs


def _mounts(
    name: str, service: Mapping, secrets: tuple[SecretUse, ...], setting: Setting
) -> tuple[Mount, ...]:
    """All that is mounted but for `volumes_from`, which needs the other services."""
    variables, journal = setting.interpolation.variables, setting.loading.journal
    mounts = read_volumes(_unique("volumes", service), variables, journal)
    mounts = tuple(_resolved(mount, setting) for mount in mounts)
    mounts += read_tmpfs(_unique("tmpfs", service))
    if len(mounts) > 1:
        check_mounts(name, mounts, journal)
    if is_true(socket := service.get("use_api_socket")) and socket is not None:
        place = place_of(socket)
        mounts += (Mount("bind", API_SOCKET, API_SOCKET, place, via="api_socket"),)
    return mounts if setting.is_stack else mounts + _secret_mounts(secrets)


def _resolved(mount: Mount, setting: Setting) -> Mount:
    """A named volume that is a bind in truth, as that bind."""
    if mount.type != "volume" or not mount.source:
        return mount
    volume = setting.resources.volumes.get(mount.source)
    if volume is None:
        if mount.state is None or mount.state.is_known:
            message = f"volume '{mount.source}' is not defined"
            setting.loading.journal.refuse_at(message, mount.place.source, mount.start)
        return mount
    device = bind_device(volume)
    if not device:
        return mount
    return structs.replace(mount, type="bind", source=device, via="driver_opts")


def _secret_mounts(secrets: tuple[SecretUse, ...]) -> tuple[Mount, ...]:
    """Compose gives a file-based secret or config as a read-only bind."""
    return tuple(
        Mount("bind", use.file.value, use.target, use.place, read_only=True, via="secret")
        for use in secrets
        if use.file is not None and use.file.value is not None
    )


def check_service(name: str, key: Scalar, service: Mapping, setting: Setting) -> None:
    """Say what Compose would refuse in a service."""
    journal = setting.loading.journal
    check_fields(name, key, service, journal)
    if service.get("deploy") is not None:
        check_limits(name, service, journal)
    networks = setting.resources.networks
    for network in _network_names(service.get("networks")):
        if network.text not in networks and network.text != "default":
            journal.refuse(f"network '{network.text}' is not defined", network)


def _network_names(node: Node | None) -> list[Scalar]:
    """The scalars that name networks: list items or keys."""
    if type(node) is Mapping:
        return [key for key, _ in node.entries.values()]
    return [item for item in items_of(node) if type(item) is Scalar and not is_null(item)]
