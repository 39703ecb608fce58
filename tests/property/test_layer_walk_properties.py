"""Archives walked by hand are read as Python's tarfile reads them, and damage never gets out."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tarballs import MemoryBlob, analyser, both, entry, files, header, note, pax, troubles, walk

from seawall.core.errors import InputError
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import Limits
from seawall.surfaces.image.zstd_frames import Frames

FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.CHRTYPE: Kind.DEVICE,
    tarfile.FIFOTYPE: Kind.FIFO,
}
SMALL = Limits(total=1 << 22, entries=1000, header=1 << 16, content=1 << 20, kept=1 << 20)

letters = st.text(
    st.sampled_from("abüé.-_ x☃") | st.characters(codec="utf-8"), min_size=1, max_size=40
)
parts = letters.filter(lambda text: not set(text) & set("/\0") and text not in (".", ".."))
names = (
    st.lists(parts, min_size=1, max_size=6).map("/".join).filter(lambda name: ".wh." not in name)
)
contents = st.binary(max_size=2000) | st.integers(0, 20_000).map(lambda count: b"x" * count)


@st.composite
def members(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(draw(names))
    member.type = draw(st.sampled_from(list(KINDS)))
    member.mode = draw(st.integers(0, 0o7777))
    member.uid = draw(st.integers(0, 2**21 - 1) | st.integers(0, 2**31))
    member.gid = draw(st.integers(0, 2**21 - 1))
    content = draw(contents) if member.type == tarfile.REGTYPE else b""
    member.size = len(content)
    if member.type == tarfile.SYMTYPE:
        member.linkname = draw(names)
    if member.isreg() and draw(st.booleans()):
        member.pax_headers = {"SCHILY.xattr.user.note": draw(letters)}
    return member, content


def _written(entries: list[tuple[tarfile.TarInfo, bytes]], form: int) -> tuple[bytes, list[str]]:
    """An archive of those entries that the format can hold, and their names."""
    out = io.BytesIO()
    held: list[str] = []
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8") as archive:
        for member, content in entries:
            try:
                archive.addfile(member, io.BytesIO(content))
            except ValueError:  # too long for ustar
                continue
            held.append(member.name)
    return out.getvalue(), held


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=st.lists(members(), max_size=6, unique_by=lambda item: item[0].name))
def test_an_archive_says_what_tarfile_says(
    form: int, entries: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    data, held = _written(entries, form)
    facts = both(data)
    assert not troubles(facts)
    assert facts.entries == len(held)
    found = files(facts)
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8") as archive:
        for member in archive:
            fact = found[member.name]
            content = archive.extractfile(member) if member.isreg() else None
            assert fact.note == note(content.read() if content else b"")
            assert (fact.kind, fact.mode) == (KINDS[member.type], member.mode)
            assert (fact.uid, fact.gid, fact.size) == (member.uid, member.gid, member.size)
            assert fact.target == member.linkname
            attribute = member.pax_headers.get("SCHILY.xattr.user.note")
            attributes = [("user.note", attribute.encode())] if attribute else []
            assert fact.capabilities == repr(attributes)


SEEDS = [
    entry(b"a", b"content" * 100) + entry(b"b", flag=b"1", target=b"a") + bytes(1024),
    pax({b"path": b"p" * 120, b"size": b"5", b"SCHILY.xattr.a": b"1"}) + entry(b"x", b"12345"),
    entry(b"././@LongLink", b"n" * 300 + b"\0", b"L") + entry(b"n", b"1", rest=b"prefix"),
    pax(
        [
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.realsize", b"3000"),
            (b"GNU.sparse.name", b"real"),
        ]
    )
    + entry(b"s", b"2\n100\n5\n2000\n3\n".ljust(512, b"\0") + b"abcdefgh")
    + bytes(1024),
    entry(b"d/.wh.x") + entry(b"d/.wh..wh..opq") + entry(b"big", b"z" * 5000) + bytes(10240),
    header(b"s", 8, b"S", magic=b"ustar  \0") + b"abcdefgh".ljust(512, b"\0") + bytes(1024),
]
edits = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=12)), min_size=1, max_size=5
)


def _edited(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    changed = bytearray(data)
    for place, text in changes:
        at = place % len(changed)
        changed[at : at + len(text)] = text[: len(changed) - at]
    return bytes(changed)


def _with_sums(data: bytes) -> bytes:
    """The same, each block that may be a header given the checksum that it should have."""
    blocks = [bytearray(data[at : at + 512]) for at in range(0, len(data), 512)]
    for block in blocks:
        if len(block) == 512 and block[148:156].strip(b"01234567\0 ") == b"" and any(block):
            block[148:156] = b"        "
            block[148:156] = b"%06o\0 " % sum(block)
    return b"".join(map(bytes, blocks))


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(SEEDS), changes=edits, cut=st.integers(0, 1 << 16), mended=st.booleans()
)
def test_any_damage_is_said_alike_mapped_and_streamed(
    seed: bytes, changes: list[tuple[int, bytes]], cut: int, mended: bool
) -> None:
    data = _edited(seed * 2, changes)
    data = _with_sums(data) if mended else data
    data = data[: cut % len(data) + 1]
    wants = [analyser(), analyser("some", names=frozenset({"b"}), magics=frozenset({b"cont"}))]
    kept = {"total": 1 << 22, "entries": 100, "header": 1 << 16, "content": 1 << 20}
    both(data, *wants, **kept)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=3000))
def test_rubbish_is_never_an_empty_layer(data: bytes) -> None:
    for is_mapped in (True, False):
        facts = walk(data, is_mapped=is_mapped)
        assert troubles(facts) or not data.strip(b"\0")


@settings(max_examples=150, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    kind=st.sampled_from(["gzip", "zstd"]),
    changes=edits,
    cut=st.integers(0, 1 << 16),
)
def test_any_damage_of_what_is_compressed_is_said(
    seed: bytes, kind: str, changes: list[tuple[int, bytes]], cut: int
) -> None:
    whole = seed + bytes(1024)
    compress = gzip.compress if kind == "gzip" else zstandard.ZstdCompressor().compress
    stored = _edited(compress(whole), changes)
    stored = stored[: cut % len(stored) + 1]
    for is_mapped in (True, False):
        try:
            facts = analyse_layer(MemoryBlob(stored, is_mapped, step=97), [analyser()], SMALL)
        except InputError:
            continue
        assert facts.digest
        assert troubles(facts) or facts.diff_id


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=5000), step=st.integers(1, 700), frames=st.integers(1, 4))
def test_zstd_frames_are_followed_in_pieces_of_any_length(
    data: bytes, step: int, frames: int
) -> None:
    level = zstandard.ZstdCompressor(write_checksum=bool(frames % 2))
    stored = b"".join(level.compress(data + bytes(number)) for number in range(frames))
    follower = Frames()
    taken = 0
    for at in range(0, len(stored), step):
        taken += follower.feed(stored[at : at + step])
        assert follower.is_whole <= (taken == at + len(stored[at : at + step]))
    assert follower.is_whole
    assert taken == len(stored)
    shorter = Frames()
    shorter.feed(stored[:-1])
    assert not shorter.is_whole
