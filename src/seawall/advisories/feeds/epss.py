"""FIRST's Exploit Prediction Scoring System: how likely a flaw is to be exploited in 30 days.

https://www.first.org/epss/data_stats: a gzip'd CSV a day, a comment line, then
`cve,epss,percentile`.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from seawall.core.errors import InputError

ADDRESS = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
FILE = "epss_scores-current.csv.gz"

MAX_LINES = 2_000_000
MAX_LINE = 200
"""Bounds: there are 300,000 lines of 35 bytes."""

_HEADER = ["cve", "epss", "percentile"]


def read(path: Path) -> Iterator[tuple[str, float, float]]:
    """CVE ids, probabilities and percentiles, both from 0 to 1.

    Raises:
        InputError: damaged, or not of that shape.
    """
    try:
        with gzip.open(path, "rb") as file:
            for number in range(MAX_LINES + 2):
                line = file.readline(MAX_LINE)
                if not line:
                    return
                if (row := _row(line, number)) is not None:
                    yield row
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"no EPSS scores: {error}") from error
    raise InputError(f"no EPSS scores: more than {MAX_LINES:,} lines")


def _row(line: bytes, number: int) -> tuple[str, float, float] | None:
    if number < 2 and line.startswith(b"#"):
        return None
    parts = line.decode("ascii").strip().split(",")
    if number < 2 and parts == _HEADER:
        return None
    name, score, percentile = parts
    values = float(score), float(percentile)
    if not name.startswith("CVE-") or not all(0 <= value <= 1 for value in values):
        raise ValueError(f"line {number + 1} is {line[:60]!r}")
    return name, *values
