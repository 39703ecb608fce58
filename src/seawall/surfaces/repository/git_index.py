"""Git's index, read from its file: which paths are tracked, and with which modes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

MAX_BYTES = 128 * 1024 * 1024
"""Largest index that is read: that of a tree of a million files."""

_HEADER = struct.Struct(">4sII")
_FIXED = struct.Struct(">24xI12x")  # the mode, among times, device, inode, owner and size
_FLAGS = struct.Struct(">H")
_EXTENSION = struct.Struct(">4sI")
_EXTENDED, _NAME_BITS = 0x4000, 0x0FFF
_INTENT_TO_ADD = 0x2000


class Tracked(Struct, frozen=True, gc=False):
    """A path in the index: `mode` as git keeps it (0o100644, 0o120000 for a link, …).

    `is_intended` says that `git add --intent-to-add` named it, so no content is kept yet.
    """

    path: str
    mode: int
    is_intended: bool = False


class Index(Struct, frozen=True):
    """What an index says; `fault` is why the rest of it could not be read."""

    version: int
    entries: tuple[Tracked, ...]
    fault: str = ""


def read_index(data: bytes, hash_size: int = 20) -> Index:
    """Read an index of version 2, 3 or 4; never raises on its content (see `Index.fault`).

    `hash_size` is 20, or 32 in a repository of SHA-256 objects. The layout is that of git's own
    gitformat-index.
    """
    if len(data) < _HEADER.size:
        return Index(0, (), "is cut short")
    magic, version, count = _HEADER.unpack_from(data)
    if magic != b"DIRC" or version not in {2, 3, 4}:
        return Index(0, (), "is no index of version 2, 3 or 4")
    entries: dict[str, Tracked] = {}
    reader = _read_compressed if version == 4 else _read_padded
    end, fault = _HEADER.size, ""
    try:
        for entry, after in reader(data, count, hash_size):
            entries[entry.path] = entry
            end = after
    except (struct.error, ValueError, IndexError):
        fault = "is cut short"
    if not fault and b"link" in _extensions(data, end, hash_size):
        fault = "is split, and its shared part was not read"
    return Index(version, tuple(entries.values()), fault)


def _extensions(data: bytes, at: int, hash_size: int) -> Iterator[bytes]:
    """The names of what follows the entries; the checksum comes last."""
    while at + _EXTENSION.size <= len(data) - hash_size:
        name, size = _EXTENSION.unpack_from(data, at)
        yield name
        at += _EXTENSION.size + size


def _head(data: bytes, at: int, hash_size: int) -> tuple[int, int, int]:
    """The mode, the flags (the extended ones in the upper half), and where the name starts."""
    (mode,) = _FIXED.unpack_from(data, at)
    at += _FIXED.size + hash_size
    (flags,) = _FLAGS.unpack_from(data, at)
    if not flags & _EXTENDED:
        return mode, flags, at + 2
    (extended,) = _FLAGS.unpack_from(data, at + 2)
    return mode, flags | extended << 16, at + 4


def _entry(name: bytes, mode: int, flags: int) -> Tracked:
    path = name.decode("utf-8", "surrogateescape")
    return Tracked(path, mode, bool(flags >> 16 & _INTENT_TO_ADD))


def _read_padded(data: bytes, count: int, hash_size: int) -> Iterator[tuple[Tracked, int]]:
    """Versions 2 and 3: each entry is filled with NULs to a multiple of eight bytes."""
    at, find = _HEADER.size, data.index
    for _ in range(count):
        mode, flags, start = _head(data, at, hash_size)
        length = flags & _NAME_BITS
        end = start + length if length < _NAME_BITS else find(b"\0", start + length)
        if data[end : end + 1] != b"\0":
            raise ValueError("no NUL after a name")
        at += (end - at + 8) & ~7
        yield _entry(data[start:end], mode, flags), at


def _read_compressed(data: bytes, count: int, hash_size: int) -> Iterator[tuple[Tracked, int]]:
    """Version 4: each name says how many bytes of the one before it go, and what follows."""
    at, name = _HEADER.size, b""
    for _ in range(count):
        mode, flags, start = _head(data, at, hash_size)
        cut, start = _offset(data, start)
        if cut > len(name):
            raise ValueError("more is taken off a name than it has")
        end = data.index(b"\0", start)
        name = name[: len(name) - cut] + data[start:end]
        at = end + 1
        yield _entry(name, mode, flags), at


def _offset(data: bytes, at: int) -> tuple[int, int]:
    """A number in the encoding of pack offsets, and where it ends."""
    byte = data[at]
    value = byte & 0x7F
    for _ in range(8):
        if not byte & 0x80:
            break
        at += 1
        byte = data[at]
        value = (value + 1) << 7 | byte & 0x7F
    return value, at + 1
