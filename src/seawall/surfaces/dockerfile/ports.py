"""What EXPOSE accepts: a port or a range of ports, with a protocol."""

from __future__ import annotations

MAX_PORT = 65535


class PortError(ValueError):
    """The text is no port; the message is BuildKit's."""


def normalize_port(text: str) -> str:
    """`8080` as `8080/tcp`, `53/UDP` as `53/udp`, `8000-8010` as `8000-8010/tcp`.

    A host part (`80:8080`, `127.0.0.1:80:8080`) is dropped, as BuildKit drops it.

    Raises:
        PortError: it is no port.
    """
    exposed = text.rpartition(":")[2]
    port, _, protocol = exposed.partition("/")
    if not port:
        raise PortError(f"no port specified: {exposed}<empty>")
    protocol = protocol.lower() or "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise PortError(f"invalid proto: {protocol}")
    first, dash, last = port.partition("-")
    bounds = [_number(bound) for bound in ((first, last) if dash else (first,))]
    if None in bounds or (dash and int(last) < int(first)):
        raise PortError(f"invalid containerPort: {port}")
    return f"{'-'.join(str(bound) for bound in dict.fromkeys(bounds))}/{protocol}"


def _number(text: str) -> int | None:
    """A port number; None where it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_PORT):
        return None
    stripped = text.lstrip("0") or "0"
    return int(stripped) if len(stripped) <= 5 and int(stripped) <= MAX_PORT else None
