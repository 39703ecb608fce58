"""Makes a new store beside the old one and puts it in its place in one step.

Whoever reads keeps the file that it has open; whoever is killed leaves the old one whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, structs

from seawall.advisories import schema
from seawall.advisories.record import Affected, Record
from seawall.advisories.store import connect
from seawall.core.errors import InputError

_BATCH = 4096


class SourceState(Struct, frozen=True):
    """What is known of a source: see the table `source` in `schema`."""

    name: str
    url: str = ""
    etag: str = ""
    stamp: str = ""
    index_etag: str = ""
    watermark: str = ""
    digest: str = ""
    fetched: str = ""
    checked: str = ""
    records: int = 0


_FIELDS = SourceState.__struct_fields__


def states_of(path: Path) -> dict[str, SourceState]:
    """The sources of a store by name; none where there is no store that can be used."""
    try:
        connection = connect(path)
    except InputError:
        return {}
    try:
        rows = connection.execute(f"SELECT {', '.join(_FIELDS)} FROM source").fetchall()  # noqa: S608 -- names of columns, not input
    except sqlite3.Error:
        return {}
    finally:
        connection.close()
    return {row[0]: SourceState(*row) for row in rows}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the right to write a store, for one process at a time.

    Raises:
        InputError: another process has it, or its directory can't be written.
    """
    with _lock_file(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "Wait until it is done; what is there can be read meanwhile."
            raise InputError(f"{path}: another process is writing it", hint) from error
        yield


def _lock_file(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f"{path.name}.lock").open("ab")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "Name another place: SEAWALL_DB, or --db."
        raise InputError(f"{path}: can't be written: {reason}", hint) from error


@contextmanager
def rebuilt(path: Path, is_fresh: bool = False) -> Iterator[Builder]:
    """A builder of a store that takes the place of `path` at the end, unless an error comes.

    It begins with what the old store has, or empty with `is_fresh`, or where that can't be used.

    Raises:
        InputError: the file can't be written.
    """
    for stale in path.parent.glob(f"{path.name}.building*"):
        stale.unlink(missing_ok=True)
    temporary = path.with_name(f"{path.name}.building")
    try:
        is_copy = not is_fresh and _copied(path, temporary)
        builder = Builder(temporary, is_copy)
        try:
            yield builder
            builder.finish()
        finally:
            builder.close()
        _put_in_place(temporary, path)
    except sqlite3.Error as error:
        raise InputError(f"{path}: can't be written: {error}", "Make room on the disk.") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: can't be written: {reason}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _copied(path: Path, temporary: Path) -> bool:
    try:
        connect(path).close()
    except InputError:
        return False
    shutil.copyfile(path, temporary)
    return True


def _put_in_place(temporary: Path, path: Path) -> None:
    """Rename, once the bytes are on the disk: a crash must not leave an empty store."""
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class Builder:
    """Writes records into a store that nobody reads yet."""

    def __init__(self, path: Path, is_copy: bool = False) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        execute = self._connection.execute
        execute("PRAGMA journal_mode = DELETE")
        execute("PRAGMA synchronous = OFF")
        execute("PRAGMA cache_size = -65536")
        execute("PRAGMA trusted_schema = OFF")
        execute("BEGIN")
        if not is_copy:
            schema.create(self._connection)
        self._ecosystems = dict(execute("SELECT name, id FROM ecosystem").fetchall())
        self._packages: dict[tuple[int, str], int] = {}
        self._next_record = self._first_free("record")
        self._next_package = self._first_free("package")
        if is_copy:
            rows = execute("SELECT ecosystem, name, id FROM package")
            self._packages = {(ecosystem, name): key for ecosystem, name, key in rows}

    def _first_free(self, table: str) -> int:
        (highest,) = self._connection.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 -- a table's name, not input
        return (highest or 0) + 1

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """All of what follows, or with an error nothing of it."""
        packages, ecosystems = dict(self._packages), dict(self._ecosystems)
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO attempt")
            self._packages, self._ecosystems = packages, ecosystems
            raise
        finally:
            self._connection.execute("RELEASE attempt")

    def source(self, state: SourceState) -> int:
        """Keep what is known of a source; its id."""
        columns = ", ".join(_FIELDS)
        marks = ", ".join("?" * len(_FIELDS))
        updates = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[1:])
        statement = (
            f"INSERT INTO source ({columns}) VALUES ({marks}) "  # noqa: S608 -- names of columns, not input
            f"ON CONFLICT (name) DO UPDATE SET {updates}"
        )
        self._connection.execute(statement, structs.astuple(state))
        row = self._connection.execute("SELECT id FROM source WHERE name = ?", (state.name,))
        key: int = row.fetchone()[0]
        return key

    def drop_all(self, source: int) -> None:
        """Forget all records of a source."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM record WHERE source = ?", (source,)
        ).fetchone()
        if count:
            self._drop("SELECT id FROM record WHERE source = ?", (source,))

    def drop(self, source: int, names: Iterable[str]) -> None:
        """Forget single records of a source."""
        for name in names:
            self._drop("SELECT id FROM record WHERE name = ? AND source = ?", (name, source))

    def _drop(self, which: str, values: tuple[object, ...]) -> None:
        for table in ("affected", "listed", "alias"):
            self._connection.execute(f"DELETE FROM {table} WHERE record IN ({which})", values)  # noqa: S608 -- our own words
        self._connection.execute(f"DELETE FROM record WHERE id IN ({which})", values)  # noqa: S608 -- our own words

    def add(self, source: int, records: Iterable[Record]) -> int:
        """Keep records of a source, which has none of these names yet; how many they were."""
        count = 0
        batch: list[Record] = []
        for record in records:
            batch.append(record)
            count += 1
            if len(batch) == _BATCH:
                self._add(source, batch)
                batch.clear()
        self._add(source, batch)
        return count

    def _add(self, source: int, records: list[Record]) -> None:
        rows: list[tuple[object, ...]] = []
        aliases: list[tuple[int, str, int]] = []
        affected: list[tuple[object, ...]] = []
        listed: list[tuple[int, int, str]] = []
        for record in records:
            key = self._next_record
            self._next_record += 1
            rows.append(_record_row(key, source, record))
            aliases.extend((key, name, kind) for name, kind in record.aliases)
            self._collect(key, record.affected, affected, listed)
        many = self._connection.executemany
        many("INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
        many("INSERT OR IGNORE INTO alias VALUES (?,?,?)", aliases)
        many("INSERT INTO affected VALUES (?,?,?,?,?,?,?,?)", affected)
        many("INSERT INTO listed VALUES (?,?,?)", listed)

    def _collect(
        self,
        key: int,
        parts: Iterable[Affected],
        affected: list[tuple[object, ...]],
        listed: list[tuple[int, int, str]],
    ) -> None:
        versions: dict[int, dict[str, None]] = {}
        numbers: dict[int, int] = {}
        for part in parts:
            package = self._package(part.ecosystem, part.name)
            number = numbers.get(package, 0)
            for each in part.intervals:
                bound = (each.introduced, each.until, each.bound)
                affected.append((package, key, number, *bound, part.status, part.urgency))
                number += 1
            numbers[package] = number
            if part.versions:
                versions.setdefault(package, {}).update(dict.fromkeys(part.versions))
        listed.extend((package, key, "\n".join(names)) for package, names in versions.items())

    def _package(self, ecosystem: str, name: str) -> int:
        number = self._ecosystems.get(ecosystem)
        if number is None:
            cursor = self._connection.execute(
                "INSERT INTO ecosystem (name) VALUES (?)", (ecosystem,)
            )
            number = self._ecosystems[ecosystem] = int(cursor.lastrowid or 0)
        key = self._packages.get((number, name))
        if key is None:
            key = self._packages[(number, name)] = self._next_package
            self._next_package += 1
            self._connection.execute("INSERT INTO package VALUES (?,?,?)", (key, number, name))
        return key

    def exploited(self, rows: Iterable[tuple[str, str]]) -> None:
        """Replace what is exploited: CVE ids and days."""
        self._connection.execute("DELETE FROM exploited")
        self._connection.executemany("INSERT OR REPLACE INTO exploited VALUES (?,?)", rows)

    def probabilities(self, rows: Iterable[tuple[str, float, float]]) -> None:
        """Replace EPSS: CVE ids, probabilities and percentiles."""
        self._connection.execute("DELETE FROM probability")
        self._connection.executemany("INSERT OR REPLACE INTO probability VALUES (?,?,?)", rows)

    def count(self, source: int) -> int:
        """How many records of a source there are."""
        row = self._connection.execute("SELECT count(*) FROM record WHERE source = ?", (source,))
        count: int = row.fetchone()[0]
        return count

    def copy(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Take over rows of a table as they are, in the order of its columns."""
        marks = ", ".join("?" * len(schema.columns(table)))
        self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 -- a table's name, not input

    def finish(self) -> None:
        """Make the indexes and end the transaction."""
        schema.create_indexes(self._connection)
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA optimize")

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._connection.close()


def _record_row(key: int, source: int, record: Record) -> tuple[object, ...]:
    return (
        key,
        source,
        record.name,
        record.published,
        record.modified,
        record.severity,
        record.cvss,
        record.score,
        record.title,
        "\n".join(record.links),
        int(record.is_malicious),
    )
