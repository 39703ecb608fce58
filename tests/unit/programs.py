"""Small programs made by hand: just enough of ELF, PE and Mach-O to hold sections and segments."""

from __future__ import annotations

import zlib
from struct import pack

from seawall.surfaces.image.analyser import LayerFile
from seawall.surfaces.image.facts import Kind

BUILD_INFO = b"\xff Go buildinf:"
MARK = bytes(range(0x30, 0x40))


def layer_file(path: str, content: bytes, size: int = -1) -> LayerFile:
    length = len(content) if size < 0 else size
    return LayerFile(path, Kind.FILE, 0o755, 0, 0, length, memoryview(content))


def elf(
    sections: dict[str, bytes],
    *,
    bits: int = 64,
    order: str = "<",
    base: int = 0x400000,
    with_sections: bool = True,
) -> bytes:
    """An ELF file: one writable segment that holds all sections, loaded at `base`."""
    header_size, program_size, section_size = (64, 56, 64) if bits == 64 else (52, 32, 40)
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    start = (header_size + program_size + 63) // 64 * 64
    body, places = b"", []
    for content in (*sections.values(), names):
        body += bytes(-len(body) % 64)
        places.append((start + len(body), len(content)))
        body += content
    body += bytes(-len(body) % 64)
    table_at = start + len(body) if with_sections else 0
    count = len(places) + 1 if with_sections else 0
    ident = b"\x7fELF" + bytes([bits // 32, 2 if order == ">" else 1, 1]) + bytes(9)
    word = "Q" if bits == 64 else "I"
    header = ident + pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(2, 62, 1, 0, header_size, table_at, 0),
        *(header_size, program_size, 1, section_size, count, len(places)),
    )
    if bits == 64:
        program = pack(f"{order}IIQQQQQQ", 1, 6, start, base, 0, len(body), len(body), 64)
    else:
        program = pack(f"{order}IIIIIIII", 1, start, base, 0, len(body), len(body), 6, 64)
    table = bytes(section_size)
    for name, (at, size) in zip((*sections, ".shstrtab"), places, strict=True):
        name_at = names.index(b"\0" + name.encode() + b"\0") + 1
        layout = f"{order}II16xQQ24x" if bits == 64 else f"{order}II8xII16x"
        table += pack(layout, name_at, 1, at, size)
    head = header + program
    return head + bytes(start - len(head)) + body + (table if with_sections else b"")


def pe(sections: dict[str, bytes], *, bits: int = 64, base: int = 0x400000) -> bytes:
    """A PE file; `.data` may be written."""
    optional = 112 if bits == 64 else 96
    dos = b"MZ\x90\0" + bytes(56) + pack("<I", 64)
    coff = b"PE\0\0" + pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, optional, 2)
    magic = pack("<H", 0x20B if bits == 64 else 0x10B)
    at_base = pack("<22xQ", base) if bits == 64 else pack("<26xI", base)
    head = dos + coff + (magic + at_base).ljust(optional, b"\0")
    offset = len(head) + 40 * len(sections)
    offset += -offset % 16
    table, body = b"", b""
    for index, (name, content) in enumerate(sections.items()):
        flags = 0xC0000040 if name == ".data" else 0x60000020
        padded = content + bytes(-len(content) % 16)
        address = 0x1000 * (index + 1)
        table += pack(
            "<8sIIII12xI", name.encode(), len(padded), address, len(padded), offset, flags
        )
        body += padded
        offset += len(padded)
    head += table
    return head + bytes(-len(head) % 16) + body


def mach_o(name: str, content: bytes, *, bits: int = 64, order: str = "<") -> bytes:
    """A Mach-O file with one section in one writable segment at 0x100000000 (or 0x1000)."""
    magic = pack(f"{order}I", 0xFEEDFACF if bits == 64 else 0xFEEDFACE)
    header_size, segment_size, section_size = (32, 72, 80) if bits == 64 else (28, 56, 68)
    base = 0x100000000 if bits == 64 else 0x1000
    start = header_size + segment_size + section_size
    start += -start % 16
    command = segment_size + section_size
    header = (magic + pack(f"{order}IIIIII", 0, 0, 2, 1, command, 0)).ljust(header_size, b"\0")
    word = "Q" if bits == 64 else "I"
    segment = pack(
        f"{order}II16s{word}{word}{word}{word}IIII",
        *(0x19 if bits == 64 else 1, command, b"__DATA"),
        *(base, len(content), start, len(content), 3, 3, 1, 0),
    )
    section = pack(
        f"{order}16s16s{word}{word}IIIIII",
        name.encode(),
        b"__DATA",
        base,
        len(content),
        start,
        *[0] * 5,
    ).ljust(section_size, b"\0")
    head = header + segment + section
    return head + bytes(start - len(head)) + content


def go_inline(release: str, modules: str) -> bytes:
    """Build information as Go 1.18 and later write it."""
    texts = b""
    for text in (release.encode(), MARK + modules.encode() + MARK if modules else b""):
        texts += _varint(len(text)) + text
    return (BUILD_INFO + bytes([8, 2])).ljust(32, b"\0") + texts


def go_pointed(release: str, modules: str, base: int, *, width: int = 8, order: str = "<") -> bytes:
    """Build information as Go 1.13 to 1.17 write it, to be loaded at `base`."""
    word = f"{order}{'Q' if width == 8 else 'I'}"
    texts = [release.encode(), MARK + modules.encode() + MARK if modules else b""]
    strings_at = 32 + 4 * width
    first, second = base + strings_at, base + strings_at + len(texts[0])
    header = BUILD_INFO + bytes([width, 1 if order == ">" else 0])
    header += pack(word, base + 32) + pack(word, base + 32 + 2 * width)
    strings = b"".join(
        pack(word, number) for number in (first, len(texts[0]), second, len(texts[1]))
    )
    return header.ljust(32, b"\0") + strings + b"".join(texts)


def _varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def audit_section(text: bytes) -> bytes:
    """The list of crates as cargo-auditable writes it."""
    return zlib.compress(text)
