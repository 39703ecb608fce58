"""JUnit XML: a suite for each target, a failure for each finding, an error for each problem."""

from __future__ import annotations

from collections.abc import Iterator
from re import compile as pattern

from seawall.core.model import Finding, Problem, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.summary import images_of, shown

# Cleaned text holds no controls but tab and line feed; these two XML 1.0 does not allow either.
_NO_XML = pattern("[\ufffe\uffff]")


def render(report: Report, options: RenderOptions) -> str:  # noqa: ARG001 -- as every format
    """The suites of all targets; a target without fault has one test case that passed."""
    suites = _suites(report)
    images = images_of(report)
    failures = sum(len(findings) for findings, _ in suites.values())
    errors = sum(len(problems) for _, problems in suites.values())
    tests = sum(max(len(findings) + len(problems), 1) for findings, problems in suites.values())
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="seawall" tests="{tests}" failures="{failures}" errors="{errors}">',
        *(
            line
            for name, content in suites.items()
            for line in _suite(name, *content, name in images)
        ),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


_Suites = dict[str, tuple[list[Finding], list[Problem]]]


def _suites(report: Report) -> _Suites:
    suites: _Suites = {target.name: ([], []) for target in report.targets}
    for finding in shown(report):
        suites.setdefault(finding.target, ([], []))[0].append(finding)
    for problem in report.problems:
        suites.setdefault(problem.target, ([], []))[1].append(problem)
    return suites


def _suite(
    name: str, findings: list[Finding], problems: list[Problem], is_image: bool
) -> Iterator[str]:
    tests = max(len(findings) + len(problems), 1)
    yield (
        f'  <testsuite name="{_attribute(name)}" tests="{tests}"'
        f' failures="{len(findings)}" errors="{len(problems)}" skipped="0">'
    )
    for problem in problems:
        yield from _error(problem)
    for finding in findings:
        yield from _failure(finding, is_image)
    if not findings and not problems:
        command = "scan" if is_image else "check"
        yield f'    <testcase name="seawall {command}" classname="{_attribute(name)}"/>'
    yield "  </testsuite>"


def _failure(finding: Finding, is_image: bool) -> Iterator[str]:
    span = finding.location.span
    unknown = finding.verdict is Verdict.UNKNOWN
    word = "unknown" if unknown else finding.severity.value
    place = (
        finding.location.path if is_image else f"{finding.location.path}:{span.line}:{span.column}"
    )
    remedy = f"{'Settle' if unknown else 'Fix'}: {finding.remedy}" if finding.remedy else ""
    body = "\n".join(filter(None, (place, finding.message, finding.why, remedy)))
    where = finding.location.symbol if is_image else f"at line {span.line}"
    line = "" if is_image else f' line="{span.line}"'
    yield (
        f'    <testcase name="{_attribute(f"{finding.rule} {where}".strip())}"'
        f' classname="{_attribute(finding.location.path)}"'
        f' file="{_attribute(finding.location.path)}"{line}>'
    )
    message = _attribute(f"{word}: {finding.title}")
    kind = _attribute(f"{word}[{finding.rule}]")
    yield f'      <failure type="{kind}" message="{message}">{_escaped(body)}</failure>'
    yield "    </testcase>"


def _error(problem: Problem) -> Iterator[str]:
    name = _attribute(problem.target)
    body = "\n".join(filter(None, (problem.reason, problem.hint)))
    yield f'    <testcase name="could not be examined" classname="{name}" file="{name}">'
    message = _attribute(problem.reason)
    yield f'      <error type="not-examined" message="{message}">{_escaped(body)}</error>'
    yield "    </testcase>"


def _escaped(text: str) -> str:
    text = _NO_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
