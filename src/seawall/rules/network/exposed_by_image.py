"""Ports and servers by which an image lets others in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.model import Hit
from seawall.core.rule import Settings
from seawall.facts.ports import ADMIN_PORTS, DATABASE_PORTS, SSH_ON_PURPOSE, SSH_PORT
from seawall.rules.image.layers import base_weight, in_layer, noted
from seawall.surfaces.image.model import Image
from seawall.surfaces.image.notable import Note

_SERVERS = frozenset({"sshd", "dropbear"})
_OFFERED = "offered to the host by `docker run -P`"


def _ports(image: Image) -> Iterator[tuple[str, int, int]]:
    """Each exposed TCP range: as written, first and last port."""
    for text in image.config.exposed_ports:
        first, _, last = text.partition("/")[0].partition("-")
        is_tcp = not text.lower().endswith(("/udp", "/sctp"))
        if is_tcp and first.isdecimal() and (not last or last.isdecimal()):
            yield text, int(first), int(last or first)


def ssh_port(image: Image, _: Settings) -> Iterator[Hit]:
    """Port 22, but for servers that are reached over ssh by design."""
    for text, first, last in _ports(image):
        if first <= SSH_PORT <= last and SSH_ON_PURPOSE.search(_told_of(image)) is None:
            yield Hit(
                image.place(f"expose {text}"),
                "port 22 is a way to log in to the container from outside",
                "EXPOSE 22",
                label="ssh",
            )


def admin_ports(image: Image, _: Settings) -> Iterator[Hit]:
    """Ports of remote administration and debuggers."""
    for text, first, last in _ports(image):
        if first == last and first in ADMIN_PORTS:
            yield Hit(
                image.place(f"expose {text}"),
                f"port {first} is usually {ADMIN_PORTS[first]}",
                f"EXPOSE {first}",
                label=_OFFERED,
            )


def database_ports(image: Image, _: Settings) -> Iterator[Hit]:
    """A database's port, where nothing says that the image is that server."""
    for text, first, last in _ports(image):
        product, server = DATABASE_PORTS.get(first, ("", ""))
        if first == last and product and not re.search(server, _told_of(image), re.IGNORECASE):
            yield Hit(
                image.place(f"expose {text}"),
                f"port {first} is {product}'s, but nothing here installs or runs that server",
                f"EXPOSE {first}",
                label=_OFFERED,
                remedy=f"Take {first} out of EXPOSE: an application reaches its database over a "
                "private network, which needs no EXPOSE.",
            )


def _told_of(image: Image) -> str:
    """All that says what an image is: its names, its history and configuration, its packages."""
    known: str | None = image.derived.get("what it is")
    if known is None:
        names = (h.fact.name for h in image.packages if h.gone is None and not h.fact.is_declared)
        known = "\n".join((image.name, *image.tags, image.history.text, *names))
        image.derived["what it is"] = known
    return known


def ssh_server(image: Image, _: Settings) -> Iterator[Hit]:
    """The program of an ssh server."""
    for held in noted(image, Note.NETWORK_TOOL.value):
        name = held.fact.path.rpartition("/")[2]
        if name in _SERVERS and SSH_ON_PURPOSE.search(" ".join((image.name, *image.tags))) is None:
            package = image.owned.get(held.fact.path, "")
            yield Hit(
                image.place_of(held),
                f"{held.fact.path} is an ssh server" + (f", of {package}" if package else ""),
                f"{name}",
                label="ssh server",
                weaker=base_weight(image, held),
                layer=in_layer(image, held, held.fact.path),
            )
