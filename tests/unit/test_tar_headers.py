"""Headers are read as Go's archive/tar and GNU tar read them; the hard cases are made by hand."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from tarballs import (
    END,
    MemoryBlob,
    analyser,
    both,
    checksum,
    entry,
    files,
    filled,
    header,
    made,
    note,
    pax,
    record,
    troubles,
    walk,
)

from seawall.surfaces.image import window
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.layer import analyse_layer

CONTENT = b"content of a file\n" * 100


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a", "usr/bin/tool", "d/" * 45 + "f", "x" * 90 + "/" + "y" * 90])
def test_each_format_gives_names_and_contents(form: int, name: str) -> None:
    facts = both(made([(name, CONTENT), ("after", b"z")], form))
    assert files(facts)[name].note == note(CONTENT)
    assert files(facts)["after"].note == note(b"z")
    assert not troubles(facts)
    assert (facts.entries, facts.size) == (2, len(CONTENT) + 1)
    assert facts.files == name.encode() + b"\0after"


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_are_whole(form: int) -> None:
    name = "ü" * 200 + "/" + "n" * 300
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, "t" * 250
        tar.addfile(member)
    facts = both(archive.getvalue())
    assert files(facts)[name].target == "t" * 250
    assert files(facts)[name].kind is Kind.SYMLINK


def test_bytes_that_are_no_utf8_are_kept() -> None:
    facts = both(entry(b"caf\xe9", b"x") + END)
    assert facts.files == b"caf\xe9"
    assert "caf\udce9" in files(facts)


def test_pax_records_take_the_place_of_fields() -> None:
    records = {
        b"path": b"real/name",
        b"uid": b"70000",
        b"gid": b"-2",
        b"size": b"%d" % len(CONTENT),
        b"SCHILY.xattr.security.capability": b"\x01\0=\n2",
        b"hdrcharset": b"BINARY",
        b"mtime": b"1.5",
    }
    data = pax(records) + header(b"other", 0) + filled(CONTENT) + entry(b"next", b"n") + END
    facts = both(data)
    found = files(facts)["real/name"]
    assert (found.uid, found.gid, found.size) == (70000, -2, len(CONTENT))
    assert found.capabilities == repr([("security.capability", b"\x01\0=\n2")])
    assert set(files(facts)) == {"real/name", "next"}
    assert files(facts)["next"].uid == 0


def test_a_uid_of_zero_in_a_record_is_not_passed_over() -> None:
    facts = both(pax({b"uid": b"0"}) + entry(b"a", uid=b"0001750\0") + END)
    assert files(facts)["a"].uid == 0


def test_an_empty_record_leaves_the_field_as_it_is() -> None:
    facts = both(pax({b"path": b"", b"uid": b""}) + entry(b"a", uid=b"0000012\0") + END)
    assert files(facts)["a"].uid == 10


def test_gnu_names_win_over_pax_ones() -> None:
    long = entry(b"././@LongLink", b"gnu\0", b"L") + entry(b"././@LongLink", b"to\0", b"K")
    both_said = pax({b"path": b"pax", b"linkpath": b"p"}) + long + entry(b"a", flag=b"2")
    assert files(both(both_said + END))["gnu"].target == "to"


def test_records_hold_for_one_entry_only() -> None:
    facts = both(pax({b"path": b"first"}) + entry(b"a") + entry(b"b") + END)
    assert facts.files == b"first\0b"


def test_a_global_header_is_passed_over_as_engines_do_and_said() -> None:
    said = pax({b"path": b"x", b"SCHILY.xattr.user.a": b"1"}, b"g") + entry(b"a") + END
    facts = both(said)
    assert facts.files == b"a"
    assert [trouble.is_fatal for trouble in troubles(facts)] == [False, False]
    assert "path" in troubles(facts)[0].reason


def test_a_global_comment_is_nothing_to_say() -> None:
    facts = both(pax({b"comment": b"0123", b"path": b""}, b"g") + entry(b"a") + END)
    assert (facts.files, troubles(facts)) == (b"a", [])


@pytest.mark.parametrize(
    ("field", "size"),
    [
        (b"\x80" + b"\0" * 9 + b"\x01\x00", 256),
        (b"00000000400\0", 256),
        (b"        400 ", 256),
        (b"400\0garbage!", 256),
        (b"000000000400", 256),
        (b"\0" * 12, 0),
    ],
)
def test_sizes_are_octal_or_base_256(field: bytes, size: int) -> None:
    data = header(b"a", size_field=field) + filled(b"c" * size) + entry(b"b") + END
    facts = both(data)
    assert files(facts)["a"].size == size
    assert "b" in files(facts)


@pytest.mark.parametrize(
    "field",
    [
        b"00000000008\0",
        b"-0000000001\0",
        b"+0000000001\0",
        b"0000_000001\0",
        b"0o000000001\0",
        b"\xff" * 12,
        b"\x80" + b"\xff" * 11,
        b"\xbf" + b"\xff" * 11,
        b"size?\0\0\0\0\0\0\0",
    ],
)
def test_a_size_that_is_none_ends_the_walk_and_is_said(field: bytes) -> None:
    facts = both(entry(b"before") + header(b"a", size_field=field) + END)
    assert "before" in files(facts)
    assert "a" not in files(facts)
    assert troubles(facts)[-1].is_fatal


def test_negative_owners_of_base_256_are_kept() -> None:
    facts = both(entry(b"a", uid=b"\xff" * 7 + b"\xfe") + END)
    assert files(facts)["a"].uid == -2


def test_file_type_bits_in_the_mode_are_no_permissions() -> None:
    facts = both(entry(b"a", mode=b"0104755\0") + END)
    assert files(facts)["a"].mode == 0o4755


@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        (b"\0", Kind.FILE),
        (b"0", Kind.FILE),
        (b"7", Kind.FILE),
        (b"2", Kind.SYMLINK),
        (b"3", Kind.DEVICE),
        (b"4", Kind.DEVICE),
        (b"5", Kind.DIRECTORY),
        (b"6", Kind.FIFO),
    ],
)
def test_kinds(flag: bytes, kind: Kind) -> None:
    facts = both(entry(b"dev/x", flag=flag) + END)
    assert files(facts)["dev/x"].kind is kind
    assert (facts.directories or facts.files) == b"dev/x"


def test_what_is_no_file_has_no_content_whatever_its_size_says() -> None:
    facts = both(header(b"d/", 5000, b"5") + header(b"l", 5000, b"2") + entry(b"a", b"x") + END)
    assert set(files(facts)) == {"d", "l", "a"}
    assert not troubles(facts)


def test_an_old_directory_is_a_file_with_a_slash() -> None:
    facts = both(header(b"old/", 512, b"\0", magic=b"\0" * 8) + entry(b"a") + END)
    assert (facts.directories, facts.files) == (b"old", b"a")


def test_a_prefix_counts_only_in_formats_that_have_one() -> None:
    ustar = entry(b"name", rest=b"some/where")
    star = entry(b"name2", rest=b"star".ljust(131, b"\0") + b"x" * 24 + b"12345678tar\0")
    gnu = entry(b"gnu", rest=b"01234567012\0", magic=b"ustar  \0")
    old_go = entry(b"go", rest=b"pre/fix", magic=b"ustar  \0")
    seventh = entry(b"v7", rest=b"junk", magic=b"\0" * 8)
    facts = both(ustar + star + gnu + old_go + seventh + END)
    assert facts.files == b"some/where/name\0star/name2\0gnu\0pre/fix/go\0v7"


def test_checksums_of_old_archivers_are_signed() -> None:
    name = b"caf\xe9\xe8"
    signed = sum(header(name)) - 512
    block = bytearray(header(name))
    block[148:156] = b"        "
    signed = sum(byte - 256 if byte > 127 else byte for byte in block)
    facts = both(header(name, checksum=b"%06o\0 " % signed) + END)
    assert facts.files == name


def test_a_wrong_checksum_ends_the_walk_and_is_said() -> None:
    block = bytearray(header(b"b"))
    block[0] ^= 1
    facts = both(entry(b"a") + bytes(block) + entry(b"c") + END)
    assert facts.files == b"a"
    (trouble,) = troubles(facts)
    assert trouble.is_fatal
    assert "byte 512" in trouble.reason


@pytest.mark.parametrize("data", [b"x", b"<html>not found</html>" * 100, b"\1" * 512])
def test_what_is_no_archive_is_said(data: bytes) -> None:
    (trouble,) = troubles(both(data))
    assert (trouble.reason, trouble.is_fatal) == ("it is no tar archive", True)


@pytest.mark.parametrize("data", [b"", bytes(512), END, bytes(10240), bytes(100)])
def test_an_empty_archive_is_an_empty_layer(data: bytes) -> None:
    facts = both(data)
    assert (facts.entries, facts.facts, facts.files) == (0, (), b"")


def test_an_archive_may_end_without_zeros_or_with_a_part_of_its_padding() -> None:
    assert not troubles(both(entry(b"a", b"x" * 100)))
    assert not troubles(both(header(b"a", 100) + b"x" * 100))
    assert not troubles(both(header(b"a", 100) + b"x" * 100 + bytes(50)))


@pytest.mark.parametrize("cut", [1, 100, 511, 513, 900, 1124, 1600, 2400])
def test_a_cut_archive_is_said(cut: int) -> None:
    data = entry(b"a", b"x" * 700) + entry(b"b", b"y" * 600)
    facts = both(data[:cut])
    assert troubles(facts)[-1].is_fatal


def test_a_lying_size_is_said_and_takes_no_memory() -> None:
    for size in (1 << 20, 1 << 32, 1 << 62):
        field = b"\x80" + size.to_bytes(11, "big")
        facts = both(header(b"a", size_field=field) + b"x" * 100, content=1 << 20)
        assert troubles(facts)[-1].is_fatal


def test_what_stands_behind_the_end_is_looked_at_and_said() -> None:
    for gap in (512, 1024, 10240, 3 << 20):
        facts = both(entry(b"a") + bytes(gap) + entry(b"hidden", b"s") + END)
        assert set(files(facts)) == {"a", "hidden"}
        assert [trouble.is_fatal for trouble in troubles(facts)] == [False]


def test_a_header_behind_zeros_is_found_wherever_chunks_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "HISTORY", 2048)
    data = entry(b"a", b"x" * 90) + bytes(1024) + header(b"\0" * 40 + b"b", 0) + entry(b"c") + END
    whole = walk(data)
    for step in range(1, 1600, 37):
        blob = MemoryBlob(data, is_mapped=False, step=step)
        assert analyse_layer(blob, [analyser()]) == whole


def test_a_part_of_a_block_behind_the_end_is_said() -> None:
    for rest in (b"x", bytes(100) + b"x" * 300):
        (trouble,) = troubles(both(entry(b"a") + END + rest))
        assert not trouble.is_fatal


def test_rubbish_behind_the_end_is_said() -> None:
    facts = both(entry(b"a") + END + b"rubbish" * 100)
    assert facts.files == b"a"
    assert len(troubles(facts)) == 2


def test_unknown_types_are_said_and_stepped_over_with_their_data() -> None:
    facts = both(entry(b"odd", b"d" * 600, b"Z") + entry(b"label", flag=b"V") + entry(b"a") + END)
    assert facts.files == b"a"
    (trouble,) = troubles(facts)
    assert (trouble.path, trouble.is_fatal) == ("odd", False)


@pytest.mark.parametrize(
    "text",
    [
        b"6 path",
        b"99 path=a\n",
        b"9 path=abc",
        b"10 pathabcd\n",
        b"x path=a\n",
        b"0 path=a\n",
        b"-1 path=a\n",
        b"99999999999999999999999 path=a\n",
        b" path=a\n",
        b"path=a\n",
    ],
)
def test_damaged_records_end_the_walk_and_are_said(text: bytes) -> None:
    facts = both(entry(b"x", text, b"x") + entry(b"a") + END)
    assert [trouble.is_fatal for trouble in troubles(facts)] == [True]


@pytest.mark.parametrize("value", [b"x", b"1" * 5000, b"99999999999999999999", b"9" * 19])
def test_a_record_with_a_number_that_is_none_ends_the_walk(value: bytes) -> None:
    facts = both(pax({b"size": value}) + entry(b"a") + END)
    assert troubles(facts)[-1].is_fatal


@pytest.mark.parametrize("flag", [b"x", b"g", b"L", b"K"])
def test_an_extended_header_without_measure_ends_the_walk(flag: bytes) -> None:
    facts = both(entry(b"a") + header(b"x", (1 << 20) + 1, flag) + bytes(2048) + END)
    assert facts.files == b"a"
    assert "1048577" in troubles(facts)[-1].reason


@pytest.mark.parametrize("flag", [b"x", b"L", b"K"])
def test_an_extended_header_of_nothing_is_said(flag: bytes) -> None:
    text = record(b"path", b"a") if flag == b"x" else b"name\0"
    assert troubles(both(entry(b"x", text, flag)))[-1].is_fatal
    assert troubles(both(header(b"x", 3000, flag) + b"11 path=ab\n"))[-1].is_fatal


def _sparse_records(**records: bytes) -> dict[bytes, bytes]:
    return {b"GNU.sparse." + key.encode(): value for key, value in records.items()}


HOLES = bytes(1000) + b"abcdef" + bytes(500) + b"gh"
PARTS = b"abcdefgh"


def test_a_sparse_file_of_version_0_0_has_its_holes() -> None:
    records = [
        (b"GNU.sparse.size", b"1508"),
        (b"GNU.sparse.numblocks", b"2"),
        (b"GNU.sparse.offset", b"1000"),
        (b"GNU.sparse.numbytes", b"6"),
        (b"GNU.sparse.offset", b"1506"),
        (b"GNU.sparse.numbytes", b"2"),
    ]
    facts = both(pax(records) + entry(b"a", PARTS) + entry(b"b") + END)
    assert files(facts)["a"].note == note(HOLES)
    assert files(facts)["a"].size == len(HOLES)
    assert not troubles(facts)


def test_a_sparse_file_of_version_0_1_has_its_holes_and_its_name() -> None:
    records = _sparse_records(size=b"1508", map=b"1000,6,1506,2", name=b"real", numblocks=b"2")
    facts = both(pax(records) + entry(b"GNUSparseFile.1/a", PARTS) + entry(b"b") + END)
    assert files(facts)["real"].note == note(HOLES)
    assert facts.size == len(PARTS)


def _version_1(text: bytes, size: bytes = b"1508") -> bytes:
    records = _sparse_records(major=b"1", minor=b"0", name=b"real", realsize=size)
    return pax(records) + entry(b"GNUSparseFile.1/a", filled(text) + PARTS) + entry(b"b") + END


def test_a_sparse_file_of_version_1_0_has_its_map_in_front() -> None:
    facts = both(_version_1(b"2\n1000\n6\n1506\n2\n"))
    assert files(facts)["real"].note == note(HOLES)
    assert "b" in files(facts)


def test_a_long_map_goes_over_several_blocks() -> None:
    offsets = range(0, 40000, 200)
    text = b"%d\n" % len(offsets) + b"".join(b"%d\n1\n" % offset for offset in offsets)
    content = b"".join(b"%c" % (65 + at % 26) + bytes(199) for at in range(len(offsets)))
    records = _sparse_records(major=b"1", minor=b"0", name=b"real", realsize=b"40000")
    stored = filled(text) + bytes(content[::200])
    facts = both(pax(records) + entry(b"a", stored) + entry(b"b") + END)
    assert files(facts)["real"].note == note(content)


@pytest.mark.parametrize(
    "text",
    [
        b"2\n1000\n6\n1506\n3\n",
        b"2\n1000\n6\n1003\n2\n",
        b"2\n1506\n2\n1000\n6\n",
        b"2\n1000\n6\n1507\n2\n",
        b"1\n0\n5\n",
        b"x\n",
        b"-1\n",
        b"99999999\n1\n1\n",
        b"9" * 400,
        b"",
    ],
)
def test_a_map_that_does_not_fit_ends_the_walk_and_is_said(text: bytes) -> None:
    assert troubles(both(_version_1(text)))[-1].is_fatal


@pytest.mark.parametrize(
    "text", [b"1000,6,1506", b"1000,6,1506,-2", b"a", b"0,1," * 70000 + b"1,1"]
)
def test_a_map_of_a_header_that_does_not_fit_is_said(text: bytes) -> None:
    records = _sparse_records(size=b"1508", map=text)
    assert troubles(both(pax(records) + entry(b"a", PARTS) + END))[-1].is_fatal


def _old_sparse(pairs: list[tuple[int, int]], stored: bytes, size: int) -> bytes:
    fields = [b"%011o\0%011o\0" % pair for pair in pairs]
    block = bytearray(header(b"a", len(stored), b"S", magic=b"ustar  \0"))
    block[386 : 386 + 24 * len(fields[:4])] = b"".join(fields[:4])
    block[482] = len(fields) > 4
    block[483:495] = b"%011o\0" % size
    block[148:156] = checksum(block)
    more = b""
    for at in range(4, len(fields), 21):
        part = b"".join(fields[at : at + 21]).ljust(504, b"\0")
        more += part + bytes([at + 21 < len(fields)]) + bytes(7)
    return bytes(block) + more + filled(stored) + entry(b"b") + END


@pytest.mark.parametrize("count", [1, 4, 5, 25, 26, 60])
def test_an_old_sparse_file_has_its_holes(count: int) -> None:
    pairs = [(1000 * at, 10) for at in range(count)]
    content = b"".join(b"0123456789" + bytes(990) for _ in pairs)
    facts = both(_old_sparse(pairs, b"0123456789" * count, len(content)))
    assert files(facts)["a"].note == note(content)
    assert set(files(facts)) == {"a", "b"}


def test_a_map_without_end_is_said() -> None:
    data = _old_sparse([(0, 1)], b"x", 1)
    block = bytearray(data[:512])
    block[482] = 1
    block[148:156] = checksum(block)
    more = (bytes(504) + b"\1" + bytes(7)) * 40
    assert troubles(both(bytes(block) + more, header=10000))[-1].is_fatal


def test_a_large_sparse_file_is_looked_at_without_its_holes() -> None:
    records = _sparse_records(size=b"%d" % (1 << 40), map=b"%d,8" % (1 << 39))
    facts = both(pax(records) + entry(b"var/log/lastlog", PARTS) + END)
    found = files(facts)["var/log/lastlog"]
    assert (found.size, found.note) == (1 << 40, note(PARTS))
    assert [trouble.is_fatal for trouble in troubles(facts)] == [False]


def test_a_hole_in_front_has_no_magic() -> None:
    records = _sparse_records(size=b"1508", map=b"1000,6,1506,2")
    magic = analyser(magics=frozenset({b"abcd"}))
    assert not files(both(pax(records) + entry(b"a", PARTS) + END, magic))
    assert files(both(entry(b"a", PARTS) + END, magic))


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs GNU tar")
@pytest.mark.parametrize("form", ["gnu", "pax", "ustar", "v7", "oldgnu"])
def test_what_gnu_tar_writes_is_read(tmp_path: Path, form: str) -> None:
    tree = tmp_path / "tree"
    (tree / "d" / "e").mkdir(parents=True)
    (tree / "d" / "plain").write_bytes(CONTENT)
    with (tree / "d" / "holes").open("wb") as sparse:
        for at in range(40):
            sparse.seek(at * 100_000)
            sparse.write(b"data %d" % at)
    (tree / "link").symlink_to("d/plain")
    (tree / "z-hard").hardlink_to(tree / "d" / "plain")
    if form not in ("ustar", "v7"):
        (tree / ("n" * 180)).write_bytes(b"long")
    options = ["--sparse"] if form in ("gnu", "pax", "oldgnu") else []
    command = ["tar", f"--format={form}", "--sort=name", *options, "-C", str(tree), "-cf", "-", "."]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    if options:
        assert len(data) < 1_000_000
    found = files(both(data, analyser()))
    for path in tree.rglob("*"):
        entry_ = found[str(path.relative_to(tree))]
        if path.is_file() and not path.is_symlink() and entry_.kind is Kind.FILE:
            assert entry_.note == note(path.read_bytes())
            assert entry_.size == path.stat().st_size
    assert found["z-hard"].kind is Kind.HARDLINK
    assert found["link"].target == "d/plain"


def test_headers_without_entries_are_bounded() -> None:
    facts = walk(pax({b"comment": b"x"}, b"g") * 100 + entry(b"a") + END, entries=10)
    assert troubles(facts)[-1].is_fatal
