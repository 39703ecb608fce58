"""What to do first: what is exploited, then what is severe, then what can be mended."""

from __future__ import annotations

from collections.abc import Iterable

from seawall.advisories.model import Match

_UNRATED = 1.5
"""The rank of a flaw that nobody has rated: between high and medium, until somebody does."""

_LIKELY = 0.1
"""From this probability on, FIRST's own examples call a flaw worth hurrying for."""


def ranked(matches: Iterable[Match]) -> list[Match]:
    """The matches, the most urgent first; equal ones by id, package and place."""
    return sorted(matches, key=urgency)


def urgency(match: Match) -> tuple[object, ...]:
    """What matches are sorted by: malicious packages and what CISA has seen exploited, what is
    likely to be (EPSS), severity and score, and whether there is a fix."""
    flaw = match.vulnerability
    likely = flaw.epss if flaw.epss >= _LIKELY else 0.0
    return (
        not (flaw.is_malicious or flaw.exploited),
        -likely,
        _UNRATED if flaw.severity is None else flaw.severity.rank,
        -flaw.score,
        not match.fixed,
        -flaw.epss,
        flaw.id,
        match.package.name,
        match.package.path,
    )
