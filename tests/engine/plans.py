"""Plans that are given, not made: each fix replaces one text by another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from seawall.core.model import FileChange, Fix, Safety
from seawall.fixes.model import Observed
from seawall.jobs.proving.model import Key

NOTHING = Observed()


class Change(Struct, frozen=True):
    """A file before and after."""

    path: str
    before: str
    after: str


class Taken(Struct, frozen=True):
    """A fix that is in a plan."""

    key: Key
    fix: Fix


class Made(Struct, frozen=True):
    """A plan."""

    changed: tuple[Change, ...]
    fixes: tuple[Taken, ...]
    files: tuple[FileChange, ...] = ()


class Replacement(Struct, frozen=True):
    """A fix: `old` in a file becomes `new`, which may heed what was observed of `name`.

    `part` is what its symbol says beside the service.
    """

    path: str
    name: str
    part: str
    old: str
    new: str | Callable[[Observed], str]
    safety: Safety = Safety.UNSAFE

    @property
    def key(self) -> Key:
        """As a finding has it."""
        is_service = "/" not in self.name
        symbol = f"service {self.name}/{self.part}" if is_service else self.part
        return ("rule", self.path, symbol)


class Planner:
    """Makes the plan of replacements, without those that are skipped, and remembers each call."""

    def __init__(self, *fixes: Replacement) -> None:
        self.fixes = fixes
        self.calls: list[tuple[frozenset[Key], Mapping[str, Observed]]] = []

    def __call__(self, skipped: frozenset[Key], observed: Mapping[str, Observed]) -> Made:
        self.calls.append((skipped, dict(observed)))
        before = {fix.path: Path(fix.path).read_text() for fix in self.fixes}
        after = dict(before)
        taken = []
        for each in self.fixes:
            if each.key in skipped:
                continue
            new = (
                each.new
                if isinstance(each.new, str)
                else each.new(observed.get(each.name, NOTHING))
            )
            assert each.old in after[each.path], each.old
            after[each.path] = after[each.path].replace(each.old, new, 1)
            taken.append(Taken(each.key, Fix(each.safety, each.part)))
        changed = (Change(p, before[p], after[p]) for p in before if before[p] != after[p])
        return Made(tuple(changed), tuple(taken))
