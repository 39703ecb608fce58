"""The search for the plan that holds: repair what fails, take back what can't be repaired.

It knows nothing of engines: it asks what a plan comes to, and chooses what to ask next. Needs are
not monotone (a service may fail with one capability more and work with two), so nothing is
concluded from what held with other fixes: a part that failed is tried again once the rest holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct, structs

from seawall.fixes.model import Observed
from seawall.fixes.workload.knowledge import ENTRYPOINT_RIGHTS
from seawall.jobs.proving.model import Answer, Key
from seawall.jobs.proving.needs import widened

GUESSED = tuple(sorted({*ENTRYPOINT_RIGHTS, "FSETID", "SYS_CHROOT"}))
"""What a service that fails without a word is given at first; then each is taken away again."""


_FIGURE = re.compile(r"\d+")
_MOST = 500
"""Turns of the search, whatever the plans do."""


class Attempt(Struct, frozen=True):
    """What a plan came to.

    `keys` are its fixes that could have to do with what failed, the mild ones first. `failed` are
    the answers by the name of what failed, `learned` what that was seen to need, in whole.
    `given` is what the plan gives to each service of which it drops all capabilities, those that
    are `bare`. `controls` are the practices that each of what failed has got the controls of, the
    likelier culprits first. `is_fetch` where an image could not be had.
    """

    failed: Mapping[str, tuple[Answer, ...]] = {}
    keys: tuple[Key, ...] = ()
    learned: Mapping[str, Observed] = {}
    given: Mapping[str, Observed] = {}
    is_fetch: bool = False
    bare: frozenset[str] = frozenset()
    controls: Mapping[str, tuple[str, ...]] = {}

    @property
    def passed(self) -> bool:
        """Whether everything is as good as before."""
        return not self.failed


Ask = Callable[[frozenset[Key], Mapping[str, Observed]], Attempt]
"""What the plan without some fixes and with what was observed comes to."""


class Search(Struct):
    """Where a search stands. `skipped` and `unproven` are fixes, with what told against them.

    `observed` is what was learned, in whole, by name; `given` is what the plan gave without it.
    `is_settled` where the last plan passed. `unborne` are controls, by service and practice, that
    were left out of a fix. `clock` counts what was changed, and `since` says when a fix or a
    control was left out: what failed then is worth another try once something has changed.
    """

    ask: Ask
    may_go_on: Callable[[], bool]
    rounds: int
    observed: dict[str, Observed] = {}
    given: dict[str, Observed] = {}
    skipped: dict[Key, Attempt] = {}
    unproven: dict[Key, Attempt] = {}
    last: Attempt = Attempt()
    is_settled: bool = False
    guessed: set[str] = set()
    unborne: dict[tuple[str, str], Attempt] = {}
    clock: int = 0
    since: dict[Key | tuple[str, str], int] = {}

    def run(self) -> None:
        """Go on until a plan passes, or nothing is left to try."""
        for _ in range(_MOST):
            self.last = self._ask(self.skipped)
            self.given = {**self.last.given, **self.given}
            if self.last.passed:
                self.is_settled = True
                break
            if not self.last.keys:
                return  # it fails without any fix of ours
            if not self.may_go_on():
                self._give_up()
            elif self.last.is_fetch or not self._learn(self.last):
                self._single_out(self.last)
        self._tighten()
        self._reconsider()
        # The last word is that of the plan that is kept: it is known, and starts nothing.
        self.last = self._ask(self.skipped)

    def _ask(self, skipped: Mapping[Key, Attempt]) -> Attempt:
        return self.ask(frozenset({*skipped, *self.unproven}), self.observed)

    def _learn(self, attempt: Attempt) -> bool:
        """Take over what an attempt showed; whether that is anything new."""
        if self.rounds <= 0:
            return False
        more = {}
        for name, new in attempt.learned.items():
            known = self.observed.get(name)
            whole = new if known is None else widened(known, new)
            if whole != known:
                more[name] = whole
        if not more:
            return False
        self.rounds -= 1
        self.clock += 1
        self.observed |= more
        return True

    def _single_out(self, attempt: Attempt) -> None:
        """Find a fix that makes the difference, and repair it or take it back."""
        culprit, seen = self._culprit(attempt)
        if seen.is_fetch:
            self.unproven[culprit] = seen
            self.clock += 1
        elif not (self._learn(seen) or self._lighten(seen) or self._guess(seen)):
            self.skipped[culprit] = seen
            self._left_out(culprit)

    def _culprit(self, attempt: Attempt) -> tuple[Key, Attempt]:
        """A fix with which it fails, and what it came to with that and those before it only.

        Without any it holds, with all it fails: between lies a fix where that changes.
        """
        keys, held, fails, seen = attempt.keys, 0, len(attempt.keys), attempt
        while fails - held > 1 and self.may_go_on():
            middle = (held + fails) // 2
            found = self._ask({**self.skipped, **dict.fromkeys(keys[middle:], attempt)})
            if found.passed:
                held = middle
            else:
                fails, seen = middle, found
        return keys[fails - 1], seen

    def _lighten(self, attempt: Attempt) -> bool:
        """Leave one control out of what failed, if it then fails no more, or otherwise."""
        for name, answers in attempt.failed.items():
            for control in attempt.controls.get(name, ()):
                if (name, control) in self.unborne or not self.may_go_on():
                    continue
                before = dict(self.observed)
                known = self.observed.get(name) or attempt.given.get(name, Observed())
                self.observed[name] = widened(known, Observed(without=(control,)))
                found = self._ask(self.skipped)
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
            known = self.observed.get(name) or attempt.given[name]
            self.observed[name] = widened(known, Observed(capabilities=GUESSED))
        return bool(names)

    def _left_out(self, what: Key | tuple[str, str]) -> None:
        self.clock += 1
        self.since[what] = self.clock

    def _give_up(self) -> None:
        """No more starts: nothing stays that could have to do with what fails."""
        self.skipped |= dict.fromkeys(self.last.keys, self.last)

    # Less

    def _tighten(self) -> None:
        """Take away the capabilities that nobody has shown to be needed."""
        for name, given in self.last.given.items():
            known = self.observed.get(name, given)
            if name in self.guessed or {*ENTRYPOINT_RIGHTS} <= {*known.capabilities}:
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

    def _with(self, name: str, wanted: Observed) -> Attempt | None:
        """What it comes to with another observation, which stays if it passes; None for no more."""
        if not self.may_go_on():
            return None
        before = dict(self.observed)
        self.observed[name] = wanted
        found = self._ask(self.skipped)
        if found.passed:
            self.clock += 1
        else:
            self.observed = before
        return found

    def _reconsider(self) -> None:
        """Try again what was taken back: with what was learned since, it may hold."""
        for key in list(self.skipped):
            if self.may_go_on() and self._has_changed(key):
                rest = {each: seen for each, seen in self.skipped.items() if each != key}
                if self._ask(rest).passed:
                    self.skipped = rest
        for name, control in list(self.unborne):
            if not self._has_changed((name, control)):
                continue
            known = self.observed[name]
            rest_of = tuple(each for each in known.without if each != control)
            found = self._with(name, structs.replace(known, without=rest_of))
            if found is not None and found.passed:
                del self.unborne[name, control]

    def _has_changed(self, what: Key | tuple[str, str]) -> bool:
        return self.since.get(what, self.clock) < self.clock


def _kinds(answers: tuple[Answer, ...]) -> set[tuple[str, str]]:
    """What failed, without the figures in it."""
    return {(each.question, _FIGURE.sub("#", each.detail)) for each in answers if not each.passed}
