"""Files on this machine that hold layers: mapped, never copied, and known again by their stamp."""

from __future__ import annotations

import io
import mmap
import os
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, cast

from seawall.core.errors import InputError
from seawall.core.source import how_to_read

_SETTLED = 2_000_000_000
"""Nanoseconds after which a further change must show in a file's times."""


class LocalFile:
    """A regular file, mapped for reading.

    `stamp` tells it from every other file, and from itself once it is changed: device, inode,
    size and times. It is empty where the file is so new that a further change might not show.
    """

    def __init__(self, path: str, name: str = "", *, follow: bool = True) -> None:
        """Open and map a file; `name` is what errors call it.

        Raises:
            InputError: it is missing, unreadable, empty, or no regular file.
        """
        self.name = name or path
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
        try:
            descriptor = os.open(path, flags)
            try:
                self._status = os.fstat(descriptor)
                self.view = self._map(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{self.name}: {reason}", how_to_read(error)) from error
        self._path = path
        self.size = len(self.view)
        self.stamp = stamp_of(self._status)

    def _map(self, descriptor: int) -> memoryview:
        if not stat.S_ISREG(self._status.st_mode):
            raise InputError(f"{self.name}: is not a regular file")
        if self._status.st_size == 0:
            raise InputError(f"{self.name}: is empty", "Export or download it again.")
        return memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))

    def check_unchanged(self) -> None:
        """Make sure that what was read is what is there.

        Raises:
            InputError: the file was changed or replaced meanwhile.
        """
        try:
            now = os.stat(self._path)
        except OSError:
            return  # it was read whole, and it is gone
        if _identity(now) != _identity(self._status):
            raise InputError(
                f"{self.name}: was changed while it was read", "Scan it again when it is finished."
            )


def stamp_of(status: os.stat_result) -> str:
    """What tells a file and its content from all others; empty where that is not certain yet."""
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return _identity(status) if changed < time.time_ns() - _SETTLED else ""


def _identity(status: os.stat_result) -> str:
    return ":".join(
        map(
            str,
            (
                status.st_dev,
                status.st_ino,
                status.st_size,
                status.st_mtime_ns,
                status.st_ctime_ns,
            ),
        )
    )


class LocalBlob:
    """A layer in a local file, or in a part of one.

    `digest`, `diff_id` and `size` are what others say of it; nothing of it is believed before it
    was read. `stamp` is the file's with the place in it, empty where it has none.
    """

    def __init__(self, view: memoryview, stamp: str, digest: str = "", diff_id: str = "") -> None:
        self.digest = digest
        self.diff_id = diff_id
        self.size = len(view)
        self.stamp = stamp
        self._view = view

    def mapped(self) -> memoryview:
        """The stored bytes."""
        return self._view

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The stored bytes as a stream."""
        with io.BufferedReader(_Reader(self._view)) as stream:
            yield cast(BinaryIO, stream)


class _Reader(io.RawIOBase):
    """Reads from memory without copying it whole."""

    def __init__(self, view: memoryview) -> None:
        super().__init__()
        self._view = view
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._view[self._position : self._position + len(target)]
        target[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


class KnownBlob:
    """A layer of which only the digests are known: it is in the cache or can't be had here.

    It is for what was read before in the very same form (an engine's image of that identity, an
    unchanged file), so its digests are believed.
    """

    size = -1

    def __init__(self, digest: str, diff_id: str) -> None:
        self.digest = digest
        self.diff_id = diff_id

    def mapped(self) -> memoryview | None:
        """Never."""
        return None

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Nothing.

        Raises:
            NotKnownError: always.
        """
        raise NotKnownError(f"the layer {self.digest or self.diff_id} is not in the cache")


class NotKnownError(InputError):
    """The cache does not have a layer, so the image must be read."""
