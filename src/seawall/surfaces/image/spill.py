"""Room for a file of a layer that is too large for memory: a nameless file, mapped.

Its pages are the system's to take back, where those of memory are not; the system deletes it when
the process ends, however it ends.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from typing import BinaryIO, Protocol, cast

from seawall.core.errors import InputError

_HINT = "Make room there, or name another directory in SEAWALL_CACHE_DIR."


class Room(Protocol):
    """Takes bytes in, one piece after the other; `taken` is their number."""

    taken: int

    def take(self, piece: memoryview) -> None:
        """Take in a piece more."""

    def view(self) -> memoryview:
        """All of them, read-only; it outlives the room."""

    def close(self) -> None:
        """Give up what the room itself holds."""


class Memory:
    """Room in memory."""

    def __init__(self, count: int) -> None:
        self.taken = 0
        self._bytes = bytearray(count)

    def take(self, piece: memoryview) -> None:
        """As in `Room`."""
        self._bytes[self.taken : self.taken + len(piece)] = piece
        self.taken += len(piece)

    def view(self) -> memoryview:
        """As in `Room`."""
        return memoryview(self._bytes).toreadonly()

    def close(self) -> None:
        """As in `Room`."""


class _File:
    """Room in a file, all of which the disk has promised."""

    def __init__(self, file: BinaryIO, count: int) -> None:
        """Take over a file.

        Raises:
            OSError: the disk has no such space, or the file can't be mapped.
        """
        os.posix_fallocate(file.fileno(), 0, count)
        self.taken = 0
        self._file = file
        self._mapped = mmap.mmap(file.fileno(), count, access=mmap.ACCESS_READ)

    def take(self, piece: memoryview) -> None:
        """As in `Room`.

        Raises:
            InputError: the disk does not keep its promise, as where a quota is met.
        """
        # Written, not copied into the map: where the disk fails, that is an error and no signal.
        while piece:
            try:
                done = os.pwrite(self._file.fileno(), piece, self.taken)
            except OSError as error:
                raise InputError(
                    f"a large file can't be kept in the cache: {error}", _HINT
                ) from error
            self.taken += done
            piece = piece[done:]

    def view(self) -> memoryview:
        """As in `Room`."""
        return memoryview(self._mapped)

    def close(self) -> None:
        """As in `Room`."""
        self._file.close()


def spilled(directory: str, count: int) -> Room | None:
    """A nameless file in a directory; None where there is none to be had, or no space in it."""
    if not directory or not hasattr(os, "posix_fallocate"):
        return None
    import tempfile  # noqa: PLC0415 -- only large files in a stream need it

    with suppress(OSError):
        file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 -- kept open
        try:
            return _File(cast(BinaryIO, file), count)
        except OSError:
            file.close()
            raise
    return None
