"""Which flaw a record is about, and what is known of it, whoever tells.

Records of one flaw have many ids. They are joined under the CVE id by what they call aliases, and
a distributor's bulletin stands for each flaw that it names as upstream. What is only related is
another flaw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seawall.advisories import schema
from seawall.advisories.cvss import severity_of
from seawall.advisories.model import Vulnerability
from seawall.advisories.store import Store, StoredRecord
from seawall.core.expression import Expression
from seawall.core.model import Severity

_CVE = Expression(r"(?:[A-Z]+-)?(CVE-\d{4}-\d{4,})")
_MAX_LINKS = 8
_NOT_PROBABLE = (-1.0, -1.0)
_SEVERITIES = {severity.value: severity for severity in Severity}
_FIRST_IDS = ("MAL-", "GHSA-")
"""Ids that name a flaw best where it has no CVE id."""


class Flaws:
    """The flaws of some records."""

    def __init__(self, store: Store, ids: Sequence[int]) -> None:
        self._store = store
        self.records: dict[int, StoredRecord] = store.records(ids)
        self._aliases = store.aliases(ids)
        self._own: dict[int, tuple[str, ...]] = {}
        self._names: dict[str, set[str]] = {}
        self._of = {number: self._named(number) for number in self.records}
        self._join()

    def of(self, record: int) -> tuple[str, ...]:
        """Ids of the flaws that a record is about."""
        return self._of.get(record, ())

    def is_precise(self, record: int) -> bool:
        """Whether a record is about one flaw alone."""
        return len(self.of(record)) == 1

    def _named(self, number: int) -> tuple[str, ...]:
        """By a record's own ids, else by those of the flaws it names as upstream."""
        record = self.records[number]
        given = self._aliases.get(number, ())
        own = (record.name, *(name for name, kind in given if kind == schema.ALIAS))
        cves = _cves(own)
        if cves:
            return (self._remember(_oldest(cves), own),)
        upstream = [name for name, kind in given if kind == schema.UPSTREAM]
        if upstream:
            cves = _cves(upstream)
            return tuple(cves) or tuple(self._remember(name, (name,)) for name in upstream)
        return (self._remember(_best(own), own),)

    def _remember(self, flaw: str, names: Iterable[str]) -> str:
        self._names.setdefault(flaw, set()).update(names)
        return flaw

    def _join(self) -> None:
        """Look for the CVE of flaws that are told by other ids, in whatever else is in store."""
        unnamed = {flaw: names for flaw, names in self._names.items() if not _CVE.fullmatch(flaw)}
        if not unnamed:
            return
        better = self._better(unnamed)
        self._of = {
            number: tuple(dict.fromkeys(better.get(flaw, flaw) for flaw in flaws))
            for number, flaws in self._of.items()
        }

    def _better(self, unnamed: Mapping[str, set[str]]) -> dict[str, str]:
        every = sorted(set().union(*unnamed.values()))
        found = self._store.ids_of(every)
        numbers = sorted({number for ids in found.values() for number in ids})
        records, aliases = self._store.records(numbers), self._store.aliases(numbers)
        better = {}
        for flaw, names in unnamed.items():
            known = set(names)
            for name in names:
                for number in found.get(name, ()):
                    known.add(records[number].name)
                    known.update(n for n, kind in aliases.get(number, ()) if kind == schema.ALIAS)
            cves = _cves(sorted(known))
            better[flaw] = _oldest(cves) if cves else _best(sorted(known))
        return better

    def aliases(self, record: int) -> tuple[str, ...]:
        """A record's own ids: its name and what it calls the same."""
        known = self._own.get(record)
        if known is None:
            given = self._aliases.get(record, ())
            own = (name for name, kind in given if kind != schema.UPSTREAM)
            known = self._own[record] = (self.records[record].name, *own)
        return known


def _cves(names: Iterable[str]) -> list[str]:
    """CVE ids among names, each once; a distributor's `UBUNTU-CVE-…` is its CVE."""
    found = (match[1] for name in names if "CVE-" in name and (match := _CVE.fullmatch(name)))
    return list(dict.fromkeys(found))


def _oldest(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else min(names, key=_by_number)


def _by_number(name: str) -> tuple[int, int]:
    _, year, number = name.split("-")
    return int(year), int(number)


def _best(names: Iterable[str]) -> str:
    listed = list(names)
    for start in _FIRST_IDS:
        for name in listed:
            if name.startswith(start):
                return name
    return min(listed)


class Knowledge:
    """What the store knows of flaws beside the records that matched: scores, titles, exploits."""

    def __init__(
        self, store: Store, flaws: Iterable[str], read: Mapping[int, StoredRecord]
    ) -> None:
        names = sorted(set(flaws))
        self._others = store.ids_of(names)
        numbers = {number for ids in self._others.values() for number in ids}
        self._records = {**read, **store.records(sorted(numbers.difference(read)))}
        self._exploited = store.exploited(names)
        self._probabilities = store.probabilities(names)
        self._made: dict[tuple[str, str, tuple[int, ...]], Vulnerability] = {}

    def vulnerability(
        self,
        flaw: str,
        records: Sequence[StoredRecord],
        aliases: Iterable[str],
        rating: str,
    ) -> Vulnerability:
        """A flaw, told by the records that matched and, where they are silent, by others.

        `rating` is the distributor's own word on the severity, which counts before any. The same
        flaw of several packages is made once.
        """
        told = (flaw, rating, tuple([record.id for record in records]))
        known = self._made.get(told)
        if known is None:
            known = self._made[told] = self._vulnerability(flaw, records, aliases, rating)
        return known

    def _vulnerability(
        self,
        flaw: str,
        records: Sequence[StoredRecord],
        aliases: Iterable[str],
        rating: str,
    ) -> Vulnerability:
        known = {record.id: record for record in records}
        known.update((number, self._records[number]) for number in self._others.get(flaw, ()))
        every = list(known.values())
        cvss, score = _scored(every)
        probability, percentile = self._probabilities.get(flaw, _NOT_PROBABLE)
        published = [record.published for record in every if record.published]
        return Vulnerability(
            flaw,
            tuple(sorted({*aliases} - {flaw})),
            _title(every),
            _severity(rating, every) or (severity_of(score) if cvss else None),
            cvss,
            score,
            self._exploited.get(flaw, ""),
            probability,
            percentile,
            min(published) if published else "",
            max([record.modified for record in records]),
            _links(every),
            any(record.is_malicious for record in records),
        )


def _scored(records: Iterable[StoredRecord]) -> tuple[str, float]:
    for record in records:
        if record.cvss:
            return record.cvss, record.score
    return "", -1.0


def _title(records: Iterable[StoredRecord]) -> str:
    for record in records:
        if record.title:
            return record.title
    return ""


def _severity(rating: str, records: Iterable[StoredRecord]) -> Severity | None:
    if rating in _SEVERITIES:
        return _SEVERITIES[rating]
    for record in records:
        if record.severity in _SEVERITIES:
            return _SEVERITIES[record.severity]
    return None


def _links(records: Iterable[StoredRecord]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for record in records:
        if record.links:
            found.update(dict.fromkeys(record.links.split("\n")))
    found.pop("", None)
    return tuple(found)[:_MAX_LINKS]
