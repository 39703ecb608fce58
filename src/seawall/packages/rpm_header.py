"""An RPM header as the package database keeps it: an index of tags, and their data.

The layout is that of the RPM file format's header structure, without the magic before it: two
counts, an entry of 16 bytes for each tag, and the data that the entries point into, all
big-endian. Offsets and counts are the writer's word and are never believed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from seawall.packages.licenses import normalised
from seawall.surfaces.image.facts import Ecosystem, Package

MAX_HEADER = 256 * 1024 * 1024
"""Bytes: what rpm itself takes for the longest header (`headerMaxbytes`)."""
MAX_TAGS = 0xFFFF
MAX_ITEMS = 1_000_000
"""The most strings or numbers of one tag: the largest packages own some 100,000 files."""

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_VENDOR, _LICENSE, _PACKAGER, _ARCH = 1011, 1014, 1015, 1022
_OLD_FILE_NAMES, _SOURCE_RPM, _PROVIDES, _REQUIRES = 1027, 1044, 1047, 1049
_DIRECTORY_INDEXES, _BASE_NAMES, _DIRECTORY_NAMES, _MODULARITY = 1116, 1117, 1118, 5096
_INT32, _STRING, _STRING_ARRAY, _I18N_STRING = 4, 6, 8, 9
_INTEGERS = frozenset({_EPOCH, _DIRECTORY_INDEXES})
_WANTED = frozenset(
    {
        *(_NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR, _LICENSE, _PACKAGER, _ARCH),
        *(_OLD_FILE_NAMES, _SOURCE_RPM, _PROVIDES, _REQUIRES),
        *(_DIRECTORY_INDEXES, _BASE_NAMES, _DIRECTORY_NAMES, _MODULARITY),
    }
)
_ENTRY = struct.Struct(">iIiI")


class Header(Struct, frozen=True):
    """What is asked of a header; `paths` without their leading `/`, as surrogate escapes."""

    name: str
    version: str
    release: str
    epoch: str = ""
    vendor: str = ""
    packager: str = ""
    license: str = ""
    architecture: str = ""
    source_rpm: str = ""
    modularity: str = ""
    provides: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def read_header(blob: bytes) -> Header | None:
    """The header in a blob of the database; None where it is none, or has no name."""
    if not 8 < len(blob) <= MAX_HEADER:
        return None
    tags, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * tags
    if tags > MAX_TAGS or start > len(blob):
        return None
    values = dict(_values(blob, tags, blob[start : start + size]))
    name = _first(values, _NAME)
    if not name:
        return None
    return Header(
        name=name,
        version=_first(values, _VERSION),
        release=_first(values, _RELEASE),
        epoch=_first(values, _EPOCH),
        vendor=_first(values, _VENDOR),
        packager=_first(values, _PACKAGER),
        license=_first(values, _LICENSE),
        architecture=_first(values, _ARCH),
        source_rpm=_first(values, _SOURCE_RPM),
        modularity=_first(values, _MODULARITY),
        provides=tuple(_texts(values, _PROVIDES)),
        requires=tuple(_texts(values, _REQUIRES)),
        paths=tuple(_paths(values)),
    )


_Values = dict[int, "list[bytes] | tuple[int, ...]"]


def _values(
    blob: bytes, tags: int, data: bytes
) -> Iterator[tuple[int, list[bytes] | tuple[int, ...]]]:
    entries = memoryview(blob)[8 : 8 + 16 * tags]
    wanted = set(_WANTED)  # each is read once, however often it is written
    for tag, kind, offset, count in _ENTRY.iter_unpack(entries):
        if tag not in wanted or not 0 <= offset < len(data) or not 0 < count <= MAX_ITEMS:
            continue
        wanted.discard(tag)
        if kind == _INT32 and tag in _INTEGERS and offset + 4 * count <= len(data):
            yield tag, struct.unpack_from(f">{count}i", data, offset)
        elif kind in (_STRING, _STRING_ARRAY, _I18N_STRING) and tag not in _INTEGERS:
            yield tag, _cut(data, offset, count)


def _cut(data: bytes, offset: int, count: int) -> list[bytes]:
    """`count` texts, each with a NUL behind it; fewer where the data ends before."""
    if count == 1:
        end = data.find(b"\0", offset)
        return [data[offset:end]] if end >= 0 else []
    return data[offset:].split(b"\0", count)[:count]


def _texts(values: _Values, tag: int) -> list[str]:
    return [str(v, "utf-8", "surrogateescape") for v in values.get(tag, ()) if isinstance(v, bytes)]


def _first(values: _Values, tag: int) -> str:
    value = next(iter(values.get(tag, ())), b"")
    return str(value, "utf-8", "replace").strip() if isinstance(value, bytes) else str(value)


def _paths(values: _Values) -> Iterator[str]:
    """Paths, from directories and base names, or whole as packages before RPM 4 have them."""
    directories = [directory.lstrip("/") for directory in _texts(values, _DIRECTORY_NAMES)]
    indexes = values.get(_DIRECTORY_INDEXES, ())
    for name, index in zip(_texts(values, _BASE_NAMES), indexes, strict=False):
        if isinstance(index, int) and 0 <= index < len(directories):
            yield directories[index] + name
    for path in _texts(values, _OLD_FILE_NAMES):
        yield path.lstrip("/")


def package_of(header: Header, path: str, requires: tuple[str, ...] = ()) -> Package:
    """The header as a package; `requires` are the names of packages that it needs."""
    version = f"{header.version}-{header.release}" if header.release else header.version
    source, source_version = _source(header.source_rpm)
    return Package(
        ecosystem=Ecosystem.RPM,
        name=header.name,
        version=f"{header.epoch}:{version}" if header.epoch not in ("", "0") else version,
        path=path,
        source=source if source != header.name else "",
        source_version=source_version if source_version != version else "",
        architecture=header.architecture,
        licenses=(normalised(header.license),) if header.license else (),
        supplier=header.vendor or header.packager,
        requires=requires,
        cataloguer="rpm",
        origin=header.vendor,
        modularity=header.modularity,
    )


def _source(text: str) -> tuple[str, str]:
    """Name and version-release of `bash-5.1.8-6.el9.src.rpm`; both empty for anything else."""
    stem = text.removesuffix(".rpm").rpartition(".")[0]
    parts = stem.rsplit("-", 2)
    return (parts[0], f"{parts[1]}-{parts[2]}") if len(parts) == 3 else ("", "")
