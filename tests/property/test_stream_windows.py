"""A stream in chunks of any size is read as the bytes that it is made of, wherever they are put."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from seawall.surfaces.image import window
from seawall.surfaces.image.window import Streamed

JOINED = 24
"""Bytes up to which chunks are joined here, so that pieces of both kinds are common."""

lengths = st.lists(st.integers(0, 40), min_size=1, max_size=60)
counts = st.integers(1, JOINED) | st.integers(JOINED + 1, 120)
moves = st.lists(st.tuples(st.integers(0, 30), counts), min_size=1, max_size=12)


def _chunks(sizes: list[int]) -> list[bytes]:
    """Chunks of these sizes, in which every few bytes are others."""
    whole = iter(bytes(number % 251 for number in range(sum(sizes))))
    return [bytes(islice(whole, size)) for size in sizes]


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "JOINED", JOINED)
        patch.setattr(window, "HISTORY", 32)
        patch.setattr(window, "trim", lambda: None)
        yield


@pytest.mark.parametrize("is_spilled", [False, True], ids=["memory", "file"])
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chunks=lengths.map(_chunks), steps=moves, is_back=st.booleans())
def test_a_stream_gives_exactly_its_bytes(
    is_spilled: bool,
    chunks: list[bytes],
    steps: list[tuple[int, int]],
    is_back: bool,
    tmp_path: Path,
) -> None:
    """Reads go on from the last one's end, or from within what was in view; in any lengths."""
    whole = b"".join(chunks)
    stream = Streamed(iter(chunks), str(tmp_path) if is_spilled else "")
    position = 0
    for step, count in steps:
        position += step
        is_there = position + count <= len(whole)
        assert stream.reach(position, count) == is_there
        if not is_there:
            assert stream.left(position) == len(whole) - position
            event("met the end")
            return
        assert stream.start <= position
        assert stream.end == stream.start + len(stream.view) >= position + count
        assert bytes(stream.view) == whole[stream.start : stream.end]
        assert stream.view.readonly
        _check_earlier(stream, whole)
        event(_how(stream, chunks))
        position = stream.start if is_back else position + count
    assert list(tmp_path.iterdir()) == []


def _check_earlier(stream: Streamed, whole: bytes) -> None:
    """What has gone by is either at hand, as it was, or said not to be."""
    for start in range(max(0, stream.start - 50), stream.end, 7):
        found = stream.earlier(start, 10)
        assert found is None or bytes(found) == whole[start : start + 10]


def _how(stream: Streamed, chunks: list[bytes]) -> str:
    if bytes(stream.view) in chunks:
        return "a chunk"
    return "joined" if len(stream.view) <= JOINED else "spliced"
