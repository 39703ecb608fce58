"""Published ports in short and long syntax."""

from __future__ import annotations

import re

from seawall.surfaces.compose.interpolation import MARK
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence, place_of
from seawall.surfaces.workload import Port

UNKNOWN_PORT = 0
"""Container port of a publication whose port a variable decides."""

_SHORT = re.compile(r"(?:(?:\[(?P<six>[^\]]*)\]|(?P<ip>.*)):)?(?P<host>[^:]*):(?P<inner>[^:]+)\Z")
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")
_MAX_PORT = 65_535


def read_ports(node: Node | None, journal: Journal) -> tuple[Port, ...]:
    """The publications of a service's `ports`."""
    if node is None:
        return ()
    if type(node) is not Sequence:
        return ()
    ports = (_port(item, journal) for item in node.items)
    return tuple(port for port in ports if port is not None)


def _port(item: Node, journal: Journal) -> Port | None:
    port = _short(item) if type(item) is Scalar else _long(item) if type(item) is Mapping else None
    if port is None:
        journal.refuse("not a port", item)
    return port


def _short(scalar: Scalar) -> Port | None:
    text, _, protocol = text_of(scalar).strip().partition("/")
    match = _SHORT.match(text)
    inner = text if match is None else match["inner"]
    host = "" if match is None else match["host"]
    address = "" if match is None else match["six"] or match["ip"] or ""
    return _make(scalar, inner, host, address, protocol or "tcp")


def _long(node: Mapping) -> Port | None:
    def text(key: str) -> str:
        value = node.get(key)
        return text_of(value) if type(value) is Scalar else ""

    port = _make(
        node, text("target"), text("published"), text("host_ip"), text("protocol") or "tcp"
    )
    mode = text("mode")
    return port if port is None or mode in {"", "ingress"} else _with_mode(port, mode)


def _with_mode(port: Port, mode: str) -> Port:
    from msgspec.structs import replace  # noqa: PLC0415 -- rare

    return replace(port, mode=mode)


def _make(node: Node, inner: str, host: str, address: str, protocol: str) -> Port | None:
    container = _range(inner)
    published = (None, None) if not host or MARK in host else _range(host)
    if container is None or published is None:
        return None
    return Port(
        container[0],
        container[1],
        place_of(node),
        published[0],
        published[1],
        "" if MARK in address else address.strip("[]"),
        protocol.lower(),
        is_host_ip_known=MARK not in address,
    )


def _range(text: str) -> tuple[int, int] | None:
    if MARK in text:
        return UNKNOWN_PORT, UNKNOWN_PORT
    match = _RANGE.match(text)
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return (first, last) if first <= last <= _MAX_PORT else None
