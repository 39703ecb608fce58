"""How each practice stands after a run: by findings, by what was shown, by who attests it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from seawall.core.model import Finding, Profile, Suppression, Verdict
from seawall.core.policy import Attestation, Policy
from seawall.core.report import Report
from seawall.core.rule import Chapter, Practice, Rule
from seawall.core.selection import IGNORE_LIST, PROFILE, SELECTION
from seawall.jobs.outcome import Outcome
from seawall.jobs.showing import Shown
from seawall.rules import all_rules
from seawall.rules.runtime.hardening import UNHARDENED_SERVICE

_DECISIVE = frozenset({"no-dockerignore"})
"""Advice that the default profile hides, but that says outright what an item asks for."""
_ATTESTED = frozenset({Chapter.OPERATIONS, Chapter.EMERGENCY})
"""The chapters of which files show little: who stands for a practice goes before them."""
_NEEDED: Mapping[str, frozenset[str]] = {
    "official-base-image": frozenset({"Dockerfile", "Workload"}),
    "pinned-base-image": frozenset({"Dockerfile", "Workload"}),
    "isolated-from-host": frozenset({"Workload"}),
    "minimal-exposure": frozenset({"Dockerfile", "Workload"}),
    "no-hardcoded-secrets": frozenset({"Dockerfile", "Image"}),
    "injected-secrets": frozenset({"Dockerfile", "Workload"}),
    "env-files-private": frozenset({"Repository", "Project"}),
    "trusted-downloads": frozenset({"Dockerfile"}),
    "dockerignore": frozenset({"IgnoreFile"}),
}
"""The surfaces without any of which a practice is not shown, though rules find its faults on
others: an image tells of a credential passed to its build, and not that none ever is."""
_ATTESTED_ONLY = frozenset({"backed-up"})
"""Practices of which rules find faults, but whose absence shows nothing: people say it."""
_LOWEST = 9

_SURFACES: Mapping[str, frozenset[str]] = {
    "dockerfile": frozenset({"Dockerfile"}),
    "compose": frozenset({"Workload", "Project"}),
    "run": frozenset({"Workload"}),
    "repository": frozenset({"Repository", "Pipelines", "SourceFile"}),
    "image": frozenset({"Image", "Vulnerabilities"}),
}
"""What a target of each kind is judged as."""
NOUNS: Mapping[str, tuple[str, str]] = {
    "Dockerfile": ("Dockerfile", "Dockerfiles"),
    "Workload": ("service", "services"),
    "Project": ("Compose project", "Compose projects"),
    "Repository": ("repository", "repositories"),
    "Pipelines": ("pipeline", "pipelines"),
    "SourceFile": ("source file", "source files"),
    "IgnoreFile": (".dockerignore", ".dockerignore files"),
    "Image": ("image", "images"),
    "Vulnerabilities": ("image's packages", "images' packages"),
}
_SCANNED = frozenset({"Image", "Vulnerabilities"})
"""What `scan` looks at, and no check of files does."""


class Reason(Struct, frozen=True):
    """One link of the evidence: the worst have the lowest rank; it may stand for several."""

    text: str
    rank: int = _LOWEST
    number: int = 1


class Standing(Struct, frozen=True):
    """How a practice stands, and why.

    `is_told` is False where nothing that was examined tells of it. `rules` found nothing on
    `surfaces`; `accepted` is what counts no more, and why.
    """

    practice: Practice
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    is_told: bool = True
    rules: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


class Ledger:
    """All that one run knows of practices."""

    def __init__(
        self,
        report: Report,
        outcomes: Sequence[Outcome],
        policies: Sequence[Policy],
        today: date,
    ) -> None:
        self._policies = policies
        self._today = today
        self._findings: dict[str, list[Finding]] = defaultdict(list)
        self._suppressed: dict[tuple[str, str, str], Finding] = {}
        for finding in report.findings:
            self._findings[finding.rule].append(finding)
            if finding.suppressed is not None:
                place = finding.location
                self._suppressed[finding.rule, place.path, place.symbol] = finding
        self._hidden: Counter[tuple[str, str]] = Counter()
        self._shown: dict[str, dict[Shown, None]] = defaultdict(dict)
        self._examined: dict[str, set[str]] = defaultdict(set)
        for outcome in outcomes:
            self._hidden.update(outcome.hidden)
            for shown in outcome.shown:
                self._shown[shown.practice][shown] = None
            for surface, name in outcome.examined:
                self._examined[surface].add(name)
        self._unread = _unread(report, outcomes)
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        for rule in all_rules():
            self._rules[rule.practice.id].append(rule)

    def rules_of(self, practice: Practice) -> list[Rule]:
        """The rules that see a practice."""
        return self._rules[practice.id]

    def number(self, surface: str) -> int:
        """How many of a surface were examined."""
        return len(self._examined.get(surface, ()))

    def standing(self, practice: Practice, rules: Collection[Rule], heeds_shown: bool) -> Standing:
        """How a practice stands by some of its rules, what was shown, and attestations."""
        # Its one finding stands for several practices: each is told of by its own control.
        rules = [rule for rule in rules if rule is not UNHARDENED_SERVICE]
        sight = _Sight(
            [f for rule in rules for f in self._findings.get(rule.id, ())],
            [*self._shown.get(practice.id, ())] if heeds_shown else [],
            self._acceptance,
        )
        attested, expired = self._attestations(practice.id)
        if expired:
            return Standing(practice, Verdict.FAIL, (*expired, *sight.failed))
        if attested and (practice.chapter in _ATTESTED or not sight.found):
            return Standing(practice, Verdict.PASS, attested, accepted=sight.accepted)
        failed = (*sight.failed, *self._hidden_faults(rules))
        if failed:
            return Standing(practice, Verdict.FAIL, failed)
        return self._undecided(practice, rules, sight)

    def _undecided(self, practice: Practice, rules: Collection[Rule], sight: _Sight) -> Standing:
        """What is not known to fail: unknown, unseen, or passed."""
        doubts = (*sight.doubts, *self._deselected(rules))
        if doubts:
            return Standing(practice, Verdict.UNKNOWN, doubts)
        needed = _NEEDED.get(practice.id)
        is_seen = practice.id not in _ATTESTED_ONLY and (
            needed is None or not needed.isdisjoint(self._examined)
        )
        seeing = [rule for rule in rules if is_seen and self._sees(rule, rules)]
        surfaces = tuple(s for s in NOUNS if s in self._examined and _look_at(seeing, s))
        if not seeing and not sight.proofs and not sight.accepted:
            return Standing(practice, Verdict.UNKNOWN, (Reason(settle(practice, rules)),), False)
        unread = [*self._gaps(rules)]
        if unread:
            return Standing(practice, Verdict.UNKNOWN, tuple(unread))
        accepted = (*sight.accepted, *self._ignored(rules))
        names = tuple(rule.id for rule in seeing)
        return Standing(
            practice, Verdict.PASS, sight.proofs, True, names, surfaces, tuple(accepted)
        )

    def _sees(self, rule: Rule, among: Iterable[Rule]) -> bool:
        """Whether a rule was asked of something, and its answer counts."""
        is_examined = any(surface.__name__ in self._examined for surface in rule.on)
        return is_examined and not _is_beside(rule, among)

    def _hidden_faults(self, rules: Collection[Rule]) -> Iterator[Reason]:
        for rule in rules:
            number = self._hidden[PROFILE, rule.id]
            if number and (rule.id in _DECISIVE or not _is_beside(rule, rules)):
                shown = f"shown by `--profile {rule.profile.value}`"
                yield Reason(f"{rule.id}, {shown}", rule.severity.rank, number)

    def _deselected(self, rules: Iterable[Rule]) -> Iterator[Reason]:
        for rule in rules:
            if number := self._hidden[SELECTION, rule.id]:
                yield Reason(f"findings of {rule.id} are not selected", number=number)

    def _ignored(self, rules: Iterable[Rule]) -> Iterator[str]:
        for rule in rules:
            if number := self._hidden[IGNORE_LIST, rule.id]:
                yield f"{number} of {rule.id} left out by the ignore list"

    def _gaps(self, rules: Iterable[Rule]) -> Iterator[Reason]:
        looked_at = {surface.__name__ for rule in rules for surface in rule.on} or {"Workload"}
        for name, surfaces in self._unread.items():
            if surfaces & looked_at:
                yield Reason(f"{name} could not be examined whole")

    def _acceptance(self, shown: Shown) -> str | None:
        """Why a lack that was shown is accepted; None where it is not."""
        rule = shown.told_by[0]
        finding = self._suppressed.get(shown.told_by)
        if finding is not None and finding.suppressed is not None:
            return _accepted(finding, finding.suppressed)
        if rule and self._hidden[IGNORE_LIST, rule]:
            return f"{rule} left out by the ignore list"
        return None

    def _attestations(self, practice: str) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
        """Those in force, if every policy of the run has one; and those that expired."""
        good: dict[Reason, None] = {}
        expired: dict[Reason, None] = {}
        is_everywhere = bool(self._policies)
        for policy in self._policies:
            own = [each for each in policy.attestations if each.practice == practice]
            valid = [each for each in own if each.until >= self._today]
            is_everywhere &= bool(valid)
            good.update(dict.fromkeys(map(_attested, valid)))
            expired.update(dict.fromkeys(_expired(each) for each in own if not valid))
        return (tuple(good) if is_everywhere else ()), tuple(expired)


class _Sight:
    """What findings and what was shown come to."""

    def __init__(
        self,
        findings: Iterable[Finding],
        shown: Iterable[Shown],
        acceptance: Callable[[Shown], str | None],
    ) -> None:
        failed: list[Reason] = []
        doubts: list[Reason] = []
        proofs: list[Reason] = []
        accepted: dict[str, None] = {}
        for finding in findings:
            if finding.suppressed is not None:
                accepted[_accepted(finding, finding.suppressed)] = None
            else:
                (doubts if finding.verdict is Verdict.UNKNOWN else failed).append(_found(finding))
        self.found = bool(failed)
        by_verdict = {Verdict.FAIL: failed, Verdict.UNKNOWN: doubts, Verdict.PASS: proofs}
        for each in shown:
            why = acceptance(each) if each.verdict is Verdict.FAIL else None
            if why is not None:
                accepted[why] = None
                continue
            by_verdict[each.verdict].append(Reason(f"{each.what} ({each.place})"))
            self.found |= each.verdict is Verdict.FAIL and bool(each.told_by[0])
        self.failed = tuple(failed)
        self.doubts = tuple(doubts)
        self.proofs = tuple(proofs)
        self.accepted = tuple(accepted)


def _unread(report: Report, outcomes: Iterable[Outcome]) -> dict[str, frozenset[str]]:
    """What could not be examined, and the surfaces that are not known for it."""
    surfaces: dict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        for problem in outcome.problems:
            surfaces[problem.target] |= _left_open(outcome)
    return {each.target: frozenset(surfaces.get(each.target, NOUNS)) for each in report.problems}


def _left_open(outcome: Outcome) -> set[str]:
    """What an outcome's problems leave open; everything, for one that is of no kind."""
    surfaces = _SURFACES.get(outcome.kind, frozenset(NOUNS))
    return set(outcome.left_open or surfaces)


def _is_beside(rule: Rule, among: Iterable[Rule]) -> bool:
    """Whether the default profile hides a rule, and others tell of the same."""
    is_hidden = rule.profile is not Profile.DEFAULT
    return is_hidden and any(each.profile is Profile.DEFAULT for each in among)


def _look_at(rules: Iterable[Rule], surface: str) -> bool:
    return any(each.__name__ == surface for rule in rules for each in rule.on)


def _found(finding: Finding) -> Reason:
    place = f"{finding.location.path}:{finding.location.span.line}"
    return Reason(f"{finding.rule} ({place})", finding.severity.rank)


def _accepted(finding: Finding, cause: Suppression) -> str:
    place = f"{finding.rule} ({finding.location.path}:{finding.location.span.line})"
    if cause.kind == "project":
        return f"{place} is answered: {cause.reason}"
    until = f" until {cause.until}" if cause.until else ""
    because = f" because {cause.reason}" if cause.reason else f" by {cause.kind}"
    return f"{place} accepted{until}{because}"


def _attested(attestation: Attestation) -> Reason:
    where = f" ({attestation.where})" if attestation.where else ""
    return Reason(
        f"{attestation.who} attests {attestation.practice} until {attestation.until}: "
        f"{attestation.reason}{where}"
    )


def _expired(attestation: Attestation) -> Reason:
    return Reason(
        f"the attestation of {attestation.practice} by {attestation.who} expired on "
        f"{attestation.until}",
        rank=0,
    )


def settle(practice: Practice, rules: Iterable[Rule]) -> str:
    """What would settle a practice that nothing examined tells of."""
    attest = f"attest `{practice.id}` in seawall.toml"
    surfaces = dict.fromkeys(surface.__name__ for rule in rules for surface in rule.on)
    if practice.id in _CONTROLS:
        surfaces["Workload"] = None
    if practice.id in _NEEDED:
        surfaces = dict.fromkeys(_NEEDED[practice.id])
    nouns = [NOUNS[name][0] for name in NOUNS if name in surfaces and name not in _SCANNED]
    if practice.id == "no-known-vulnerabilities":
        return f"no file shows it: scan the images, and {attest}"
    if practice.id == "dockerignore":
        return f"no .dockerignore bounds what builds take: write one, or {attest}"
    if not nouns or practice.chapter in _ATTESTED:
        return f"no file shows it: {attest}"
    return f"no {' and no '.join(nouns)} was examined: check one, or {attest}"


_CONTROLS = frozenset({"read-only-rootfs", "limited-memory", "limited-cpu", "limited-pids"})
"""What only the specs of containers show, though no rule of its own tells of it."""
