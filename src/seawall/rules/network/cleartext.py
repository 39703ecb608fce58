"""Traffic that anyone on the way can read: web ports without TLS, databases reached without it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe, nist, owasp
from seawall.rules.naming import symbol, the
from seawall.rules.network.connections import host_in, leads_away
from seawall.rules.network.hosts import hosts_of
from seawall.rules.network.published import Door, doors
from seawall.rules.practices import TLS_IN_TRANSIT
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Workload

_HTTP = frozenset({80, 81, 3000, 4000, 5000, 8000, 8008, 8080, 8081, 8088, 8888})
_HTTPS = frozenset({443, 4443, 8443, 9443})
_FRONTS = Expression(
    r"traefik|caddy|swag\b|nginx-proxy|proxy-manager|cloudflared|tailscale|ngrok|acme\.sh|acme-companion|certbot"
    r"|letsencrypt|https-portal|haproxy|envoy|pangolin|newt\b",
    re.IGNORECASE,
)
"""Images that bring TLS to what stands behind them, or a tunnel that has it."""


def _plain_http(project: Project, _: Settings) -> Iterator[Hit]:
    """One finding a project: one proxy is the remedy for all of its services."""
    if any(_has_tls(service) for service in project.services):
        return
    plain = [
        (service, door)
        for service in project.services
        for door in doors(service, project)
        if _is_plain(door)
    ]
    if not plain:
        return
    (service, first), *others = plain
    yield Hit(
        first.port,
        f"{the(service)} publishes port {first.port.container_first} to other machines, and "
        "nothing in the project speaks TLS",
        "plain HTTP",
        label="read by anyone on the way",
        evidence=tuple(
            Evidence(
                f"so does `{other.name}`: port {door.port.container_first}", door.port.place.line
            )
            for other, door in others
        ),
    )


def _is_plain(door: Door) -> bool:
    port = door.port
    return (
        not door.kind
        and port.protocol == "tcp"
        and port.is_host_ip_known
        and port.container_first in _HTTP
    )


def _has_tls(service: Workload) -> bool:
    """Whether it serves TLS, or is reached through a proxy that stands elsewhere."""
    image = (service.image.value or "") if service.image is not None else ""
    if _FRONTS.search(f"{service.name} {image}") or hosts_of(service):
        return True
    return any(
        port.container_first <= number <= port.container_last
        for port in service.ports
        for number in _HTTPS
    )


_WITHOUT = Expression(
    r"[?&;\s](sslmode=(?:disable|allow)|tls=false|ssl=(?:false|0)|use_?ssl=false"
    r"|encrypt=(?:false|no|optional))(?![\w-])",
    re.IGNORECASE,
)
_PLAIN_SCHEME = Expression(r"\A(?:redis|amqp|ldap|mqtt|ftp)://", re.IGNORECASE)


def _without_tls(workload: Workload, _: Settings) -> Iterator[Hit]:
    for variable in workload.environment:
        text = variable.value.value or ""
        match = _WITHOUT.search(text)
        scheme = _PLAIN_SCHEME.match(text) if match is None else None
        said = match[1] if match is not None else scheme[0] if scheme is not None else ""
        if said and leads_away(text):
            yield Hit(
                variable.value,
                f"{the(workload)} talks to {host_in(text)} without TLS: `{variable.name}` says "
                f"`{said}`",
                symbol(workload, f"environment {variable.name}"),
                label="in the clear",
            )


def _ports(*ports: str, image: str = "acme/web:1.2.3", tail: str = "") -> str:
    lines = "".join(f'      - "{port}"\n' for port in ports)
    return f"services:\n  web:\n    image: {image}\n    ports:\n{lines}{tail}"


_CITATIONS = (owasp("D03"), nist("4.2.1"), cwe(319))

RULES = (
    Rule(
        id="plain-http-published",
        title="HTTP without TLS, published",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        profile=Profile.STRICT,
        on={Project: _plain_http},
        bad=(_ports("80:80"), _ports("0.0.0.0:8080:8080", "9000:9000")),
        good=(
            _ports("80:80", "443:443"),
            _ports("127.0.0.1:8080:8080"),
            _ports("80:80", image="traefik:3.4.1"),
            _ports("5432:5432", image="postgres:17.5"),
            _ports("8080:80", tail="  tunnel:\n    image: cloudflare/cloudflared:2025.5.0\n"),
            _ports("8080:80", tail="    environment: {VIRTUAL_HOST: www.example.org}\n"),
        ),
        confidence=Confidence.LOW,
        remedy=(
            "Put a proxy that gets its own certificates before it (Traefik, Caddy), publish only "
            "its 443, and take the other ports away. Where a load balancer elsewhere has the "
            "certificate, bind the port to the address that it reaches."
        ),
        citations=_CITATIONS,
    ),
    Rule(
        id="cleartext-connection",
        title="A connection to another machine without TLS",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        on={Workload: _without_tls},
        bad=(
            "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
            "      DATABASE_URL: postgres://app@db.example.com/app?sslmode=disable\n",
            "docker run -e DB='host=10.0.0.5 user=app sslmode=disable' acme/web:1.2.3",
            "docker run -e REDIS_URL=redis://cache.example.com:6379 acme/web:1.2.3",
        ),
        good=(
            "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
            "      DATABASE_URL: postgres://app@db/app?sslmode=disable\n",
            "docker run -e DB='host=localhost user=app sslmode=disable' acme/web:1.2.3",
            "docker run -e DB='postgres://db.example.com/app?sslmode=verify-full' acme/web:1.2.3",
            "docker run -e REDIS_URL=rediss://cache.example.com:6379 acme/web:1.2.3",
            "docker run -e DB='postgres://${DB_HOST}/app?sslmode=disable' acme/web:1.2.3",
        ),
        confidence=Confidence.MEDIUM,
        remedy=(
            "Ask for TLS and check the other end: `sslmode=verify-full` with `sslrootcert`, "
            "`rediss://`, `amqps://`, `ldaps://`."
        ),
        citations=_CITATIONS,
    ),
)
