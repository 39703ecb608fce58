"""What is known of a rule, for people and for machines."""

from __future__ import annotations

from msgspec import Struct, structs

from seawall.core.errors import UsageError
from seawall.core.rule import Practice, Rule
from seawall.core.standards import Citation
from seawall.core.suggestion import did_you_mean
from seawall.jobs.governance import catalog
from seawall.rules import all_rules
from seawall.rules.peers import why_left_out


class Standard(Struct, frozen=True):
    """A section that a rule rests on."""

    standard: str
    section: str
    title: str
    url: str


class FixNote(Struct, frozen=True):
    """One way in which `seawall fix` mends a rule's findings; Markdown where it is prose."""

    id: str
    title: str
    safety: str
    writes: str
    breaks: str


class Explanation(Struct, frozen=True):
    """Everything that is said of a rule; its JSON is what `explain -o json` prints.

    `fixes` are there only where one rule is asked for: a list of all need not load them.
    """

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
    fixes: tuple[FixNote, ...] = ()


class PracticeExplanation(Struct, frozen=True):
    """What is said of a practice, and the rules that see it: none where only people can."""

    practice: str
    chapter: str
    statement: str
    why: str
    remedy: str
    checklist: str
    standards: tuple[Standard, ...]
    rules: tuple[Explanation, ...]


class Absence(Struct, frozen=True):
    """Another tool's check that is left out on purpose, and why."""

    check: str
    left_out: str


Answer = tuple[Explanation, ...] | PracticeExplanation | Absence


def look_up(name: str) -> Answer:
    """What a name means: rules (by id, or another tool's in any spelling), a practice, or neither.

    A broad alias means several rules. A rule's own id goes before a practice of the same name.

    Raises:
        UsageError: it means nothing; the hint names close ones.
    """
    index = catalog()
    practice = index.practices.get(name.lower())
    if practice is not None and name.lower() not in index.rules:
        return explain_practice(practice)
    if ids := index.named(name) or index.of_tool("trivy", name):
        return tuple(_with_fixes(explain(index.rules[each])) for each in ids)
    if absent := why_left_out(name):
        return Absence(*absent)
    listed = "`seawall explain` lists the rules, `seawall explain --practices` the practices."
    hint = did_you_mean(name, {**index.rules, **index.practices}) or listed
    raise UsageError(f"there is no rule or practice '{name}'", hint)


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
        standards=_standards(rule.standards),
        aliases=rule.aliases,
        surfaces=tuple(surface.__name__ for surface in rule.on),
    )


def _with_fixes(explanation: Explanation) -> Explanation:
    from seawall.fixes import all_fixers  # noqa: PLC0415 -- a list of rules has none

    fixes = (
        FixNote(fixer.id, fixer.title, fixer.safety.value, fixer.writes, fixer.breaks)
        for fixer in all_fixers()
        if explanation.id in fixer.rules
    )
    return structs.replace(explanation, fixes=tuple(fixes))


def explain_all() -> tuple[Explanation, ...]:
    """Every rule, in the order of the source document's chapters."""
    return tuple(explain(rule) for rule in all_rules())


def explain_practice(practice: Practice) -> PracticeExplanation:
    """Gather what a practice says, and its rules."""
    return PracticeExplanation(
        practice=practice.id,
        chapter=practice.chapter.value,
        statement=practice.statement,
        why=practice.why,
        remedy=practice.remedy,
        checklist=practice.checklist,
        standards=_standards(practice.citations),
        rules=tuple(explain(rule) for rule in all_rules() if rule.practice.id == practice.id),
    )


def explain_practices() -> tuple[PracticeExplanation, ...]:
    """Every practice: those of the source document in its order, then those of our own."""
    return tuple(map(explain_practice, catalog().practices.values()))


def _standards(citations: tuple[Citation, ...]) -> tuple[Standard, ...]:
    return tuple(Standard(c.standard, c.section, c.title, c.url) for c in citations)
