"""Who can talk to whom: published ports, networks, and services that share a network stack."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.graph.model import Cost, Edge, Kind, Means, Node
from seawall.graph.roles import Role, role_of
from seawall.surfaces.cell import Cell, Place
from seawall.surfaces.compose.model import Network, Project
from seawall.surfaces.workload import Port, Workload

INTERNET = "internet"
HOST = "host"
HOST_NETWORK = "network host"
BRIDGE = "network bridge"

_LOOPBACK = ("127.", "::1", "localhost")
_BINDING = "com.docker.network.bridge.host_binding_ipv4"
_BETWEEN = "com.docker.network.bridge.enable_icc"
_FALSE = frozenset({"false", "0", "f"})


class Stack(Struct, frozen=True):
    """The network stack that a service runs in: `owner` is the service whose networks it has.

    None where it is the host's, the default bridge's, nobody's, or can't be told: `mode` says.
    `place` is where that is written.
    """

    owner: Workload | None
    mode: str = ""
    place: Place | None = None


def service_id(name: str) -> str:
    """The id of a service's node."""
    return f"service {name}"


def network_id(key: str, project: Project) -> str:
    """The id of a network's node: two keys of one real name are one network."""
    network = project.networks.get(key)
    name = network.name.value if network is not None and network.name is not None else None
    if network is not None and network.is_external and (name or key) == HOST:
        return HOST_NETWORK
    return f"network {name or key}"


def stack_of(service: Workload, project: Project) -> Stack:
    """The network stack of a service, through any number of `network_mode: service:x`."""
    seen = {service.name}
    current, place = service, None
    while True:
        cell = current.namespaces.network
        if cell is None:
            return Stack(current, "", place)
        place = place or cell.place
        kind, _, name = (cell.value or "").partition(":")
        other = project.service(name) if kind == "service" else None
        if other is None or other.name in seen:
            return Stack(None, kind if cell.is_known else "?", place)
        seen.add(other.name)
        current = other


class Networking:
    """The networks of one project as nodes and edges."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._stacks = {service.name: stack_of(service, project) for service in project.services}

    def nodes(self) -> Iterator[Node]:
        """Each network that a service joins."""
        for service in self._project.services:
            for key, place in self._joined(service):
                network = self._project.networks.get(key)
                found = network_id(key, self._project)
                yield Node(
                    found,
                    Kind.NETWORK,
                    _called(found, key),
                    place if network is None else network.place,
                    is_internal=network is not None and network.is_internal,
                )

    def edges(self) -> Iterator[Edge]:
        """Every way over a network, and what is published to the outside."""
        for service in self._project.services:
            yield from self._ways_in(service)
            yield from self._memberships(service)

    def _joined(self, service: Workload) -> Iterator[tuple[str, Place]]:
        """The keys of the networks that it is on, each with where that is written."""
        stack = self._stacks[service.name]
        if stack.owner is not None:
            for use in stack.owner.networks:
                yield use.name, stack.place or use.place
        elif stack.mode in {HOST, "bridge", "default"}:
            name = HOST if stack.mode == HOST else "bridge"
            yield name, stack.place or service.place

    def _id(self, key: str, service: Workload) -> str:
        if self._stacks[service.name].owner is None:
            return f"network {key}"
        return network_id(key, self._project)

    def _memberships(self, service: Workload) -> Iterator[Edge]:
        own = service_id(service.name)
        for key, place in self._joined(service):
            network = self._id(key, service)
            if network == HOST_NETWORK:
                yield from self._on_host(service, place)
                continue
            told = f"`{service.name}` is on the network `{key}`"
            is_open = self._passes(key)
            yield Edge(own, network, Means.JOINS, told, place, is_open=is_open)
            cut = (
                f"Take `{service.name}` off the network `{key}`: put it on one that only the "
                "services which use it are on."
            )
            yield Edge(network, own, Means.JOINS, told, place, cut, Cost.SPLIT, is_open)

    def _passes(self, key: str) -> bool:
        """Whether the members of a network can talk to each other."""
        network = self._project.networks.get(key)
        return network is None or _text(network, _BETWEEN) not in _FALSE

    def _on_host(self, service: Workload, place: Place) -> Iterator[Edge]:
        told = f"`{service.name}` is on the host's network"
        cut = "Take the host's network away and publish the ports that must be reached."
        own = service_id(service.name)
        yield Edge(own, HOST_NETWORK, Means.JOINS, told, place, cut, Cost.LINE)
        opened = f"{told}: every port that it opens is open on every address of the host"
        yield Edge(INTERNET, own, Means.PUBLISHED, opened, place, cut, Cost.LINE)

    def _ways_in(self, service: Workload) -> Iterator[Edge]:
        stack = self._stacks[service.name]
        owner = stack.owner or (service if stack.mode in {"bridge", "default"} else None)
        if owner is None or self._is_closed(owner):
            return
        target = service_id(service.name)
        shares = "" if owner is service else f", whose network stack `{service.name}` shares"
        for port in owner.ports:
            told, cut = f"`{owner.name}` publishes {_shown(port)}{shares}", _local(port)
            if self._is_local(port, owner):
                told += " on the host's loopback address only"
                yield Edge(HOST_NETWORK, target, Means.LOOPBACK, told, port.place)
                continue
            yield Edge(HOST_NETWORK, target, Means.LOOPBACK, told, port.place, cut)
            is_needed = role_of(service) not in {Role.STORE, Role.ADMINISTRATION}
            cost = Cost.NEED if is_needed else Cost.LINE
            if not port.is_host_ip_known:
                told += " on an address that a variable decides"
            yield Edge(
                INTERNET,
                target,
                Means.PUBLISHED,
                told,
                port.place,
                cut,
                cost,
                port.is_host_ip_known,
            )

    def _networks(self, service: Workload) -> list[Network | None]:
        return [self._project.networks.get(use.name) for use in service.networks]

    def _is_closed(self, service: Workload) -> bool:
        """Whether it is on internal networks only, which publish nothing."""
        networks = self._networks(service)
        return bool(networks) and all(net is not None and net.is_internal for net in networks)

    def _is_local(self, port: Port, service: Workload) -> bool:
        if port.host_ip:
            return port.host_ip.strip("[]").startswith(_LOOPBACK)
        networks = [net for net in self._networks(service) if net is None or not net.is_internal]
        return bool(networks) and all(
            net is not None and _text(net, _BINDING).startswith(_LOOPBACK) for net in networks
        )


def _text(network: Network, option: str) -> str:
    cell: Cell[str] | None = network.options.get(option)
    return (cell.value or "").lower() if cell is not None else ""


def _numbers(first: int, last: int | None) -> str:
    return str(first) if last in {None, first} else f"{first}-{last}"


def _shown(port: Port) -> str:
    """How a publication is told: by the port of the host where it is known."""
    protocol = "" if port.protocol == "tcp" else f"/{port.protocol}"
    if port.host_first is None:
        return f"its port {_numbers(port.container_first, port.container_last)}{protocol}"
    address = f"{port.host_ip}:" if port.host_ip else ""
    return f"port {address}{_numbers(port.host_first, port.host_last)}{protocol}"


def _local(port: Port) -> str:
    """What to write so that only the host itself reaches the port."""
    inner = _numbers(port.container_first, port.container_last)
    outer = "" if port.host_first is None else _numbers(port.host_first, port.host_last)
    protocol = "" if port.protocol == "tcp" else f"/{port.protocol}"
    return f'Publish it to the host alone: `"127.0.0.1:{outer}:{inner}{protocol}"`.'


def _called(network: str, key: str) -> str:
    """How people call a network: the two of Docker's own by what they are."""
    return {HOST_NETWORK: "host's network", BRIDGE: "default bridge"}.get(network, key)
