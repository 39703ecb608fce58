"""Ways through the graph: from outside to a data store or to the host, and what cuts them.

Each search passes every edge once at most, so a project of hundreds of services stays fast.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from seawall.core.model import Severity
from seawall.graph.grants import SOCKET
from seawall.graph.model import Cost, Edge, Graph, Kind, Means, Node
from seawall.graph.networking import HOST, INTERNET
from seawall.graph.roles import Role

MAX_PATHS = 50
"""Most paths that are told of one project, worst first."""
_CANDIDATES = 3
"""Cuts that are tried for one path, cheapest first."""


class Cut(Struct, frozen=True):
    """What to write; `is_enough` is whether no other way is left then."""

    edge: Edge
    is_enough: bool


class Way(Struct, frozen=True):
    """A way from outside to a target, edge by edge.

    `taken` are the services that an intruder must take over on it, in order; the target is none.
    """

    edges: tuple[Edge, ...]
    taken: tuple[str, ...]

    @property
    def target(self) -> str:
        """The id of the node that it leads to."""
        return self.edges[-1].target

    @property
    def severity(self) -> Severity:
        """The worse, the fewer services stand in the way; the host is worse than a data store."""
        worst = 0 if self.target == HOST else 2
        return tuple(Severity)[min(worst + max(len(self.taken) - 1, 0), 3)]


def attack_paths(graph: Graph) -> tuple[Way, ...]:
    """The shortest way to the host over each service that has one, and to each data store.

    Worst first, and of those the shortest; at most `MAX_PATHS`.
    """
    tree = shortest(graph)
    found = [*_to_host(graph, tree), *_to_stores(graph, tree)]
    return tuple(sorted(found, key=_rank)[:MAX_PATHS])


def host_paths(graph: Graph) -> tuple[Way, ...]:
    """Those of them that lead to the host, in the order of the services."""
    if not any(edge.is_open and edge.target == HOST for edge in graph.edges):
        return ()
    return tuple(_to_host(graph, shortest(graph)))


def ways_to(graph: Graph, target: str) -> tuple[Way, ...]:
    """The shortest way to a node from each service that is open to the outside."""
    following = _following(graph, target)
    found: dict[str, Way] = {}
    for edge in graph.outgoing.get(INTERNET, ()):
        if edge.target in following or edge.target == target:
            found.setdefault(edge.target, _path(graph, (edge, *_onward(following, edge, target))))
    return tuple(sorted(found.values(), key=_rank))


def shortest(graph: Graph, without: Collection[int] = ()) -> Mapping[str, Edge]:
    """For each node that can be reached from outside, the last edge of the shortest way to it.

    `without` are edges, by `id()`, that are taken to be cut.
    """
    arrived: dict[str, Edge] = {}
    distance, queue = {INTERNET: 0}, deque([INTERNET])
    while queue:
        node = queue.popleft()
        step = _step(graph, node)
        for edge in graph.outgoing.get(node, ()):
            if id(edge) in without:
                continue
            if distance[node] + step < distance.get(edge.target, len(graph.nodes) + 1):
                distance[edge.target] = distance[node] + step
                arrived[edge.target] = edge
                (queue.append if _step(graph, edge.target) else queue.appendleft)(edge.target)
    return arrived


def cheapest_cut(graph: Graph, way: Way) -> Cut | None:
    """The cheapest edit that closes the way; None where all of it is needed.

    `is_enough` says that nothing else then leads to the target: to the host, over that service.
    """
    others = _other_grants(graph, way)
    candidates = sorted(_cuts(graph, way), key=lambda pair: pair[0])[:_CANDIDATES]
    for _, edge in candidates:
        if way.target not in shortest(graph, others | {id(edge)}):
            return Cut(edge, is_enough=True)
    return Cut(candidates[0][1], is_enough=False) if candidates else None


def _cuts(graph: Graph, way: Way) -> Iterator[tuple[int, Edge]]:
    """What can be cut of a way, with what it costs: not the step from a service to one it uses."""
    before: Node | None = None
    for edge in way.edges:
        source = graph.nodes[edge.source]
        before = source if source.kind is Kind.SERVICE else before
        is_needed = edge.cost is Cost.NEED or (
            source.kind is Kind.NETWORK and before is not None and uses(graph, before, edge.target)
        )
        if edge.cut and not is_needed:
            yield edge.cost.value, edge


def uses(graph: Graph, service: Node, other: str) -> bool:
    """Whether a service is there to talk to another one: it says so, or is a proxy before it."""
    is_proxy = service.role is Role.PROXY and graph.nodes[other].role is not Role.STORE
    return is_proxy or service.name in graph.callers.get(other, ())


def _other_grants(graph: Graph, way: Way) -> frozenset[int]:
    """The ways of other services to the host, where that is the target."""
    if way.target != HOST:
        return frozenset()
    last = f"service {way.taken[-1]}"
    grants = (edge for edge in graph.edges if edge.target in {HOST, SOCKET})
    return frozenset(id(edge) for edge in grants if edge.source not in {last, SOCKET})


def _step(graph: Graph, node: str) -> int:
    """A service has to be taken over before it is of use; nothing else has to."""
    return 1 if graph.nodes[node].kind is Kind.SERVICE else 0


def _following(graph: Graph, target: str) -> Mapping[str, Edge]:
    """For each node that reaches the target, the first edge of the shortest way."""
    found: dict[str, Edge] = {}
    distance, queue = {target: 0}, deque([target])
    while queue:
        node = queue.popleft()
        for edge in graph.incoming.get(node, ()):
            further = distance[node] + _step(graph, edge.source)
            if further < distance.get(edge.source, len(graph.nodes) + 1):
                distance[edge.source] = further
                found[edge.source] = edge
                (queue.append if _step(graph, edge.source) else queue.appendleft)(edge.source)
    return found


def _onward(following: Mapping[str, Edge], edge: Edge, target: str) -> Iterator[Edge]:
    while edge.target != target:
        edge = following[edge.target]
        yield edge


def _way(tree: Mapping[str, Edge], target: str) -> tuple[Edge, ...]:
    """The edges from outside to a node that can be reached."""
    edges: list[Edge] = []
    while target != INTERNET:
        edges.append(tree[target])
        target = edges[-1].source
    return tuple(reversed(edges))


def _path(graph: Graph, edges: tuple[Edge, ...]) -> Way:
    sources = (graph.nodes[edge.source] for edge in edges)
    return Way(edges, tuple(node.name for node in sources if node.kind is Kind.SERVICE))


def _to_host(graph: Graph, tree: Mapping[str, Edge]) -> Iterator[Way]:
    """One way for each service whose fall is the host's, by the first thing that makes it so."""
    onward = {edge.source: edge for edge in graph.edges_of(Means.TAKES) if edge.is_open}
    for service in graph.services:
        if service.id not in tree:
            continue
        for edge in graph.outgoing.get(service.id, ()):
            if edge.target == HOST:
                yield _path(graph, (*_way(tree, service.id), edge))
                break
            if graph.nodes[edge.target].kind is Kind.SOCKET:
                yield _path(graph, (*_way(tree, service.id), edge, onward[edge.target]))
                break


def _to_stores(graph: Graph, tree: Mapping[str, Edge]) -> Iterator[Way]:
    for service in graph.services:
        if service.role is Role.STORE and service.id in tree:
            yield _path(graph, _way(tree, service.id))


def _rank(path: Way) -> tuple[int, int, int]:
    return path.severity.rank, len(path.taken), len(path.edges)
