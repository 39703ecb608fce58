"""What another scanner's report says beside our own judgement of the same packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seawall.advisories.model import Match

_NAMED = 5


def second_opinion(
    kind: str, claimed: tuple[tuple[str, ...], ...], found: Iterable[Match]
) -> Iterator[str]:
    """How many flaws both know of, and which only one of them does.

    Flaws are told apart by their ids and aliases, not by package: `claimed` has all ids that the
    report gives of each. Nothing is said where the report claims none.
    """
    if not claimed:
        return
    own = {match.vulnerability.id: match.vulnerability for match in found}
    known = {name for flaw in own.values() for name in (flaw.id, *flaw.aliases)}
    theirs = {name for ids in claimed for name in ids}
    only_theirs = [ids[0] for ids in claimed if known.isdisjoint(ids)]
    only_ours = [flaw.id for flaw in own.values() if theirs.isdisjoint((flaw.id, *flaw.aliases))]
    both = len(claimed) - len(only_theirs)
    title = kind.capitalize()
    yield f"{title}'s report has {_flaws(len(claimed))}, {both} of them are found here too"
    if only_theirs:
        yield f"only {title} reports {_named(only_theirs)}"
    if only_ours:
        yield f"{title} does not report {_named(only_ours)}"


def _flaws(number: int) -> str:
    return f"{number} flaw{'s' * (number != 1)}"


def _named(ids: list[str]) -> str:
    names = sorted(set(ids))
    more = len(names) - _NAMED
    told = ", ".join(names[:_NAMED])
    return f"{_flaws(len(names))}: {told}" + (f" and {more} more" if more > 0 else "")
