"""RPM's database until RPM 4.16 (RHEL 8 and earlier, Amazon Linux 2): a Berkeley DB hash.

The layout is that of Berkeley DB's `dbinc/db_page.h`. All hash pages are read one after another,
since the order of buckets tells nothing: what stands on them are pairs of a package's number and
its header, and longer headers are chains of overflow pages. Either byte order is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = 0x061561
MAX_BLOB = 64 * 1024 * 1024
_PAGE_HEADER = 26
_HASH_UNSORTED, _OVERFLOW, _HASH = 2, 7, 13
_KEY_DATA, _OFF_PAGE = 1, 3
_SIZES = frozenset(1 << power for power in range(9, 17))


def is_bdb(content: memoryview) -> bool:
    """Whether it is a Berkeley DB hash, in either byte order."""
    return bool(_order(content))


def _order(content: memoryview) -> str:
    if len(content) < 512:
        return ""
    return next((o for o in "<>" if struct.unpack_from(f"{o}I", content, 12)[0] == MAGIC), "")


def blobs(content: memoryview) -> Iterator[bytes]:
    """The headers, in the order of the pages.

    Raises:
        ValueError: it is no such database, is encrypted, or is damaged.
    """
    order = _order(content)
    if not order:
        raise ValueError("it is no Berkeley DB hash")
    size = struct.unpack_from(f"{order}I", content, 20)[0]
    if size not in _SIZES or content[24]:
        raise ValueError("it is encrypted or has pages of an odd size")
    yield from _Pages(content, order, size).blobs()


class _Pages:
    """The pages of one database; `_left` bounds what chains of overflow pages may add up to."""

    def __init__(self, content: memoryview, order: str, size: int) -> None:
        self._content = content
        self._size = size
        self._order = order
        self._left = len(content)
        self._header = struct.Struct(f"{order}8xIIIHHBB")

    def blobs(self) -> Iterator[bytes]:
        (last,) = struct.unpack_from(f"{self._order}I", self._content, 32)
        for number in range(1, max(last + 1, len(self._content) // self._size)):
            page = self._page(number)
            _, _, _, entries, _, _, kind = self._header.unpack_from(page)
            if kind in (_HASH, _HASH_UNSORTED):
                yield from self._values(page, entries)

    def _page(self, number: int) -> memoryview:
        page = self._content[number * self._size : (number + 1) * self._size]
        if len(page) < self._size:
            raise ValueError("a page stands outside")
        return page

    def _values(self, page: memoryview, entries: int) -> Iterator[bytes]:
        """The values of a page: each second of its items, which end where the one before begins."""
        if entries % 2 or _PAGE_HEADER + 2 * entries > self._size:
            raise ValueError("a hash page is damaged")
        offsets = struct.unpack_from(f"{self._order}{entries}H", page, _PAGE_HEADER)
        for key, value in zip(offsets[::2], offsets[1::2], strict=True):
            if not _PAGE_HEADER <= value < key <= self._size:
                raise ValueError("a hash page is damaged")
            item = page[value:key]
            if item[0] == _KEY_DATA:
                yield bytes(item[1:])
            elif item[0] == _OFF_PAGE and len(item) >= 12:
                yield self._chain(*struct.unpack_from(f"{self._order}II", item, 4))

    def _chain(self, number: int, length: int) -> bytes:
        """The bytes of a chain of overflow pages."""
        self._left -= length
        if length > MAX_BLOB or self._left < 0:
            raise ValueError("its headers are longer than itself")
        parts: list[memoryview] = []
        missing = length
        while number and missing > 0:
            page = self._page(number)
            _, _, number, _, used, _, kind = self._header.unpack_from(page)
            if kind != _OVERFLOW or not 0 < used <= self._size - _PAGE_HEADER:
                raise ValueError("a chain of overflow pages is damaged")
            parts.append(page[_PAGE_HEADER : _PAGE_HEADER + used])
            missing -= used
        if missing > 0:
            raise ValueError("a chain of overflow pages ends early")
        return b"".join(parts)[:length]
