"""Finds credentials where `docker login` and `podman login` leave them."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.image.reference import DEFAULT_REGISTRY
from seawall.surfaces.registry.errors import shown
from seawall.surfaces.registry.helpers import ask_helper
from seawall.surfaces.registry.options import Credential, RegistryOptions

_HUB_SERVER = "https://index.docker.io/v1/"
_HUB_NAMES = frozenset({DEFAULT_REGISTRY, "index.docker.io", "registry-1.docker.io"})
_MAX_FILE = 1024 * 1024


class _Auth(Struct):
    auth: str = ""
    username: str = ""
    password: str = ""
    identity_token: str = msgspec.field(default="", name="identitytoken")
    registry_token: str = msgspec.field(default="", name="registrytoken")


class _File(Struct):
    auths: dict[str, _Auth | None] | None = None
    helpers: dict[str, str] | None = msgspec.field(default=None, name="credHelpers")
    store: str = msgspec.field(default="", name="credsStore")


class Credentials:
    """Looks credentials up, and remembers why some could not be had (`notes`).

    The places, in order: the options; `$REGISTRY_AUTH_FILE`; `$DOCKER_AUTH_CONFIG`, which holds
    the JSON itself; `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`;
    `$XDG_RUNTIME_DIR/containers/auth.json`; `~/.config/containers/auth.json`. In each: the entry
    for the longest path above the repository, the registry's helper, the helper for all, and the
    entry for the registry.
    """

    def __init__(self, options: RegistryOptions) -> None:
        self._options = options
        self._environment: Mapping[str, str] = options.environment
        self._read: list[tuple[str, _File]] | None = None
        self._asked: dict[tuple[str, str], Credential | None] = {}
        self.notes: list[str] = []
        self.known: set[Credential] = set()
        """What was found so far."""

    def find(self, registry: str, path: str) -> Credential | None:
        """The credential for a repository (`registry` with its port, `path` below it), or None."""
        found = self._options.credential or self._stored(registry, path)
        if found is not None:
            self.known.add(found)
        return found

    def _stored(self, registry: str, path: str) -> Credential | None:
        for name, file in self._files():
            try:
                found = self._in_file(file, registry, path)
            except InputError as error:
                self._note(f"{name}: {error.message}")
                continue
            if found is not None:
                return found
        return None

    def _in_file(self, file: _File, registry: str, path: str) -> Credential | None:
        entries = {_key(key): entry for key, entry in (file.auths or {}).items() if entry}
        for key in _above(registry, path):
            if found := _of_entry(entries.get(key)):
                return found
        helper = (file.helpers or {}).get(registry) or file.store
        if helper and (found := self._ask(helper, registry)):
            return found
        return next(filter(None, map(_of_entry, map(entries.get, _names(registry)))), None)

    def _ask(self, helper: str, registry: str) -> Credential | None:
        server = _HUB_SERVER if registry in _HUB_NAMES else registry
        if (helper, server) not in self._asked:
            self._asked[helper, server] = None
            self._asked[helper, server] = ask_helper(helper, server, self._environment)
        return self._asked[helper, server]

    def _files(self) -> list[tuple[str, _File]]:
        if self._read is None:
            texts = self._texts()
            parsed = ((name, self._parsed(name, data)) for name, data in texts)
            self._read = [(name, file) for name, file in parsed if file is not None]
        return self._read

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        paths = list(self._paths())
        for name, path in paths[:1]:
            yield from self._contents(name, path)
        if text := self._environment.get("DOCKER_AUTH_CONFIG"):
            yield "DOCKER_AUTH_CONFIG", text.encode()
        for name, path in paths[1:]:
            yield from self._contents(name, path)

    def _paths(self) -> Iterator[tuple[str, str]]:
        variables = self._environment
        home = variables.get("HOME", "")
        yield "REGISTRY_AUTH_FILE", variables.get("REGISTRY_AUTH_FILE", "")
        docker = variables.get("DOCKER_CONFIG") or _below(home, ".docker")
        yield "", _below(docker, "config.json")
        yield "", _below(variables.get("XDG_RUNTIME_DIR", ""), "containers/auth.json")
        configuration = variables.get("XDG_CONFIG_HOME") or _below(home, ".config")
        yield "", _below(configuration, "containers/auth.json")

    def _contents(self, name: str, path: str) -> Iterator[tuple[str, bytes]]:
        """What a file holds; one that is not there is only said where the user named it."""
        if not path:
            return
        try:
            with open(path, "rb") as file:
                data = file.read(_MAX_FILE + 1)
        except OSError as error:
            if name or not isinstance(error, FileNotFoundError | NotADirectoryError):
                self._note(f"{path}: {error.strerror}")
            return
        if len(data) > _MAX_FILE:
            self._note(f"{path}: has more than {_MAX_FILE} bytes")
        else:
            yield path, data

    def _parsed(self, name: str, data: bytes) -> _File | None:
        try:
            return msgspec.json.decode(data, type=_File)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # The reason is not shown: it may quote a secret.
            self._note(f"{name}: is no JSON as docker login writes it")
            return None

    def _note(self, note: str) -> None:
        note = shown(note)
        if note not in self.notes:
            self.notes.append(note)


def _below(directory: str, name: str) -> str:
    return os.path.join(directory, name) if directory else ""


def _key(key: str) -> str:
    """An entry's key as host and path: old ones are URLs, such as Docker Hub's."""
    key = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    host, _, path = key.partition("/")
    return host if path in ("v1", "v2") else key


def _above(registry: str, path: str) -> Iterator[str]:
    """The repository and the namespaces above it, the longest first, the registry left out."""
    while path:
        for name in _names(registry):
            yield f"{name}/{path}"
        path = path.rpartition("/")[0]


def _names(registry: str) -> tuple[str, ...]:
    return (registry, *sorted(_HUB_NAMES - {registry})) if registry in _HUB_NAMES else (registry,)


def _of_entry(entry: _Auth | None) -> Credential | None:
    """What an entry holds; an empty one stands for what the helper keeps."""
    if entry is None:
        return None
    username, password = entry.username, entry.password
    if entry.auth:
        username, password = _decoded(entry.auth)
    found = Credential(username, password, entry.identity_token, entry.registry_token)
    return found if found.secrets else None


def _decoded(auth: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(auth, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise InputError("an entry's “auth” is no base64 of name and password") from error
    username, _, password = text.partition(":")
    return username, password.rstrip("\0")
