"""Networks that data stores are on, and who else is there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from seawall.graph.build import graph_of
from seawall.graph.model import Edge, Graph, Kind, Means, Node
from seawall.graph.networking import BRIDGE, HOST_NETWORK
from seawall.graph.paths import ways_to
from seawall.graph.roles import Role
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.model import Network, Project


class Segment:
    """A network with data stores on it.

    `stores` are those, `others` the rest of its members; `entries` are the others that other
    machines reach directly. `publishing` are the members that publish ports. `defined` is what
    the project says of the network, None of the one that Compose makes by itself.
    """

    def __init__(self, project: Project, graph: Graph, network: Node) -> None:
        self.project = project
        self.network = network
        self.defined: Network | None = project.networks.get(network.name)
        self._graph = graph
        members = graph.members(network.id)
        self.stores = tuple(node for node in members if node.role is Role.STORE)
        self.others = tuple(node for node in members if node.role is not Role.STORE)
        self.entries = tuple(node for node in self.others if node.name in graph.entries)
        self.publishing = tuple(node for node in members if graph.workloads[node.id].ports)

    @cached_property
    def ways_in(self) -> dict[str, Edge]:
        """The first edge from outside to each service that has one."""
        found: dict[str, Edge] = {}
        for edge in self._graph.edges_of(Means.PUBLISHED):
            if edge.is_open:
                found.setdefault(self._graph.nodes[edge.target].name, edge)
        return found

    def callers(self, store: Node) -> tuple[str, ...]:
        """The names of the services that say that they use a store."""
        return self._graph.callers.get(store.id, ())

    def needless(self, *, certain: bool) -> dict[str, tuple[Node, ...]]:
        """The entries, by name, with the stores that each does not use.

        Certain of a store that another service says it uses, and of a proxy; uncertain where
        nothing tells. Nobody is accused where no other service could be the user.
        """
        if len(self.others) < 2:
            return {}
        found = {
            entry.name: tuple(
                store for store in self.stores if self._is_needless(entry, store) is certain
            )
            for entry in self.entries
        }
        return {name: stores for name, stores in found.items() if stores}

    def _is_needless(self, entry: Node, store: Node) -> bool | None:
        """Whether that is certain; None where the entry says that it uses the store."""
        callers = self.callers(store)
        if entry.name in callers:
            return None
        return bool(callers) or entry.role is Role.PROXY

    def place(self, store: Node) -> Place:
        """Where a member joins the network."""
        workload = self._graph.workloads[store.id]
        uses = (use.place for use in workload.networks if use.name == self.network.name)
        return next(uses, workload.place)

    def has_ports(self, stores: tuple[Node, ...]) -> bool:
        """Whether any of them publishes a port."""
        return any(self._graph.workloads[store.id].ports for store in stores)

    def stranded(self) -> dict[str, Node]:
        """The members, stores left out, that have no other way to the internet."""
        return {node.name: node for node in self.others if not self._has_other_way(node)}

    def _has_other_way(self, member: Node) -> bool:
        edges = self._graph.outgoing.get(member.id, ())
        networks = (self._graph.nodes[edge.target] for edge in edges)
        return any(
            node.kind is Kind.NETWORK and node.id != self.network.id and not node.is_internal
            for node in networks
        )

    def nearest(self, store: Node) -> tuple[str, ...]:
        """The services on the shortest way from outside to a store; none where there is no way."""
        ways = ways_to(self._graph, store.id)
        return ways[0].taken if ways else ()


def segments_of(project: Project) -> Iterator[Segment]:
    """Each network of the project's own that has a store and someone else on it."""
    graph = graph_of(project)
    if not any(service.role is Role.STORE for service in graph.services):
        return
    for node in graph.nodes.values():
        if node.kind is Kind.NETWORK and node.id not in {HOST_NETWORK, BRIDGE}:
            segment = Segment(project, graph, node)
            is_external = segment.defined is not None and segment.defined.is_external
            if segment.stores and segment.others and not is_external:
                yield segment
