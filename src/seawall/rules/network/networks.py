"""The networks that containers join: the host's own, the default bridge, overlays in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Evidence, Hit, Located, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.examples import service_with
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import ISOLATED_FROM_HOST, SEGMENTED_NETWORKS, TLS_IN_TRANSIT
from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.model import Network, Project
from seawall.surfaces.workload import Workload

_HOST_MEANS = (
    "it reaches what listens on the host's 127.0.0.1, and what it opens itself is open on every "
    "address of the host"
)
_OFF = frozenset({"false", "0", "f"})


def _host_network(workload: Workload, _: Settings) -> Iterator[Hit]:
    """The network mode of a container by itself."""
    cell = workload.namespaces.network
    if cell is not None and cell.value == "host":
        yield _on_host(workload, cell, "is on the host's network")
    elif cell is not None and not cell.is_known:
        yield Hit(
            cell,
            f"which network {the(workload)} is on depends on `{cell.written}`",
            symbol(workload, "network_mode"),
            remedy="Write the network itself, so that its reader can judge it.",
            verdict=Verdict.UNKNOWN,
        )


def _host_network_in_project(project: Project, settings: Settings) -> Iterator[Hit]:
    """Also through an external network that is the host's, and through another service."""
    for service in project.services:
        yield from _host_network(service, settings)
        external = _external_host(service, project)
        if external is not None:
            told = "is on the host's network by the external network `host`"
            yield _on_host(service, external, told)
        yield from _through_service(service, project)


def _external_host(service: Workload, project: Project) -> Located | None:
    """Where a service joins an external network whose real name is `host`."""
    for use in service.networks:
        network = project.networks.get(use.name)
        if network is not None and network.is_external and _real_name(network) == "host":
            return use.place
    return None


def _real_name(network: Network) -> str | None:
    return network.key if network.name is None else network.name.value


def _through_service(service: Workload, project: Project) -> Iterator[Hit]:
    """`network_mode: service:x` where x, or one that x points to, is on the host's network."""
    cell = service.namespaces.network
    seen, chain, current = {service.name}, [], _service_of(cell)
    while current and current not in seen:
        seen.add(current)
        chain.append(current)
        other = project.service(current)
        network = other.namespaces.network if other is not None else None
        if other is None or cell is None:
            return
        if (network is not None and network.value == "host") or _external_host(other, project):
            way = " and ".join(f"`{name}`" for name in chain)
            line = network.place.line if network is not None else other.place.line
            evidence = (Evidence(f"`{current}` is on the host's network", line),)
            yield _on_host(service, cell, f"is on the host's network by {way}", evidence)
            return
        current = _service_of(network)


def _service_of(cell: Cell[str] | None) -> str:
    kind, _, name = ((cell.value if cell is not None else None) or "").partition(":")
    return name if kind == "service" else ""


def _on_host(
    workload: Workload, at: Located, told: str, evidence: tuple[Evidence, ...] = ()
) -> Hit:
    return Hit(
        at,
        f"{the(workload)} {told}: {_HOST_MEANS}",
        symbol(workload, "network_mode"),
        label="the host's network",
        remedy=write(
            workload,
            'Take it out, and publish what must be reached: `ports: ["127.0.0.1:8080:8080"]`.',
            "Leave it out, and publish what must be reached: `-p 127.0.0.1:8080:8080`.",
        ),
        evidence=evidence,
    )


def _default_bridge(workload: Workload, _: Settings) -> Iterator[Hit]:
    cell = workload.namespaces.network
    if cell is not None and cell.value in {"bridge", "default"}:
        yield Hit(
            cell,
            f"{the(workload)} is on Docker's default bridge, with every other container there",
            symbol(workload, "network_mode"),
            label="docker0",
            remedy=write(
                workload,
                f"Take out `network_mode: {cell.written}`: Compose then makes a network for this "
                "project alone.",
                "Make a network for it, `docker network create app`, and join that: "
                "`--network app`.",
            ),
        )


def _plain_overlay(project: Project, _: Settings) -> Iterator[Hit]:
    for network in project.networks.values():
        driver = network.driver.value if network.driver is not None else None
        encrypted = network.options.get("encrypted")
        is_off = encrypted is None or (encrypted.value or "").lower() in _OFF
        if driver == "overlay" and is_off and not network.is_external:
            yield Hit(
                network.driver or network.place,
                f"the overlay network `{network.key}` carries its services' traffic between hosts "
                "in the clear",
                f"network {network.key}/driver",
                label="not encrypted",
                remedy='Add to the network: `driver_opts: {encrypted: "true"}`.',
            )


RULES = (
    Rule(
        id="host-network",
        title="The host's network in a container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Project: _host_network_in_project, Workload: _host_network},
        bad=(
            service_with("network_mode: host"),
            service_with(
                "networks: [outside]",
                tail="networks:\n  outside:\n    external: true\n    name: host\n",
            ),
            service_with(
                "network_mode: service:b",
                tail="  b:\n    image: nginx:1.27.5\n    network_mode: service:c\n"
                "  c:\n    image: nginx:1.27.5\n    network_mode: host\n",
            ),
            service_with("network_mode: ${MODE}"),
            "docker run --network host nginx:1.27.5",
            "docker run --net=host nginx:1.27.5",
        ),
        good=(
            service_with(),
            service_with("network_mode: ${MODE:-none}"),
            service_with("networks: [host]", tail="networks:\n  host:\n"),
            service_with("network_mode: service:b", tail="  b:\n    image: nginx:1.27.5\n"),
            "docker run --network app nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0008",
            "kics:Shared Host Network Namespace",
            "cis:5.10",
        ),
        why=(
            "Services that trust 127.0.0.1, databases, metrics and agents of the host among them, "
            "then trust the container; and no published port says what it opens."
        ),
        remedy="Take out `network_mode: host` and publish the ports that must be reached.",
        citations=(cis("5.10"), owasp("D03"), nist("4.4.3"), cwe(653)),
    ),
    Rule(
        id="default-bridge",
        title="Docker's default bridge",
        practice=SEGMENTED_NETWORKS,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Workload: _default_bridge},
        bad=(
            service_with("network_mode: bridge"),
            "docker run --network=bridge nginx:1.27.5",
        ),
        good=(
            service_with(),
            service_with("networks: [bridge]", tail="networks:\n  bridge:\n    driver: bridge\n"),
            "docker run --network app nginx:1.27.5",
        ),
        aliases=("cis:5.30",),
        why=(
            "All containers that name no network meet on the default bridge, of whatever project, "
            "and reach each other's ports, published or not."
        ),
        citations=(cis("5.30"), cis("2.2"), owasp("D03"), nist("4.3.3"), cwe(653)),
    ),
    Rule(
        id="plain-overlay",
        title="Overlay network without encryption",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        on={Project: _plain_overlay},
        bad=(
            service_with(tail="networks:\n  default:\n    driver: overlay\n"),
            service_with(
                tail="networks:\n  default:\n    driver: overlay\n"
                "    driver_opts: {encrypted: 'false'}\n"
            ),
        ),
        good=(
            service_with(
                tail="networks:\n  default:\n    driver: overlay\n"
                "    driver_opts: {encrypted: 'true'}\n"
            ),
            service_with(tail="networks:\n  default:\n    driver: bridge\n"),
        ),
        aliases=("cis:7.3",),
        why=(
            "An overlay spans hosts. Without `encrypted`, whoever listens on the network between "
            "them reads what services send each other, passwords of databases included."
        ),
        citations=(cis("7.3"), owasp("D03"), nist("4.3.3"), cwe(319)),
    ),
)
