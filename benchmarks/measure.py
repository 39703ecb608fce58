"""Runs a command and says what it cost: processor time, peak memory, wall time."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds, and megabytes (10^6 bytes) at the peak."""

    processor: float
    wall: float
    memory: float
    exit_code: int


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run to the end with the output thrown away; the costs are the child's and its children's.

    Processor time is user plus system, as wait4 gives it, so that neighbours on the machine
    count little. Memory is the greatest resident set of any one process.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        usage.ru_utime + usage.ru_stime,
        time.perf_counter() - started,
        usage.ru_maxrss * 1024 / 1e6,
        process.returncode,
    )


def median(
    command: Sequence[str], runs: int, environment: dict[str, str] | None = None
) -> tuple[Cost, tuple[float, float]]:
    """The run with the median processor time, and the least and greatest of all runs."""
    costs = [run(command, environment) for _ in range(runs)]
    costs.sort(key=lambda cost: cost.processor)
    middle = costs[len(costs) // 2]
    assert middle.processor >= statistics.median_low([cost.processor for cost in costs])
    return middle, (costs[0].processor, costs[-1].processor)


def dockerfiles(directory: Path) -> list[Path]:
    """Every Dockerfile under a directory, by name."""
    found = {
        path
        for pattern in ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile")
        for path in directory.rglob(pattern)
        if path.is_file()
    }
    return sorted(found)
