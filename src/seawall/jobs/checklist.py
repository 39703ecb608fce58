"""The checklist: its 22 items, or the sections of a standard, each with verdict and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from seawall.core.model import ChecklistRow, Profile, Verdict
from seawall.core.policy import Policy
from seawall.core.report import Report
from seawall.core.rule import Chapter, Practice, Rule
from seawall.core.standards import (
    CIS_DOCKER,
    CIS_SECTIONS,
    NIST_CONTAINERS,
    NIST_SECTIONS,
    OWASP_DOCKER,
    OWASP_SECTIONS,
    Citation,
)
from seawall.jobs.outcome import Outcome
from seawall.jobs.standing import NOUNS, Ledger, Reason, Standing
from seawall.rules import all_rules, practices
from seawall.rules.practices.checklist import CHECKLIST

_MOST = 2
"""Links of evidence that are written out; how many more there are is said."""
_MOST_RULES = 4

STANDARDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "cis": (CIS_DOCKER, CIS_SECTIONS),
    "owasp": (OWASP_DOCKER, OWASP_SECTIONS),
    "nist": (NIST_CONTAINERS, NIST_SECTIONS),
}
"""The standards that `checklist` gives its verdicts under, by the name that asks for them."""

_CIS_CHAPTERS = {
    "1": "Host Configuration",
    "2": "Docker daemon configuration",
    "3": "Docker daemon configuration files",
    "4": "Container Images and Build File Configuration",
    "5": "Container Runtime Configuration",
    "6": "Docker Security Operations",
    "7": "Docker Swarm Configuration",
}
_REMOTE = frozenset("12367")
"""The chapters of CIS on hosts, engines, operations and swarms."""
_NOT_SHOWN = frozenset(
    {
        ("no-new-privileges", "5.5"),
        ("no-new-privileges", "5.22"),
        ("bounded-logging", "2.14"),
        ("health-check", "4.6"),
    }
)
"""Practices and controls of CIS that the practice's rules tell of, and a container's spec not."""


_OF_PIPELINES = frozenset({"unpinned-action"})
"""Rules of what a pipeline runs, whose practice stands second for an item on the image."""
_ELSEWHERE = "files can't show it: look at the host, the engine or the registry"


class _Line(Struct, frozen=True):
    """One line of a checklist: what must be shown for a pass, and what can only spoil it."""

    level: str
    text: str
    needed: tuple[Standing, ...]
    others: tuple[Standing, ...]
    is_remote: bool = False
    """Files can only spoil it: whether it holds, the host or the engine shows."""

    @property
    def all(self) -> tuple[Standing, ...]:
        """Both."""
        return (*self.needed, *self.others)


def checklist(
    report: Report,
    outcomes: Sequence[Outcome],
    policies: Sequence[Policy],
    today: date,
    standard: str = "",
) -> tuple[ChecklistRow, ...]:
    """The items of the source document's checklist, or with `standard` (a key of `STANDARDS`)
    its sections, in their order.

    fail: something that was found, or an attestation that expired, says so. pass: something that
    was examined or attested shows it. unknown: neither; the evidence is what would settle it.
    """
    ledger = Ledger(report, outcomes, policies, today)
    lines = _sections(ledger, standard) if standard else _items(ledger)
    return tuple(_row(line, ledger) for line in lines)


def _items(ledger: Ledger) -> Iterator[_Line]:
    for item in CHECKLIST:
        first, *others = item.practices
        needed = ledger.standing(first, ledger.rules_of(first), True)
        beside = (ledger.standing(p, _spoiling(ledger, p), True) for p in others)
        yield _Line(item.level, item.text, (needed,), tuple(beside))


def _spoiling(ledger: Ledger, practice: Practice) -> list[Rule]:
    """The rules by which a practice that is not an item's first can fail it."""
    return [
        rule
        for rule in ledger.rules_of(practice)
        if rule.profile is Profile.DEFAULT and rule.id not in _OF_PIPELINES
    ]


def _sections(ledger: Ledger, standard: str) -> Iterator[_Line]:
    name, titles = STANDARDS[standard]
    for section, title in titles.items():
        if not _is_heading(section, titles):
            level = _level(name, section, titles)
            needed, others = _standings(ledger, name, section)
            is_remote = name == CIS_DOCKER and section[0] in _REMOTE
            yield _Line(level, f"{section} {title}", needed, others, is_remote)


def _is_heading(section: str, titles: Mapping[str, str]) -> bool:
    return any(other.startswith(f"{section}.") for other in titles)


def _level(name: str, section: str, titles: Mapping[str, str]) -> str:
    if name == OWASP_DOCKER:
        return name
    if name == CIS_DOCKER:
        chapter = section.partition(".")[0]
        return f"{name}, {chapter} {_CIS_CHAPTERS[chapter]}"
    heading = ".".join(section.split(".")[:2])
    return f"{name}, {heading} {titles[heading]}"


def _standings(
    ledger: Ledger, name: str, section: str
) -> tuple[tuple[Standing, ...], tuple[Standing, ...]]:
    """Of the practices that cite a section, and of those of which only a rule does."""
    rules: dict[str, list[Rule]] = {}
    for rule in all_rules():
        if _is_among(rule.standards, name, section):
            rules.setdefault(rule.practice.id, []).append(rule)
    needed: list[Standing] = []
    others: list[Standing] = []
    for practice in practices.ALL:
        cites = practice.chapter is not Chapter.COMPLIANCE and _is_among(
            practice.citations, name, section
        )
        own = rules.get(practice.id, [])
        if cites or own:
            shows = cites and (practice.id, section) not in _NOT_SHOWN
            (needed if cites else others).append(ledger.standing(practice, own, shows))
    return (tuple(needed), tuple(others)) if needed else (tuple(others), ())


def _is_among(citations: Iterable[Citation], name: str, section: str) -> bool:
    return any((each.standard, each.section) == (name, section) for each in citations)


def _row(line: _Line, ledger: Ledger) -> ChecklistRow:
    verdict, evidence = _judged(line, ledger)
    named = tuple(standing.practice.id for standing in line.all)
    return ChecklistRow(line.text, line.level, verdict.value, evidence, named)


def _judged(line: _Line, ledger: Ledger) -> tuple[Verdict, str]:
    if not line.all:
        return Verdict.UNKNOWN, _ELSEWHERE
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        spoiling = [s for s in line.all if s.verdict is verdict and (s.is_told or s in line.needed)]
        if spoiling:
            reasons = [reason for standing in spoiling for reason in standing.reasons]
            return verdict, _listed(reasons)
    proofs = "; ".join(_proofs(line, ledger))
    if line.is_remote and any(standing.rules for standing in line.all):
        return Verdict.UNKNOWN, f"{_ELSEWHERE} ({proofs})"
    return Verdict.PASS, proofs


def _listed(reasons: Iterable[Reason]) -> str:
    """The worst of the evidence, and how much more there is."""
    unique = sorted(dict.fromkeys(reasons), key=_rank)
    shown = [reason.text + _times(reason) for reason in unique[:_MOST]]
    more = sum(reason.number for reason in unique[_MOST:])
    return "; ".join([*shown, *([f"{more} more"] if more else [])])


def _rank(reason: Reason) -> int:
    return reason.rank


def _times(reason: Reason) -> str:
    return f" ×{reason.number}" if reason.number > 1 else ""


def _proofs(line: _Line, ledger: Ledger) -> Iterator[str]:
    """What shows a pass: the needed practices' own proofs, the rules that found nothing."""
    proofs = [reason for standing in line.needed for reason in standing.reasons]
    if proofs:
        yield _listed(proofs)
    passed = [standing for standing in line.all if standing.verdict is Verdict.PASS]
    rules = [rule for standing in passed for rule in standing.rules]
    surfaces = dict.fromkeys(surface for standing in passed for surface in standing.surfaces)
    accepted = list(dict.fromkeys(each for standing in passed for each in standing.accepted))
    if rules:
        counted = [_counted(ledger.number(s), s) for s in NOUNS if s in surfaces]
        nothing = "nothing else found" if accepted else "nothing found"
        examined = f"{_and(counted)} examined" if counted else "examined"
        yield f"{examined} by {_names(rules)}: {nothing}"
    yield from accepted[:_MOST]
    if len(accepted) > _MOST:
        yield f"{len(accepted) - _MOST} more accepted"


def _counted(number: int, surface: str) -> str:
    one, several = NOUNS[surface]
    return f"{number} {one if number == 1 else several}"


def _names(rules: Sequence[str]) -> str:
    more = len(rules) - _MOST_RULES
    if more <= 1:
        return _and(rules)
    return _and([*rules[:_MOST_RULES], f"{more} more rules"])


def _and(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
