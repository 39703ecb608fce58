"""One input from its file to its findings; whatever goes wrong stays with that input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, structs

from seawall.core.model import (
    Evidence,
    Finding,
    Fix,
    Hit,
    Location,
    Problem,
    Region,
    Safety,
    Severity,
    Verdict,
)
from seawall.core.report import Excerpt
from seawall.core.rule import Rule
from seawall.core.selection import Hidden
from seawall.core.source import Source
from seawall.jobs.governance import Mending, Ruling
from seawall.jobs.judge import Crash, judge
from seawall.jobs.outcome import in_order
from seawall.jobs.showing import Shown
from seawall.rules import checks_on
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read as read_dockerfile

KIND = "dockerfile"
"""What `Target.kind` says of this surface."""
_REFUSED = "Mend what BuildKit refuses; what could be read of the file was judged."
_REPORT_IT = "Please report it, with the file if you can share it."


class Build(Struct, frozen=True):
    """What the build is told on its command line."""

    arguments: Mapping[str, str] = {}
    target: str = ""


class Examination(Struct, frozen=True):
    """What one source came to before policy has its say; `facts` is None where reading failed.

    `hidden` counts what was seen and not made findings of; `shown` is what was seen to hold.
    """

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    hidden: Hidden = {}
    excerpt: Excerpt | None = None
    facts: Dockerfile | None = None
    shown: tuple[Shown, ...] = ()


def examine(source: Source, ruling: Ruling, build: Build, keep_hidden: bool) -> Examination:
    """Read a source, judge it, and make findings of what the rules see.

    What BuildKit would refuse is a problem, and what was read of it is judged all the same. Rules
    whose findings can't count are judged too: what they see is counted, made findings of only
    under `keep_hidden`, and their crashes are nobody's loss.
    """
    try:
        facts = read_dockerfile(source, build.arguments, build.target)
    except Exception as error:
        return Examination(problems=(bug(source.path, "reading it failed", error),))
    taken = Taken(source, ruling, keep_hidden)
    # What BuildKit refuses is not mended: what it says is not known for sure.
    subject = None if facts.errors else facts
    taken.take(judge(facts, checks_on(Dockerfile), ruling.settings, source.lowered), subject)
    hint = _refusal(facts, build)
    refused = (Problem(source.path, e.message, hint, e.line) for e in facts.errors)
    return Examination(
        tuple(sorted(taken.findings, key=in_order)),
        (*refused, *taken.problems),
        taken.hidden,
        Excerpt(source, taken.secrets_of(source.path)),
        facts,
        tuple(taken.shown),
    )


def _refusal(facts: Dockerfile, build: Build) -> str:
    """What to do where BuildKit refuses a file, or has no such stage in it."""
    if not facts.instructions:
        return "A Dockerfile begins with FROM."
    if not build.target or facts.target is not None or not facts.stages:
        return _REFUSED
    stages = (stage.name or str(stage.index) for stage in facts.stages)
    return f"Name one of its stages: {', '.join(stages)}."


class Taken:
    """What the rules have seen so far; a place that names no source of its own is in `source`.

    `sources` are those in which a finding stands, by path; `shown` is what was seen to hold, and
    `examined` is filled by whoever asks the rules.
    """

    def __init__(self, source: Source, ruling: Ruling, keep_hidden: bool) -> None:
        self.findings: list[Finding] = []
        self.problems: list[Problem] = []
        self.hidden: dict[tuple[str, str], int] = {}
        self.sources: dict[str, Source] = {}
        self.shown: list[Shown] = []
        self.examined: list[tuple[str, str]] = []
        self._secrets: dict[str, list[Region]] = {}
        self._source = source
        self._selection = ruling.selection
        self._severities = ruling.severities
        self._keep_hidden = keep_hidden
        self._mending = ruling.mending

    def take(
        self, outcomes: Iterable[tuple[Rule, Hit] | Crash], subject: object | None = None
    ) -> None:
        """Take what a judge has to say; with its subject, where fixes are asked for."""
        if self._mending is not None and subject is not None:
            outcomes = with_fixes(outcomes, subject, self._mending, self._source)
        for outcome in outcomes:
            if isinstance(outcome, Crash):
                self.crash(outcome)
            elif outcome[1].verdict is Verdict.PASS:
                self._passed(*outcome)
            else:
                self.hit(*outcome)

    def within(self, source: Source) -> Taken:
        """The same, but what comes next and names no source is in this one."""
        self._source = source
        return self

    def secrets_of(self, path: str) -> tuple[Region, ...]:
        """The places in a source that no report may show."""
        return tuple(self._secrets.get(path, ()))

    def hit(self, rule: Rule, hit: Hit) -> None:
        """Make a hit a finding, or count it where its rule is hidden."""
        try:
            # Also of what is hidden: no other finding's excerpt may show them.
            for place in hit.secrets:
                path = source_of(place, self._source).path
                self._secrets.setdefault(path, []).append(Region(place.start, place.end))
            if self._keep_hidden or self._selection.judges(rule.id):
                source = source_of(hit.at, self._source)
                self.sources.setdefault(source.path, source)
                self.findings.append(_finding(source, rule, hit, self._severities))
            else:
                key = self._selection.why_hidden(rule.id, rule.confidence), rule.id
                self.hidden[key] = self.hidden.get(key, 0) + 1
        except Exception as error:
            self.crash(Crash(rule, describe(error)))

    def _passed(self, rule: Rule, hit: Hit) -> None:
        source = source_of(hit.at, self._source)
        line = source.line_of(hit.at.start)
        self.shown.append(Shown(rule.practice.id, hit.verdict, hit.message, source.path, line))

    def crash(self, crash: Crash) -> None:
        """Make a crash a problem, unless nothing that its rule says counts."""
        if self._selection.judges(crash.rule.id):
            reason = f"a bug in Seawall: rule {crash.rule.id} failed: {crash.reason}"
            self.problems.append(Problem(self._source.path, reason, _REPORT_IT))


def source_of(place: object, default: Source) -> Source:
    """The source that a place is in: its own where it or its value names one."""
    for _ in range(_DEEPEST):
        source = getattr(place, "source", None)
        if isinstance(source, Source):
            return source
        place = getattr(place, "place", None) or getattr(place, "value", None)
        if place is None:
            break
    return default


_DEEPEST = 3
"""A variable's value is a cell, whose place has the source."""


def with_fixes(
    outcomes: Iterable[tuple[Rule, Hit] | Crash],
    subject: object,
    mending: Mending,
    default: Source,
) -> Iterator[tuple[Rule, Hit] | Crash]:
    """The same hits with their fixes; a fixer that fails is that rule's crash, the hit stays."""
    for outcome in outcomes:
        if isinstance(outcome, Crash) or outcome[1].verdict is Verdict.PASS:
            yield outcome
            continue
        rule, hit = outcome
        if not mending.asks_of(rule.id):
            yield outcome
            continue
        try:
            yield rule, structs.replace(hit, fix=_fix(rule.id, subject, hit, mending, default))
        except Exception as error:
            yield Crash(rule, f"its fix: {describe(error)}")
            yield outcome


def _fix(rule: str, subject: object, hit: Hit, mending: Mending, default: Source) -> Fix | None:
    """The fix that may be made; where there is none, one that is told of."""
    from seawall.fixes import fix_of  # noqa: PLC0415 -- only who mends pays for it

    allowed, told = mending.allowed_for(rule), mending.told
    if mending.skipped and (rule, source_of(hit.at, default).path, hit.symbol) in mending.skipped:
        allowed, told = frozenset[Safety](), told & {Safety.GUIDED}
    fix = fix_of(rule, subject, hit, mending.context, allowed) if allowed else None
    if fix is None and told:
        fix = fix_of(rule, subject, hit, mending.context, told)
    return fix


def describe(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}"


def bug(name: str, doing: str, error: Exception) -> Problem:
    """The problem that an error of ours is: said, with what it was about, never a traceback."""
    return Problem(name, f"a bug in Seawall: {doing}: {describe(error)}", _REPORT_IT)


def _finding(source: Source, rule: Rule, hit: Hit, severities: Mapping[str, Severity]) -> Finding:
    said = _said(rule)
    severity = severities.get(rule.id) or hit.severity or said.severity
    evidence = hit.evidence
    if hit.weaker:
        severity = severity.lowered()
        evidence += (Evidence(f"weighs one step less: {hit.weaker}"),)
    return Finding(
        rule=rule.id,
        practice=rule.practice.id,
        title=rule.title,
        severity=severity,
        confidence=hit.confidence or rule.confidence,
        verdict=hit.verdict,
        target=source.path,
        location=Location(source.path, source.span(hit.at), hit.symbol),
        message=hit.message,
        label=hit.label,
        why=said.why,
        remedy=hit.remedy or said.remedy,
        evidence=evidence,
        fix=hit.fix,
        standards=said.standards,
        fingerprint="",
        layer=hit.layer,
        flaw=hit.flaw,
    )


class _Said(Struct, frozen=True):
    """What every finding of a rule says, derived once."""

    severity: Severity
    why: str
    remedy: str
    standards: tuple[str, ...]


_SAID: dict[str, _Said] = {}


def _said(rule: Rule) -> _Said:
    said = _SAID.get(rule.id)
    if said is None:
        standards = tuple(dict.fromkeys(map(str, rule.standards)))
        said = _SAID[rule.id] = _Said(rule.severity, rule.rationale, rule.advice, standards)
    return said
