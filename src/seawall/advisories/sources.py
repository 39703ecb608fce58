"""The sources of a store: what each one fetches, and how that becomes records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct, structs

from seawall.advisories.building import Builder, SourceState
from seawall.advisories.download import Fetched, MissingError, Place, Progress, Server, Validators
from seawall.advisories.feeds import epss, kev, osv, secdb
from seawall.advisories.record import Record
from seawall.core.errors import InputError
from seawall.facts.releases import end_of_life

MAX_INCREMENT = 500
"""Changed records that are fetched one by one; for more, the archive is quicker and kinder."""

MAX_DATABASE = 256 * 1024 * 1024
MAX_INDEX = 512 * 1024 * 1024
"""Bytes of a JSON file that is read whole, and of a list of changes."""

_OLDEST_ALPINE = 3


class Change(Struct, frozen=True):
    """What a source has that the store has not; `apply` is None where that is nothing.

    `apply` writes into a builder, under the id of the source, and gives the number of records
    that came. It raises InputError where they are no records.
    """

    state: SourceState
    apply: Callable[[Builder, int], int] | None = None


class Source(Protocol):
    """One source. `is_optional` where a mirror, or a release too new, may well lack it."""

    name: str
    is_optional: bool

    def fetch(self, known: SourceState, problems: list[str]) -> Change:
        """Ask what is new since `known`; what can't be read of it is added to `problems`.

        Raises:
            MissingError: there is no such file.
            InputError: it can't be had.
        """


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _same_place(known: SourceState, url: str) -> SourceState:
    """What is known, if it was had from there; else as if nothing were."""
    return known if known.url == url else SourceState(known.name, url)


def _new_state(known: SourceState, fetched: Fetched) -> SourceState:
    if fetched.path is None:
        return structs.replace(known, checked=now())
    return SourceState(
        known.name,
        known.url,
        fetched.validators.etag,
        fetched.validators.stamp,
        digest=fetched.digest,
        fetched=now(),
        checked=now(),
    )


def _validators(state: SourceState) -> Validators:
    return Validators(state.etag, state.stamp)


class OsvSource:
    """One ecosystem of OSV: whole, or the records that have changed."""

    def __init__(
        self, place: Place, ecosystem: str, folders: Sequence[str], is_optional: bool
    ) -> None:
        self.name = f"osv/{ecosystem}"
        self.is_optional = is_optional
        self._place = place
        self._ecosystem = ecosystem
        self._folders = folders

    def fetch(self, known: SourceState, problems: list[str]) -> Change:
        """See `Source`."""
        known = _same_place(known, self._place.address)
        missing: MissingError | None = None
        for folder in self._folders:
            try:
                return self._from(f"{folder}{self._ecosystem}", known, problems)
            except MissingError as error:
                missing = missing or error
        raise missing or MissingError(f"{self.name}: not found")

    def _from(self, folder: str, known: SourceState, problems: list[str]) -> Change:
        index = self._index(folder, known)
        if index is not None and known.watermark:
            if index.path is None:
                return Change(structs.replace(known, checked=now()))
            newest, changed = _changes(index.path, known.watermark)
            if len(changed) <= MAX_INCREMENT:
                return self._increment(folder, known, index, newest, changed)
        watermark = _changes(index.path, "")[0] if index and index.path else ""
        return self._whole(folder, known, index, watermark, problems)

    def _index(self, folder: str, known: SourceState) -> Fetched | None:
        etag = known.index_etag if known.watermark else ""
        try:
            return self._place.fetch(f"{folder}/modified_id.csv", Validators(etag), MAX_INDEX)
        except MissingError:
            return None

    def _whole(
        self,
        folder: str,
        known: SourceState,
        index: Fetched | None,
        watermark: str,
        problems: list[str],
    ) -> Change:
        fetched = self._place.fetch(f"{folder}/all.zip", _validators(known))
        state = structs.replace(
            _new_state(known, fetched),
            index_etag=index.validators.etag if index else "",
            watermark=watermark,
        )
        path = fetched.path
        if path is None:
            return Change(state)

        def apply(builder: Builder, source: int) -> int:
            builder.drop_all(source)
            return builder.add(source, osv.read_archive(path, self._ecosystem, problems))

        return Change(state, apply)

    def _increment(
        self,
        folder: str,
        known: SourceState,
        index: Fetched,
        newest: str,
        changed: Sequence[str],
    ) -> Change:
        records = [record for name in changed if (record := self._one(folder, name)) is not None]
        state = structs.replace(
            known,
            index_etag=index.validators.etag,
            watermark=newest,
            fetched=now(),
            checked=now(),
        )

        def apply(builder: Builder, source: int) -> int:
            builder.drop(source, changed)
            builder.add(source, records)
            return builder.count(source)

        return Change(state, apply)

    def _one(self, folder: str, name: str) -> Record | None:
        """One record that has changed; None where it is gone, withdrawn or about other things."""
        try:
            fetched = self._place.fetch(f"{folder}/{name}.json", Validators(), osv.MAX_RECORD)
        except MissingError:
            return None
        if fetched.path is None:
            return None
        record = osv.read_record(fetched.path.read_bytes(), self._ecosystem)
        if record is not None and record.name != name:
            raise InputError(f"{name}.json holds {record.name}")
        return record


def _changes(index: Path, since: str) -> tuple[str, list[str]]:
    """The time of the newest change, and what has changed in that second of `since` or later."""
    newest = ""
    changed: list[str] = []
    with index.open("rb") as file:
        for line in file:
            when, _, name = line.decode("utf-8", "replace").strip().partition(",")
            name = name.rpartition("/")[2]
            if not when[:4].isdigit() or not osv.is_id(name):
                continue
            newest = newest or when
            # Fractions of a second are written or left out: only whole ones compare as text.
            if not since or when[:19] < since[:19] or len(changed) > MAX_INCREMENT:
                break
            changed.append(name)
    return newest, list(dict.fromkeys(changed))


class FileSource:
    """A source of one file, which is read whole."""

    def __init__(
        self,
        name: str,
        place: Place,
        file: str,
        write: Callable[[Builder, int, Path], int],
        is_optional: bool,
    ) -> None:
        self.name = name
        self.is_optional = is_optional
        self._place = place
        self._file = file
        self._write = write

    def fetch(self, known: SourceState, problems: list[str]) -> Change:  # noqa: ARG002 -- one bad entry makes the file a bad one
        """See `Source`."""
        known = _same_place(known, self._place.address)
        fetched = self._place.fetch(self._file, _validators(known), MAX_DATABASE)
        state = _new_state(known, fetched)
        path = fetched.path
        if path is None:
            return Change(state)
        return Change(state, lambda builder, source: self._write(builder, source, path))


def _write_database(ecosystem: str) -> Callable[[Builder, int, Path], int]:
    def write(builder: Builder, source: int, path: Path) -> int:
        builder.drop_all(source)
        return builder.add(source, secdb.read(path.read_bytes(), ecosystem))

    return write


def _write_exploited(builder: Builder, source: int, path: Path) -> int:  # noqa: ARG001 -- as every source writes
    rows = list(kev.read(path.read_bytes()))
    builder.exploited(rows)
    return len(rows)


def _write_probabilities(builder: Builder, source: int, path: Path) -> int:  # noqa: ARG001 -- as every source writes
    rows = list(epss.read(path))
    builder.probabilities(rows)
    return len(rows)


def public_sources(ecosystems: Iterable[str], cache: Path, progress: Progress) -> list[Source]:
    """The sources as their publishers offer them."""
    wanted = frozenset(ecosystems)

    def at(address: str) -> Server:
        return Server(address, cache, progress, is_mirror=False)

    public = at(osv.BASE)
    found: list[Source] = [
        OsvSource(public, each, ("",), False) for each in osv.ECOSYSTEMS if each in wanted
    ]
    if "Alpine" in wanted:
        found.extend(_alpine(at(secdb.ALPINE), ""))
    rolling = (("Wolfi", secdb.WOLFI), ("Chainguard", secdb.CHAINGUARD))
    found.extend(
        _rolling(name, at(address), "", False) for name, address in rolling if name in wanted
    )
    found.append(FileSource("kev", at(kev.ADDRESS), "", _write_exploited, False))
    found.append(FileSource("epss", at(epss.ADDRESS), "", _write_probabilities, False))
    return found


def mirror_sources(place: Place, ecosystems: Iterable[str], named: Iterable[str]) -> list[Source]:
    """The sources of a mirror, which has them under these names:

    `osv/<ECOSYSTEM>/…` (or `<ECOSYSTEM>/…`, where it mirrors OSV alone),
    `alpine-secdb/v3.N/{main,community}.json`, `wolfi/security.json`, `chainguard/security.json`,
    `known_exploited_vulnerabilities.json`, `epss_scores-current.csv.gz`. It may lack any that is
    not `named` by the user.
    """
    wanted, required = frozenset(ecosystems), frozenset(named)
    found: list[Source] = [
        OsvSource(place, each, ("osv/", ""), each not in required)
        for each in osv.ECOSYSTEMS
        if each in wanted
    ]
    if "Alpine" in wanted:
        found.extend(_alpine(place, "alpine-secdb/"))
    found.extend(
        _rolling(name, place, f"{name.lower()}/security.json", True)
        for name in ("Wolfi", "Chainguard")
        if name in wanted
    )
    found.append(FileSource("kev", place, kev.FILE, _write_exploited, True))
    found.append(FileSource("epss", place, epss.FILE, _write_probabilities, True))
    return found


def _rolling(name: str, place: Place, file: str, is_optional: bool) -> Source:
    return FileSource(f"secdb/{name.lower()}", place, file, _write_database(name), is_optional)


def _alpine(place: Place, folder: str) -> Iterator[Source]:
    """All releases that there are or may be soon; not all have both repositories."""
    for release in _alpine_releases():
        for repository in secdb.REPOSITORIES:
            yield FileSource(
                f"secdb/alpine/{release}/{repository}",
                place,
                f"{folder}{release}/{repository}.json",
                _write_database(f"Alpine:{release}"),
                True,
            )


def _alpine_releases() -> list[str]:
    cycles = [cycle.cycle.split(".") for cycle in end_of_life().products["alpine"].cycles]
    newest = max(int(parts[1]) for parts in cycles if parts[0] == "3")
    return [f"v3.{minor}" for minor in range(_OLDEST_ALPINE, newest + 3)]
