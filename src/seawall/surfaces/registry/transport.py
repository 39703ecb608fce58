"""Sends one request to a registry, or where it refers to, and follows its redirects.

Credentials go to no other origin (scheme, host, port) than the request was made for. Where a
registry may refer to is said in `zones`.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import unquote, urljoin

from msgspec import Struct
from urllib3 import HTTPConnectionPool, ProxyManager, Timeout, make_headers
from urllib3.exceptions import (
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
    TimeoutError,  # noqa: A004 -- urllib3's own, which all of its timeouts are
)
from urllib3.util import Url, parse_url

from seawall.core.errors import InputError
from seawall.surfaces.registry.answers import discard
from seawall.surfaces.registry.connections import POOLS, Guard, Response
from seawall.surfaces.registry.endpoints import Endpoint
from seawall.surfaces.registry.errors import (
    RegistryError,
    TransientError,
    UnreachableError,
    shown,
)
from seawall.surfaces.registry.options import RegistryOptions
from seawall.surfaces.registry.proxies import proxy_for
from seawall.surfaces.registry.tls import Contexts
from seawall.surfaces.registry.zones import Zone, may_send, zone_of_name

MAX_REDIRECTS = 5

_CONNECT_SECONDS = 10.0
_NEAR_SECONDS = 2.0
"""The same for this machine: a server that waits for HTTP does not answer a greeting by TLS."""

_MAX_URL = 16 * 1024
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Origin(Struct, frozen=True):
    """What credentials are meant for: scheme, host and port, and no other."""

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        """As it is written where the port is the usual one: `host`, else `host:port`."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"


class Transport:
    """The connections for one endpoint: its own, and those to the hosts that it names."""

    def __init__(self, endpoint: Endpoint, options: RegistryOptions, contexts: Contexts) -> None:
        self._endpoint = endpoint
        self._options = options
        self._contexts = contexts
        self._home = Origin(endpoint.scheme, endpoint.host, endpoint.port)
        self._guard = Guard()
        self._lines: dict[Origin, _Line] = {}
        self._lock = threading.Lock()

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[Response, str]:
        """Ask for a path of the endpoint, or a URL that it named; redirects are followed.

        Returns the answer, its body still to be read, and the URL that it came from. What is
        posted is not sent anywhere else.

        Raises:
            RegistryError: it leads where it may not, or nowhere.
            UnreachableError: there is no connection.
            TransientError: there was none this time, or it broke.
        """
        url = self.locate(self._endpoint.url + "/", target)
        sent = {"User-Agent": self._options.user_agent, "Accept-Encoding": "identity", **headers}
        for _ in range(MAX_REDIRECTS + 1):
            response = self._line(url).ask(method, url, sent, body)
            if response.status not in _REDIRECTS:
                return response, str(url)
            discard(response)
            following = self.locate(str(url), response.headers.get("Location", ""))
            if body is not None:
                raise RegistryError(f"{_named(url)}: redirects a login")
            if _origin(following) != _origin(url):
                sent.pop("Authorization", None)
            url = following
        raise RegistryError(f"{self._endpoint.registry}: redirects more than {MAX_REDIRECTS} times")

    def locate(self, base: str, location: str) -> Url:
        """The URL that a registry names, absolute.

        Raises:
            RegistryError: it is none, or one that the registry may not send us to.
        """
        try:
            url = parse_url(urljoin(base, location) if location else "")
        except (LocationParseError, ValueError):
            url = Url()
        if url.scheme not in _PORTS or not url.host or url.auth or len(location) > _MAX_URL:
            raise RegistryError(f"{self._endpoint.registry}: refers to what is no URL")
        self._check(url)
        return url._replace(fragment=None)

    def is_home(self, url: str) -> bool:
        """Whether a URL is of the endpoint itself."""
        return _origin(parse_url(url)) == self._home

    def close(self) -> None:
        """End all connections."""
        for line in self._lines.values():
            line.close()

    @property
    def zone(self) -> Zone:
        """Where the endpoint lies; as its name tells where nobody connected to it yet."""
        return zone_of_name(self._home.host) if self._guard.zone is None else self._guard.zone

    def _check(self, url: Url) -> None:
        origin = _origin(url)
        if origin == self._home:
            return
        if origin.scheme == "http" and self._home.scheme == "https":
            raise RegistryError(f"{self._endpoint.registry}: sends us to {_named(url)} without TLS")
        zone = zone_of_name(origin.host)
        if not may_send(self.zone, zone, is_secure=origin.scheme == "https"):
            raise RegistryError(
                f"{self._endpoint.registry}: sends us to {_named(url)}, where it may not"
            )

    def _line(self, url: Url) -> _Line:
        origin = _origin(url)
        with self._lock:
            if origin not in self._lines:
                self._lines[origin] = self._made(origin)
            return self._lines[origin]

    def _made(self, origin: Origin) -> _Line:
        is_home = origin == self._home
        endpoint, options = self._endpoint, self._options
        name = endpoint.registry if is_home else origin.name
        is_verified = endpoint.is_verified if is_home else name not in options.insecure
        context = None
        if origin.scheme == "https":
            context = self._contexts.context(name, is_verified=is_verified, is_home=is_home)
        guard = self._guard if is_home else Guard(self._permits(origin))
        proxy = proxy_for(origin.scheme, origin.host, origin.port, options.environment)
        is_near = zone_of_name(origin.host) is Zone.LOOPBACK
        connect = _NEAR_SECONDS if is_near else _CONNECT_SECONDS
        settings: dict[str, Any] = {"timeout": Timeout(connect=connect, read=options.patience)}
        if context is not None:
            settings["ssl_context"] = context
        return _Line(origin, settings, guard, proxy)

    def _permits(self, origin: Origin) -> Callable[[Zone], bool]:
        is_secure = origin.scheme == "https"
        return lambda zone: may_send(self.zone, zone, is_secure=is_secure)


class _Line:
    """Connections to one origin, through a proxy where there is one."""

    def __init__(self, origin: Origin, settings: dict[str, Any], guard: Guard, proxy: str) -> None:
        self._name = origin.name
        self._pool: HTTPConnectionPool | None = None
        self._proxy: ProxyManager | None = None
        if proxy:
            # Whom the proxy connects to is the proxy's affair: only names can be judged.
            self._proxy = _proxied(proxy, settings)
        else:
            pool = POOLS[origin.scheme]
            self._pool = pool(origin.host, origin.port, maxsize=2, guard=guard, **settings)

    def ask(
        self, method: str, url: Url, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        """One request, one answer.

        Raises:
            UnreachableError: nobody answers, or it is not to be trusted.
            TransientError: it broke.
        """
        options: dict[str, Any] = {
            "headers": headers,
            "body": body,
            "redirect": False,
            "retries": False,
            "preload_content": False,
            "decode_content": False,
        }
        try:
            if self._proxy is not None:
                return self._proxy.urlopen(method, url.url, **options)
            assert self._pool is not None  # noqa: S101 -- one of both is there
            return self._pool.urlopen(method, url.request_uri, **options)
        except HTTPError as error:
            _explain(self._name, error)
        except ValueError as error:
            raise RegistryError(f"{self._name}: refers to what can't be asked for") from error

    def close(self) -> None:
        """End the connections."""
        if self._proxy is not None:
            self._proxy.clear()
        if self._pool is not None:
            self._pool.close()


def _proxied(proxy: str, settings: dict[str, Any]) -> ProxyManager:
    try:
        auth = parse_url(proxy).auth
        headers = make_headers(proxy_basic_auth=unquote(auth)) if auth else None
        manager = ProxyManager(proxy, num_pools=1, proxy_headers=headers, **settings)
    except (HTTPError, ValueError) as error:
        raise InputError("the proxy of the environment is no URL of a proxy") from error
    manager.pool_classes_by_scheme = dict(POOLS)
    return manager


def _explain(name: str, error: HTTPError) -> NoReturn:
    """Say in our words what urllib3 says in its own, which would give away URLs."""
    if isinstance(error, ProxyError):
        raise UnreachableError(f"{name}: the proxy of the environment does not connect") from error
    if isinstance(error, SSLError):
        failure = _of_tls(name, error)
        if "EOF" in failure.message:
            raise TransientError(failure) from error
        raise failure from error
    if isinstance(error, NameResolutionError):
        unknown = UnreachableError(f"{name}: no such host", "Check the name, and the network.")
        raise TransientError(unknown) from error
    if isinstance(error, NewConnectionError):
        reason = shown(str(error.__cause__ or "nobody answers"))
        raise TransientError(UnreachableError(f"{name}: no connection: {reason}")) from error
    if isinstance(error, TimeoutError):
        raise TransientError(UnreachableError(f"{name}: does not answer in time")) from error
    raise TransientError(UnreachableError(f"{name}: the connection broke")) from error


def _of_tls(name: str, error: SSLError) -> UnreachableError:
    inner = error.args[0] if error.args else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"{name}: its certificate is not good: {shown(inner.verify_message)}",
            "Put its authority into /etc/docker/certs.d/<host:port>/ca.crt, as for Docker.",
            is_refused=True,
        )
    reason = getattr(inner, "reason", None) or "it does not speak TLS"
    return UnreachableError(f"{name}: no TLS connection: {shown(str(reason))}")


def _origin(url: Url) -> Origin:
    scheme = url.scheme or ""
    return Origin(scheme, url.host or "", url.port or _PORTS[scheme])


def _named(url: Url) -> str:
    """A URL for a message: without its query, which may hold a signature."""
    return shown(f"{url.scheme}://{url.netloc}")
