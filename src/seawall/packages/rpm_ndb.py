"""RPM's own database format, which openSUSE and SLE use: `Packages.db`.

The layout is that of rpm's `lib/backend/ndb/rpmpkg.c`: pages of slots that say where in the file
each header stands, in blocks of 16 bytes, all little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = b"RpmP"
_SLOT = b"Slot"
_BLOB = b"BlbS"
_PAGE = 4096
_BLOCK = 16
_HEADER = struct.Struct("<4sIII")
"""Of the file: magic, version, generation, pages of slots. Of a blob: magic, package index,
generation, length. Of a slot: magic, package index, offset and number of blocks."""


def blobs(content: memoryview) -> Iterator[bytes]:
    """The headers, in the order of their slots.

    Raises:
        ValueError: it is no such database, is of another version, or is damaged.
    """
    if len(content) < _PAGE:
        raise ValueError("it is too short")
    magic, version, _, pages = _HEADER.unpack_from(content)
    if magic != MAGIC or version != 0:
        raise ValueError("it is of a version that is not known")
    slots = content[2 * _BLOCK : min(pages * _PAGE, len(content) // _BLOCK * _BLOCK)]
    spent = 0
    for magic, index, offset, count in _HEADER.iter_unpack(slots):
        if magic != _SLOT:
            raise ValueError("a slot is damaged")
        if index and offset:
            blob = _blob(content, index, offset * _BLOCK, count * _BLOCK)
            spent += len(blob)
            if spent > len(content):  # slots that share their blocks
                raise ValueError("its headers are longer than itself")
            yield blob


def _blob(content: memoryview, index: int, start: int, room: int) -> bytes:
    if start + _BLOCK > len(content):
        raise ValueError("a header stands outside")
    magic, owner, _, length = _HEADER.unpack_from(content, start)
    if magic != _BLOB or owner != index or length > room:
        raise ValueError("a header is damaged")
    return bytes(content[start + _BLOCK : start + _BLOCK + length])
