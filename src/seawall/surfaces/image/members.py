"""The files of an archive that holds images, by their paths in it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from zlib import adler32

from seawall.core.errors import InputError
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.inflate import compression
from seawall.surfaces.image.limits import DamagedError, Limits
from seawall.surfaces.image.names import RefusedError, clean
from seawall.surfaces.image.tar import BLOCK, Member, Walk
from seawall.surfaces.image.window import Window

MAX_MEMBERS = 65_536
"""Files of an archive: an image of 4096 layers, saved the old way, has three for each."""

HEAD = 6
"""Bytes at the beginning that tell how something is compressed."""

_MAX_HOPS = 16


def members(window: Window, name: str, problems: list[str]) -> Iterator[tuple[str, Member]]:
    """Files and links of an archive with their paths; `name` is the archive's.

    What is odd is added to `problems`. The window may be moved forward between two members.

    Raises:
        InputError: it is no archive, damaged, cut short, or has too many members.
    """

    def say(path: bytes, reason: str) -> None:
        where = f"{path.decode('utf-8', 'surrogateescape')}: " if path else ""
        problems.append(f"{where}{reason}")

    limits = Limits()
    try:
        for number, member in enumerate(Walk(window, limits, say)):
            if number >= MAX_MEMBERS:
                raise InputError(f"{name}: the archive has more than {MAX_MEMBERS} members")
            if member.kind in (Kind.FILE, Kind.SYMLINK, Kind.HARDLINK):
                yield _path(member, limits, name), member
    except DamagedError as error:
        raise InputError(
            f"{name}: can't be read as an archive: {error.reason}", "Export or download it again."
        ) from error


def _path(member: Member, limits: Limits, name: str) -> str:
    try:
        path = clean(member.name, limits.path)
    except RefusedError as error:
        shown = member.name[:100].decode("utf-8", "replace")
        raise InputError(f"{name}: the archive has a member {shown!r}: {error}") from error
    if member.segments is not None:
        raise InputError(f"{name}: the archive keeps a member as a sparse file", "Save it anew.")
    return path.decode("utf-8", "surrogateescape")


def link_target(path: str, member: Member) -> str:
    """Where a link in the archive leads; old saves link a layer that an image shares."""
    target = member.target.decode("utf-8", "surrogateescape")
    if member.kind is Kind.SYMLINK and not target.startswith("/"):
        target = posixpath.join(posixpath.dirname(path), target)
    return posixpath.normpath(target.lstrip("/"))


def resolved(path: str, links: Mapping[str, str], there: Collection[str]) -> str:
    """The file that a path leads to, links followed; the path itself where they lead nowhere."""
    end = path
    for _ in range(_MAX_HOPS):
        if end in there or end not in links:
            return end
        end = links[end]
    return path


def looks_like_layer(head: bytes) -> bool:
    """Whether the first block of a file is that of a layer: compressed, a tar header, or empty.

    An empty tar archive is nothing but zeros. Old archives have no magic, but all have the sum
    of their header's bytes in it.
    """
    if compression(head[:HEAD]):
        return True
    if len(head) < BLOCK:
        return False
    block = head[:BLOCK]
    if not any(block):
        return True
    field = block[148:156].strip(b" \0")
    if not field or field.strip(b"01234567"):
        return False
    # The low half of Adler-32 is the sum of the bytes and one.
    return (adler32(block[:148] + b" " * 8 + block[156:]) & 0xFFFF) - 1 == int(field, 8)
