"""Where the engine is: `DOCKER_HOST`, a Docker context, or the socket that it has by default."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError

DEFAULT = "unix:///var/run/docker.sock"

_MAX_FILE = 1024 * 1024
_PORT, _TLS_PORT = 2375, 2376


class Endpoint(Struct, frozen=True):
    """An address of the API.

    `kind` is `unix`, `tcp` or `ssh`; `host` is a socket's path where it is `unix`. TCP has TLS
    where `tls`: with the files of `certificates` (`ca.pem`, `cert.pem`, `key.pem`), and the
    server's certificate is verified unless `skips_verification`. `text` is what errors call it.
    """

    kind: str
    host: str
    port: int = 0
    user: str = ""
    tls: bool = False
    certificates: str = ""
    skips_verification: bool = False
    text: str = ""


class _Config(Struct):
    current_context: str = msgspec.field(default="", name="currentContext")


class _Docker(Struct, rename="pascal"):
    host: str = ""
    skip_t_l_s_verify: bool = msgspec.field(default=False, name="SkipTLSVerify")


class _Endpoints(Struct):
    docker: _Docker = msgspec.field(default_factory=_Docker)


class _Meta(Struct, rename="pascal"):
    endpoints: _Endpoints = msgspec.field(default_factory=_Endpoints)


def find_endpoint(environment: Mapping[str, str] | None = None, host: str = "") -> Endpoint:
    """The engine that the `docker` client would talk to; `host` goes before all else.

    Raises:
        InputError: the address is none, or a context is chosen that there is not.
    """
    variables = os.environ if environment is None else environment
    if host or variables.get("DOCKER_HOST"):
        return _of_variables(host or variables["DOCKER_HOST"], variables)
    directory = variables.get("DOCKER_CONFIG") or os.path.join(_home(variables), ".docker")
    context = variables.get("DOCKER_CONTEXT") or _current_context(directory)
    if context in ("", "default"):
        return _of_variables(DEFAULT, variables)
    return _of_context(directory, context)


def _home(variables: Mapping[str, str]) -> str:
    return variables.get("HOME") or os.path.expanduser("~")


def _of_variables(host: str, variables: Mapping[str, str]) -> Endpoint:
    certificates = variables.get("DOCKER_CERT_PATH", "")
    verifies = bool(variables.get("DOCKER_TLS_VERIFY"))
    return parse_endpoint(
        host,
        tls=verifies or bool(certificates),
        certificates=certificates
        or os.path.join(
            variables.get("DOCKER_CONFIG") or os.path.join(_home(variables), ".docker")
        ),
        skips_verification=not verifies,
    )


def _current_context(directory: str) -> str:
    data = _read(os.path.join(directory, "config.json"))
    try:
        return msgspec.json.decode(data, type=_Config).current_context if data else ""
    except (msgspec.DecodeError, RecursionError):
        return ""  # the client warns of it, and goes on


def _of_context(directory: str, context: str) -> Endpoint:
    name = hashlib.sha256(context.encode("utf-8", "surrogateescape")).hexdigest()
    data = _read(os.path.join(directory, "contexts", "meta", name, "meta.json"))
    try:
        meta = msgspec.json.decode(data, type=_Meta) if data else None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the Docker context {context} can't be understood: {error}") from error
    if meta is None or not meta.endpoints.docker.host:
        raise InputError(
            f"there is no Docker context {context}",
            "Choose one of `docker context ls` with `docker context use`.",
        )
    certificates = os.path.join(directory, "contexts", "tls", name, "docker")
    has_files = os.path.isdir(certificates)
    docker = meta.endpoints.docker
    return parse_endpoint(
        docker.host,
        tls=has_files or docker.skip_t_l_s_verify,
        certificates=certificates if has_files else "",
        skips_verification=docker.skip_t_l_s_verify,
    )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_FILE)
    except OSError:
        return b""


def parse_endpoint(
    text: str, *, tls: bool = False, certificates: str = "", skips_verification: bool = False
) -> Endpoint:
    """Read an address: `unix:///run/docker.sock`, `tcp://host:2376`, `ssh://user@host`.

    Raises:
        InputError: it is none.
    """
    try:
        parts = urlsplit(text)
        port = parts.port or 0
    except ValueError as error:
        raise _no_address(text) from error
    if parts.scheme == "unix" and parts.path:
        return Endpoint("unix", parts.netloc + parts.path, text=text)
    host = parts.hostname or ""
    # `ssh` must not take a host or a user for an option.
    if not host or host.startswith("-") or (parts.username or "").startswith("-"):
        raise _no_address(text)
    if parts.scheme == "ssh":
        return Endpoint("ssh", host, port, parts.username or "", text=f"ssh://{host}")
    if parts.scheme not in ("tcp", "http", "https"):
        raise _no_address(text)
    tls = tls or parts.scheme == "https"
    return Endpoint(
        "tcp",
        host,
        port or (_TLS_PORT if tls else _PORT),
        tls=tls,
        certificates=certificates if tls else "",
        skips_verification=skips_verification and tls,
        text=f"tcp://{host}",
    )


def _no_address(text: str) -> InputError:
    return InputError(
        f"“{text[:200]}” is no address of a Docker Engine",
        "Set DOCKER_HOST to unix:///…, tcp://host:port or ssh://user@host.",
    )
