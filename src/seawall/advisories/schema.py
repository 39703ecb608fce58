"""The advisory store's tables, versioned: whatever writes or reads it agrees here.

The store is one SQLite file of facts. `user_version` is `VERSION`, `application_id` is
`APPLICATION`. Tables:

- `source`: a feed, or the part of one that is fetched and replaced as a whole (`osv/PyPI`,
  `secdb/alpine/v3.18/main`, `kev`, `epss`). `etag` and `stamp` are its validators (ETag and
  Last-Modified), `index_etag` that of the list of changes, `watermark` the time of the newest
  change that is in, `digest` the SHA-256 of what was read, `fetched` when its records came,
  `checked` when they were last known to be what the source has (both ISO 8601, UTC).
- `record`: one advisory as a source tells it. `severity` is a word of `core.model.Severity` or
  empty, `cvss` the vector and `score` its base score (-1 without), `links` joined by line feeds.
- `alias`: other ids of a record; `kind` 0 the same flaw, 1 a flaw that the record is about
  (OSV's `upstream`), 2 named beside it, but shared with other flaws.
- `ecosystem` and `package`: what records speak of, names as `names.normalise` writes them.
- `affected`: an interval of versions, `introduced` inclusive (`0` is before every version);
  `until` ends it as `bound` says: 0 not at all, 1 fixed (exclusive), 2 last affected (inclusive),
  3 a limit (exclusive, no fix). `until` of `0` with bound 1 says: never affected. `status` is a
  word of `model.Status` or empty, `urgency` the distributor's own word.
- `listed`: single versions that are affected, joined by line feeds.
- `exploited` (CISA KEV) and `probability` (EPSS) by CVE id.

Rows that are found by key only are `WITHOUT ROWID`. The key of `alias` begins with the record:
without that, asking for the ids of a few thousand records reads the whole table for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

VERSION = 1
"""Of this schema; a store of another version is built anew, never migrated."""

APPLICATION = 0x53_57_41_44
"""`SWAD`, in the file's header: what `file` and an import can tell it by."""

FIXED, LAST, LIMIT = 1, 2, 3
"""Values of `affected.bound` besides 0."""

ALIAS, UPSTREAM, MENTION = 0, 1, 2
"""Values of `alias.kind`."""

TABLES: dict[str, str] = {
    "source": "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL, "
    "etag TEXT NOT NULL, stamp TEXT NOT NULL, index_etag TEXT NOT NULL, watermark TEXT NOT NULL, "
    "digest TEXT NOT NULL, fetched TEXT NOT NULL, checked TEXT NOT NULL, records INTEGER NOT NULL",
    "record": "id INTEGER PRIMARY KEY, source INTEGER NOT NULL, name TEXT NOT NULL, "
    "published TEXT NOT NULL, modified TEXT NOT NULL, severity TEXT NOT NULL, cvss TEXT NOT NULL, "
    "score REAL NOT NULL, title TEXT NOT NULL, links TEXT NOT NULL, is_malicious INTEGER NOT NULL, "
    "UNIQUE (name, source)",
    "alias": "record INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL, "
    "PRIMARY KEY (record, name)",
    "ecosystem": "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE",
    "package": "id INTEGER PRIMARY KEY, ecosystem INTEGER NOT NULL, name TEXT NOT NULL, "
    "UNIQUE (ecosystem, name)",
    "affected": "package INTEGER NOT NULL, record INTEGER NOT NULL, number INTEGER NOT NULL, "
    "introduced TEXT NOT NULL, until TEXT NOT NULL, bound INTEGER NOT NULL, "
    "status TEXT NOT NULL, urgency TEXT NOT NULL, PRIMARY KEY (package, record, number)",
    "listed": "package INTEGER NOT NULL, record INTEGER NOT NULL, versions TEXT NOT NULL, "
    "PRIMARY KEY (package, record)",
    "exploited": "name TEXT NOT NULL PRIMARY KEY, added TEXT NOT NULL",
    "probability": "name TEXT NOT NULL PRIMARY KEY, score REAL NOT NULL, percentile REAL NOT NULL",
}
INDEXES = {
    "alias_by_name": "alias (name, record)",
    "affected_by_record": "affected (record)",
    "listed_by_record": "listed (record)",
}
_BY_KEY = frozenset(("alias", "affected", "listed", "exploited", "probability"))


def table_statement(name: str) -> str:
    """The statement that makes a table, as SQLite keeps it in `sqlite_schema`."""
    return f"CREATE TABLE {name} ({TABLES[name]})" + (" WITHOUT ROWID" if name in _BY_KEY else "")


def index_statement(name: str) -> str:
    """The statement that makes an index, as SQLite keeps it."""
    return f"CREATE INDEX {name} ON {INDEXES[name]}"


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, and the marks by which a store is known."""
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for name in TABLES:
        connection.execute(table_statement(name))


def create_indexes(connection: sqlite3.Connection) -> None:
    """Make the indexes; after the rows of a first build, since that is quicker."""
    for name, columns in INDEXES.items():
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")


def columns(name: str) -> tuple[tuple[str, str], ...]:
    """Names and types of a table's columns."""
    listed = TABLES[name].partition(", PRIMARY KEY (")[0].partition(", UNIQUE (")[0]
    named = (part.split(" ") for part in listed.split(", "))
    return tuple((words[0], words[1]) for words in named)
