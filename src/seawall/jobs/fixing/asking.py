"""What a run is to mend: the rules whose findings get fixes, and those that verify them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import structs

from seawall.core.errors import UsageError
from seawall.core.model import Finding, Problem, Safety
from seawall.core.selection import Selection
from seawall.core.suggestion import did_you_mean
from seawall.jobs.fixing.model import FixOptions
from seawall.jobs.governance import Mending, Ruling, catalog
from seawall.jobs.remedies import Locks, lock_of
from seawall.jobs.units import Unit

if TYPE_CHECKING:
    from seawall.fixes.model import Pin


class Asking:
    """What is asked of every unit of a run: each lock is read once, each ruling made once."""

    def __init__(self, options: FixOptions) -> None:
        self._options = options
        self._taken = _rules(options.take)
        self._rulings: dict[tuple[int, str], Ruling] = {}
        self._locks = Locks()

    @property
    def problems(self) -> list[Problem]:
        """The locks that can't be read."""
        return self._locks.problems

    def ruling(self, unit: Unit) -> Ruling:
        """The ruling by which a unit's fixes are made and verified.

        It judges by every rule of the profile, those too that are not to be mended: a fix must
        not bring what the run would not have shown.
        """
        given = unit.ruling
        lock = "" if self._options.pins is not None else lock_of(unit)
        key = id(given), lock
        known = self._rulings.get(key)
        if known is None:
            known = self._rulings[key] = self._widened(given, lock)
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

    def _known_pins(self, lock: str) -> Mapping[str, Pin]:
        given = self._options.pins
        return self._locks.pins(lock) if given is None else given


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
