"""Published ports by what stands behind them, and the networks that services join."""

from __future__ import annotations

import pytest
from workloads import hits

from seawall.core.model import Hit, Profile, Severity, Verdict
from seawall.rules import by_id, checks_on, checks_within
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Workload

FAIL, UNKNOWN = [Verdict.FAIL], [Verdict.UNKNOWN]
PROXY = '  proxy:\n    image: traefik:3.4.1\n    ports: ["443:443"]\n'


def service(image: str, *ports: str, tail: str = "") -> str:
    lines = "".join(f"      - {port}\n" for port in ports)
    return f"services:\n  web:\n    image: {image}\n    ports:\n{lines}{tail}"


def database(*ports: str, tail: str = "") -> str:
    return service("postgres:17.5", *ports, tail=tail)


def joined(*lines: str, tail: str = "") -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"services:\n  web:\n    image: nginx:1.27.5\n{body}{tail}"


def found(rule: str, text: str, *overrides: str, **beside: str) -> list[Hit]:
    return hits(by_id()[rule], text, *overrides, **beside)


def verdicts(rule: str, text: str, *overrides: str, **beside: str) -> list[Verdict]:
    return [hit.verdict for hit in found(rule, text, *overrides, **beside)]


@pytest.mark.parametrize(
    "port",
    [
        '"5432:5432"', '"5432"', '"15432:5432"', '"0.0.0.0:5432:5432"', '"[::]:5432:5432"',
        '"0.0.0.0::5432"', "5432:5432", "{target: 5432, published: '5432'}",
        "{target: 5432, published: 5432, host_ip: 0.0.0.0}", '"${BIND:-0.0.0.0}:5432:5432"',
        '"5430-5434:5430-5434"', '"5432:5432/tcp"', '"${PORT}:5432"',
    ],
)  # fmt: skip
def test_a_database_open_to_other_machines_is_found(port: str) -> None:
    assert verdicts("published-database-port", database(port)) == FAIL


@pytest.mark.parametrize(
    "port",
    [
        '"127.0.0.1:5432:5432"', '"127.0.0.1::5432"', '"[::1]:5432:5432"',
        '"${BIND:-127.0.0.1}:5432:5432"', '"192.168.1.5:5432:5432"', '"5432:5432/udp"',
        "{target: 5432, published: 5432, host_ip: 127.0.0.1}", '"5432:8080"',
        '"127.0.0.1:5430-5434:5430-5434"', '"5000-6000:5000-6000"',
    ],
)  # fmt: skip
def test_a_database_on_one_address_and_other_ports_are_not(port: str) -> None:
    assert verdicts("published-database-port", database(port)) == []


def test_exposing_a_port_to_peers_publishes_nothing() -> None:
    text = joined("expose: [5432, 22, 2375]")
    for rule in ("published-database-port", "exposed-ssh-port", "published-docker-api"):
        assert verdicts(rule, text) == []


def test_an_address_that_nothing_sets_is_unknown() -> None:
    text = database('"${BIND}:5432:5432"')
    assert verdicts("published-database-port", text) == UNKNOWN
    assert verdicts("published-database-port", text, env="BIND=127.0.0.1\n") == []
    assert verdicts("published-database-port", text, env="BIND=0.0.0.0\n") == FAIL


def test_an_override_can_take_ports_back() -> None:
    text, narrow = database('"5432:5432"'), "services:\n  web:\n    ports: !override"
    assert verdicts("published-database-port", text, f"{narrow} ['127.0.0.1:5432:5432']\n") == []
    reset = "services:\n  web:\n    ports: !reset []\n"
    assert verdicts("published-database-port", text, reset) == []


def test_a_network_can_bind_all_its_ports_to_one_address() -> None:
    option = "com.docker.network.bridge.host_binding_ipv4"
    bound = f"networks:\n  default:\n    driver_opts: {{{option}: 127.0.0.1}}\n"
    open_ = f"networks:\n  default:\n    driver_opts: {{{option}: 0.0.0.0}}\n"
    assert verdicts("published-database-port", database('"5432:5432"', tail=bound)) == []
    assert verdicts("published-database-port", database('"5432:5432"', tail=open_)) == FAIL


def test_an_internal_network_publishes_nothing_but_one_open_network_is_enough() -> None:
    networks = "networks:\n  back:\n    internal: true\n  front:\n"
    inner = database('"5432:5432"', tail="    networks: [back]\n" + networks)
    both = database('"5432:5432"', tail="    networks: [back, front]\n" + networks)
    assert verdicts("published-database-port", inner) == []
    assert verdicts("published-database-port", both) == FAIL


@pytest.mark.parametrize(
    ("mode", "expected"), [("none", []), ("host", []), ("bridge", FAIL), ("${MODE}", FAIL)]
)
def test_ports_count_only_in_modes_that_publish(mode: str, expected: list[Verdict]) -> None:
    text = database('"5432:5432"', tail=f"    network_mode: {mode}\n")
    assert verdicts("published-database-port", text) == expected


@pytest.mark.parametrize(
    ("port", "product"),
    [(3306, "MySQL"), (6379, "Redis"), (9200, "Elasticsearch"), (2379, "etcd"), (9092, "Kafka")],
)
def test_the_message_names_the_service_and_what_stands_behind_the_port(
    port: int, product: str
) -> None:
    (hit,) = found("published-database-port", service("acme/x:1.0.0", f'"{port}:{port}"'))
    assert "service `web`" in hit.message
    assert product in hit.message
    assert f'`ports: ["127.0.0.1:{port}:{port}"]`' in hit.remedy


def test_a_port_of_the_host_that_changes_weighs_less() -> None:
    (hit,) = found("published-database-port", database('"5432"'))
    assert hit.weaker
    assert '"127.0.0.1::5432"' in hit.remedy
    (hit,) = found("published-database-port", database('"5432:5432"'))
    assert not hit.weaker


def test_the_docker_api_is_the_worst() -> None:
    rule = by_id()["published-docker-api"]
    assert rule.severity is Severity.CRITICAL
    text = service("docker:28.1.1-dind", '"2375:2375"')
    assert verdicts(rule.id, text) == FAIL
    assert verdicts("published-admin-port", text) == []
    assert verdicts(rule.id, "docker run -p 2375:2375 docker:28.1.1-dind") == FAIL
    (hit,) = found(rule.id, service("docker:28.1.1-dind", '"2375"'))
    assert not hit.weaker


@pytest.mark.parametrize("port", ['"22:22"', '"2222:22"', "22:22", '"0.0.0.0:2222:22"'])
def test_ssh_is_found_also_where_yaml_would_read_a_number_to_base_sixty(port: str) -> None:
    assert verdicts("exposed-ssh-port", service("acme/x:1.0.0", port)) == FAIL


@pytest.mark.parametrize("image", ["gitea/gitea:1.23.7", "gitlab/gitlab-ce:17.11.1-ce.0"])
def test_ssh_of_a_server_that_is_reached_by_it_is_meant(image: str) -> None:
    assert verdicts("exposed-ssh-port", service(image, '"2222:22"')) == []


@pytest.mark.parametrize(
    ("image", "port", "is_weaker"),
    [
        ("node:22.15.0", 9229, False),
        ("acme/desktop:1.0.0", 5900, False),
        ("phpmyadmin/phpmyadmin:5.2.2", 80, True),
        ("provectuslabs/kafka-ui:v0.7.2", 8080, False),
        ("portainer/portainer-ce:2.27.0", 9443, True),
    ],
)
def test_administration_is_found_by_port_or_image(image: str, port: int, is_weaker: bool) -> None:
    (hit,) = found("published-admin-port", service(image, f'"{port}:{port}"'))
    assert bool(hit.weaker) is is_weaker


def test_a_name_that_only_holds_the_name_of_a_page_is_another_image() -> None:
    text = service("acme/portainer-backup-tool:1.0.0", '"8080:80"')
    assert verdicts("published-admin-port", text) == []


def test_a_service_that_is_built_is_judged_by_its_ports() -> None:
    text = "services:\n  web:\n    build: .\n    ports: ['8080:80', '6379:6379']\n"
    assert verdicts("published-database-port", text) == FAIL
    assert verdicts("published-admin-port", text) == []
    assert verdicts("published-beside-proxy", text + PROXY) == FAIL


def test_a_way_past_the_proxy_is_found_on_a_network_that_both_are_in() -> None:
    text = service("acme/web:1.2.3", '"8080:8080"', tail=PROXY)
    (hit,) = found("published-beside-proxy", text)
    assert "`proxy`" in hit.message
    assert "`web:8080`" in hit.remedy
    assert verdicts("published-everywhere", text) == FAIL  # of the proxy alone


def test_a_proxy_that_is_built_here_is_not_known_as_one() -> None:
    text = service("acme/web:1.2.3", '"8080:8080"')
    text += "  proxy:\n    build: .\n    ports: ['443:443']\n"
    assert verdicts("published-beside-proxy", text) == []


@pytest.mark.parametrize(
    "port", ['"127.0.0.1:8080:8080"', '"25565:25565"', '"8080:8080/udp"', '"${BIND}:8080:8080"']
)
def test_what_a_proxy_does_not_serve_leads_past_none(port: str) -> None:
    assert verdicts("published-beside-proxy", service("acme/web:1.2.3", port, tail=PROXY)) == []


def test_all_ports_of_no_special_kind_are_one_finding_for_who_asks_for_it() -> None:
    rule = by_id()["published-everywhere"]
    assert rule.profile is Profile.STRICT
    text = service("acme/web:1.2.3", '"80:80"', '"443:443/udp"', '"5432:5432"', '"8000-8010"')
    (hit,) = found(rule.id, text)
    assert "publishes 80, 443/udp, 8000-8010 on every address" in hit.message
    assert verdicts(rule.id, service("acme/web:1.2.3", '"${BIND}:80:80"')) == UNKNOWN
    assert verdicts(rule.id, "docker run -p 80:80 acme/web:1.2.3") == FAIL
    assert verdicts(rule.id, "docker run -p 5432:5432 postgres:17.5") == []


@pytest.mark.parametrize(
    ("port", "expected"),
    [('"80:80"', FAIL), ('"127.0.0.1:443:443"', FAIL), ('"127.0.0.1:8080:80"', []), ('"80"', [])],
)
def test_only_the_hosts_number_makes_a_port_low(port: str, expected: list[Verdict]) -> None:
    assert verdicts("low-host-port", service("acme/web:1.2.3", port)) == expected


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("depends_on: [web]", FAIL),
        ("environment: {DATABASE_URL: 'postgres://app@web/app'}", FAIL),
        ("environment: {HOST: web}", FAIL),
        ("links: [web]", FAIL),
        ("environment: {HOST: webhook}", []),
        ("restart: always", []),
    ],
)
def test_a_port_that_only_a_peer_uses_is_needless(peer: str, expected: list[Verdict]) -> None:
    app = f"  app:\n    image: acme/app:1.2.3\n    {peer}\n"
    text = database('"127.0.0.1:5432:5432"', '"127.0.0.1:80:80"', tail=app)
    assert verdicts("needless-port", text) == expected
    assert verdicts("needless-port", database('"5432:5432"', tail=app)) == []


def test_the_hosts_network_is_found_through_an_external_network_of_that_name() -> None:
    external = "networks:\n  out:\n    external: true\n    name: host\n"
    assert verdicts("host-network", joined("networks: [out]", tail=external)) == FAIL
    key = "networks:\n  host:\n    external: true\n"
    assert verdicts("host-network", joined("networks: [host]", tail=key)) == FAIL
    own = "networks:\n  host:\n    driver: bridge\n"
    assert verdicts("host-network", joined("networks: [host]", tail=own)) == []
    other = "networks:\n  out:\n    external: true\n    name: outside\n"
    assert verdicts("host-network", joined("networks: [out]", tail=other)) == []


def test_the_hosts_network_is_found_through_other_services() -> None:
    vpn = "  b:\n    image: a:1.0.0\n    network_mode: host\n"
    symbols = [h.symbol for h in found("host-network", joined("network_mode: service:b", tail=vpn))]
    assert symbols == ["service web/network_mode", "service b/network_mode"]
    external = (
        "  b:\n    image: a:1.0.0\n    networks: [out]\n"
        "networks:\n  out:\n    external: true\n    name: host\n"
    )
    text = joined("network_mode: service:b", tail=external)
    assert verdicts("host-network", text) == [Verdict.FAIL, Verdict.FAIL]


def test_a_chain_of_services_that_ends_elsewhere_or_nowhere_is_no_fault() -> None:
    own = "  b:\n    image: a:1.0.0\n    network_mode: none\n"
    assert verdicts("host-network", joined("network_mode: service:b", tail=own)) == []
    missing = joined("network_mode: service:gone")
    assert verdicts("host-network", missing) == []
    ring = "  b:\n    image: a:1.0.0\n    network_mode: service:web\n"
    assert verdicts("host-network", joined("network_mode: service:b", tail=ring)) == []


def test_a_network_mode_that_nothing_sets_is_unknown() -> None:
    assert verdicts("host-network", joined("network_mode: ${MODE}")) == UNKNOWN
    assert verdicts("host-network", joined("network_mode: ${MODE:-host}")) == FAIL
    assert verdicts("host-network", joined()) == []


def test_the_default_bridge_is_found_where_it_is_asked_for() -> None:
    assert verdicts("default-bridge", joined("network_mode: bridge")) == FAIL
    assert verdicts("default-bridge", joined()) == []
    assert verdicts("default-bridge", "docker run nginx:1.27.5") == []
    (hit,) = found("default-bridge", "docker run --network bridge nginx:1.27.5")
    assert "`docker network create app`" in hit.remedy


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("driver: overlay", FAIL),
        ("{driver: overlay, driver_opts: {encrypted: 'false'}}", FAIL),
        ("{driver: overlay, driver_opts: {encrypted: 'true'}}", []),
        ("{driver: overlay, driver_opts: {encrypted: ''}}", []),
        ("{driver: overlay, external: true}", []),
        ("driver: bridge", []),
    ],
)
def test_an_overlay_must_be_encrypted(network: str, expected: list[Verdict]) -> None:
    text = joined(tail=f"networks:\n  default:\n    {network}\n")
    text = text.replace("default:\n    {", "default: {")
    assert verdicts("plain-overlay", text) == expected


def test_a_rule_that_judges_projects_is_not_asked_of_their_services_again() -> None:
    within = {rule.id for rule, _ in checks_within(Project, Workload)}
    alone = {rule.id for rule, _ in checks_on(Workload)}
    assert "published-database-port" in alone - within
    assert "privileged" in alone & within
