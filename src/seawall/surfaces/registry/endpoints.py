"""Where a registry's API is: Docker Hub's other name, plain http on this machine, mirrors."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec
from msgspec import Struct
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from seawall.core.errors import InputError
from seawall.surfaces.image.reference import DEFAULT_REGISTRY
from seawall.surfaces.registry.options import RegistryOptions
from seawall.surfaces.registry.zones import Zone, zone_of_name

_HUB_API = "registry-1.docker.io"
_MAX_SETTINGS = 1024 * 1024
_PORTS = {"http": 80, "https": 443}


class Endpoint(Struct, frozen=True):
    """One place that answers for a registry.

    `registry` is the host as references and credentials name it. `may_login` where credentials
    may be sent there: over TLS, or where the user takes the risk.
    """

    scheme: str
    host: str
    port: int
    registry: str
    is_mirror: bool = False
    is_verified: bool = True
    may_login: bool = True

    @property
    def url(self) -> str:
        """`https://registry-1.docker.io:443`."""
        return f"{self.scheme}://{self.host}:{self.port}"


def endpoints_of(registry: str, options: RegistryOptions) -> tuple[Endpoint, ...]:
    """The endpoints of a registry in the order in which they are to be tried.

    Mirrors come first: those of the options, and for Docker Hub those of the engine's
    `registry-mirrors`. Then the registry itself by https; and without TLS where it is on this
    machine, or the user called it insecure.

    Raises:
        InputError: a mirror is no URL of a host.
    """
    mirrors = [mirror.url for mirror in options.mirrors if mirror.registry == registry]
    if registry == DEFAULT_REGISTRY:
        mirrors.extend(_of_engine(options))
    found = [_mirror(url, options) for url in dict.fromkeys(mirrors)]
    return (*found, *_own(registry, options))


def _own(registry: str, options: RegistryOptions) -> Iterator[Endpoint]:
    host, port = _split(_HUB_API if registry == DEFAULT_REGISTRY else registry)
    is_insecure = registry in options.insecure
    yield Endpoint("https", host.lower(), port or 443, registry, is_verified=not is_insecure)
    if is_insecure or zone_of_name(host) is Zone.LOOPBACK:
        yield Endpoint("http", host.lower(), port or 80, registry, may_login=is_insecure)


def _split(registry: str) -> tuple[str, int]:
    host, colon, port = registry.rpartition(":")
    if not colon or registry.endswith("]"):
        return registry, 0
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"{registry}: is no host with a port")
    return host, int(port)


def _mirror(url: str, options: RegistryOptions) -> Endpoint:
    parts = _parsed(url)
    if parts is None or parts.host is None or parts.scheme not in _PORTS:
        raise InputError(f"the mirror “{url}” is no URL", "Write it as https://host:port.")
    if parts.auth or parts.query or (parts.path or "/") != "/":
        raise InputError(
            "a mirror's URL has more than a host and a port",
            "Write it as https://host:port; credentials come from the login of that host.",
        )
    name = parts.netloc or parts.host
    is_insecure = name in options.insecure
    return Endpoint(
        parts.scheme,
        parts.host,
        parts.port or _PORTS[parts.scheme],
        name,
        is_mirror=True,
        is_verified=not is_insecure,
        may_login=is_insecure or parts.scheme == "https",
    )


def _parsed(url: str) -> Url | None:
    try:
        return parse_url(url)
    except LocationParseError:
        return None


class _Daemon(Struct):
    mirrors: list[str] = msgspec.field(default_factory=list, name="registry-mirrors")


def _of_engine(options: RegistryOptions) -> list[str]:
    """What the engine of this machine is set to; a file that is not there or no JSON sets nothing.

    The images are the same from the registry itself, so nothing is lost where it is not read.
    """
    home = options.environment.get("HOME", "")
    for path in (
        os.path.join(home, ".config/docker/daemon.json") if home else "",
        os.path.join(options.settings, "docker/daemon.json"),
    ):
        try:
            with open(path, "rb") as file:
                data = file.read(_MAX_SETTINGS)
            return msgspec.json.decode(data, type=_Daemon).mirrors
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return []
