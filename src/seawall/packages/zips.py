"""Zip archives read in memory, without a copy and without trust (PKWARE's APPNOTE.TXT 6.3).

Only the central directory says what is in an archive. What is inflated counts against a `Budget`
that one file shares with all archives inside it, so entries that overlap, lie about their sizes
or hold more archives come to an end.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Layout

from msgspec import Struct

from seawall.packages.inflate import RAW, inflate

MAX_ENTRIES = 500_000
"""Entries in one file and all archives inside it: the largest jars known have some 100,000."""
MAX_INFLATED = 512 * 1024 * 1024
"""Bytes that one file may inflate to, of the few entries that are looked at."""
MAX_ARCHIVES = 10_000
"""Archives inside one file; application servers have some 1,000."""

_LOCAL_MARK = b"PK\x03\x04"
_CENTRAL_MARK = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END_SIZE = 22
_MAX_COMMENT = 65_535
_LOCATOR = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_END_64 = b"PK\x06\x06"
_END_64_SIZE = 56
_CENTRAL = Layout("<4s4xHH8xIIHHH8xI")
_LOCAL = Layout("<4s22xHH")
_STORED, _DEFLATED = 0, 8
_ESCAPE = 0xFFFFFFFF


class ZipError(Exception):
    """The archive, or an entry of it, can't be read; the text says why."""


class Entry(Struct, frozen=True, gc=False):
    """A file in an archive: `start` is where its local header stands in the data."""

    name: str
    start: int
    compressed: int
    size: int
    method: int
    is_encrypted: bool


class Listing(Struct, frozen=True):
    """The wanted entries, and what is wrong with the rest of the list, if anything."""

    entries: tuple[Entry, ...]
    problem: str = ""


class Budget:
    """What is left of the entries, bytes and archives that one file may make us read."""

    __slots__ = ("archives", "entries", "inflated")

    def __init__(
        self,
        entries: int = MAX_ENTRIES,
        inflated: int = MAX_INFLATED,
        archives: int = MAX_ARCHIVES,
    ) -> None:
        self.entries = entries
        self.inflated = inflated
        self.archives = archives


class _Directory(Struct, frozen=True):
    """The central directory: where it is, and how far all offsets are shifted by a prefix."""

    start: int
    end: int
    shift: int


def is_zip(data: memoryview) -> bool:
    """Whether an archive without a comment ends here: the cheap test for a script before a zip."""
    return len(data) >= _END_SIZE and bytes(data[-_END_SIZE : 4 - _END_SIZE]) == _END


def list_entries(data: memoryview, wants: Callable[[bytes], bool], budget: Budget) -> Listing:
    """The entries whose raw name is wanted, in the order of the central directory.

    Raises:
        ZipError: there is no central directory.
    """
    directory = _directory(data)
    entries: list[Entry] = []
    position, end = directory.start, directory.end
    unpack, size = _CENTRAL.unpack_from, _CENTRAL.size
    left = budget.entries
    problem = ""
    while position + size <= end:
        if left <= 0:
            problem = f"more than {MAX_ENTRIES:,} entries"
            break
        left -= 1
        signature, flags, method, packed, full, names, extras, comments, at = unpack(data, position)
        if signature != _CENTRAL_MARK:
            problem = "its list of entries is broken"
            break
        name_at = position + size
        name = bytes(data[name_at : name_at + names])
        position = name_at + names + extras + comments
        if not wants(name):
            continue
        if _ESCAPE in (packed, full, at):
            extra = data[name_at + names : name_at + names + extras]
            packed, full, at = _large(extra, packed, full, at)
        text = name.decode("utf-8", "replace")
        start = at + directory.shift
        entries.append(Entry(text, start, packed, full, method, bool(flags & 1)))
    budget.entries = left
    return Listing(tuple(entries), problem)


def read_entry(data: memoryview, entry: Entry, budget: Budget, most: int) -> memoryview:
    """The first `most` bytes of an entry, or all of it; a stored one is not copied.

    Raises:
        ZipError: it is encrypted, compressed in an unusual way, damaged, or the budget is spent.
    """
    if entry.is_encrypted:
        raise ZipError("is encrypted")
    raw = _raw(data, entry)
    if entry.method == _STORED:
        return raw[:most]
    if entry.method != _DEFLATED:
        raise ZipError(f"is compressed by method {entry.method}, which is not read")
    content = _inflate(raw, min(most, budget.inflated))
    budget.inflated -= len(content)
    if budget.inflated <= 0:
        raise ZipError(f"comes to more than {MAX_INFLATED:,} bytes")
    return memoryview(content)


def _raw(data: memoryview, entry: Entry) -> memoryview:
    if not 0 <= entry.start <= len(data) - _LOCAL.size:
        raise ZipError("lies outside of the archive")
    signature, names, extras = _LOCAL.unpack_from(data, entry.start)
    if signature != _LOCAL_MARK:
        raise ZipError("is not where the list says")
    start = entry.start + _LOCAL.size + names + extras
    if start + entry.compressed > len(data):
        raise ZipError("is cut off")
    return data[start : start + entry.compressed]


def _inflate(raw: memoryview, most: int) -> bytes:
    try:
        return inflate(raw, most, RAW)[0]
    except ValueError as error:
        raise ZipError(str(error)) from error


def _directory(data: memoryview) -> _Directory:
    at = _end_record(data)
    total_size, offset = Layout("<12xII").unpack_from(data, at)
    end = at
    large = _end_record_64(data, at)
    if large >= 0:  # it stands between the list and its end, also where nothing needs it
        total_size, offset = Layout("<40xQQ").unpack_from(data, large)
        end = large
    start = end - total_size
    if start < 0:
        raise ZipError("its list of entries is cut off")
    if total_size and bytes(data[start : start + 4]) != _CENTRAL_MARK:
        # Something was put between the list and its end: the offset may still be true.
        start, end = offset, min(offset + total_size, len(data))
    return _Directory(start, end, start - offset)


def _end_record(data: memoryview) -> int:
    """Where the end record is: the last one whose comment reaches to the end of the data."""
    tail = bytes(data[-(_END_SIZE + _MAX_COMMENT) :])
    base = len(data) - len(tail)
    last = tail.rfind(_END, 0, max(len(tail) - _END_SIZE + 4, 0))
    found = last
    while found >= 0:
        comment = int.from_bytes(tail[found + 20 : found + 22], "little")
        if found + _END_SIZE + comment == len(tail):
            return base + found
        found = tail.rfind(_END, 0, found)
    if last < 0:
        raise ZipError("is no zip archive, or is cut off")
    return base + last


def _end_record_64(data: memoryview, end: int) -> int:
    """Where the zip64 end record is, right before its locator; -1 where there is none."""
    locator = end - _LOCATOR_SIZE
    at = locator - _END_64_SIZE
    if (
        at < 0
        or bytes(data[locator : locator + 4]) != _LOCATOR
        or bytes(data[at : at + 4]) != _END_64
    ):
        return -1
    return at


def _large(extra: memoryview, packed: int, full: int, at: int) -> tuple[int, int, int]:
    """Sizes and offset from the zip64 field, which holds only those that did not fit."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = Layout("<HH").unpack_from(extra, position)
        if kind == 1:
            field = extra[position + 4 : position + 4 + length]
            numbers = [
                int.from_bytes(field[index : index + 8], "little")
                for index in range(0, len(field) - 7, 8)
            ]
            values = iter(numbers)
            full = next(values, full) if full == _ESCAPE else full
            packed = next(values, packed) if packed == _ESCAPE else packed
            at = next(values, at) if at == _ESCAPE else at
            break
        position += 4 + length
    return packed, full, at
