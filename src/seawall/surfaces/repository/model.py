"""The facts of a repository: its files, what git says of them, and what its builds take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place
from seawall.surfaces.repository.context import Context, named
from seawall.surfaces.repository.git import Git
from seawall.surfaces.repository.tree import MAX_DEPTH, Disk, File, joined

SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".tox", ".nox"})
"""Directories whose files are others' work or a tool's, so nobody's secret files are in them."""
_VIRTUALENV = "pyvenv.cfg"


class Repository(Struct, frozen=True, dict=True):
    """A directory that was asked about, with all that lies below it.

    `root` is absolute; `prefix` goes before paths in it to name them in reports (`services/`, or
    empty). `git` is the working tree that it belongs to, whose root may lie above. `contexts` are
    those of the builds that are known. All else is read when it is first asked for.
    """

    root: str
    prefix: str
    git: Git | None
    contexts: tuple[Context, ...]
    disk: Disk

    @cached_property
    def derived(self) -> dict[str, Any]:
        """What rules worked out of it, by name: kept here so that the next rule need not."""
        return {}

    @cached_property
    def files(self) -> tuple[File, ...]:
        """Every regular file below the root, by path, without those of tools and submodules."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[File]:
        stack = [""]
        while stack:
            folder = stack.pop()
            listing = self.disk.listing(joined(self.root, folder))
            if self._is_foreign(folder, listing.folders, listing.files):
                continue
            prefix = folder + "/" if folder else ""
            for file in listing.files:
                yield File(prefix + file.path, file.size, file.mode)
            if prefix.count("/") < MAX_DEPTH:
                stack += (prefix + name for name in listing.folders[::-1] if name not in SKIPPED)

    def _is_foreign(self, folder: str, folders: tuple[str, ...], files: tuple[File, ...]) -> bool:
        """Whether a directory is a virtual environment, or a repository of its own."""
        names = {file.path for file in files}
        return bool(folder) and (".git" in folders or ".git" in names or _VIRTUALENV in names)

    @cached_property
    def _above(self) -> str:
        """The way from git's root down to this one, empty or ending with `/`."""
        if self.git is None or self.git.root == self.root:
            return ""
        return self.root[len(self.git.root.rstrip("/")) + 1 :] + "/"

    @cached_property
    def tracked(self) -> frozenset[str]:
        """The paths below the root that git tracks, no links and no submodules among them."""
        if self.git is None:
            return frozenset()
        above, entries = self._above, self.git.index.entries
        kept = (e.path for e in entries if e.mode & 0o170000 == 0o100000 and not e.is_intended)
        return frozenset(path[len(above) :] for path in kept if path.startswith(above))

    def is_ignored(self, path: str) -> bool:
        """Whether git leaves out an untracked file."""
        return self.git is not None and self.git.is_ignored(self._above + path)

    def start_of(self, path: str) -> bytes | None:
        """The first 64 KiB of a file; None where it can't be read or is no regular file."""
        return self.disk.start_of(joined(self.root, path))

    def place_of(self, path: str) -> Place:
        """A place that says the file and shows none of it: the file may be all secret."""
        return Place(Source(self.prefix + path, ""), 0, 0)

    @cached_property
    def gaps(self) -> tuple[str, ...]:
        """What could not be read, in words; complete once the rules have asked."""
        gaps = [
            f"{named(path, self.root, self.prefix)} can't be listed" for path in self.disk.unread
        ]
        if not self.disk.is_whole:
            gaps.append("the tree holds more files than are looked at")
        if self.git is not None and self.git.index.fault:
            gaps.append(f"git's index {self.git.index.fault}")
        return tuple(gaps)
