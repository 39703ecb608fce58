"""Ways from outside through a project's services to the host that they run on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seawall.core.model import Confidence, Evidence, Hit, Located
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.practices import ISOLATED_FROM_HOST
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.model import Project

if TYPE_CHECKING:
    from seawall.graph.model import Edge, Graph
    from seawall.graph.paths import Way

_LONGEST = 2
"""Most services that must fall for a way to be a finding: longer ones are only drawn."""


def _attack_paths(project: Project, _: Settings) -> Iterator[Hit]:
    from seawall.graph.build import graph_of  # noqa: PLC0415 -- only projects have graphs
    from seawall.graph.paths import host_paths  # noqa: PLC0415 -- same

    graph = graph_of(project)
    for way in host_paths(graph):
        if len(way.taken) <= _LONGEST:
            yield _hit(graph, way)


def _hit(graph: Graph, way: Way) -> Hit:
    first, last = way.taken[0], way.taken[-1]
    onward = f", and from there `{last}`" if last != first else ""
    at = _placed(way)
    return Hit(
        at,
        f"whoever takes over `{first}`, which other machines reach{onward}, is root on the host",
        f"service {last}/attack path",
        label="on to the host",
        remedy=_remedy(graph, way),
        weaker="" if first == last else f"both {' and '.join(map(_code, way.taken))} must fall",
        evidence=tuple(_hops(way, at)),
    )


def _code(name: str) -> str:
    return f"`{name}`"


def _placed(way: Way) -> Place:
    """Where the last step that is written somewhere stands: there the host is given away."""
    places = [edge.place for edge in way.edges if edge.place is not None]
    return places[-1]


def _hops(way: Way, at: Place) -> Iterator[Evidence]:
    for edge in way.edges:
        yield _hop(edge, at)


def _hop(edge: Edge, at: Located) -> Evidence:
    """A step with its line; with its file, too, where that is another one."""
    place = edge.place
    if place is None:
        return Evidence(edge.what)
    if isinstance(at, Place) and place.source is not at.source:
        return Evidence(f"{edge.what} ({place.source.path}:{place.line})")
    return Evidence(edge.what, place.line)


def _remedy(graph: Graph, way: Way) -> str:
    from seawall.graph.paths import cheapest_cut  # noqa: PLC0415 -- only projects have graphs

    cut = cheapest_cut(graph, way)
    told = "" if cut is None else cut.edge.cut
    return told if cut is None or cut.is_enough else f"{told} It closes one of several ways."


def _project(*services: str, tail: str = "") -> str:
    return "services:\n" + "".join(services) + tail


def _service(name: str, *lines: str) -> str:
    body = "".join(f"    {line}\n" for line in ("image: acme/app:1.4.2", *lines))
    return f"  {name}:\n{body}"


_PUBLISHED = 'ports: ["8080:8080"]'
_SOCKET = "volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]"

RULES = (
    Rule(
        id="attack-path",
        title="A way from outside to the host",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Project: _attack_paths},
        bad=(
            _project(_service("web", _PUBLISHED, _SOCKET)),
            _project(_service("web", _PUBLISHED, "privileged: true")),
            _project(_service("web", _PUBLISHED), _service("agent", "volumes: [/:/host]")),
            _project(_service("web", "network_mode: host", "cap_add: [SYS_ADMIN]")),
            _project(
                _service("vpn", _PUBLISHED),
                _service("web", "network_mode: service:vpn", "devices: [/dev/sda]"),
            ),
            _project(
                _service("web", _PUBLISHED, "network_mode: bridge"),
                _service("agent", "network_mode: bridge", "use_api_socket: true"),
            ),
            _project(
                _service("web", _PUBLISHED),
                "  proxy:\n    image: tecnativa/docker-socket-proxy:0.3.0\n"
                f"    environment: {{CONTAINERS: 1, POST: 1}}\n    {_SOCKET}\n",
            ),
        ),
        good=(
            _project(_service("web", _PUBLISHED), _service("agent", "pid: host")),
            _project(_service("web", 'ports: ["127.0.0.1:8080:8080"]', _SOCKET)),
            _project(_service("web", _SOCKET)),
            _project(_service("web", _PUBLISHED, "volumes: [/etc:/host/etc:ro]")),
            _project(
                _service("web", _PUBLISHED, "networks: [public]"),
                _service("agent", "privileged: true", "networks: [own]"),
                tail="networks: {public: {}, own: {}}\n",
            ),
            _project(
                _service("web", _PUBLISHED),
                "  proxy:\n    image: tecnativa/docker-socket-proxy:0.3.0\n"
                f"    environment: {{CONTAINERS: 1}}\n    {_SOCKET}\n",
            ),
            _project(
                _service("web", _PUBLISHED, "networks: [inside]", _SOCKET),
                tail="networks: {inside: {internal: true}}\n",
            ),
        ),
        confidence=Confidence.MEDIUM,
        aliases=(),
        why=(
            "Each step is allowed by the project itself: one fault in the program that answers "
            "from outside is enough, and nothing else has to be broken to own the machine with "
            "everything on it."
        ),
        remedy="Cut the way at its cheapest step.",
        citations=(
            cis("5.5"),
            cis("5.32"),
            owasp("D03"),
            owasp("D04"),
            nist("4.4.3"),
            nist("4.5.5"),
            cwe(653),
            cwe(668),
        ),
    ),
)
