"""One input from its file to its findings; whatever goes wrong stays with that input."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from seawall.core.model import (
    Evidence,
    Finding,
    Hit,
    Location,
    Problem,
    Region,
    Severity,
    Verdict,
)
from seawall.core.report import Excerpt
from seawall.core.rule import Rule
from seawall.core.source import Source
from seawall.core.standards import Citation
from seawall.jobs.governance import Ruling
from seawall.jobs.judge import Crash, judge
from seawall.rules import checks_on
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read as read_dockerfile

KIND = "dockerfile"
"""What `Target.kind` says of this surface."""
_REFUSED = "BuildKit refuses this file; what could be read of it was judged."
_REPORT_IT = "Please report it, with the file if you can share it."


class Build(Struct, frozen=True):
    """What the build is told on its command line."""

    arguments: Mapping[str, str] = {}
    target: str = ""


class Examination(Struct, frozen=True):
    """What one source came to before policy has its say; `facts` is None where reading failed."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    excerpt: Excerpt | None = None
    facts: Dockerfile | None = None


def examine(source: Source, ruling: Ruling, build: Build) -> Examination:
    """Read a source, judge it, and make findings of what the rules see.

    What BuildKit would refuse is a problem, and what was read of it is judged all the same. Rules
    whose findings can't count are judged too, to be counted, but may crash unheard.
    """
    try:
        facts = read_dockerfile(source, build.arguments, build.target)
    except Exception as error:
        return Examination(problems=(bug(source.path, "reading it failed", error),))
    problems = [Problem(source.path, e.message, _REFUSED, e.line) for e in facts.errors]
    findings: list[Finding] = []
    secrets: list[Region] = []
    crashes: list[Crash] = []
    for outcome in judge(facts, checks_on(Dockerfile), ruling.settings):
        if isinstance(outcome, Crash):
            crashes.append(outcome)
            continue
        rule, hit = outcome
        try:
            if hit.verdict is not Verdict.PASS:
                findings.append(_finding(source, rule, hit, ruling.severities))
                secrets += (Region(place.start, place.end) for place in hit.secrets)
        except Exception as error:
            crashes.append(Crash(rule, describe(error)))
    findings.sort(key=_order)
    heard = (crash for crash in crashes if ruling.selection.judges(crash.rule.id))
    problems += (_crash(source.path, crash) for crash in heard)
    return Examination(tuple(findings), tuple(problems), Excerpt(source, tuple(secrets)), facts)


def describe(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}"


def bug(name: str, doing: str, error: Exception) -> Problem:
    """The problem that an error of ours is: said, with what it was about, never a traceback."""
    return Problem(name, f"a bug in Seawall: {doing}: {describe(error)}", _REPORT_IT)


def _crash(name: str, crash: Crash) -> Problem:
    reason = f"a bug in Seawall: rule {crash.rule.id} failed: {crash.reason}"
    return Problem(name, reason, _REPORT_IT)


def _finding(source: Source, rule: Rule, hit: Hit, severities: Mapping[str, Severity]) -> Finding:
    severity = severities.get(rule.id, rule.severity)
    evidence = hit.evidence
    if hit.weaker:
        severity = severity.lowered()
        evidence += (Evidence(f"weighs one step less: {hit.weaker}"),)
    return Finding(
        rule=rule.id,
        practice=rule.practice.id,
        title=rule.title,
        severity=severity,
        confidence=hit.confidence or rule.confidence,
        verdict=hit.verdict,
        target=source.path,
        location=Location(source.path, source.span(hit.at), hit.symbol),
        message=hit.message,
        label=hit.label,
        why=rule.rationale,
        remedy=hit.remedy or rule.advice,
        evidence=evidence,
        fix=hit.fix,
        standards=_standards_of(rule.standards),
        fingerprint="",
    )


@cache
def _standards_of(citations: tuple[Citation, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, citations)))


def _order(finding: Finding) -> tuple[int, int, str, str]:
    place = finding.location
    return place.span.line, place.span.column, finding.rule, finding.message
