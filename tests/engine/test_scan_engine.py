"""`seawall scan` beside a real engine: images by name and identifier, and those that run."""

from __future__ import annotations

import gzip
import io
import os
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from scan_runner import Scanner, advisories, debian, flaws, notes, reasons

from engine import IMAGE, Engine
from seawall.jobs.inspection import Inspection, inspect
from seawall.jobs.scan_log import last_scan

APP = "seawall-scanned:1"
TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
DOCKERFILE = f"""\
FROM {IMAGE}
COPY os-release /etc/os-release
COPY status /var/lib/dpkg/status
COPY token /root/token
RUN ["/bin/busybox", "rm", "/root/token"]
COPY METADATA /app/flask-2.0.0.dist-info/METADATA
"""


def build(engine: Engine, directory: Path, tag: str, files: dict[str, bytes]) -> str:
    """Build an image; its identifier."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    context = directory / "context.tar"
    context.write_bytes(buffer.getvalue())
    with context.open("rb") as stream:
        engine.docker("build", "--network=none", "--tag", tag, "-", stdin=stream)
    return engine.docker("image", "inspect", "--format", "{{.Id}}", tag).stdout.strip()


def context_of(**versions: str) -> dict[str, bytes]:
    """What the Dockerfile copies."""
    layer = gzip.decompress(debian(**versions))
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        found = {m.name: archive.extractfile(m) for m in archive}
        read = {Path(name).name: file.read() for name, file in found.items() if file}
    return {
        "Dockerfile": DOCKERFILE.encode(),
        "os-release": read["os-release"],
        "status": read["status"],
        "token": f"GITHUB_TOKEN={TOKEN}\n".encode(),
        "METADATA": b"Name: Flask\nVersion: 2.0.0\n",
    }


@pytest.fixture(scope="module")
def built(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The identifier of an image of five layers, one of which deletes a credential."""
    return build(engine, tmp_path_factory.mktemp("context"), APP, context_of(openssl="3.0.11-1"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return advisories(tmp_path_factory.mktemp("store"))


@pytest.fixture
def scanner(engine: Engine, tmp_path: Path, store: Path) -> Scanner:
    return Scanner(tmp_path, store, DOCKER_HOST=engine.address)


@pytest.fixture
def started(engine: Engine) -> Iterator[list[str]]:
    """Names of containers, which are taken away at the end."""
    names: list[str] = []
    yield names
    engine.docker("rm", "--force", *names, check=False)


def start(engine: Engine, started: list[str], name: str, image: str) -> None:
    engine.docker("run", "--detach", "--network=none", "--name", name, image, *SLEEP)
    started.append(name)


SLEEP = ("/bin/busybox", "sleep", "1000")


def told(report: dict[str, Any]) -> set[tuple[Any, ...]]:
    """The findings, whatever the image is called."""
    return {
        (row["rule"], row["message"], row["location"]["symbol"], row["severity"])
        for row in report["findings"]
    }


def test_an_image_of_the_engine_is_scanned_and_leaves_nothing_behind(
    scanner: Scanner, built: str
) -> None:
    before = scanner.left()
    code, report = scanner.run(APP, "--only", "packages")
    assert code == 1
    assert flaws(report) == {"CVE-2026-0001", "PYSEC-1"}
    assert report["problems"] == []
    assert scanner.left() == before


def test_a_credential_that_a_layer_deleted_is_found(
    engine: Engine, built: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(tmp_path / "cache"))
    image = inspect(APP, Inspection())
    (secret,) = [held for held in image.secrets if held.fact.path == "root/token"]
    assert secret.gone is not None
    assert image.layers[secret.gone].instruction.endswith("rm /root/token")
    assert TOKEN not in str(image.secrets)


def test_by_identifier_and_from_an_archive_the_findings_are_the_same(
    scanner: Scanner, engine: Engine, built: str, tmp_path: Path
) -> None:
    _, by_name = scanner.run(APP)
    archive = tmp_path / "app.tar"
    engine.docker("save", "--output", str(archive), APP)
    for target in (built, built.removeprefix("sha256:")[:12], f"docker:{APP}", str(archive)):
        code, report = scanner.run(target, "--no-cache")
        assert (code, report["problems"]) == (1, []), target
        assert told(report) == told(by_name), target


def test_an_image_that_the_engine_lacks_is_no_pass(scanner: Scanner, built: str) -> None:
    code, report = scanner.run("seawall-lacking:1", "--offline")
    assert code == 2
    assert "seawall-lacking" in str(report["problems"])


def test_what_runs_is_scanned_once_and_what_stopped_is_not(
    scanner: Scanner, engine: Engine, built: str, started: list[str]
) -> None:
    start(engine, started, "web-1", APP)
    start(engine, started, "web-2", APP)
    start(engine, started, "stopped", IMAGE)
    engine.docker("kill", "stopped")
    code, report = scanner.run("--running", "--only", "packages")
    assert code == 1
    assert [target["name"] for target in report["targets"]] == [APP]
    assert "runs in web-1, web-2; not scanned before" in notes(report)
    _, report = scanner.run("--running", "--only", "packages")
    assert "last scanned within a day" in notes(report)


def test_what_runs_is_scanned_even_if_its_tag_has_moved(
    scanner: Scanner, engine: Engine, built: str, started: list[str], tmp_path: Path
) -> None:
    tag = "seawall-moved:1"
    engine.docker("tag", APP, tag)
    start(engine, started, "old", tag)
    build(engine, tmp_path, tag, context_of(openssl="3.0.15-1"))
    code, report = scanner.run("--running", "--only", "packages")
    assert code == 1
    assert "CVE-2026-0001" in flaws(report)
    start(engine, started, "new", tag)
    _, report = scanner.run("--running", "--only", "packages")
    names = [target["name"] for target in report["targets"]]
    short = built.removeprefix("sha256:")[:12]
    assert names == [tag, f"{tag} ({short})"]
    by_name = {row["target"] for row in report["findings"] if "CVE-2026-0001" in str(row)}
    assert by_name == {f"{tag} ({short})"}


def test_where_nothing_runs_that_is_said(scanner: Scanner, engine: Engine) -> None:
    process = scanner.start("--running")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "runs no container" in err


def test_a_scan_is_on_record_under_the_engine_s_identifier(scanner: Scanner, built: str) -> None:
    directory = str(scanner.cache / "scans")
    assert last_scan(built, directory) is None
    scanner.run(APP, "--only", "packages")
    done = last_scan(built, directory)
    assert done is not None
    assert (done.name, done.exit_code) == (APP, 1)
    assert done.age() < 1
    assert done.advisories


class WatchedLine:
    """A socket before the engine's, on which something happens once so many bytes came back."""

    def __init__(self, engine: Engine, place: Path, allowed: int, then: Callable[[], None]) -> None:
        self._target = engine.address.removeprefix("unix://")
        self._allowed = allowed
        self._then = then
        self.has_happened = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        self._sockets = [self._listener]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            self._sockets += [near, far]
            far.connect(self._target)
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with suppress(OSError):
            while data := source.recv(16384):
                self._allowed -= len(data) if counts else 0
                if self._allowed < 0 and not self.has_happened:
                    self.has_happened = True
                    self._then()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        for end in self._sockets:
            end.close()


def test_an_engine_that_dies_in_the_middle_of_an_image_is_no_pass(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, store: Path
) -> None:
    """A second engine, since the first is still needed."""
    directory, user = tmp_path_factory.mktemp("doomed"), tmp_path_factory.mktemp("user")
    with Engine(directory, number=1) as doomed:
        doomed.start()
        noise = os.urandom(8 * 1024 * 1024)
        files = {"Dockerfile": b"FROM scratch\nCOPY noise /noise\n", "noise": noise}
        build(doomed, user, "seawall-noise:1", files)
        place = user / "s"
        with closing(WatchedLine(doomed, place, 2 * 1024 * 1024, doomed.kill)) as line:
            scanner = Scanner(user / "own", store, DOCKER_HOST=f"unix://{place}")
            before = scanner.left()
            code, report = scanner.run("seawall-noise:1", "--only", "packages")
            assert line.has_happened
    assert code == 2
    assert "breaks off" in reasons(report)
    assert report["findings"] == []
    assert scanner.left() == before
    assert not list(scanner.cache.glob("scans/*"))
