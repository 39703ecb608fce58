"""Published ports by where they lead: past a proxy, to everywhere, to the host's own numbers."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Confidence, Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.ports import DATABASE_PORTS, PROXY_IMAGE
from seawall.rules.examples import service_publishing
from seawall.rules.naming import symbol, the
from seawall.rules.network.published import (
    Door,
    doors,
    is_everywhere,
    loopback,
    port_range,
    published_everywhere,
)
from seawall.rules.practices import MINIMAL_EXPOSURE
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Port, Workload

_WEB_PORTS = frozenset(
    {80, 81, 443, 3000, 3001, 4000, 5000, 5001, 8443, 8888, 9000, 9090, *range(8000, 8100)}
)


def _proxies(project: Project) -> Iterator[Workload]:
    """The reverse proxies of a project: those that take the web's own ports."""
    for service in project.services:
        image = (service.image.value or "") if service.image is not None else ""
        if PROXY_IMAGE.search(image) and any(
            port.host_first in {80, 443} for port in published_everywhere(service, project)
        ):
            yield service


def _beside(project: Project) -> Iterator[tuple[Workload, Door, Workload]]:
    """Web ports that lead past a proxy on the same network: service, port, proxy."""
    proxies = tuple(_proxies(project)) if len(project.services) > 1 else ()
    for service in project.services if proxies else ():
        names = {use.name for use in service.networks}
        near = [p for p in proxies if names & {use.name for use in p.networks}]
        if not near or service in proxies:
            continue
        for door in doors(service, project):
            is_web = door.port.protocol == "tcp" and door.port.container_first in _WEB_PORTS
            if is_web and not door.kind and door.port.is_host_ip_known:
                yield service, door, near[0]


def _beside_proxy(project: Project, _: Settings) -> Iterator[Hit]:
    for service, door, proxy in _beside(project):
        number = door.port.container_first
        yield Hit(
            door.port,
            f"{the(service)} publishes port {number} on every address, past the proxy "
            f"`{proxy.name}` that stands before it",
            symbol(service, f"ports {number}"),
            label="past the proxy",
            remedy=f"Take it out of `ports`: `{proxy.name}` reaches it at "
            f"`{service.name}:{number}` over the network that they share.",
        )


def _everywhere_in_project(project: Project, _: Settings) -> Iterator[Hit]:
    told = {id(door.port) for _, door, _ in _beside(project)}
    for service in project.services:
        yield from _everywhere(service, project, told)


def _everywhere_of_container(workload: Workload, _: Settings) -> Iterator[Hit]:
    yield from _everywhere(workload, None, set())


def _everywhere(workload: Workload, project: Project | None, told: set[int]) -> Iterator[Hit]:
    """One hit for all ports of a service that no other rule speaks of."""
    unnamed = [d.port for d in doors(workload, project) if not d.kind and id(d.port) not in told]
    certain = [port for port in unnamed if port.is_host_ip_known]
    ports = certain or unnamed
    if not ports:
        return
    numbers = ", ".join(_shown(port) for port in ports)
    where = "on every address of the host" if certain else "on an address that a variable decides"
    yield Hit(
        ports[0],
        f"{the(workload)} publishes {numbers} {where}",
        symbol(workload, "ports"),
        label="open to other machines",
        remedy=loopback(workload, ports[0]),
        verdict=Verdict.FAIL if certain else Verdict.UNKNOWN,
    )


def _shown(port: Port) -> str:
    first = port.host_first or port.container_first
    last = port.host_last if port.host_first else port.container_last
    return port_range(first, last) + ("" if port.protocol == "tcp" else f"/{port.protocol}")


def _low_port(workload: Workload, _: Settings) -> Iterator[Hit]:
    for port in workload.ports:
        if port.host_first is not None and 0 < port.host_first < 1024:
            yield Hit(
                port,
                f"{the(workload)} takes port {port.host_first} of the host, one of those that "
                "only root may open",
                symbol(workload, f"ports {port.host_first}"),
                remedy="Publish a port over 1023, unless clients expect this one.",
            )


def _needless(project: Project, _: Settings) -> Iterator[Hit]:
    """Ports of data stores on one address of the host, where peers use the service by name."""
    for service in project.services:
        for port in service.ports:
            known = DATABASE_PORTS.get(port.container_first)
            is_narrow = port.is_host_ip_known and not is_everywhere(port)
            peer = _peer_of(service, project) if known and is_narrow else None
            if known and peer is not None:
                yield Hit(
                    port,
                    f"{the(service)} publishes {known[0]} on the host, while `{peer.name}` uses it "
                    "by its name",
                    symbol(service, f"ports {port.container_first}"),
                    remedy=f"Take it out of `ports`, unless a program on the host uses it: "
                    f"`{service.name}:{port.container_first}` works without.",
                )


def _peer_of(service: Workload, project: Project) -> Workload | None:
    """Another service that says it uses this one."""
    return next((p for p in project.services if p is not service and _uses(p, service.name)), None)


def _uses(peer: Workload, name: str) -> bool:
    if name in peer.depends_on or name in peer.links:
        return True
    values = (variable.value.value or "" for variable in peer.environment)
    return any(value == name or f"{name}:" in value or f"@{name}" in value for value in values)


_CITATIONS = (cis("5.14"), cis("7.2"), owasp("D03"), nist("4.4.2"), cwe(668), cwe(1327))


_PROXY = '  proxy:\n    image: traefik:3.4.1\n    ports: ["80:80", "443:443"]\n'

RULES = (
    Rule(
        id="published-beside-proxy",
        title="A web port published past the project's proxy",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        on={Project: _beside_proxy},
        bad=(service_publishing("acme/web:1.2.3", '"8080:8080"', tail=_PROXY),),
        good=(
            service_publishing("acme/web:1.2.3", '"127.0.0.1:8080:8080"', tail=_PROXY),
            service_publishing("acme/web:1.2.3", '"8080:8080"'),
            service_publishing("acme/web:1.2.3", '"25565:25565"', '"8080:8080/udp"', tail=_PROXY),
            service_publishing(
                "acme/web:1.2.3", '"8080:8080"', tail=_PROXY + "    networks: [edge]\n"
            ),
        ),
        confidence=Confidence.MEDIUM,
        aliases=("compose-lint:CL-0005", "cis:5.14", "cis:5.9"),
        why=("The proxy brings TLS, logins, limits and logs; a second way in has none of them."),
        citations=(cis("5.9"), *_CITATIONS),
    ),
    Rule(
        id="published-everywhere",
        title="Ports published on every address",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        on={Project: _everywhere_in_project, Workload: _everywhere_of_container},
        bad=(
            service_publishing("nginx:1.27.5", '"0.0.0.0:80:80"'),
            service_publishing("nginx:1.27.5", '"[::]:80:80"'),
            service_publishing("nginx:1.27.5", '"80:80"', "443:443/udp"),
            service_publishing("nginx:1.27.5", '"80"'),
            "docker run -p 8080:80 nginx:1.27.5",
        ),
        good=(
            service_publishing("nginx:1.27.5", '"127.0.0.1:80:80"'),
            service_publishing("nginx:1.27.5", '"192.168.1.5:80:80"'),
            service_publishing("nginx:1.27.5", '"8080:80"', tail="    network_mode: none\n"),
            "docker run -p [::1]:8080:80 nginx:1.27.5",
        ),
        profile=Profile.STRICT,
        aliases=(
            "compose-lint:CL-0005",
            "kics:Container Traffic Not Bound To Host Interface",
            "dclint:no-unbound-port-interfaces",
            "cis:5.14",
            "cis:7.2",
        ),
        why=(
            "Docker publishes past the host's own firewall: what is meant for this machine or for "
            "one network is then open to every network that the host is in."
        ),
        citations=_CITATIONS,
    ),
    Rule(
        id="low-host-port",
        title="A port of the host under 1024",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.LESS),
        on={Workload: _low_port},
        bad=(service_publishing("nginx:1.27.5", '"80:80"'), "docker run -p 443:8443 nginx:1.27.5"),
        good=(
            service_publishing("nginx:1.27.5", '"127.0.0.1:8080:80"'),
            "docker run -p 8080:80 nginx:1.27.5",
        ),
        profile=Profile.AUDIT,
        aliases=("kics:Privileged Ports Mapped In Container", "cis:5.8"),
        why="Clients trust such ports to be the machine's own services, opened by its root.",
        citations=(cis("5.8"), owasp("D03"), nist("4.4.2")),
    ),
    Rule(
        id="needless-port",
        title="A data store published on the host that only its peers use",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.LESS),
        on={Project: _needless},
        bad=(
            service_publishing(
                "postgres:17.5",
                '"127.0.0.1:5432:5432"',
                tail="  app:\n    image: acme/app:1.2.3\n    depends_on: [web]\n",
            ),
            service_publishing(
                "postgres:17.5",
                '"127.0.0.1:5432:5432"',
                tail="  app:\n    image: acme/app:1.2.3\n    environment: {DB: 'web:5432'}\n",
            ),
        ),
        good=(
            service_publishing("postgres:17.5", '"127.0.0.1:5432:5432"'),
            service_publishing(
                "postgres:17.5",
                '"127.0.0.1:5432:5432"',
                tail="  app:\n    image: acme/app:1.2.3\n",
            ),
        ),
        confidence=Confidence.LOW,
        profile=Profile.AUDIT,
        aliases=("cis:5.9",),
        citations=(cis("5.9"), owasp("D03"), nist("4.4.2")),
    ),
)
