"""A part of an archive's bytes that is at hand, over a mapped file or a stream of chunks.

Both are moved forward by `reach` and read through `view`, which holds the bytes from `start` to
`end` of the archive: whoever reads small things checks `end` himself and calls only at its edge.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Protocol

from seawall.surfaces.image.spill import Memory, spilled

SEGMENT = 64 * 1024 * 1024
"""Bytes of a mapped file after which the pages behind are given back."""

JOINED = 16 * 1024 * 1024
"""Bytes up to which chunks are joined as one, which costs least; more must not be there twice."""

HISTORY = 8 * 1024 * 1024
"""Bytes of a stream that are kept behind, for hard links to what has gone by: some chunks."""


class Window(Protocol):
    """What the walk reads from."""

    view: memoryview
    start: int
    end: int

    def reach(self, position: int, count: int) -> bool:
        """Bring `count` bytes at `position` into view; False where the data end before.

        A stream can't go back further than what was in view last.
        """

    def left(self, position: int) -> int:
        """How many bytes there are from `position` on, 0 or less for none.

        Only good after `reach` has met the end of the data.
        """

    def earlier(self, position: int, count: int) -> memoryview | None:
        """Bytes that have gone by, where they are still at hand."""


def give_back(view: memoryview) -> None:
    """Let the system take back the pages of a mapped file; they come again when touched.

    Only for files that were mapped for reading: pages of others may hold what is nowhere else.
    """
    mapped = view.obj
    if isinstance(mapped, mmap.mmap) and view.readonly and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def trim() -> None:
    """Let the C library give unused memory back before much is asked for (glibc's malloc_trim).

    What chunks leave behind when they are freed is otherwise kept, and adds to the peak.
    """
    import ctypes  # noqa: PLC0415 -- only large files in a stream need it

    with suppress(OSError, AttributeError):  # other C libraries have no such function
        ctypes.CDLL(None).malloc_trim(0)


class Mapped:
    """All bytes are at hand; what lies behind is given back to the system now and then."""

    def __init__(self, whole: memoryview) -> None:
        self._whole = whole.cast("B") if whole.format != "B" or whole.ndim != 1 else whole
        self.view = self._whole[:0]
        self.start = 0
        self.end = 0

    def reach(self, position: int, count: int) -> bool:
        """As in `Window`."""
        if position + count > len(self._whole):
            return False
        if self.end:
            give_back(self._whole)
        self.start = position
        self.end = min(len(self._whole), position + max(count, SEGMENT))
        self.view = self._whole[position : self.end]
        return True

    def left(self, position: int) -> int:
        """As in `Window`."""
        return len(self._whole) - position

    def earlier(self, position: int, count: int) -> memoryview | None:
        """As in `Window`."""
        return self._whole[position : position + count]


class Streamed:
    """Chunks that come one after the other; the last ones are kept for a while.

    What crosses the edge of a chunk is copied together, and nothing else is; what is large into a
    nameless file in the directory `spill`, where one is given.
    """

    def __init__(self, chunks: Iterator[bytes], spill: str = "") -> None:
        self._source = chunks
        self._spill = spill
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._total = 0
        self.view = memoryview(b"")
        self.start = 0
        self.end = 0

    def reach(self, position: int, count: int) -> bool:
        """As in `Window`."""
        if self.start <= position and position + count <= self.end:
            return True
        while self._total <= position:
            if not self._pull(HISTORY):
                return False
        for start, chunk in reversed(self._chunks):
            if start <= position:
                if position + count <= start + len(chunk):
                    self._show(start, memoryview(chunk))
                    return True
                break
        return (self._join if count <= JOINED else self._splice)(position, count)

    def left(self, position: int) -> int:
        """As in `Window`."""
        return self._total - position

    def earlier(self, position: int, count: int) -> memoryview | None:
        """As in `Window`."""
        if not self._chunks or position < self._chunks[0][0] or position + count > self._total:
            return None
        joined = bytearray()
        for start, chunk in self._chunks:
            if start + len(chunk) > position and start < position + count:
                joined += chunk[max(0, position - start) : position + count - start]
        return memoryview(joined).toreadonly()

    def _join(self, position: int, count: int) -> bool:
        """Copy together what lies in several chunks, all of them kept until it is done."""
        first = max((start for start, _ in self._chunks if start <= position), default=position)
        while self._total < position + count:
            if not self._pull(max(HISTORY, self._total - first)):
                return False
        pieces = [_piece(*held, position, count) for held in self._held(position)]
        self._show(position, memoryview(b"".join(pieces)))
        return True

    def _splice(self, position: int, count: int) -> bool:
        """Copy together what lies in many chunks, giving each up as soon as it is copied."""
        self._chunks = deque(item for item in self._chunks if item[0] + len(item[1]) > position)
        trim()
        with closing(spilled(self._spill, count) or Memory(count)) as room:
            for held in self._held(position):
                room.take(_piece(*held, position, count))
            while room.taken < count:
                if not self._pull(0):
                    return False
                room.take(_piece(*self._chunks[-1], position, count))
            self._show(position, room.view())
        return True

    def _held(self, position: int) -> list[tuple[int, bytes | memoryview]]:
        """What is at hand from a position on; of what a splice gave up, the view has a copy."""
        first = self._chunks[0][0]
        if first <= position:
            return list(self._chunks)
        return [(self.start, self.view[: first - self.start]), *self._chunks]

    def _pull(self, history: int) -> bool:
        chunk = next(self._source, None)
        if chunk is None:
            return False
        while self._chunks and self._total - self._chunks[0][0] > history:
            self._chunks.popleft()
        self._chunks.append((self._total, chunk))
        self._total += len(chunk)
        return True

    def _show(self, start: int, view: memoryview) -> None:
        self.view, self.start, self.end = view, start, start + len(view)


def _piece(start: int, chunk: bytes | memoryview, position: int, count: int) -> memoryview:
    """What a chunk has of so many bytes at a position."""
    return memoryview(chunk)[max(0, position - start) : max(0, position + count - start)]
