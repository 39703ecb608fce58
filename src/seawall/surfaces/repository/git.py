"""A git working tree, read without git: what is tracked, and what is ignored."""

from __future__ import annotations

import os
import re
from functools import cached_property

from msgspec import Struct

from seawall.core.expression import BytesExpression, Expression
from seawall.surfaces.repository.git_index import MAX_BYTES, Index, Tracked, read_index
from seawall.surfaces.repository.gitignore import Ignores, extended, is_ignored
from seawall.surfaces.repository.tree import read_start

_GITDIR = BytesExpression(rb"gitdir:[ \t]*([^\r\n\0]{1,4096})")
_SHA256 = Expression(r"^\s*objectformat\s*=\s*sha256\s*$", re.IGNORECASE | re.MULTILINE)


class Git(Struct, frozen=True, dict=True):
    """A working tree: its absolute root, git's directory for it, and the one its worktrees share.

    In a worktree and in a submodule `.git` is a file that names the directory.
    """

    root: str
    directory: str
    shared: str

    @cached_property
    def index(self) -> Index:
        """The index; an empty one where there is none yet."""
        data = read_start(self.directory + "/index", MAX_BYTES + 1)
        if data is None:
            return Index(0, ())
        if len(data) > MAX_BYTES:
            return Index(0, (), "is larger than 128 MiB")
        return read_index(data, self._hash_size)

    @cached_property
    def _hash_size(self) -> int:
        config = read_start(self.shared + "/config", 1024 * 1024) or b""
        return 32 if _SHA256.search(config.decode("utf-8", "replace")) else 20

    @cached_property
    def tracked(self) -> dict[str, Tracked]:
        """What is tracked, by path from the root; a submodule's own files are not."""
        return {entry.path: entry for entry in self.index.entries}

    def is_ignored(self, path: str) -> bool:
        """Whether git leaves out a file, by its path from the root; tracked files are not asked.

        What only a user's own settings ignore is not ignored for anybody else, and not here.
        """
        folder = ""
        for name in path.split("/")[:-1]:
            ignores = self._ignores(folder)
            folder = f"{folder}/{name}" if folder else name
            if self._is_folder_ignored(folder, ignores):
                return True
        return is_ignored(self._ignores(folder), f"{self.root.rstrip('/')}/{path}")

    @cached_property
    def _known(self) -> dict[str, Ignores]:
        return {}

    @cached_property
    def _verdicts(self) -> dict[str, bool]:
        return {}

    def _is_folder_ignored(self, folder: str, ignores: Ignores) -> bool:
        verdict = self._verdicts.get(folder)
        if verdict is None:
            verdict = is_ignored(ignores, f"{self.root.rstrip('/')}/{folder}/")
            self._verdicts[folder] = verdict
        return verdict

    def _ignores(self, folder: str) -> Ignores:
        """The ignore files in force in a directory."""
        known = self._known.get(folder)
        if known is None:
            above = self._ignores(folder.rpartition("/")[0]) if folder else self._own_excludes
            directory = f"{self.root.rstrip('/')}/{folder}".rstrip("/")
            known = self._known[folder] = _with_file(above, directory, ".gitignore")
        return known

    @cached_property
    def _own_excludes(self) -> Ignores:
        return _with_file((), self.root, os.path.relpath(self.shared, self.root) + "/info/exclude")


def _with_file(ignores: Ignores, directory: str, name: str) -> Ignores:
    try:
        return extended(ignores, directory, name)
    except (OSError, ValueError):
        return ignores


def read_git(root: str) -> Git | None:
    """The working tree whose root a directory is; None where it has no `.git` of use."""
    path = root.rstrip("/") + "/.git"
    if os.path.isdir(path):
        return Git(root, path, path)
    data = read_start(path, 8192)
    found = _GITDIR.match(data) if data else None
    if found is None:
        return None
    directory = os.path.normpath(os.path.join(root, os.fsdecode(found[1].strip())))
    if not os.path.isfile(directory + "/HEAD"):
        return None
    return Git(root, directory, _shared(directory))


def _shared(directory: str) -> str:
    data = read_start(directory + "/commondir", 8192)
    if not data or b"\0" in data:
        return directory
    return os.path.normpath(os.path.join(directory, os.fsdecode(data.strip())))
