"""Whether fixes have done what they say, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from seawall.core.model import Finding, Problem
from seawall.jobs.fixing.bench import Judgement
from seawall.jobs.fixing.draft import Draft
from seawall.jobs.fixing.placing import CHMOD, Placed
from seawall.jobs.fixing.shape import differences

Drafts = Mapping[str, Draft]


def objection(
    before: Judgement, after: Judgement, made: Iterable[Placed], drafts: Drafts, texts: Drafts
) -> str:
    """What is wrong with fixes, going on from `left out: it would …`; empty where they hold.

    `drafts` are the texts as the fixes found them, `texts` the same with the fixes made.
    """
    fixes = tuple(made)
    return (
        _unread(before.problems, after.problems)
        or _staying(before, after, fixes)
        or arrival(before, after, fixes)
        or _strange(before, after, fixes, drafts, texts)
    )


def _unread(before: Iterable[Problem], after: Iterable[Problem]) -> str:
    new = Counter((p.target, p.reason) for p in after) - Counter(
        (p.target, p.reason) for p in before
    )
    return next((f"make {target} unreadable: {reason}" for target, reason in new), "")


def _staying(before: Judgement, after: Judgement, made: tuple[Placed, ...]) -> str:
    """The finding of a fix that is still there."""
    mended = Counter(_seen(each.finding) for each in made if _must_go(each))
    for key, number in mended.items():
        if before.sight[key] - after.sight[key] < number:
            return "leave the finding as it is"
    return ""


def _must_go(made: Placed) -> bool:
    """Modes are not set before the plan is written: what they mend can't be seen to be gone."""
    return not made.fix.is_partial and all(change.deed != CHMOD for change in made.files)


def arrival(before: Judgement, after: Judgement, made: tuple[Placed, ...] = ()) -> str:
    """A finding that was not there before; one is not new because its place is called anew.

    It goes on from `it would …`, and is empty for none. What the fixes in `made` mend is gone for
    good: it does not count as called anew.
    """
    new = after.sight - before.sight
    if not new:
        return ""
    gone = before.sight - after.sight - Counter(_seen(each.finding) for each in made)
    renamed = Counter[tuple[str, str, bool]]()
    for (rule, path, _, counts), number in gone.items():
        renamed[rule, path, counts] += number
    told = {rule for each in made for rule in each.fix.brings}
    for (rule, path, symbol, counts), number in new.items():
        if not counts or rule in told:  # the fix itself says why it is right there
            continue
        renamed[rule, path, counts] -= number
        if renamed[rule, path, counts] < 0:
            return f"bring a new finding: {rule} ({symbol})"
    return ""


def _seen(finding: Finding) -> tuple[str, str, str, bool]:
    place = finding.location
    return finding.rule, place.path, place.symbol, finding.suppressed is None


def _strange(
    before: Judgement, after: Judgement, made: tuple[Placed, ...], drafts: Drafts, texts: Drafts
) -> str:
    """What has changed in a file outside of the places that the fixes name."""
    for path in dict.fromkeys(path for each in made for path in each.edits):
        edits = [edit for each in made for edit in each.edits.get(path, ())]
        facts = None
        if before.facts is not None and before.path == path:
            facts = before.facts, after.facts
        found = differences(path, drafts[path].text, texts[path].text, edits, facts)
        if found:
            return found
    return ""
