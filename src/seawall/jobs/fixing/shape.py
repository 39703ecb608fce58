"""Holds a file before and after edits side by side: outside of them it must say the same."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from seawall.core.model import Edit
from seawall.core.source import Source
from seawall.jobs.fixing.draft import ordered
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read as read_dockerfile

_YAML = (".yaml", ".yml")
_OTHER = (".env", ".gitignore", ".dockerignore", ".py", ".sh", ".md", ".service", ".toml")


def differences(
    path: str,
    before: str,
    after: str,
    edits: Sequence[Edit],
    facts: tuple[Dockerfile, Dockerfile | None] | None = None,
) -> str:
    """What has changed outside of the edits, going on from `it would …`; empty for nothing.

    `facts` are those of a Dockerfile before and after, where they are known already.
    """
    shift = Shift(edits)
    if facts is not None and facts[1] is not None:
        return _of_instructions(facts[0], facts[1], shift)
    if path.endswith(_YAML):
        from seawall.jobs.fixing.tree import of_values  # noqa: PLC0415 -- YAML on use

        return of_values(before, after, shift)
    if "ockerfile" in os.path.basename(path) and not path.endswith(_OTHER):
        old = read_dockerfile(Source(path, before))
        return _of_instructions(old, read_dockerfile(Source(path, after)), shift)
    return ""


class Shift:
    """Where the places of a text are after edits."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self._edits = [edit for edit, _ in ordered((edit, 0) for edit in edits)]
        self._ends: list[int] = []
        self._deltas = [0]
        for edit in self._edits:
            self._ends.append(edit.end)
            self._deltas.append(self._deltas[-1] + len(edit.text) - (edit.end - edit.start))

    def touches(self, start: int, end: int) -> bool:
        """Whether an edit changes anything from `start` to `end`, or adds to it at its end."""
        return any(_touches(edit, start, end) for edit in self._edits)

    def is_new(self, start: int, end: int) -> bool:
        """Whether anything from `start` to `end` of the text afterwards has been put in."""
        for edit, delta in zip(self._edits, self._deltas, strict=False):
            first = edit.start + delta
            if start < first + len(edit.text) and first < end:
                return True
        return False

    def place(self, offset: int) -> int:
        """Where the character at an offset that no edit takes away is afterwards."""
        return offset + self._deltas[bisect_right(self._ends, offset)]


def _touches(edit: Edit, start: int, end: int) -> bool:
    if edit.start == edit.end:
        is_before = edit.start == start and edit.text.endswith("\n")
        is_behind = edit.start == end and edit.text.startswith(("\n", "\r\n"))
        return start <= edit.start <= end and not is_before and not is_behind
    return edit.start < end and start < edit.end


def _of_instructions(before: Dockerfile, after: Dockerfile, shift: Shift) -> str:
    there = {each.start: each for each in after.instructions}
    for old in before.instructions:
        if shift.touches(old.start, old.end):
            continue
        new = there.get(shift.place(old.start))
        if (
            new is None
            or new.keyword != old.keyword
            or new.text != old.text
            or len(new.flags) != len(old.flags)
            or new.end - new.start != old.end - old.start
        ):
            return f"change line {old.line}, which it does not name"
    return ""
