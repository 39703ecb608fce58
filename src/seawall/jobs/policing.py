"""What comments and policy say of one input's findings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from seawall.core.identity import identify
from seawall.core.ignores import Ignores, suppress
from seawall.core.model import Finding, Notice, Profile
from seawall.core.selection import Hidden, waive
from seawall.jobs.governance import Ruling, catalog
from seawall.rules import checks_on


class Policed(Struct, frozen=True):
    """The findings that count, those that are hidden and for what, and what is to be said."""

    findings: tuple[Finding, ...]
    left_out: tuple[Finding, ...]
    hidden: Hidden
    notices: tuple[Notice, ...]


def police(
    name: str,
    ignores: Ignores,
    findings: Iterable[Finding],
    ruling: Ruling,
    root: str,
    surfaces: tuple[type, ...],
    called: str = "",
) -> Policed:
    """Give the findings of a file their identities, silence, select and waive.

    `name` is the file's, `ignores` are its comments', and `root` is the absolute directory that
    identities are relative to. `surfaces` are what the file was judged as: an ignore of a rule
    that looks at others is not called unused here. `called` as in `identify`.
    """
    identified = identify(findings, root, called)
    judged = _judged_on(surfaces, ruling.judged)
    is_strict = ruling.policy.profile is not Profile.DEFAULT
    silenced, notices = suppress(name, identified, ignores, judged, is_strict)
    selected = ruling.selection.select(silenced)
    left_out = _left_out(silenced, ruling) if selected.hidden else ()
    kept = waive(selected.findings, ruling.policy, catalog(), ruling.settings.today)
    return Policed(kept, left_out, selected.hidden, notices)


@cache
def _judged_on(surfaces: tuple[type, ...], judged: frozenset[str]) -> frozenset[str]:
    return judged & {rule.id for surface in surfaces for rule, _ in checks_on(surface)}


def _left_out(findings: tuple[Finding, ...], ruling: Ruling) -> tuple[Finding, ...]:
    why = ruling.selection.why_hidden
    return tuple(finding for finding in findings if why(finding.rule, finding.confidence))
