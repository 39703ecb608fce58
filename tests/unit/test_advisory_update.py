"""The store is brought up to date whole or not at all, source by source."""

from __future__ import annotations

import gzip
import http.server
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from advisory_data import affected, record, write_archive, write_index, write_tree

from seawall.advisories import download
from seawall.advisories import update as updating
from seawall.advisories.building import locked
from seawall.advisories.feeds import osv
from seawall.advisories.store import Store, default_path, open_store
from seawall.advisories.update import UpdateReport, update
from seawall.core.errors import InputError

Handler = Callable[["_Handler"], bool]


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder with ETags, conditions and ranges, as object stores do."""

    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        if self.server.trick is not None and self.server.trick(self):
            return
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        etag = f'"{zlib.crc32(data):08x}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, etag, b"")
            return
        asked = self.headers.get("Range", "")
        if asked and self.headers.get("If-Range") == etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self._answer(206, etag, data[start:], span)
        else:
            self._answer(200, etag, data)

    def _answer(self, status: int, etag: str, data: bytes, span: str = "") -> None:
        self.send_response(status)
        self.send_header("ETag", etag)
        if span:
            self.send_header("Content-Range", span)
        if status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    """A mirror on loopback: `asked` are the requests, `trick` may answer in its stead."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.trick: Handler | None = None
        self.folder = folder
        super().__init__(("127.0.0.1", 0), self._handler)

    def _handler(self, *arguments: object) -> _Handler:
        return _Handler(*arguments, directory=str(self.folder))  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self, name: str) -> list[str]:
        return [path for path, _ in self.asked if name in path]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[_Server]:
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = _Server(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "data" / "advisories.sqlite"


def thing(number: int, fixed: str = "2.0", **others: object) -> dict[str, object]:
    part = affected("PyPI", "thing", "introduced=0", f"fixed={fixed}")
    return record(f"PYSEC-2026-{number}", part, **others)


def names(store: Path) -> dict[str, str]:
    """What is fixed by which record."""
    with open_store(store) as opened:
        return _names(opened)


def _names(opened: Store) -> dict[str, str]:
    known = opened.ecosystems()
    rows = opened.rows(list(known.values()), ["thing"]).get("thing", [])
    records = opened.records([row.record for row in rows])
    return {records[row.record].name: row.until for row in rows}


def leftovers(store: Path) -> list[str]:
    keep = {store.name, f"{store.name}.lock"}
    return sorted(path.name for path in store.parent.iterdir() if path.name not in keep)


def test_a_store_is_built_from_a_server(server: _Server, store: Path) -> None:
    write_tree(
        server.folder,
        {
            "PyPI": [thing(1), thing(2)],
            "Azure Linux": [record("X-1", affected("Azure Linux:3", "a", "introduced=0"))],
        },
        {"v3.20/main": {"curl": {"8-r0": ["CVE-2026-0001"]}}},
        {"CVE-2026-0001": "2026-01-02"},
        {"CVE-2026-0001": (0.25, 0.5)},
    )
    seen: list[tuple[str, int, int]] = []
    report = update(store, server.url, progress=lambda *given: seen.append(given))
    assert report.updated == (
        "osv/Azure Linux", "osv/PyPI", "secdb/alpine/v3.20/main", "kev", "epss",
    )  # fmt: skip
    assert report.failed == ()
    assert "osv/npm" in report.absent
    assert report.records == 6
    with open_store(store) as opened:
        status = opened.status()
        assert status.ecosystems == {"Alpine:v3.20": 1, "Azure Linux:3": 1, "PyPI": 2}
        assert (status.exploited, status.probabilities) == (1, 1)
        assert {each.url for each in status.sources} == {server.url}
        assert opened.exploited(["CVE-2026-0001"]) == {"CVE-2026-0001": "2026-01-02"}
    assert leftovers(store) == []
    assert any(done == total for _, done, total in seen)
    assert "/osv/Azure%20Linux/all.zip" in [path for path, _ in server.asked]


def test_a_second_update_asks_only_whether_anything_changed(server: _Server, store: Path) -> None:
    write_tree(server.folder, {"PyPI": [thing(1)]}, exploited={})
    write_index(
        server.folder / "osv/PyPI/modified_id.csv", [("2026-01-02T00:00:00Z", "PYSEC-2026-1")]
    )
    update(store, server.url)
    server.asked.clear()
    report = update(store, server.url)
    assert report.updated == ()
    assert report.unchanged == ("osv/PyPI", "kev")
    assert server.paths("all.zip") == [
        path for path in server.paths("all.zip") if "PyPI" not in path
    ]
    assert names(store) == {"PYSEC-2026-1": "2.0"}


def test_without_an_index_the_archive_itself_is_asked(server: _Server, store: Path) -> None:
    write_tree(server.folder, {"PyPI": [thing(1)]})
    update(store, server.url)
    assert update(store, server.url).unchanged == ("osv/PyPI",)
    write_archive(server.folder / "osv/PyPI/all.zip", [thing(1, "3.0")])
    assert update(store, server.url).updated == ("osv/PyPI",)
    assert names(store) == {"PYSEC-2026-1": "3.0"}


def test_few_changes_are_fetched_one_by_one(server: _Server, store: Path) -> None:
    folder = server.folder / "osv/PyPI"
    write_tree(server.folder, {"PyPI": [thing(number) for number in range(1, 6)]})
    write_index(folder / "modified_id.csv", [("2026-01-02T00:00:00Z", "PYSEC-2026-1")])
    update(store, server.url)
    changed = {
        1: thing(1, "9.0"),
        2: thing(2, withdrawn="2026-01-03T00:00:00Z"),
        6: thing(6),
    }
    for number, each in changed.items():
        (folder / f"PYSEC-2026-{number}.json").write_text(json.dumps(each))
    write_index(
        folder / "modified_id.csv",
        [
            ("2026-01-03T00:00:02.5Z", "PYSEC-2026-6"),
            ("2026-01-03T00:00:01Z", "PYSEC-2026-2"),
            ("2026-01-03T00:00:00Z", "PYSEC-2026-3"),  # which is gone
            ("2026-01-02T00:00:00.999Z", "PyPI/PYSEC-2026-1"),
            ("2026-01-01T00:00:00Z", "PYSEC-2026-4"),
            ("2026-01-04T00:00:00Z", "../../escape"),
        ],
    )
    server.asked.clear()
    report = update(store, server.url)
    assert report.updated == ("osv/PyPI",)
    assert server.paths("PyPI/all.zip") == []
    assert server.paths("PYSEC-2026-4") == []
    assert names(store) == {
        "PYSEC-2026-1": "9.0", "PYSEC-2026-4": "2.0", "PYSEC-2026-5": "2.0", "PYSEC-2026-6": "2.0",
    }  # fmt: skip
    assert update(store, server.url).unchanged == ("osv/PyPI",)


def test_many_changes_bring_the_whole_archive(
    server: _Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seawall.advisories.sources.MAX_INCREMENT", 2)
    write_tree(server.folder, {"PyPI": [thing(1)]})
    index = server.folder / "osv/PyPI/modified_id.csv"
    write_index(index, [("2026-01-02T00:00:00Z", "PYSEC-2026-1")])
    update(store, server.url)
    write_archive(server.folder / "osv/PyPI/all.zip", [thing(number) for number in range(5)])
    write_index(index, [(f"2026-01-0{8 - n}T00:00:00Z", f"PYSEC-2026-{n}") for n in range(5)])
    server.asked.clear()
    update(store, server.url)
    assert server.paths("PyPI/all.zip") != []
    assert server.paths("PYSEC") == []
    assert len(names(store)) == 5


def test_another_source_is_believed_anew(server: _Server, store: Path, tmp_path: Path) -> None:
    write_tree(server.folder, {"PyPI": [thing(1)]})
    update(store, server.url)
    update(store, str(write_tree(tmp_path / "folder", {"PyPI": [thing(1, "7.0")]})))
    assert names(store) == {"PYSEC-2026-1": "7.0"}
    update(store, server.url)
    assert names(store) == {"PYSEC-2026-1": "2.0"}


def test_records_of_other_ecosystems_in_an_archive_are_not_taken(
    tmp_path: Path, store: Path
) -> None:
    mixed = record(
        "GHSA-1",
        affected("npm", "thing", "introduced=0"),
        affected("PyPI", "thing", "introduced=0", "fixed=1"),
    )
    foreign = record("GHSA-2", affected("Debian:12", "thing", "introduced=0"))
    update(store, str(write_tree(tmp_path / "t", {"PyPI": [mixed, foreign]})))
    assert names(store) == {"GHSA-1": "1"}


def _broken(path: Path, kind: str) -> None:
    """Make an archive bad in one way."""
    if kind == "not a zip":
        path.write_bytes(b"<html>Sorry</html>")
    elif kind == "cut short":
        path.write_bytes(path.read_bytes()[:-30])
    elif kind == "wrong checksum":
        data = bytearray(path.read_bytes())
        place = data.index(b"PYSEC") + 40
        data[place] ^= 0xFF
        path.write_bytes(bytes(data))
    elif kind == "no records":
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(20):
                archive.writestr(f"{number}.json", "[]")
    elif kind == "bad ids":
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(20):
                archive.writestr(f"{number}.json", json.dumps({"id": f"../{number}"}))
    else:
        _bomb(path, kind)


def _bomb(path: Path, kind: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        if kind == "one huge entry":
            archive.writestr("PYSEC-1.json", b" " * (osv.MAX_RECORD + 1))
        else:
            for number in range(4):
                archive.writestr(f"{number}.json", b" " * (20 * 1024 * 1024))


@pytest.mark.parametrize(
    "kind",
    [
        "not a zip", "cut short", "wrong checksum", "no records", "bad ids", "one huge entry",
        "many large entries",
    ],
)  # fmt: skip
def test_a_broken_source_keeps_its_old_data_and_the_others_land(
    tmp_path: Path, store: Path, kind: str
) -> None:
    tree = write_tree(
        tmp_path / "tree",
        {"PyPI": [thing(1)], "Go": [record("GO-2026-1", affected("Go", "g", "introduced=0"))]},
    )
    update(store, str(tree))
    _broken(tree / "osv/PyPI/all.zip", kind)
    write_archive(
        tree / "osv/Go/all.zip",
        [record("GO-2026-2", affected("Go", "thing", "introduced=0", "fixed=5.0.0"))],
    )
    report = update(store, str(tree))
    assert [each.source for each in report.failed] == ["osv/PyPI"]
    assert report.updated == ("osv/Go",)
    assert names(store) == {"PYSEC-2026-1": "2.0", "GO-2026-2": "5.0.0"}
    # It is not taken for what was fetched: as soon as it is mended it lands.
    write_archive(tree / "osv/PyPI/all.zip", [thing(1, "4.0")])
    assert update(store, str(tree)).updated == ("osv/PyPI",)


def test_a_few_records_that_cannot_be_read_are_said(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    with zipfile.ZipFile(tree / "osv/PyPI/all.zip", "a") as archive:
        archive.writestr("bad.json", '{"id": 7}')
        archive.writestr("deep.json", "[" * 100_000)
        archive.writestr("notes.txt", "not a record")
        archive.writestr("copy.json", json.dumps(thing(1, "8.0")))
    report = update(store, str(tree))
    assert len(report.problems) == 2
    assert report.problems[0].startswith("no OSV record: ")
    assert names(store) == {"PYSEC-2026-1": "2.0"}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("known_exploited_vulnerabilities.json", b"{}"),
        (
            "known_exploited_vulnerabilities.json",
            b'{"vulnerabilities":[{"cveID":"x","dateAdded":"y"}]}',
        ),
        ("epss_scores-current.csv.gz", b"cve,epss,percentile\n"),
        (
            "epss_scores-current.csv.gz",
            gzip.compress(b"#m\ncve,epss,percentile\nCVE-2026-1,2.5,0.1\n", mtime=0),
        ),
        (
            "epss_scores-current.csv.gz",
            gzip.compress(b"#m\ncve,epss,percentile\nnonsense\n", mtime=0),
        ),
        (
            "epss_scores-current.csv.gz",
            gzip.compress(b"#m\ncve,epss,percentile\n" + b"x" * 100_000, mtime=0),
        ),
        ("alpine-secdb/v3.20/main.json", b'{"packages":[{"pkg":{"secfixes":{}}}]}'),
    ],
)
def test_a_file_of_another_shape_is_refused(
    tmp_path: Path, store: Path, file: str, content: bytes
) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_bytes(content)
    report = update(store, str(tree))
    assert len(report.failed) == 1
    assert report.updated == ("osv/PyPI",)


def test_a_download_goes_on_where_it_broke(server: _Server, store: Path) -> None:
    write_tree(server.folder, {"PyPI": [thing(number) for number in range(2000)]})
    broken: list[str] = []

    def break_once(handler: _Handler) -> bool:
        if "PyPI/all.zip" not in handler.path or len(broken) >= 1:
            return False
        broken.append(handler.path)
        data = (server.folder / "osv/PyPI/all.zip").read_bytes()
        handler.send_response(200)
        handler.send_header("ETag", f'"{zlib.crc32(data):08x}"')
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        return True

    server.trick = break_once
    report = update(store, server.url)
    assert report.failed == ()
    assert len(names(store)) == 2000
    ranges = [headers.get("Range") for path, headers in server.asked if "PyPI/all.zip" in path]
    size = (server.folder / "osv/PyPI/all.zip").stat().st_size
    assert ranges == [None, f"bytes={size // 2}-"]
    assert leftovers(store) == []


def test_a_later_run_goes_on_where_the_last_one_broke(
    server: _Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_ATTEMPTS", 1)
    write_tree(server.folder, {"PyPI": [thing(number) for number in range(2000)]}, exploited={})

    def half(handler: _Handler) -> bool:
        if "PyPI/all.zip" not in handler.path:
            return False
        data = (server.folder / "osv/PyPI/all.zip").read_bytes()
        handler.send_response(200)
        handler.send_header("ETag", f'"{zlib.crc32(data):08x}"')
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        return True

    server.trick = half
    report = update(store, server.url)
    assert [each.source for each in report.failed] == ["osv/PyPI"]
    assert (
        "the connection broke" in report.failed[0].reason
        or "IncompleteRead" in report.failed[0].reason
    )
    server.trick = None
    server.asked.clear()
    assert update(store, server.url).updated == ("osv/PyPI",)
    ranges = [headers.get("Range") for path, headers in server.asked if "PyPI/all.zip" in path]
    assert ranges[0] is not None
    assert len(names(store)) == 2000
    assert leftovers(store) == []


def test_what_has_changed_since_it_broke_is_fetched_anew(
    server: _Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_ATTEMPTS", 1)
    write_tree(server.folder, {"PyPI": [thing(number) for number in range(2000)]}, exploited={})

    def half(handler: _Handler) -> bool:
        if "PyPI/all.zip" not in handler.path:
            return False
        data = (server.folder / "osv/PyPI/all.zip").read_bytes()
        handler.send_response(200)
        handler.send_header("ETag", f'"{zlib.crc32(data):08x}"')
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        return True

    server.trick = half
    update(store, server.url)
    server.trick = None
    write_archive(server.folder / "osv/PyPI/all.zip", [thing(7, "7.7")])
    assert update(store, server.url).updated == ("osv/PyPI",)
    assert names(store) == {"PYSEC-2026-7": "7.7"}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://localhost.invalid/elsewhere", "redirects to http://localhost.invalid/elsewhere"),
        ("file:///etc/passwd", "redirects to file:///etc/passwd"),
        ("/osv/PyPI/all.zip?again", "too many redirects"),
    ],
)
def test_redirects_lead_nowhere_unsafe(
    server: _Server, store: Path, target: str, said: str
) -> None:
    write_tree(server.folder, {"PyPI": [thing(1)]}, exploited={})

    def lead_away(handler: _Handler) -> bool:
        if "PyPI/all.zip" not in handler.path:
            return False
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.trick = lead_away
    report = update(store, server.url)
    assert [each.source for each in report.failed] == ["osv/PyPI"]
    assert said in report.failed[0].reason


def test_a_redirect_within_the_server_is_followed(server: _Server, store: Path) -> None:
    write_tree(server.folder, {"PyPI": [thing(1)]})
    (server.folder / "moved.zip").write_bytes((server.folder / "osv/PyPI/all.zip").read_bytes())

    def moved(handler: _Handler) -> bool:
        if "osv/PyPI/all.zip" not in handler.path:
            return False
        handler.send_response(307)
        handler.send_header("Location", "/moved.zip")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.trick = moved
    assert update(store, server.url).updated == ("osv/PyPI",)


@pytest.mark.parametrize("status", [403, 500, 416])
def test_an_error_of_the_server_is_said(server: _Server, store: Path, status: int) -> None:
    write_tree(server.folder, {"PyPI": [thing(1)]}, exploited={})

    def refuse(handler: _Handler) -> bool:
        if "PyPI/all.zip" not in handler.path:
            return False
        handler.send_error(status)
        return True

    server.trick = refuse
    report = update(store, server.url)
    assert f"the server answered {status}" in report.failed[0].reason


def test_a_file_that_is_too_large_is_refused(
    server: _Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(
        server.folder,
        {"PyPI": [thing(1)]},
        exploited={f"CVE-2026-{n:04}": "2026-01-01" for n in range(99)},
    )
    monkeypatch.setattr("seawall.advisories.sources.MAX_DATABASE", 1000)
    for source in (server.url, str(server.folder)):
        report = update(store, source)
        assert "more than 1,000" in report.failed[0].reason
        assert report.updated == ("osv/PyPI",)
    assert leftovers(store) == []


def test_a_server_that_is_not_there_is_asked_once(store: Path) -> None:
    started = time.monotonic()
    with pytest.raises(InputError, match="can't be had, nor") as caught:
        update(store, "http://127.0.0.1:9")
    assert time.monotonic() - started < 5
    assert "--source" in caught.value.hint
    assert not store.exists()


@pytest.mark.parametrize("source", ["ftp://example.com", "/no/such/folder"])
def test_a_source_that_is_none_is_refused(store: Path, source: str) -> None:
    with pytest.raises(InputError):
        update(store, source)


def test_a_folder_without_advisories_is_refused(store: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no advisories"):
        update(store, str(tmp_path / "empty"))
    assert not store.exists()


def test_only_bad_sources_leave_the_old_store(store: Path, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    update(store, str(tree))
    before = store.read_bytes()
    _broken(tree / "osv/PyPI/all.zip", "not a zip")
    with pytest.raises(InputError, match="osv/PyPI"):
        update(store, str(tree))
    assert store.read_bytes() == before
    assert leftovers(store) == []


def test_ecosystems_are_chosen_by_name(tmp_path: Path, store: Path) -> None:
    tree = write_tree(
        tmp_path / "tree",
        {"PyPI": [thing(1)], "Go": [record("GO-1", affected("Go", "g", "introduced=0"))]},
        {"v3.20/main": {"a": {"1-r0": ["CVE-2026-0001"]}}},
        exploited={},
    )
    assert update(store, str(tree), ["pypi"]).updated == ("osv/PyPI", "kev")
    assert update(store, str(tree), ["Alpine"]).updated == ("secdb/alpine/v3.20/main",)
    report = update(store, str(tree), ["npm"])
    assert [each.source for each in report.failed] == ["osv/npm"]
    with pytest.raises(InputError, match="rust: no such ecosystem"):
        update(store, str(tree), ["rust"])


def test_the_public_sources_are_the_publishers_own(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def none(self: download.Server, name: str, *_: object) -> download.Fetched:
        asked.append(f"{self.address}/{name}")
        raise download.MissingError(f"{name}: not found")

    monkeypatch.setattr(download.Server, "fetch", none)
    with pytest.raises(InputError, match="can't be had"):
        updating.update(store)
    assert "https://osv-vulnerabilities.storage.googleapis.com/npm/modified_id.csv" in asked
    assert "https://secdb.alpinelinux.org/v3.20/main.json" in asked
    assert "https://packages.wolfi.dev/os/security.json/" in asked
    assert all(address.startswith("https://") for address in asked)


def test_one_process_writes_at_a_time(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    with locked(store), pytest.raises(InputError, match="another process is writing"):
        update(store, str(tree))
    assert update(store, str(tree)).updated == ("osv/PyPI",)


def test_readers_keep_what_they_opened(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    update(store, str(tree))
    with open_store(store) as opened:
        write_archive(tree / "osv/PyPI/all.zip", [thing(2)])
        update(store, str(tree))
        assert _names(opened) == {"PYSEC-2026-1": "2.0"}
    assert names(store) == {"PYSEC-2026-2": "2.0"}


_KILLED = """
import os, signal, sys
from pathlib import Path
from seawall.advisories import building, update
where = sys.argv[3]
def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
if where == "adding":
    add = building.Builder.add
    def half(self, source, records):
        add(self, source, list(records)[:500])
        die()
    building.Builder.add = half
else:
    building._put_in_place = die
update.update(Path(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.parametrize("where", ["adding", "renaming"])
def test_a_killed_update_leaves_the_old_store_whole(
    tmp_path: Path, store: Path, where: str
) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    update(store, str(tree))
    before = store.read_bytes()
    write_archive(tree / "osv/PyPI/all.zip", [thing(number, "5.0") for number in range(1000)])
    command = [sys.executable, "-c", _KILLED, str(store), str(tree), where]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL
    assert store.read_bytes() == before
    assert names(store) == {"PYSEC-2026-1": "2.0"}
    assert leftovers(store) != []
    update(store, str(tree))
    assert len(names(store)) == 1000
    assert leftovers(store) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no advisory data"),
        (b"hello", "not an advisory store"),
        (b"SQLite format 3\0" + b"x" * 500, "can't be read|not an advisory store"),
    ],
)
def test_what_is_no_store_is_said(store: Path, content: bytes | None, said: str) -> None:
    store.parent.mkdir()
    if content is not None:
        store.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught, open_store(store):
        pass
    assert "seawall db update" in caught.value.hint


@pytest.mark.parametrize(("version", "said"), [(0, "an older"), (99, "a newer")])
def test_a_store_of_another_version_is_said_and_built_anew(
    tmp_path: Path, store: Path, version: int, said: str
) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    update(store, str(tree))
    connection = sqlite3.connect(store)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(InputError, match=f"{said} version of Seawall"), open_store(store):
        pass
    assert update(store, str(tree)).updated == ("osv/PyPI",)
    assert names(store) == {"PYSEC-2026-1": "2.0"}


def test_a_damaged_store_is_said_when_it_is_asked(tmp_path: Path, store: Path) -> None:
    update(store, str(write_tree(tmp_path / "tree", {"PyPI": [thing(n) for n in range(2000)]})))
    data = bytearray(store.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    store.write_bytes(bytes(data))
    with open_store(store) as opened, pytest.raises(InputError, match="can't be read"):
        opened.status()


def test_another_database_is_no_store(store: Path) -> None:
    store.parent.mkdir()
    connection = sqlite3.connect(store)
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    with pytest.raises(InputError, match="not an advisory store"), open_store(store):
        pass


def test_the_store_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_DB", "/x/y.sqlite")
    assert default_path() == Path("/x/y.sqlite")
    monkeypatch.delenv("SEAWALL_DB")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_path() == Path("/data/seawall/advisories.sqlite")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_path() == Path.home() / ".local/share/seawall/advisories.sqlite"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]})
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        update(tmp_path / "file" / "store.sqlite", str(tree))


def report_of(source: Path, store: Path) -> UpdateReport:
    return update(store, str(source))


def test_a_source_that_is_gone_keeps_its_data(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]}, exploited={})
    report_of(tree, store)
    shutil.rmtree(tree / "osv")
    assert "osv/PyPI" in report_of(tree, store).absent
    assert names(store) == {"PYSEC-2026-1": "2.0"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"PyPI": [thing(1)]}, exploited={})
    (tree / "osv/PyPI/all.zip").chmod(0)
    assert [each.source for each in report_of(tree, store).failed] == ["osv/PyPI"]
