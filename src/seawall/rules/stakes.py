"""What is at stake when a container is taken over: who can reach it, and what it then gives."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Evidence
from seawall.surfaces.compose.model import Project
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Mount, Port, Workload

STORES = (
    "postgres",
    "postgis",
    "timescale",
    "pgvector",
    "mysql",
    "mariadb",
    "percona",
    "mongo",
    "redis",
    "valkey",
    "elasticsearch",
    "opensearch",
    "cassandra",
    "couchdb",
    "clickhouse",
    "influxdb",
    "minio",
    "rabbitmq",
    "neo4j",
    "vault",
    "etcd",
)
"""Names of images, or parts of them, that hold other programs' data or secrets."""

SOCKETS = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock")
_TOOLS = Expression(
    r"export|express|command|admin|insight|backup|dump|client|proxy|manage|web|ui\b"
)
_PROXIED = Expression(r"traefik\.enable\Z|traefik\.https?\.routers\.|caddy(?:_\d+)?\Z")
_LOOPBACK = ("127.", "::1", "localhost", "[::1]")


def is_open(port: Port) -> bool:
    """Whether a published port can be reached from other machines, as far as can be told."""
    return port.is_host_ip_known and not port.host_ip.startswith(_LOOPBACK)


def _is_on_host_network(workload: Workload) -> bool:
    network = workload.namespaces.network
    return network is not None and network.value == "host"


def stakes(workload: Workload) -> tuple[Evidence, ...]:
    """Every reason why a fault of this container weighs in full, each with its line.

    Empty where no other machine reaches it, it has no part of the host, and holds no data.
    """
    return (*reach(workload), *_host(workload), *_data(workload))


def powerful_by_network(project: Project) -> dict[str, list[Workload]]:
    """Of each network, two services at most through which one comes to the host: whoever asks may
    be the one."""
    found: dict[str, list[Workload]] = {}
    for workload in project.services:
        if any(_host(workload)):
            for use in workload.networks:
                powerful = found.setdefault(use.name, [])
                if len(powerful) < 2:
                    powerful.append(workload)
    return found


def neighbour(workload: Workload, powerful: dict[str, list[Workload]]) -> tuple[Evidence, ...]:
    """The first of them that a service shares a network with; `powerful_by_network` finds them."""
    for use in workload.networks:
        for other in powerful.get(use.name, ()):
            if other.name != workload.name:
                what = f"its neighbour `{other.name}` has a part of the host"
                return (Evidence(what, other.place.line),)
    return ()


def reach(workload: Workload) -> tuple[Evidence, ...]:
    """How other machines reach the container, if they do: a port, a proxy or the host's network."""
    return tuple(_ways_in(workload))[:1]


def _ways_in(workload: Workload) -> Iterator[Evidence]:
    for port in workload.ports:
        if is_open(port):
            what = f"other machines reach it: {_number(port)} is published"
            yield Evidence(what, port.place.line)
    for label in workload.labels:
        if _PROXIED.match(label.name) and label.value.value not in {"", "false"}:
            yield Evidence("other machines reach it: a label tells the proxy", label.key.line)
    for variable in workload.environment:
        if variable.name == "VIRTUAL_HOST":
            yield Evidence("other machines reach it: VIRTUAL_HOST tells the proxy")
    if _is_on_host_network(workload):
        yield Evidence("other machines reach it: it is on the host's network")


def _number(port: Port) -> str:
    """The port of the host, as far as it is written: a variable may hold it."""
    if port.host_first is not None:
        return str(port.host_first)
    written = port.place.source.text[port.start : port.end]
    return "a port that a variable holds" if "$" in written else "a free port"


def _host(workload: Workload) -> Iterator[Evidence]:
    if workload.privileged is not None and workload.privileged.value:
        yield Evidence("it is privileged", workload.privileged.place.line)
    for mount in workload.mounts:
        if mount.source.endswith(SOCKETS):
            yield Evidence("it holds the socket of the container engine", mount.place.line)


def _data(workload: Workload) -> Iterator[Evidence]:
    store = data_store(workload)
    if store:
        yield Evidence(f"it holds data: `{store}`")
        return
    for mount in workload.mounts:
        if holds_data(mount):
            yield Evidence(f"it holds data: the volume `{mount.source}`", mount.place.line)
            return


def holds_data(mount: Mount) -> bool:
    """Whether a mount is a named volume that the container can write to."""
    return mount.type == "volume" and bool(mount.source) and not mount.read_only


def data_store(workload: Workload) -> str:
    """The name of the image where it is a store of other programs' data; else empty."""
    text = workload.image.value if workload.image is not None else None
    reference = parse_reference(text or "")
    if reference is None:
        return ""
    last = reference.path.rpartition("/")[2]
    is_store = last.startswith(STORES) and _TOOLS.search(last) is None
    return reference.name if is_store else ""
