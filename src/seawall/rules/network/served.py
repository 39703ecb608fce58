"""Which certificates and private keys the services of a project get, and by what."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.surfaces.cell import Place
from seawall.surfaces.certificates.model import PemFile
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Mount, Workload

_MAKER = Expression(
    r"certbot|acme(?:\.sh|-companion)|letsencrypt|\blego\b|swag\b|step-ca|cfssl|caddy|traefik|mkcert|openssl|easy-?rsa"
    r"|npm\b|nginx-proxy-manager|cert-?(?:gen|mate|manager|renew|exporter|dumper)|certs?-?(?:init|setup)"
    r"|vault\b|wireguard|openvpn",
    re.IGNORECASE,
)
_STORE = 5
"""Authorities in a file that then is a list of whom to trust, and no server's own."""


class Served(Struct, frozen=True):
    """A file that a service gets: `shown` is its path as seen from the project's directory."""

    path: str
    shown: str
    file: PemFile
    service: Workload
    place: Place
    mount: Mount | None = None


def served(project: Project) -> Iterator[Served]:
    """Each file that was read, once, with the first service that gets it."""
    seen = set()
    for each in every_served(project):
        if each.path not in seen:
            seen.add(each.path)
            yield each


def every_served(project: Project) -> Iterator[Served]:
    """Each file with each service that gets it, in the order of the services."""
    if not project.certificates:
        return
    for service in project.services:
        for mount in service.mounts:
            for path, file in project.certificates.items() if mount.type == "bind" else ():
                if holds(mount.source, path):
                    shown = _shown(path, project)
                    yield Served(path, shown, file, service, mount.place, mount)
        for use in service.secrets:
            written = use.file.value if use.file is not None else None
            path = posixpath.normpath(posixpath.join(project.directory, written or ""))
            if path in project.certificates:
                file = project.certificates[path]
                yield Served(path, _shown(path, project), file, service, use.place)


def holds(source: str, path: str) -> bool:
    """Whether a mount's source is a path or a directory above it."""
    source = posixpath.normpath(source)
    return path == source or path.startswith(source.rstrip("/") + "/")


def _shown(path: str, project: Project) -> str:
    return posixpath.relpath(path, project.directory)


def is_trust_store(file: PemFile) -> bool:
    """Whether it is a list of authorities: old ones stay in such lists."""
    return sum(each.is_self_signed and each.is_authority for each in file.certificates) >= _STORE


def makes_certificates(workload: Workload) -> bool:
    """Whether it is a program that writes certificates and keys by its trade."""
    image = (workload.image.value or "") if workload.image is not None else ""
    return _MAKER.search(f"{workload.name} {image}") is not None
