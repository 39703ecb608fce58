"""Archives made by hand, sound and otherwise, and blobs and analysers to walk them with."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

from msgspec import Struct

from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.blob import LayerFacts
from seawall.surfaces.image.facts import Fact, NotableFile, Trouble
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import Limits

END = bytes(1024)


class MemoryBlob(Struct, frozen=True):
    """A layer in memory: mapped, or as a stream that gives `step` bytes at most at a time."""

    data: bytes
    is_mapped: bool = True
    digest: str = ""
    diff_id: str = ""
    size: int = -1
    step: int = 1 << 30

    def mapped(self) -> memoryview | None:
        return memoryview(self.data) if self.is_mapped else None

    def open(self) -> AbstractContextManager[BinaryIO]:
        return Dribble(self.data, self.step)


class Dribble(io.BytesIO):
    """A stream of short reads."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(self._step, self._step if size is None or size < 0 else size))


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def header(name: bytes, size: int = 0, flag: bytes = b"0", **fields: bytes) -> bytes:
    """A ustar header; `fields` set others by name, `checksum` and `size_field` as bytes too."""
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:108] = fields.get("mode", b"0000644\0")
    block[108:116] = fields.get("uid", b"0000000\0")
    block[116:124] = fields.get("gid", b"0000000\0")
    block[124:136] = fields.get("size_field", b"%011o\0" % size)
    block[136:148] = b"%011o\0" % 0
    block[156:157] = flag
    target = fields.get("target", b"")
    block[157 : 157 + len(target)] = target
    block[257:265] = fields.get("magic", b"ustar\x0000")
    rest = fields.get("rest", b"")
    block[345 : 345 + len(rest)] = rest
    block[148:156] = fields.get("checksum", checksum(block))
    return bytes(block)


def checksum(block: bytes | bytearray) -> bytes:
    return b"%06o\0 " % (sum(block[:148]) + 256 + sum(block[156:512]))


def entry(name: bytes, content: bytes = b"", flag: bytes = b"0", **fields: bytes) -> bytes:
    """A header and its content, filled up to whole blocks."""
    return header(name, len(content), flag, **fields) + filled(content)


def filled(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def record(key: bytes, value: bytes) -> bytes:
    """One record of a PAX header: its length counts itself."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def pax(
    records: Mapping[bytes, bytes] | Iterable[tuple[bytes, bytes]], flag: bytes = b"x"
) -> bytes:
    items = records.items() if isinstance(records, Mapping) else records
    return entry(b"PaxHeaders/x", b"".join(record(key, value) for key, value in items), flag)


def made(members: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of regular files as Python's tarfile writes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def described(file: LayerFile) -> Iterator[Fact]:
    """A fact that says all of an entry, its content and attributes as digests of a kind."""
    yield NotableFile(
        file.path,
        file.mode,
        file.uid,
        file.gid,
        file.size,
        file.kind,
        hashlib.sha256(file.content).hexdigest(),
        repr(sorted(file.xattrs.items())),
        file.target,
    )


def analyser(name: str = "all", **wants: Any) -> Analyser:
    return Analyser(name, 1, Wants(**wants or {"everything": True}), described)


def walk(data: bytes, *analysers: Analyser, is_mapped: bool = True, **limits: int) -> LayerFacts:
    """Look at an archive with analysers, with one that wants everything where none are named."""
    return _walk(MemoryBlob(data, is_mapped), analysers, limits)


def _walk(blob: MemoryBlob, analysers: Sequence[Analyser], limits: Mapping[str, Any]) -> LayerFacts:
    return analyse_layer(blob, analysers or [analyser()], Limits(**limits))


def both(data: bytes, *analysers: Analyser, **limits: int) -> LayerFacts:
    """Look at an archive mapped and as streams: the same must come of it."""
    mapped = _walk(MemoryBlob(data), analysers, limits)
    for step in (1 << 30, 700):
        assert _walk(MemoryBlob(data, False, step=step), analysers, limits) == mapped
    return mapped


def files(facts: LayerFacts) -> dict[str, NotableFile]:
    return {fact.path: fact for fact in facts.facts if isinstance(fact, NotableFile)}


def troubles(facts: LayerFacts) -> list[Trouble]:
    return [fact for fact in facts.facts if isinstance(fact, Trouble)]


def note(content: bytes) -> str:
    """What `described` says of a content."""
    return hashlib.sha256(content).hexdigest()
