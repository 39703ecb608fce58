"""Requests to the Docker Engine API. There are none but GETs that read, and no way to send others.

See docs/decisions/engine-by-http.md for why this is no SDK.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from seawall.core.errors import InputError
from seawall.surfaces.engine.endpoint import Endpoint, find_endpoint

if TYPE_CHECKING:
    import ssl

_T = TypeVar("_T")

API_VERSION = (1, 48)
"""The newest version of the API that is asked for: the first that saves one platform's image."""

OLDEST = (1, 24)

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer that is read whole."""

_CONNECT, _ANSWER, _SAVE = 10.0, 60.0, 900.0
"""Seconds: old engines write a whole image to their disk before they send the first byte."""


class NotFoundError(InputError):
    """The engine has no such thing."""


class UnreachableError(InputError):
    """No engine answers."""


class Engine:
    """A Docker Engine, for reading. Each request has a connection of its own.

    All methods raise `UnreachableError` where no engine answers, `NotFoundError` where it has no
    such thing, and `InputError` where it refuses or its answer can't be understood.
    """

    def __init__(self, endpoint: Endpoint | None = None) -> None:
        self._endpoint = endpoint or find_endpoint()
        self._version: tuple[int, int] | None = None

    @property
    def version(self) -> tuple[int, int]:
        """The version of the API that both sides speak."""
        if self._version is None:
            with self._get("/_ping", _CONNECT) as response:
                response.read(1024)
                theirs = _numbers(response.getheader("Api-Version") or "")
            if theirs < OLDEST:
                raise InputError(
                    f"the engine at {self._endpoint.text} speaks version "
                    f"{'.'.join(map(str, theirs))} of the API, older than any that is read",
                    "Update it: it no longer gets security fixes.",
                )
            self._version = min(theirs, API_VERSION)
        return self._version

    def image_inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of an image (`docker image inspect`)."""
        return self._json(f"/images/{quote(name, safe='/:@')}/json", dict[str, Any])

    def images(self) -> list[dict[str, Any]]:
        """All images (`docker images`)."""
        return self._json("/images/json", list[dict[str, Any]])

    def containers(self, *, everything: bool = False) -> list[dict[str, Any]]:
        """The containers that run, or all there are (`docker ps`)."""
        query = "?all=1" if everything else ""
        return self._json(f"/containers/json{query}", list[dict[str, Any]])

    def container_inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of a container (`docker container inspect`)."""
        return self._json(f"/containers/{quote(name, safe='')}/json", dict[str, Any])

    @contextmanager
    def save_stream(
        self, name: str, platform: Mapping[str, str] | None = None
    ) -> Iterator[HTTPResponse]:
        """An image as an archive, as it comes (`docker save`); `platform` where engines know it."""
        query = ""
        if platform and self.version >= API_VERSION:
            query = "?" + urlencode({"platform": msgspec.json.encode(platform).decode()})
        path = f"{self._prefix}/images/{quote(name, safe='/:@')}/get{query}"
        with self._get(path, _SAVE) as response:
            yield response

    @property
    def _prefix(self) -> str:
        major, minor = self.version
        return f"/v{major}.{minor}"

    def _json(self, path: str, kind: type[_T]) -> _T:
        with self._get(self._prefix + path, _ANSWER) as response:
            data = response.read(MAX_ANSWER + 1)
        if len(data) > MAX_ANSWER:
            raise InputError(f"the engine answers {path} with more than {MAX_ANSWER} bytes")
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InputError(f"the engine's answer to {path} can't be understood") from error

    @contextmanager
    def _get(self, path: str, patience: float) -> Iterator[HTTPResponse]:
        connection = _Connection(self._endpoint, patience)
        try:
            try:
                connection.request("GET", path, headers={"Host": "docker"})
                response = connection.getresponse()
            except (OSError, HTTPException) as error:
                raise _unreachable(self._endpoint, error) from error
            if response.status != 200:
                raise _refused(path, response)
            try:
                yield response
            except (OSError, HTTPException) as error:
                raise InputError(f"the engine's answer breaks off: {error}") from error
        finally:
            connection.close()


class _Connection(HTTPConnection):
    """HTTP over what the endpoint says: a socket, TCP with or without TLS, or `ssh`."""

    def __init__(self, endpoint: Endpoint, patience: float) -> None:
        super().__init__("docker", timeout=patience)
        self._endpoint = endpoint
        self._patience = patience
        self._ssh: subprocess.Popen[bytes] | None = None

    def connect(self) -> None:
        endpoint = self._endpoint
        if endpoint.kind == "ssh":
            self._start_ssh()
        elif endpoint.kind == "unix":
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(_CONNECT)
            self.sock.connect(endpoint.host)
        else:
            self.sock = socket.create_connection((endpoint.host, endpoint.port), _CONNECT)
            if endpoint.tls:
                context = tls_context(endpoint)
                self.sock = context.wrap_socket(self.sock, server_hostname=endpoint.host)
        self.sock.settimeout(self._patience)

    def _start_ssh(self) -> None:
        endpoint = self._endpoint
        self.sock, theirs = socket.socketpair()
        command = ["ssh", "-T", "-o", "ConnectTimeout=10", "-o", "BatchMode=yes"]
        if endpoint.user:
            command += ["-l", endpoint.user]
        if endpoint.port:
            command += ["-p", str(endpoint.port)]
        command += ["--", endpoint.host, "docker", "system", "dial-stdio"]
        with theirs:
            self._ssh = subprocess.Popen(  # noqa: S603 -- the user's own host, and no shell
                command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL
            )

    def close(self) -> None:
        """End the connection, and what it went through."""
        super().close()
        if self._ssh is not None:
            self._ssh.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._ssh.wait(2)
            if self._ssh.poll() is None:
                self._ssh.kill()
                self._ssh.wait()


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """What TLS to an engine is made with.

    Raises:
        InputError: a certificate or key can't be read.
    """
    import ssl  # noqa: PLC0415 -- few engines are reached over TLS, and it takes long to load

    context = ssl.create_default_context()
    # Certificates made by Docker's own guide lack what Python 3.13 insists on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    directory = endpoint.certificates
    files = {name: os.path.join(directory, f"{name}.pem") for name in ("ca", "cert", "key")}
    try:
        if directory and os.path.exists(files["ca"]):
            context.load_verify_locations(files["ca"])
        if directory and os.path.exists(files["cert"]):
            context.load_cert_chain(files["cert"], files["key"])
    except OSError as error:
        raise InputError(f"{directory}: the certificates can't be read: {error}") from error
    if endpoint.skips_verification:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    if not (major.isdecimal() and minor.isdecimal()) or len(version) > 16:
        raise InputError("what answers at the engine's address is no Docker Engine")
    return int(major), int(minor)


def _unreachable(endpoint: Endpoint, error: Exception) -> InputError:
    if isinstance(error, PermissionError):
        return UnreachableError(
            f"{endpoint.text}: you may not talk to this engine",
            "Run as root or as a member of its group, or name another with DOCKER_HOST.",
        )
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return UnreachableError(
        f"no engine answers at {endpoint.text}: {reason}",
        "Start it, or name another with DOCKER_HOST or `docker context use`.",
    )


def _refused(path: str, response: HTTPResponse) -> InputError:
    with suppress(msgspec.DecodeError, RecursionError, OSError, HTTPException):
        said = msgspec.json.decode(response.read(MAX_ANSWER), type=dict[str, Any])
        message = str(said.get("message", ""))[:500]
        if response.status == 404:
            return NotFoundError(f"the engine says: {message}")
        return InputError(f"the engine refuses {path}: {message}")
    return InputError(f"the engine answers {path} with status {response.status}")
