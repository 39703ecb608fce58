"""The proof of a plan: everything that it changes is started before and after it.

Everything that is made for it is taken away at the end, whatever that end is.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping

from msgspec import Struct

from seawall.fixes.model import Observed
from seawall.jobs.proving.bench import Bench
from seawall.jobs.proving.model import (
    Key,
    Outcome,
    Plan,
    ProofOptions,
    ProofReport,
    Proven,
    Replan,
    SubjectProof,
    Subjects,
)
from seawall.jobs.proving.observing import Observation
from seawall.jobs.proving.scenes import Pair, pairs_of
from seawall.jobs.proving.shield import Shield
from seawall.jobs.proving.trial import Trial
from seawall.surfaces.engine.endpoint import find_endpoint
from seawall.surfaces.engine.laboratory import Laboratory

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


def prove(
    replan: Replan,
    subjects: Subjects,
    options: ProofOptions | None = None,
    progress: Progress = silent,
) -> Proven:
    """The plan that holds on a real engine, and what was found on the way to it.

    `progress` is told what is being done. An interrupt passes through once all is taken away.

    Raises:
        InputError: no engine answers, or the SDK is not installed.
    """
    options = options or ProofOptions()
    began = time.monotonic()
    shield = Shield()
    laboratory = Laboratory(secrets.token_hex(4), find_endpoint(host=options.host))
    left: list[str] = []
    with shield.raised():
        try:
            laboratory.sweep(everything=True)
            bench = Bench(laboratory, options, shield, progress)
            plan, proofs = _Proof(replan, subjects, bench).run()
        finally:
            with shield.held(forever=True):
                progress("taking everything away")
                left += laboratory.sweep()
                laboratory.close()
    seconds = time.monotonic() - began
    report = ProofReport(tuple(proofs), bench.starts, bench.builds, seconds, tuple(left))
    return Proven(plan, report)


class _State(Struct):
    """What holds for the plan as a whole so far."""

    skipped: set[Key] = set()
    unproven: set[Key] = set()
    observed: dict[str, Observed] = {}


class _Proof:
    """The proof of a whole plan, one scene after the other."""

    def __init__(self, replan: Replan, subjects: Subjects, bench: Bench) -> None:
        self._replan = replan
        self._subjects = subjects
        self._bench = bench
        self._state = _State()
        self._names: dict[str, str] = {}

    def run(self) -> tuple[Plan, list[SubjectProof]]:
        """The plan that is left, and what was said of each service and Dockerfile."""
        plan = self._replan(frozenset(), {})
        # Reports may call a file by another name than the disk does.
        self._names = {os.path.realpath(each.key[1]): each.key[1] for each in plan.fixes}
        proofs: list[SubjectProof] = []
        for pair in pairs_of(plan, self._subjects, self._bench.options):
            proofs += self._prove(pair)
        state = self._state
        if state.skipped or state.observed:
            plan = self._replan(frozenset(state.skipped), self._by_all_names(state.observed))
        return plan, proofs

    def _prove(self, pair: Pair) -> list[SubjectProof]:
        names = [name for name in pair.changed if pair.before.part(name) is not None]
        baseline = self._bench.run(pair.before, names)
        provable = {name: seen for name, seen in baseline.items() if seen.healthy}
        told: dict[str, SubjectProof] = {}
        if provable:
            trial = Trial(self._bench, pair, provable, self._planned)
            search = trial.search()
            last = search.run()
            self._state.skipped |= search.skipped.keys()
            self._state.unproven |= search.unproven.keys()
            self._state.observed |= search.observed
            told = {name: trial.told(name, search, last) for name in provable}
        return [
            told.get(name) or _not_provable(pair, name, baseline.get(name)) for name in pair.changed
        ]

    def _planned(
        self, skipped: frozenset[Key], observed: Mapping[str, Observed], path: str
    ) -> tuple[Plan, Pair | None]:
        """The plan as it would be, and what it makes of a scene; None where it leaves it alone."""
        state = self._state
        known = self._by_all_names({**state.observed, **observed})
        plan = self._replan(skipped | state.skipped | state.unproven, known)
        pairs = pairs_of(plan, self._subjects, self._bench.options)
        return plan, next((pair for pair in pairs if pair.after.path == path), None)

    def _by_all_names(self, observed: Mapping[str, Observed]) -> dict[str, Observed]:
        """Observations by service, by path, and by what reports call that path."""
        found = dict(observed)
        for name, each in observed.items():
            other = self._names.get(os.path.realpath(name)) if "/" in name else None
            if other is not None:
                found[other] = each
        return found


def _not_provable(pair: Pair, name: str, seen: Observation | None) -> SubjectProof:
    if seen is None:
        why = "it is new: there is nothing to compare it with"
    elif seen.way in ("refused", "fetch"):
        why = seen.reason
    else:
        why = f"without any fix it does not become healthy: {seen.reason}"
    return SubjectProof(name, pair.after.path, Outcome.NOT_PROVABLE, why)


def check_engine(host: str = "") -> None:
    """Make sure that a proof can be begun.

    Raises:
        InputError: no engine answers, or the SDK is not installed.
    """
    Laboratory("check", find_endpoint(host=host)).close()
