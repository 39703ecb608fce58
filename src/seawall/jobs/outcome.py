"""What examining one file came to, on its way from its process to the report."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct, structs

from seawall.core.diagram import Diagram
from seawall.core.model import Finding, Notice, Problem, Suppression
from seawall.core.report import Excerpt
from seawall.core.selection import Hidden


class Settled(Struct, frozen=True):
    """A finding of another file that this one answers: rule, absolute path, and how."""

    rule: str
    path: str
    reason: str


class Outcome(Struct, frozen=True):
    """What one file came to; it travels between processes.

    `left_out` are the hidden findings, where the baseline or a waiver asks for them. `settled`
    are findings of Dockerfiles that a project which builds them answers. `diagram` is of the
    project whose first file this is, where one was asked for.
    """

    name: str
    kind: str
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    hidden: Hidden = {}
    left_out: tuple[Finding, ...] = ()
    excerpt: Excerpt | None = None
    settled: tuple[Settled, ...] = ()
    diagram: Diagram | None = None


def merge(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """One outcome a file: a Compose file that several projects are laid over is told once."""
    merged: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes:
        key = outcome.kind, outcome.name
        merged[key] = _joined(merged[key], outcome) if key in merged else outcome
    return list(merged.values())


def _joined(first: Outcome, second: Outcome) -> Outcome:
    known = {finding.fingerprint for finding in first.findings}
    new = (finding for finding in second.findings if finding.fingerprint not in known)
    return structs.replace(
        first,
        findings=(*first.findings, *new),
        problems=tuple(dict.fromkeys((*first.problems, *second.problems))),
        notices=tuple(dict.fromkeys((*first.notices, *second.notices))),
        left_out=(*first.left_out, *second.left_out),
        settled=(*first.settled, *second.settled),
    )


def settle(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, with those findings of Dockerfiles marked that a project answers."""
    answers = {(each.rule, each.path): each.reason for o in outcomes for each in o.settled}
    if not answers:
        return list(outcomes)
    return [_settled(outcome, answers) for outcome in outcomes]


def _settled(outcome: Outcome, answers: dict[tuple[str, str], str]) -> Outcome:
    path = os.path.realpath(outcome.name)
    if not any(answered == path for _, answered in answers):
        return outcome
    findings = tuple(_answered(finding, answers, path) for finding in outcome.findings)
    return structs.replace(outcome, findings=findings)


def _answered(finding: Finding, answers: dict[tuple[str, str], str], path: str) -> Finding:
    reason = answers.get((finding.rule, path))
    if reason is None or finding.suppressed is not None:
        return finding
    return structs.replace(finding, suppressed=Suppression("project", reason))
