"""Layers looked at by processes of their own: two large ones keep two processors busy.

Threads alone can't: the walk over headers holds the interpreter's lock. A child is forked, so it
has the blob's memory and the analysers as they are, does nothing but the pure function, and gives
its answer through a pipe. Only on Linux: elsewhere a fork beside threads is not safe with the
system's own libraries.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, TypeVar

from seawall.core.errors import InputError
from seawall.surfaces.image.blob import Analyse, Blob, LayerFacts
from seawall.surfaces.image.inflate import compression

LARGE = 48 * 1024 * 1024
"""Stored bytes of a compressed layer from which a process of its own is worth its while."""

_HEAD = 6
_Item = TypeVar("_Item")


def processors() -> int:
    """How many may be used here for processes of their own."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def side_by_side(
    items: Sequence[_Item], sizes: Iterable[int], look: Callable[[_Item], LayerFacts]
) -> tuple[LayerFacts, ...]:
    """What `look` says of each; side by side where several are large.

    Raises:
        InputError: what `look` raised first.
    """
    workers = min(processors(), sum(size >= LARGE for size in sizes))
    if workers < 2:
        return tuple(map(look, items))
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- most images need none

    with ThreadPoolExecutor(workers) as pool:
        try:
            return tuple(pool.map(look, items))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def apart(analyse: Analyse) -> Analyse:
    """`analyse`, done by a process of its own for each large compressed layer of a local file."""

    def look(blob: Blob) -> LayerFacts:
        if processors() < 2 or not _is_large(blob):
            return analyse(blob)
        facts = _by_child(blob, analyse)
        # A child that was killed, as where memory is short, leaves its work to this process.
        return analyse(blob) if facts is None else facts

    return look


def _is_large(blob: Blob) -> bool:
    mapped = blob.mapped()
    is_large = mapped is not None and len(mapped) >= LARGE
    return is_large and mapped is not None and compression(bytes(mapped[:_HEAD])) != ""


def _by_child(blob: Blob, analyse: Analyse) -> LayerFacts | None:
    """What a child answers; None where it comes to no answer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(writing, blob, analyse)
    os.close(writing)
    try:
        with open(reading, "rb") as stream:
            answer = stream.read()
    finally:
        _, status = os.waitpid(child, 0)
    return _understood(answer, os.waitstatus_to_exitcode(status))


def _answer(writing: int, blob: Blob, analyse: Analyse) -> NoReturn:
    """What the child does: it never comes back, nor runs what waits for the parent's end."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
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


def _understood(answer: bytes, code: int) -> LayerFacts | None:
    if code == -signal.SIGINT:
        raise InputError("the image was not looked at: it was interrupted")
    if code != 0:
        return None
    found = pickle.loads(answer)  # noqa: S301 -- from our own child
    if isinstance(found, InputError):
        raise found
    return found if isinstance(found, LayerFacts) else None
