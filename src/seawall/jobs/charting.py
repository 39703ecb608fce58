"""Makes of a project's graph what reports draw of it."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.diagram import Box, Diagram, Line, Route, Step
from seawall.graph.build import graph_of
from seawall.graph.grants import SOCKET
from seawall.graph.model import Edge, Graph, Kind, Means, Node
from seawall.graph.networking import HOST
from seawall.graph.paths import Way, attack_paths, cheapest_cut
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.model import Project

_DETAILS = {Kind.NETWORK: "network", Kind.VOLUME: "shared volume"}
_MOST = 12
"""Routes that are told in words: the worst come first."""


def diagram_of(project: Project) -> Diagram | None:
    """What to draw of a project; None where it has no services."""
    if not project.services or not project.sources:
        return None
    graph = graph_of(project)
    ways = attack_paths(graph)[:_MOST]
    lines = tuple(_lines(graph, ways))
    joined = {end for line in lines for end in (line.source, line.target)}
    boxes = tuple(
        _box(node, graph)
        for node in graph.nodes.values()
        if node.id in joined or node.kind is Kind.SERVICE
    )
    routes = tuple(_route(graph, way) for way in ways)
    return Diagram(project.name, project.sources[0].path, boxes, lines, routes)


def _box(node: Node, graph: Graph) -> Box:
    detail = _DETAILS.get(node.kind, "")
    if node.role is not None:
        detail = ", ".join((node.role.value, *_grants(node, graph)))
    elif node.is_internal:
        detail += ", internal"
    return Box(node.id, node.name, node.kind.value, detail, _where(node.place))


def _grants(node: Node, graph: Graph) -> tuple[str, ...]:
    """In a word, what makes its fall the host's."""
    workload = graph.workloads[node.id]
    targets = {edge.target for edge in graph.outgoing.get(node.id, ())}
    if SOCKET in targets:
        return ("engine's socket",)
    if HOST not in targets:
        return ()
    is_privileged = workload.privileged is not None and workload.privileged.value
    return ("privileged",) if is_privileged else ("host rights",)


def _where(place: Place | None) -> str:
    return "" if place is None else f"{place.source.path}:{place.line}"


def _lines(graph: Graph, ways: tuple[Way, ...]) -> Iterator[Line]:
    """The ways that are open, each once: a network's members once, though it goes both ways."""
    attacked = {_pair(edge) for way in ways for edge in way.edges}
    seen: set[frozenset[str]] = set()
    for edge in graph.edges:
        pair = _pair(edge)
        if edge.is_open and pair not in seen and _is_drawn(edge, graph):
            seen.add(pair)
            is_two_way = edge.means in {Means.JOINS, Means.MOUNTS}
            target = HOST if edge.target == SOCKET else edge.target
            yield Line(edge.source, target, edge.what, pair in attacked, not is_two_way)


def _is_drawn(edge: Edge, graph: Graph) -> bool:
    """Not what only repeats the line before, nor volumes that lead to no store's data."""
    is_dead_end = graph.nodes[edge.target].kind is Kind.VOLUME and edge.target not in graph.outgoing
    return edge.source != SOCKET and not is_dead_end


def _pair(edge: Edge) -> frozenset[str]:
    """What it joins; the socket is drawn as the host that it gives away."""
    return frozenset((edge.source, HOST if edge.target == SOCKET else edge.target))


def _route(graph: Graph, way: Way) -> Route:
    cut = cheapest_cut(graph, way)
    target = graph.nodes[way.target].name
    goal = "root on the host" if way.target == HOST else f"the data store {target}"
    return Route(
        f"{' → '.join(('outside', *way.taken))} → {goal}",
        way.target,
        way.severity,
        way.taken,
        tuple(Step(edge.what, _where(edge.place)) for edge in way.edges),
        cut.edge.cut if cut is not None else "",
        cut is not None and cut.is_enough,
    )
