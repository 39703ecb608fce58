"""Matches packages with the flaws that advisories tell of, as each ecosystem means it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

from msgspec import Struct

from seawall.advisories.distributions import Target, target_of
from seawall.advisories.flaws import Flaws, Knowledge
from seawall.advisories.model import Match, Status
from seawall.advisories.ranking import ranked
from seawall.advisories.store import Store, StoredRecord
from seawall.advisories.subjects import Subject, Subjects
from seawall.advisories.verdict import Keys, Saying, fixes, is_other_stream, sayings, why
from seawall.facts.releases import cycle_for
from seawall.surfaces.image.facts import Distribution, Package
from seawall.versions import Scheme

MAX_AGE = 7
"""Days after which advisories are too old to rest a verdict on."""

_UNIMPORTANT = "unimportant"
_URGENCIES = {"high": "high", "medium": "medium", "low": "low", _UNIMPORTANT: "low"}
_STATUSES = {"": Status.AFFECTED, **{status.value: status for status in Status}}
_PRO = ", with Ubuntu Pro"


class MatchReport(Struct, frozen=True):
    """What matching found: `matches` by urgency, the worst first.

    `problems` are what keeps the answer from being whole: an unknown distribution, no advisories
    for an ecosystem, old data. `notes` are good to know. `hidden` are matches that the
    distributor calls unimportant: no security flaw as it is built there.
    """

    matches: tuple[Match, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: tuple[Match, ...] = ()


def match(
    packages: Sequence[Package],
    distribution: Distribution | None,
    store: Store,
    today: date | None = None,
    max_age: int = MAX_AGE,
) -> MatchReport:
    """Find the known flaws of an image's packages.

    Raises:
        InputError: the store is damaged.
    """
    today = today or datetime.now(UTC).date()
    known = store.ecosystems()
    target = target_of(distribution, known) if distribution else None
    subjects = Subjects(target, known)
    asked = subjects.of(packages)
    found = sorted(_Matching(store, asked).run(), key=_place)
    matches = [each for each, is_hidden in found if not is_hidden]
    problems = [*_unexamined(subjects, distribution)]
    if target is not None and any(subject.is_system for subject in asked):
        problems.extend(_ended(target, today))
    problems.extend(_stale(store, asked, known, today, max_age))
    return MatchReport(
        matches=tuple(ranked(matches)),
        problems=tuple(problems),
        notes=tuple(_notes(subjects)),
        hidden=tuple(each for each, is_hidden in found if is_hidden),
    )


def _place(found: tuple[Match, bool]) -> tuple[str, str]:
    return found[0].package.path, found[0].package.name


class _Said(Struct, frozen=True, gc=False):
    """What a record says of a flaw."""

    saying: Saying
    record: StoredRecord
    is_precise: bool

    @property
    def rank(self) -> tuple[int, int]:
        """Whose word counts: the distributor's own database before what is made of it, a record
        of the flaw alone before a bulletin on many."""
        return (0 if self.record.source.startswith("secdb/") else 1, 0 if self.is_precise else 1)


class _Matching:
    """One run over subjects that can be asked about."""

    def __init__(self, store: Store, subjects: Sequence[Subject]) -> None:
        self._store = store
        self._keys: dict[Scheme, Keys] = {}
        self._said = list(self._affected(subjects))
        numbers = {each.record for _, said in self._said for each in said}
        self._flaws = Flaws(store, sorted(numbers))

    def _affected(self, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, list[Saying]]]:
        """Subjects that any record says are affected, with what all records say of them.

        Of a language's packages only what says so counts; of a distribution's, what clears them
        too.
        """
        groups: dict[tuple[int, ...], list[Subject]] = {}
        for subject in subjects:
            groups.setdefault(subject.ecosystems, []).append(subject)
        for ecosystems, group in groups.items():
            rows = self._store.rows(ecosystems, {subject.name for subject in group})
            for subject in group:
                if subject.name not in rows:
                    continue
                said = sayings(subject, rows[subject.name], self._order(subject))
                hits = [each for each in said if each.hit is not None]
                if hits:
                    yield subject, said if subject.is_system else hits

    def _order(self, subject: Subject) -> Keys:
        keys = self._keys.get(subject.scheme)
        if keys is None:
            keys = self._keys[subject.scheme] = Keys(subject.scheme)
        return keys

    def run(self) -> Iterator[tuple[Match, bool]]:
        """The matches, each with whether it is to be hidden."""
        decided = [
            (subject, flaw, counting)
            for subject, found in self._said
            for flaw, said in self._by_flaw(subject, found).items()
            if (counting := _decided(subject, said))
        ]
        flaws = (flaw for _, flaw, _ in decided)
        knowledge = Knowledge(self._store, flaws, self._flaws.records)
        for subject, flaw, said in decided:
            yield self._match(subject, flaw, said, knowledge)

    def _by_flaw(self, subject: Subject, said: Iterable[Saying]) -> dict[str, list[_Said]]:
        found: dict[str, list[_Said]] = {}
        for saying in said:
            is_precise = self._flaws.is_precise(saying.record)
            record = self._flaws.records[saying.record]
            if is_other_stream(subject, record.title):
                continue
            for flaw in self._flaws.of(saying.record):
                found.setdefault(flaw, []).append(_Said(saying, record, is_precise))
        return found

    def _match(
        self, subject: Subject, flaw: str, said: Sequence[_Said], knowledge: Knowledge
    ) -> tuple[Match, bool]:
        hits = [(each, each.saying.hit) for each in said if each.saying.hit is not None]
        first, row = hits[0]
        fixed = fixes(subject, [each.saying for each, _ in hits], self._order(subject))
        rating = _URGENCIES.get(row.urgency, "") if subject.is_system else ""
        found = Match(
            package=subject.package,
            vulnerability=knowledge.vulnerability(
                flaw, [each.record for each, _ in hits], self._aliases(said), rating
            ),
            status=Status.FIXED if fixed else _STATUSES.get(row.status, Status.AFFECTED),
            fixed=fixed,
            compared=subject.version,
            why=why(subject, row, _PRO if fixed and row.ecosystem in subject.paid else ""),
            source=first.record.source,
        )
        is_hidden = row.urgency == _UNIMPORTANT
        return found, is_hidden and all(each.urgency == _UNIMPORTANT for _, each in hits)

    def _aliases(self, said: Sequence[_Said]) -> Sequence[str]:
        if len(said) == 1:
            return self._flaws.aliases(said[0].record.id)
        return [name for each in said for name in self._flaws.aliases(each.record.id)]


def _decided(subject: Subject, said: Sequence[_Said]) -> list[_Said]:
    """The sayings that count, if they come to: affected.

    For a language any record will do. For a distribution those of the highest rank count, and a
    fix that the package has from a subscription clears it.
    """
    if not subject.is_system:
        return list(said)
    if len(said) == 1:
        return list(said) if said[0].saying.hit is not None else []
    free = [each for each in said if each.saying.ecosystem not in subject.paid]
    paid = [each for each in said if each.saying.ecosystem in subject.paid]
    if free and any(each.saying.hit is None for each in paid):
        return []
    counting = free or paid
    best = min(each.rank for each in counting)
    counting = [each for each in counting if each.rank == best]
    is_clear = any(each.saying.is_never for each in counting)
    return counting if not is_clear and any(each.saying.hit for each in counting) else []


def _unexamined(subjects: Subjects, distribution: Distribution | None) -> Iterator[str]:
    count = subjects.unknown_releases
    if count and distribution is None:
        yield f"no distribution is told: {_packages(count)} can't be matched with advisories"
    elif count and distribution is not None:
        name = distribution.pretty_name or distribution.id
        yield f"no advisories are known for {name}: {_packages(count)} can't be matched"
    for name, count in subjects.missing.items():
        yield f"the store has no advisories for {name}: {_packages(count)} can't be matched"


def _notes(subjects: Subjects) -> Iterator[str]:
    for origin, count in subjects.foreign.items():
        yield f"{_packages(count)} of {origin}: not matched, the distributor does not speak of them"
    for name, count in subjects.without.items():
        yield f"{_packages(count)} of type {name}: not matched, no advisories speak of such"
    if subjects.unversioned:
        yield f"{_packages(subjects.unversioned)} without a version: not matched"


def _packages(count: int) -> str:
    return "1 package" if count == 1 else f"{count} packages"


def _ended(target: Target, today: date) -> Iterator[str]:
    """A release for which nobody writes advisories any more has flaws that nobody tells of."""
    cycle = cycle_for(target.product, target.version) if target.product else None
    end = max((day for day in (cycle.eol, cycle.extended) if day), default=None) if cycle else None
    if end is not None and end < today:
        yield (
            f"{target.label} has had no security support since {end.isoformat()}: flaws found "
            "later are not told of"
        )


def _stale(
    store: Store, asked: Iterable[Subject], known: dict[str, int], today: date, max_age: int
) -> Iterator[str]:
    """Sources that speak of these packages, but were last compared too long ago."""
    used = {number for subject in asked for number in subject.ecosystems}
    names = {name.partition(":")[0].lower() for name, number in known.items() if number in used}
    ages: Counter[int] = Counter()
    for source in store.sources():
        parts = source.name.lower().split("/")
        if parts[0] in ("kev", "epss") or parts[1] in names:
            ages[_days(source.checked, today)] += 1
    oldest = max(ages, default=0)
    if oldest > max_age:
        yield f"the advisories are {oldest} days old, more than {max_age}: run `seawall db update`"


def _days(checked: str, today: date) -> int:
    try:
        return (today - date.fromisoformat(checked[:10])).days
    except ValueError:
        return 1_000_000
