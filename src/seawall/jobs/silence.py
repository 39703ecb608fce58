"""What the comments of a Dockerfile say of its findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from seawall.core.ignores import Layout, read_ignores, suppress
from seawall.core.model import Finding, Notice, Profile
from seawall.core.policy import Policy
from seawall.jobs.governance import catalog
from seawall.surfaces.dockerfile import Dockerfile


def silence(
    facts: Dockerfile,
    findings: Iterable[Finding],
    judged: Collection[str],
    policy: Policy,
    today: date,
) -> tuple[tuple[Finding, ...], tuple[Notice, ...]]:
    """Mark the findings that ignore comments silence, and say which comments are no use.

    `judged` are the ids of the rules that had their say.
    """
    name = facts.source.path
    comments = [(comment.text, comment.line) for comment in facts.comments]
    comments += [
        (f"# check={directive.value}", facts.source.line_of(directive.start))
        for directive in facts.directives
        if directive.name == "check"
    ]
    if not comments:
        return tuple(findings), ()
    ignores = read_ignores(name, comments, _layout(facts), catalog(), policy.ignores, today)
    is_strict = policy.profile is not Profile.DEFAULT
    return suppress(name, findings, ignores, judged, is_strict)


def _layout(facts: Dockerfile) -> Layout:
    lines = [(each.line, each.end_line) for each in facts.instructions]
    stages = [
        (stage.source.line, (stage.instructions or (stage.source,))[-1].end_line)
        for stage in facts.stages
    ]
    return Layout(lines, stages)
