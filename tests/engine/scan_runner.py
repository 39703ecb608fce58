"""Runs `seawall scan` as users do, in a home of its own, and tells what it left behind."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from advisory_data import affected, build, record, write_tree
from archives import packed
from real_registry import PASSWORD, USER, Registry

from seawall.cli.scan import scan as command
from seawall.cli.scanning import read_arguments, run

SEVERE = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'
STATUS = """\
Package: {name}
Status: install ok installed
Version: {version}
Architecture: amd64
Maintainer: Debian
Description: a package

"""


def debian(**versions: str) -> bytes:
    """A layer, as gzip, that looks like a small Debian with these packages."""
    status = "".join(STATUS.format(name=n, version=v) for n, v in versions.items())
    files = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": status.encode()}
    return gzip.compress(packed(files), mtime=0)


def python(name: str, version: str) -> bytes:
    """A layer, as gzip, with one Python package."""
    path = f"app/lib/{name}-{version}.dist-info/METADATA"
    content = f"Name: {name}\nVersion: {version}\n".encode()
    return gzip.compress(packed({path: content}), mtime=0)


def advisories(folder: Path) -> Path:
    """A store: openssl is fixed in 3.0.15-1, zlib1g in 1:1.2.13-9, bash not at all, flask in 2.2.5;
    curl got a flaw with 8.5-1."""
    osv = {
        "Debian": [
            record(
                "CVE-2026-0001",
                affected("Debian:12", "openssl", "introduced=0", "fixed=3.0.15-1"),
                severity=SEVERE,
            ),
            record(
                "CVE-2026-0002", affected("Debian:12", "zlib1g", "introduced=0", "fixed=1:1.2.13-9")
            ),
            record("CVE-2026-0003", affected("Debian:12", "bash", "introduced=0")),
            record("CVE-2026-0005", affected("Debian:12", "curl", "introduced=8.5-1")),
        ],
        "PyPI": [
            record("PYSEC-1", affected("PyPI", "flask", "introduced=0", "fixed=2.2.5")),
        ],
    }
    store = folder / "advisories.sqlite"
    build(write_tree(folder / "feeds", osv), store)
    return store


class Scanner:
    """A user with a home, a temporary folder and a cache of his own."""

    def __init__(self, directory: Path, store: Path, **environment: str) -> None:
        self.home = directory / "home"
        self.temporary = directory / "tmp"
        self.cache = directory / "cache"
        self.work = directory / "work"
        for each in (self.home, self.temporary, self.work):
            each.mkdir(parents=True)
        self._store = store
        self._environment = environment

    def trust(self, registry: Registry, *names: str, login: bool = True) -> None:
        """Know the registry, and what leads to it, as `docker login` leaves it behind."""
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        called = (registry.name, *names)
        for name in called:
            place = self.home / ".config/docker/certs.d" / name
            place.mkdir(parents=True)
            (place / "ca.crt").write_bytes(Path(registry.ca).read_bytes())
        if login:
            (self.home / ".docker").mkdir()
            auths = {name: {"auth": auth} for name in called}
            (self.home / ".docker/config.json").write_text(json.dumps({"auths": auths}))

    @property
    def environment(self) -> dict[str, str]:
        """What its processes see: nothing of whoever runs the tests."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "error",
            "SEAWALL_CACHE_DIR": str(self.cache),
            "SEAWALL_DB": str(self._store),
            **self._environment,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a scan; its report comes as JSON."""
        return subprocess.Popen(
            [sys.executable, "-m", "seawall", "scan", "-o", "json", *arguments],
            env=self.environment,
            cwd=self.work,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Scan; the exit code and the report."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        assert out, err
        return process.returncode, json.loads(out)

    def judge(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The same in this process: the exit code, and the report as plain data, with all that it
        says of images."""
        with monkeypatch.context() as patch:
            for name, value in self.environment.items():
                if not name.startswith("PYTHON"):
                    patch.setenv(name, value)
            patch.chdir(self.work)
            context = command.make_context("scan", list(arguments))
            given = read_arguments(context.params)
            done, policy = run(given, context.params["images"])
        shown = ("findings", "problems", "notices", "images")
        told = msgspec.json.encode({name: getattr(done.report, name) for name in shown})
        return done.report.exit_code(policy.fail_on), json.loads(told)

    def left(self) -> set[str]:
        """What files there are, but for those of the cache."""
        places = (self.home, self.temporary, self.work)
        return {str(path) for place in places for path in place.rglob("*") if path.is_file()}


def flaws(report: dict[str, Any]) -> set[str]:
    """The ids of the flaws that a report tells."""
    return {row["flaw"]["id"] for row in report["findings"] if row.get("flaw")}


def reasons(report: dict[str, Any]) -> str:
    """All that could not be examined."""
    return "\n".join(problem["reason"] for problem in report["problems"])


def notes(report: dict[str, Any]) -> str:
    """All notices."""
    return "\n".join(notice["message"] for notice in report["notices"])
