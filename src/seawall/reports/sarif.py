"""SARIF 2.1.0, as GitHub code scanning and other viewers take it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from seawall.core.model import Confidence, Finding, Flaw, InLayer, Notice, Problem, Safety, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.edits import Replacement, changes
from seawall.reports.masking import Sources
from seawall.reports.paths import uri
from seawall.reports.sarif_rules import LEVELS, Descriptors, rule_id

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_MOST_RESULTS = 5000
"""GitHub takes this many results of one run and drops the others."""
_SNIPPET = 1000
_KINDS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.UNKNOWN: "open"}
_RANKS = {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}

Json = dict[str, object]


def render(report: Report, options: RenderOptions) -> str:
    """One run; the worst findings where there are more than GitHub takes, which is then said."""
    return (
        msgspec.json.encode(
            {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report, options)]}
        ).decode()
        + "\n"
    )


def _run(report: Report, options: RenderOptions) -> Json:
    findings = _worst(report)
    descriptors = Descriptors()
    sources = Sources(report.excerpts)
    results = [_result(finding, descriptors, sources) for finding in findings]
    driver: Json = {"name": "Seawall", "rules": descriptors.rows}
    if options.version:
        driver["version"] = options.version
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, options)],
        "artifacts": [{"location": {"uri": uri(target.name)}} for target in report.targets],
        "results": results,
        "properties": {"profile": options.profile, "failOn": options.fail_on.value},
    }


def _worst(report: Report) -> list[Finding]:
    findings = list(report.findings)
    if len(findings) <= _MOST_RESULTS:
        return findings
    worst = sorted(findings, key=lambda f: (f.suppressed is not None, f.severity.rank))
    return worst[:_MOST_RESULTS]


def _result(finding: Finding, descriptors: Descriptors, sources: Sources) -> Json:
    fails = finding.verdict is Verdict.FAIL
    result: Json = {
        "ruleId": rule_id(finding),
        "ruleIndex": descriptors.index(finding),
        "kind": _KINDS[finding.verdict],
        "level": LEVELS[finding.severity] if fails else "none",
        "rank": _RANKS[finding.confidence],
        "message": {"text": _message(finding)},
        "locations": [_location(finding, sources)],
        "partialFingerprints": {"seawall/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "practice": finding.practice,
            "remedy": finding.remedy,
            **(_flaw(finding.flaw) if finding.flaw else {}),
        },
    }
    if related := [*_related(finding)]:
        result["relatedLocations"] = related
    if finding.suppressed is not None:
        result["suppressions"] = [_suppression(finding)]
    if fixes := _fixes(finding, sources):
        result["fixes"] = fixes
    return result


def _message(finding: Finding) -> str:
    if finding.verdict is Verdict.UNKNOWN and finding.remedy:
        text = f"Undecided: {finding.message} To settle it: {finding.remedy}"
    else:
        text = finding.message or finding.title
    # `[text](target)` is a link in a message, and what is quoted in it may be anybody's.
    return text.replace("](", "] (")


def _flaw(flaw: Flaw) -> Json:
    """What is known of a flaw; what nobody has told is left out."""
    known: Json = {
        "package": flaw.package,
        "installed": flaw.installed,
        "fixed": list(flaw.fixed),
        "aliases": list(flaw.aliases),
        "cvss": flaw.cvss,
        "exploitedSince": flaw.exploited,
    }
    known |= {"cvssScore": flaw.score} if flaw.score >= 0 else {}
    known |= {"epss": flaw.epss} if flaw.epss >= 0 else {}
    return {name: value for name, value in known.items() if value not in ("", [])}


def _location(finding: Finding, sources: Sources) -> Json:
    if finding.layer is not None and finding.layer.path:
        return _in_image(finding, finding.layer)
    place, span = finding.location, finding.location.span
    region: Json = _region(span.line, span.column, span.end_line, span.end_column)
    masked = sources.of(finding.target, span)
    if masked is not None and (text := masked.text(span, _SNIPPET)):
        region["snippet"] = {"text": text}
    location: Json = {
        "physicalLocation": {"artifactLocation": {"uri": uri(place.path)}, "region": region}
    }
    if logical := [*_logical(finding)]:
        location["logicalLocations"] = logical
    return location


def _in_image(finding: Finding, layer: InLayer) -> Json:
    """A file of an image: its path goes on behind the image's name."""
    place = f"{finding.location.path}/{layer.path}"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(place)},
            "region": {"startLine": 1},
        },
        "logicalLocations": [*_logical(finding)],
    }


def _logical(finding: Finding) -> Iterator[Json]:
    if finding.location.symbol:
        yield {"fullyQualifiedName": finding.location.symbol}
    if finding.flaw is not None:
        yield {"fullyQualifiedName": finding.flaw.package, "kind": "module"}
    if finding.layer is not None:
        layer = finding.layer
        name = f"layer {layer.index + 1}: {layer.instruction}"
        yield {"name": name, "fullyQualifiedName": layer.diff_id or name, "kind": "resource"}


def _region(line: int, column: int, end_line: int, end_column: int) -> Json:
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _related(finding: Finding) -> Iterator[Json]:
    for link in finding.evidence:
        physical: Json = {"artifactLocation": {"uri": uri(finding.location.path)}}
        if link.line:
            physical["region"] = {"startLine": link.line}
        yield {"physicalLocation": physical, "message": {"text": link.what}}


def _suppression(finding: Finding) -> Json:
    cause = finding.suppressed
    assert cause is not None  # noqa: S101 -- asked for suppressed findings only
    until = f" (until {cause.until})" if cause.until else ""
    return {
        "kind": "inSource" if cause.kind == "inline" else "external",
        "status": "accepted",
        "justification": f"{cause.reason or cause.kind}{until}",
    }


def _fixes(finding: Finding, sources: Sources) -> list[Json]:
    """What may be put in, without asking or with a warning; a proposal is for a person."""
    fix = finding.fix
    edited = changes(finding, sources)
    if fix is None or fix.safety is Safety.GUIDED or not edited:
        return []
    unsafe = "" if fix.safety is Safety.SAFE else " (may change what is built or run)"
    return [
        {
            "description": {"text": f"{fix.title}{unsafe}"},
            "artifactChanges": [_change(path, own) for path, own in edited.items()],
        }
    ]


def _change(path: str, edits: Sequence[Replacement]) -> Json:
    return {
        "artifactLocation": {"uri": uri(path)},
        "replacements": [
            {
                "deletedRegion": _region(edit.line, edit.column, edit.end_line, edit.end_column),
                "insertedContent": {"text": edit.text},
            }
            for edit in edits
        ],
    }


def _invocation(report: Report, options: RenderOptions) -> Json:
    notifications = [*map(_problem, report.problems), *map(_notice, report.notices)]
    left = len(report.findings) - _MOST_RESULTS
    if left > 0:
        text = f"{left} findings are left out: the {_MOST_RESULTS} worst are reported."
        notifications.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": not report.problems,
        "exitCode": report.exit_code(options.fail_on),
        "toolExecutionNotifications": notifications,
    }


def _problem(problem: Problem) -> Json:
    text = f"Could not be examined: {problem.reason} {problem.hint}".strip()
    return _notification("error", text, problem.target, problem.line)


def _notice(notice: Notice) -> Json:
    return _notification("note", notice.message, notice.target, notice.line)


def _notification(level: str, text: str, target: str, line: int | None) -> Json:
    if not target:
        return {"level": level, "message": {"text": text}}
    physical: Json = {"artifactLocation": {"uri": uri(target)}}
    if line:
        physical["region"] = {"startLine": line}
    return {
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
    }
