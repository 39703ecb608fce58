"""Copies of what a project mounts from the disk: the originals are out of a service's reach."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from seawall.core.errors import InputError
from seawall.jobs.proving.scenes import Scene
from seawall.surfaces.workload import Mount, SecretUse, Workload

MAX_COPIED = 256 * 1024 * 1024
"""Bytes that are copied for one run."""


class Staging:
    """Copies for one run below a directory; what is mounted read-only is mounted as it is."""

    def __init__(self, directory: str, scene: Scene) -> None:
        self._directory = directory
        self._scene = scene
        self._copies: dict[str, str] = {}
        self._copied = 0

    def bind(self, mount: Mount) -> str:
        """The path that stands for a bind's source; the same for all who mount it.

        Raises:
            InputError: it can't be copied, or is too large for it.
        """
        path = mount.source
        if path in self._scene.texts:
            return self._write(path, self._scene.texts[path], self._scene.modes.get(path, 0o644))
        if mount.read_only and os.path.exists(path):
            return os.path.realpath(path)
        if path not in self._copies:
            self._copies[path] = self._copy(path)
        return self._copies[path]

    def secrets(self, workload: Workload) -> list[tuple[str, str]]:
        """The secrets and configs that are no file of the disk: paths that hold them, and where."""
        found = []
        for use in workload.secrets:
            text = self._text_of(use)
            if text is not None:
                name = f"/{use.kind}s/{use.name}"
                found.append((self._write(name, text, 0o444), use.target))
        return found

    def _text_of(self, use: SecretUse) -> str | None:
        if use.environment:
            return self._scene.environment.get(use.environment, "")
        return use.content.value if use.content is not None else None

    def _place(self) -> str:
        place = os.path.join(self._directory, str(len(self._copies)))
        os.makedirs(place, exist_ok=True)
        return place

    def _write(self, name: str, text: str, mode: int) -> str:
        if name not in self._copies:
            path = Path(self._place(), os.path.basename(name))
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            path.chmod(mode)
            self._copies[name] = str(path)
        return self._copies[name]

    def _copy(self, path: str) -> str:
        target = os.path.join(self._place(), os.path.basename(path) or "root")
        try:
            if os.path.isdir(path):
                self._copy_tree(path, target)
            elif os.path.exists(path):
                self._copy_file(path, target)
            else:
                os.makedirs(target)  # as the engine does it
        except OSError as error:
            raise InputError(f"{path}: can't be copied: {error.strerror or error}") from error
        return target

    def _copy_tree(self, path: str, target: str) -> None:
        os.makedirs(target)
        _adopt(path, target)
        with os.scandir(path) as entries:
            for entry in entries:
                inner = os.path.join(target, entry.name)
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), inner)
                elif entry.is_dir():
                    self._copy_tree(entry.path, inner)
                elif entry.is_file():
                    self._copy_file(entry.path, inner)

    def _copy_file(self, path: str, target: str) -> None:
        self._copied += os.path.getsize(path)
        if self._copied > MAX_COPIED:
            limit = MAX_COPIED // 1024**2
            raise InputError(f"{path}: more than {limit} MiB would have to be copied")
        shutil.copyfile(path, target)
        _adopt(path, target)


def _adopt(path: str, target: str) -> None:
    """Give a copy the mode of the original, and its owner where we may."""
    status = os.stat(path)
    os.chmod(target, status.st_mode & 0o7777)
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid)
