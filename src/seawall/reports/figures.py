"""Figures as people read them: sizes, probabilities, counts by severity."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.model import Severity

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


def sized(number: int) -> str:
    """Bytes in the largest unit that leaves a figure before the point: `1.7 GB`."""
    value, unit = float(number), _UNITS[0]
    for larger in _UNITS[1:]:
        if round(value, 1) < _STEP:
            break
        value, unit = value / _STEP, larger
    return f"{number} B" if unit == _UNITS[0] else f"{value:.1f} {unit}"


def changed(before: int, after: int) -> str:
    """`1.7 GB → 1.6 GB (-6%)`."""
    if not before:
        return f"{sized(before)} → {sized(after)}"
    return f"{sized(before)} → {sized(after)} ({(after - before) / before:+.0%})"


def likely(probability: float) -> str:
    """A probability in per cent; empty where it is not known (-1)."""
    if probability < 0:
        return ""
    return "<1%" if probability < 0.01 else f"{min(probability, 1):.0%}"


def by_severity(counts: Mapping[str, int]) -> str:
    """`1 critical, 2 high`: those that there are, the worst first."""
    return ", ".join(
        f"{counts[each.value]} {each.value}" for each in Severity if counts.get(each.value)
    )


def listed(names: tuple[str, ...], total: int) -> str:
    """`a, b and 3 more`, of as many as there are in all."""
    more = total - len(names)
    text = ", ".join(names)
    return f"{text} and {more} more" if more > 0 and names else text
