"""The search for the plan that holds: repair what fails, take back what can't be repaired.

It knows nothing of engines: it asks what a plan comes to, and chooses what to ask next. Needs are
not monotone (a service may fail with one capability more and work with two), so nothing is
concluded from what held with other fixes: a part that failed is tried again once the rest holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from msgspec import Struct, structs

from seawall.fixes.model import Observed
from seawall.fixes.workload.knowledge import ENTRYPOINT_RIGHTS
from seawall.jobs.proving.model import Answer, Key
from seawall.jobs.proving.needs import widened

GUESSED = tuple(sorted({*ENTRYPOINT_RIGHTS, "FSETID", "SYS_CHROOT"}))
"""What a service that fails without a word is given at first; then each is taken away again."""

_FIGURE = re.compile(r"\d+")
_TURNS = 50


class Attempt(Struct, frozen=True):
    """What a plan came to, as far as it was asked about.

    `failed` are the answers by the name of what failed. `keys` are the plan's fixes that could
    have to do with that, the mild ones first; `learned` is what it was seen to need, in whole.
    `given` is what the plan gives to each service. `bare` are those of which it drops all
    capabilities, `idle` those of them that do not start as root, whom capabilities give nothing;
    `users` are who those could run as that start as root. `is_fetch` where an image could not be
    had. `controls` are the practices that each of what failed has got the controls of.
    """

    failed: Mapping[str, tuple[Answer, ...]] = {}
    keys: tuple[Key, ...] = ()
    learned: Mapping[str, Observed] = {}
    given: Mapping[str, Observed] = {}
    is_fetch: bool = False
    controls: Mapping[str, tuple[str, ...]] = {}
    bare: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    users: Mapping[str, str] = {}

    @property
    def passed(self) -> bool:
        """Whether everything is as good as before."""
        return not self.failed


Ask = Callable[[frozenset[Key], Mapping[str, Observed], frozenset[str]], Attempt]
"""What the plan without some fixes and with what was observed comes to, for some services."""

LeftOut = Key | tuple[str, str]
"""A fix, or a control of a service by the practice."""


class Search(Struct):
    """Where a search for some services stands; it may take `most` starts for each.

    `observed` is what was learned, in whole, by name; `given` is what the plan gave without it.
    `skipped` are fixes that don't hold, `unborne` controls (by service and practice) that others
    are made without, `unproven` fixes that can't be tried: each with what told against it.
    `broken` are services that fail without any fix. `clock` counts what was changed, and `since`
    says when something was left out: it is worth another try once something else has changed.
    """

    ask: Ask
    names: tuple[str, ...]
    starts: Callable[[], int]
    most: int
    rounds: int
    observed: dict[str, Observed] = {}
    given: dict[str, Observed] = {}
    skipped: dict[Key, Attempt] = {}
    unborne: dict[tuple[str, str], Attempt] = {}
    unproven: dict[Key, Attempt] = {}
    broken: dict[str, Attempt] = {}
    guessed: set[str] = set()
    repaired: dict[str, int] = {}
    clock: int = 0
    since: dict[LeftOut, int] = {}
    limit: int = 0

    def run(self) -> Attempt:
        """Go on until a plan passes, or nothing is left to try; what the last one came to."""
        attempt = Attempt()
        for _ in range(_TURNS):
            self._renew()
            attempt = self._ask(self._all())
            self.given = {**attempt.given, **self.given}
            if attempt.passed or not self._improve(attempt):
                break
        return self._polished(attempt)

    def _all(self) -> frozenset[str]:
        return frozenset(name for name in self.names if name not in self.broken)

    def _ask(self, names: frozenset[str], without: Iterable[Key] = ()) -> Attempt:
        return self.ask(frozenset({*self.skipped, *self.unproven, *without}), self.observed, names)

    def _renew(self) -> None:
        self.limit = self.starts() + self.most

    def _may_go_on(self) -> bool:
        return self.starts() < self.limit

    def _improve(self, attempt: Attempt) -> bool:
        """Change something about what fails; whether anything was changed."""
        if self._learn(attempt):
            return True
        before = self.clock
        for name in [each for each in self.names if each in attempt.failed]:
            self._renew()
            self._settle(name)
        if self.clock == before:  # each by itself holds
            self._step(attempt)
        return self.clock > before

    def _settle(self, name: str) -> None:
        """Go on with one service until it holds by itself."""
        for _ in range(_TURNS):
            attempt = self._ask(frozenset({name}))
            if attempt.passed:
                return
            if not attempt.keys:
                self.broken[name] = attempt
                self.clock += 1
                return
            self._step(attempt)

    def _step(self, attempt: Attempt) -> None:
        if not self._may_go_on():
            self._leave_out(attempt.keys, attempt)
        elif attempt.keys and (attempt.is_fetch or not self._learn(attempt)):
            self._single_out(attempt)

    # Repair

    def _learn(self, attempt: Attempt) -> bool:
        """Take over what an attempt showed; whether that is anything new."""
        changed = False
        for name, new in attempt.learned.items():
            known = self.observed.get(name)
            whole = new if known is None else widened(known, new)
            if whole == known or self.repaired.get(name, 0) >= self.rounds:
                continue
            for control in set(whole.without) - set(known.without if known else ()):
                self.unborne[name, control] = attempt  # for good: the engine itself refuses it
            self.repaired[name] = self.repaired.get(name, 0) + 1
            self.observed[name] = whole
            self.clock += 1
            changed = True
        return changed

    def _single_out(self, attempt: Attempt) -> None:
        """Find a fix that makes the difference, and repair it or take it back."""
        culprit, seen = self._culprit(attempt)
        if seen.is_fetch:
            self.unproven[culprit] = seen
            self.clock += 1
        elif not (self._learn(seen) or self._lighten(seen) or self._guess(seen)):
            self._leave_out([culprit], seen)

    def _culprit(self, attempt: Attempt) -> tuple[Key, Attempt]:
        """A fix with which it fails, and what it came to with that and those before it only.

        Without any it holds, with all it fails: between lies a fix where that changes.
        """
        names = frozenset(attempt.failed)
        keys, held, fails, seen = attempt.keys, 0, len(attempt.keys), attempt
        while fails - held > 1 and self._may_go_on():
            middle = (held + fails) // 2
            found = self._ask(names, keys[middle:])
            if found.passed:
                held = middle
            else:
                fails, seen = middle, found
        return keys[fails - 1], seen

    def _lighten(self, attempt: Attempt) -> bool:
        """Leave one control out of what failed, if it then fails no more, or otherwise."""
        for name, answers in attempt.failed.items():
            for control in attempt.controls.get(name, ()):
                if (name, control) in self.unborne or not self._may_go_on():
                    continue
                before = dict(self.observed)
                self.observed[name] = widened(
                    self._whole(name, attempt), Observed(without=(control,))
                )
                found = self._ask(frozenset({name}))
                if _kinds(found.failed.get(name, ())) != _kinds(answers):
                    self.unborne[name, control] = attempt
                    self._left_out((name, control))
                    return True
                self.observed = before
        return False

    def _guess(self, attempt: Attempt) -> bool:
        """Give those that fail without a word what most need, once."""
        names = (attempt.bare & attempt.failed.keys()) - self.guessed
        for name in names:
            self.guessed.add(name)
            self.clock += 1
            more = Observed(capabilities=GUESSED)
            self.observed[name] = widened(self._whole(name, attempt), more)
        return bool(names)

    def _whole(self, name: str, attempt: Attempt) -> Observed:
        return self.observed.get(name) or attempt.given.get(name, Observed())

    def _leave_out(self, keys: Iterable[Key], attempt: Attempt) -> None:
        for key in keys:
            self.skipped[key] = attempt
            self._left_out(key)

    def _left_out(self, what: LeftOut) -> None:
        self.clock += 1
        self.since[what] = self.clock

    # Polish

    def _polished(self, attempt: Attempt) -> Attempt:
        """What holds, with less rights and more fixes where that holds too."""
        if not attempt.passed:
            return attempt
        before = dict(self.observed), dict(self.skipped), dict(self.unborne)
        self._demote(attempt)
        self._tighten(attempt)
        self._reconsider()
        polished = self._ask(self._all())
        if not polished.passed:  # each by itself held, all together do not
            self.observed, self.skipped, self.unborne = before
            return attempt
        return polished

    def _demote(self, attempt: Attempt) -> None:
        """Run what starts as root as somebody else, where that holds with what it then asks for."""
        for name, user in attempt.users.items():
            self._renew()
            wanted = structs.replace(self._whole(name, attempt), user=user, capabilities=())
            for _ in range(3):
                found = self._with(name, wanted, partial(_has_left_root, name))
                if found is None or found.passed:
                    break
                asked = found.learned.get(name, wanted)
                more = structs.replace(widened(wanted, asked), capabilities=())
                if more == wanted:
                    break
                wanted = more

    def _tighten(self, attempt: Attempt) -> None:
        """Take away the capabilities that nobody has shown to be needed."""
        for name in sorted(attempt.bare):
            known = self._whole(name, attempt)
            is_idle = name in attempt.idle and bool(known.capabilities)
            is_broad = {*ENTRYPOINT_RIGHTS} <= {*known.capabilities}
            if name in self.guessed or is_idle or is_broad:
                self._renew()
                self._tighten_one(name, known)

    def _tighten_one(self, name: str, known: Observed) -> None:
        """With none of them; else with those that it then asks for; else one by one."""
        wanted = structs.replace(known, capabilities=())
        for _ in range(3):
            found = self._with(name, wanted)
            if found is None or found.passed:
                return
            asked = found.learned.get(name, wanted)
            more = widened(wanted, Observed(capabilities=asked.capabilities))
            if more == wanted or {*more.capabilities} >= {*known.capabilities}:
                break
            wanted = more
        self._one_by_one(name, known)

    def _one_by_one(self, name: str, known: Observed) -> None:
        """Until no more can go: what was needed with others may not be needed without them."""
        changed = True
        while changed:
            changed = False
            for each in known.capabilities:
                rest = tuple(other for other in known.capabilities if other != each)
                less = structs.replace(known, capabilities=rest)
                found = self._with(name, less)
                if found is not None and found.passed:
                    known, changed = less, True

    def _with(
        self, name: str, wanted: Observed, keep: Callable[[Attempt], bool] = lambda _: True
    ) -> Attempt | None:
        """What it comes to with another observation, which stays if it passes; None for no more.

        `keep` may say that it is not worth keeping all the same.
        """
        if not self._may_go_on():
            return None
        before = dict(self.observed)
        self.observed[name] = wanted
        found = self._ask(frozenset({name}))
        if found.passed and keep(found):
            self.clock += 1
        else:
            self.observed = before
        return found

    def _reconsider(self) -> None:
        """Try again what was left out: with what was learned since, it may hold."""
        self._renew()
        for key in filter(self._has_changed, list(self.skipped)):
            seen = self.skipped.pop(key)
            names = self._all() & frozenset(seen.failed)
            if not self._may_go_on() or not self._ask(names).passed:
                self.skipped[key] = seen
        for name, control in filter(self._has_changed, list(self.unborne)):
            known = self.observed[name]
            rest = tuple(each for each in known.without if each != control)
            found = self._with(name, structs.replace(known, without=rest))
            if found is not None and found.passed:
                del self.unborne[name, control]

    def _has_changed(self, what: LeftOut) -> bool:
        return self.since.get(what, self.clock) < self.clock


def _has_left_root(name: str, attempt: Attempt) -> bool:
    return name not in attempt.users


def _kinds(answers: Iterable[Answer]) -> set[tuple[str, str]]:
    """What failed, without the figures in it."""
    return {(each.question, _FIGURE.sub("#", each.detail)) for each in answers if not each.passed}
