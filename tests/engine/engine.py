"""Starts and stops a private `dockerd`, and talks to it with the `docker` client."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

IMAGE = "seawall-test:1"
"""An image that holds nothing but a static busybox."""

_BUSYBOX = Path("/bin/busybox")
_PATIENCE = 60.0
_DENIED = re.compile("operation not permitted|permission denied|read-only file", re.IGNORECASE)


class NotAllowedError(Exception):
    """The machine does not let us start an engine, whoever asks."""


def reason_to_skip() -> str:
    """What is missing for an engine here; empty where nothing is."""
    if os.geteuid() != 0:
        return "a private Docker Engine needs root"
    for program in ("dockerd", "docker", "ip"):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: docker.io, iproute2)"
    if not _BUSYBOX.exists():
        return "/bin/busybox is not installed (Debian: busybox-static)"
    return ""


class Engine:
    """A daemon with data root, exec root, pid file, socket and bridge of its own.

    Start it, then use it in a `with`, which stops it. Engines of one process have numbers. The
    storage driver `vfs` works everywhere, `overlay2` is what builds on large images want.
    """

    def __init__(self, directory: Path, number: int = 0, storage: str = "vfs") -> None:
        self.directory = directory
        self.storage = storage
        self.log = directory / "dockerd.log"
        self._short = tempfile.mkdtemp(prefix="sw")
        self.address = f"unix://{self._short}/s"
        # Two test processes at once have two engines: neither name nor network may be shared.
        self._bridge = f"sw{os.getpid()}" + (f"x{number}" if number else "")
        self._network = f"172.{30 - number}.{os.getpid() % 250}.1/24"
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; nothing is left behind where that fails.

        Raises:
            NotAllowedError: the machine does not permit it.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def docker(
        self, *arguments: str, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run the client against this engine."""
        command = ["docker", "--host", self.address, *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory)}
        return subprocess.run(
            command, check=check, capture_output=True, text=True, env=environment, **options
        )

    def inspect(self, *names: str) -> list[dict[str, Any]]:
        """What the engine says of containers."""
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", *names).stdout)
        return found

    def kill(self) -> None:
        """End the daemon from one moment to the next."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait()

    def _start(self) -> None:
        try:
            _ip("link", "add", self._bridge, "type", "bridge")
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip()
            raise NotAllowedError(f"a bridge can't be made here: {said}") from error
        _ip("address", "add", self._network, "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        settings = self.directory / "daemon.json"
        settings.write_text("{}")
        command = [
            "dockerd",
            f"--config-file={settings}",
            f"--data-root={self.directory / 'data'}",
            f"--exec-root={self._short}/x",
            f"--pidfile={self.directory / 'pid'}",
            f"--host={self.address}",
            f"--bridge={self._bridge}",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-masq=false",
            f"--storage-driver={self.storage}",
        ]
        with self.log.open("wb") as log:
            self._daemon = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._wait()
        self._import_image()

    def _wait(self) -> None:
        assert self._daemon is not None
        until = time.monotonic() + _PATIENCE
        while self.docker("version", check=False).returncode:
            if self._daemon.poll() is not None or time.monotonic() > until:
                tail = self.log.read_text(errors="replace")[-2000:]
                kind = NotAllowedError if _DENIED.search(tail) else RuntimeError
                raise kind(f"dockerd does not answer:\n{tail}")
            time.sleep(0.1)

    def _import_image(self) -> None:
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            archive.add(_BUSYBOX, "bin/busybox")
        change = 'CMD ["/bin/busybox", "true"]'
        archive_file = self.directory / "image.tar"
        archive_file.write_bytes(layer.getvalue())
        self.docker("import", "--change", change, str(archive_file), IMAGE)

    def stop(self) -> None:
        """End the daemon with all that it started, and take its bridge and directories away."""
        if self._daemon is not None and self._daemon.poll() is None:
            names = self.docker("ps", "--all", "--quiet", check=False).stdout.split()
            if names:
                self.docker("rm", "--force", "--volumes", *names, check=False)
            self._daemon.terminate()
            try:
                self._daemon.wait(_PATIENCE / 2)
            except subprocess.TimeoutExpired:
                os.killpg(self._daemon.pid, signal.SIGKILL)
                self._daemon.wait()
        subprocess.run(["ip", "link", "delete", self._bridge], check=False, capture_output=True)
        self._unmount()
        shutil.rmtree(self._short, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _unmount(self) -> None:
        """Namespaces that a killed daemon leaves mounted."""
        for line in Path("/proc/mounts").read_text().splitlines():
            target = line.split()[1]
            if target.startswith((f"{self._short}/", f"{self.directory}/")):
                subprocess.run(["umount", "--lazy", target], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
