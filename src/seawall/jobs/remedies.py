"""Tells findings what may mend them: nothing is mended, nor verified, as `fixing` does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from msgspec import structs

from seawall.core.errors import InputError
from seawall.core.model import Problem, Safety
from seawall.jobs.governance import Mending, Ruling
from seawall.jobs.lock import lock_path, read_lock
from seawall.jobs.units import Unit

if TYPE_CHECKING:
    from seawall.fixes.model import Pin


class Locks:
    """The locks of a run, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Pin]] = {}
        self.problems: list[Problem] = []
        """Those that can't be read."""

    def pins(self, lock: str) -> Mapping[str, Pin]:
        """What a lock says of references; nothing where there is none."""
        known = self._known.get(lock)
        if known is None:
            known = self._known[lock] = self._read(lock)
        return known

    def _read(self, lock: str) -> Mapping[str, Pin]:
        from seawall.fixes.model import Pin  # noqa: PLC0415 -- only who mends pays for it

        try:
            locked = read_lock(lock) if lock else {}
        except InputError as error:
            reason = error.message.removeprefix(f"{lock}: ")
            self.problems.append(Problem(lock, reason, error.hint))
            return {}
        return {name: Pin(each.digest) for name, each in locked.items()}


def told(units: Iterable[Unit], today: date) -> list[Unit]:
    """Units whose findings are told what may mend them, as far as their own lock says."""
    locks = Locks()
    rulings: dict[tuple[int, str], Ruling] = {}
    return [_told(unit, today, locks, rulings) for unit in units]


def _told(unit: Unit, today: date, locks: Locks, rulings: dict[tuple[int, str], Ruling]) -> Unit:
    from seawall.fixes.model import Context  # noqa: PLC0415 -- only who mends pays for it

    lock = lock_of(unit)
    key = id(unit.ruling), lock
    if key not in rulings:
        mending = Mending(
            Context(today, locks.pins(lock)),
            frozenset({Safety.SAFE, Safety.UNSAFE}),
            rules=unit.ruling.judged,
        )
        rulings[key] = structs.replace(unit.ruling, mending=mending)
    return structs.replace(unit, ruling=rulings[key])


def lock_of(unit: Unit) -> str:
    """The lock of a unit; empty for what is no file."""
    first = unit.inputs[0]
    return lock_path(first.path) if first.is_file else ""
