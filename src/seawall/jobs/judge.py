"""Runs rules over one surface's facts, each behind a fence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.core.model import Hit
from seawall.core.rule import Check, Rule, Settings
from seawall.core.telling import holds_any


class Crash(Struct, frozen=True):
    """A rule that failed on an input: the run goes on without its answer, and says so."""

    rule: Rule
    reason: str


def judge(
    facts: object, checks: Iterable[tuple[Rule, Check]], settings: Settings, lowered: str = ""
) -> Iterator[tuple[Rule, Hit] | Crash]:
    """Yield every hit of every rule; a rule that raises loses only its own answer.

    `lowered` is the source in lower case, where there is one: a rule whose words (`told_by`) are
    not in it is passed over.
    """
    told: dict[tuple[str, ...], bool] = {}
    for rule, check in checks:
        words = rule.told_by
        if words and lowered:
            is_told = told.get(words)
            if is_told is None:
                is_told = told[words] = holds_any(lowered, words)
            if not is_told:
                continue
        try:
            hits = list(check(facts, settings))
        except Exception as error:
            yield Crash(rule, f"{type(error).__name__}: {error}")
        else:
            for hit in hits:
                yield rule, hit
