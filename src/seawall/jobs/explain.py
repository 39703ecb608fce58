"""What is known of a rule, for people and for machines."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.errors import UsageError
from seawall.core.rule import Rule
from seawall.jobs.governance import catalog
from seawall.rules import all_rules


class Standard(Struct, frozen=True):
    """A section that a rule rests on."""

    standard: str
    section: str
    title: str
    url: str


class Explanation(Struct, frozen=True):
    """Everything that is said of a rule; its JSON is what `explain -o json` prints."""

    id: str
    title: str
    practice: str
    chapter: str
    statement: str
    severity: str
    confidence: str
    profile: str
    needs: str
    gains: str
    why: str
    remedy: str
    bad: tuple[str, ...]
    good: tuple[str, ...]
    fixed: tuple[str, ...]
    standards: tuple[Standard, ...]
    aliases: tuple[str, ...]
    surfaces: tuple[str, ...]


def find_rules(name: str) -> tuple[Rule, ...]:
    """The rules that a name means: an id, a practice, or another tool's id in any spelling.

    Raises:
        UsageError: there is none; the hint names close ones.
    """
    index = catalog()
    ids = index.named(name) or index.of_tool("trivy", name)
    if not ids:
        hint = index.suggestion(name) or "`seawall explain --all` lists the rules."
        raise UsageError(f"there is no rule '{name}'", hint)
    return tuple(index.rules[each] for each in ids)


def explain(rule: Rule) -> Explanation:
    """Gather what a rule and its practice say."""
    practice = rule.practice
    return Explanation(
        id=rule.id,
        title=rule.title,
        practice=practice.id,
        chapter=practice.chapter.value,
        statement=practice.statement,
        severity=rule.severity.value,
        confidence=rule.confidence.value,
        profile=rule.profile.value,
        needs=rule.risk.needs.value,
        gains=rule.risk.gains.value,
        why=rule.rationale,
        remedy=rule.advice,
        bad=rule.bad,
        good=rule.good,
        fixed=rule.fixed,
        standards=tuple(Standard(c.standard, c.section, c.title, c.url) for c in rule.standards),
        aliases=rule.aliases,
        surfaces=tuple(surface.__name__ for surface in rule.on),
    )


def explain_all() -> tuple[Explanation, ...]:
    """Every rule, in the order of the source document's chapters."""
    return tuple(explain(rule) for rule in all_rules())
