"""What one record says of one version: that it is affected, and by which of its intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seawall.advisories import schema
from seawall.advisories.store import Row
from seawall.advisories.subjects import Subject
from seawall.versions import Scheme, key, key_function

_FIRST = "0"
_MODULE = ".module"
_FIXED = schema.FIXED
_BOUNDS = {
    0: ", no fixed version",
    schema.FIXED: " < {}",
    schema.LAST: " <= {}, the last affected",
    schema.LIMIT: " < {}, the limit of what is known",
}


class Saying(NamedTuple):
    """What a record says of a subject in one ecosystem; `hit` is the row that the version is in,
    None where the record says that it is not affected."""

    record: int
    ecosystem: int
    rows: Sequence[Row]
    hit: Row | None

    @property
    def is_never(self) -> bool:
        """Whether the record says that no version ever was affected."""
        return all(row.bound == schema.FIXED and row.until == _FIRST for row in self.rows)


class Keys(dict[str, str]):
    """The sort keys of one scheme's versions, each made once: a look-up is all that most cost."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__()
        self._key = key_function(scheme)

    def __missing__(self, version: str) -> str:
        """Make a key."""
        made = self[version] = self._key(version)
        return made


def sayings(subject: Subject, rows: Iterable[Row], keys: Keys) -> list[Saying]:
    """What each record says, of the rows that a store has on the subject's name."""
    own = keys[subject.version]
    by_record: dict[tuple[int, int], list[Row]] = {}
    for row in rows if _has_no_streams(subject) else _of_stream(rows, subject):
        place = row.record, row.ecosystem
        if place in by_record:
            by_record[place].append(row)
        else:
            by_record[place] = [row]
    return [
        Saying(record, ecosystem, kept, _hit(kept, subject, own, keys))
        for (record, ecosystem), kept in by_record.items()
    ]


def _hit(rows: Iterable[Row], subject: Subject, own: str, keys: Keys) -> Row | None:
    for row in rows:
        if _holds(row, subject, own, keys):
            return row
    return None


def _holds(row: Row, subject: Subject, own: str, keys: Keys) -> bool:
    if row.versions is not None:
        return _is_listed(row.versions, subject, own)
    if row.bound:
        if row.until == _FIRST and row.bound == _FIXED:
            return False
        until = keys[row.until]
        if own > until or (own == until and row.bound != schema.LAST):
            return False
    return row.introduced == _FIRST or own >= keys[row.introduced]


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


def _has_no_streams(subject: Subject) -> bool:
    """Only RPM has modules, with releases of their own."""
    return not (subject.is_system or subject.package.modularity or _MODULE in subject.version)


def _of_stream(rows: Iterable[Row], subject: Subject) -> Iterator[Row]:
    """The rows where both are of a module or neither is."""
    is_of_module = bool(subject.package.modularity) or _MODULE in subject.version
    for row in rows:
        if _MODULE in row.until:
            if is_of_module or not subject.is_system:
                yield row
        elif not is_of_module or not row.until or row.until == _FIRST:
            yield row


def is_other_stream(subject: Subject, title: str) -> bool:
    """Whether a bulletin is on another stream of the package's module, as its title says:
    `Important: nodejs:18 security update`."""
    module, _, rest = subject.package.modularity.partition(":")
    if not module:
        return False
    streams = re.findall(rf"(?<![\w.-]){re.escape(module)}:([\w.-]+)", title)
    return bool(streams) and rest.partition(":")[0] not in streams


def fixes(subject: Subject, said: Iterable[Saying], keys: Keys) -> tuple[str, ...]:
    """The fixed versions above the subject's, the lowest first."""
    own = keys[subject.version]
    above: dict[str, str] = {}
    for saying in said:
        for row in saying.rows:
            if row.bound == _FIXED and row.until != _FIRST and (value := keys[row.until]) > own:
                above[row.until] = value
    return tuple(sorted(above, key=above.__getitem__)) if len(above) > 1 else tuple(above)


def why(subject: Subject, row: Row, note: str = "") -> str:
    """The comparison in a line: `2.36-9+deb12u7 < 2.36-9+deb12u9 (Debian 12, source glibc)`."""
    place = f"({subject.label}{note})"
    if row.versions is not None:
        return f"{subject.version} is listed as affected {place}"
    version = subject.version
    if row.introduced != _FIRST:
        version = f"{row.introduced} <= {version}"
    return f"{version}{_BOUNDS[row.bound].format(row.until)} {place}"
