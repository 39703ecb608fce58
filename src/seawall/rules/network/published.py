"""Ports that are published on every address of the host, by what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from seawall.core.model import Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.ports import (
    ADMIN_IMAGE,
    ADMIN_PORTS,
    BROKER_PORTS,
    DATABASE_PORTS,
    ENGINE_PORT,
    SSH_ON_PURPOSE,
    SSH_PORT,
    WITHOUT_LOGIN,
)
from seawall.rules.examples import service_publishing
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import MINIMAL_EXPOSURE
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Port, Workload

_BINDING = "com.docker.network.bridge.host_binding_ipv4"
_WIDEST = 16
"""Ports in a range that may still each be meant: wider ones are for media or passive FTP."""


class Door(Struct, frozen=True):
    """A published port with what stands behind it: `kind` is the rule that speaks of it."""

    port: Port
    kind: str
    server: str
    number: int


def is_everywhere(port: Port) -> bool:
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
    return tuple(p for p in workload.ports if is_everywhere(p) or not p.is_host_ip_known)


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


def doors(workload: Workload, project: Project | None) -> Iterator[Door]:
    """Each published port with what stands behind it, of a project's service or a container."""
    for port in published_everywhere(workload, project):
        is_narrow = port.container_last - port.container_first < _WIDEST
        numbers = range(port.container_first, port.container_last + 1) if is_narrow else ()
        found = [_behind(number, port, workload) for number in numbers]
        yield next((door for door in found if door.kind), Door(port, "", "", 0))


def _behind(number: int, port: Port, workload: Workload) -> Door:
    """What stands behind one port of the container, by its number and the image's name."""
    kind, server = "", ""
    if port.protocol == "tcp":
        image = (workload.image.value or "") if workload.image is not None else ""
        kind, server = _by_number(number, image) or _by_image(image)
    return Door(port, kind, server, number)


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
_Message = Callable[[Door], str]


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
    for door in doors(workload, project):
        if door.kind in kinds:
            yield _hit(workload, door, telling(door))


def _hit(workload: Workload, door: Door, told: str) -> Hit:
    is_known = door.port.is_host_ip_known
    where = "on every address of the host" if is_known else "on an address that a variable decides"
    return Hit(
        door.port,
        f"{the(workload)} publishes {told} {where}",
        symbol(workload, f"ports {door.number}"),
        label="open to other machines" if is_known else "",
        remedy=loopback(workload, door.port),
        verdict=Verdict.FAIL if is_known else Verdict.UNKNOWN,
        weaker=_why_less(door),
    )


def _why_less(door: Door) -> str:
    if door.kind == "page" and door.server not in WITHOUT_LOGIN:
        return "it asks for a login"
    if door.port.host_first is None and door.kind != "engine":
        return "which port of the host it is changes with each start"
    return ""


def loopback(workload: Workload, port: Port) -> str:
    """The remedy: what to write for a port: nothing, or an address of the machine alone."""
    host = port_range(port.host_first, port.host_last) if port.host_first else ""
    inner = port_range(port.container_first, port.container_last)
    protocol = "" if port.protocol == "tcp" else f"/{port.protocol}"
    text = f"127.0.0.1:{host}:{inner}{protocol}"
    return write(
        workload,
        f"Take it out of `ports`: services of the project reach it at `{workload.name}:{inner}` "
        f'without. For programs on this machine: `ports: ["{text}"]`.',
        f"Leave it out: containers on the same network reach it without. For programs on this "
        f"machine: `-p {text}`.",
    )


def port_range(first: int | None, last: int | None) -> str:
    """A range as people write it: `80`, or `8000-8010`."""
    return f"{first}" if last in {None, first} else f"{first}-{last}"


def _tell_database(door: Door) -> str:
    return f"{door.server} (port {door.number})"


def _tell_admin(door: Door) -> str:
    if door.kind == "page":
        return f"`{door.server}`, a page of administration (port {door.number}),"
    return f"port {door.number}, usually {door.server},"


def _tell_engine(_: Door) -> str:
    return "a Docker engine without TLS (port 2375), root on its host for whoever connects,"


_database_in_project, _database_of_container = _both("database", telling=_tell_database)
_admin_in_project, _admin_of_container = _both("admin", "page", telling=_tell_admin)
_engine_in_project, _engine_of_container = _both("engine", telling=_tell_engine)
ssh_in_project, ssh_of_container = _both("ssh", telling=lambda _: "ssh (port 22)")


_CITATIONS = (cis("5.14"), cis("7.2"), owasp("D03"), nist("4.4.2"), cwe(668), cwe(1327))


RULES = (
    Rule(
        id="published-docker-api",
        title="The Docker API without TLS, published",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Project: _engine_in_project, Workload: _engine_of_container},
        bad=(
            service_publishing("docker:28.1.1-dind", '"2375:2375"'),
            "docker run -p 2375:2375 tecnativa/docker-socket-proxy:0.3.0",
        ),
        good=(
            service_publishing("docker:28.1.1-dind", '"2376:2376"'),
            service_publishing("tecnativa/docker-socket-proxy:0.3.0", '"127.0.0.1:2375:2375"'),
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
            service_publishing("postgres:17.5", '"5432:5432"'),
            service_publishing("redis:7.4.3", '"0.0.0.0:16379:6379"'),
            service_publishing("mysql:8.4.5", '"[::]:3306:3306"'),
            service_publishing("mongo:8.0.9", "{target: 27017, published: 27017}"),
            service_publishing("postgres:17.5", '"${BIND}:5432:5432"'),
            "docker run -p 9200:9200 elasticsearch:8.18.1",
        ),
        good=(
            service_publishing("postgres:17.5", '"127.0.0.1:5432:5432"'),
            service_publishing("postgres:17.5", '"${BIND:-127.0.0.1}:5432:5432"'),
            service_publishing("postgres:17.5", '"[::1]:5432:5432"', '"127.0.0.1::5432"'),
            service_publishing(
                "mongo:8.0.9", "{target: 27017, published: 27017, host_ip: 127.0.0.1}"
            ),
            service_publishing(
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
            service_publishing("node:22.15.0", '"9229:9229"'),
            service_publishing("phpmyadmin:5.2.2", '"8080:80"'),
            "docker run -p 5900:5900 acme/desktop:1.2.3",
        ),
        good=(
            service_publishing("node:22.15.0", '"127.0.0.1:9229:9229"', '"3000:3000"'),
            service_publishing("dpage/pgadmin4:9.3", '"127.0.0.1:8080:80"'),
            service_publishing("acme/web:1.2.3", '"9000-9999:9000-9999"'),
            "docker run -p 3000:3000 node:22.15.0",
        ),
        aliases=("compose-lint:CL-0005", "cis:5.14"),
        why=(
            "The port gives control to whoever reaches it and gets past its login, if it has one: "
            "it is meant for one person at one machine."
        ),
        citations=_CITATIONS,
    ),
)
