"""An exported store is checked before a byte of it is believed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from advisory_data import affected, build, record, write_tree

from seawall.advisories import schema, transfer
from seawall.advisories.store import open_store
from seawall.advisories.transfer import export_store, import_store
from seawall.core.errors import InputError


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    tree = write_tree(
        tmp_path / "tree",
        {
            "PyPI": [
                record(
                    f"PYSEC-2026-{number}",
                    affected("PyPI", "thing", "introduced=0", versions=["1.0"]),
                    aliases=[f"CVE-2026-{number:04}"],
                )
                for number in range(100)
            ]
        },
        exploited={"CVE-2026-0001": "2026-01-01"},
        probable={"CVE-2026-0001": (0.5, 0.9)},
    )
    build(tree, path)
    return path


def rows(store: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(store)
    try:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 -- our own words
            for table in schema.TABLES
        }
    finally:
        connection.close()


def test_an_import_has_what_was_exported(store: Path, tmp_path: Path) -> None:
    size = export_store(store, tmp_path / "export.zst")
    assert size == (tmp_path / "export.zst").stat().st_size
    assert size < store.stat().st_size / 2
    other = tmp_path / "other" / "store.sqlite"
    assert import_store(tmp_path / "export.zst", other) == 100
    assert rows(other) == rows(store)
    with open_store(other) as opened:
        assert opened.status().ecosystems == {"PyPI": 100}
    assert sorted(path.name for path in other.parent.iterdir()) == [
        "store.sqlite", "store.sqlite.lock",
    ]  # fmt: skip


def test_an_import_can_be_updated_and_exported_again(store: Path, tmp_path: Path) -> None:
    export_store(store, tmp_path / "export.zst")
    other = tmp_path / "other.sqlite"
    import_store(tmp_path / "export.zst", other)
    assert build(tmp_path / "tree", other).unchanged == ("osv/PyPI", "kev", "epss")
    export_store(other, tmp_path / "again.zst")


def packed(data: bytes, **header: object) -> bytes:
    """An export file of these bytes, honest but for what `header` says."""
    told = {
        "schema": schema.VERSION,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **header,
    }
    head = b"seawall-advisories/1\n" + json.dumps(told).encode() + b"\n"
    return zstandard.ZstdCompressor().compress(head + data)


def altered(store: Path, *statements: str) -> bytes:
    """The bytes of a store after some SQL of somebody."""
    copy = store.with_name("altered.sqlite")
    copy.write_bytes(store.read_bytes())
    connection = sqlite3.connect(copy, isolation_level=None)
    try:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()
    return copy.read_bytes()


def _noise(store: Path) -> bytes:
    data = bytearray(store.read_bytes())
    for place in range(len(data) // 2, len(data), 7):
        data[place] ^= 0x5A
    return bytes(data)


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "nothing": lambda store: b"",
    "text": lambda store: b"hello" * 1000,
    "a store that is not packed": lambda store: store.read_bytes(),
    "other things packed": lambda store: zstandard.compress(b"hello" * 1000),
    "only the first line": lambda store: zstandard.compress(b"seawall-advisories/1\n"),
    "an endless header": lambda store: zstandard.compress(b"seawall-advisories/1\n" + b"{" * 5000),
    "no database": lambda store: packed(b"hello" * 1000),
    "cut short": lambda store: packed(store.read_bytes())[:-100],
    "longer than told": lambda store: packed(store.read_bytes(), size=4096),
    "shorter than told": lambda store: packed(store.read_bytes(), size=10**9),
    "absurdly large": lambda store: packed(store.read_bytes(), size=10**15),
    "another digest": lambda store: packed(store.read_bytes(), sha256="0" * 64),
    "another schema": lambda store: packed(store.read_bytes(), schema=99),
    "damaged pages": lambda store: packed(_noise(store)),
    "another application": lambda store: packed(altered(store, "PRAGMA application_id = 1")),
    "a trigger": lambda store: packed(
        altered(store, "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM record; END")
    ),
    "a view": lambda store: packed(altered(store, "CREATE VIEW v AS SELECT * FROM record")),
    "a view for a table": lambda store: packed(
        altered(
            store, "DROP TABLE exploited", "CREATE VIEW exploited AS SELECT 'a' name, 'b' added"
        )
    ),
    "a virtual table": lambda store: packed(altered(store, "CREATE VIRTUAL TABLE f USING fts5(a)")),
    "another table": lambda store: packed(altered(store, "CREATE TABLE more (a)")),
    "a column more": lambda store: packed(altered(store, "ALTER TABLE record ADD COLUMN x TEXT")),
    "a generated column": lambda store: packed(
        altered(store, "ALTER TABLE record ADD COLUMN x TEXT AS (randomblob(9))")
    ),
    "an index less": lambda store: packed(altered(store, "DROP INDEX alias_by_name")),
    "an index on an expression": lambda store: packed(
        altered(store, "CREATE INDEX i ON record (length(name))")
    ),
    "bytes for text": lambda store: packed(altered(store, "UPDATE record SET title = x'00ff'")),
    "text for a number": lambda store: packed(altered(store, "UPDATE record SET score = 'high'")),
    "a huge text": lambda store: packed(
        altered(store, "UPDATE record SET title = hex(zeroblob(9000000)) WHERE id = 1")
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_no_export_wrote_is_refused(store: Path, tmp_path: Path, kind: str) -> None:
    export = tmp_path / "export.zst"
    export.write_bytes(HOSTILE[kind](store))
    before = store.read_bytes()
    with pytest.raises(InputError, match=r"export\.zst: "):
        import_store(export, store)
    assert store.read_bytes() == before
    assert not list(tmp_path.glob("store.sqlite.[bi]*"))


def test_a_bomb_is_not_unpacked_whole(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "export.zst"
    export.write_bytes(packed(b"\0" * (64 * 1024 * 1024), size=1000))
    written: list[int] = []
    copy = transfer._copy

    def watched(*given: object) -> None:
        try:
            copy(*given)  # type: ignore[arg-type]
        finally:
            written.append(given[1].tell())  # type: ignore[attr-defined]

    monkeypatch.setattr(transfer, "_copy", watched)
    with pytest.raises(InputError):
        import_store(export, store)
    assert written == [0]


def test_there_must_be_something_to_export_and_to_import(tmp_path: Path, store: Path) -> None:
    with pytest.raises(InputError, match="no advisory data"):
        export_store(tmp_path / "none.sqlite", tmp_path / "export.zst")
    with pytest.raises(InputError, match="can't be read: no such file"):
        import_store(tmp_path / "none.zst", store)
    with pytest.raises(InputError, match="can't be written"):
        export_store(store, tmp_path / "no" / "such" / "place.zst")
