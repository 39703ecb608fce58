"""Makes the graph of a project."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.graph.data import Calls, Volumes, secret_edges, secret_nodes
from seawall.graph.grants import SOCKET, SOCKET_NODE, SOCKET_TAKES_HOST, grants_of
from seawall.graph.model import Edge, Graph, Kind, Node
from seawall.graph.networking import HOST, INTERNET, Networking, service_id
from seawall.graph.roles import role_of
from seawall.surfaces.compose.model import Project

_CACHE = "graph"


def graph_of(project: Project) -> Graph:
    """The project as a graph, made once for each project however often it is asked for."""
    known = project.__dict__.get(_CACHE)
    if not isinstance(known, Graph):
        known = project.__dict__[_CACHE] = _built(project)
    return known


def _built(project: Project) -> Graph:
    networking, volumes = Networking(project), Volumes(project)
    edges = (
        *networking.edges(),
        *(edge for service in project.services for edge in grants_of(service)),
        *volumes.edges(),
        *(edge for service in project.services for edge in secret_edges(service)),
        *Calls(project).edges(),
    )
    if any(edge.target == SOCKET for edge in edges):
        edges = (*edges, SOCKET_TAKES_HOST)
    nodes: dict[str, Node] = {}
    for node in _nodes(project, networking, volumes):
        nodes.setdefault(node.id, node)
    workloads = {service_id(service.name): service for service in project.services}
    return Graph(project.name, nodes, _known(edges, nodes), workloads)


def _nodes(project: Project, networking: Networking, volumes: Volumes) -> Iterator[Node]:
    yield Node(INTERNET, Kind.INTERNET, "outside")
    for service in project.services:
        yield Node(
            service_id(service.name),
            Kind.SERVICE,
            service.name,
            service.place,
            role_of(service),
        )
    yield from networking.nodes()
    yield from volumes.nodes()
    for service in project.services:
        yield from secret_nodes(service)
    yield SOCKET_NODE
    yield Node(HOST, Kind.HOST, "host")


def _known(edges: tuple[Edge, ...], nodes: dict[str, Node]) -> tuple[Edge, ...]:
    """The edges whose ends are there: nothing uses the host's network where no service is on it."""
    return tuple(edge for edge in edges if edge.source in nodes and edge.target in nodes)
