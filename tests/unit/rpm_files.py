"""RPM headers and databases made by hand, as rpm itself writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from struct import pack
from zlib import adler32

DATABASES = Path(__file__).parent / "rpm_databases"
Value = str | int | Sequence[str] | Sequence[int]

NAME, VERSION, RELEASE, EPOCH = 1000, 1001, 1002, 1003
VENDOR, LICENSE, PACKAGER, ARCH, SOURCE_RPM = 1011, 1014, 1015, 1022, 1044
OLD_PATHS, PROVIDES, REQUIRES = 1027, 1047, 1049
INDEXES, BASES, DIRECTORIES, MODULARITY = 1116, 1117, 1118, 5096


def header(tags: dict[int, Value]) -> bytes:
    """A header blob without its magic."""
    index, data = b"", b""
    for tag, value in tags.items():
        if isinstance(value, int) or (not isinstance(value, str) and isinstance(value[0], int)):
            numbers = (value,) if isinstance(value, int) else value
            data += b"\0" * (-len(data) % 4)
            index += pack(">iIiI", tag, 4, len(data), len(numbers))
            data += b"".join(pack(">i", number) for number in numbers)
        else:
            texts = (value,) if isinstance(value, str) else value
            index += pack(">iIiI", tag, 6 if isinstance(value, str) else 8, len(data), len(texts))
            data += b"".join(str(text).encode("utf-8", "surrogateescape") + b"\0" for text in texts)
    return pack(">II", len(index) // 16, len(data)) + index + data


def package(name: str, version: str = "1.0", release: str = "1", **tags: Value) -> bytes:
    """The header of a package; further tags by their names here, in lower case."""
    named = {globals()[key.upper()]: value for key, value in tags.items()}
    return header({NAME: name, VERSION: version, RELEASE: release} | named)


def sqlite_database(blobs: Sequence[bytes], *, is_wal: bool = False) -> bytes:
    """`rpmdb.sqlite`."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
    )
    connection.executemany("INSERT INTO Packages(blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    image = bytearray(connection.serialize())
    connection.close()
    if is_wal:
        image[18:20] = b"\2\2"
    return bytes(image)


def ndb_database(blobs: Sequence[bytes]) -> bytes:
    """`Packages.db`."""
    slots = pack("<4sIIIIIII", b"RpmP", 0, 1, 1, len(blobs) + 1, 0, 0, 0)
    body = b""
    for number, blob in enumerate(blobs, 1):
        entry = pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        entry += b"\0" * (-(len(entry) + 12) % 16)
        entry += pack("<II4s", adler32(blob), len(blob), b"BlbE")
        slots += pack("<4sIII", b"Slot", number, 256 + len(body) // 16, len(entry) // 16)
        body += entry
    empty = pack("<4s12x", b"Slot")
    return slots + empty * ((4096 - len(slots)) // 16) + body
