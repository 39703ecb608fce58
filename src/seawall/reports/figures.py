"""Figures as people read them: sizes, probabilities, counts by severity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seawall.core.inventory import Advice, ImageSummary
from seawall.core.model import Severity
from seawall.reports.summary import counted

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


def clearing(advice: Advice) -> str:
    """What a step clears: `clears 1 critical, 2 high (1 exploited): CVE-…, CVE-… and 1 more`."""
    if advice.kind == "wait":
        counts = by_severity(advice.clears)
    else:
        counts = f"clears {by_severity(advice.clears)}" if advice.clears else ""
    if advice.exploited:
        counts += f" ({advice.exploited} that attackers use)"
    ids = listed(advice.ids, sum(advice.clears.values()))
    return f"{counts}: {ids}" if ids else counts


def facts_of(image: ImageSummary) -> Iterator[tuple[str, str]]:
    """What there is to know of an image, by name."""
    yield "platform", image.platform
    support = f", {image.support}" if image.support else ""
    yield "distribution", f"{image.distribution}{support}" if image.distribution else ""
    number = sum(image.packages.values())
    kinds = sorted(image.packages.items(), key=lambda pair: (-pair[1], pair[0]))
    told = ", ".join(f"{amount:,} {kind}" for kind, amount in kinds)
    yield "packages", f"{number:,} ({told})" if told else "none"
    base = sum(layer.is_base for layer in image.layers)
    of_base = f", {base} of them of the base image" if base else ""
    if image.size:
        yield "size", f"{sized(image.size)} in {counted(len(image.layers), 'layer')}{of_base}"
