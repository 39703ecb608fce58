"""Connections that go only where they may, and wait only so long."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import BaseHTTPResponse, HTTPResponse
from urllib3.util.connection import create_connection

from seawall.surfaces.registry.errors import RegistryError, shown
from seawall.surfaces.registry.zones import Zone, zone_of

HEADER_SECONDS = 60.0
"""The longest that a handshake, or the header of an answer, may take however busy the line is."""

_HALT = "_seawall_shutdown"


class Guard:
    """Which zones the connections to one host may lead to; remembers where the last one led."""

    def __init__(self, permits: Callable[[Zone], bool] | None = None) -> None:
        self.zone: Zone | None = None
        self._permits = permits

    def permits(self, address: str) -> bool:
        """Whether an address may be connected to."""
        zone = zone_of(address)
        if self._permits is not None and not self._permits(zone):
            return False
        self.zone = zone
        return True


class Watchdog:
    """Shuts a socket down after so many seconds: a timeout alone starts anew with every byte."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        # A copy: TLS takes the descriptor away from the first socket that has it.
        self._socket = socket.socket(fileno=os.dup(sock.fileno()))
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True
        self.has_bitten = False
        self._timer.start()

    def end(self) -> None:
        """Let the socket live."""
        self._timer.cancel()
        self._timer.join()
        self._socket.close()

    def _bite(self) -> None:
        self.has_bitten = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class _Guarded(HTTPConnection):
    """Asks its guard before it connects, and bounds handshake and header by a watchdog."""

    guard: Guard | None = None
    header_seconds: ClassVar[float] = HEADER_SECONDS

    # The signatures are urllib3's, whatever they are in its next version.
    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 -- see above
        guard: Guard | None = None,
        **options: Any,  # noqa: ANN401 -- see above
    ) -> None:
        super().__init__(*arguments, **options)
        self.guard = guard
        self._watchdog: Watchdog | None = None

    def _new_conn(self) -> socket.socket:
        sock = self._dial()
        self._watchdog = Watchdog(sock, self.header_seconds)
        return sock

    def connect(self) -> None:
        """Connect, TLS included, in bounded time."""
        try:
            super().connect()
        finally:
            if self._watchdog is not None:
                self._watchdog.end()
                self._watchdog = None

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # a mixin of two classes
        """The answer's header, in bounded time."""
        sock = self.sock
        watchdog = Watchdog(sock, self.header_seconds)
        try:
            response = super().getresponse()
        except Exception as error:
            if watchdog.has_bitten:
                raise TimeoutError("the header of the answer took too long") from error
            raise
        finally:
            watchdog.end()
        setattr(response, _HALT, getattr(sock, "shutdown", None))
        return response

    def _dial(self) -> socket.socket:
        host = self._dns_host.strip("[]")
        try:
            found = socket.getaddrinfo(host, self.port, 0, socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        permitted = [address for address in addresses if self._permits(address)]
        if not permitted:
            raise RegistryError(f"the registry sends us to {shown(self.host)}, where it may not")
        return self._first(permitted)

    def _permits(self, address: str) -> bool:
        return self.guard is None or self.guard.permits(address)

    def _first(self, addresses: list[str]) -> socket.socket:
        """The first address that answers: the name is not looked up a second time."""
        failure = OSError("no address")
        for address in addresses:
            try:
                sock = create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as error:
                failure = error
                continue
            self._permits(address)
            return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "nobody answered in time") from failure
        raise NewConnectionError(self, failure.strerror or str(failure)) from failure


class _GuardedHttp(_Guarded):
    pass


class _GuardedHttps(_Guarded, HTTPSConnection):
    pass


class GuardedHttpPool(HTTPConnectionPool):
    """Connections without TLS to one host."""

    ConnectionCls = _GuardedHttp


class GuardedHttpsPool(HTTPSConnectionPool):
    """Connections with TLS to one host."""

    ConnectionCls = _GuardedHttps


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": GuardedHttpPool, "https": GuardedHttpsPool}

Response = BaseHTTPResponse


def halt(response: Response) -> None:
    """End an answer that another thread reads: its reading fails at once."""
    shutdown = getattr(response, _HALT, None)
    if shutdown is not None:
        with contextlib.suppress(OSError):
            shutdown(socket.SHUT_RDWR)
