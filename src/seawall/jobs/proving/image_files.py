"""What is in an image: directories, whose they are, whether anything is in them, and programs."""

from __future__ import annotations

import posixpath
import stat
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, cast

from msgspec import Struct

from seawall.surfaces.engine.connection import NotFoundError
from seawall.surfaces.engine.laboratory import Laboratory

TOOLS = (
    "sh",
    "bash",
    "curl",
    "wget",
    "nc",
    "python3",
    "node",
    "perl",
    "pg_isready",
    "redis-cli",
    "valkey-cli",
    "mysqladmin",
    "mariadb-admin",
    "mongosh",
    "rabbitmq-diagnostics",
    "memcached-tool",
    "php",
    "ruby",
    "busybox",
)
"""Programs that a health check could be made with."""

_PATHS = ("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin")
_MAX_LINKS = 10
_BLOCK = 512


class Entry(Struct, frozen=True):
    """A path of an image. `is_empty` is only meant for a directory: no file lies in it, however
    deep; directories alone may."""

    path: str
    uid: int = 0
    gid: int = 0
    mode: int = 0
    is_directory: bool = False
    link: str = ""
    is_empty: bool = False


class ImageFiles:
    """Looks into an image through a container that is never started, and is there to the end."""

    def __init__(self, laboratory: Laboratory, image: str) -> None:
        self._laboratory = laboratory
        self._known: dict[str, Entry | None] = {}
        body = {"Image": image, "Cmd": ["/"], "HostConfig": {"NetworkMode": "none"}}
        self._container = laboratory.create("", body)

    def deepest(self, path: str) -> tuple[Entry, str]:
        """The last entry of a path that exists, links followed, and what of the path is beyond."""
        current = Entry("/", is_directory=True)
        rest = [step for step in path.split("/") if step]
        followed = 0
        while rest:
            step = rest.pop(0)
            if step == "..":
                parent = posixpath.dirname(current.path)
                current = self.entry(parent) or Entry("/", is_directory=True)
                continue
            found = self.entry(posixpath.join(current.path, step))
            if found is None or followed > _MAX_LINKS:
                return current, "/".join([step, *rest])
            if found.link:
                followed += 1
                target = posixpath.normpath(posixpath.join(current.path, found.link))
                rest = [*target.split("/")[1:], *rest]
                current = Entry("/", is_directory=True)
            else:
                current = found
        return current, ""

    def entry(self, path: str) -> Entry | None:
        """What is at a path; None for nothing."""
        if path not in self._known:
            self._known[path] = self._look(path)
        return self._known[path]

    def tools(self) -> tuple[str, ...]:
        """The well-known programs that the image has."""
        return tuple(filter(self._has, TOOLS))

    def _has(self, tool: str) -> bool:
        return any(self.entry(f"{place}/{tool}") is not None for place in _PATHS)

    def _look(self, path: str) -> Entry | None:
        if path == "/":
            return Entry("/", mode=0o755, is_directory=True)
        try:
            with self._laboratory.archive(self._container, path) as chunks:
                return _first(path, _members(chunks))
        except (NotFoundError, tarfile.TarError):
            return None


def _first(path: str, members: Iterator[tarfile.TarInfo]) -> Entry | None:
    head = next(members, None)
    if head is None:
        return None
    is_empty = head.isdir() and all(member.isdir() for member in members)
    return Entry(
        path,
        head.uid,
        head.gid,
        stat.S_IMODE(head.mode),
        head.isdir(),
        head.linkname if head.issym() else "",
        is_empty,
    )


def _members(chunks: Iterable[bytes]) -> Iterator[tarfile.TarInfo]:
    stream = cast("IO[bytes]", _Stream(iter(chunks)))  # all that is read is `read`
    with suppress(tarfile.ReadError), tarfile.open(fileobj=stream, mode="r|") as archive:
        yield from archive


class _Stream:
    """Chunks as a file that is read from its start."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._rest += chunk
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
