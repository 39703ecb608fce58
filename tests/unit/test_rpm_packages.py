"""RPM's three databases say the same; what is forged costs little and is told."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest
import rpm_files as made
from programs import layer_file

from seawall.packages import rpm, rpm_sqlite
from seawall.packages.rpm_header import read_header
from seawall.surfaces.image.facts import Ecosystem, Fact, Ownership, Package, Trouble

SQLITE = "var/lib/rpm/rpmdb.sqlite"
NDB = "usr/lib/sysimage/rpm/Packages.db"
BDB = "var/lib/rpm/Packages"
WRITERS = [
    pytest.param(SQLITE, made.sqlite_database, id="sqlite"),
    pytest.param(NDB, made.ndb_database, id="ndb"),
]
Writer = Callable[[list[bytes]], bytes]


def facts(path: str, content: bytes) -> list[Fact]:
    return list(rpm.ANALYSER.analyse(layer_file(path, content)))


def packages(path: str, content: bytes) -> dict[str, Package]:
    return {fact.name: fact for fact in facts(path, content) if isinstance(fact, Package)}


def owned(path: str, content: bytes) -> dict[str, str]:
    found = facts(path, content)
    return {fact.package: fact.paths for fact in found if isinstance(fact, Ownership)}


def troubles(path: str, content: bytes) -> list[str]:
    return [fact.reason for fact in facts(path, content) if isinstance(fact, Trouble)]


@pytest.mark.parametrize(("path", "write"), WRITERS)
def test_all_that_a_header_says_is_told(path: str, write: Writer) -> None:
    blob = made.package(
        "bash",
        "5.1.8",
        "6.el9_1",
        epoch=2,
        arch="x86_64",
        license="GPLv3+",
        vendor="Red Hat, Inc.",
        packager="someone",
        source_rpm="bash-src-5.1-6.el9.src.rpm",
        modularity="m:1:2:3",
    )
    assert packages(path, write([blob]))["bash"] == Package(
        Ecosystem.RPM,
        "bash",
        "2:5.1.8-6.el9_1",
        path,
        source="bash-src",
        source_version="5.1-6.el9",
        architecture="x86_64",
        licenses=("GPL-3.0-or-later",),
        supplier="Red Hat, Inc.",
        cataloguer="rpm",
        origin="Red Hat, Inc.",
        modularity="m:1:2:3",
    )


def test_a_source_of_the_same_name_and_version_is_not_said_again() -> None:
    blob = made.package("zlib", "1.2", "3.fc39", epoch=0, source_rpm="zlib-1.2-3.fc39.src.rpm")
    found = packages(SQLITE, made.sqlite_database([blob]))["zlib"]
    assert (found.version, found.source, found.source_version) == ("1.2-3.fc39", "", "")


@pytest.mark.parametrize("text", ["", "(none)", "odd.rpm", "a-b.src.rpm"])
def test_an_odd_source_is_none(text: str) -> None:
    found = packages(SQLITE, made.sqlite_database([made.package("a", source_rpm=text)]))["a"]
    assert (found.source, found.source_version) == ("", "")


def test_keys_are_no_packages() -> None:
    blobs = [made.package("gpg-pubkey", "fd431d51", "4ae0493b"), made.package("a")]
    assert set(packages(SQLITE, made.sqlite_database(blobs))) == {"a"}


@pytest.mark.parametrize(("path", "write"), WRITERS)
def test_the_files_of_a_package_are_put_together(path: str, write: Writer) -> None:
    blob = made.package(
        "a",
        directories=["/", "/usr/bin/", "/usr/share/\udcff/"],
        bases=["init", "a", "b", "outside", "negative"],
        indexes=[0, 1, 2, 3, -1],
    )
    assert owned(path, write([blob])) == {"a": "init\nusr/bin/a\nusr/share/\udcff/b"}


def test_whole_paths_of_old_packages_are_read() -> None:
    blob = made.package("a", old_paths=["/bin/a", "/bin/b"])
    assert owned(SQLITE, made.sqlite_database([blob])) == {"a": "bin/a\nbin/b"}


def test_what_a_package_requires_is_named_by_the_package_that_gives_it() -> None:
    blobs = [
        made.package(
            "app",
            requires=["libz.so.1()(64bit)", "/bin/sh", "app", "bash", "rpmlib(X)", "not-there"],
        ),
        made.package("zlib", provides=["zlib", "libz.so.1()(64bit)"]),
        made.package("bash", directories=["/bin/"], bases=["sh"], indexes=[0]),
    ]
    found = packages(SQLITE, made.sqlite_database(blobs))
    assert found["app"].requires == ("zlib", "bash")


def test_a_database_that_waits_for_its_journal_is_read() -> None:
    content = made.sqlite_database([made.package("a")], is_wal=True)
    assert set(packages(SQLITE, content)) == {"a"}


def test_a_journal_with_changes_is_told() -> None:
    path = "var/lib/rpm/rpmdb.sqlite-wal"
    assert troubles(path, b"7\x7f\x06\x82" + bytes(40)) == [
        "holds changes that were not written to the database of packages"
    ]
    assert facts(path, b"") == []


def test_an_empty_file_says_nothing() -> None:
    assert facts(BDB, b"") == []


@pytest.mark.parametrize("name", ["little", "big"])
def test_real_headers_in_a_real_berkeley_database_are_read(name: str) -> None:
    content = (made.DATABASES / f"{name}.Packages").read_bytes()
    found = packages(BDB, content)
    assert {(p.name, p.version, p.source, p.source_version) for p in found.values()} == {
        ("harbour", "4:1.2-3.el8", "", ""),
        ("buoy", "4:2.0-3.el8", "harbour", "1.2-3.el8"),
    }
    assert found["harbour"].licenses == ("GPL-2.0-or-later AND MIT",)
    assert found["harbour"].requires == ("buoy",)
    assert found["buoy"].modularity == "port:8:1:2"
    assert owned(BDB, content) == {
        "harbour": "usr/share/harbour\nusr/share/harbour/a\nusr/share/harbour/b",
        "buoy": "usr/bin/buoy",
    }
    assert troubles(BDB, content) == []


@pytest.mark.parametrize("cut", [3, 600, 3000, 8000])
def test_a_cut_berkeley_database_is_told(cut: int) -> None:
    content = (made.DATABASES / "little.Packages").read_bytes()
    assert troubles(BDB, content[:cut])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(20, pack("<I", 1000), id="page size"),
        pytest.param(24, b"\1", id="encrypted"),
        pytest.param(12, b"\0\0\0\0", id="magic"),
    ],
)
def test_an_odd_berkeley_database_is_told(place: int, value: bytes) -> None:
    content = bytearray((made.DATABASES / "little.Packages").read_bytes())
    content[place : place + len(value)] = value
    assert troubles(BDB, bytes(content))


def page(
    kind: int, *, entries: int = 0, used: int = 0, follows: int = 0, body: bytes = b""
) -> bytes:
    head = pack("<8xIIIHHBB", 0, 0, follows, entries, used, 0, kind)
    return (head + body)[:512].ljust(512, b"\0")


def berkeley(*pages: bytes) -> bytes:
    meta = bytearray(page(8))
    meta[12:16] = pack("<I", 0x061561)
    meta[20:24] = pack("<I", 512)
    return bytes(meta) + b"".join(pages)


def off_page(number: int, length: int) -> bytes:
    """A hash page with one pair, whose value is a chain of overflow pages."""
    offsets = pack("<HH", 507, 495)
    items = pack("<B3xII", 3, number, length) + b"\1key!"
    return page(13, entries=2, body=offsets + bytes(495 - 30) + items)


def test_a_chain_of_overflow_pages_is_followed() -> None:
    blob = made.package("a", arch="x" * 600)
    first = page(7, used=486, follows=3, body=blob[:486])
    second = page(7, used=len(blob) - 486, body=blob[486:])
    found = packages(BDB, berkeley(off_page(2, len(blob)), first, second))
    assert found["a"].architecture == "x" * 600


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(berkeley(off_page(2, 900), page(7, used=486, follows=2)), id="cycle"),
        pytest.param(berkeley(off_page(2, 900), page(7, used=486)), id="ends early"),
        pytest.param(berkeley(off_page(9, 900)), id="outside"),
        pytest.param(berkeley(off_page(1, 900)), id="no overflow page"),
        pytest.param(berkeley(off_page(2, 900), page(7, used=5000)), id="used too much"),
        pytest.param(berkeley(off_page(2, 1 << 31), page(7, used=486, follows=2)), id="absurd"),
        pytest.param(berkeley(page(13, entries=3)), id="odd entries"),
        pytest.param(berkeley(page(13, entries=60000)), id="many entries"),
        pytest.param(berkeley(page(13, entries=2, body=b"\xff" * 8)), id="offsets"),
    ],
)
def test_a_forged_berkeley_database_is_told(content: bytes) -> None:
    assert troubles(BDB, content)


def test_slots_that_share_a_header_are_told() -> None:
    content = bytearray(made.ndb_database([made.package("a", arch="x" * 3000)]))
    for slot in range(3, 40):
        content[16 * slot : 16 * slot + 16] = content[32:48]
    assert troubles(NDB, bytes(content)) == [
        "can't be read as a database of RPM packages: its headers are longer than itself"
    ]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(4, b"\1", id="version"),
        pytest.param(32, b"Slit", id="slot"),
        pytest.param(40, b"\xff\xff\xff", id="offset"),
        pytest.param(4096, b"Blob", id="blob"),
        pytest.param(4100, b"\7", id="owner"),
        pytest.param(4108, b"\xff\xff", id="length"),
    ],
)
def test_a_damaged_ndb_database_is_told(place: int, value: bytes) -> None:
    content = bytearray(made.ndb_database([made.package("a")]))
    content[place : place + len(value)] = value
    assert troubles(NDB, bytes(content))


def test_a_short_ndb_database_is_told() -> None:
    assert troubles(NDB, b"RpmP") == [
        "can't be read as a database of RPM packages: it is too short"
    ]


def sqlite_image(*statements: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    image = connection.serialize()
    connection.close()
    return image


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"SQLite format 3\0", id="cut"),
        pytest.param(b"SQLite format 3\0" + bytes(range(256)) * 16, id="noise"),
        pytest.param(sqlite_image("CREATE TABLE other (x)"), id="no table"),
        pytest.param(
            sqlite_image(
                "CREATE VIEW Packages AS WITH RECURSIVE n(x) AS"
                " (SELECT 1 UNION ALL SELECT x FROM n) SELECT x AS blob FROM n"
            ),
            id="endless view",
        ),
        pytest.param(
            sqlite_image(
                "CREATE TABLE Packages (hnum, blob GENERATED ALWAYS AS (zeroblob(1000000000)))",
                "INSERT INTO Packages(hnum) VALUES (1)",
            ),
            id="bomb in a column",
        ),
        pytest.param(sqlite_image("CREATE TABLE Packages (hnum, blub)"), id="no column"),
    ],
)
def test_a_forged_sqlite_database_is_told(content: bytes) -> None:
    assert troubles(SQLITE, content)


def test_rows_that_are_no_blobs_are_passed_over() -> None:
    content = sqlite_image(
        "CREATE TABLE Packages (hnum, blob)", "INSERT INTO Packages VALUES (1, 'text'), (2, NULL)"
    )
    assert facts(SQLITE, content) == []


def test_a_database_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm_sqlite, "_MAX_STEPS", 0)
    monkeypatch.setattr(rpm_sqlite, "_OPERATIONS", 1)
    assert troubles(SQLITE, made.sqlite_database([made.package("a")])) == [
        "can't be read as a database of RPM packages: interrupted"
    ]


def test_a_header_that_cant_be_read_is_told_and_the_others_are_found() -> None:
    content = made.sqlite_database([made.package("a"), b"\xff" * 40, made.package("b")])
    assert set(packages(SQLITE, content)) == {"a", "b"}
    assert troubles(SQLITE, content) == ["1 headers can't be understood"]


def test_too_many_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm, "MAX_FACTS", 2)
    content = made.sqlite_database([made.package(f"p{number}") for number in range(5)])
    assert troubles(SQLITE, content) == [
        "tells of too many packages or files: the rest is not read"
    ]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\0" * 8,
        pack(">II", 0xFFFFFFFF, 1),
        pack(">II", 2, 4) + bytes(16),
        pack(">II", 1, 4) + pack(">iIiI", 1000, 6, -1, 1) + b"abc\0",
        pack(">II", 1, 4) + pack(">iIiI", 1000, 6, 99, 1) + b"abc\0",
        pack(">II", 1, 4) + pack(">iIiI", 1000, 6, 0, 0xFFFFFFFF) + b"abc\0",
        pack(">II", 1, 3) + pack(">iIiI", 1000, 6, 0, 1) + b"abc",
        pack(">II", 1, 4) + pack(">iIiI", 1000, 4, 0, 1) + b"abc\0",
    ],
)
def test_a_forged_header_is_none(blob: bytes) -> None:
    assert read_header(blob) is None


def test_a_tag_that_is_written_often_is_read_once() -> None:
    entry = pack(">iIiI", 1000, 6, 0, 1)
    tags = 60_000
    blob = pack(">II", tags, 4) + entry * tags + b"abc\0"
    found = read_header(blob)
    assert found is not None
    assert found.name == "abc"


@pytest.mark.oracle
@pytest.mark.skipif(
    not shutil.which("rpm") or not shutil.which("rpmbuild"), reason="rpm is not installed"
)
def test_packages_are_those_that_rpm_lists(tmp_path: Path) -> None:
    spec = tmp_path / "a.spec"
    spec.write_text(
        "Name: a\nVersion: 1\nRelease: 2\nEpoch: 3\nSummary: s\nLicense: MIT\nVendor: V\n"
        "BuildArch: noarch\n%description\nd\n%package b\nSummary: b\nVersion: 7\n%description b\n"
        "d\n%install\nmkdir -p %{buildroot}/x/y\necho > %{buildroot}/x/y/z\n%files\n/x/y\n"
        "%files b\n"
    )
    build = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {tmp_path}", str(spec)]
    subprocess.run(build, check=True, capture_output=True)
    root = ["rpm", "--root", str(tmp_path / "root"), "--dbpath", "/var/lib/rpm"]
    (tmp_path / "root").mkdir()
    built = sorted(map(str, tmp_path.glob("RPMS/*/*.rpm")))
    subprocess.run([*root, "-i", "--nodeps", *built], check=True, capture_output=True)
    query = [*root, "-qa", "--qf", "%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{VENDOR}\\n"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split("\n")
    content = (tmp_path / "root" / SQLITE).read_bytes()
    found = packages(SQLITE, content).values()
    assert {f"{p.name} {p.version} {p.supplier}" for p in found} == set(filter(None, listed))
    assert owned(SQLITE, content) == {"a": "x/y\nx/y/z"}
