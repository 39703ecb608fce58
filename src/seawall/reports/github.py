"""Annotations on the lines of a pull request: workflow commands of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Finding, Notice, Problem, Severity, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.paths import relative
from seawall.reports.summary import closing, shown

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render(report: Report, options: RenderOptions) -> str:
    """Problems first, then findings worst first: GitHub shows ten of each level and step."""
    findings = sorted(shown(report), key=lambda finding: finding.severity.rank)
    lines = [*map(_problem, report.problems), *map(_finding, findings)]
    lines += [*map(_notice, report.notices), *_closing(report, options)]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> str:
    span = finding.location.span
    unknown = finding.verdict is Verdict.UNKNOWN
    properties = {
        "file": relative(finding.location.path),
        "line": str(span.line),
        "endLine": str(span.end_line),
        "col": str(span.column),
        "endColumn": str(max(span.end_column - 1, span.column)),
        "title": f"{'unknown' if unknown else finding.severity.value}[{finding.rule}]: "
        f"{finding.title}",
    }
    # GitHub takes columns only for a place on one line.
    if span.line != span.end_line:
        del properties["col"], properties["endColumn"]
    remedy = f"{'To settle it' if unknown else 'Fix'}: {finding.remedy}" if finding.remedy else ""
    text = "\n".join(filter(None, (finding.message, remedy)))
    return _command("warning" if unknown else _LEVELS[finding.severity], properties, text)


def _problem(problem: Problem) -> str:
    properties = {"file": relative(problem.target), "title": "could not be examined"}
    if problem.line:
        properties["line"] = str(problem.line)
    text = "\n".join(filter(None, (problem.reason, problem.hint)))
    return _command("error", properties, text)


def _notice(notice: Notice) -> str:
    properties = {"file": relative(notice.target)} if notice.target else {}
    properties["title"] = "seawall"
    if notice.line:
        properties["line"] = str(notice.line)
    return _command("notice", properties, notice.message)


def _closing(report: Report, options: RenderOptions) -> Iterator[str]:
    level = "error" if report.exit_code(options.fail_on) else "notice"
    yield _command(level, {"title": "seawall"}, "\n".join(closing(report, options.fail_on)))


def _command(level: str, properties: dict[str, str], text: str) -> str:
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {written}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
