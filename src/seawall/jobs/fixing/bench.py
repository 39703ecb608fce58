"""Judges one unit with the texts that its files would have, and says what that came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, structs

from seawall.core.globs import absolute
from seawall.core.model import Finding, Problem, Suppression
from seawall.core.overlay import overlaid
from seawall.core.report import Excerpt
from seawall.core.source import Source
from seawall.jobs.check import Builds, CheckOptions, examine_unit, judge_dockerfile
from seawall.jobs.discover import RUN_OPTION
from seawall.jobs.outcome import Outcome, Settled, settle
from seawall.jobs.runs import examine_file, examine_line
from seawall.jobs.units import DOCKERFILE, RUN, Unit
from seawall.surfaces.dockerfile import Dockerfile

Sight = Counter[tuple[str, str, str, bool]]
"""Findings by rule, path and symbol, and whether they count: how many there are of each."""


class Judgement(Struct, frozen=True):
    """What judging a unit came to; `facts` is of the Dockerfile at `path`, if the unit is one."""

    findings: tuple[Finding, ...]
    sight: Sight
    problems: tuple[Problem, ...]
    outcomes: tuple[Outcome, ...]
    path: str
    facts: Dockerfile | None = None

    @property
    def excerpts(self) -> Iterator[Excerpt]:
        """The texts that were judged, as far as findings or problems stand in them."""
        return (outcome.excerpt for outcome in self.outcomes if outcome.excerpt is not None)


class Bench(Struct, frozen=True):
    """One unit, and all that judging it takes.

    `builds` are the contexts that Compose files give Dockerfiles, `answers` what projects say of
    the unit's findings, `accepted` the fingerprints that the baseline holds.
    """

    unit: Unit
    options: CheckOptions
    root: str
    builds: tuple[tuple[str, str], ...] = ()
    answers: tuple[Settled, ...] = ()
    accepted: frozenset[str] = frozenset()

    @property
    def is_text(self) -> bool:
        """Whether the unit is no file, but was given as it is."""
        return not self.unit.inputs[0].is_file

    def path(self, name: str) -> str:
        """The absolute path of a file that reports call by a name."""
        for each in self.unit.inputs:
            if name == each.name:
                return each.path if self.is_text else absolute(each.path)
        return absolute(name)

    def judge(self, texts: Mapping[str, str]) -> Judgement:
        """What the rules say where these texts stand for the files of these absolute paths."""
        if self.unit.kind in (DOCKERFILE, RUN):
            return self._one(texts)
        builds: Builds = list(self.builds)
        with overlaid(texts):
            outcomes = examine_unit(self.unit, self.options, self.root, None, builds)
        return self._judgement(outcomes)

    def _one(self, texts: Mapping[str, str]) -> Judgement:
        given = self.unit.inputs[0]
        text = texts.get(self.path(given.name))
        if text is None:
            return self._judgement(examine_unit(self.unit, self.options, self.root, None, []))
        source = Source(given.name, text)
        ruling, keeps = self.unit.ruling, bool(self.options.baseline)
        if self.unit.kind == DOCKERFILE:
            with overlaid(texts):
                outcome, facts = judge_dockerfile(source, ruling, self.options, self.root)
            return self._judgement((outcome,), facts)
        judge_lines = examine_line if given.path == RUN_OPTION else examine_file
        return self._judgement((judge_lines(source, ruling, keeps, self.root),))

    def _judgement(self, outcomes: Iterable[Outcome], facts: Dockerfile | None = None) -> Judgement:
        own = list(outcomes)
        if self.answers:
            *own, _ = settle([*own, Outcome("", "", settled=self.answers)])
        findings = tuple(self._marked(finding) for outcome in own for finding in outcome.findings)
        problems = tuple(problem for outcome in own for problem in outcome.problems)
        path = self.path(self.unit.inputs[0].name)
        return Judgement(findings, sight_of(findings), problems, tuple(own), path, facts)

    def _marked(self, finding: Finding) -> Finding:
        if finding.suppressed is not None or finding.fingerprint not in self.accepted:
            return finding
        return structs.replace(finding, suppressed=Suppression("baseline"))


def sight_of(findings: Iterable[Finding]) -> Sight:
    """How often each finding is there."""
    return Counter(
        (f.rule, f.location.path, f.location.symbol, f.suppressed is None) for f in findings
    )
