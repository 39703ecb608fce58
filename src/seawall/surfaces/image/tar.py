"""The headers of a tar archive, walked by hand over a window of bytes.

POSIX.1-2017 `pax` (ustar and PAX interchange formats) and GNU tar's manual, "Basic Tar Format".
Where archivers differ, what Go's archive/tar does is done, since container engines unpack with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from isal.isal_zlib import adler32
from msgspec import Struct

from seawall.surfaces.image import sparse
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.limits import DamagedError, Limits
from seawall.surfaces.image.window import Window

BLOCK = 512

_ZEROS = 1024 * 1024
_MAX_NUMBERS = 16384
_HEADERS_EACH = 4
_XATTR = b"SCHILY.xattr."
_GNU = b"ustar  \0"
_WITH_DATA = frozenset(b"\x0007S")
_KINDS: Mapping[int, Kind] = {
    0x00: Kind.FILE,
    ord("0"): Kind.FILE,
    ord("1"): Kind.HARDLINK,
    ord("2"): Kind.SYMLINK,
    ord("3"): Kind.DEVICE,
    ord("4"): Kind.DEVICE,
    ord("5"): Kind.DIRECTORY,
    ord("6"): Kind.FIFO,
    ord("7"): Kind.FILE,
    ord("S"): Kind.FILE,
}
_CUT = "the archive ends in the middle of an entry"
_NO_SIZE = "a header holds a size that is none"
_NO_TAR = "it is no tar archive"
_LABEL = ord("V")
_OLD_SPARSE = ord("S")
_ONLY_TIMES = re.compile(rb"(?:[0-9]{1,3} [acm]time=[0-9.]+\n)+")
_ENDS = (b"\0", b" ")
_STRETCH = (sparse.OFFSET, sparse.LENGTH)
_MEANING = (b"path", b"linkpath", b"size", b"uid", b"gid", _XATTR, b"GNU.sparse.")

Xattrs = Mapping[str, bytes]
_NO_XATTRS: Xattrs = {}


class Member(Struct, gc=False):
    """One entry as its headers describe it.

    `name` and `target` are as written. `stored` bytes of content begin at `offset`; `size` is
    that of the file, which is another one where `segments` say that only parts are stored.
    """

    name: bytes
    kind: Kind
    mode: int
    uid: int
    gid: int
    offset: int
    stored: int
    size: int
    target: bytes = b""
    xattrs: Xattrs = _NO_XATTRS
    segments: sparse.Segments | None = None


class Numbers(dict[bytes, int]):
    """The numeric fields of headers, understood once: there are few different ones."""

    def __missing__(self, field: bytes) -> int:
        number = _number(field)
        if len(self) >= _MAX_NUMBERS:
            self.clear()
        self[field] = number
        return number


def _number(field: bytes) -> int:
    """An octal field, or a base-256 one (GNU tar's extension).

    Raises:
        DamagedError: it is neither, or does not fit 63 bits.
    """
    text = field[:-1]
    if text.isdigit() and field[-1:] in _ENDS and not text.strip(b"01234567"):
        number = int(text, 8)
    elif field[0] & 0x80:
        number = int.from_bytes(field, "big", signed=True) if field[0] & 0x40 else 0
        if not field[0] & 0x40:
            number = int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
    else:
        text = field.partition(b"\0")[0].strip()
        if text.strip(b"01234567"):
            raise DamagedError("a header holds a number that is none")
        number = int(text or b"0", 8)
    if not -(1 << 63) <= number < 1 << 63:
        raise DamagedError("a header holds a number that is too large")
    return number


class _Sums(dict[bytes, int]):
    """What checksum fields let the low half of the whole header's Adler-32 be; -1 for none."""

    def __missing__(self, field: bytes) -> int:
        try:
            # Adler-32 begins with 1; the checksum takes its own field for eight spaces.
            expected = 1 + _number(field) - 8 * 0x20 + sum(field)
        except DamagedError:
            expected = -1
        if len(self) >= _MAX_NUMBERS:
            self.clear()
        self[field] = expected
        return expected


class _Owners(dict[bytes, tuple[int, int, int]]):
    """Mode, uid and gid of headers, which stand side by side and are mostly the same."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def __missing__(self, fields: bytes) -> tuple[int, int, int]:
        numbers = self._numbers
        owner = numbers[fields[:8]] & 0o7777, numbers[fields[8:16]], numbers[fields[16:]]
        if len(self) >= _MAX_NUMBERS:
            self.clear()
        self[fields] = owner
        return owner


# The same numbers stand in all the layers of an image.
_NUMBERS = Numbers()
_SUMS = _Sums()
_OWNERS = _Owners(_NUMBERS)


class Walk:
    """The members of an archive, one after the other.

    Iterating raises `DamagedError` where nothing further can be understood; of what is odd but
    harmless `say` is told, with the path and the reason. The window may be moved forward between
    two members.
    """

    def __init__(self, window: Window, limits: Limits, say: Callable[[bytes, str], None]) -> None:
        self._say = say
        self._headers = 0
        self._window = window
        self._limits = limits
        self._numbers = _NUMBERS
        self._sums = _SUMS
        self._owners = _OWNERS
        self._position = 0
        self._content_end = 0
        self._is_padded = False
        self._has_more = False
        self._records: dict[bytes, bytes] = {}
        self._long_name = b""
        self._long_target = b""

    def __iter__(self) -> Iterator[Member]:
        while (block := self._header()) is not None:
            self._headers += 1
            if self._headers > _HEADERS_EACH * self._limits.entries:
                raise DamagedError("it has too many headers for its entries")
            flag = block[156]
            extension = _EXTENSIONS.get(flag)
            if extension is not None:
                extension(self, block)
                continue
            member = self._member(block, flag)
            if member is not None:
                yield member

    def _header(self) -> bytes | None:
        """The next header, its checksum verified; None at the end."""
        position = self._position
        window = self._window
        if position + BLOCK > window.end and not window.reach(position, BLOCK):
            self._last(window.left(position))
            return None
        at = position - window.start
        block = window.view[at : at + BLOCK].tobytes()
        # The low half of Adler-32 is a sum of bytes, at a tenth of the time that `sum` takes.
        if adler32(block) & 0xFFFF != self._sums[block[148:156]] and not _is_sum(block):
            return self._no_header(block)
        self._position = position + BLOCK
        return block

    def _last(self, left: int) -> None:
        """Look at what is left where there is no whole block: nothing, or zeros."""
        if left > 0:
            self._window.reach(self._position, left)
            at = self._position - self._window.start
            if not any(self._window.view[at : at + left]):
                left = 0
            elif self._is_padded:
                self._say_more()
                left = 0
        is_cut = left > 0 or self._window.left(self._content_end) < 0
        if is_cut or self._records or self._long_name or self._long_target:
            raise DamagedError(_CUT if self._position else _NO_TAR)

    def _no_header(self, block: bytes) -> bytes | None:
        if any(block):
            if self._is_padded:
                self._say(b"", "what follows the end of the archive can't be understood")
                return None
            where = f"its header at byte {self._position} is damaged"
            raise DamagedError(where if self._position else _NO_TAR)
        self._is_padded = True
        self._skip_zeros()
        return self._header()

    def _skip_zeros(self) -> None:
        """Go on to the first block that has more than zeros, or to the end."""
        window = self._window
        while window.reach(self._position, BLOCK):
            at = self._position - window.start
            blocks = window.view[at : at + _ZEROS]
            piece = blocks[: len(blocks) & -BLOCK].tobytes()
            zeros = len(piece) - len(piece.lstrip(b"\0")) & -BLOCK
            self._position += zeros
            if zeros < len(piece):
                self._say_more()
                return

    def _say_more(self) -> None:
        """Say once that there is more than engines look at."""
        if not self._has_more:
            self._say(b"", "there is more behind the end of the archive, where engines stop")
        self._has_more = True

    def _size(self, block: bytes) -> int:
        size = self._numbers[block[124:136]]
        if size < 0:
            raise DamagedError(_NO_SIZE)
        return size

    def _member(self, block: bytes, flag: int) -> Member | None:
        kind = _KINDS.get(flag)
        has_data = flag in _WITH_DATA or kind is None
        size = self._numbers[block[124:136]] if has_data else 0
        if size < 0:
            raise DamagedError(_NO_SIZE)
        mode, uid, gid = self._owners[block[100:124]]
        name = block[: block.find(b"\0", 0, 100)] if block[99] == 0 else _text(block[:100])
        member = Member(
            _prefix(block) + name if block[345] else name,
            kind or Kind.FILE,
            mode,
            uid,
            gid,
            self._position,
            size,
            size,
        )
        if block[157]:
            member.target = _text(block[157:257])
        if self._records or self._long_name or self._long_target:
            self._override(member, has_data)
        if flag == 0 and member.name.endswith(b"/"):
            member.kind = Kind.DIRECTORY
            member.stored = member.size = 0
        elif flag == _OLD_SPARSE:
            self._old_sparse(member, block)
        self._content_end = member.offset + member.stored
        self._position = self._content_end + (-member.stored & (BLOCK - 1))
        if kind is None:
            if flag != _LABEL:
                reason = f"an entry of an unknown type ({chr(flag)!r}) was passed over"
                self._say(member.name, reason)
            return None
        return member

    def _override(self, member: Member, has_data: bool) -> None:
        """Apply what the extension headers in front said; GNU names over PAX, as Go does."""
        records = self._records
        if records:
            self._apply(member, records, has_data)
        member.name = self._long_name or member.name
        member.target = self._long_target or member.target
        self._records = {}
        self._long_name = self._long_target = b""

    def _apply(self, member: Member, records: Mapping[bytes, bytes], has_data: bool) -> None:
        member.name = records.get(b"GNU.sparse.name") or records.get(b"path") or member.name
        member.target = records.get(b"linkpath") or member.target
        member.uid = _owner(records.get(b"uid"), member.uid)
        member.gid = _owner(records.get(b"gid"), member.gid)
        if records.get(b"size") and has_data:
            member.stored = member.size = sparse.decimal(records[b"size"])
        xattrs = {
            key[len(_XATTR) :].decode("utf-8", "surrogateescape"): value
            for key, value in records.items()
            if key.startswith(_XATTR)
        }
        if xattrs:
            member.xattrs = xattrs
        if member.kind is Kind.FILE and (sparse.MAP in records or sparse.is_version_1(records)):
            self._pax_sparse(member, records)

    def _pax_sparse(self, member: Member, records: Mapping[bytes, bytes]) -> None:
        end = member.offset + (member.stored + BLOCK - 1 & -BLOCK)
        size = sparse.real_size(records)
        member.size = sparse.decimal(size) if size else member.size
        if sparse.is_version_1(records):
            numbers = self._map_in_front(member)
        else:
            numbers = sparse.listed(records[sparse.MAP])
        member.segments = sparse.segments(numbers, member.size, member.stored)
        if member.offset + (member.stored + BLOCK - 1 & -BLOCK) != end:
            raise DamagedError("a sparse file's map does not fit its data", member.name)

    def _map_in_front(self, member: Member) -> list[int]:
        """Read the map of a sparse file of version 1.0 off the front of its data."""
        lines: list[bytes] = [b""]
        wanted = 1
        used = 0
        while len(lines) <= wanted:
            if used >= min(member.stored, self._limits.header):
                raise DamagedError("a sparse file's map is damaged", member.name)
            block = self._bytes(member.offset + used, BLOCK)
            *whole, rest = (lines.pop() + block).split(b"\n")
            lines += [*whole, rest]
            used += BLOCK
            if len(lines) > 1:
                wanted = 2 * min(sparse.decimal(lines[0]), sparse.MAX_SEGMENTS + 1) + 1
        member.offset += used
        member.stored -= used
        if member.stored < 0:
            raise DamagedError("a sparse file's map is damaged", member.name)
        return [sparse.decimal(line) for line in lines[1:wanted]]

    def _old_sparse(self, member: Member, block: bytes) -> None:
        """The map of GNU's old format, which goes on in blocks of its own in front of the data."""
        member.size = self._numbers[block[483:495]]
        fields = block[386:482]
        more = block[482]
        while more:
            if len(fields) > self._limits.header:
                raise DamagedError("a sparse file's map is too long", member.name)
            extra = self._bytes(member.offset, BLOCK)
            fields += extra[:504]
            more = extra[504]
            member.offset += BLOCK
        numbers = [
            self._numbers[fields[at : at + 12]]
            for at in range(0, len(fields), 12)
            if fields[at - at % 24]
        ]
        member.segments = sparse.segments(numbers, member.size, member.stored)

    def _bytes(self, position: int, count: int) -> bytes:
        """Bytes of an extension or a map."""
        window = self._window
        if position + count > window.end and not window.reach(position, count):
            raise DamagedError(_CUT)
        at = position - window.start
        return window.view[at : at + count].tobytes()

    def _extension(self, block: bytes) -> bytes:
        size = self._size(block)
        if size > self._limits.header:
            raise DamagedError(
                f"an extended header has {size} bytes, more than {self._limits.header}"
            )
        data = self._bytes(self._position, size)
        self._content_end = self._position + size
        self._position = self._content_end + (-size & (BLOCK - 1))
        return data

    def _pax(self, block: bytes) -> None:
        data = self._extension(block)
        self._records = {} if _ONLY_TIMES.fullmatch(data) else records(data)

    def _pax_global(self, block: bytes) -> None:
        """Engines pass over global records; where they would say more than a comment, say so."""
        for key, value in records(self._extension(block)).items():
            if value:
                name = key[:40].decode("utf-8", "replace")
                self._say(
                    b"", f"a global header sets `{name}`, which engines and archivers differ on"
                )

    def _gnu_name(self, block: bytes) -> None:
        self._long_name = _text(self._extension(block))

    def _gnu_target(self, block: bytes) -> None:
        self._long_target = _text(self._extension(block))


_EXTENSIONS: Mapping[int, Callable[[Walk, bytes], None]] = {
    ord("x"): Walk._pax,
    ord("X"): Walk._pax,
    ord("g"): Walk._pax_global,
    ord("L"): Walk._gnu_name,
    ord("K"): Walk._gnu_target,
}


def records(data: bytes) -> dict[bytes, bytes]:
    """The records of a PAX header: `length key=value` and a line feed, the length included.

    Times and comments, which nobody asks for, are left out.
    Those of sparse files in version 0.0, which repeat, are joined to a map of version 0.1.

    Raises:
        DamagedError: they are not of that form.
    """
    found: dict[bytes, bytes] = {}
    stretches: list[bytes] = []
    position = 0
    while position < len(data) and data[position]:
        space = data.find(b" ", position, position + 20)
        if space <= position:
            raise DamagedError("a PAX header is damaged")
        end = position + sparse.decimal(data[position:space])
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals or not space < end <= len(data) or data[end - 1] != 0x0A:
            raise DamagedError("a PAX header is damaged")
        if key.startswith(_MEANING):
            found[key] = value
            if key in _STRETCH:
                stretches.append(value)
        position = end
    if stretches:
        found[sparse.MAP] = b",".join(stretches)
    return found


def _owner(text: bytes | None, otherwise: int) -> int:
    if not text:
        return otherwise
    return -sparse.decimal(text[1:]) if text.startswith(b"-") else sparse.decimal(text)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _is_sum(block: bytes) -> bool:
    """Whether a checksum is right, the bytes taken as unsigned or, as old archivers did, signed."""
    try:
        stored = _number(block[148:156])
    except DamagedError:
        return False
    rest = block[:148] + block[156:]
    unsigned = sum(rest) + 8 * 0x20
    return stored in (unsigned, unsigned - 256 * sum(byte > 127 for byte in rest))


def _prefix(block: bytes) -> bytes:
    """The first part of a long name, in the formats that have one, with its `/`."""
    magic = block[257:265]
    if magic == _GNU:
        # There stand times in GNU's format, but old versions of Go wrote a prefix all the same.
        return b"" if block[345] & 0x80 or _is_octal(block[345:357]) else _part(block[345:500])
    if not magic.startswith(b"ustar"):
        return b""
    return _part(block[345:476] if block[508:512] == b"tar\0" else block[345:500])


def _is_octal(field: bytes) -> bool:
    return not field.partition(b"\0")[0].strip().strip(b"01234567")


def _part(field: bytes) -> bytes:
    text = _text(field)
    return text + b"/" if text else b""
