"""Carries a store over an air gap: one file, checked before a byte of it is believed.

The file is a zstd stream: a line that names the format, a line of JSON (`schema`, `size`,
`sha256`), then the bytes of the SQLite file. An import copies rows into a store of its own making,
since the file may be anybody's: SQLite is told to trust nothing in it, its tables must be ours to
the letter (so that it has no views, triggers or virtual tables), and every value of its column's
type.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard
from msgspec import Struct

from seawall.advisories import schema
from seawall.advisories.building import Builder, locked, rebuilt
from seawall.advisories.store import connect
from seawall.core.errors import InputError

MAX_STORE = 8 * 1024**3
"""Bytes of an unpacked store; all of OSV makes some hundred megabytes."""

_MAGIC = b"seawall-advisories/1\n"
_MAX_HEADER = 1024
_CHUNK = 1024 * 1024
_LEVEL = 9
_MAX_WINDOW = 27
_MAX_TEXT = 16 * 1024 * 1024
_HINT = "Make it with `seawall db export FILE` of the same version."


class _Header(Struct, frozen=True):
    schema: int
    size: int
    sha256: str


def export_store(store: Path, target: Path) -> int:
    """Write a store to one file; its size in bytes.

    Raises:
        InputError: there is no store, or the file can't be written.
    """
    connect(store).close()
    temporary = target.with_name(f".{target.name}.part")
    try:
        with store.open("rb") as file, temporary.open("wb") as sink:
            _write(file, sink)
        temporary.replace(target)
        return target.stat().st_size
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{target}: can't be written: {reason}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _write(file: BinaryIO, sink: BinaryIO) -> None:
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    size = file.tell()
    file.seek(0)
    header = _Header(schema.VERSION, size, digest)
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with compressor.stream_writer(sink, closefd=False) as stream:
        stream.write(_MAGIC + msgspec.json.encode(header) + b"\n")
        while chunk := file.read(_CHUNK):
            stream.write(chunk)


def import_store(source: Path, store: Path) -> int:
    """Put what an exported file holds in place of a store; the number of its records.

    Raises:
        InputError: it can't be read, is damaged, is of another version, or holds what no export
            would have written; the old store stays.
    """
    with (
        locked(store),
        _unpacked(source, store) as unpacked,
        closing(_opened(unpacked, source)) as connection,
    ):
        _require_ours(connection, source)
        with rebuilt(store, is_fresh=True) as builder:
            return _copied(connection, builder, source)


@contextmanager
def _unpacked(source: Path, store: Path) -> Iterator[Path]:
    temporary = store.with_name(f"{store.name}.import")
    try:
        with temporary.open("wb") as sink:
            _unpack(source, sink)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _unpack(source: Path, sink: BinaryIO) -> None:
    try:
        with source.open("rb") as file:
            decompressor = zstandard.ZstdDecompressor(max_window_size=1 << _MAX_WINDOW)
            with decompressor.stream_reader(file) as stream:
                header = _header(stream, source)
                _copy(stream, sink, header, source)
    except zstandard.ZstdError as error:
        raise InputError(f"{source}: damaged, or no export: {error}", _HINT) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{source}: can't be read: {reason}") from error


def _header(stream: zstandard.ZstdDecompressionReader, source: Path) -> _Header:
    if _exactly(stream, len(_MAGIC)) != _MAGIC:
        raise InputError(f"{source}: no export of advisories", _HINT)
    line = b""
    while not line.endswith(b"\n") and len(line) < _MAX_HEADER:
        byte = stream.read(1)
        if not byte:
            break
        line += byte
    try:
        header = msgspec.json.decode(line, type=_Header)
    except msgspec.DecodeError as error:
        raise InputError(f"{source}: no export of advisories: {error}", _HINT) from error
    if header.schema != schema.VERSION:
        raise InputError(f"{source}: of schema {header.schema}, not {schema.VERSION}", _HINT)
    if not 0 < header.size <= MAX_STORE:
        raise InputError(f"{source}: says that it holds {header.size:,} bytes")
    return header


def _exactly(stream: zstandard.ZstdDecompressionReader, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def _copy(
    stream: zstandard.ZstdDecompressionReader, sink: BinaryIO, header: _Header, source: Path
) -> None:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > header.size:
            break
        digest.update(chunk)
        sink.write(chunk)
    sink.flush()
    if size != header.size or digest.hexdigest() != header.sha256:
        raise InputError(f"{source}: damaged: its bytes are not those that were exported", _HINT)


def _opened(path: Path, source: Path) -> sqlite3.Connection:
    try:
        connection = connect(path)
    except InputError as error:
        raise InputError(f"{source}: no advisory store in it", _HINT) from error
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_TEXT)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _require_ours(connection: sqlite3.Connection, source: Path) -> None:
    """Tables and indexes are ours to the letter, and the file is sound.

    Raises:
        InputError: they are not.
    """
    expected = {schema.table_statement(name) for name in schema.TABLES}
    expected |= {schema.index_statement(name) for name in schema.INDEXES}
    try:
        rows = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        found = {row[0] for row in rows if not str(row[0]).startswith("CREATE TABLE sqlite_stat")}
        if found != expected:
            raise InputError(f"{source}: its tables are not those of an export", _HINT)
        problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if problem != "ok":
            raise InputError(f"{source}: damaged: {str(problem)[:200]}", _HINT)
        for table in schema.TABLES:
            _require_types(connection, table, source)
    except sqlite3.Error as error:
        raise InputError(f"{source}: damaged: {error}", _HINT) from error


def _require_types(connection: sqlite3.Connection, table: str, source: Path) -> None:
    checks = [f"typeof({name}) <> '{kind.lower()}'" for name, kind in schema.columns(table)]
    statement = f"SELECT count(*) FROM {table} WHERE {' OR '.join(checks)}"  # noqa: S608 -- our own words
    if connection.execute(statement).fetchone()[0]:
        raise InputError(f"{source}: table {table} holds what no export would", _HINT)


def _copied(connection: sqlite3.Connection, builder: Builder, source: Path) -> int:
    try:
        for table in schema.TABLES:
            columns = ", ".join(name for name, _ in schema.columns(table))
            rows = connection.execute(f"SELECT {columns} FROM {table}")  # noqa: S608 -- our own words
            builder.copy(table, rows)
        count: int = connection.execute("SELECT count(*) FROM record").fetchone()[0]
    except sqlite3.Error as error:
        raise InputError(f"{source}: damaged: {error}", _HINT) from error
    return count
