"""Which findings count: selected, in the profile, sure enough, and not waived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

from msgspec import Struct, structs

from seawall.core.catalog import Catalog
from seawall.core.globs import Globs, absolute, is_literal
from seawall.core.model import Confidence, Finding, Notice, Severity, Suppression
from seawall.core.policy import Policy, Waiver
from seawall.core.rule import Rule

_CONFIDENCE_RANK = {confidence: rank for rank, confidence in enumerate(Confidence)}

PROFILE = "profile"
SELECTION = "selection"
IGNORE_LIST = "ignore list"
CONFIDENCE = "confidence"
"""The reasons why a finding is hidden, as reports give them after "hidden by"."""


Hidden = Mapping[tuple[str, str], int]
"""How many findings are hidden, by the reason and the rule's id."""


def total(parts: Iterable[Hidden]) -> dict[tuple[str, str], int]:
    """How many findings are hidden in all."""
    numbers: dict[tuple[str, str], int] = {}
    for hidden in parts:
        for key, number in hidden.items():
            numbers[key] = numbers.get(key, 0) + number
    return numbers


class Selected(Struct, frozen=True):
    """The findings that count, in their order, and how many were hidden."""

    findings: tuple[Finding, ...]
    hidden: Hidden


class Selection:
    """A policy held against the rules there are; its names are known to exist."""

    def __init__(self, policy: Policy, catalog: Catalog) -> None:
        self._least = _CONFIDENCE_RANK[policy.min_confidence]
        selected = _ids(policy.select, catalog)
        ignored = _ids(policy.ignore, catalog)
        self._reasons: dict[str, str] = {}
        for rule in catalog.rules.values():
            if rule.id in ignored:
                self._reasons[rule.id] = IGNORE_LIST
            elif selected and rule.id not in selected:
                self._reasons[rule.id] = SELECTION
            # Who selects a rule by name wants it, whatever profile it belongs to.
            elif not selected and not _is_wanted(rule, policy):
                self._reasons[rule.id] = PROFILE

    def why_hidden(self, rule: str, confidence: Confidence) -> str:
        """The reason why a rule's finding does not count; empty where it does."""
        reason = self._reasons.get(rule, "")
        if not reason and _CONFIDENCE_RANK[confidence] > self._least:
            return CONFIDENCE
        return reason

    def judges(self, rule: str) -> bool:
        """Whether any finding of a rule can count."""
        return rule not in self._reasons

    def select(self, findings: Iterable[Finding]) -> Selected:
        """Keep the findings that count, and count the others."""
        kept: list[Finding] = []
        hidden: Counter[tuple[str, str]] = Counter()
        for finding in findings:
            if reason := self.why_hidden(finding.rule, finding.confidence):
                hidden[reason, finding.rule] += 1
            else:
                kept.append(finding)
        return Selected(tuple(kept), dict(hidden))


def hidden_notices(hidden: Hidden, catalog: Catalog) -> tuple[Notice, ...]:
    """What is hidden, by rule, and what would show it: for who asks."""
    groups: dict[tuple[str, str], list[str]] = {}
    for (reason, rule), number in sorted(hidden.items()):
        word = rule if number == 1 else f"{rule}×{number}"
        groups.setdefault((reason, _shown_by(reason, catalog.rules[rule])), []).append(word)
    return tuple(
        Notice("", f"hidden by {reason}, {shown}: {', '.join(words)}")
        for (reason, shown), words in groups.items()
    )


def _shown_by(reason: str, rule: Rule) -> str:
    if reason == PROFILE:
        return f"shown by `--profile {rule.profile.value}`"
    return _SHOWN_BY[reason]


_SHOWN_BY: Mapping[str, str] = {
    SELECTION: "shown if selected too",
    IGNORE_LIST: "shown if taken off `ignore`",
    CONFIDENCE: "shown with a lower `min-confidence`",
}


def _is_wanted(rule: Rule, policy: Policy) -> bool:
    return policy.profile.includes(rule.profile) or rule.demanded_by in policy.demands


def severities(policy: Policy, catalog: Catalog) -> dict[str, Severity]:
    """The policy's own severities by rule id; what names one rule goes before a practice."""
    found: dict[str, Severity] = {}
    by_breadth = sorted(policy.severity, key=lambda name: len(catalog.named(name)), reverse=True)
    for name in by_breadth:
        found.update(dict.fromkeys(catalog.named(name), policy.severity[name]))
    return found


def waive(
    findings: Iterable[Finding], policy: Policy, catalog: Catalog, today: date
) -> tuple[Finding, ...]:
    """Mark the findings that a waiver in force accepts; one suppressed already stays as it is."""
    terms = [each for each in _terms(policy, catalog) if each.waiver.until >= today]
    if not terms:
        return tuple(findings)
    return tuple(_waived(finding, terms) for finding in findings)


def waiver_notices(
    findings: Collection[Finding],
    policy: Policy,
    catalog: Catalog,
    examined: Collection[str],
    today: date,
    whole: bool = False,
) -> tuple[Notice, ...]:
    """What is to be said of a policy's waivers after a run: the expired and the unused ones.

    `findings` are all those of the run that the policy governs, suppressed ones too; `examined`
    are the paths they come from. A waiver that matched none is called unused only where the run
    must have met it: `whole` says that everything under the policy's directory was examined,
    else its path must be one of `examined`.
    """
    said = []
    paths = {absolute(path) for path in examined}
    for terms in _terms(policy, catalog):
        waiver = terms.waiver
        if waiver.until < today:
            message = f"the waiver of `{waiver.rule}` expired on {waiver.until}: it no longer holds"
            said.append(Notice(policy.path, message, terms.line))
        elif (whole or terms.is_met_in(paths)) and not any(map(terms.match, findings)):
            message = f"the waiver of `{waiver.rule}` matches no finding: take it out"
            said.append(Notice(policy.path, message, terms.line))
    return tuple(said)


def attestation_notices(policy: Policy, today: date) -> tuple[Notice, ...]:
    """What is to be said of a policy's attestations: the expired ones."""
    said = []
    for number, attestation in enumerate(policy.attestations):
        if attestation.until < today:
            message = (
                f"the attestation of `{attestation.practice}` by {attestation.who} expired on "
                f"{attestation.until}: it no longer holds"
            )
            said.append(Notice(policy.path, message, policy.line(f"attestations[{number}]")))
    return tuple(said)


class _Terms(Struct, frozen=True, dict=True):
    """A waiver with what its names and globs mean."""

    waiver: Waiver
    rules: Sequence[str]
    directory: str
    line: int | None

    def match(self, finding: Finding) -> bool:
        """Whether the waiver is about a finding."""
        place = finding.location
        return (
            finding.rule in self.rules
            and (not self.waiver.path or self._globs.match(absolute(place.path)))
            and (not self.waiver.symbol or _is_like(self.waiver.symbol, place.symbol))
        )

    def is_met_in(self, paths: Collection[str]) -> bool:
        """Whether the one file that the waiver is about is among absolute paths."""
        return is_literal(self.waiver.path) and any(map(self._globs.match, paths))

    @cached_property
    def _globs(self) -> Globs:
        return Globs((self.waiver.path,), self.directory)


def _terms(policy: Policy, catalog: Catalog) -> Iterator[_Terms]:
    for number, waiver in enumerate(policy.waivers):
        rules = catalog.named(waiver.rule)
        yield _Terms(waiver, rules, policy.directory, policy.line(f"waivers[{number}]"))


def _waived(finding: Finding, terms: Iterable[_Terms]) -> Finding:
    if finding.suppressed is not None:
        return finding
    for each in terms:
        if each.match(finding):
            waiver = each.waiver
            until = waiver.until.isoformat()
            return structs.replace(
                finding, suppressed=Suppression("policy", waiver.reason, until, each.line)
            )
    return finding


def _ids(names: Iterable[str], catalog: Catalog) -> frozenset[str]:
    return frozenset(rule for name in names for rule in catalog.named(name))


def _is_like(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern describes, whose `*` stand for any text."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    position = len(first) if text.startswith(first) else -1
    for part in others[:-1]:
        found = text.find(part, position) if position >= 0 else -1
        position = found + len(part) if found >= 0 else -1
    return position >= 0 and len(text) - len(others[-1]) >= position and text.endswith(others[-1])
