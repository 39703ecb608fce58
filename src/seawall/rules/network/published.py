"""Ports that are published on every address of the host, by what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from seawall.core.model import Confidence, Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.ports import (
    ADMIN_IMAGE,
    ADMIN_PORTS,
    BROKER_PORTS,
    DATABASE_PORTS,
    ENGINE_PORT,
    PROXY_IMAGE,
    SSH_ON_PURPOSE,
    SSH_PORT,
)
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import MINIMAL_EXPOSURE
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Port, Workload

_BINDING = "com.docker.network.bridge.host_binding_ipv4"
_WIDEST = 16
"""Ports in a range that may still each be meant: wider ones are for media or passive FTP."""

_WEB_PORTS = frozenset(
    {80, 81, 443, 3000, 3001, 4000, 5000, 5001, 8443, 8888, 9000, 9090, *range(8000, 8100)}
)


class _Door(Struct, frozen=True):
    """A published port with what stands behind it: `kind` is the rule that speaks of it."""

    port: Port
    kind: str
    server: str
    number: int


def _is_everywhere(port: Port) -> bool:
    """Whether it is bound to every address: none is named, or 0.0.0.0, `::` or the like."""
    return not port.host_ip.strip("0:.[]")


def published_everywhere(workload: Workload, project: Project | None) -> tuple[Port, ...]:
    """The ports that other machines reach, those included of which only a variable tells.

    A network of the project may bind them to one address, or be internal and publish none.
    """
    if not workload.ports or _has_no_ports(workload):
        return ()
    if project is not None and _is_bound(workload, project):
        return ()
    return tuple(p for p in workload.ports if _is_everywhere(p) or not p.is_host_ip_known)


def _has_no_ports(workload: Workload) -> bool:
    """Whether its network mode publishes nothing; the host's network is another rule's."""
    network = workload.namespaces.network
    mode = network.value if network is not None else None
    return mode is not None and mode not in {"bridge", "default"}


def _is_bound(workload: Workload, project: Project) -> bool:
    networks = [project.networks.get(use.name) for use in workload.networks]
    return bool(networks) and all(
        network is not None and (network.is_internal or _binds_one(network.options.get(_BINDING)))
        for network in networks
    )


def _binds_one(option: object) -> bool:
    address = getattr(option, "value", None)
    return isinstance(address, str) and bool(address.strip("0:.[]"))


def _doors(workload: Workload, project: Project | None) -> Iterator[_Door]:
    for port in published_everywhere(workload, project):
        is_narrow = port.container_last - port.container_first < _WIDEST
        numbers = range(port.container_first, port.container_last + 1) if is_narrow else ()
        found = [_behind(number, port, workload) for number in numbers]
        yield next((door for door in found if door.kind), _Door(port, "", "", 0))


def _behind(number: int, port: Port, workload: Workload) -> _Door:
    """What stands behind one port of the container, by its number and the image's name."""
    kind, server = "", ""
    if port.protocol == "tcp":
        image = (workload.image.value or "") if workload.image is not None else ""
        kind, server = _by_number(number, image) or _by_image(image)
    return _Door(port, kind, server, number)


def _by_number(number: int, image: str) -> tuple[str, str] | None:
    if number == ENGINE_PORT:
        return "engine", ""
    if number in DATABASE_PORTS:
        return "database", DATABASE_PORTS[number][0]
    if number in BROKER_PORTS:
        return "database", BROKER_PORTS[number]
    if number == SSH_PORT:
        return ("", "") if SSH_ON_PURPOSE.search(image) else ("ssh", "ssh")
    return ("admin", ADMIN_PORTS[number]) if number in ADMIN_PORTS else None


def _by_image(image: str) -> tuple[str, str]:
    match = ADMIN_IMAGE.search(image)
    return ("page", match[1]) if match else ("", "")


_Check = Callable[[Project, Settings], Iterator[Hit]]
_CheckAlone = Callable[[Workload, Settings], Iterator[Hit]]
_Message = Callable[[_Door], str]


def _both(*kinds: str, telling: _Message) -> tuple[_Check, _CheckAlone]:
    """The check of a project and that of a container alone, for some kinds of doors."""

    def in_project(project: Project, _: Settings) -> Iterator[Hit]:
        for service in project.services:
            yield from _hits(service, project, kinds, telling)

    def alone(workload: Workload, _: Settings) -> Iterator[Hit]:
        yield from _hits(workload, None, kinds, telling)

    return in_project, alone


def _hits(
    workload: Workload, project: Project | None, kinds: tuple[str, ...], telling: _Message
) -> Iterator[Hit]:
    for door in _doors(workload, project):
        if door.kind in kinds:
            yield _hit(workload, door, telling(door))


def _hit(workload: Workload, door: _Door, told: str) -> Hit:
    is_known = door.port.is_host_ip_known
    where = "on every address of the host" if is_known else "on an address that a variable decides"
    return Hit(
        door.port,
        f"{the(workload)} publishes {told} {where}",
        symbol(workload, f"ports {door.number}"),
        label="open to other machines" if is_known else "",
        remedy=_loopback(workload, door.port),
        verdict=Verdict.FAIL if is_known else Verdict.UNKNOWN,
        weaker="it asks for a login" if door.kind == "page" else "",
    )


def _loopback(workload: Workload, port: Port) -> str:
    """What to write for a port: nothing, or an address of the machine alone."""
    host = _range(port.host_first, port.host_last) if port.host_first else ""
    inner = _range(port.container_first, port.container_last)
    protocol = "" if port.protocol == "tcp" else f"/{port.protocol}"
    text = f"127.0.0.1:{host}:{inner}{protocol}"
    return write(
        workload,
        f"Take it out of `ports`: services of the project reach it at `{workload.name}:{inner}` "
        f'without. For programs on this machine: `ports: ["{text}"]`.',
        f"Leave it out: containers on the same network reach it without. For programs on this "
        f"machine: `-p {text}`.",
    )


def _range(first: int | None, last: int | None) -> str:
    return f"{first}" if last in {None, first} else f"{first}-{last}"


def _tell_database(door: _Door) -> str:
    return f"{door.server} (port {door.number})"


def _tell_admin(door: _Door) -> str:
    if door.kind == "page":
        return f"`{door.server}`, a page of administration (port {door.number}),"
    return f"port {door.number}, usually {door.server},"


def _tell_engine(_: _Door) -> str:
    return "a Docker engine without TLS (port 2375), root on its host for whoever connects,"


_database_in_project, _database_of_container = _both("database", telling=_tell_database)
_admin_in_project, _admin_of_container = _both("admin", "page", telling=_tell_admin)
_engine_in_project, _engine_of_container = _both("engine", telling=_tell_engine)
ssh_in_project, ssh_of_container = _both("ssh", telling=lambda _: "ssh (port 22)")


def _proxies(project: Project) -> Iterator[Workload]:
    """The reverse proxies of a project: those that take the web's own ports."""
    for service in project.services:
        image = (service.image.value or "") if service.image is not None else ""
        if PROXY_IMAGE.search(image) and any(
            port.host_first in {80, 443} for port in published_everywhere(service, project)
        ):
            yield service


def _beside(project: Project) -> Iterator[tuple[Workload, _Door, Workload]]:
    """Web ports that lead past a proxy on the same network: service, port, proxy."""
    proxies = tuple(_proxies(project)) if len(project.services) > 1 else ()
    for service in project.services if proxies else ():
        names = {use.name for use in service.networks}
        near = [p for p in proxies if names & {use.name for use in p.networks}]
        if not near or service in proxies:
            continue
        for door in _doors(service, project):
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
    doors = [d for d in _doors(workload, project) if not d.kind and id(d.port) not in told]
    certain = [door.port for door in doors if door.port.is_host_ip_known]
    ports = certain or [door.port for door in doors]
    if not ports:
        return
    numbers = ", ".join(_shown(port) for port in ports)
    where = "on every address of the host" if certain else "on an address that a variable decides"
    yield Hit(
        ports[0],
        f"{the(workload)} publishes {numbers} {where}",
        symbol(workload, "ports"),
        label="open to other machines",
        remedy=_loopback(workload, ports[0]),
        verdict=Verdict.FAIL if certain else Verdict.UNKNOWN,
    )


def _shown(port: Port) -> str:
    first = port.host_first or port.container_first
    last = port.host_last if port.host_first else port.container_last
    return _range(first, last) + ("" if port.protocol == "tcp" else f"/{port.protocol}")


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
            is_narrow = port.is_host_ip_known and not _is_everywhere(port)
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


def _service(image: str, *ports: str, tail: str = "") -> str:
    lines = "".join(f"      - {port}\n" for port in ports)
    return f"services:\n  web:\n    image: {image}\n    ports:\n{lines}{tail}"


_PROXY = '  proxy:\n    image: traefik:3.4.1\n    ports: ["80:80", "443:443"]\n'

RULES = (
    Rule(
        id="published-docker-api",
        title="The Docker API without TLS, published",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Project: _engine_in_project, Workload: _engine_of_container},
        bad=(
            _service("docker:28.1.1-dind", '"2375:2375"'),
            "docker run -p 2375:2375 tecnativa/docker-socket-proxy:0.3.0",
        ),
        good=(
            _service("docker:28.1.1-dind", '"2376:2376"'),
            _service("tecnativa/docker-socket-proxy:0.3.0", '"127.0.0.1:2375:2375"'),
            "docker run -p 127.0.0.1:2375:2375 tecnativa/docker-socket-proxy:0.3.0",
        ),
        aliases=("compose-lint:CL-0005", "cis:5.14", "cis:2.8"),
        why=(
            "Scanners look for port 2375 all day long. Whoever finds it starts a privileged "
            "container, with no password and no exploit."
        ),
        citations=(cis("2.8"), *_CITATIONS, cwe(306)),
    ),
    Rule(
        id="published-database-port",
        title="A database or broker published on every address",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.NOTHING, Gains.PRIVILEGE),
        on={Project: _database_in_project, Workload: _database_of_container},
        bad=(
            _service("postgres:17.5", '"5432:5432"'),
            _service("redis:7.4.3", '"0.0.0.0:16379:6379"'),
            _service("mysql:8.4.5", '"[::]:3306:3306"'),
            _service("mongo:8.0.9", "{target: 27017, published: 27017}"),
            _service("postgres:17.5", '"${BIND}:5432:5432"'),
            "docker run -p 9200:9200 elasticsearch:8.18.1",
        ),
        good=(
            _service("postgres:17.5", '"127.0.0.1:5432:5432"'),
            _service("postgres:17.5", '"${BIND:-127.0.0.1}:5432:5432"'),
            _service("postgres:17.5", '"[::1]:5432:5432"', '"127.0.0.1::5432"'),
            _service("mongo:8.0.9", "{target: 27017, published: 27017, host_ip: 127.0.0.1}"),
            _service(
                "postgres:17.5",
                '"5432:5432"',
                tail="networks:\n  default:\n    driver_opts:\n"
                "      com.docker.network.bridge.host_binding_ipv4: 127.0.0.1\n",
            ),
            "services:\n  web:\n    image: postgres:17.5\n    expose: [5432]\n",
            "docker run --expose 5432 postgres:17.5",
        ),
        aliases=(
            "compose-lint:CL-0005",
            "kics:Container Traffic Not Bound To Host Interface",
            "dclint:no-unbound-port-interfaces",
            "cis:5.14",
        ),
        why=(
            "Docker publishes past the host's own firewall. A database that other machines reach "
            "is found within hours, and one weak password or one fault of it is then enough."
        ),
        citations=_CITATIONS,
    ),
    Rule(
        id="published-admin-port",
        title="Administration or a debugger published on every address",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.NOTHING, Gains.PRIVILEGE),
        on={Project: _admin_in_project, Workload: _admin_of_container},
        bad=(
            _service("node:22.15.0", '"9229:9229"'),
            _service("phpmyadmin:5.2.2", '"8080:80"'),
            "docker run -p 5900:5900 acme/desktop:1.2.3",
        ),
        good=(
            _service("node:22.15.0", '"127.0.0.1:9229:9229"', '"3000:3000"'),
            _service("dpage/pgadmin4:9.3", '"127.0.0.1:8080:80"'),
            _service("acme/web:1.2.3", '"9000-9999:9000-9999"'),
            "docker run -p 3000:3000 node:22.15.0",
        ),
        aliases=("compose-lint:CL-0005", "cis:5.14"),
        why=(
            "The port gives control to whoever reaches it and gets past its login, if it has one: "
            "it is meant for one person at one machine."
        ),
        citations=_CITATIONS,
    ),
    Rule(
        id="published-beside-proxy",
        title="A web port published past the project's proxy",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        on={Project: _beside_proxy},
        bad=(_service("acme/web:1.2.3", '"8080:8080"', tail=_PROXY),),
        good=(
            _service("acme/web:1.2.3", '"127.0.0.1:8080:8080"', tail=_PROXY),
            _service("acme/web:1.2.3", '"8080:8080"'),
            _service("acme/web:1.2.3", '"25565:25565"', '"8080:8080/udp"', tail=_PROXY),
            _service("acme/web:1.2.3", '"8080:8080"', tail=_PROXY + "    networks: [edge]\n"),
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
            _service("nginx:1.27.5", '"0.0.0.0:80:80"'),
            _service("nginx:1.27.5", '"[::]:80:80"'),
            _service("nginx:1.27.5", '"80:80"', "443:443/udp"),
            _service("nginx:1.27.5", '"80"'),
            "docker run -p 8080:80 nginx:1.27.5",
        ),
        good=(
            _service("nginx:1.27.5", '"127.0.0.1:80:80"'),
            _service("nginx:1.27.5", '"192.168.1.5:80:80"'),
            _service("nginx:1.27.5", '"8080:80"', tail="    network_mode: none\n"),
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
        bad=(_service("nginx:1.27.5", '"80:80"'), "docker run -p 443:8443 nginx:1.27.5"),
        good=(
            _service("nginx:1.27.5", '"127.0.0.1:8080:80"'),
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
            _service(
                "postgres:17.5",
                '"127.0.0.1:5432:5432"',
                tail="  app:\n    image: acme/app:1.2.3\n    depends_on: [web]\n",
            ),
            _service(
                "postgres:17.5",
                '"127.0.0.1:5432:5432"',
                tail="  app:\n    image: acme/app:1.2.3\n    environment: {DB: 'web:5432'}\n",
            ),
        ),
        good=(
            _service("postgres:17.5", '"127.0.0.1:5432:5432"'),
            _service(
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
