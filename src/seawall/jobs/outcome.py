"""What examining one file came to, on its way from its process to the report."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct, structs

from seawall.core.diagram import Diagram
from seawall.core.model import Finding, Notice, Problem, Suppression
from seawall.core.report import Excerpt
from seawall.core.selection import Hidden, total
from seawall.jobs.showing import Shown


class Settled(Struct, frozen=True):
    """A finding of another file that this one answers: rule, absolute path, and how.

    Without a reason it is one that this file leaves standing, whoever else answers it.
    """

    rule: str
    path: str
    reason: str


class Outcome(Struct, frozen=True):
    """What one file came to; it travels between processes.

    `left_out` are the hidden findings, where the baseline or a waiver asks for them. `settled`
    are findings of Dockerfiles that a project which builds them answers. `diagram` is of the
    project whose first file this is, where one was asked for. What is no target is a file of a
    repository that was looked at only in passing. `shown` is what the checklist rests on besides
    findings; `examined` is what rules were asked of: the surface's name, and its own. `left_open`
    are the surfaces that the problems leave open, where those are not all that the kind has.
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
    is_target: bool = True
    builds: tuple[tuple[str, str], ...] = ()
    diagram: Diagram | None = None
    shown: tuple[Shown, ...] = ()
    examined: tuple[tuple[str, str], ...] = ()
    left_open: tuple[str, ...] = ()


def merge(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """One outcome a file: several surfaces, and several projects, may tell of the same one."""
    merged: dict[str, Outcome] = {}
    for outcome in outcomes:
        known = merged.get(outcome.name)
        merged[outcome.name] = outcome if known is None else _joined(known, outcome)
    return list(merged.values())


def _joined(first: Outcome, second: Outcome) -> Outcome:
    known = {finding.fingerprint for finding in first.findings}
    new = [finding for finding in second.findings if finding.fingerprint not in known]
    hidden = first.hidden
    if second.kind != first.kind:
        hidden = total((first.hidden, second.hidden))
    return structs.replace(
        first,
        findings=tuple(sorted((*first.findings, *new), key=in_order)),
        problems=tuple(dict.fromkeys((*first.problems, *second.problems))),
        notices=tuple(dict.fromkeys((*first.notices, *second.notices))),
        hidden=hidden,
        left_out=(*first.left_out, *second.left_out),
        excerpt=_whole(first.excerpt, second.excerpt),
        settled=(*first.settled, *second.settled),
        is_target=first.is_target or second.is_target,
        diagram=first.diagram or second.diagram,
        shown=tuple(dict.fromkeys((*first.shown, *second.shown))),
        examined=tuple(dict.fromkeys((*first.examined, *second.examined))),
    )


def _whole(first: Excerpt | None, second: Excerpt | None) -> Excerpt | None:
    """One excerpt that hides what either hides."""
    if first is None or second is None:
        return first or second
    return Excerpt(first.source, (*first.secrets, *second.secrets))


def in_order(finding: Finding) -> tuple[int, int, str, str]:
    """The order of findings within a file."""
    place = finding.location
    return place.span.line, place.span.column, finding.rule, finding.message


def settle(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, with those findings of Dockerfiles marked that a project answers."""
    said = [each for outcome in outcomes for each in outcome.settled]
    standing = {(each.rule, each.path) for each in said if not each.reason}
    answers = {(each.rule, each.path): each.reason for each in said if each.reason}
    answers = {key: reason for key, reason in answers.items() if key not in standing}
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
