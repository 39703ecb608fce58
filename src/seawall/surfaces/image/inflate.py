"""A layer's uncompressed bytes, in chunks, with what both sides hash to.

Inflating, hashing and looking at the bytes each have a thread: zlib, hashlib and the analysers'
engines let go of the interpreter's lock, so that they keep two processors busy. All that waits
between them is bounded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from queue import Empty, Queue
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

import zstandard

from seawall.core.errors import InputError
from seawall.surfaces.image.blob import Blob
from seawall.surfaces.image.limits import MAX_WINDOW, DamagedError, Limits
from seawall.surfaces.image.window import SEGMENT, give_back
from seawall.surfaces.image.zstd_frames import Frames

if TYPE_CHECKING:
    from seawall.surfaces.image.decoders import Decoder

CHUNK = 4 * 1024 * 1024
"""Bytes of a chunk, uncompressed."""

STORED = 1024 * 1024
"""Bytes that are read at once of what is stored."""

WAITING = 2
"""Chunks that may wait for the next thread."""

_ALGORITHMS = ("sha256", "sha384", "sha512")
_GZIP = b"\x1f\x8b\x08"
_BZIP2 = re.compile(rb"BZh[1-9]1A")
_XZ = b"\xfd7zXZ\0"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPED = b"\x2a\x4d\x18"


class Hash(Protocol):
    """What of `hashlib` is used."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """The digest of all of them."""


def hash_for(digest: str) -> tuple[str, Hash]:
    """The algorithm that a digest names, SHA-256 where there is none, and a hash of it.

    Raises:
        InputError: it is not one of those that the OCI image specification registers.
    """
    algorithm = digest.partition(":")[0] or "sha256"
    if algorithm not in _ALGORITHMS:
        raise InputError(
            f"the digest {digest[:100]} can't be verified: it is of an unknown algorithm",
            f"Use one of {', '.join(_ALGORITHMS)}.",
        )
    return algorithm, hashlib.new(algorithm)


def compression(head: bytes) -> str:
    """What the first six bytes tell: `gzip`, `zstd`, `bzip2`, `xz`, or nothing."""
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(_ZSTD) or (head[1:4] == _ZSTD_SKIPPED and head[0] >> 4 == 5):
        return "zstd"
    if _BZIP2.match(head):
        return "bzip2"
    return "xz" if head.startswith(_XZ) else ""


def digest_of(view: memoryview, like: str) -> str:
    """The digest of bytes that are at hand, by the algorithm of another one."""
    algorithm, digest = hash_for(like)
    for start in range(0, len(view), SEGMENT):
        digest.update(view[start : start + SEGMENT])
        give_back(view)
    return f"{algorithm}:{digest.hexdigest()}"


def check_size(blob: Blob, count: int) -> None:
    """Hold the number of stored bytes against the one that was named.

    Raises:
        InputError: it is another one.
    """
    if blob.size not in (-1, count):
        raise InputError(
            f"the layer {blob.digest or blob.diff_id} has {count} bytes instead of {blob.size}",
            "Pull or export the image again.",
        )


class Stored:
    """The stored bytes of a blob, counted and hashed as they are read."""

    def __init__(self, blob: Blob, limits: Limits, digest: Hash | None) -> None:
        self.count = 0
        self._limits = limits
        self._size = blob.size
        self._mapped = blob.mapped()
        self._digest = digest
        self._ahead: list[bytes | memoryview] = []
        self._stack = ExitStack()
        self._stream: BinaryIO | None = None
        if self._mapped is None:
            self._stream = self._stack.enter_context(blob.open())

    def close(self) -> None:
        """Let go of the stream."""
        self._ahead.clear()
        if self._mapped is not None:
            give_back(self._mapped)
        self._mapped = None
        self._stack.close()

    def head(self) -> bytes:
        """The first bytes, which are read again afterwards."""
        pieces: list[bytes | memoryview] = []
        while sum(map(len, pieces)) < len(_XZ) and (piece := self.read(STORED)):
            pieces.append(piece)
        self._ahead = pieces
        return b"".join(bytes(piece[: len(_XZ)]) for piece in pieces)[: len(_XZ)]

    def read(self, size: int) -> bytes | memoryview:
        """At most so many more bytes; nothing at the end.

        Raises:
            InputError: they can't be read, or there are more than there should be.
            DamagedError: there is no end to them.
        """
        if self._ahead:
            return self._ahead.pop(0)
        piece = self._next(size)
        self.count += len(piece)
        if self._digest is not None:
            self._digest.update(piece)
        if 0 <= self._size < self.count:
            raise InputError(f"a layer has more than the {self._size} bytes that are named for it")
        if self.count > self._limits.total:
            raise DamagedError(f"it has more than {self._limits.total} bytes")
        return piece

    def _next(self, size: int) -> bytes | memoryview:
        if self._mapped is None:
            return self._read(size)
        if self.count // SEGMENT != (self.count + size) // SEGMENT:
            give_back(self._mapped)
        return self._mapped[self.count : self.count + size]

    def _read(self, size: int) -> bytes:
        if self._stream is None:
            return b""
        try:
            return self._stream.read(size) or b""
        except OSError as error:
            raise InputError(f"a layer can't be read: {error}") from error


def chunks_of(stored: Stored) -> Iterator[bytes]:
    """The uncompressed bytes, whatever they are compressed with.

    Raises:
        DamagedError: they can't be decompressed, or not further.
    """
    kind = compression(stored.head())
    if not kind:
        return _plain(stored)
    return _zstd(stored) if kind == "zstd" else _members(stored, kind)


def _plain(stored: Stored) -> Iterator[bytes]:
    while piece := stored.read(CHUNK):
        yield bytes(piece)


def _zstd(stored: Stored) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    source = _ZstdSource(stored)
    # The reader calls nothing but `read`, though it is declared to want a whole file.
    reader = decoder.stream_reader(source, read_across_frames=True)  # type: ignore[arg-type]
    try:
        while chunk := reader.read(CHUNK):
            yield chunk
    except zstandard.ZstdError as error:
        raise DamagedError(f"its zstd stream is damaged: {error}") from error
    source.check()


class _ZstdSource:
    """Gives the decoder what belongs to frames, and knows whether they came to their end."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._frames = Frames()

    def read(self, size: int) -> bytes | memoryview:
        """At most so many more bytes; nothing at the end of the frames."""
        if self._frames.is_foreign:
            return b""
        piece = self._stored.read(size)
        return piece[: self._frames.feed(piece)]

    def check(self) -> None:
        """Raise a `DamagedError` where the stream is no whole one."""
        if self._frames.is_foreign:
            raise DamagedError("what follows its zstd stream can't be understood")
        if not self._frames.is_whole:
            raise DamagedError("its zstd stream is cut short")


def _members(stored: Stored, kind: str) -> Iterator[bytes]:
    """Streams of gzip, bzip2 or xz, one behind the other; zeros behind them are padding."""
    from seawall.surfaces.image.decoders import DECODERS  # noqa: PLC0415 -- plain layers need none

    data: bytes | memoryview = stored.read(STORED)
    while data:
        decoder = DECODERS[kind]()
        yield from _member(decoder, stored, data, kind)
        data = _padding_skipped(decoder.unused_data, stored)
        if data and compression(bytes(data[: len(_XZ)]).ljust(len(_XZ))) != kind:
            raise DamagedError(f"what follows its {kind} stream can't be understood")


def _member(
    decoder: Decoder, stored: Stored, data: bytes | memoryview, kind: str
) -> Iterator[bytes]:
    from seawall.surfaces.image.decoders import FAULTS  # noqa: PLC0415 -- plain layers need none

    while True:
        try:
            chunk = decoder.decompress(data, CHUNK)
        except FAULTS as error:
            raise DamagedError(f"its {kind} stream is damaged: {error}") from error
        if chunk:
            yield chunk
        if decoder.eof:
            return
        data = stored.read(STORED) if decoder.needs_input else b""
        if not data and (decoder.needs_input or not chunk):
            raise DamagedError(f"its {kind} stream is cut short")


def _padding_skipped(data: bytes, stored: Stored) -> bytes | memoryview:
    """What comes behind the zeros, enough of it to see what it is."""
    rest = data.lstrip(b"\0")
    while len(rest) < len(_XZ) and (piece := stored.read(STORED)):
        rest = (rest + bytes(piece)).lstrip(b"\0")
    return rest


class Hasher:
    """A digest that is computed by a thread beside; what waits for it is bounded."""

    def __init__(self, like: str) -> None:
        self._algorithm, self._hash = hash_for(like)
        self._waiting: Queue[bytes | memoryview | None] = Queue(WAITING)
        self._thread = Thread(target=self._run, name="hash", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (data := self._waiting.get()) is not None:
            self._hash.update(data)

    def update(self, data: bytes | memoryview) -> None:
        """Take in more bytes, which must stay as they are."""
        self._waiting.put(data)

    def finish(self) -> str:
        """The digest of all that was given; it ends the thread."""
        self._waiting.put(None)
        self._thread.join()
        return f"{self._algorithm}:{self._hash.hexdigest()}"


class Inflated:
    """The chunks of a layer, made by a thread beside; a context that ends it.

    `digest` and `diff_id` are known once the chunks have been read to their end, where hashes
    were asked for; they are empty where the bytes could not be had to the end.

    Iterating raises `InputError` where the blob can't be read, and `DamagedError` where it can't be
    decompressed further or is larger than the limits allow.
    """

    def __init__(self, blob: Blob, limits: Limits, hashed: bool) -> None:
        self.digest = ""
        self.diff_id = ""
        self._blob = blob
        self._limits = limits
        self._hashed = hashed
        self._chunks: Queue[bytes | BaseException | None] = Queue(WAITING)
        self._stop = Event()
        self._thread = Thread(target=self._produce, name="inflate", daemon=True)
        self._is_over = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the threads: none of them may hold the blob's memory any longer."""
        self._stop.set()
        while self._thread.is_alive():
            with suppress(Empty):
                self._chunks.get(timeout=0.02)
        self._thread.join()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._is_over:
            raise StopIteration
        chunk = self._chunks.get()
        if isinstance(chunk, bytes):
            return chunk
        self._is_over = True
        self._thread.join()
        if isinstance(chunk, BaseException):
            raise chunk
        raise StopIteration

    def drain(self) -> None:
        """Read to the end for the digests, whatever is wrong with what is read.

        Raises:
            InputError: the blob can't be read.
        """
        with suppress(DamagedError):
            for _ in self:
                pass

    def _produce(self) -> None:
        """What the thread does: its end is told through the queue, whatever it was."""
        end: BaseException | None = None
        try:
            self._read()
        except BaseException as error:  # raised again by whoever reads
            end = error
        self._chunks.put(end)

    def _read(self) -> None:
        algorithm, digest = hash_for(self._blob.digest)
        stored = Stored(self._blob, self._limits, digest if self._hashed else None)
        with closing(stored):
            try:
                self._inflate(stored)
            finally:
                # Damage is for the digest to explain first: it is read to the end all the same.
                with suppress(DamagedError):
                    while not self._stop.is_set() and stored.read(STORED):
                        pass
                    if not self._stop.is_set():
                        self.digest = f"{algorithm}:{digest.hexdigest()}" if self._hashed else ""
                        check_size(self._blob, stored.count)

    def _inflate(self, stored: Stored) -> None:
        hasher = Hasher(self._blob.diff_id) if self._hashed else None
        is_whole = False
        try:
            for chunk in self._limited(stored):
                if self._stop.is_set():
                    return
                if hasher is not None:
                    hasher.update(chunk)
                self._chunks.put(chunk)
            is_whole = True
        finally:
            diff_id = hasher.finish() if hasher is not None else ""
            self.diff_id = diff_id if is_whole else ""

    def _limited(self, stored: Stored) -> Iterator[bytes]:
        limits = self._limits
        total = 0
        for chunk in chunks_of(stored):
            total += len(chunk)
            if total > limits.total:
                raise DamagedError(f"it expands to more than {limits.total} bytes")
            if total > limits.ratio_floor + limits.ratio * stored.count:
                raise DamagedError(
                    f"it expands more than {limits.ratio} times: a decompression bomb"
                )
            yield chunk
