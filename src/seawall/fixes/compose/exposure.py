"""Published ports: data stores and administration bound to this machine, and never a front door."""

from __future__ import annotations

import re

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.compose.block import Spot
from seawall.fixes.compose.subject import fix, in_file, is_certain, spot_of, workload_of
from seawall.fixes.model import Context, Example, Fixer, Service
from seawall.rules.network.published import port_range
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Port, Workload

LOOPBACK = "127.0.0.1"
_FRONT = frozenset({80, 443})
_OUTER = re.compile(r"host\.docker\.internal|172\.17\.0\.1|host-gateway")
_PART = re.compile(r"(?:\$\{[^{}]*\}|\[[^\[\]]*\]|[^:])*")
_ANYWHERE = re.compile(r"\[?[0:.]*\]?\Z")


def _bound(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """A published port on the loopback address, unless others come in by it on purpose."""
    workload, spot = workload_of(subject, hit), spot_of(hit, subject.project)
    port = _port_at(workload, hit)
    if workload is None or spot is None or port is None or not is_certain(hit):
        return None
    if _is_front_door(port) or subject.project.is_stack or workload.is_swarm:
        return None
    safety = Safety.UNSAFE
    if _is_called_by_the_host(port, subject.project):
        safety = Safety.GUIDED
    return _binding(subject, hit, spot, port, safety, "bind-data-ports")


def _binding(
    subject: Service, hit: Hit, spot: Spot, port: Port, safety: Safety, fixer: str
) -> Fix | None:
    edits = in_file(hit, subject.project, spot.source, _loopback(spot))
    numbers = port_range(port.container_first, port.container_last)
    title = f"Publish port {numbers} on {LOOPBACK} only"
    proposal = ""
    if safety is Safety.GUIDED:
        host = port_range(port.host_first, port.host_last) if port.host_first else ""
        suffix = "" if port.protocol == "tcp" else f"/{port.protocol}"
        proposal = f'ports: ["{LOOPBACK}:{host}:{numbers}{suffix}"]'
    return fix(safety, title, edits, proposal=proposal, fixer=fixer)


def _port_at(workload: Workload | None, hit: Hit) -> Port | None:
    ports = workload.ports if workload is not None else ()
    at = (hit.at.start, hit.at.end)
    return next((port for port in ports if (port.start, port.end) == at), None)


def _is_front_door(port: Port) -> bool:
    """Whether it takes a port that people come in by."""
    first, last = port.host_first or 0, port.host_last or 0
    return any(first <= number <= last for number in _FRONT)


def _is_called_by_the_host(port: Port, project: Project) -> bool:
    """Whether a service reaches the port by way of the host, where loopback would cut it off."""
    number = str(port.host_first or port.container_first)
    for service in project.services:
        values = [variable.value.value or "" for variable in service.environment]
        values += [cell.value or "" for cell in (*(service.command or ()), *service.extra_hosts)]
        if any(_OUTER.search(value) and number in value for value in values):
            return True
    return False


def _loopback(spot: Spot) -> tuple[Edit, ...]:
    """The edit that puts a publication on the loopback address, in short or long form."""
    if spot.text is None:
        block = spot.block()
        return () if block is None else block.put({"host_ip": LOOPBACK})
    parts = parts_of(spot.text.partition("/")[0])
    if len(parts) == 1:
        return inserted(spot, f"{LOOPBACK}::")
    if len(parts) == 2:
        return inserted(spot, f"{LOOPBACK}:")
    address = spot.text.removesuffix(f":{parts[-2]}:{parts[-1]}{_protocol(spot.text)}")
    if len(parts) < 3 or not _ANYWHERE.match(address):
        return ()
    return spot.set(LOOPBACK + spot.text[len(address) :])


def _protocol(text: str) -> str:
    _, slash, protocol = text.partition("/")
    return slash + protocol


def parts_of(text: str) -> list[str]:
    """The parts between colons, those in braces and brackets left whole."""
    parts, at = [], 0
    while at <= len(text):
        match = _PART.match(text, at)
        end = match.end() if match is not None else len(text)
        parts.append(text[at:end])
        at = end + 1
    return parts


def inserted(spot: Spot, text: str) -> tuple[Edit, ...]:
    """A text put before a scalar's own, its quotes and the rest untouched where they may stay."""
    written = spot.source.text[spot.start : spot.end]
    quote = written[0] if written[:1] in {"'", '"'} else ""
    if written.strip("'\"") != spot.text or (not quote and spot.node.is_in_flow):
        return spot.set(text + (spot.text or ""))
    at = spot.start + len(quote)
    return (Edit(at, at, text),)


def _beside(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """For a port past the proxy: the same, but only when it is asked for."""
    workload, spot = workload_of(subject, hit), spot_of(hit, subject.project)
    port = _port_at(workload, hit)
    if workload is None or spot is None or port is None or not is_certain(hit):
        return None
    if _is_front_door(port) or workload.is_swarm:
        return None
    return _binding(subject, hit, spot, port, Safety.GUIDED, "bind-web-ports")


def _everywhere(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """Which service people come in by, and by which of its ports, only a person can tell."""
    workload = workload_of(subject, hit)
    if workload is None or not is_certain(hit):
        return None
    title = f"Publish what only this machine needs of {workload.name} on {LOOPBACK}"
    return Fix(Safety.GUIDED, title, proposal=hit.remedy, fixer="bind-web-ports")


def _removed(subject: Service, hit: Hit, _: Context) -> Fix | None:
    spot = spot_of(hit, subject.project)
    workload = workload_of(subject, hit)
    if spot is None or workload is None:
        return None
    edits = in_file(hit, subject.project, spot.source, spot.remove())
    title = f"Publish it no more: its peers reach {workload.name} by its name"
    return fix(Safety.GUIDED, title, edits, proposal=hit.remedy, fixer="drop-data-ports")


def _service(image: str, ports: str) -> str:
    return f"services:\n  db:\n    image: {image}\n{ports}"


_BREAKS = """\
Programs on other machines, and those in containers that go by the host's address, no longer reach
the port. Programs on this machine do, at `127.0.0.1`, and so do services of the project by the
service's name. An IPv6 address of the host is no longer bound.
"""

BIND_DATA_PORTS = Fixer(
    id="bind-data-ports",
    title="Data stores and administration are published on 127.0.0.1",
    rules=(
        "published-database-port",
        "published-admin-port",
        "published-docker-api",
        "exposed-ssh-port",
    ),
    brings=("needless-port",),
    safety=Safety.UNSAFE,
    writes="""\
`127.0.0.1:` before a publication in short form, or `host_ip: 127.0.0.1` in long form; an address
that means every one (`0.0.0.0`, `[::]`) is replaced. Ranges, protocols, variables and quotes stay.
Nothing is written for ports 80 and 443 of the host, which people come in by, for an address that a
variable decides, nor for a stack of a swarm, which knows no addresses. Where another service goes
by the host (`host.docker.internal:5432`) it is only proposed.
""",
    breaks=_BREAKS,
    on={Service: _bound},
    examples=(
        Example(
            _service("postgres:17.5", '    ports:\n      - "5432:5432"  # psql\n'),
            _service("postgres:17.5", '    ports:\n      - "127.0.0.1:5432:5432"  # psql\n'),
        ),
        Example(
            _service("mysql:8.4.5", "    ports: ['0.0.0.0:3306:3306/tcp', 33060]\n"),
            _service("mysql:8.4.5", "    ports: ['127.0.0.1:3306:3306/tcp', 33060]\n"),
        ),
        Example(
            _service(
                "mongo:8.0.9", "    ports:\n      - target: 27017\n        published: 27017\n"
            ),
            _service(
                "mongo:8.0.9",
                "    ports:\n      - target: 27017\n        published: 27017\n"
                "        host_ip: 127.0.0.1\n",
            ),
        ),
        Example(
            _service("redis:8.0", "    ports:\n    - 6379:6379\n"),
            _service("redis:8.0", "    ports:\n    - 127.0.0.1:6379:6379\n"),
        ),
        Example(
            _service("postgres:17.5", '    ports: ["${PORT:-5432}:5432"]\n'),
            _service("postgres:17.5", '    ports: ["127.0.0.1:${PORT:-5432}:5432"]\n'),
        ),
        Example(
            _service("postgres:17.5", '    ports: ["[::]:5432:5432"]\n'),
            _service("postgres:17.5", '    ports: ["127.0.0.1:5432:5432"]\n'),
        ),
        Example(
            _service("acme/node:22.15.0", '    ports:\n      - "9229-9230:9229-9230"\n'),
            _service("acme/node:22.15.0", '    ports:\n      - "127.0.0.1:9229-9230:9229-9230"\n'),
        ),
    ),
    keeps=(
        _service("phpmyadmin:5.2.2", '    ports: ["80:80"]\n'),
        _service("postgres:17.5", '    ports: ["${BIND}:5432:5432"]\n'),
        "x: &ports ['5432:5432']\nservices:\n  a:\n    image: postgres:17.5\n    ports: *ports\n"
        "  b:\n    image: postgres:17.5\n    ports: *ports\n",
        "services:\n  db:\n    image: postgres:17.5\n    ports: ['5432:5432']\n"
        "    deploy: {placement: {constraints: [node.role == worker]}}\n",
    ),
)

BIND_WEB_PORTS = Fixer(
    id="bind-web-ports",
    title="Ports that a proxy stands before are published on 127.0.0.1",
    rules=("published-beside-proxy", "published-everywhere"),
    safety=Safety.GUIDED,
    writes="""\
`127.0.0.1:` before a publication that leads past the project's proxy. Ports 80 and 443 of the host
are never touched. Elsewhere, which service people come in by, and by which of its ports, only a
person can tell: there it is a proposal without edits.
""",
    breaks=_BREAKS,
    on={
        Service: lambda subject, hit, known: (
            _beside(subject, hit, known)
            if hit.symbol.rpartition("/")[2] != "ports"
            else _everywhere(subject, hit, known)
        )
    },
    examples=(
        Example(
            "services:\n  web:\n    image: acme/web:1.2.3\n    ports:\n      - 8080:8080\n"
            '  proxy:\n    image: traefik:3.4.1\n    ports: ["80:80", "443:443"]\n',
            "services:\n  web:\n    image: acme/web:1.2.3\n    ports:\n"
            "      - 127.0.0.1:8080:8080\n"
            '  proxy:\n    image: traefik:3.4.1\n    ports: ["80:80", "443:443"]\n',
        ),
    ),
    keeps=("services:\n  web:\n    image: nginx:1.27.5\n    ports: ['8080:80']\n",),
)

DROP_DATA_PORTS = Fixer(
    id="drop-data-ports",
    title="A data store that only its peers use is not published",
    rules=("needless-port",),
    safety=Safety.GUIDED,
    writes="The publication is taken out, and `ports` with it where it was the only one.",
    breaks="Programs on this machine no longer reach the data store: `docker compose exec` does.",
    on={Service: _removed},
    examples=(
        Example(
            "services:\n  db:\n    image: postgres:17.5\n    ports: ['127.0.0.1:5432:5432']\n"
            "  app:\n    image: acme/app:1.2.3\n    depends_on: [db]\n",
            "services:\n  db:\n    image: postgres:17.5\n"
            "  app:\n    image: acme/app:1.2.3\n    depends_on: [db]\n",
        ),
    ),
)

FIXERS = (BIND_DATA_PORTS, BIND_WEB_PORTS, DROP_DATA_PORTS)
