"""What a run comes to in numbers and in a sentence; the same in every format."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from seawall.core.model import Finding, Notice, Safety, Severity, Verdict
from seawall.core.report import Report

_KINDS = {"dockerfile": "Dockerfile", "compose": "Compose file", "run": "file with run lines"}
# A repository is looked at around them: it is no input to count.
_UNCOUNTED = "repository"
_IMAGE = "image"


class Counts(Struct, frozen=True):
    """Findings by severity, and those that could not be decided."""

    by_severity: dict[Severity, int]
    unknown: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_severity.values()) + self.unknown


class Tally(Struct, frozen=True):
    """The counts of a run; `over` are the findings and unknowns at or over the threshold."""

    counts: Counts
    suppressed: int
    hidden: dict[str, int]
    problems: int
    over: int


def shown(report: Report) -> list[Finding]:
    """What people act on: neither suppressed nor passed."""
    return [
        finding
        for finding in report.findings
        if finding.suppressed is None and finding.verdict is not Verdict.PASS
    ]


def images_of(report: Report) -> frozenset[str]:
    """The targets that are images: lines of theirs are nowhere to be opened."""
    return frozenset(target.name for target in report.targets if target.kind == _IMAGE)


def count(findings: Iterable[Finding]) -> Counts:
    """Count findings, those of each severity without the undecided ones."""
    by_severity, unknown = dict.fromkeys(Severity, 0), 0
    for finding in findings:
        if finding.verdict is Verdict.UNKNOWN:
            unknown += 1
        elif finding.verdict is Verdict.FAIL:
            by_severity[finding.severity] += 1
    return Counts(by_severity, unknown)


def tally(report: Report, fail_on: Severity) -> Tally:
    """Count a report."""
    findings = shown(report)
    return Tally(
        counts=count(findings),
        suppressed=sum(finding.suppressed is not None for finding in report.findings),
        hidden=dict(report.hidden),
        problems=len(report.problems),
        over=sum(finding.severity.at_least(fail_on) for finding in findings),
    )


def closing(report: Report, fail_on: Severity) -> list[str]:
    """The lines that end a report for people: what was examined, what was found, what was not.

    Says that nothing is at or over the threshold only where everything could be examined.
    """
    run = tally(report, fail_on)
    if run.counts.total == 0:
        first, suppressed = _nothing(report, run, fail_on), 0
    else:
        first, suppressed = _found(report, run, fail_on), run.suppressed
    return [first, *_left_out(run, suppressed), *_incomplete(report, run.counts)]


def is_mended(finding: Finding, safety: Safety) -> bool:
    """Whether a fix of that safety mends a finding."""
    fix = finding.fix
    return fix is not None and fix.safety is safety and bool(fix.edits or fix.files)


def fixable(report: Report, command: str) -> list[str]:
    """What mends how many of the findings; nothing where nothing does."""
    findings = shown(report)
    safe = sum(is_mended(finding, Safety.SAFE) for finding in findings)
    unsafe = sum(is_mended(finding, Safety.UNSAFE) for finding in findings)
    if safe:
        more = f"; {unsafe} more with --unsafe" if unsafe else ""
        return [f"{safe} of these can be fixed: {command}{more}"]
    return [f"{unsafe} of these can be fixed: {command} --unsafe"] if unsafe else []


def said(notice: Notice) -> str:
    """A notice with its place before it, where it has one."""
    place = notice.target + (f":{notice.line}" if notice.line else "")
    return f"{place}: {notice.message}" if place else notice.message


def severities(counts: Counts) -> str:
    """`1 critical, 2 high`: the severities that occur, worst first."""
    pairs = [f"{n} {severity.value}" for severity, n in counts.by_severity.items() if n]
    return ", ".join(pairs + ([f"{counts.unknown} unknown"] if counts.unknown else []))


def counted(number: int, thing: str) -> str:
    """`1 finding`, `2 findings`, `2 files with run lines`."""
    if number == 1:
        return f"1 {thing}"
    noun, space, rest = thing.partition(" with ")
    return f"{number} {noun}s{space}{rest}"


def _nothing(report: Report, run: Tally, fail_on: Severity) -> str:
    """What is said where no finding is shown; that all were suppressed is no small print."""
    amiss = {problem.target for problem in report.problems}
    whole = _kinds(report, _names(report) - amiss)
    in_part = _kinds(report, _names(report) & amiss & set(report.excerpts))
    examined = [f"{whole} examined"] if whole else []
    examined += [f"{in_part} examined in part"] if in_part else []
    if not examined:
        return "Nothing was examined."
    found = "nothing to report in what was read" if amiss else f"nothing at or over {fail_on.value}"
    suppressed = f"; {run.suppressed} suppressed" if run.suppressed else ""
    return f"{_listed(examined)}, {found}{suppressed}."


def _found(report: Report, run: Tally, fail_on: Severity) -> str:
    places = {finding.target for finding in shown(report)}
    among = _kinds(report, _names(report)) or counted(len(places), "target")
    number = counted(run.counts.total, "finding")
    names = _names(report)
    if not names:
        found = f"{number} in {among}"
    elif len({t.kind for t in report.targets if t.name in names}) > 1 or not places <= names:
        found = f"{among} examined, {number}"
    else:
        found = f"{number} in {len(places)} of {among}"
    is_pass = not report.problems and not run.over
    nothing = f"; nothing at or over {fail_on.value}" if is_pass else ""
    return f"{found}: {severities(run.counts)}{nothing}."


def _names(report: Report) -> set[str]:
    return {target.name for target in report.targets if target.kind != _UNCOUNTED}


def _kinds(report: Report, names: set[str]) -> str:
    """The targets of these names, counted by kind."""
    kinds: dict[str, int] = {}
    for name, kind in dict.fromkeys((target.name, target.kind) for target in report.targets):
        if name in names:
            kinds[kind] = kinds.get(kind, 0) + 1
    return _listed(counted(n, _KINDS.get(kind, kind)) for kind, n in kinds.items())


def _left_out(run: Tally, suppressed: int) -> list[str]:
    parts = [f"{suppressed} suppressed"] if suppressed else []
    reasons = {reason: number for reason, number in run.hidden.items() if number}
    if len(reasons) == 1:
        parts += (f"{number} hidden by {reason}" for reason, number in reasons.items())
    elif reasons:
        by = ", ".join(f"{number} by {reason}" for reason, number in reasons.items())
        parts.append(f"{sum(reasons.values())} hidden ({by})")
    return [f"{', '.join(parts)}."] if parts else []


def _incomplete(report: Report, counts: Counts) -> list[str]:
    lines = []
    if counts.unknown:
        lines.append(f"{counts.unknown} could not be decided: see what would settle it above.")
    if report.problems:
        amiss = {problem.target for problem in report.problems}
        whole = " whole" if amiss & set(report.excerpts) else ""
        lines.append(f"{len(amiss)} could not be examined{whole}, so this run is not a pass.")
    return lines


def _listed(parts: Iterable[str]) -> str:
    *most, last = [*parts] or [""]
    return f"{', '.join(most)} and {last}" if most else last
