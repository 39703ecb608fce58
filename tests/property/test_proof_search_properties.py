"""Whatever the laws of a world are, a search ends with what holds, or says that nothing does."""

from __future__ import annotations

import random
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from seawall.fixes.model import Observed
from seawall.jobs.proving.model import Answer, Key
from seawall.jobs.proving.search import Attempt, Search

NAMES = ("a", "b", "c")


class Arbitrary:
    """Answers that depend on everything that is asked, and on nothing else."""

    def __init__(self, seed: int, parts: int, hardness: float) -> None:
        self.seed, self.hardness = seed, hardness
        self.keys = {
            name: tuple(("rule", "x", f"service {name}/{n}") for n in range(parts))
            for name in NAMES
        }
        self.starts = 0
        self.known: dict[object, Attempt] = {}

    def ask(
        self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: frozenset[str]
    ) -> Attempt:
        scene = (tuple(sorted(skipped)), repr(sorted(observed.items())), tuple(sorted(names)))
        if scene not in self.known:
            self.starts += len(names)
            self.known[scene] = self._tried(scene, skipped, names)
        return self.known[scene]

    def _tried(self, scene: object, skipped: frozenset[Key], names: frozenset[str]) -> Attempt:
        chance = random.Random(f"{self.seed} {scene}")  # noqa: S311 -- a law, not a secret
        failed, keys, learned = {}, [], {}
        for name in sorted(names):
            left = [key for key in self.keys[name] if key not in skipped]
            if left and chance.random() < self.hardness:
                failed[name] = (Answer("health", False, f"ended with {chance.randrange(3)}"),)
                keys += left
                if chance.random() < 0.3:
                    learned[name] = Observed(capabilities=(chance.choice(["CHOWN", "SETUID"]),))
        given = dict.fromkeys(names, Observed(capabilities=("CHOWN", "KILL")))
        is_fetch = bool(failed) and chance.random() < 0.1
        controls = dict.fromkeys(failed, ("read-only-rootfs", "limited-pids"))
        bare, idle = (frozenset(n for n in names if chance.random() < 0.5) for _ in range(2))
        users = {name: "9:9" for name in names if chance.random() < 0.3}
        return Attempt(failed, tuple(keys), learned, given, is_fetch, controls, bare, idle, users)


@given(st.integers(), st.integers(0, 6), st.floats(0, 1), st.integers(1, 60), st.integers(0, 6))
def test_a_search_ends_with_what_holds(
    seed: int, parts: int, hardness: float, most: int, rounds: int
) -> None:
    world = Arbitrary(seed, parts, hardness)
    search = Search(world.ask, NAMES, lambda: world.starts, most, rounds)
    last = search.run()
    assert last.passed
    assert not search.broken
    left_out = frozenset({*search.skipped, *search.unproven})
    assert world.ask(left_out, search.observed, frozenset(NAMES)).passed
