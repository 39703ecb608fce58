"""Two images side by side, in words: the same for a terminal, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.inventory import Comparison, FlawChange, PackageChange
from seawall.core.report import Report
from seawall.reports.figures import changed
from seawall.reports.summary import counted


class Change(Struct, frozen=True):
    """One line: `sign` is `+`, `-` or `~`; `level` is the severity of a flaw."""

    sign: str
    text: str
    level: str = ""


class Part(Struct, frozen=True):
    """A heading with its lines."""

    title: str
    changes: tuple[Change, ...] = ()


def compared(comparison: Comparison) -> Iterator[Part]:
    """Size (where it is known), flaws (the new ones first), packages."""
    if comparison.size_before or comparison.size_after:
        yield Part(f"size {changed(comparison.size_before, comparison.size_after)}")
    new, gone = comparison.new, comparison.gone
    yield Part(
        f"flaws: {len(new)} new, {len(gone)} gone, {comparison.same} in both",
        (*(_flaw("+", each) for each in new), *(_flaw("-", each) for each in gone)),
    )
    added, removed, changes = comparison.added, comparison.removed, comparison.changed
    yield Part(
        f"packages: {len(added)} added, {len(removed)} removed, {len(changes)} changed",
        (
            *(_package("+", each) for each in added),
            *(_package("-", each) for each in removed),
            *(_package("~", each) for each in changes),
        ),
    )


def verdict_on(report: Report) -> str:
    """The difference in a sentence; empty where no images are compared."""
    comparison = report.comparison
    if comparison is None:
        return ""
    names = {comparison.before, comparison.after}
    if any(problem.target in names for problem in report.problems):
        return "Not all of both could be examined: what differs may be more than this."
    return _difference(comparison)


def _difference(comparison: Comparison) -> str:
    new, gone = len(comparison.new), len(comparison.gone)
    if not new and not gone:
        return f"Both have the same flaws ({comparison.same})."
    more = counted(new, "new flaw") if new else "no new flaw"
    return f"The second has {more}, and {gone or 'none'} of the first's {_are(gone)} gone."


def _are(number: int) -> str:
    return "is" if number <= 1 else "are"


def _package(sign: str, change: PackageChange) -> Change:
    versions = " → ".join(filter(None, (change.before, change.after)))
    return Change(sign, f"{change.ecosystem} {change.name} {versions}")


def _flaw(sign: str, flaw: FlawChange) -> Change:
    fixed = f", fixed in {flaw.fixed}" if flaw.fixed else ", no fix yet"
    exploited = "; attackers use it" if flaw.exploited else ""
    text = f"{flaw.id} in {flaw.package} {flaw.installed}{fixed}{exploited}"
    return Change(sign, text, flaw.severity)
