"""A layer's entries reach the analysers that want them; what can't be read is said."""

from __future__ import annotations

import gzip
import hashlib
import mmap
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from msgspec import structs
from tarballs import (
    END,
    MemoryBlob,
    analyser,
    both,
    entry,
    files,
    header,
    made,
    note,
    pax,
    sha256,
    troubles,
    walk,
)

from seawall.core.errors import InputError
from seawall.core.model import Confidence
from seawall.surfaces.image import layer as layer_module
from seawall.surfaces.image import window
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, FoundSecret, Kind, Package
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import Limits


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        (b"./a/b", b"a/b"),
        (b"/a/b", b"a/b"),
        (b"//a///b", b"a/b"),
        (b"a/./b", b"a/b"),
        (b"a/x/../b", b"a/b"),
        (b"./.hidden", b".hidden"),
        (b"a./b.", b"a./b."),
        (b"a..b/..c", b"a..b/..c"),
        (b"a/...", b"a/..."),
    ],
)
def test_paths_have_one_form(written: bytes, clean: bytes) -> None:
    facts = both(entry(written) + END)
    assert (facts.files, troubles(facts)) == (clean, [])


@pytest.mark.parametrize("name", [b"./", b".", b"/", b"a/..", b"././"])
def test_the_root_itself_is_no_entry(name: bytes) -> None:
    facts = both(entry(name, flag=b"5") + entry(b"a") + END)
    assert (facts.entries, facts.directories, troubles(facts)) == (1, b"", [])


def test_a_file_in_the_place_of_the_root_is_said() -> None:
    assert len(troubles(both(entry(b"./", b"x") + END))) == 1


@pytest.mark.parametrize("name", [b"../a", b"a/../../b", b"/../a", b"..", b"./../etc/passwd"])
def test_a_path_that_leaves_the_root_is_refused_and_named(name: bytes) -> None:
    facts = both(entry(name, b"x") + entry(b"after") + END)
    assert facts.files == b"after"
    (trouble,) = troubles(facts)
    assert trouble.path == name.decode()
    assert "leaves the image's root" in trouble.reason
    assert not trouble.is_fatal


def test_a_path_longer_than_any_system_allows_is_refused() -> None:
    facts = both(pax({b"path": b"a/" * 2050 + b"b"}) + entry(b"x") + entry(b"after") + END)
    assert facts.files == b"after"
    assert len(troubles(facts)[0].path) <= 4096


def test_a_nul_cannot_forge_another_path() -> None:
    facts = both(pax({b"path": b"a\0etc/shadow"}) + entry(b"x") + entry(b"after") + END)
    assert facts.files == b"after"
    assert "NUL" in troubles(facts)[0].reason


def test_whiteouts_name_what_they_remove() -> None:
    facts = both(
        entry(b"etc/.wh.passwd")
        + entry(b".wh.top")
        + entry(b"./var/.wh..wh..opq")
        + entry(b".wh..wh..opq")
        + entry(b".wh..wh.plnk/x")
        + entry(b".wh..wh.aufs")
        + entry(b"a/.wh.dir", flag=b"5")
        + entry(b"a.wh.b")
        + END
    )
    assert facts.whiteouts == ("etc/passwd", "top", "a/dir")
    assert facts.opaques == ("var", "")
    assert facts.files == b".wh..wh.plnk/x\0a.wh.b"
    assert not troubles(facts)


@pytest.mark.parametrize("name", [b"a/.wh.", b".wh..", b"a/.wh..."])
def test_a_whiteout_of_nothing_is_said(name: bytes) -> None:
    facts = both(entry(name) + END)
    assert facts.whiteouts == ()
    assert len(troubles(facts)) == 1


def test_an_analyser_is_given_what_it_wants_and_nothing_else() -> None:
    data = made(
        [
            ("usr/lib/METADATA", b"1"),
            ("app/lib.JAR", b"2"),
            ("var/lib/dpkg/status", b"3"),
            ("var/lib/dpkg/status.d/base", b"4"),
            ("usr/bin/tool", b"\x7fELF5"),
            ("METADATA/inner", b"6"),
            ("other/var/lib/dpkg/status", b"7"),
            ("short", b"\x7fEL"),
            ("jar", b"9"),
        ]
    )
    wanted: dict[str, Any] = {
        "names": frozenset({"METADATA"}),
        "suffixes": frozenset({".jar"}),
        "paths": frozenset({"var/lib/dpkg/status"}),
        "directories": ("var/lib/dpkg/status.d/",),
        "magics": frozenset({b"\x7fELF"}),
    }
    found = files(both(data, analyser(**wanted)))
    assert list(found) == [
        "usr/lib/METADATA",
        "app/lib.JAR",
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/base",
        "usr/bin/tool",
    ]
    assert found["usr/bin/tool"].note == note(b"\x7fELF5")


def test_an_entry_that_fits_twice_is_given_once() -> None:
    wants = analyser(names=frozenset({"a.jar"}), suffixes=frozenset({".jar"}))
    facts = both(made([("x/a.jar", b"PK")]), wants)
    assert len(facts.facts) == 1


def test_everything_means_directories_links_and_devices_too() -> None:
    data = entry(b"d/", flag=b"5") + entry(b"l", flag=b"2", target=b"/etc") + entry(b"n", flag=b"3")
    named = analyser("named", names=frozenset({"d", "l", "n"}))
    facts = both(data + END, analyser(), named)
    assert [fact.kind for fact in files(facts).values()] == [
        Kind.DIRECTORY,
        Kind.SYMLINK,
        Kind.DEVICE,
    ]
    assert len(facts.facts) == 3


def test_facts_come_in_the_order_of_the_entries_and_the_digests_with_them() -> None:
    data = made([("b", b"1"), ("a", b"2")])
    facts = both(data)
    assert list(files(facts)) == ["b", "a"]
    assert facts.digest == facts.diff_id == sha256(data)


def test_without_verification_nothing_is_hashed() -> None:
    blob = MemoryBlob(made([("a", b"1")]), digest="sha256:" + "0" * 64)
    facts = analyse_layer(blob, [analyser()], verify=False)
    assert (facts.digest, facts.diff_id, len(facts.facts)) == ("", "", 1)


@pytest.mark.parametrize("is_packed", [True, False])
def test_what_is_packed_or_streamed_is_verified_all_the_same(is_packed: bool) -> None:
    data = made([("a", b"1")])
    stored = gzip.compress(data) if is_packed else data
    blob = MemoryBlob(stored, is_mapped=is_packed, digest="sha256:" + "0" * 64)
    with pytest.raises(InputError):
        analyse_layer(blob, [analyser()], verify=False)


@pytest.mark.parametrize("is_mapped", [True, False])
@pytest.mark.parametrize("field", ["digest", "diff_id"])
def test_another_digest_than_the_named_one_is_an_error_that_names_both(
    field: str, is_mapped: bool
) -> None:
    data = made([("a", b"1")])
    named = "sha256:" + "0" * 64
    blob = structs.replace(MemoryBlob(data, is_mapped), **{field: named})
    with pytest.raises(InputError) as error:
        analyse_layer(blob, [])
    assert named in error.value.message
    assert sha256(data) in error.value.message


@pytest.mark.parametrize("is_mapped", [True, False])
def test_damage_is_explained_by_the_digest_where_there_is_one(is_mapped: bool) -> None:
    data = b"not a tar archive at all" * 100
    with pytest.raises(InputError):
        analyse_layer(MemoryBlob(data, is_mapped, digest=sha256(b"other")), [])
    assert analyse_layer(MemoryBlob(data, is_mapped, digest=sha256(data)), []).facts


@pytest.mark.parametrize("is_mapped", [True, False])
@pytest.mark.parametrize("change", [-1, 1])
def test_another_size_than_the_named_one_is_an_error(change: int, is_mapped: bool) -> None:
    data = made([("a", b"1")])
    with pytest.raises(InputError, match="bytes"):
        analyse_layer(MemoryBlob(data, is_mapped, size=len(data) + change), [])
    assert analyse_layer(MemoryBlob(data, is_mapped, size=len(data)), []).entries == 1


@pytest.mark.parametrize("is_mapped", [True, False])
def test_other_registered_algorithms_are_verified_and_unknown_ones_refused(is_mapped: bool) -> None:
    data = made([("a", b"1")])
    blob = MemoryBlob(data, is_mapped, digest="sha512:" + "0" * 128)
    with pytest.raises(InputError, match="sha512:"):
        analyse_layer(blob, [])
    named = "sha512:" + hashlib.sha512(data).hexdigest()
    facts = analyse_layer(MemoryBlob(data, is_mapped, digest=named), [])
    assert (facts.digest, facts.diff_id) == (named, sha256(data))
    with pytest.raises(InputError, match="unknown algorithm"):
        analyse_layer(MemoryBlob(data, is_mapped, digest="md5:" + "0" * 32), [])


# Hard links


def _link(name: bytes, target: bytes) -> bytes:
    return entry(name, flag=b"1", target=target)


def test_a_hard_link_with_a_wanted_name_has_the_content_of_its_target() -> None:
    data = entry(b"bin/[", b"BusyBox v1") + _link(b"bin/busybox", b"./bin/[") + END
    facts = both(data, analyser(names=frozenset({"busybox"})))
    found = files(facts)["bin/busybox"]
    assert (found.kind, found.note, found.size) == (Kind.HARDLINK, note(b"BusyBox v1"), 10)
    assert found.target == "bin/["


def test_links_to_links_lead_to_the_file() -> None:
    links = _link(b"b", b"a") + _link(b"c", b"b") + _link(b"name", b"/c")
    facts = both(entry(b"a", b"content") + links + END, analyser(names=frozenset({"name"})))
    assert files(facts)["name"].note == note(b"content")


@pytest.mark.parametrize("target", [b"name", b"missing", b"later", b"directory"])
def test_a_hard_link_to_what_is_not_in_front_of_it_is_said(target: bytes) -> None:
    data = entry(b"directory/", flag=b"5") + _link(b"name", target) + entry(b"later", b"x") + END
    facts = both(data, analyser(names=frozenset({"name"})))
    (trouble,) = troubles(facts)
    assert trouble.path == "name"
    assert target.decode() in trouble.reason


def test_a_hard_link_out_of_the_root_is_said() -> None:
    (trouble,) = troubles(both(_link(b"name", b"../../etc/shadow") + END))
    assert trouble.path == "name"


def test_a_file_that_took_the_place_of_another_is_what_a_link_leads_to() -> None:
    data = entry(b"a", b"old") + entry(b"a", b"new") + _link(b"name", b"a") + entry(b"a", b"last")
    facts = both(data + END, analyser(names=frozenset({"name"})))
    assert files(facts)["name"].note == note(b"new")


def test_what_has_long_gone_by_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "_RECENT", 2)
    monkeypatch.setattr(window, "HISTORY", 2048)
    others = b"".join(entry(b"other%d" % number, b"x" * 3000) for number in range(9))
    data = entry(b"a", b"content") + others + _link(b"name", b"a") + entry(b"name2", b"n") + END
    facts = both(data, analyser(names=frozenset({"name", "name2"})))
    assert list(files(facts)) == ["name", "name2"]
    assert files(facts)["name"].note == note(b"content")


def test_a_link_that_is_replaced_while_it_waits_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layer_module, "_RECENT", 1)
    others = entry(b"b") + entry(b"c") + entry(b"d")
    data = entry(b"a", b"old") + others + _link(b"name", b"a") + entry(b"name", b"new") + END
    facts = both(data, analyser(names=frozenset({"name"})))
    assert files(facts)["name"].note == note(b"new")
    assert len(facts.facts) == 1


def test_a_blob_that_can_be_read_but_once_says_what_it_could_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layer_module, "_RECENT", 1)

    opened: list[int] = []

    class Once(MemoryBlob, frozen=True):
        def open(self) -> AbstractContextManager[BinaryIO]:
            if opened:
                raise InputError("it has gone by")
            opened.append(1)
            return MemoryBlob.open(self)

    others = entry(b"b") + entry(b"c") + entry(b"d")
    data = entry(b"a", b"old") + others + _link(b"name", b"a") + END
    facts = analyse_layer(Once(data, is_mapped=False), [analyser(names=frozenset({"name"}))])
    (trouble,) = troubles(facts)
    assert trouble.path == "name"
    assert "gone by" in trouble.reason


def _secrets(file: LayerFile) -> Iterable[Fact]:
    if b"token" in file.content.tobytes():
        yield FoundSecret(file.path, "token", "a token", 1, Confidence.HIGH, "…", "id")


def _packages(file: LayerFile) -> Iterable[Fact]:
    yield Package(Ecosystem.NPM, "p", file.content.tobytes().decode(), file.path)


SECRETS = Analyser("secrets", 1, Wants(everything=True), _secrets)
PACKAGES = Analyser("packages", 1, Wants(names=frozenset({"p"})), _packages)


def test_what_was_found_in_a_file_holds_for_its_hard_links() -> None:
    data = entry(b"a", b"token") + _link(b"b", b"a") + _link(b"c", b"b") + END
    facts = both(data, SECRETS)
    assert [(type(fact), fact.path) for fact in facts.facts] == [
        (FoundSecret, path) for path in ("a", "b", "c")
    ]


def test_what_a_link_says_for_itself_is_not_said_twice() -> None:
    facts = both(entry(b"a", b"x", mode=b"0004755\0") + _link(b"b", b"a") + END)
    assert [(fact.path, fact.kind) for fact in files(facts).values()] == [
        ("a", Kind.FILE),
        ("b", Kind.HARDLINK),
    ]
    assert len(facts.facts) == 2


def test_the_attributes_of_a_file_are_those_of_its_hard_links() -> None:
    attribute = pax({b"SCHILY.xattr.security.capability": b"cap"})
    data = attribute + entry(b"a", b"x") + _link(b"b", b"a") + entry(b"a", b"y") + _link(b"c", b"a")
    found = files(both(data + END))
    assert found["a"].capabilities == "[]" == found["c"].capabilities
    assert found["b"].capabilities == repr([("security.capability", b"cap")])


def test_a_later_file_of_the_same_path_takes_the_place_of_the_earlier() -> None:
    data = entry(b"p", b"1") + entry(b"p", b"2") + END
    (package,) = both(data, PACKAGES).facts
    assert isinstance(package, Package)
    assert package.version == "2"


def test_a_secret_in_a_file_that_was_replaced_is_still_given_away() -> None:
    data = entry(b"p", b"token") + entry(b"p", b"2") + END
    facts = both(data, SECRETS, PACKAGES).facts
    assert [type(fact) for fact in facts] == [FoundSecret, Package]


# Faults and limits


def test_an_analyser_that_fails_costs_the_others_nothing() -> None:
    def fail(file: LayerFile) -> Iterable[Fact]:
        yield from ()
        raise RuntimeError("boom")

    facts = both(entry(b"a", b"x") + END, Analyser("bad", 1, Wants(everything=True), fail), SECRETS)
    (trouble,) = troubles(facts)
    assert (trouble.path, trouble.reason) == ("a", "bad failed on it: RuntimeError: boom")


def test_a_large_file_is_cut_and_said() -> None:
    facts = both(entry(b"a", b"x" * 3000) + entry(b"b", b"y" * 2000) + END, content=2000)
    found = files(facts)
    assert (found["a"].size, found["a"].note) == (3000, note(b"x" * 2000))
    (trouble,) = troubles(facts)
    assert (trouble.path, trouble.is_fatal) == ("a", False)
    assert "2000 of its 3000" in trouble.reason


def test_more_entries_than_allowed_end_the_walk() -> None:
    data = b"".join(entry(b"%d" % number) for number in range(20)) + END
    facts = both(data, entries=10)
    assert facts.files.count(b"\0") == 9
    assert troubles(facts)[-1].is_fatal
    assert not troubles(both(data, entries=20))


def test_whiteouts_count_as_entries() -> None:
    data = b"".join(entry(b".wh.%d" % number) for number in range(20)) + END
    assert troubles(both(data, entries=10))[-1].is_fatal


def test_more_names_than_memory_allows_end_the_walk() -> None:
    links = b"".join(_link(b"%d" % number, b"a") for number in range(100))
    assert troubles(both(links + END, kept=10_000))[-1].is_fatal
    names = b"".join(entry(b"n" * 90) for _ in range(100))
    assert troubles(both(names + END, kept=5_000))[-1].is_fatal


def test_more_facts_than_allowed_end_the_walk() -> None:
    data = b"".join(entry(b"%d" % number) for number in range(20)) + END
    facts = both(data, facts=10)
    assert "more than 10 facts" in troubles(facts)[-1].reason
    assert troubles(facts)[-1].is_fatal


def test_many_troubles_are_counted_and_not_listed() -> None:
    data = b"".join(entry(b"../%d" % number) for number in range(20)) + END
    found = troubles(both(data, troubles=5))
    assert len(found) == 6
    assert "15 more" in found[-1].reason


def test_a_bomb_of_hard_links_is_defused() -> None:
    links = b"".join(_link(b"%d/name" % number, b"a") for number in range(50))
    facts = both(
        entry(b"a", b"x" * 1000) + links + END, analyser(names=frozenset({"name"})), extra=5000
    )
    assert len(files(facts)) == 5
    assert len(troubles(facts)) == 45


def test_a_bomb_of_holes_is_defused() -> None:
    record = {b"GNU.sparse.size": b"10000", b"GNU.sparse.map": b"0,1"}
    holes = (pax(record) + entry(b"a", b"x")) * 20
    facts = both(holes + END, extra=50_000)
    assert len(troubles(facts)) == 15


def test_an_archive_larger_than_allowed_is_read_as_far_as_allowed() -> None:
    data = b"".join(entry(b"%d" % number, b"x" * 512) for number in range(20)) + END
    for is_mapped in (True, False):
        facts = walk(data, is_mapped=is_mapped, total=5120)
        assert troubles(facts)[0].is_fatal
        assert len(files(facts)) <= 5


def test_what_is_given_of_a_mapped_file_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "layer").write_bytes(made([("a", b"content")]))
    with (tmp_path / "layer").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    owners: list[object] = []

    def look(given: LayerFile) -> Iterable[Fact]:
        owners.append(given.content.obj)
        return ()

    class Local(MemoryBlob, frozen=True):
        def mapped(self) -> memoryview | None:
            return memoryview(mapped)

    analyse_layer(Local(b""), [Analyser("a", 1, Wants(everything=True), look)])
    assert owners == [mapped]
    owners.clear()
    mapped.close()


def test_a_mapped_file_is_given_back_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "SEGMENT", 2048)
    data = made([(f"f{number}", b"%d" % number * 700) for number in range(30)])
    assert both(data) == both(data)
    assert len(files(both(data))) == 30


def test_a_cut_inside_a_wanted_file_names_the_file() -> None:
    facts = both(header(b"./a", 5000) + b"x" * 700)
    assert (troubles(facts)[-1].path, troubles(facts)[-1].is_fatal) == ("a", True)
    magic = analyser(magics=frozenset({b"xxxx"}))
    assert troubles(both(header(b"a", 5000) + b"xx", magic))[-1].path == "a"


def test_limits_have_the_values_that_are_documented() -> None:
    assert (Limits().total, Limits().entries) == (64 << 30, 4_000_000)
