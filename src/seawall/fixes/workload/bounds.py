"""Bounds on resources as generous guard rails: they stop a fault, not the program's own work.

Memory is four times what the image takes at least, no less than 512 MiB, and 2 GiB where nothing
is known; never under twice what its own settings name (`-Xmx4g`) or what is reserved. One CPU,
since an engine refuses more than its machine has. 1,024 processes and threads, 65,536 files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.fixes.workload.knowledge import Known
from seawall.surfaces.cell import Cell
from seawall.surfaces.workload import Workload

PROCESSES = 1024
FILES = 65_536
CPUS = "1.0"
_LEAST, _UNKNOWN, _FACTOR = 512, 2048, 4
_NAMED = re.compile(
    r"(?:Xmx|mem(?:ory)?|heap|cache|buffer|size)[\w.-]{0,40}?[ =:]{0,3}"
    r"(\d{1,9}(?:\.\d{1,3})?) ?([kmg])i?b?\b"
    r"|max-old-space-size=(\d{1,9})",
    re.IGNORECASE,
)
_IN_MEBIBYTES = {"k": 1 / 1024, "m": 1.0, "g": 1024.0}


def mebibytes(known: Known, reserved: int = 0) -> int:
    """A limit on memory; `reserved` is what the file reserves, in bytes."""
    needs = known.needs
    base = _UNKNOWN
    if needs.memory is not None:
        least = _UNKNOWN if needs.is_platform or not known.holds else _LEAST
        base = max(least, _FACTOR * needs.memory)
    named = max(_named(known.workload), default=0.0)
    shared = known.workload.limits.shm_size
    wanted = max(base, 2 * named, 2 * reserved / 2**20)
    wanted += (shared.value or 0) / 2**20 if shared is not None else 0
    step = 512 if wanted <= 4096 else 1024
    return int(-(-wanted // step) * step)


def written(size: int, *, upper: bool = False) -> str:
    """Mebibytes as files have them: `512m`, `2g`."""
    number, unit = (size // 1024, "g") if size % 1024 == 0 else (size, "m")
    return f"{number}{unit.upper() if upper else unit}"


def as_written(memory: Cell[int]) -> str:
    """A size as the file has it, in the letters that every key takes; variables as they are."""
    return memory.written if "$" in memory.written else memory.written.lower()


def _named(workload: Workload) -> Iterator[float]:
    """Sizes that its own settings name, in MiB."""
    cells = [variable.value for variable in workload.environment]
    names = [variable.name for variable in workload.environment]
    cells += [*(workload.command or ()), *(workload.entrypoint or ())]
    names += [""] * (len(cells) - len(names))
    words = [f"{name}={cell.value}" for name, cell in zip(names, cells, strict=True) if cell.value]
    for found in _NAMED.finditer(" ".join(words)):
        if found[3]:
            yield float(found[3])
        else:
            yield float(found[1]) * _IN_MEBIBYTES[found[2].lower()]
