"""The names under which a project says that its services are reached."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.surfaces.workload import Workload

_RULE = Expression(r"traefik\.(?:http|tcp)\.routers\.[^.]+\.rule\Z", re.IGNORECASE)
_HOST = Expression(r"\bHost(?:SNI)?\(([^)]{0,1000})\)")
_QUOTED = Expression(r"[`\"']([^`\"']*)[`\"']")
_VARIABLES = frozenset({"VIRTUAL_HOST", "NGINX_HOST", "LETSENCRYPT_HOST"})
_NAME = Expression(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)+\.?\Z|localhost\Z", re.ASCII)


def hosts_of(service: Workload) -> tuple[str | None, ...]:
    """The names that labels for a proxy and variables say; None for one that can't be told."""
    return tuple(_hosts(service))


def _hosts(service: Workload) -> Iterator[str | None]:
    for label in service.labels:
        if _RULE.match(label.name):
            yield from _in_rule(label.value.value if label.value.is_known else None)
    for variable in service.environment:
        if variable.name in _VARIABLES:
            value = variable.value.value if variable.value.is_known else None
            for name in (value or "?").split(","):
                yield _plain(name.strip().partition(":")[0])


def _in_rule(rule: str | None) -> Iterator[str | None]:
    if rule is None or "HostRegexp" in rule:
        yield None
        return
    for match in _HOST.finditer(rule):
        for quoted in _QUOTED.finditer(match[1]):
            yield _plain(quoted[1])


def _plain(name: str) -> str | None:
    """A name, or None where it holds a pattern or a variable."""
    return name.rstrip(".").lower() if _NAME.match(name) else None


def is_good_for(name: str, host: str) -> bool:
    """Whether a certificate's name covers a host (RFC 6125: a star stands for one label)."""
    name = name.rstrip(".").lower()
    if name == host:
        return True
    star, _, rest = name.partition(".")
    return star == "*" and host.partition(".")[2] == rest
