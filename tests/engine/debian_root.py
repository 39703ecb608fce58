"""Root filesystems of Debian packages, for images that stand in for those of registries.

apt resolves against an empty status file, `dpkg-deb` unpacks, and no maintainer script runs: that
takes seconds where a bootstrap takes a minute. What the programs need to run is all there; what
only people read, LLVM, Perl's library and Go's lesser tools are left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

from engine import Engine

BASE = ("coreutils", "dash", "findutils", "grep", "sed", "busybox-static")
"""What every root filesystem has."""

_LEFT_OUT = (
    *("./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/i18n"),
    *("*/go-*/pkg/linux_*/cmd", "*/go-*/test", "*/go-*/api", "*/go-*/src/cmd", "*/testdata"),
    *("*_test.go", "*/gofmt"),
    *(f"*/go-*/pkg/tool/*/{name}" for name in ("[dfnopt]*", "addr2line", "api", "cgo", "cover")),
    *(f"*/go-*/pkg/tool/*/{name}" for name in ("trace", "vet")),
    *("*/libLLVM*", "*/libz3.so*", "*/llvmjit*", "*/bitcode", "./usr/share/perl", "*/perl/5.*"),
)
_MERGED = ("bin", "sbin", "lib", "lib64")
_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_GROUP = "root:x:0:\ndaemon:x:1:\nstaff:x:50:\nnogroup:x:65534:\n"


def reason_to_skip() -> str:
    """What is missing to make root filesystems here; empty where nothing is."""
    missing = [name for name in ("apt-get", "dpkg-deb", "tar") if shutil.which(name) is None]
    return f"not Debian: no {', '.join(missing)}" if missing else ""


class Debs:
    """Packages that apt has fetched into a directory, with all that they depend on."""

    def __init__(self, directory: Path) -> None:
        self._archives = directory / "archives"
        self._none = directory / "none"
        self._status = directory / "status"
        for folder in (self._archives, self._none):
            (folder / "partial").mkdir(parents=True)
        self._status.write_text("")

    def fetch(self, names: Iterable[str]) -> None:
        """Fetch these and what they depend on; the lists first, where apt has none."""
        wanted = ("--download-only", "install", *BASE, *names)
        if self._apt(self._archives, *wanted, check=False).returncode:
            subprocess.run(["apt-get", "-qq", "update"], check=True, capture_output=True)
            self._apt(self._archives, *wanted)

    def unpack(self, root: Path, names: Iterable[str]) -> Path:
        """A root filesystem of these and what they depend on; all must have been fetched."""
        said = self._apt(self._none, "--print-uris", "install", *BASE, *names).stdout
        files = [unquote(line.split()[1]) for line in said.splitlines() if line.startswith("'")]
        _skeleton(root)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: _unpack(self._file(name), root), files))
        return root

    def _file(self, name: str) -> Path:
        found = self._archives / name
        return found if found.exists() else self._archives / name.replace(":", "%3a")

    def _apt(
        self, archives: Path, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        options = {
            "Dir::State::status": self._status,
            "Dir::Cache::archives": archives,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",
            "Debug::NoLocking": "true",  # several tests may ask at once
        }
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        return subprocess.run(
            ["apt-get", "-qq", "-y", *flags, *arguments],
            check=check,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )


def _skeleton(root: Path) -> None:
    """What packages expect, or make in their scripts: a merged /usr, accounts, places to write."""
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in ("etc", "root", "run", "home", "var/tmp", "proc", "sys", "dev", "usr/local/bin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir()
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    (root / "root").chmod(0o700)
    (root / "var/run").symlink_to("/run")
    (root / "etc/passwd").write_text(_PASSWD)
    (root / "etc/group").write_text(_GROUP)


def _unpack(deb: Path, root: Path) -> None:
    excluded = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE
    ) as reader:
        subprocess.run(
            ["tar", "-x", "-C", str(root), "--keep-directory-symlink", *excluded],
            stdin=reader.stdout,
            check=True,
            capture_output=True,
        )
    if reader.returncode:
        raise RuntimeError(f"{deb} can't be read")


def import_root(engine: Engine, root: Path, name: str, changes: Iterable[str]) -> None:
    """Make an image of a root filesystem; `changes` are instructions of its configuration."""
    flags = [part for change in changes for part in ("--change", change)]
    command = ["tar", "-c", "-C", str(root), "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:
        engine.docker("import", *flags, "-", name, stdin=archive.stdout)
    if archive.returncode:
        raise RuntimeError(f"{root} can't be packed")
