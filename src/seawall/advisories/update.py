"""Brings a store up to date, source by source; what fails keeps the data that it had."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct, structs

from seawall.advisories.building import Builder, SourceState, locked, rebuilt, states_of
from seawall.advisories.download import MissingError, Progress, cache_beside, place_of
from seawall.advisories.feeds import osv
from seawall.advisories.sources import Change, Source, mirror_sources, public_sources
from seawall.core.errors import InputError
from seawall.core.suggestion import did_you_mean

_MAX_PROBLEMS = 20


class Failure(Struct, frozen=True):
    """A source that could not be brought up to date, and why; its old data stay."""

    source: str
    reason: str


class UpdateReport(Struct, frozen=True):
    """What an update did, by the names of sources. `absent` are what a mirror does not have.

    `problems` are single records that could not be understood and are not in the store.
    """

    path: str
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    problems: tuple[str, ...] = ()
    records: int = 0


def silent(name: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def update(
    store_path: Path,
    source: str = "",
    ecosystems: Sequence[str] = (),
    progress: Progress = silent,
) -> UpdateReport:
    """Fetch what is new of each source and put a new store in place of the old one.

    `source` is the URL of a mirror or a folder, by default the publishers' own. `ecosystems` are
    OSV's names, by default all that are known; exploitation data always come.

    Raises:
        InputError: no source could be had, another process is writing the store, or an ecosystem
            is not known.
    """
    wanted = _wanted(ecosystems)
    with locked(store_path), cache_beside(store_path) as cache:
        if source:
            place = place_of(source, cache, progress)
            sources = mirror_sources(place, wanted, ecosystems and wanted)
        else:
            sources = public_sources(wanted, cache, progress)
        return _Update(store_path, states_of(store_path)).run(sources)


def _wanted(ecosystems: Iterable[str]) -> list[str]:
    """The ecosystems as OSV writes them.

    Raises:
        InputError: there is no such one.
    """
    by_name = {name.lower(): name for name in osv.ECOSYSTEMS}
    wanted = []
    for name in ecosystems:
        known = by_name.get(name.lower())
        if known is None:
            hint = did_you_mean(name, by_name) or f"Take of {', '.join(osv.ECOSYSTEMS)}."
            raise InputError(f"{name}: no such ecosystem", hint)
        wanted.append(known)
    return wanted or list(osv.ECOSYSTEMS)


class _Update:
    """One run: first everything is fetched, then the store is built."""

    def __init__(self, path: Path, states: dict[str, SourceState]) -> None:
        self._path = path
        self._states = states
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._absent: list[str] = []
        self._failed: list[Failure] = []
        self._problems: list[str] = []

    def run(self, sources: Iterable[Source]) -> UpdateReport:
        changes = [change for source in sources if (change := self._fetched(source)) is not None]
        if not changes:
            self._raise_nothing()
        records = 0
        with rebuilt(self._path) as builder:
            for change in changes:
                records += self._applied(builder, change)
            if not self._updated and not self._unchanged:
                self._raise_nothing()
        return UpdateReport(
            path=str(self._path),
            updated=tuple(self._updated),
            unchanged=tuple(self._unchanged),
            absent=tuple(self._absent),
            failed=tuple(self._failed),
            problems=_few(self._problems),
            records=records,
        )

    def _fetched(self, source: Source) -> Change | None:
        known = self._states.get(source.name, SourceState(source.name))
        try:
            return source.fetch(known, self._problems)
        except MissingError as error:
            if source.is_optional:
                self._absent.append(source.name)
            else:
                self._failed.append(Failure(source.name, error.message))
        except InputError as error:
            self._failed.append(Failure(source.name, error.message))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._failed.append(Failure(source.name, f"{error.filename or ''}: {reason}"))
        return None

    def _applied(self, builder: Builder, change: Change) -> int:
        """Write what has changed; nothing of it where that fails."""
        name = change.state.name
        if change.apply is None:
            builder.source(change.state)
            self._unchanged.append(name)
            return 0
        try:
            with builder.attempt():
                key = builder.source(change.state)
                records = change.apply(builder, key)
                builder.source(structs.replace(change.state, records=records))
        except (InputError, sqlite3.IntegrityError) as error:
            self._failed.append(Failure(name, getattr(error, "message", str(error))))
            return 0
        self._updated.append(name)
        return records

    def _raise_nothing(self) -> None:
        if self._failed:
            first = self._failed[0]
            more = f", nor {len(self._failed) - 1} others" if len(self._failed) > 1 else ""
            raise InputError(f"{first.source} can't be had{more}: {first.reason}", _HINT)
        raise InputError("the source has no advisories", _HINT_LAYOUT)


_HINT = "Look at the network, or name a mirror or a folder: --source."
_HINT_LAYOUT = (
    "A mirror or folder has osv/<ECOSYSTEM>/all.zip, alpine-secdb/v3.N/main.json and so on."
)


def _few(problems: Sequence[str]) -> tuple[str, ...]:
    if len(problems) <= _MAX_PROBLEMS:
        return tuple(problems)
    return (*problems[:_MAX_PROBLEMS], f"{len(problems) - _MAX_PROBLEMS} more records")
