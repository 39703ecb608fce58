"""What comments and policy say of one input's findings."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from seawall.core.identity import identify
from seawall.core.ignores import Layout, read_ignores, suppress
from seawall.core.model import Finding, Notice, Profile
from seawall.core.selection import Hidden, waive
from seawall.jobs.governance import Ruling, catalog
from seawall.surfaces.dockerfile import Dockerfile


class Policed(Struct, frozen=True):
    """The findings that count, those that are hidden and for what, and what is to be said."""

    findings: tuple[Finding, ...]
    left_out: tuple[Finding, ...]
    hidden: Hidden
    notices: tuple[Notice, ...]


def police(facts: Dockerfile, findings: Iterable[Finding], ruling: Ruling, root: str) -> Policed:
    """Give the findings of a file their identities, silence, select and waive.

    `root` is the absolute directory that identities are relative to.
    """
    identified = identify(findings, root)
    silenced, notices = _silence(facts, identified, ruling)
    selected = ruling.selection.select(silenced)
    left_out = _left_out(silenced, ruling) if selected.hidden else ()
    kept = waive(selected.findings, ruling.policy, catalog(), ruling.settings.today)
    return Policed(kept, left_out, selected.hidden, notices)


def _left_out(findings: tuple[Finding, ...], ruling: Ruling) -> tuple[Finding, ...]:
    why = ruling.selection.why_hidden
    return tuple(finding for finding in findings if why(finding.rule, finding.confidence))


def _silence(
    facts: Dockerfile, findings: tuple[Finding, ...], ruling: Ruling
) -> tuple[tuple[Finding, ...], tuple[Notice, ...]]:
    """Mark the findings that ignore comments silence, and say which comments are no use."""
    comments = _comments(facts) if ruling.heeds_ignores else []
    if not comments:
        return findings, ()
    name, policy, today = facts.source.path, ruling.policy, ruling.settings.today
    ignores = read_ignores(name, comments, _layout(facts), catalog(), policy.ignores, today)
    is_strict = policy.profile is not Profile.DEFAULT
    return suppress(name, findings, ignores, ruling.judged, is_strict)


def _comments(facts: Dockerfile) -> list[tuple[str, int]]:
    """The comments and the `# check=` directive, each with its line."""
    comments = [(comment.text, comment.line) for comment in facts.comments]
    for directive in facts.directives:
        if directive.name == "check":
            line = facts.source.line_of(directive.start)
            comments.append((f"# check={directive.value}", line))
    return comments


def _layout(facts: Dockerfile) -> Layout:
    lines = [(each.line, each.end_line) for each in facts.instructions]
    stages = [
        (stage.source.line, (stage.instructions or (stage.source,))[-1].end_line)
        for stage in facts.stages
    ]
    return Layout(lines, stages)
