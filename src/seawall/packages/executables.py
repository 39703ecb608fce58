"""Programs of any system: where a section is, and what stands at an address.

ELF is what containers run; images also carry PE and Mach-O files, in packages for all systems.
"""

from __future__ import annotations

from struct import Struct as Layout
from struct import error as struct_error

from msgspec import Struct

from seawall.packages import elf
from seawall.packages.elf import Segment

MAGICS = frozenset(
    {
        elf.MAGIC,
        b"MZ\x90\x00",  # PE, behind the header for DOS that all linkers write
        b"\xcf\xfa\xed\xfe",  # Mach-O: 64 bits, little-endian
        b"\xce\xfa\xed\xfe",
        b"\xfe\xed\xfa\xcf",
        b"\xfe\xed\xfa\xce",
        b"\xca\xfe\xba\xbe",  # Mach-O for several processors; also each Java class
    }
)
"""The first four bytes of the programs that are read."""

_MAX_PARTS = 4096
_MAX_PROCESSORS = 16
_FAT = b"\xca\xfe\xba\xbe"
_PE_DATA, _PE_WRITABLE, _PE_EXECUTABLE = 0x40, 0x8000_0000, 0x2000_0000


class Program(Struct, frozen=True):
    """A program: its sections by name and what is loaded where; both are looked up in `elf`
    where it is one, since nearly all files that are asked have nothing to tell."""

    data: memoryview
    sections: dict[bytes, Segment] = {}
    loaded: tuple[Segment, ...] = ()
    elf: elf.Elf | None = None

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is loaded where."""
        return self.loaded if self.elf is None else elf.segments(self.elf)

    def section(self, name: bytes) -> memoryview | None:
        """What a section holds; None where there is none of that name."""
        if self.elf is not None:
            return elf.section(self.elf, name)
        found = self.sections.get(name)
        return None if found is None else self.cut(found)

    def cut(self, segment: Segment) -> memoryview:
        """What a segment holds, as much as the file has of it."""
        size = len(self.data)
        start = min(segment.offset, size)
        return self.data[start : min(start + segment.size, size)]

    def at(self, address: int, size: int) -> bytes:
        """The bytes at an address, as many as the segment there has; empty where none is."""
        for segment in self.segments:
            if segment.address <= address < segment.address + segment.size:
                start = segment.offset + address - segment.address
                end = min(start + size, segment.offset + segment.size, len(self.data))
                return bytes(self.data[start:end])
        return b""


def read(data: memoryview) -> Program | None:
    """The program; None where it is none that we know, or its header is broken.

    Of a Mach-O file for several processors it is the first: they are built from the same source.
    """
    magic = bytes(data[:4])
    try:
        if magic == elf.MAGIC:
            header = elf.read(data)
            return None if header is None else Program(data, elf=header)
        if magic[:2] == b"MZ":
            return _read_pe(data)
        if magic == _FAT:
            return _read_fat(data)
        return _read_mach_o(data) if magic in MAGICS else None
    except struct_error:
        return None


def _read_pe(data: memoryview) -> Program | None:
    """Microsoft's PE format: COFF header, optional header, section headers."""
    (at,) = Layout("<I").unpack_from(data, 0x3C)
    if bytes(data[at : at + 4]) != b"PE\0\0":
        return None
    count, optional = Layout("<6xH12xH").unpack_from(data, at)
    base_at = at + 24
    (kind,) = Layout("<H").unpack_from(data, base_at)
    (base,) = Layout("<24xQ" if kind == 0x20B else "<28xI").unpack_from(data, base_at)
    layout = Layout("<8sIIII12xI")
    sections: dict[bytes, Segment] = {}
    for index in range(min(count, _MAX_PARTS)):
        name, _, address, size, offset, flags = layout.unpack_from(
            data, base_at + optional + index * 40
        )
        is_data = flags & (_PE_DATA | _PE_WRITABLE | _PE_EXECUTABLE) == _PE_DATA | _PE_WRITABLE
        sections.setdefault(name.rstrip(b"\0"), Segment(base + address, offset, size, is_data))
    return Program(data, sections, tuple(sections.values()))


def _read_fat(data: memoryview) -> Program | None:
    """The first program of several. A Java class has a version above 44 where the count is."""
    count, offset, size = Layout(">4xI8xII").unpack_from(data)
    if not 0 < count <= _MAX_PROCESSORS:
        return None
    part = data[offset : offset + size]
    return _read_mach_o(part) if bytes(part[:4]) in MAGICS - {_FAT} else None


def _read_mach_o(data: memoryview) -> Program | None:
    """Apple's Mach-O: load commands, of which those of segments hold their sections."""
    order = "<" if data[3] == 0xFE else ">"
    is_64 = 0xCF in (data[0], data[3])
    (count,) = Layout(order + "16xI").unpack_from(data)
    at = 32 if is_64 else 28
    sections: dict[bytes, Segment] = {}
    segments: list[Segment] = []
    for _ in range(min(count, _MAX_PARTS)):
        kind, size = Layout(order + "II").unpack_from(data, at)
        if kind == (0x19 if is_64 else 1):
            segments.append(_mach_o_segment(data, at, order, is_64, sections))
        at += max(size, 8)
    return Program(data, sections, tuple(segments))


def _mach_o_segment(
    data: memoryview, at: int, order: str, is_64: bool, sections: dict[bytes, Segment]
) -> Segment:
    layout = Layout(order + ("24xQQQQIII4x" if is_64 else "24xIIIIIII4x"))
    address, _, offset, size, _, protection, count = layout.unpack_from(data, at)
    inner = Layout(order + ("16s16xQQI28x" if is_64 else "16s16xIII24x"))
    for index in range(min(count, _MAX_PARTS - len(sections))):
        name, start, length, place = inner.unpack_from(data, at + layout.size + index * inner.size)
        sections.setdefault(name.rstrip(b"\0"), Segment(start, place, length, is_data=False))
    return Segment(address, offset, size, is_data=protection & 0b110 == 0b010)
