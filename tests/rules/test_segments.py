"""Hard cases of data stores on networks, and of ways to the host."""

from __future__ import annotations

import pytest
import workloads

from seawall.core.model import Hit, Verdict
from seawall.core.rule import Rule
from seawall.rules import by_id
from seawall.rules.network import segments
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_texts

APP = "    image: acme/app:1.4.2\n"
PORTS = '    ports: ["8080:8080"]\n'
USES = "    environment: {DATABASE_URL: 'postgres://app@db:5432/app'}\n"
DB = "  db:\n    image: postgres:16.4\n"


def text(*services: str, tail: str = "") -> str:
    return "services:\n" + "".join(services) + tail


def hits(name: str, compose: str) -> list[Hit]:
    return workloads.hits(by_id()[name], compose)


def only(name: str, compose: str) -> Hit:
    (hit,) = hits(name, compose)
    return hit


def test_the_remedy_is_the_yaml_to_write() -> None:
    compose = text("  web:\n" + APP + PORTS, "  api:\n" + APP + USES, DB)
    hit = only("flat-network", compose)
    assert hit.message == (
        "`web`, which other machines reach, is on the network `default` with `db` and does not "
        "use it"
    )
    assert hit.remedy.split("\n", 1)[1] == (
        "    services:\n"
        "      db:\n"
        "        networks: [data]\n"
        "      api:\n"
        "        networks: [default, data]\n"
        "    networks:\n"
        "      data:\n"
        "        internal: true"
    )
    assert [link.what for link in hit.evidence] == [
        "`web` publishes port 8080",
        "`db` is used by `api`",
    ]
    assert hit.weaker == ""


@pytest.mark.parametrize("taken", ["data", "data private", "data private data-private"])
def test_the_new_network_takes_no_name_that_is_taken(taken: str) -> None:
    tail = "networks:\n" + "".join(f"  {name}: {{}}\n" for name in taken.split())
    compose = text("  web:\n" + APP + PORTS, "  api:\n" + APP + USES, DB, tail=tail)
    assert "networks: [data]" not in only("flat-network", compose).remedy


def test_what_is_written_is_silent_afterwards() -> None:
    after = text(
        "  web:\n" + APP + PORTS,
        "  api:\n" + APP + USES + "    networks: [default, data]\n",
        DB + "    networks: [data]\n",
        tail="networks:\n  data:\n    internal: true\n",
    )
    for rule in segments.RULES:
        assert workloads.hits(rule, after) == []


def test_several_stores_and_entries_are_one_finding() -> None:
    compose = text(
        "  web:\n" + APP + PORTS,
        "  docs:\n" + APP + PORTS.replace("8080:", "8081:"),
        "  api:\n" + APP + USES + "    depends_on: [cache]\n",
        DB,
        "  cache:\n    image: redis:7.4\n",
    )
    message = only("flat-network", compose).message
    assert message == (
        "`web` and `docs`, which other machines reach, are on the network `default` with `db` and "
        "`cache` and do not use them"
    )


def test_a_port_on_an_address_that_a_variable_decides_accuses_nobody() -> None:
    other = "  docs:\n" + APP + '    ports: ["${BIND}:80:80"]\n'
    compose = text("  web:\n" + APP + PORTS, other, "  api:\n" + APP + USES, DB)
    assert only("flat-network", compose).message.startswith("`web`, which")


def test_an_entry_that_uses_the_store_is_in_its_place() -> None:
    compose = text("  web:\n" + APP + PORTS + USES, "  api:\n" + APP, DB)
    assert hits("flat-network", compose) == []
    assert "on no network of its own" in only("no-data-network", compose).message


def test_where_nothing_tells_who_uses_a_store_it_weighs_less() -> None:
    compose = text("  web:\n" + APP + PORTS, "  api:\n" + APP, DB)
    hit = only("flat-network", compose)
    assert hit.weaker == "nothing here says which service uses it"
    assert "      api:\n        networks: [default, data]" in hit.remedy


def test_a_store_that_publishes_a_port_is_not_made_internal() -> None:
    db = DB + '    ports: ["127.0.0.1:5432:5432"]\n'
    compose = text("  web:\n" + APP + PORTS, "  api:\n" + APP + USES, db)
    remedy = only("flat-network", compose).remedy
    assert "internal: true\n" not in remedy
    assert remedy.endswith("and add `internal: true`.")


def test_a_store_that_uses_another_store_is_not_told_to_join_twice() -> None:
    compose = text(
        "  web:\n" + APP + PORTS,
        "  api:\n" + APP + USES,
        DB + "    depends_on: [cache]\n",
        "  cache:\n    image: redis:7.4\n",
    )
    assert only("flat-network", compose).remedy.count("db:") == 1


def test_a_service_without_its_own_networks_is_placed_by_its_name() -> None:
    """`network_mode: service:web` puts the store on the networks of another one."""
    compose = text(
        "  web:\n" + APP + PORTS, "  api:\n" + APP + USES, DB + "    network_mode: service:api\n"
    )
    hit = only("flat-network", compose)
    assert "db:\n        networks: [data]  # not network_mode" in hit.remedy


def test_a_private_store_passes_with_the_way_to_it() -> None:
    compose = text(
        "  web:\n" + APP + PORTS + "    networks: [public]\n",
        "  api:\n" + APP + USES + "    networks: [public, private]\n",
        DB + "    networks: [private]\n",
        tail="networks: {public: {}, private: {internal: true}}\n",
    )
    assert passes("flat-network", compose) == [
        "`db` is reached from outside only through `web` and `api`"
    ]
    alone = text("  api:\n" + APP + USES, DB)
    assert passes("flat-network", alone) == ["`db` is reached from outside by nobody"]


def passes(name: str, compose: str) -> list[str]:
    rule: Rule = by_id()[name]
    project = read_texts({"compose.yaml": compose})
    found = rule.on[Project](project, workloads.SETTINGS)
    return [hit.message for hit in found if hit.verdict is Verdict.PASS]


def test_who_would_lose_the_way_out_is_named() -> None:
    compose = text(
        "  one:\n" + APP + USES + "    networks: [private]\n",
        "  two:\n" + APP + "    networks: [private]\n",
        "  three:\n" + APP + "    networks: [private, out]\n",
        DB + "    networks: [private]\n",
        tail="networks: {private: {}, out: {}}\n",
    )
    remedy = only("open-data-network", compose).remedy
    assert "`one` and `two` then have no way out" in remedy


def test_a_way_over_two_services_weighs_less_and_names_both() -> None:
    compose = text("  web:\n" + APP + PORTS, "  agent:\n" + APP + "    privileged: true\n")
    hit = only("attack-path", compose)
    assert hit.weaker == "both `web` and `agent` must fall"
    assert hit.message == (
        "whoever takes over `web`, which other machines reach, and from there `agent`, is root on "
        "the host"
    )
    assert [(link.what, link.line) for link in hit.evidence][-1] == (
        "`agent` runs privileged: every capability and every device of the host",
        7,
    )


def test_a_way_over_three_services_is_only_drawn() -> None:
    compose = text(
        "  a:\n" + APP + PORTS + "    networks: [one]\n",
        "  b:\n" + APP + "    networks: [one, two]\n",
        "  c:\n" + APP + "    networks: [two]\n    privileged: true\n",
        tail="networks: {one: {}, two: {}}\n",
    )
    assert hits("attack-path", compose) == []


def test_a_step_in_another_file_says_which() -> None:
    project = read_texts(
        {
            "compose.yaml": "include: [more.yaml]\n" + text("  web:\n" + APP + PORTS),
            "more.yaml": text("  agent:\n" + APP + "    privileged: true\n"),
        }
    )
    (hit,) = by_id()["attack-path"].on[Project](project, workloads.SETTINGS)
    assert hit.evidence[0].what == "`web` publishes port 8080 (compose.yaml:5)"
    assert hit.evidence[-1].line == 4


def test_a_second_grant_of_the_same_service_is_said() -> None:
    more = "    privileged: true\n    volumes: ['/:/host']\n"
    hit = only("attack-path", text("  web:\n" + APP + PORTS + more))
    assert hit.remedy.endswith("It closes one of several ways.")
