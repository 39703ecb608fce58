"""Images in archives: what `docker save`, skopeo and BuildKit write, plain or compressed.

A plain local archive is mapped, and its layers are parts of the map: nothing is copied. A
compressed one, or one that comes through a pipe, is read once as a stream.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import BinaryIO

from seawall.core.errors import InputError
from seawall.core.source import how_to_read
from seawall.surfaces.image.blob import Analyse, Pulled
from seawall.surfaces.image.cache import Cache
from seawall.surfaces.image.contents import PlannedLayer, read_contents
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.inflate import Stored, chunks_of, compression
from seawall.surfaces.image.limits import DamagedError, Limits
from seawall.surfaces.image.local import LocalBlob, LocalFile
from seawall.surfaces.image.members import HEAD, link_target, members, resolved
from seawall.surfaces.image.platform import Platform
from seawall.surfaces.image.streamed import (
    StreamBlob,
    StreamedArchive,
    pulled_of,
    recall,
    remember,
    unseen,
)
from seawall.surfaces.image.tar import Member
from seawall.surfaces.image.window import Mapped

STDIN = "-"


class ArchiveSource:
    """Fulfils `ImageSource` with an archive on disk, or one that comes through a pipe (`-`).

    `wanted` is the tag or identifier of an image in it, where it holds several.
    """

    kind = "archive"

    def __init__(
        self,
        path: str,
        wanted: str = "",
        platform: Platform | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.name = "standard input" if path == STDIN else path
        self._path = path
        self._wanted = wanted
        self._platform = platform
        self._cache = cache

    def pull(self, analyse: Analyse) -> Pulled:
        """Look at each layer once.

        Raises:
            InputError: it can't be read, is no image archive, holds several images of which none
                is wanted, or something in it has not the digest that it should have.
        """
        if self._path == STDIN or _is_pipe(self._path):
            with _opened(self._path) as stream:
                return self._streamed(StreamBlob(stream), analyse)
        file = LocalFile(self._path)
        if compression(bytes(file.view[:HEAD])):
            pulled = self._compressed(file, analyse)
        else:
            pulled = self._mapped(file, analyse)
        file.check_unchanged()
        return pulled

    def _mapped(self, file: LocalFile, analyse: Analyse) -> Pulled:
        archive = _MappedArchive(file)
        contents = read_contents(archive, self.name, self._wanted, self._platform)
        layers = tuple(
            unseen(layer, "the image names a place outside for it")
            if layer.is_elsewhere
            else analyse(archive.layer(layer))
            for layer in contents.layers
        )
        return pulled_of(contents, layers, archive.problems)

    def _compressed(self, file: LocalFile, analyse: Analyse) -> Pulled:
        key = f"{file.stamp}\0{self._wanted}\0{self._platform or ''}" if file.stamp else ""
        known = recall(self._cache, key, analyse)
        if known is not None:
            return known
        pulled = self._streamed(LocalBlob(file.view, ""), analyse)
        remember(self._cache, key, pulled)
        return pulled

    def _streamed(self, whole: StreamBlob | LocalBlob, analyse: Analyse) -> Pulled:
        is_file = isinstance(whole, LocalBlob)
        reopen = partial(_inflating, whole, self.name) if is_file else None
        archive = StreamedArchive(self.name, is_trusted=False, reopen=reopen)
        with _inflating(whole, self.name) as chunks:
            archive.take_in(chunks, analyse)
        contents = read_contents(archive, self.name, self._wanted, self._platform)
        return archive.pulled(contents)


class _MappedArchive:
    """The members of a mapped archive by their paths; fulfils `Files`."""

    def __init__(self, file: LocalFile) -> None:
        self.problems: list[str] = []
        self._file = file
        self._members: dict[str, Member] = {}
        self._links: dict[str, str] = {}
        for path, member in members(Mapped(file.view), file.name, self.problems):
            # A later member of the same path takes the place of the earlier.
            self._members.pop(path, None)
            self._links.pop(path, None)
            if member.kind is Kind.FILE:
                self._members[path] = member
            else:
                self._links[path] = link_target(path, member)

    def has(self, path: str) -> bool:
        """Whether there is such a file, links followed."""
        return self._find(path) is not None

    def read(self, path: str, limit: int) -> bytes | None:
        """A small file's content."""
        member = self._find(path)
        if member is None:
            return None
        if member.stored > limit:
            raise InputError(f"{self._file.name}: {path} has more than {limit} bytes")
        return bytes(self._view(member))

    def layer(self, layer: PlannedLayer) -> LocalBlob:
        """A layer that is there."""
        member = self._find(layer.path)
        if member is None:
            raise InputError(f"{self._file.name}: lacks {layer.path}", "Save it again, whole.")
        view = self._view(member)
        if layer.size not in (-1, len(view)):
            raise InputError(
                f"{self._file.name}: {layer.path} has {len(view)} bytes instead of {layer.size}",
                "Save it again, whole.",
            )
        stamp = f"{self._file.stamp}+{member.offset}" if self._file.stamp else ""
        return LocalBlob(view, stamp, layer.digest, layer.diff_id)

    def _find(self, path: str) -> Member | None:
        return self._members.get(resolved(path, self._links, self._members))

    def _view(self, member: Member) -> memoryview:
        return self._file.view[member.offset : member.offset + member.stored]


def _inflated(whole: StreamBlob | LocalBlob, name: str) -> Generator[bytes, None, None]:
    """The archive's uncompressed bytes.

    Raises:
        InputError: they can't be read, or not decompressed.
    """
    stored = Stored(whole, Limits(), None)
    try:
        yield from chunks_of(stored)
    except DamagedError as error:
        raise InputError(
            f"{name}: can't be read as an archive: {error.reason}", "Export or download it again."
        ) from error
    finally:
        stored.close()


def _inflating(whole: StreamBlob | LocalBlob, name: str) -> AbstractContextManager[Iterator[bytes]]:
    return closing(_inflated(whole, name))


def _is_pipe(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False  # it is said when it is opened
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = open(path, "rb")  # noqa: SIM115 -- the errors of opening are told, not others
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: {reason}", how_to_read(error)) from error
    with stream:
        yield stream
