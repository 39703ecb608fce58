"""Which policy file holds for a path: the closest one upwards, and only that one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from seawall.core.globs import absolute
from seawall.core.policy.load import declares_policy, default_policy, load_policy
from seawall.core.policy.model import Policy

_NAMES = ("seawall.toml", ".seawall.toml")


def find_policy(path: Path | str) -> Path | None:
    """The policy file closest to a file or directory, which need not exist.

    Searched upwards to the first directory with a `.git`, else to the root of the filesystem.
    In one directory `seawall.toml` goes before `.seawall.toml`, and that before a
    `pyproject.toml` with `[tool.seawall]`.
    """
    start = absolute(os.fspath(path))
    directory = start if os.path.isdir(start) else os.path.dirname(start)
    while True:
        found = _policy_in(directory)
        parent = os.path.dirname(directory)
        if found or parent == directory or os.path.lexists(f"{directory}/.git"):
            return found
        directory = parent


def _policy_in(directory: str) -> Path | None:
    for name in _NAMES:
        if _is_file(f"{directory}/{name}"):
            return Path(directory, name)
    project = f"{directory}/pyproject.toml"
    return Path(project) if _is_file(project) and declares_policy(Path(project)) else None


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # asked for each directory
    except (OSError, ValueError):
        return False


class Policies:
    """The policies of a run, each found and read once; one that is given holds everywhere."""

    def __init__(self, given: Policy | None = None) -> None:
        self._given = given
        self._by_directory: dict[str, Policy] = {}
        self._by_file: dict[Path | None, Policy] = {}

    def of(self, path: Path | str) -> Policy:
        """The policy that holds for a file.

        Raises:
            ConfigError: the policy file that was found can't be understood.
        """
        if self._given is not None:
            return self._given
        directory = os.path.dirname(absolute(os.fspath(path)))
        policy = self._by_directory.get(directory)
        if policy is None:
            policy = self._by_directory[directory] = self._load(find_policy(directory))
        return policy

    def _load(self, file: Path | None) -> Policy:
        if file not in self._by_file:
            self._by_file[file] = default_policy() if file is None else load_policy(file)
        return self._by_file[file]
