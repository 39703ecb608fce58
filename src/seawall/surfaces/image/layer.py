"""One layer, looked at: a small function of a blob and analysers, which another engine may run.

The blob is read once, in a stream or mapped; only for hard links to what has long gone by it is
read again. Layers are as layer.md of the OCI image specification has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.image.analyser import Analyser, LayerFile
from seawall.surfaces.image.blob import Blob, LayerFacts
from seawall.surfaces.image.collect import Collector, text
from seawall.surfaces.image.dispatch import MAGIC, Numbers, joined
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.inflate import (
    Inflated,
    check_size,
    compression,
    digest_of,
    hash_for,
)
from seawall.surfaces.image.limits import DamagedError, Limits
from seawall.surfaces.image.names import RefusedError, clean
from seawall.surfaces.image.rootfs import DirectoryBlob, walk_directory
from seawall.surfaces.image.sparse import expanded
from seawall.surfaces.image.tar import Member, Walk, Xattrs
from seawall.surfaces.image.window import Mapped, Streamed, Window, give_back

_HEAD = 6
_CUT = "the archive ends in the middle of it"
_EMPTY = memoryview(b"")
_WHITEOUT = b".wh."
_META = b".wh..wh."
_OPAQUE = b".wh..wh..opq"
_RECENT = 8192
"""Files whose place is remembered for hard links, in each of two generations."""

_DEFAULTS = Limits()


def analyse_layer(
    blob: Blob, analysers: Sequence[Analyser], limits: Limits = _DEFAULTS, *, verify: bool = True
) -> LayerFacts:
    """Look at every entry of a layer once, with those of the analysers that want it.

    The digests of both sides are computed and held against those that the blob names. Without
    `verify`, none are of a layer that lies uncompressed in a local file. What can't be read is
    among the facts as a `Trouble`, fatal where the rest of the layer is lost. Facts with a fatal
    one, and those without a digest (of a directory on disk), are nothing for a cache.

    Raises:
        InputError: the blob can't be had, or has another digest or size than it should have.
    """
    collector = Collector(analysers, limits)
    if isinstance(blob, DirectoryBlob):
        walk_directory(blob.root, collector)
        return collector.result()
    mapped = blob.mapped()
    if mapped is not None and not compression(bytes(mapped[:_HEAD])):
        digest, diff_id = _walk_mapped(blob, mapped, collector, verify)
    else:
        digest, diff_id = _walk_stream(blob, collector)
    _compare(blob.digest, digest)
    _compare(blob.diff_id, diff_id)
    return collector.result(digest, diff_id)


def _compare(named: str, computed: str) -> None:
    if named and computed and named != computed:
        raise InputError(
            f"a layer is not what it should be: its digest is {computed} instead of {named}",
            "Pull or export the image again; if it stays so, someone may have tampered with it.",
        )


def _walk_mapped(
    blob: Blob, mapped: memoryview, collector: Collector, verify: bool
) -> tuple[str, str]:
    """Walk over bytes that are at hand, a thread beside hashing them; the digests."""
    check_size(blob, len(mapped))
    if not verify:
        _walk_bytes(mapped, collector)
        return "", ""
    names = (blob.digest, blob.diff_id)
    is_same = hash_for(names[0])[0] == hash_for(names[1])[0]
    digests: list[str] = []
    hashing = Thread(
        target=lambda: digests.extend(digest_of(mapped, name) for name in names[is_same:]),
        name="hash",
        daemon=True,
    )
    hashing.start()
    try:
        _walk_bytes(mapped, collector)
    finally:
        hashing.join()
        give_back(mapped)
    return digests[0], digests[-1]


def _walk_bytes(mapped: memoryview, collector: Collector) -> None:
    limit = collector.limits.total
    if len(mapped) > limit:
        collector.trouble(b"", f"it has more than {limit} bytes", is_fatal=True)
    layer = _Layer(Mapped(mapped[:limit]), collector)
    layer.walk()
    if layer.postponed:
        _Again(Mapped(mapped[:limit]), layer.postponed, collector).walk()


def _walk_stream(blob: Blob, collector: Collector) -> tuple[str, str]:
    limits = collector.limits
    with Inflated(blob, limits, hashed=True) as inflated:
        layer = _Layer(Streamed(inflated, limits.spill), collector)
        layer.walk()
        inflated.drain()
    if layer.postponed:
        try:
            with Inflated(blob, limits, hashed=False) as again:
                _Again(Streamed(again, limits.spill), layer.postponed, collector).walk()
        except InputError as error:
            for link in layer.postponed:
                collector.trouble(link, f"what it is a hard link to can't be read again: {error}")
    return inflated.digest, inflated.diff_id


class _Postponed(Struct):
    """A hard link whose content has gone by: the place of its entry, and who wants it."""

    member: Member
    target: bytes
    place: int
    numbers: Numbers


class _Layer:
    """Looks at the members of one archive.

    `postponed` are the hard links, by their paths, whose content must be read again for.
    """

    def __init__(self, window: Window, collector: Collector) -> None:
        self.postponed: dict[bytes, _Postponed] = {}
        self._window = window
        self._collector = collector
        self._wants = collector.wants
        self._max_path = collector.limits.path
        self._links: dict[bytes, bytes] = {}
        self._xattrs: dict[bytes, Xattrs] = {}
        self._recent: dict[bytes, Member] = {}
        self._older: dict[bytes, Member] = {}

    def walk(self) -> None:
        """Look at all of them; what ends the walk before is said as a fatal trouble."""
        collector = self._collector
        try:
            for member in Walk(self._window, collector.limits, collector.trouble):
                self._visit(member)
        except DamagedError as damage:
            collector.trouble(damage.path, damage.reason, is_fatal=True)

    def _visit(self, member: Member) -> None:
        try:
            path = clean(member.name, self._max_path)
        except RefusedError as refusal:
            self._collector.trouble(member.name, str(refusal))
            return
        base = path.rfind(b"/") + 1
        if path.startswith(_WHITEOUT, base):
            self._whiteout(path, base)
        elif path:
            self._entry(path, member)
        elif member.kind is not Kind.DIRECTORY:
            self._collector.trouble(member.name, "an entry that is no directory is in its place")

    def _whiteout(self, path: bytes, base: int) -> None:
        directory, name = path[:base], path[base:]
        self._collector.count()
        if name == _OPAQUE:
            self._collector.hide(directory.rstrip(b"/"))
        elif name in (_WHITEOUT, _WHITEOUT + b".", _WHITEOUT + b".."):
            self._collector.trouble(path, "a whiteout that names no entry was passed over")
        elif not name.startswith(_META):
            self._collector.remove(directory + name[len(_WHITEOUT) :])

    def _entry(self, path: bytes, member: Member) -> None:
        kind = member.kind
        self._collector.add(path, kind, member.stored)
        if path in self._links:
            del self._links[path]
            self.postponed.pop(path, None)
        if kind is Kind.FILE:
            self._file(path, member)
            return
        self._recent.pop(path, None)
        self._older.pop(path, None)
        if kind is Kind.HARDLINK:
            self._link(path, member)
        elif self._wants.everything:
            self._collector.examine(path, _file(path, member, _EMPTY), self._wants.everything)

    def _file(self, path: bytes, member: Member) -> None:
        wants = self._wants
        numbers = wants.named(path)
        if wants.magics:
            numbers = joined(numbers, wants.magics.get(_magic(self._window, path, member), ()))
        if len(self._recent) >= _RECENT:
            self._older, self._recent = self._recent, {}
        self._recent[path] = member
        if member.xattrs or path in self._xattrs:
            self._collector.keep(len(path) + sum(map(len, member.xattrs.values())))
            self._xattrs[path] = member.xattrs
        if numbers or wants.everything:
            content = _content(self._window, path, member, self._collector)
            numbers = (*wants.everything, *numbers) if numbers else wants.everything
            self._collector.examine(path, _file(path, member, content), numbers)

    def _link(self, path: bytes, member: Member) -> None:
        """A hard link: what was found in its target holds for it, and its name may want more."""
        try:
            target = clean(member.target, self._max_path)
        except RefusedError as refusal:
            self._collector.trouble(path, f"a hard link: {refusal}")
            return
        target = self._links.get(target, target)
        self._collector.keep(len(path) + len(target))
        self._links[path] = target
        member.xattrs = member.xattrs or self._xattrs.get(target, member.xattrs)
        self._collector.examine(path, _file(path, member, _EMPTY), self._wants.everything)
        numbers = self._wants.named(path)
        if numbers:
            place = self._collector.entries
            self._follow(path, _Postponed(member, target, place, numbers))
        self._collector.copy(target, path, numbers)

    def _follow(self, path: bytes, link: _Postponed) -> None:
        found = self._recent.get(link.target) or self._older.get(link.target)
        count = min(found.stored, self._collector.limits.content) if found else 0
        data = self._window.earlier(found.offset, count) if found else None
        if found is None or data is None:
            self.postponed[path] = link
            return
        content = _whole(path, found, data, self._collector)
        _examine_link(self._collector, path, link, found, content)


def _say_nothing(path: bytes, reason: str) -> None:
    """Everything was said the first time."""


class _Again:
    """Goes through an archive once more, for the targets of hard links."""

    def __init__(
        self, window: Window, postponed: Mapping[bytes, _Postponed], collector: Collector
    ) -> None:
        self._window = window
        self._collector = collector
        self._unseen = dict(postponed)
        self._links: dict[bytes, list[tuple[bytes, _Postponed]]] = {}
        for link, item in postponed.items():
            self._links.setdefault(item.target, []).append((link, item))

    def walk(self) -> None:
        """Look at them all; those that are not there are said."""
        with suppress(DamagedError):
            for member in Walk(self._window, self._collector.limits, _say_nothing):
                if member.kind is Kind.FILE:
                    self._visit(member)
        for link, item in self._unseen.items():
            reason = f"it is a hard link to {text(item.target)!r}, which is not in front of it"
            self._collector.trouble(link, reason)

    def _visit(self, member: Member) -> None:
        try:
            path = clean(member.name, self._collector.limits.path)
        except RefusedError:
            return
        for link, item in self._links.get(path, ()):
            if member.offset < item.member.offset:
                content = _content(self._window, link, member, self._collector)
                _examine_link(self._collector, link, item, member, content)
                self._unseen.pop(link, None)


def _magic(window: Window, path: bytes, member: Member) -> bytes:
    """The first four bytes of a file's content; nothing where it has fewer, or a hole there."""
    if member.stored < MAGIC or (member.segments and member.segments[0][0]):
        return b""
    at = member.offset
    if at + MAGIC > window.end and not window.reach(at, MAGIC):
        raise DamagedError(_CUT, path)
    at -= window.start
    return window.view[at : at + MAGIC].tobytes()


def _content(window: Window, path: bytes, member: Member, collector: Collector) -> memoryview:
    at = member.offset
    count = min(member.stored, collector.limits.content)
    if at + count > window.end and not window.reach(at, count):
        raise DamagedError(_CUT, path)
    at -= window.start
    data = window.view[at : at + count]
    if count == member.stored and member.segments is None:
        return data
    return _whole(path, member, data, collector)


def _whole(path: bytes, member: Member, data: memoryview, collector: Collector) -> memoryview:
    """The content as a reader of the file would see it; what is missing of it is said."""
    if len(data) < member.stored:
        collector.trouble(
            path, f"only the first {len(data)} of its {member.stored} bytes were looked at"
        )
    if member.segments is None:
        return data
    is_small = member.size <= collector.limits.expanded and len(data) == member.stored
    if is_small and collector.affords(member.size):
        return expanded(data, member.segments, member.size)
    collector.trouble(
        path, f"it has {member.size} bytes with its holes, which were left out when looking at it"
    )
    return data


def _file(path: bytes, member: Member, content: memoryview) -> LayerFile:
    return LayerFile(
        text(path),
        member.kind,
        member.mode,
        member.uid,
        member.gid,
        member.size,
        content,
        text(member.target) if member.target else "",
        member.xattrs,
    )


def _examine_link(
    collector: Collector, path: bytes, link: _Postponed, target: Member, content: memoryview
) -> None:
    """Look at a hard link with the content that it leads to."""
    if not collector.affords(len(content)):
        collector.trouble(path, "it is one hard link too many to look at")
        return
    file = LayerFile(
        text(path),
        Kind.HARDLINK,
        link.member.mode,
        link.member.uid,
        link.member.gid,
        target.size,
        content,
        text(link.target),
        link.member.xattrs or target.xattrs,
    )
    collector.examine(path, file, link.numbers, link.place)
