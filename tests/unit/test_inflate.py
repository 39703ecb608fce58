"""Layers are decompressed whatever they are compressed with, and never beyond measure."""

from __future__ import annotations

import bz2
import gzip
import lzma
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pytest
import zstandard
from tarballs import END, MemoryBlob, analyser, entry, files, made, note, sha256, troubles

from seawall.core.errors import InputError
from seawall.surfaces.image.analyser import Analyser, Wants
from seawall.surfaces.image.blob import LayerFacts
from seawall.surfaces.image.inflate import Inflated, compression
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import Limits

LAYER = made([("a", b"first" * 1000), ("b/c", bytes(range(256)) * 3000), ("d", b"")])
SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": _zstd,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
each = pytest.mark.parametrize("kind", COMPRESSORS)
mapped_or_not = pytest.mark.parametrize("is_mapped", [True, False])


def _walk(data: bytes, is_mapped: bool = False, step: int = 1 << 30, **limits: Any) -> LayerFacts:
    return analyse_layer(MemoryBlob(data, is_mapped, step=step), [analyser()], Limits(**limits))


@each
@mapped_or_not
def test_each_compression_is_told_by_its_magic(kind: str, is_mapped: bool) -> None:
    stored = COMPRESSORS[kind](LAYER)
    assert compression(stored[:6]) == kind
    facts = _walk(stored, is_mapped)
    assert (facts.digest, facts.diff_id) == (sha256(stored), sha256(LAYER))
    assert files(facts)["b/c"].note == note(bytes(range(256)) * 3000)
    assert not troubles(facts)


@each
@pytest.mark.parametrize("step", [1, 2, 5, 7, 100])
def test_short_reads_change_nothing(kind: str, step: int) -> None:
    data = made([("a", b"first" * 100)])
    stored = COMPRESSORS[kind](data[:1000]) + COMPRESSORS[kind](data[1000:])
    assert _walk(stored, step=step) == _walk(stored, is_mapped=True)
    assert _walk(stored, step=step).diff_id == sha256(data)


@each
@mapped_or_not
def test_several_streams_behind_one_another_are_one(kind: str, is_mapped: bool) -> None:
    parts = [LAYER[start : start + 1000] for start in range(0, 20_000, 1000)] + [LAYER[20_000:]]
    facts = _walk(b"".join(map(COMPRESSORS[kind], parts)), is_mapped)
    assert facts.diff_id == sha256(LAYER)
    assert not troubles(facts)


def test_gzip_headers_with_names_and_checks_are_read() -> None:
    plain = gzip.compress(LAYER, mtime=0)
    named = plain[:3] + b"\x0a" + plain[4:10]  # a name and a check of the header
    named += b"layer.tar\0"
    named += (zlib.crc32(named) & 0xFFFF).to_bytes(2, "little") + plain[10:]
    assert _walk(named).diff_id == sha256(LAYER)


@mapped_or_not
def test_frames_that_are_to_be_skipped_are(is_mapped: bool) -> None:
    stored = SKIPPED + _zstd(LAYER[:5000]) + SKIPPED + _zstd(LAYER[5000:]) + SKIPPED
    facts = _walk(stored, is_mapped)
    assert (facts.diff_id, troubles(facts)) == (sha256(LAYER), [])


@pytest.mark.parametrize("padding", [1, 511, 1 << 20])
def test_zeros_behind_a_gzip_stream_are_padding(padding: int) -> None:
    stored = gzip.compress(LAYER) + bytes(padding)
    facts = _walk(stored, step=1000)
    assert (facts.digest, facts.diff_id) == (sha256(stored), sha256(LAYER))
    assert not troubles(facts)


@each
@mapped_or_not
def test_rubbish_behind_a_stream_is_said(kind: str, is_mapped: bool) -> None:
    stored = COMPRESSORS[kind](LAYER) + b"rubbish and more of it"
    facts = _walk(stored, is_mapped)
    assert len(files(facts)) == 3
    assert troubles(facts)[-1].is_fatal
    assert (facts.digest, facts.diff_id) == (sha256(stored), "")


@each
@mapped_or_not
def test_a_cut_stream_is_said_and_what_came_before_is_kept(kind: str, is_mapped: bool) -> None:
    stored = COMPRESSORS[kind](LAYER)
    facts = _walk(stored[: len(stored) * 2 // 3], is_mapped)
    assert troubles(facts)[-1].is_fatal
    assert facts.digest == sha256(stored[: len(stored) * 2 // 3])
    assert facts.diff_id != sha256(LAYER)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zstd"])
def test_a_damaged_stream_is_said(kind: str) -> None:
    stored = bytearray(COMPRESSORS[kind](LAYER))
    stored[len(stored) // 2] ^= 0x55
    facts = _walk(bytes(stored))
    assert facts.diff_id != sha256(LAYER)
    wrong = bytearray(COMPRESSORS["gzip"](LAYER))
    wrong[-6] ^= 1  # the checksum
    assert troubles(_walk(bytes(wrong)))[-1].is_fatal


def test_a_file_name_like_a_magic_is_no_compression() -> None:
    for name in (b"BZhello", b"BZh91A", b"\x1f\x8bx"):
        facts = _walk(entry(name, b"x") + END)
        assert (len(files(facts)), troubles(facts)) == (1, []) or name == b"BZh91A"


@each
@mapped_or_not
def test_a_bomb_is_stopped_by_its_ratio(kind: str, is_mapped: bool) -> None:
    bomb = COMPRESSORS[kind](entry(b"zeros", bytes(8 << 20)) + END)
    facts = _walk(bomb, is_mapped, ratio=2, ratio_floor=2 << 20)
    (trouble,) = [found for found in troubles(facts) if "bomb" in found.reason]
    assert trouble.is_fatal
    assert facts.diff_id == ""


@each
def test_a_bomb_is_stopped_by_its_size(kind: str) -> None:
    stored = COMPRESSORS[kind](entry(b"zeros", bytes(6 << 20)) + END)
    facts = _walk(stored, total=3 << 20)
    assert any("expands to more than" in found.reason for found in troubles(facts))
    assert facts.diff_id == ""


def test_a_stream_without_end_is_stopped() -> None:
    class Endless:
        def read(self, size: int = -1) -> bytes:
            return gzip.compress(b"") * 100

    class Blob(MemoryBlob, frozen=True):
        @contextmanager
        def open(self) -> Iterator[BinaryIO]:
            yield Endless()  # type: ignore[misc]

    facts = analyse_layer(Blob(b"", is_mapped=False), [], Limits(total=1 << 20))
    assert troubles(facts)[-1].is_fatal
    with pytest.raises(InputError, match="more than"):
        analyse_layer(Blob(b"", is_mapped=False, size=10_000), [])


def test_a_window_beyond_measure_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    facts = _walk(compressor.compressobj().compress(b"") + compressor.compress(bytes(200 << 20)))
    assert troubles(facts)[-1].is_fatal


def test_what_cannot_be_read_is_an_error() -> None:
    class Broken:
        def read(self, size: int = -1) -> bytes:
            raise OSError("connection reset")

    class Blob(MemoryBlob, frozen=True):
        @contextmanager
        def open(self) -> Iterator[BinaryIO]:
            yield Broken()  # type: ignore[misc]

    with pytest.raises(InputError, match="connection reset"):
        analyse_layer(Blob(b"", is_mapped=False), [])


def test_a_broken_stream_is_an_error_while_it_is_inflated_too() -> None:
    for compress in COMPRESSORS.values():
        stored = compress(LAYER)

        class Half:
            def __init__(self, data: bytes) -> None:
                self.data = data

            def read(self, size: int = -1) -> bytes:
                if not self.data:
                    raise InputError("the server has gone")
                data, self.data = self.data, b""
                return data

        class Blob(MemoryBlob, frozen=True):
            @contextmanager
            def open(self) -> Iterator[BinaryIO]:
                yield Half(self.data[:-30])  # type: ignore[misc]

        with pytest.raises(InputError, match="gone"):
            analyse_layer(Blob(stored, is_mapped=False), [])


def test_leaving_early_ends_the_threads() -> None:
    before = threading.active_count()
    blob = MemoryBlob(gzip.compress(bytes(50 << 20), 1))
    with Inflated(blob, Limits(), hashed=True) as inflated:
        assert next(inflated)
    assert threading.active_count() == before
    assert (inflated.digest, inflated.diff_id) == ("", "")


def test_an_analyser_that_is_interrupted_ends_the_threads() -> None:
    before = threading.active_count()

    def stop(file: object) -> Iterator[object]:
        raise KeyboardInterrupt

    blob = MemoryBlob(gzip.compress(LAYER * 30, 1), is_mapped=False)
    with pytest.raises(KeyboardInterrupt):
        analyse_layer(blob, [Analyser("stop", 1, Wants(everything=True), stop)])  # type: ignore[arg-type]
    assert threading.active_count() == before
