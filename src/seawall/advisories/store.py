"""The advisory store as readers see it: one file, opened read-only, never changed in place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from seawall.advisories import schema
from seawall.core.errors import InputError

if TYPE_CHECKING:
    import sqlite3

_HINT = "Run `seawall db update`, or `seawall db import FILE` where there is no network."
_MAGIC = b"SQLite format 3\0"

_ROWS = (
    "SELECT p.name, p.ecosystem, a.record, a.introduced, a.until, a.bound, a.status, a.urgency, "
    "NULL FROM package p CROSS JOIN affected a ON a.package = p.id "
    "WHERE p.ecosystem = ? AND p.name IN (SELECT value FROM json_each(?))"
)
_LISTED = (
    "SELECT p.name, l.record, l.versions FROM package p CROSS JOIN listed l ON l.package = p.id "
    "WHERE p.ecosystem = ? AND p.name IN (SELECT value FROM json_each(?))"
)
_RECORDS = (
    "SELECT r.id, s.name, r.name, r.published, r.modified, r.severity, r.cvss, r.score, r.title, "
    "r.links, r.is_malicious FROM record r JOIN source s ON s.id = r.source "
    "WHERE r.id IN (SELECT value FROM json_each(?))"
)
_ALIASES = "SELECT record, name, kind FROM alias WHERE record IN (SELECT value FROM json_each(?))"
_NAMED = (
    "SELECT name, id FROM record WHERE name IN (SELECT value FROM json_each(?)) UNION "
    "SELECT name, record FROM alias WHERE name IN (SELECT value FROM json_each(?)) AND kind = 0"
)
_EXPLOITED = "SELECT name, added FROM exploited WHERE name IN (SELECT value FROM json_each(?))"
_PROBABLE = (
    "SELECT name, score, percentile FROM probability WHERE name IN (SELECT value FROM json_each(?))"
)
_COUNTS = (
    "SELECT e.name, count(DISTINCT a.record) FROM ecosystem e JOIN package p "
    "ON p.ecosystem = e.id JOIN affected a ON a.package = p.id GROUP BY e.id ORDER BY e.name"
)


class Row(NamedTuple):
    """An interval of versions, or single ones, that a record says of a package."""

    name: str
    ecosystem: int
    record: int
    introduced: str
    until: str
    bound: int
    status: str
    urgency: str
    versions: str | None
    """Single versions, joined by line feeds, where the row is no interval."""


class StoredRecord(NamedTuple):
    """A record as it is kept; see `schema`."""

    id: int
    source: str
    name: str
    published: str
    modified: str
    severity: str
    cvss: str
    score: float
    title: str
    links: str
    is_malicious: int


class SourceStatus(Struct, frozen=True):
    """One source: when it was fetched, when it was last compared, how many records it has."""

    name: str
    url: str
    fetched: str
    checked: str
    records: int


class StoreStatus(Struct, frozen=True):
    """What a store holds. `checked` is the time of the source that was compared longest ago."""

    path: str
    size: int
    version: int
    checked: str
    sources: tuple[SourceStatus, ...]
    ecosystems: Mapping[str, int]
    """Records by ecosystem, its releases apart: `Debian:12`."""
    exploited: int
    probabilities: int


def default_path() -> Path:
    """`SEAWALL_DB`, else `seawall/advisories.sqlite` under XDG_DATA_HOME (~/.local/share)."""
    if named := os.environ.get("SEAWALL_DB"):
        return Path(named)
    home = os.environ.get("XDG_DATA_HOME") or ""
    data = Path(home) if os.path.isabs(home) else Path.home() / ".local" / "share"  # noqa: PTH117 -- the base directory specification's own condition, on text
    return data / "seawall" / "advisories.sqlite"


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """Open a store for reading; many may do so while another is put in its place.

    Raises:
        InputError: there is none, it can't be read, or another version of Seawall made it.
    """
    with closing(connect(path)) as connection:
        yield Store(connection, path)


def connect(path: Path) -> sqlite3.Connection:
    """A read-only connection to a store that nobody changes.

    Raises:
        InputError: there is none, it can't be read, or another version of Seawall made it.
    """
    _require_database(path)
    import sqlite3  # noqa: PLC0415 -- a scan without a store needs no database

    try:
        uri = f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA mmap_size = 1073741824")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise InputError(f"{path}: the advisory store can't be read: {error}", _HINT) from error
    if application != schema.APPLICATION:
        connection.close()
        raise InputError(f"{path}: not an advisory store", _HINT)
    if version != schema.VERSION:
        connection.close()
        made = "an older" if version < schema.VERSION else "a newer"
        raise InputError(f"{path}: made by {made} version of Seawall", _HINT)
    return connection


def _require_database(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise InputError(f"no advisory data: there is no {path}", _HINT) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: the advisory store can't be read: {reason}", _HINT) from error
    if start != _MAGIC:
        raise InputError(f"{path}: not an advisory store", _HINT)


class Store:
    """Questions that matching asks of a store.

    Every method raises InputError where the file is damaged.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def ecosystems(self) -> dict[str, int]:
        """Ids of the ecosystems that any record speaks of, by name."""
        return dict(self._all("SELECT name, id FROM ecosystem"))

    def rows(self, ecosystems: Sequence[int], names: Iterable[str]) -> dict[str, list[Row]]:
        """What records say of packages, by name; the names as `names.normalise` writes them."""
        found: dict[str, list[Row]] = {}
        wanted = json.dumps(list(names))
        for ecosystem in ecosystems:
            for values in self._all(_ROWS, (ecosystem, wanted)):
                found.setdefault(values[0], []).append(Row._make(values))
            for name, *rest in self._all(_LISTED, (ecosystem, wanted)):
                row = Row(name, ecosystem, rest[0], "", "", 0, "", "", rest[1])
                found.setdefault(name, []).append(row)
        return found

    def records(self, ids: Iterable[int]) -> dict[int, StoredRecord]:
        """Records by their ids."""
        rows = self._all(_RECORDS, (json.dumps(list(ids)),))
        return {row[0]: StoredRecord._make(row) for row in rows}

    def aliases(self, ids: Iterable[int]) -> dict[int, list[tuple[str, int]]]:
        """The other ids of records, with their kinds."""
        found: dict[int, list[tuple[str, int]]] = {}
        for record, name, kind in self._all(_ALIASES, (json.dumps(list(ids)),)):
            found.setdefault(record, []).append((name, kind))
        return found

    def ids_of(self, names: Iterable[str]) -> dict[str, list[int]]:
        """Records of any source that have one of these names or are the same flaw, by name."""
        found: dict[str, list[int]] = {}
        wanted = json.dumps(list(names))
        for name, record in self._all(_NAMED, (wanted, wanted)):
            found.setdefault(name, []).append(record)
        return found

    def exploited(self, names: Iterable[str]) -> dict[str, str]:
        """The days on which CISA listed flaws as exploited, by CVE id."""
        return dict(self._all(_EXPLOITED, (json.dumps(list(names)),)))

    def probabilities(self, names: Iterable[str]) -> dict[str, tuple[float, float]]:
        """EPSS: probability and percentile, by CVE id."""
        rows = self._all(_PROBABLE, (json.dumps(list(names)),))
        return {name: (score, percentile) for name, score, percentile in rows}

    def sources(self) -> tuple[SourceStatus, ...]:
        """All sources, by name."""
        rows = self._all("SELECT name, url, fetched, checked, records FROM source ORDER BY name")
        return tuple(SourceStatus(*row) for row in rows)

    def status(self) -> StoreStatus:
        """Age and counts."""
        sources = self.sources()
        return StoreStatus(
            path=str(self.path),
            size=self.path.stat().st_size,
            version=schema.VERSION,
            checked=min((source.checked for source in sources), default=""),
            sources=sources,
            ecosystems=dict(self._all(_COUNTS)),
            exploited=self._all("SELECT count(*) FROM exploited")[0][0],
            probabilities=self._all("SELECT count(*) FROM probability")[0][0],
        )

    def _all(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except self._connection.Error as error:
            message = f"{self.path}: the advisory store can't be read: {error}"
            raise InputError(message, _HINT) from error
