"""Large layers are looked at by processes of their own, and nobody can tell by what is found."""

from __future__ import annotations

import gc
import gzip
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import zstandard
from archives import digest, layout_of, packed, unpacked
from tarballs import MemoryBlob, analyser, made

from seawall.core.errors import InputError
from seawall.surfaces.image import apart as apart_module
from seawall.surfaces.image.apart import apart, processors, side_by_side
from seawall.surfaces.image.blob import Analyse, Blob, LayerFacts
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.layout import LayoutSource
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.model import Image

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")

PLAIN = made([("a", b"first" * 400), ("b/c", bytes(range(256)) * 9), ("d", b"")])
PACKED = MemoryBlob(gzip.compress(PLAIN))
OTHER = MemoryBlob(zstandard.compress(made([("e", b"other")])))
TWO = (PACKED, OTHER)

read: Analyse = partial(analyse_layer, analysers=[analyser()])


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer of 64 bytes is a large one, and there are two processors."""
    monkeypatch.setattr(apart_module, "LARGE", 64)
    monkeypatch.setattr(apart_module, "processors", lambda: 2)


def told(text: str = "", **others: int) -> LayerFacts:
    """Facts that say something."""
    return LayerFacts(text, "", 0, others.get("entries", 0), ())


def teller(blob: Blob) -> LayerFacts:
    """An analysis that only says which process did it."""
    return told(entries=os.getpid())


def look_at(analyse: Analyse, *blobs: Blob) -> tuple[LayerFacts, ...]:
    """What comes of layers that are looked at side by side, all of them large by what is said."""
    return side_by_side(blobs, [64] * len(blobs), apart(analyse))


def pids(analyse: Analyse, *blobs: Blob) -> list[int]:
    return [facts.entries for facts in look_at(analyse, *blobs)]


def in_child(do: Callable[[], object]) -> Analyse:
    """An analysis that does something first, but only in a child."""
    parent = os.getpid()

    def analyse(blob: Blob) -> LayerFacts:
        if os.getpid() != parent:
            do()
        return teller(blob)

    return analyse


def kill_by(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def fail() -> None:
    raise InputError("it is damaged", "Pull it again.")


def open_files() -> list[str]:
    gc.collect()
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def children() -> bool:
    """Whether there is any child that nobody waited for."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


class TestApart:
    def test_facts_are_those_of_the_same_process(self) -> None:
        assert look_at(read, *TWO) == (read(PACKED), read(OTHER))
        assert read(PACKED).facts

    def test_each_large_layer_has_a_process_of_its_own(self) -> None:
        found = pids(teller, PACKED, OTHER, PACKED)
        assert len({*found, os.getpid()}) == 4

    def test_nothing_is_left_open_and_no_child_uncollected(self) -> None:
        before = open_files()
        look_at(read, *TWO)
        with pytest.raises(InputError):
            look_at(in_child(fail), *TWO)
        look_at(in_child(kill_by(signal.SIGKILL)), *TWO)
        assert open_files() == before
        assert not children()

    def test_an_error_of_a_child_is_raised_with_its_hint(self) -> None:
        with pytest.raises(InputError) as caught:
            look_at(in_child(fail), *TWO)
        assert (caught.value.message, caught.value.hint) == ("it is damaged", "Pull it again.")

    def test_a_digest_that_is_wrong_is_found_by_a_child_too(self) -> None:
        wrong = MemoryBlob(PACKED.data, diff_id="sha256:" + "0" * 64)
        with pytest.raises(InputError, match="is not what it should be") as caught:
            look_at(read, PACKED, wrong)
        assert caught.value.hint

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_a_killed_child_leaves_its_work_to_the_parent(self, number: signal.Signals) -> None:
        assert pids(in_child(kill_by(number)), *TWO) == [os.getpid()] * 2

    def test_a_child_killed_in_the_middle_of_its_answer_leaves_its_work_too(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dump(outcome: object, stream: object, protocol: int) -> None:
            os.write(stream.fileno(), b"\x80\x05half")  # type: ignore[attr-defined]
            kill_by(signal.SIGKILL)()

        monkeypatch.setattr("pickle.dump", dump)
        assert pids(teller, *TWO) == [os.getpid()] * 2

    def test_a_child_that_fails_otherwise_leaves_its_work_too(self) -> None:
        assert pids(in_child(lambda: 1 // 0), *TWO) == [os.getpid()] * 2

    def test_what_fails_everywhere_is_raised_as_it_is(self) -> None:
        def broken(blob: Blob) -> LayerFacts:
            raise ZeroDivisionError(len(blob.mapped() or b""))

        with pytest.raises(ZeroDivisionError, match=str(len(PACKED.data))):
            look_at(broken, *TWO)

    def test_a_child_that_was_interrupted_is_not_replaced(self) -> None:
        with pytest.raises(InputError, match="interrupted"):
            look_at(in_child(kill_by(signal.SIGINT)), *TWO)

    def test_a_child_does_not_run_our_handler_of_interrupts(self) -> None:
        def handler(*_: object) -> None:
            os._exit(0)

        before = signal.signal(signal.SIGINT, handler)
        try:
            with pytest.raises(InputError, match="interrupted"):
                look_at(in_child(kill_by(signal.SIGINT)), *TWO)
        finally:
            signal.signal(signal.SIGINT, before)

    def test_where_interrupts_are_ignored_a_child_ignores_them(self) -> None:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            assert os.getpid() not in pids(in_child(kill_by(signal.SIGINT)), *TWO)
        finally:
            signal.signal(signal.SIGINT, before)

    @pytest.mark.parametrize("call", ["fork", "pipe"])
    def test_where_nothing_can_be_forked_this_process_does_it(
        self, call: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse() -> int:
            raise OSError(11, "Resource temporarily unavailable")

        before = open_files()
        monkeypatch.setattr(os, call, refuse)
        assert pids(teller, *TWO) == [os.getpid()] * 2
        assert open_files() == before

    def test_where_the_system_forgets_children_this_process_does_it(self) -> None:
        before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        try:
            assert pids(teller, *TWO) == [os.getpid()] * 2
        finally:
            signal.signal(signal.SIGCHLD, before)

    def test_plain_layers_are_not_forked_for(self) -> None:
        assert pids(teller, MemoryBlob(PLAIN), MemoryBlob(PLAIN)) == [os.getpid()] * 2

    def test_small_layers_are_not_forked_for(self) -> None:
        small = MemoryBlob(gzip.compress(b"")[:63])
        assert pids(teller, small, small) == [os.getpid()] * 2

    def test_streams_are_not_forked_for(self) -> None:
        stream = MemoryBlob(PACKED.data, is_mapped=False)
        assert pids(teller, stream, stream) == [os.getpid()] * 2

    def test_a_layer_alone_is_not_forked_for(self) -> None:
        assert apart(teller)(PACKED).entries == os.getpid()
        assert pids(teller, PACKED) == [os.getpid()]

    def test_with_one_processor_nothing_is_forked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart_module, "processors", lambda: 1)
        assert pids(teller, *TWO) == [os.getpid()] * 2

    def test_processors_are_those_that_this_process_may_use(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 6})
        assert processors() == 3
        monkeypatch.setattr(sys, "platform", "darwin")
        assert processors() == 1

    def test_a_warning_of_forks_beside_threads_reaches_nobody(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fork = os.fork

        def warn() -> int:  # as Python 3.12 does
            warnings.warn("This process is multi-threaded", DeprecationWarning, stacklevel=2)
            return fork()

        monkeypatch.setattr(os, "fork", warn)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert os.getpid() not in pids(teller, *TWO)


class TestSideBySide:
    def test_two_are_looked_at_at_once(self) -> None:
        """Each child waits for the other: one after the other they would wait for ever."""
        pipes = [os.pipe(), os.pipe()]
        parent = os.getpid()

        def meet(blob: Blob) -> LayerFacts:
            assert os.getpid() != parent
            mine = blob is OTHER
            os.write(pipes[mine][1], b"here")
            os.read(pipes[not mine][0], 4)
            return told()

        look_at(meet, *TWO)
        for end in (*pipes[0], *pipes[1]):
            os.close(end)

    def test_the_order_is_kept_and_the_largest_begun_first(self) -> None:
        begun: list[int] = []

        def look(size: int) -> LayerFacts:
            begun.append(size)
            return told(entries=size)

        sizes = [5, 100, 70, 3, 900, 5]
        assert [facts.entries for facts in side_by_side(sizes, sizes, look)] == sizes
        assert begun == [900, 100, 70, 5, 5, 3]

    def test_without_several_large_ones_all_go_in_order_in_this_thread(self) -> None:
        begun: list[int] = []

        def look(size: int) -> LayerFacts:
            assert threading.current_thread() is threading.main_thread()
            begun.append(size)
            return told(entries=size)

        sizes = [5, 63, 900, 3]
        found = side_by_side(sizes, iter(sizes), look)
        assert [facts.entries for facts in found] == begun == sizes

    def test_of_several_errors_that_of_the_first_is_raised(self) -> None:
        def look(size: int) -> LayerFacts:
            raise InputError(f"number {size}")

        for sizes in ([70, 100, 900], [900, 100, 70]):
            with pytest.raises(InputError, match=f"number {sizes[0]}"):
                side_by_side(sizes, sizes, look)

    def test_only_one_thread_at_a_time_does_more_than_wait(self) -> None:
        inside = threading.Lock()

        def look(size: int) -> LayerFacts:
            assert inside.acquire(blocking=False)
            time.sleep(0.005)
            inside.release()
            return told()

        assert len(side_by_side(range(8), [100] * 8, look)) == 8

    def test_an_error_ends_the_other_child_at_once(self) -> None:
        def look(blob: Blob) -> LayerFacts:
            if blob is OTHER:
                time.sleep(60)
            raise InputError("the first")

        before = time.monotonic()
        with pytest.raises(InputError, match="the first"):
            look_at(look, *TWO, OTHER)
        assert time.monotonic() - before < 10
        assert not children()

    def test_an_interrupt_ends_the_children_and_starts_no_others(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", _INTERRUPTED],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (done.stdout, done.stderr) == ("interrupted 2\n", "")


_INTERRUPTED = """
import os, signal, sys, threading, time
from seawall.surfaces.image import apart
from tarballs import MemoryBlob
import gzip

reading, writing = os.pipe()
parent = os.getpid()

def slow(blob):
    os.write(writing, b"x")
    if os.getpid() != parent:
        time.sleep(60)

def interrupt():
    begun = 0
    while begun < 2:
        begun += len(os.read(reading, 1))
    os.kill(parent, signal.SIGINT)  # ours alone, not the children's

apart.LARGE = 1
apart.processors = lambda: 2
threading.Thread(target=interrupt).start()
blobs = [MemoryBlob(gzip.compress(b"%d" % number)) for number in range(6)]
try:
    apart.side_by_side(blobs, [1] * 6, apart.apart(slow))
except KeyboardInterrupt:
    os.close(writing)
    print("interrupted", 2 + len(os.read(reading, 9)))
"""


def _image(root: Path, analyse: Analyse) -> Image:
    return merge(LayoutSource(str(root)).pull(analyse), "image", "layout")


def test_a_layout_gives_the_same_image_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = [
        packed({"etc": None, "etc/passwd": b"root", f"a{number}": os.urandom(300)})
        for number in range(5)
    ]
    layers.insert(2, packed({"etc/.wh.passwd": b""}))
    root = unpacked(layout_of(layers, compress=True).files(), tmp_path)
    forked: list[int] = []
    fork = os.fork

    def counted() -> int:
        child = fork()
        forked.append(child)
        return child

    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr(apart_module, "LARGE", 1 << 30)
    expected = _image(root, apart(read))
    assert not forked
    monkeypatch.setattr(apart_module, "LARGE", 400)
    assert _image(root, apart(read)) == expected
    assert len(forked) == 5
    assert [layer.diff_id for layer in expected.layers] == list(map(digest, layers))


def test_a_damaged_layer_of_a_layout_is_said_from_a_child(tmp_path: Path) -> None:
    layout = layout_of([packed({"a": b"1" * 100}), packed({"b": b"2" * 100})], compress=True)
    root = unpacked(layout.files(), tmp_path)
    damaged = max((root / "blobs/sha256").iterdir(), key=gzip_size)
    data = bytearray(damaged.read_bytes())
    data[-5] ^= 1
    damaged.write_bytes(data)
    with pytest.raises(InputError, match="is not what it should be"):
        _image(root, apart(read))


def gzip_size(path: Path) -> int:
    """The size of a compressed file, 0 for others."""
    with suppress(OSError):
        if path.read_bytes()[:2] == b"\x1f\x8b":
            return path.stat().st_size
    return 0
