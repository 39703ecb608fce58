"""Annotations on the lines of a pull request: workflow commands of GitHub Actions."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from seawall.core.model import Finding, Notice, Problem, Severity, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.paths import relative
from seawall.reports.summary import closing, images_of, shown

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render(report: Report, options: RenderOptions) -> str:
    """Problems first, then findings worst first: GitHub shows ten of each level and step."""
    findings = sorted(shown(report), key=lambda finding: finding.severity.rank)
    images = images_of(report)
    lines = [_problem(problem, images) for problem in report.problems]
    lines += [_finding(finding, images) for finding in findings]
    lines += [*map(_notice, report.notices), *_closing(report, options)]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding, images: Collection[str]) -> str:
    unknown = finding.verdict is Verdict.UNKNOWN
    word = "unknown" if unknown else finding.severity.value
    title = {"title": f"{word}[{finding.rule}]: {finding.title}"}
    is_image = finding.target in images
    properties = title if is_image else _place(finding) | title
    message = f"{finding.target}: {finding.message}" if is_image else finding.message
    remedy = f"{'To settle it' if unknown else 'Fix'}: {finding.remedy}" if finding.remedy else ""
    text = "\n".join(filter(None, (message, remedy)))
    return _command("warning" if unknown else _LEVELS[finding.severity], properties, text)


def _place(finding: Finding) -> dict[str, str]:
    """The lines of a file; GitHub takes columns only for a place on one of them."""
    span = finding.location.span
    lines = {
        "file": relative(finding.location.path),
        "line": str(span.line),
        "endLine": str(span.end_line),
    }
    if span.line != span.end_line:
        return lines
    end = max(span.end_column - 1, span.column)
    return lines | {"col": str(span.column), "endColumn": str(end)}


def _problem(problem: Problem, images: Collection[str]) -> str:
    is_image = problem.target in images
    properties = {} if is_image else {"file": relative(problem.target)}
    properties["title"] = "could not be examined"
    if problem.line:
        properties["line"] = str(problem.line)
    reason = f"{problem.target}: {problem.reason}" if is_image else problem.reason
    text = "\n".join(filter(None, (reason, problem.hint)))
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
