"""What is too large for memory goes into a file that nobody sees, or into memory all the same."""

from __future__ import annotations

import errno
import gc
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tarballs import END, MemoryBlob, analyser, entry, files, note, troubles

from seawall.core.errors import InputError
from seawall.surfaces.image import inflate, window
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import DamagedError, Limits
from seawall.surfaces.image.spill import Memory, Room, spilled
from seawall.surfaces.image.window import Streamed

PIECES = [b"first", b"", b"second" * 2000, b"x"]
WHOLE = b"".join(PIECES)

needs_files = pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"), reason="files are only used where their space is promised"
)


def filled(room: Room) -> bytes:
    """What a room holds once it was given all pieces and closed."""
    for piece in PIECES:
        room.take(memoryview(piece))
    assert room.taken == len(WHOLE)
    view = room.view()
    room.close()
    assert view.readonly
    return bytes(view)


def in_file(directory: Path) -> Room:
    room = spilled(str(directory), len(WHOLE))
    assert room is not None
    return room


def refuse(*_: object, **__: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


def chunks(*, is_damaged: bool = False) -> Iterator[bytes]:
    """Four chunks of ten bytes."""
    for letter in b"abcd":
        yield bytes([letter]) * 10
    if is_damaged:
        raise DamagedError("it is cut short")


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than eight bytes are too many to join."""
    monkeypatch.setattr(window, "JOINED", 8)


@needs_files
def test_memory_and_a_file_give_the_same_bytes(tmp_path: Path) -> None:
    assert filled(in_file(tmp_path)) == filled(Memory(len(WHOLE))) == WHOLE


@needs_files
def test_a_file_has_no_name(tmp_path: Path) -> None:
    room = in_file(tmp_path)
    assert list(tmp_path.iterdir()) == []
    view = room.view()
    assert isinstance(view.obj, mmap.mmap)
    room.close()
    assert list(tmp_path.iterdir()) == []


@needs_files
def test_short_writes_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: write(file, data[:7], at))
    assert filled(in_file(tmp_path)) == WHOLE


def test_without_a_directory_there_is_no_file(tmp_path: Path) -> None:
    assert spilled("", 10) is None
    assert spilled(str(tmp_path / "missing"), 10) is None


@needs_files
@pytest.mark.parametrize("call", ["os.posix_fallocate", "mmap.mmap", "tempfile.TemporaryFile"])
def test_without_space_there_is_no_file(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = descriptors()
    monkeypatch.setattr(call, refuse)
    assert spilled(str(tmp_path), 10) is None
    assert list(tmp_path.iterdir()) == []
    assert descriptors() == before


def test_a_system_that_promises_no_space_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    assert spilled(str(tmp_path), 10) is None


@needs_files
def test_a_disk_that_breaks_its_promise_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = in_file(tmp_path)
    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(InputError, match=r"can't be kept in the cache: .*No space") as caught:
        room.take(memoryview(b"x"))
    assert "SEAWALL_CACHE_DIR" in caught.value.hint
    room.close()


@needs_files
@pytest.mark.usefixtures("_small")
def test_what_is_spliced_lies_in_the_file(tmp_path: Path) -> None:
    stream = Streamed(chunks(), str(tmp_path))
    before = descriptors()
    assert stream.reach(5, 30)
    assert isinstance(stream.view.obj, mmap.mmap)
    assert bytes(stream.view) == b"a" * 5 + b"b" * 10 + b"c" * 10 + b"d" * 5
    stream.reach(38, 2)
    assert bytes(stream.view) == b"d" * 10
    assert descriptors() == before


@pytest.mark.usefixtures("_small")
def test_without_space_what_is_spliced_lies_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    stream = Streamed(chunks(), str(tmp_path))
    assert stream.reach(5, 30)
    assert not isinstance(stream.view.obj, mmap.mmap)
    assert bytes(stream.view) == b"a" * 5 + b"b" * 10 + b"c" * 10 + b"d" * 5


@pytest.mark.usefixtures("_small")
def test_what_ends_before_leaves_no_file_open(tmp_path: Path) -> None:
    before = descriptors()
    stream = Streamed(chunks(), str(tmp_path))
    assert not stream.reach(5, 36)
    assert stream.left(5) == 35
    damaged = Streamed(chunks(is_damaged=True), str(tmp_path))
    with pytest.raises(DamagedError):
        damaged.reach(5, 36)
    assert descriptors() == before


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("end", [36, 40])
def test_a_splice_is_read_on_from_within(end: int, tmp_path: Path) -> None:
    stream = Streamed(chunks(), str(tmp_path))
    assert stream.reach(2, 22)
    assert stream.reach(13, end - 13)
    whole = b"".join(chunks())
    assert bytes(stream.view[13 - stream.start : end - stream.start]) == whole[13:end]


def test_joining_leaves_what_has_just_gone_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "HISTORY", 40)
    stream = Streamed(chunks())
    assert stream.reach(0, 5)
    assert stream.reach(15, 10)
    assert bytes(stream.earlier(0, 20) or b"") == b"a" * 10 + b"b" * 10


def test_a_large_file_of_a_layer_is_read_from_the_cache_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "JOINED", 1000)
    monkeypatch.setattr(inflate, "STORED", 700)
    monkeypatch.setattr(inflate, "CHUNK", 700)
    asked: list[str] = []

    def seen(directory: str, count: int) -> Room | None:
        asked.append(directory)
        return spilled(directory, count)

    monkeypatch.setattr(window, "spilled", seen)
    content = bytes(range(256)) * 20
    blob = MemoryBlob(entry(b"a", b"a") + entry(b"big", content) + END, is_mapped=False)
    facts = analyse_layer(blob, [analyser()], Limits(spill=str(tmp_path)))
    assert files(facts)["big"].note == note(content)
    assert not troubles(facts)
    assert asked == [str(tmp_path)]
    assert list(tmp_path.iterdir()) == []
