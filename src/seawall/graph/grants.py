"""What of the host a service is given, and whether whoever takes the service over has the host."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.facts.capabilities import CAPABILITIES, Reach
from seawall.facts.host_paths import (
    holds_engine_socket,
    is_control,
    is_credential,
    is_disk,
    is_engine_socket,
    is_telling,
    normal,
)
from seawall.graph.model import Cost, Edge, Kind, Means, Node
from seawall.graph.networking import HOST, service_id
from seawall.graph.roles import image_names
from seawall.surfaces.cell import Cell, Place
from seawall.surfaces.workload import Mount, Workload

SOCKET = "socket engine"
SOCKET_NODE = Node(SOCKET, Kind.SOCKET, "engine's socket")
SOCKET_TAKES_HOST = Edge(
    SOCKET,
    HOST,
    Means.TAKES,
    "the engine's socket takes any order from whoever can open it: a privileged container with "
    "the host's disk, say",
)

_LESS = "Let it ask a proxy that allows only the calls it needs, on a network of their own."


def grants_of(service: Workload) -> Iterator[Edge]:
    """Each way from a service to its host: those to root of the host are open."""
    yield from _sockets(service)
    if _is_true(service.privileged):
        yield _privileged(service)
    else:  # which leaves nothing to add
        yield from _capabilities(service)
        yield from _devices(service)
    yield from _paths(service)
    yield from _namespaces(service)


def _is_true(cell: Cell[bool] | None) -> bool:
    return cell is not None and cell.value is True


def _takes(service: Workload, what: str, place: Place, cut: str) -> Edge:
    own = service_id(service.name)
    return Edge(own, HOST, Means.TAKES, f"`{service.name}` {what}", place, cut, Cost.LINE)


def _sees(service: Workload, what: str, place: Place, cut: str) -> Edge:
    own = service_id(service.name)
    told = f"`{service.name}` {what}"
    return Edge(own, HOST, Means.SEES, told, place, cut, Cost.LINE, is_open=False)


def _sockets(service: Workload) -> Iterator[Edge]:
    """A proxy for the socket is a way only where it lets orders through that write."""
    is_proxy = any("socket-proxy" in image for image in image_names(service))
    is_open = not is_proxy or _lets_write(service)
    for mount in service.mounts:
        path = normal(mount.source)
        if mount.type not in {"bind", "npipe"} or not _leads_to_socket(path, mount):
            continue
        told = f"`{service.name}` mounts `{path}`"
        if is_proxy:
            told += (
                ", and lets orders through that write" if is_open else ", and lets reads through"
            )
        cut = "Set `POST: 0`." if is_proxy else f"Take the mount of `{path}` out. {_LESS}"
        own = service_id(service.name)
        yield Edge(own, SOCKET, Means.HOLDS, told, mount.place, cut, Cost.LINE, is_open)
        return


def _leads_to_socket(path: str, mount: Mount) -> bool:
    whole = path == "/" and mount.read_only  # writable, it is the host by itself
    return whole or is_engine_socket(path) or holds_engine_socket(path)


def _lets_write(service: Workload) -> bool:
    """Whether a socket proxy is told to pass on orders: POST=1, as its manual has it."""
    values = {variable.name: variable.value.value for variable in service.environment}
    return (values.get("POST") or "0").lower() not in {"0", "false", ""}


def _privileged(service: Workload) -> Edge:
    place = service.privileged.place if service.privileged is not None else service.place
    what = "runs privileged: every capability and every device of the host"
    cut = "Take `privileged: true` out, and name the device or capability that it needs."
    return _takes(service, what, place, cut)


def _capabilities(service: Workload) -> Iterator[Edge]:
    pid = service.namespaces.pid
    for cell in service.capabilities_added:
        name = cell.value or ""
        known = CAPABILITIES.get(name)
        on_processes = name == "SYS_PTRACE" and pid is not None and pid.value == HOST
        if known is not None and (known.reach is Reach.HOST or on_processes):
            cut = f"Take {name} out of `cap_add`."
            yield _takes(service, f"has {name}: it can {known.allows}", cell.place, cut)


def _devices(service: Workload) -> Iterator[Edge]:
    for device in service.devices:
        if is_disk(device.host):
            cut = f"Take `{device.host}` out of `devices`."
            yield _takes(service, f"has the device `{device.host}`", device.place, cut)


def _paths(service: Workload) -> Iterator[Edge]:
    for mount in service.mounts:
        path = normal(mount.source)
        if mount.type != "bind" or _leads_to_socket(path, mount):
            continue
        if is_control(path) and not mount.read_only:
            cut = f"Mount only what it needs, or read-only: `{path}:{mount.target}:ro`."
            yield _takes(service, f"can write `{path}` of the host", mount.place, cut)
        elif is_credential(path):
            cut = "Give it a key of its own, as a secret."
            yield _sees(service, f"has the credentials in `{path}`", mount.place, cut)
        elif is_telling(path):
            cut = "Mount only the files that it reads."
            yield _sees(service, f"can read `{path}` of the host", mount.place, cut)


def _namespaces(service: Workload) -> Iterator[Edge]:
    for name, cell in (("pid", service.namespaces.pid), ("ipc", service.namespaces.ipc)):
        if cell is not None and cell.value == HOST:
            what = "sees the host's processes" if name == "pid" else "shares the host's memory"
            yield _sees(service, what, cell.place, f"Take `{name}: host` out.")
