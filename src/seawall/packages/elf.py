"""ELF files: their sections by name and their segments, read without trust (System V gABI, ch. 4).

A section is found by its name in the table of names first: a file that has none of that name,
which is nearly every file, costs a few microseconds.
"""

from __future__ import annotations

from struct import Struct as Layout
from struct import error as struct_error

from msgspec import Struct

MAGIC = b"\x7fELF"

_MAX_SECTIONS = 65_536
_MAX_NAMES = 4 * 1024 * 1024
_LOADED = 1
_WRITABLE = 2
_EXECUTABLE = 1
_NO_BITS = 8


class Segment(Struct, frozen=True, gc=False):
    """A part of the file that is loaded at `address`."""

    address: int
    offset: int
    size: int
    is_data: bool
    """Whether it may be written and not executed."""


class Elf(Struct, frozen=True):
    """The header of an ELF file, and the file; `order` is that of `struct`: `<` or `>`."""

    data: memoryview
    order: str
    is_64: bool
    program_table: tuple[int, int, int]
    """Offset, size of an entry, number of entries."""
    section_table: tuple[int, int, int]
    names_index: int


def read(data: memoryview) -> Elf | None:
    """The header; None where it is no ELF file."""
    if bytes(data[:4]) != MAGIC or len(data) < 52:
        return None
    is_64, order = data[4] == 2, ">" if data[5] == 2 else "<"
    layout = "24xQQQ6xHHHHH" if is_64 else "24xIII6xHHHHH"
    try:
        _, programs, sections, *counts = Layout(order + layout).unpack_from(data)
    except struct_error:
        return None
    program_table = (programs, counts[0], counts[1])
    return Elf(data, order, is_64, program_table, (sections, counts[2], counts[3]), counts[4])


def has_sections(elf: Elf) -> bool:
    """Whether there is a table of sections in the data: `sstrip` and a cut file have none."""
    offset, size, count = elf.section_table
    return count > 0 and 0 < offset <= len(elf.data) - size * count


def section(elf: Elf, name: bytes) -> memoryview | None:
    """What a section holds; None where there is none of that name."""
    wanted = _places(_names(elf), name + b"\0")
    if not wanted:
        return None
    for index in range(min(elf.section_table[2], _MAX_SECTIONS)):
        entry = _section(elf, index)
        if entry is not None and entry[0] in wanted and entry[1] != _NO_BITS:
            return _cut(elf.data, entry[2], entry[3])
    return None


def segments(elf: Elf) -> tuple[Segment, ...]:
    """The loaded parts, in the order of the table."""
    offset, size, count = elf.program_table
    layout = Layout(elf.order + ("IIQQQQ" if elf.is_64 else "IIIIIII"))
    found = []
    for index in range(count):
        at = offset + index * size
        if size < layout.size or at + layout.size > len(elf.data):
            break
        if elf.is_64:
            kind, flags, start, address, _, length = layout.unpack_from(elf.data, at)
        else:
            kind, start, address, _, length, _, flags = layout.unpack_from(elf.data, at)
        if kind == _LOADED:
            is_data = flags & (_WRITABLE | _EXECUTABLE) == _WRITABLE
            found.append(Segment(address, start, length, is_data))
    return tuple(found)


def _names(elf: Elf) -> bytes:
    """The table of sections' names; empty where there is none."""
    entry = _section(elf, elf.names_index)
    if entry is None or entry[1] == _NO_BITS:
        return b""
    return bytes(_cut(elf.data, entry[2], min(entry[3], _MAX_NAMES)))


def _places(names: bytes, name: bytes) -> list[int]:
    """Where a name begins: a name may be the end of a longer one, which shares its bytes."""
    places: list[int] = []
    at = names.find(name)
    while at >= 0 and len(places) < 16:
        places.append(at)
        at = names.find(name, at + 1)
    return places


def _section(elf: Elf, index: int) -> tuple[int, int, int, int] | None:
    """Name, type, offset and size of a section; None where the table does not hold it."""
    offset, size, count = elf.section_table
    at = offset + index * size
    layout = Layout(elf.order + ("II16xQQ" if elf.is_64 else "II8xII"))
    if not 0 <= index < count or size < layout.size or at + layout.size > len(elf.data):
        return None
    name, kind, start, length = layout.unpack_from(elf.data, at)
    return name, kind, start, length


def _cut(data: memoryview, offset: int, size: int) -> memoryview:
    return data[min(offset, len(data)) : min(offset + size, len(data))]
