"""GitLab's code quality report: what a merge request shows beside its changed lines."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from seawall.core.model import Finding, Problem, Severity, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.paths import relative
from seawall.reports.summary import shown

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}
_UNKNOWN = "info"


class _Lines(Struct, frozen=True):
    begin: int
    end: int


class _Place(Struct, frozen=True):
    path: str
    lines: _Lines


class _Issue(Struct, frozen=True):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: _Place


def render(report: Report, options: RenderOptions) -> str:  # noqa: ARG001 -- as every format
    """An array of issues; what could not be examined is one too, as a blocker."""
    issues = [*map(_problem, report.problems), *map(_finding, shown(report))]
    return msgspec.json.encode([*_distinct(issues)]).decode() + "\n"


def _finding(finding: Finding) -> _Issue:
    unknown = finding.verdict is Verdict.UNKNOWN
    message = f"{finding.title}: {finding.message}" if finding.message else finding.title
    span = finding.location.span
    return _Issue(
        description=f"{'Undecided: ' if unknown else ''}{message}",
        check_name=finding.rule,
        fingerprint=finding.fingerprint,
        severity=_UNKNOWN if unknown else _SEVERITIES[finding.severity],
        location=_Place(relative(finding.location.path), _Lines(span.line, span.end_line)),
    )


def _problem(problem: Problem) -> _Issue:
    line = problem.line or 1
    return _Issue(
        description=f"Could not be examined: {problem.reason}",
        check_name="not-examined",
        fingerprint=f"not-examined/{problem.target}/{problem.reason}",
        severity="blocker",
        location=_Place(relative(problem.target), _Lines(line, line)),
    )


def _distinct(issues: list[_Issue]) -> Iterator[_Issue]:
    """GitLab drops an issue whose fingerprint it has seen, so a repeated one gets a number."""
    seen: dict[str, int] = {}
    for issue in issues:
        count = seen[issue.fingerprint] = seen.get(issue.fingerprint, 0) + 1
        if count == 1:
            yield issue
        else:
            yield msgspec.structs.replace(issue, fingerprint=f"{issue.fingerprint}-{count}")
