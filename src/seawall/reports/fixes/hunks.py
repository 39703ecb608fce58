"""A file's changes as hunks of lines: made of the edits themselves, never of a comparison."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from seawall.jobs.fixing import ChangedFile
from seawall.jobs.fixing.draft import Change

CONTEXT = 3
"""Lines that are shown around a change."""


class Line(Struct, frozen=True):
    """A line with its end: `sign` is a space, `-` or `+`; `start` is its offset in the old text.

    Of a line that is put in, `start` is -1.
    """

    sign: str
    text: str
    start: int


class Hunk(Struct, frozen=True):
    """Changes that stand close together, and the numbers of the fixes that made them."""

    old_line: int
    new_line: int
    lines: tuple[Line, ...]
    fixes: tuple[int, ...]

    @property
    def head(self) -> str:
        """Its `@@` line."""
        old = sum(line.sign != "+" for line in self.lines)
        new = sum(line.sign != "-" for line in self.lines)
        return f"@@ -{_range(self.old_line, old)} +{_range(self.new_line, new)} @@"


class _Group(Struct):
    """Lines from `first` up to `last` (from 0, exclusive) and what stands for them."""

    first: int
    last: int
    new: list[str]
    fixes: tuple[int, ...]


def hunks(file: ChangedFile, context: int = CONTEXT) -> list[Hunk]:
    """The hunks of a file, in its order."""
    old = _lines(file.before)
    starts = _starts(old)
    made: list[Hunk] = []
    shift = 0
    for cluster in _clusters(_groups(file, old, starts), context):
        hunk = _hunk(cluster, old, starts, context, shift)
        shift += sum(len(group.new) - (group.last - group.first) for group in cluster)
        made.append(hunk)
    return made


def _range(line: int, count: int) -> str:
    """As `diff` counts: of no lines the one before them."""
    return f"{line - 1 if not count else line}" + ("" if count == 1 else f",{count}")


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _starts(lines: Sequence[str]) -> list[int]:
    starts, at = [0], 0
    for line in lines:
        at += len(line)
        starts.append(at)
    return starts


def _groups(file: ChangedFile, old: Sequence[str], starts: Sequence[int]) -> Iterator[_Group]:
    """The lines that change; changes of one line are told together."""
    pending: list[tuple[int, int]] = []
    changes: list[Change] = []
    for change in file.changes:
        first = _line_at(change.start, starts)
        last = max(first, _line_at(change.end, starts))
        if pending and first > pending[-1][1]:
            yield from _group(file.before, changes, pending, old, starts)
            pending, changes = [], []
        pending.append((first, last))
        changes.append(change)
    if pending:
        yield from _group(file.before, changes, pending, old, starts)


def _line_at(offset: int, starts: Sequence[int]) -> int:
    return bisect_right(starts, offset) - 1


def _group(
    before: str,
    changes: Sequence[Change],
    lines: Sequence[tuple[int, int]],
    old: Sequence[str],
    starts: Sequence[int],
) -> Iterator[_Group]:
    first, last = lines[0][0], min(max(end for _, end in lines) + 1, len(old))
    at, end = starts[min(first, len(old))], starts[last]
    pieces: list[str] = []
    fixes: dict[int, None] = {}
    for change in changes:
        pieces += (before[at : change.start], change.text)
        at = change.end
        fixes.update(dict.fromkeys(change.fixes))
    new = _lines("".join(pieces) + before[at:end])
    while first < last and new and old[first] == new[0]:
        del new[0]
        first += 1
    while first < last and new and old[last - 1] == new[-1]:
        del new[-1]
        last -= 1
    if new or first < last:
        yield _Group(first, last, new, tuple(fixes))


def _clusters(groups: Iterator[_Group], context: int) -> Iterator[list[_Group]]:
    cluster: list[_Group] = []
    for group in groups:
        if cluster and group.first - cluster[-1].last > 2 * context:
            yield cluster
            cluster = []
        if cluster and group.first == cluster[-1].last:
            cluster[-1] = _together(cluster[-1], group)
        else:
            cluster.append(group)
    if cluster:
        yield cluster


def _together(one: _Group, other: _Group) -> _Group:
    """Two changes of lines that follow each other: all old lines, then all new ones."""
    fixes = tuple(dict.fromkeys((*one.fixes, *other.fixes)))
    return _Group(one.first, other.last, [*one.new, *other.new], fixes)


def _hunk(
    cluster: Sequence[_Group], old: Sequence[str], starts: Sequence[int], context: int, shift: int
) -> Hunk:
    first = max(0, cluster[0].first - context)
    end = min(len(old), cluster[-1].last + context)
    lines: list[Line] = []
    fixes: dict[int, None] = {}
    at = first
    for group in cluster:
        lines += (Line(" ", old[n], starts[n]) for n in range(at, group.first))
        lines += (Line("-", old[n], starts[n]) for n in range(group.first, group.last))
        lines += (Line("+", line, -1) for line in group.new)
        fixes.update(dict.fromkeys(group.fixes))
        at = group.last
    lines += (Line(" ", old[n], starts[n]) for n in range(at, end))
    return Hunk(first + 1, first + shift + 1, tuple(lines), tuple(fixes))
