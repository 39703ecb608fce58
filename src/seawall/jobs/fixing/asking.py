"""What a run is to mend: the rules whose findings get fixes, and those that verify them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import structs

from seawall.core.errors import InputError, UsageError
from seawall.core.model import Finding, Problem, Safety
from seawall.core.selection import Selection
from seawall.core.suggestion import did_you_mean
from seawall.jobs.check import RUN_OPTION, CheckOptions
from seawall.jobs.discover import STANDARD_INPUT
from seawall.jobs.fixing.model import FixOptions
from seawall.jobs.governance import Mending, Ruling, catalog
from seawall.jobs.units import Unit

if TYPE_CHECKING:
    from seawall.fixes.model import Pin


class Asking:
    """What is asked of every unit of a run: each lock is read once, each ruling made once."""

    def __init__(self, options: FixOptions) -> None:
        self._options = options
        self._taken = _rules(options.take)
        self._rulings: dict[tuple[int, str], Ruling] = {}
        self._pins: dict[str, Mapping[str, Pin]] = {}
        self.problems: list[Problem] = []

    def ruling(self, given: Ruling, path: str) -> Ruling:
        """The ruling by which a unit's fixes are made and verified.

        It judges by every rule of the profile, those too that are not to be mended: a fix must
        not bring what the run would not have shown.
        """
        lock = self._lock(path)
        key = id(given), lock
        known = self._rulings.get(key)
        if known is None:
            known = self._rulings[key] = self._widened(given, lock)
        return known

    def telling(self, given: Ruling, path: str) -> Ruling:
        """The same ruling, by which findings are told what may mend them."""
        lock = self._lock(path)
        key = id(given), lock
        known = self._rulings.get(key)
        if known is None:
            mending = self._mending(given.judged, lock)
            known = self._rulings[key] = structs.replace(given, mending=mending)
        return known

    def _widened(self, given: Ruling, lock: str) -> Ruling:
        wide = structs.replace(given.policy, select=(), ignore=())
        judging = Selection(wide, catalog())
        wanted = given.judged | self._taken
        ids = frozenset(rule for rule in catalog().rules if rule in wanted or judging.judges(rule))
        if ids == given.judged:
            selection = given.selection
        else:
            named = structs.replace(wide, select=tuple(sorted(ids)))
            selection = Selection(named, catalog())
        return structs.replace(
            given, selection=selection, judged=ids, mending=self._mending(wanted, lock)
        )

    def _mending(self, wanted: frozenset[str], lock: str) -> Mending:
        from seawall.fixes.model import Context  # noqa: PLC0415 -- only who mends pays for it

        options = self._options
        allowed = {Safety.SAFE, Safety.UNSAFE} if options.unsafe else {Safety.SAFE}
        return Mending(
            Context(options.check.today, self._known_pins(lock), options.observed),
            frozenset(allowed),
            options.skipped,
            self._taken,
            frozenset(Safety),
            wanted,
        )

    def _lock(self, path: str) -> str:
        from seawall.jobs.lock import lock_path  # noqa: PLC0415 -- only who mends pays for it

        return "" if self._options.pins is not None or not path else lock_path(path)

    def _known_pins(self, lock: str) -> Mapping[str, Pin]:
        from seawall.fixes.model import Pin  # noqa: PLC0415 -- only who mends pays for it
        from seawall.jobs.lock import read_lock  # noqa: PLC0415 -- as above

        if self._options.pins is not None or not lock:
            return self._options.pins or {}
        if lock not in self._pins:
            try:
                locked = read_lock(lock)
            except InputError as error:
                name = os.path.relpath(lock)
                reason = error.message.removeprefix(f"{lock}: ")
                self.problems.append(Problem(name, reason, error.hint))
                locked = {}
            self._pins[lock] = {name: Pin(each.digest) for name, each in locked.items()}
        return self._pins[lock]


def told(units: Iterable[Unit], check: CheckOptions) -> list[Unit]:
    """Units whose findings are told what may mend them; nothing is mended, nor verified."""
    asking = Asking(FixOptions(check, unsafe=True))
    units = list(units)
    firsts = [unit.inputs[0].path for unit in units]
    places = ["" if first in (RUN_OPTION, STANDARD_INPUT) else first for first in firsts]
    return [
        structs.replace(unit, ruling=asking.telling(unit.ruling, place))
        for unit, place in zip(units, places, strict=True)
    ]


def is_wanted(finding: Finding, ruling: Ruling, asked: Ruling) -> bool:
    """Whether a finding is one of those to mend: by `ruling`, the run's own, or as taken."""
    mending = asked.mending
    if mending is not None and finding.rule in mending.taken:
        return True
    return not ruling.selection.why_hidden(finding.rule, finding.confidence)


def _rules(names: tuple[str, ...]) -> frozenset[str]:
    """The rules that names, aliases and practices stand for.

    Raises:
        UsageError: there is none of a name.
    """
    found: set[str] = set()
    for name in names:
        ids = catalog().named(name)
        if not ids:
            hint = did_you_mean(name, catalog().rules) or "See `seawall explain`."
            raise UsageError(f"--take {name}: there is no such rule", hint)
        found.update(ids)
    return frozenset(found)
