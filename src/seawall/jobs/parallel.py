"""Runs one function over many inputs, on several processors where that pays."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

_In = TypeVar("_In")
_Out = TypeVar("_Out")

ENOUGH_TO_SHARE = 300
"""Inputs from which starting processes costs less than it saves."""
_CHUNK = 32


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_alone(number: int, jobs: int = 0) -> bool:
    """Whether this process examines all of so many inputs by itself."""
    if not jobs:
        jobs = processors() if number >= ENOUGH_TO_SHARE else 1
    return jobs == 1 or number <= 1


def map_all(
    function: Callable[[_In], _Out],
    inputs: Sequence[_In],
    on_death: Callable[[_In], _Out],
    jobs: int = 0,
) -> Generator[_Out, None, None]:
    """Yield `function` of every input, in their order.

    `jobs` is the number of processes, 0 for what suits. `function` and its results must pickle.
    An input whose process dies yields `on_death` of it, and no other input suffers.
    """
    if is_alone(len(inputs), jobs):
        yield from map(function, inputs)
        return
    jobs = jobs or processors()
    chunks = [inputs[i : i + _CHUNK] for i in range(0, len(inputs), _CHUNK)]
    for chunk, results in zip(chunks, _map_chunks(function, chunks, jobs), strict=True):
        yield from _one_by_one(function, chunk, on_death) if results is None else results


def _map_chunks(
    function: Callable[[_In], _Out], chunks: Sequence[Sequence[_In]], jobs: int
) -> Iterator[list[_Out] | None]:
    """The results of each chunk; None where a process died before it was done."""
    pool = _pool(min(jobs, len(chunks)))
    try:
        for future in [pool.submit(_run, function, chunk) for chunk in chunks]:
            yield _result(future)
    finally:
        # On an interrupt: what is queued is dropped, what runs ends with its chunk.
        pool.shutdown(wait=True, cancel_futures=True)


def _one_by_one(
    function: Callable[[_In], _Out], chunk: Sequence[_In], on_death: Callable[[_In], _Out]
) -> Iterator[_Out]:
    """Examine again what a dead process left, each input in a process of its own."""
    for each in chunk:
        results = next(_map_chunks(function, [[each]], 1))
        yield on_death(each) if results is None else results[0]


def _run(function: Callable[[_In], _Out], chunk: Sequence[_In]) -> list[_Out]:
    return [function(each) for each in chunk]


def _result(future: Future[list[_Out]]) -> list[_Out] | None:
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 -- few runs need it

    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _pool(workers: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 -- few runs need it

    return ProcessPoolExecutor(workers, initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    import signal  # noqa: PLC0415 -- in a worker only

    signal.signal(signal.SIGINT, signal.SIG_IGN)
