"""Layers looked at by processes of their own: two large ones keep two processors busy.

Threads alone can't: the walk over headers holds the interpreter's lock. A child is forked, so it
has the blob's memory and the analysers as they are, does nothing but the pure function, and gives
its answer through a pipe. Only on Linux: elsewhere a fork beside threads is not safe with the
system's own libraries.

Threads of the parent do little but wait for children. One at a time has the turn to do more, so
that at a fork no other can hold what the child would wait for without end: the lock of a module
that is being imported, or the other end of a pipe.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

from seawall.core.errors import InputError
from seawall.surfaces.image.blob import Analyse, Blob, LayerFacts
from seawall.surfaces.image.inflate import compression

LARGE = 48 * 1024 * 1024
"""Stored bytes of a compressed layer from which a process of its own is worth its while."""

MOST = 2
"""Processes at once: each has some 60 MB of its own, and threads to inflate and to hash."""

_HEAD = 6
_FAILED = 1
_INTERRUPT = {signal.SIGINT}
_Item = TypeVar("_Item")


class _Crew:
    """The threads of one `side_by_side`, with their children."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.is_over = False
        self._children: set[int] = set()

    def check(self) -> None:
        """Raise an `InputError` where nobody waits for answers any more."""
        if self.is_over:
            raise InputError("the image was not looked at: it was interrupted")

    def answer(self, child: int, reading: int) -> tuple[bytes, int]:
        """What a child writes, and its exit code; others have the turn meanwhile."""
        self._children.add(child)
        self.turn.release()
        try:
            with open(reading, "rb") as stream:
                answer = stream.read()
        finally:
            self.turn.acquire()
            self._children.discard(child)
            code = _code_of(child)
        return answer, code

    def end(self) -> None:
        """End the children: what they would answer is not wanted any more."""
        with self.turn:
            self.is_over = True
            for child in self._children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)


class _Here(threading.local):
    """What this thread belongs to."""

    crew: _Crew | None = None


_here = _Here()


def processors() -> int:
    """How many may be used here for processes of their own."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def side_by_side(
    items: Sequence[_Item], sizes: Iterable[int], look: Callable[[_Item], LayerFacts]
) -> tuple[LayerFacts, ...]:
    """What `look` says of each, in order; side by side where several are large.

    `sizes` are those of the items in bytes, as somebody says. The largest are begun first.

    Raises:
        InputError: what `look` raised for the first of those that it failed for.
    """
    known = tuple(sizes)
    workers = min(processors(), MOST, sum(size >= LARGE for size in known))
    if workers < 2:
        return tuple(map(look, items))
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- most images need none

    crew = _Crew()
    order = sorted(range(len(items)), key=lambda place: -known[place])
    with ThreadPoolExecutor(workers) as pool:
        futures = {place: pool.submit(_in_turn, crew, look, items[place]) for place in order}
        try:
            return tuple(futures[place].result() for place in range(len(items)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.end()
            raise


def _in_turn(crew: _Crew, look: Callable[[_Item], LayerFacts], item: _Item) -> LayerFacts:
    with crew.turn:
        crew.check()
        _here.crew = crew
        return look(item)


def apart(analyse: Analyse) -> Analyse:
    """`analyse`, done by a process of its own for each large compressed layer of a local file.

    Only for those that are looked at side by side: one alone gains nothing by it.
    """

    def look(blob: Blob) -> LayerFacts:
        crew = _here.crew
        if crew is None or not _is_large(blob):
            return analyse(blob)
        facts = _by_child(blob, analyse, crew)
        # A child that was killed, as where memory is short, leaves its work to this process; so
        # does one that failed, for the error to be raised here.
        return analyse(blob) if facts is None else facts

    return look


def _is_large(blob: Blob) -> bool:
    mapped = blob.mapped()
    is_large = mapped is not None and len(mapped) >= LARGE
    return is_large and mapped is not None and compression(bytes(mapped[:_HEAD])) != ""


def _by_child(blob: Blob, analyse: Analyse, crew: _Crew) -> LayerFacts | None:
    """What a child answers; None where there is none to be had, or it comes to no answer."""
    try:
        child, reading = _forked(blob, analyse)
    except OSError:
        return None
    answer, code = crew.answer(child, reading)
    crew.check()
    return _understood(answer, code)


def _forked(blob: Blob, analyse: Analyse) -> tuple[int, int]:
    """A child at work, and where its answer is to be read.

    Interrupts are held back until the child can do without our handler: it must never run on as
    a second one of us.
    """
    reading, writing = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
    try:
        child = _fork()
        if child == 0:
            _answer(writing, blob, analyse)
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child, reading


def _fork() -> int:
    with warnings.catch_warnings():
        # From Python 3.12 on it warns of threads: ours wait, and hold nothing.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _answer(writing: int, blob: Blob, analyse: Analyse) -> NoReturn:
    """What the child does: it never comes back, nor runs what waits for the parent's end."""
    code = _FAILED
    try:
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPT)
        outcome = _outcome(blob, analyse)
        with open(writing, "wb") as stream:
            pickle.dump(outcome, stream, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)


def _outcome(blob: Blob, analyse: Analyse) -> LayerFacts | InputError:
    try:
        return analyse(blob)
    except InputError as error:
        return error


def _code_of(child: int) -> int:
    """The exit code of a child that has said all, the negative of a signal that ended it."""
    try:
        _, status = os.waitpid(child, 0)
    except ChildProcessError:  # whoever started us had the system forget our children
        return _FAILED
    return os.waitstatus_to_exitcode(status)


def _understood(answer: bytes, code: int) -> LayerFacts | None:
    if code == -signal.SIGINT:
        raise InputError("the image was not looked at: it was interrupted")
    if code != 0:
        return None
    found = pickle.loads(answer)  # noqa: S301 -- from our own child
    if isinstance(found, InputError):
        raise found
    return found if isinstance(found, LayerFacts) else None
