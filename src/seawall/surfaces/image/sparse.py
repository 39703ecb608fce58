"""Sparse files in archives: where the data lie that are stored, and the file with its holes.

GNU tar's manual, "Storing Sparse Files": the old format and PAX versions 0.0, 0.1 and 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.surfaces.image.limits import DamagedError

Segments = tuple[tuple[int, int], ...]
"""Offset in the file and length of each stretch that is stored, one after the other."""

MAX_SEGMENTS = 65536

MAP = b"GNU.sparse.map"
OFFSET = b"GNU.sparse.offset"
LENGTH = b"GNU.sparse.numbytes"


def is_version_1(records: Mapping[bytes, bytes]) -> bool:
    """Whether the map stands in front of the data (version 1.0)."""
    return records.get(b"GNU.sparse.major") == b"1" and records.get(b"GNU.sparse.minor") == b"0"


def real_size(records: Mapping[bytes, bytes]) -> bytes | None:
    """The size with the holes, as written."""
    return records.get(b"GNU.sparse.realsize") or records.get(b"GNU.sparse.size")


def decimal(text: bytes) -> int:
    """A number of a PAX record or a map.

    Raises:
        DamagedError: it is none, or none that fits 63 bits.
    """
    if not text.isdigit() or len(text) > 19 or int(text) >= 1 << 63:
        raise DamagedError("a header holds a number that is none")
    return int(text)


def segments(numbers: Sequence[int], size: int, stored: int) -> Segments:
    """The stretches that a list of offsets and lengths in turn names.

    Raises:
        DamagedError: they overlap, leave the file, or are not as long as what is stored.
    """
    if len(numbers) % 2 or len(numbers) > 2 * MAX_SEGMENTS:
        raise DamagedError("a sparse file's map is damaged")
    pairs = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    end = 0
    for offset, length in pairs:
        if offset < end or offset + length > size:
            raise DamagedError("a sparse file's map is damaged")
        end = offset + length
    if sum(length for _, length in pairs) != stored:
        raise DamagedError("a sparse file's map does not fit its data")
    return pairs


def listed(text: bytes) -> list[int]:
    """The numbers of a map of version 0.1: `0,512,1024,512`."""
    if text.count(b",") > 2 * MAX_SEGMENTS:
        raise DamagedError("a sparse file's map is too long")
    return [decimal(number) for number in text.split(b",")] if text else []


def expanded(data: memoryview, pairs: Segments, size: int) -> memoryview:
    """The file with its holes filled in with zeros."""
    whole = bytearray(size)
    done = 0
    for offset, length in pairs:
        whole[offset : offset + length] = data[done : done + length]
        done += length
    return memoryview(whole).toreadonly()
