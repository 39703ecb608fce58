"""Where a connection string leads: to a service beside, to this machine, or to another one."""

from __future__ import annotations

import re

from seawall.core.expression import Expression

_IN_URL = Expression(
    r"\A[a-z][a-z0-9+.-]*://(?:[^/?#\s@]*@)?(\[[0-9a-f:.]+\]|[^/?#:,\s@]+)", re.IGNORECASE
)
_IN_WORDS = Expression(
    r"(?:\A|[\s;])(?:host|server|data source|address)\s*=\s*(?:tcp:)?([^\s;,:]+)", re.IGNORECASE
)
_IN_GO = Expression(r"@tcp\(([^):]+)")
_NEAR = Expression(
    r"(?:localhost|127\.|0\.0\.0\.0|\[?::1|/|host\.docker\.internal|gateway\.docker\.internal)"
)
_PRIVATE = (".local", ".internal", ".localhost", ".test")


def host_in(text: str) -> str:
    """The host that a URL, a list of `key=value` or Go's MySQL form names; empty where none is."""
    for pattern in (_IN_URL, _IN_GO, _IN_WORDS):
        match = pattern.search(text)
        if match is not None:
            return match[1].lower()
    return ""


def leads_away(text: str) -> bool:
    """Whether a connection string names a host on some network beyond this machine's own.

    A name without a dot is a service beside, whose traffic stays on the machine's bridge; a
    variable in it can be anything.
    """
    host = host_in(text)
    is_remote = "." in host or host.startswith("[")
    return is_remote and "$" not in host and not _NEAR.match(host) and not host.endswith(_PRIVATE)
