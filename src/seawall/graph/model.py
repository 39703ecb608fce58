"""Nodes and edges of a project, each edge with what it rests on and what would cut it."""

from __future__ import annotations

from enum import Enum
from functools import cached_property

from msgspec import Struct

from seawall.graph.roles import Role
from seawall.surfaces.cell import Place
from seawall.surfaces.workload import Workload


class Kind(Enum):
    """What a node is."""

    INTERNET = "internet"
    HOST = "host"
    SERVICE = "service"
    NETWORK = "network"
    VOLUME = "volume"
    SECRET = "secret"  # noqa: S105 -- a kind of node
    SOCKET = "socket"


class Means(Enum):
    """How one node gets to another."""

    PUBLISHED = "published"  # from outside to a service
    LOOPBACK = "loopback"  # from the host to a service: published on 127.0.0.1
    JOINS = "joins"  # a service and a network, both ways
    MOUNTS = "mounts"  # a service and a volume
    HOLDS = "holds"  # a service and a secret, or a socket
    TAKES = "takes"  # to the host, as its root
    SEES = "sees"  # a part of the host, which is not control of it
    CALLS = "calls"  # what a service says that it uses: no way of its own


class Cost(Enum):
    """What a cut asks of the people who run the project, least first."""

    LINE = 1  # take out or change one line
    SPLIT = 2  # split a network, or put a proxy between
    NEED = 3  # give up what the service is there for
    NONE = 9  # there is nothing to cut


class Node(Struct, frozen=True):
    """A thing of the project: `id` is its kind and name, unique in its graph."""

    id: str
    kind: Kind
    name: str
    place: Place | None = None
    role: Role | None = None
    """Of a service."""
    is_internal: bool = False
    """Of a network that has no way out."""


class Edge(Struct, frozen=True):
    """A way from one node to the next.

    `what` says on what it rests, `place` where that is written, and `cut` what to write so that
    the way is gone. `is_open` is whether an intruder can go this way: other edges are only drawn.
    """

    source: str
    target: str
    means: Means
    what: str
    place: Place | None = None
    cut: str = ""
    cost: Cost = Cost.NONE
    is_open: bool = True


class Graph(Struct, frozen=True, dict=True):
    """A project's nodes by id, in the order of its files, and the edges between them."""

    name: str
    nodes: dict[str, Node]
    edges: tuple[Edge, ...]
    workloads: dict[str, Workload]
    """Of the services, by their nodes' ids."""

    @cached_property
    def outgoing(self) -> dict[str, list[Edge]]:
        """The open edges of each node that has any."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            if edge.is_open:
                found.setdefault(edge.source, []).append(edge)
        return found

    @cached_property
    def incoming(self) -> dict[str, list[Edge]]:
        """The open edges to each node that has any."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            if edge.is_open:
                found.setdefault(edge.target, []).append(edge)
        return found

    @cached_property
    def services(self) -> tuple[Node, ...]:
        """The services, in the order of the files."""
        return tuple(node for node in self.nodes.values() if node.kind is Kind.SERVICE)

    @cached_property
    def callers(self) -> dict[str, tuple[str, ...]]:
        """The names of the services that use each node, as far as the project tells."""
        found: dict[str, tuple[str, ...]] = {}
        for edge in self.edges_of(Means.CALLS):
            name = self.nodes[edge.source].name
            found[edge.target] = (*found.get(edge.target, ()), name)
        return found

    @cached_property
    def entries(self) -> frozenset[str]:
        """The names of the services that other machines reach directly."""
        return frozenset(
            self.nodes[edge.target].name for edge in self.edges_of(Means.PUBLISHED) if edge.is_open
        )

    def members(self, network: str) -> tuple[Node, ...]:
        """The services that can talk to each other over a network, in the order of the files."""
        joined = {edge.source for edge in self.incoming.get(network, ())}
        return tuple(service for service in self.services if service.id in joined)

    def edges_of(self, means: Means) -> tuple[Edge, ...]:
        """The edges of one kind."""
        return tuple(edge for edge in self.edges if edge.means is means)
