"""The proof of one scene: what a search asks of it, and what is told of its parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import structs

from seawall.core.model import Safety
from seawall.fixes.model import Observed
from seawall.jobs.proving.bench import Bench
from seawall.jobs.proving.image_files import ImageFiles
from seawall.jobs.proving.model import (
    Answer,
    Key,
    Outcome,
    Plan,
    PlannedFix,
    SubjectProof,
    TakenBack,
)
from seawall.jobs.proving.needs import (
    controls_of,
    described,
    given_by,
    learn,
    observed_at_first,
    widened,
)
from seawall.jobs.proving.observing import Observation, compare, news
from seawall.jobs.proving.run import NotHereError
from seawall.jobs.proving.scenes import Pair, Part, Scene, signature
from seawall.jobs.proving.search import Attempt, Search
from seawall.surfaces.engine.laboratory import BuildError

Planned = Callable[[frozenset[Key], Mapping[str, Observed], str], tuple[Plan, Pair | None]]
"""The plan without some fixes and with what was observed, and what it makes of a scene."""

_NOBODY = "10001:10001"
"""Who a service is tried as that has shown no user but root."""

_MILD = {Safety.SAFE: 0, Safety.UNSAFE: 1, Safety.GUIDED: 2}


class Trial:
    """One scene that is healthy without fixes, at least in part: `baseline` is how that looked."""

    def __init__(
        self,
        bench: Bench,
        pair: Pair,
        baseline: Mapping[str, Observation],
        planned: Planned,
    ) -> None:
        self._bench = bench
        self._pair = pair
        self._baseline = baseline
        self._planned = planned
        self._known: dict[str, tuple[Attempt, Mapping[str, Observation]]] = {}
        self._seen: Mapping[str, Observation] = {}
        self._titles: dict[Key, str] = {}
        self._notes: dict[str, dict[str, None]] = {}
        self._first = self._observed_at_first()

    def search(self) -> Search:
        """The search, at its start."""
        bench, options = self._bench, self._bench.options
        names = tuple(self._baseline)
        return Search(self._ask, names, lambda: bench.starts, options.starts, options.rounds)

    # Observe

    def _observed_at_first(self) -> dict[str, Observed]:
        """What each part did without any fix, by its name."""
        found = {}
        for name, seen in self._baseline.items():
            part = self._pair.before.part(name)
            if part is not None:
                files = self._bench.files_of(part)
                mounted, tools = _mounted(part), files.tools()
                found[name] = observed_at_first(seen, mounted, files.deepest, tools)
        return found

    def _learned(self, part: Part, seen: Observation) -> Observed | None:
        """What a failed run showed beyond what the plan gives already; None for nothing."""
        before = self._baseline[part.name]
        shown = learn(before, seen, _mounted(part), self._files_of(part).deepest)
        first, given = self._first[part.name], given_by(part.workload)
        if not seen.claims.get("read-only"):
            first = structs.replace(first, scratch=(), kept=())
        more = widened(shown, first)
        if seen.claims.get("non-root") and part.recipe is not None:
            more = structs.replace(more, owned=tuple(sorted({*more.owned, *more.kept})))
        known = widened(given, Observed(user=more.user, tools=more.tools))
        found = widened(known, more)
        return found if found != known else None

    def _files_of(self, part: Part) -> ImageFiles:
        """What is in its image, or in that of before where there is none."""
        try:
            return self._bench.files_of(part)
        except (BuildError, NotHereError):
            return self._bench.files_of(self._pair.before.part(part.name) or part)

    # Ask

    def _ask(
        self,
        skipped: frozenset[Key],
        observed: Mapping[str, Observed],
        names: frozenset[str],
    ) -> Attempt:
        """Start what a plan makes of the scene; the same is not started twice."""
        plan, pair = self._planned(skipped, observed, self._pair.after.path)
        for each in plan.fixes:
            self._titles[each.key] = each.fix.title
        if pair is None:
            self._seen = {}
            return Attempt()
        watched = [name for name in self._baseline if name in names and pair.after.part(name)]
        scene = pair.after.only(watched)
        key = signature(scene)
        if key not in self._known:
            self._known[key] = self._tried(scene, watched)
        found, self._seen = self._known[key]
        return structs.replace(found, keys=tuple(_concerned(plan, scene, found.failed)))

    def _tried(self, scene: Scene, watched: list[str]) -> tuple[Attempt, Mapping[str, Observation]]:
        scene = structs.replace(scene, parts=tuple(map(self._with_image, scene.parts)))
        seen = self._bench.run(scene, watched, self._baseline, self._pair.before)
        attempt = self._judged(scene, seen)
        is_late = all(seen[name].is_late for name in attempt.failed)
        if attempt.failed and is_late and not attempt.learned:
            # Nothing but time went against it: the machine may have been busy.
            seen = self._bench.run(scene, watched, self._baseline, self._pair.before)
            attempt = self._judged(scene, seen)
        return attempt, seen

    def _judged(self, scene: Scene, seen: Mapping[str, Observation]) -> Attempt:
        failed: dict[str, tuple[Answer, ...]] = {}
        learned: dict[str, Observed] = {}
        given: dict[str, Observed] = {}
        controls: dict[str, tuple[str, ...]] = {}
        users: dict[str, str] = {}
        bare: set[str] = set()
        idle: set[str] = set()
        for name, observation in seen.items():
            part = scene.part(name)
            answers = compare(self._baseline[name], observation)
            if part is None:
                continue
            first = self._first[name]
            known = Observed(user=first.user, tools=first.tools)
            given[name] = widened(given_by(part.workload), known)
            if _drops_all(part):
                bare.add(name)
                if observation.claims.get("non-root"):
                    idle.add(name)
            if part.workload and not part.recipe and observation.posture.roots:
                users[name] = first.user or _NOBODY
            if all(answer.passed for answer in answers):
                continue
            failed[name] = answers
            before = self._pair.before.part(name)
            controls[name] = controls_of(before.workload if before else None, part.workload)
            found = self._learned(part, observation)
            learned |= dict.fromkeys(_names_of(part), found) if found else {}
        is_fetch = any(seen[name].way == "fetch" for name in failed)
        rights = frozenset(bare), frozenset(idle), users
        return Attempt(failed, (), learned, given, is_fetch, controls, *rights)

    def _with_image(self, part: Part) -> Part:
        """The part with the image of before where the one that it is pinned to can't be had."""
        before = self._pair.before.part(part.name)
        if before is None or part.recipe or not before.image or before.image == part.image:
            return part
        try:
            self._bench.image_of(part)
        except NotHereError:
            note = f"{part.image} could not be fetched: it was tried with {before.image}"
            self._notes.setdefault(part.name, {})[note] = None
            return structs.replace(part, image=before.image)
        return part

    # Tell

    def told(self, name: str, search: Search, last: Attempt) -> SubjectProof:
        """What became of a part, as the last attempt left it."""
        seen = self._seen.get(name)
        before = self._baseline[name]
        taken = (*self._taken(name, search.skipped), *self._left_out(name, search))
        repairs = tuple(self._repairs(name, search))
        broken = search.broken.get(name, last).failed.get(name, ())
        outcome, why = _outcome(broken, taken, repairs)
        notes = self._notes.get(name, {})
        if seen is not None:
            notes |= dict.fromkeys(news(before, seen).notes)
        return SubjectProof(
            name,
            self._pair.after.path,
            outcome,
            why,
            repairs,
            taken,
            tuple(self._taken(name, search.unproven)),
            compare(before, seen) if seen else (),
            tuple(notes),
            before.posture,
            seen.posture if seen else None,
        )

    def _taken(self, name: str, fixes: Mapping[Key, Attempt]) -> Iterator[TakenBack]:
        for key, attempt in fixes.items():
            answers = attempt.failed.get(name)
            if answers is not None:
                lines = tuple(line for a in answers if not a.passed for line in a.lines)
                yield TakenBack(key, self._titles.get(key, key[0]), _why(answers), lines[:10])

    def _left_out(self, name: str, search: Search) -> Iterator[TakenBack]:
        """Controls that a fix is made without."""
        for (service, control), attempt in search.unborne.items():
            if service == name:
                answers = attempt.failed[name]
                lines = tuple(line for a in answers if not a.passed for line in a.lines)
                key = (control, self._pair.after.path, f"service {name}")
                yield TakenBack(key, f"without {control}", _why(answers), lines[:10])

    def _repairs(self, name: str, search: Search) -> Iterator[str]:
        if name in search.observed:
            yield from described(search.observed[name], search.given.get(name, Observed()))


def _outcome(
    failed: tuple[Answer, ...], taken: tuple[TakenBack, ...], repairs: tuple[str, ...]
) -> tuple[Outcome, str]:
    if failed:
        return Outcome.NOT_PROVABLE, f"it fails without any of the fixes too: {_why(failed)}"
    if taken:
        return Outcome.TAKEN_BACK, "not every fix holds"
    if repairs:
        return Outcome.REPAIRED, "what it was seen to need was added"
    return Outcome.PROVEN, ""


def _why(answers: Iterable[Answer]) -> str:
    return "; ".join(f"{a.question}: {a.detail}" for a in answers if not a.passed)


def _names_of(part: Part) -> list[str]:
    """By what fixers know a part: its service, and the Dockerfile that it is built from."""
    path = [part.recipe.path] if part.recipe is not None and part.recipe.path else []
    return list(dict.fromkeys([part.name, *path]))


def _mounted(part: Part) -> list[str]:
    return [mount.target for mount in part.workload.mounts] if part.workload else []


def _drops_all(part: Part) -> bool:
    dropped = part.workload.capabilities_dropped if part.workload else ()
    return any(cell.value == "ALL" for cell in dropped)


def _concerned(plan: Plan, scene: Scene, names: Iterable[str]) -> list[Key]:
    """The fixes that could have to do with what failed, the mild ones first."""
    wanted = set(names)
    built = {
        os.path.realpath(part.recipe.path)
        for part in scene.parts
        if part.name in wanted and part.recipe is not None and part.recipe.path
    }
    fixes = sorted(plan.fixes, key=lambda each: _MILD[each.fix.safety])
    return [each.key for each in fixes if _is_concerned(each, scene, wanted, built)]


def _is_concerned(each: PlannedFix, scene: Scene, names: set[str], built: set[str]) -> bool:
    _, path, symbol = each.key
    real = os.path.realpath(path)
    if real in built:
        return True
    if real not in scene.sources:
        return False
    head, _, _ = symbol.partition("/")
    return not head.startswith("service ") or head.removeprefix("service ") in names
