"""RPM's database since RPM 4.16 (Fedora 33, RHEL 9): `rpmdb.sqlite`, with a row for each header."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

MAX_BLOB = 64 * 1024 * 1024
"""Bytes: the header of a kernel or firmware package has about 5 MB."""
_MAX_STEPS = 5_000
_OPERATIONS = 10_000
"""The database may cost 50 million operations of SQLite's machine: some seconds."""


def blobs(content: memoryview) -> Iterator[bytes]:
    """The headers, in the order of their installation.

    The database is read from a copy in memory. What others wrote is not run: the schema is not
    trusted, `Packages` must be a plain table, and time and sizes are bounded.

    Raises:
        ValueError: it is no such database, or costs too much.
    """
    connection = sqlite3.connect(":memory:")
    try:
        yield from _rows(connection, content)
    except (sqlite3.Error, MemoryError, OverflowError) as error:
        raise ValueError(str(error)) from error
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection, content: memoryview) -> Iterator[bytes]:
    image = bytearray(content)
    # In WAL mode (2) it would look for a second file. All is in the first one once rpm has ended.
    image[18:20] = b"\1\1"
    connection.deserialize(image)
    del image
    _guard(connection)
    kind = connection.execute(
        "SELECT type, rootpage, sql FROM sqlite_schema WHERE name = 'Packages'"
    ).fetchone()
    if not kind or kind[0] != "table" or not kind[1] or "GENERATED" in str(kind[2]).upper():
        raise ValueError("it has no table of packages")
    left = 2 * len(content)  # rows of a forged file can share what they hold
    for (blob,) in connection.execute("SELECT blob FROM Packages NOT INDEXED"):
        if isinstance(blob, bytes):
            left -= len(blob)
            if left < 0:
                raise ValueError("its headers are longer than itself")
            yield blob


def _guard(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BLOB)
    connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 10)
    steps = iter(range(_MAX_STEPS))
    connection.set_progress_handler(lambda: int(next(steps, None) is None), _OPERATIONS)
