"""What one record says of one version: that it is affected, and by which of its intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seawall.advisories import schema
from seawall.advisories.store import Row
from seawall.advisories.subjects import Subject
from seawall.versions import key

_FIRST = "0"
_MODULE = ".module"


class Saying(NamedTuple):
    """What a record says of a subject in one ecosystem; `hit` is the row that the version is in,
    None where the record says that it is not affected."""

    record: int
    ecosystem: int
    rows: tuple[Row, ...]
    hit: Row | None

    @property
    def is_never(self) -> bool:
        """Whether the record says that no version ever was affected."""
        return all(row.bound == schema.FIXED and row.until == _FIRST for row in self.rows)


def sayings(subject: Subject, rows: Iterable[Row]) -> list[Saying]:
    """What each record says, of the rows that a store has on the subject's name."""
    own = key(subject.scheme, subject.version)
    by_record: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        by_record.setdefault((row.record, row.ecosystem), []).append(row)
    found = []
    for (record, ecosystem), each in by_record.items():
        kept = tuple(row for row in each if _is_of_stream(row, subject))
        if kept:
            hit = next((row for row in kept if _holds(row, subject, own)), None)
            found.append(Saying(record, ecosystem, kept, hit))
    return found


def _holds(row: Row, subject: Subject, own: str) -> bool:
    if row.versions is not None:
        return _is_listed(row.versions, subject, own)
    scheme = subject.scheme
    if row.introduced != _FIRST and own < key(scheme, row.introduced):
        return False
    if row.bound == 0:
        return True
    if row.until == _FIRST and row.bound == schema.FIXED:
        return False
    until = key(scheme, row.until)
    return own <= until if row.bound == schema.LAST else own < until


def _is_listed(versions: str, subject: Subject, own: str) -> bool:
    """Whether the version is among those listed; most lists don't even have its first digits."""
    text = f"\n{versions}\n"
    if f"\n{subject.version}\n" in text:
        return True
    start = subject.version
    while start.endswith(".0"):  # `1.0` is listed where `1` or `1.0.0` is meant
        start = start[:-2]
    place = text.find(f"\n{start}")
    while place >= 0:
        listed = text[place + 1 : text.index("\n", place + 1)]
        if key(subject.scheme, listed) == own:
            return True
        place = text.find(f"\n{start}", place + 1)
    return False


def _is_of_stream(row: Row, subject: Subject) -> bool:
    """Whether both are of a module or neither is: RPM's modules have releases of their own."""
    if subject.package.modularity or _MODULE in subject.version:
        return not row.until or row.until == _FIRST or _MODULE in row.until
    return not subject.is_system or _MODULE not in row.until


def is_other_stream(subject: Subject, title: str) -> bool:
    """Whether a bulletin is on another stream of the package's module, as its title says:
    `Important: nodejs:18 security update`."""
    module, _, rest = subject.package.modularity.partition(":")
    if not module:
        return False
    streams = re.findall(rf"(?<![\w.-]){re.escape(module)}:([\w.-]+)", title)
    return bool(streams) and rest.partition(":")[0] not in streams


def fixes(subject: Subject, said: Iterable[Saying]) -> tuple[str, ...]:
    """The fixed versions above the subject's, the lowest first."""
    own = key(subject.scheme, subject.version)
    found = {
        row.until: key(subject.scheme, row.until)
        for saying in said
        for row in saying.rows
        if row.bound == schema.FIXED and row.until != _FIRST
    }
    above = [version for version, value in found.items() if value > own]
    return tuple(sorted(above, key=found.__getitem__))


def why(subject: Subject, row: Row, note: str = "") -> str:
    """The comparison in a line: `2.36-9+deb12u7 < 2.36-9+deb12u9 (Debian 12, source glibc)`."""
    return f"{' '.join(_compared(subject.version, row))} ({subject.label}{note})"


def _compared(version: str, row: Row) -> Iterator[str]:
    if row.versions is not None:
        yield f"{version} is listed as affected"
        return
    if row.introduced != _FIRST:
        yield f"{row.introduced} <="
    if row.bound == schema.FIXED:
        yield f"{version} < {row.until}"
    elif row.bound == schema.LAST:
        yield f"{version} <= {row.until}, the last affected"
    elif row.bound == schema.LIMIT:
        yield f"{version} < {row.until}, the limit of what is known"
    else:
        yield f"{version}, no fixed version"
