"""Archives are read from their list, within a budget, whatever they say of themselves."""

from __future__ import annotations

import io
import zipfile
from struct import pack, unpack_from

import pytest

from seawall.packages import zips
from seawall.packages.zips import Budget, Entry, ZipError


def archive(
    entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as writer:
        for name, content in entries.items():
            writer.writestr(name, content)
        writer.comment = comment
    return target.getvalue()


def listed(data: bytes, budget: Budget | None = None) -> tuple[Entry, ...]:
    return zips.list_entries(memoryview(data), lambda _: True, budget or Budget()).entries


def contents(data: bytes, most: int = 1 << 20) -> dict[str, bytes]:
    view, budget = memoryview(data), Budget()
    return {one.name: bytes(zips.read_entry(view, one, budget, most)) for one in listed(data)}


ENTRIES = {"a.txt": b"alpha" * 100, "dir/b.txt": b"", "c": b"gamma"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\nexec java -jar $0\n" * 50])
@pytest.mark.parametrize("comment", [b"", b"built by hand", b"PK\x05\x06 in a comment" * 20])
def test_entries_are_found_behind_a_script_and_before_a_comment(
    method: int, prefix: bytes, comment: bytes
) -> None:
    assert contents(prefix + archive(ENTRIES, method, comment)) == ENTRIES


def test_a_stored_entry_is_not_copied() -> None:
    data = memoryview(archive({"a": b"x" * 100}, zipfile.ZIP_STORED))
    (entry,) = zips.list_entries(data, lambda _: True, Budget()).entries
    assert zips.read_entry(data, entry, Budget(), 1000).obj is data.obj


def test_bytes_behind_the_archive_do_no_harm() -> None:
    assert contents(archive(ENTRIES) + b"\0" * 10) == ENTRIES


def test_only_what_is_wanted_is_listed() -> None:
    listing = zips.list_entries(memoryview(archive(ENTRIES)), b"c".__eq__, Budget())
    assert [one.name for one in listing.entries] == ["c"]


def test_a_short_read_gives_the_beginning() -> None:
    assert contents(archive({"a": b"abcdef"}), 3) == {"a": b"abc"}


def large(entries: dict[str, bytes]) -> bytes:
    """A zip64 archive whose every size and offset stands in the extra field."""
    body, central = b"", b""
    for name, content in entries.items():
        raw = name.encode()
        extra = pack("<HHQQQ", 1, 24, len(content), len(content), len(body))
        other = pack("<HH4x", 0x7875, 4)
        local = pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 0, 0, *[0xFFFFFFFF] * 2, len(raw), 0)
        central += pack(
            "<4sHHHHHHIIIHHHHHII",
            *(b"PK\1\2", 45, 45, 0, 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF),
            *(len(raw), len(other + extra), 0, 0, 0, 0, 0xFFFFFFFF),
        )
        central += raw + other + extra
        body += local + raw + content
    count = len(entries)
    end = pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(central), len(body))
    locator = pack("<4sIQI", b"PK\6\7", 0, len(body) + len(central), 1)
    last = pack("<4sHHHHIIH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    return body + central + end + locator + last


@pytest.mark.parametrize("prefix", [b"", b"#!/usr/bin/env python3\n"])
def test_zip64_sizes_and_offsets_are_taken_from_the_extra_field(prefix: bytes) -> None:
    entries = {"a": b"alpha", "b": b"beta"}
    assert contents(prefix + large(entries)) == entries


def test_a_zip64_record_may_stand_where_nothing_needs_it() -> None:
    data = archive(ENTRIES)
    end = len(data) - 22
    size, offset = unpack_from("<II", data, end + 12)
    record = pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 3, 3, size, offset)
    locator = pack("<4sIQI", b"PK\6\7", 0, end, 1)
    assert contents(b"#!/bin/sh\n" + data[:end] + record + locator + data[end:]) == ENTRIES


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100_000, archive(ENTRIES)[:-30]])
def test_what_has_no_list_is_no_archive(data: bytes) -> None:
    with pytest.raises(ZipError, match="no zip archive"):
        listed(data)


def test_a_list_that_begins_before_the_archive_is_refused() -> None:
    data = bytearray(archive(ENTRIES))
    data[-10:-6] = b"\xff\xff\xff\x7f"
    with pytest.raises(ZipError, match="cut off"):
        listed(bytes(data))


def test_a_broken_list_keeps_what_came_before_and_says_so() -> None:
    data = bytearray(archive(ENTRIES))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    data[second] = 0
    listing = zips.list_entries(memoryview(bytes(data)), lambda _: True, Budget())
    assert [one.name for one in listing.entries] == ["a.txt"]
    assert "broken" in listing.problem


def test_too_many_entries_are_said() -> None:
    budget = Budget(entries=2)
    listing = zips.list_entries(memoryview(archive(ENTRIES)), lambda _: True, budget)
    assert (len(listing.entries), budget.entries) == (2, 0)
    assert "entries" in listing.problem


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_encrypted": True}, "encrypted"),
        ({"method": 14}, "method 14"),
        ({"start": 10_000_000}, "outside"),
        ({"start": -1}, "outside"),
        ({"start": 2**64 - 1}, "outside"),
        ({"start": 1}, "not where"),
        ({"compressed": 2**40}, "cut off"),
        ({"compressed": 3}, "cut off"),
        ({"compressed": 0}, "cut off"),
    ],
)
def test_an_entry_that_lies_is_refused(change: dict[str, int], reason: str) -> None:
    data = archive({"a": b"alpha" * 100})
    (entry,) = listed(data)
    fields = {name: getattr(entry, name) for name in Entry.__struct_fields__}
    with pytest.raises(ZipError, match=reason):
        zips.read_entry(memoryview(data), Entry(**{**fields, **change}), Budget(), 1000)


def test_damaged_data_are_refused() -> None:
    data = bytearray(archive({"a": b"alpha" * 100}))
    data[32:36] = b"\xff\xff\xff\xff"
    (entry,) = listed(bytes(data))
    with pytest.raises(ZipError, match=r"damaged|cut off"):
        zips.read_entry(memoryview(bytes(data)), entry, Budget(), 1000)


def test_a_bomb_ends_with_the_budget_whatever_size_it_says() -> None:
    data = archive({f"{index}": bytes(1_000_000) for index in range(5)})
    view, budget = memoryview(data), Budget(inflated=2_500_000)
    entries = listed(data)
    for entry in entries[:2]:
        assert len(zips.read_entry(view, entry, budget, 10_000_000)) == 1_000_000
    with pytest.raises(ZipError, match="comes to more"):
        zips.read_entry(view, entries[2], budget, 10_000_000)
    assert budget.inflated == 0


def test_the_end_of_a_zip_is_told_cheaply() -> None:
    assert zips.is_zip(memoryview(archive(ENTRIES)))
    assert not zips.is_zip(memoryview(b"#!/bin/sh\necho"))
