"""The graph of a project: who reaches what, on what that rests, and what cuts it."""

from __future__ import annotations

from time import process_time

import pytest

from seawall.core.model import Severity
from seawall.core.source import Source
from seawall.graph.build import graph_of
from seawall.graph.model import Edge, Graph, Kind, Means
from seawall.graph.networking import BRIDGE, HOST, HOST_NETWORK, INTERNET, stack_of
from seawall.graph.paths import (
    MAX_PATHS,
    Way,
    attack_paths,
    cheapest_cut,
    host_paths,
    shortest,
    ways_to,
)
from seawall.graph.roles import Role
from seawall.jobs.charting import diagram_of
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.dockerfile import read as read_dockerfile
from seawall.surfaces.workload import Build, Origin, Workload

TIERS = """\
services:
  frontend:
    image: nginx:1.27.5
    ports: ["80:80"]
    networks: [public]
  backend:
    image: acme/api:2
    environment: {DATABASE_URL: "postgres://app@database:5432/app"}
    networks: [public, private]
  database:
    image: postgres:16.4
    networks: [private]
networks:
  public:
  private:
    internal: true
"""


def project(text: str) -> Project:
    return read_texts({"compose.yaml": text})


def graph(text: str) -> Graph:
    return graph_of(project(text))


def service(*lines: str, name: str = "web", image: str = "acme/app:1") -> str:
    body = "".join(f"    {line}\n" for line in (f"image: {image}", *lines))
    return f"  {name}:\n{body}"


def services(*texts: str, tail: str = "") -> Graph:
    return graph("services:\n" + "".join(texts) + tail)


def entries(found: Graph) -> frozenset[str]:
    return found.entries


def to_host(found: Graph) -> list[tuple[str, ...]]:
    return [way.taken for way in host_paths(found)]


def only(found: Graph, means: Means) -> Edge:
    (edge,) = found.edges_of(means)
    return edge


# --- who is reached from outside


@pytest.mark.parametrize(
    "port", ["8080:80", "0.0.0.0:8080:80", "[::]:8080:80", "192.0.2.7:8080:80"]
)
def test_a_published_port_is_a_way_in(port: str) -> None:
    assert entries(services(service(f'ports: ["{port}"]'))) == {"web"}


@pytest.mark.parametrize("port", ["127.0.0.1:8080:80", "[::1]:8080:80", "${BIND:-127.0.0.1}:80:80"])
def test_a_port_on_the_loopback_address_is_none(port: str) -> None:
    assert not entries(services(service(f'ports: ["{port}"]')))


def test_an_address_that_a_variable_decides_is_not_guessed() -> None:
    found = services(service('ports: ["${BIND}:80:80"]'))
    assert not entries(found)
    assert "a variable decides" in only(found, Means.PUBLISHED).what


def test_a_network_may_bind_all_its_ports_to_the_loopback_address() -> None:
    option = "com.docker.network.bridge.host_binding_ipv4: 127.0.0.1"
    tail = f"networks:\n  own:\n    driver_opts:\n      {option}\n"
    assert not entries(services(service('ports: ["80:80"]', "networks: [own]"), tail=tail))


def test_internal_networks_publish_nothing() -> None:
    tail = "networks: {own: {internal: true}}\n"
    assert not entries(services(service('ports: ["80:80"]', "networks: [own]"), tail=tail))
    both = service('ports: ["80:80"]', "networks: [own, default]")
    assert entries(services(both, tail=tail)) == {"web"}


def test_the_ports_of_a_shared_network_stack_reach_everyone_in_it() -> None:
    found = services(
        service('ports: ["8080:80"]', name="vpn"),
        service("network_mode: service:vpn", name="torrent"),
        service("network_mode: service:torrent", name="helper"),
    )
    assert entries(found) == {"vpn", "torrent", "helper"}
    told = [edge.what for edge in found.edges_of(Means.PUBLISHED)]
    assert told[1] == "`vpn` publishes port 8080, whose network stack `torrent` shares"
    assert {node.name for node in found.members("network default")} == {"vpn", "torrent", "helper"}


def test_network_modes_in_a_circle_end() -> None:
    made = project(
        "services:\n"
        + service("network_mode: service:b", name="a")
        + service("network_mode: service:a", name="b")
    )
    assert stack_of(made.services[0], made).owner is None
    assert not entries(graph_of(made))


def test_a_mode_that_a_variable_decides_joins_nothing() -> None:
    made = project("services:\n" + service("network_mode: ${MODE}", 'ports: ["80:80"]'))
    assert stack_of(made.services[0], made).mode == "?"
    assert not entries(graph_of(made))


def test_the_host_network_is_open_and_reaches_what_is_on_the_loopback_address() -> None:
    found = services(
        service("network_mode: host", name="agent"),
        service('ports: ["127.0.0.1:6379:6379"]', name="cache", image="redis:7"),
    )
    assert entries(found) == {"agent"}
    (way,) = ways_to(found, "service cache")
    assert way.taken == ("agent",)
    assert [edge.target for edge in way.edges] == ["service agent", HOST_NETWORK, "service cache"]


def test_an_external_network_of_the_name_host_is_the_hosts() -> None:
    tail = "networks: {outside: {external: true, name: host}}\n"
    assert entries(services(service("networks: [outside]"), tail=tail)) == {"web"}


def test_two_keys_of_one_real_name_are_one_network() -> None:
    tail = "networks: {one: {name: shared}, two: {name: shared}}\n"
    found = services(
        service("networks: [one]", name="a"), service("networks: [two]", name="b"), tail=tail
    )
    assert {node.name for node in found.members("network shared")} == {"a", "b"}


def test_the_default_bridge_is_a_network() -> None:
    found = services(
        service("network_mode: bridge", 'ports: ["80"]', name="a"),
        service("network_mode: bridge", name="b"),
        service("network_mode: none", name="c"),
    )
    assert {node.name for node in found.members(BRIDGE)} == {"a", "b"}
    assert found.nodes[BRIDGE].name == "default bridge"
    assert "its port 80" in only(found, Means.PUBLISHED).what


def test_members_of_a_network_without_traffic_between_them_reach_no_one() -> None:
    option = 'com.docker.network.bridge.enable_icc: "false"'
    tail = f"networks:\n  default:\n    driver_opts:\n      {option}\n"
    found = services(service('ports: ["80:80"]'), service("privileged: true", name="x"), tail=tail)
    assert to_host(found) == []


# --- who reaches the host


@pytest.mark.parametrize(
    "line",
    [
        "privileged: true",
        "cap_add: [SYS_ADMIN]",
        "cap_add: [ALL]",
        "devices: [/dev/sda]",
        "volumes: ['/:/host']",
        "volumes: ['/etc:/etc']",
        "volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']",
        "volumes: ['/run:/run']",
        "volumes: ['/:/host:ro']",
        "use_api_socket: true",
    ],
)
def test_what_gives_the_host_away(line: str) -> None:
    assert to_host(services(service(line, 'ports: ["80:80"]'))) == [("web",)]


def test_ptrace_gives_it_away_with_the_hosts_processes_only() -> None:
    trace = "cap_add: [SYS_PTRACE]"
    assert to_host(services(service(trace, 'ports: ["80:80"]'))) == []
    assert to_host(services(service(trace, "pid: host", 'ports: ["80:80"]'))) == [("web",)]


@pytest.mark.parametrize(
    "line",
    [
        "privileged: ${P}",
        "privileged: false",
        "cap_add: [NET_ADMIN, MADE_UP]",
        "devices: [/dev/ttyUSB0]",
        "volumes: ['/etc:/etc:ro']",
        "volumes: ['/root/.ssh:/keys:ro']",
        "volumes: ['/srv/data:/data', 'named:/var/run/docker.sock', '/tmp']",
        "pid: host",
        "ipc: host",
    ],
)
def test_what_does_not(line: str) -> None:
    tail = "volumes: {named: {}}\n"
    assert to_host(services(service(line, 'ports: ["80:80"]'), tail=tail)) == []


def test_what_only_shows_the_host_is_told_and_no_way() -> None:
    found = services(
        service("pid: host", "ipc: host", "volumes: ['/etc:/e:ro', '/root/.ssh:/s:ro']")
    )
    told = " ".join(edge.what for edge in found.edges_of(Means.SEES))
    assert "processes" in told
    assert "memory" in told
    assert "`/etc`" in told
    assert "credentials in `/root/.ssh`" in told
    assert not any(edge.is_open for edge in found.edges_of(Means.SEES))


@pytest.mark.parametrize(
    ("value", "reached"), [("POST: 1", True), ("POST: 0", False), ("X: 1", False)]
)
def test_a_socket_proxy_is_a_way_where_it_lets_orders_through(value: str, reached: bool) -> None:
    socket = "volumes: ['/var/run/docker.sock:/var/run/docker.sock']"
    proxy = service(
        socket, f"environment: {{{value}}}", name="p", image="tecnativa/docker-socket-proxy:1"
    )
    found = services(service('ports: ["80:80"]'), proxy)
    assert to_host(found) == ([("web", "p")] if reached else [])


def test_a_service_that_nobody_reaches_is_on_no_path() -> None:
    found = services(
        service('ports: ["80:80"]', "networks: [a]"),
        service("privileged: true", "networks: [b]", name="x"),
        tail="networks: {a: {}, b: {}}\n",
    )
    assert to_host(found) == []
    assert attack_paths(found) == ()


# --- data stores


def test_the_way_to_a_database_goes_hop_by_hop() -> None:
    found = graph(TIERS)
    (way,) = ways_to(found, "service database")
    assert way.taken == ("frontend", "backend")
    assert [(edge.source, edge.place and edge.place.line) for edge in way.edges] == [
        (INTERNET, 4),
        ("service frontend", 5),
        ("network public", 9),
        ("service backend", 9),
        ("network private", 12),
    ]
    assert way.severity is Severity.LOW


def test_a_published_database_needs_nobody_to_fall() -> None:
    found = services(service('ports: ["5432:5432"]', image="postgres:16"))
    (way,) = attack_paths(found)
    assert (way.taken, way.severity, way.target) == ((), Severity.MEDIUM, "service web")
    cut = cheapest_cut(found, way)
    assert cut is not None
    assert cut.is_enough
    assert '"127.0.0.1:5432:5432"' in cut.edge.cut


def test_a_volume_is_a_way_to_the_data_of_its_store() -> None:
    found = services(
        service('ports: ["80:80"]', "volumes: [data:/d:ro]", "networks: [a]", name="backup"),
        service(
            "volumes: [data:/var/lib/postgresql]", "networks: [b]", name="db", image="postgres:16"
        ),
        tail="networks: {a: {}, b: {}}\nvolumes: {data: {}}\n",
    )
    (way,) = ways_to(found, "service db")
    assert [edge.target for edge in way.edges] == ["service backup", "volume data", "service db"]
    assert way.edges[1].what == "`backup` reads the volume `data`"


def test_a_directory_of_the_project_is_called_as_it_is_from_there() -> None:
    found = services(
        service("volumes: ['./data:/d']", name="a"), service("volumes: ['./data:/d']", name="b")
    )
    assert [n.name for n in found.nodes.values() if n.kind is Kind.VOLUME] == ["data"]


def test_secrets_are_shown_and_lead_nowhere() -> None:
    found = services(
        service("secrets: [key]", "configs: [settings]"),
        tail="secrets: {key: {file: ./key}}\nconfigs: {settings: {file: ./s}}\n",
    )
    assert only(found, Means.HOLDS).target == "secret key"
    assert not only(found, Means.HOLDS).is_open


def test_an_entry_from_which_there_is_no_way_is_left_out() -> None:
    found = services(
        service('ports: ["80:80"]', "networks: [a]", name="one"),
        service('ports: ["81:80"]', "networks: [b]", name="two"),
        service("networks: [b]", name="db", image="redis:7"),
        tail="networks: {a: {}, b: {}}\n",
    )
    assert [way.taken for way in ways_to(found, "service db")] == [("two",)]


# --- roles and calls


@pytest.mark.parametrize(
    ("image", "role"),
    [
        ("postgres:16", Role.STORE),
        ("bitnami/redis-cluster:7", Role.STORE),
        ("oliver006/redis_exporter:1", Role.WORKER),
        ("postgrest/postgrest:12", Role.WORKER),
        ("traefik:3", Role.PROXY),
        ("adminer:4", Role.ADMINISTRATION),
        ("acme/app:1", Role.WORKER),
        ("not an image", Role.WORKER),
    ],
)
def test_the_image_tells_the_role(image: str, role: Role) -> None:
    found = services(service("command: worker", image=f'"{image}"'))
    assert found.services[0].role is role


def test_ports_and_names_tell_the_role_where_the_image_does_not() -> None:
    found = services(
        service('expose: ["5432"]', name="a"),
        service('expose: ["5432", "8080/tcp", "${P}"]', name="b"),
        service("command: [celery, worker]", name="c"),
        service("command: [serve]", name="d"),
        service(name="cron"),
    )
    assert [node.role for node in found.services] == [
        Role.STORE,
        Role.APPLICATION,
        Role.WORKER,
        Role.APPLICATION,
        Role.WORKER,
    ]


def test_the_base_of_a_dockerfile_tells_the_role() -> None:
    source = Source("Dockerfile", "FROM postgres:16\n")
    place = Place(source, 0, 1)
    for dockerfile, role in ((read_dockerfile(source), Role.STORE), (None, Role.APPLICATION)):
        built = Workload("x", Origin.COMPOSE, place, build=Build(place, dockerfile=dockerfile))
        found = graph_of(Project("p", "/p", (source,), (built,)))
        assert found.services[0].role is role


@pytest.mark.parametrize(
    ("line", "called"),
    [
        ("environment: {DATABASE_URL: 'postgres://u:p@db:5432/x'}", True),
        ("environment: {DB_HOST: db}", True),
        ("environment: {KAFKA_BROKERS: 'other:1,db:9092'}", True),
        ("environment: {DB_HOST: main-db}", True),
        ("environment: {CACHE_DRIVER: db}", False),
        ("environment: {DB_HOST: db.example.com}", False),
        ("environment: {DB_HOST: mydb}", False),
        ("environment: [DB_HOST]", False),
        ("command: run --to http://db:80/", True),
        ("command: run db", False),
        ("entrypoint: [run, 'db:5432']", True),
        ("depends_on: [db]", True),
        ("links: ['db:database']", True),
        ("depends_on: [nobody]", False),
    ],
)
def test_who_uses_whom(line: str, called: bool) -> None:
    db = service("networks: {default: {aliases: [main-db]}}", name="db", image="mysql:8")
    found = services(service(line), db)
    assert ("web" in found.callers.get("service db", ())) is called


# --- cuts, ranks and bounds


def test_the_cheapest_cut_is_one_line_where_one_line_is_enough() -> None:
    found = services(service('ports: ["80:80"]', "privileged: true"))
    (way,) = host_paths(found)
    cut = cheapest_cut(found, way)
    assert cut is not None
    assert cut.is_enough
    assert cut.edge.cut.startswith("Take `privileged: true` out")


def test_a_cut_that_leaves_another_way_says_so() -> None:
    found = services(service('ports: ["80:80"]', "privileged: true", "volumes: ['/:/host']"))
    cut = cheapest_cut(found, host_paths(found)[0])
    assert cut is not None
    assert not cut.is_enough


def test_the_host_by_another_service_does_not_make_a_cut_vain() -> None:
    found = services(
        service('ports: ["80:80"]', "privileged: true", name="a"),
        service('ports: ["81:80"]', "use_api_socket: true", name="b"),
    )
    for way in host_paths(found):
        cut = cheapest_cut(found, way)
        assert cut is not None
        assert cut.is_enough


def test_nothing_is_cut_of_a_way_that_is_used() -> None:
    found = graph(TIERS)
    (way,) = attack_paths(found)
    assert cheapest_cut(found, way) is None


def test_paths_are_ranked_by_severity_and_then_by_length() -> None:
    found = services(
        service('ports: ["80:80"]', "privileged: true", name="a"),
        service("use_api_socket: true", name="b"),
        service(name="db", image="redis:7"),
    )
    ranks = [(way.severity, way.target, len(way.taken)) for way in attack_paths(found)]
    assert ranks == [
        (Severity.CRITICAL, HOST, 1),
        (Severity.HIGH, HOST, 2),
        (Severity.MEDIUM, "service db", 1),
    ]


def test_long_ways_are_not_worse_than_low() -> None:
    assert Way(graph(TIERS).edges[:1], ("a",) * 9).severity is Severity.LOW


def test_what_is_reached_at_once_is_no_longer_way_round() -> None:
    found = services(service('ports: ["80:80"]', name="a"), service('ports: ["81:80"]', name="b"))
    assert shortest(found)["service b"].means is Means.PUBLISHED


def test_two_hundred_services_take_a_fraction_of_a_second() -> None:
    texts = [
        service(
            f"environment: {{DB_HOST: s{i // 7 * 7}}}",
            f"networks: [n{i % 9}, all]",
            *(['ports: ["80"]'] if i % 5 == 1 else []),
            *(["privileged: true"] if i % 11 == 0 else []),
            name=f"s{i}",
            image="postgres:16" if i % 7 == 0 else "acme/app:1",
        )
        for i in range(200)
    ]
    made = project("services:\n" + "".join(texts))
    started = process_time()
    found = graph_of(made)
    ways = attack_paths(found)
    for way in ways:
        cheapest_cut(found, way)
    assert process_time() - started < 1.0  # about 0.05 s
    assert len(ways) == 19 + 29 <= MAX_PATHS


def test_a_graph_is_made_once() -> None:
    made = project(TIERS)
    assert graph_of(made) is graph_of(made)


# --- what is drawn of it


def test_a_project_without_services_is_not_drawn() -> None:
    assert diagram_of(project("services: {}\n")) is None


def test_the_socket_is_drawn_as_the_host_that_it_gives_away() -> None:
    made = project(
        "services:\n"
        + service('ports: ["80:80"]', "use_api_socket: true")
        + service("privileged: true", "volumes: ['cache:/c']", name="x")
        + service("cap_add: [SYS_ADMIN]", "volumes: ['cache:/c']", "networks: [i]", name="y")
        + service(name="plain")
        + "networks: {i: {internal: true}}\nvolumes: {cache: {}}\n"
    )
    drawn = diagram_of(made)
    assert drawn is not None
    details = {box.label: box.detail for box in drawn.boxes}
    assert details == {
        "outside": "",
        "web": "application, engine's socket",
        "x": "application, privileged",
        "y": "application, host rights",
        "plain": "application",
        "default": "network",
        "i": "network, internal",
        "host": "",
    }
    to_the_host = [line for line in drawn.lines if line.target == HOST]
    assert [(line.source, line.is_attack) for line in to_the_host] == [
        ("service web", True),
        ("service x", True),
        ("service y", False),
    ]
    assert drawn.routes[0].title == "outside → web → root on the host"
    assert drawn.routes[0].steps[0].place == "compose.yaml:4"
