"""What is on disk below a directory: listed once, in bounds, and never through a link."""

from __future__ import annotations

import os
import stat

from msgspec import Struct

from seawall.core.overlay import text_for

MAX_FILES = 100_000
"""Most files that one run lists; what is beyond is not seen, and `Disk.is_whole` says so."""
MAX_DEPTH = 200
"""Deepest nesting of directories that is followed."""
_MAX_START = 64 * 1024


class File(Struct, frozen=True, gc=False):
    """A regular file: its name or path, its size in bytes and its permission bits."""

    path: str
    size: int
    mode: int


class Listing(Struct, frozen=True):
    """A directory: the regular files and the directories in it, by name."""

    files: tuple[File, ...] = ()
    folders: tuple[str, ...] = ()


class Disk:
    """Directories that were listed, by absolute path: each is read once."""

    def __init__(self, limit: int = MAX_FILES) -> None:
        self._left = limit
        self._listings: dict[str, Listing] = {}
        self._starts: dict[str, bytes | None] = {}
        self.is_whole = True
        self.unread: list[str] = []
        """Absolute paths of directories that can't be listed."""

    def listing(self, directory: str) -> Listing:
        """What is in a directory; nothing where it can't be read or the bound is reached."""
        known = self._listings.get(directory)
        if known is None:
            known = self._listings[directory] = self._read(directory)
        return known

    def start_of(self, path: str) -> bytes | None:
        """The first 64 KiB of a file; None where it can't be read or is no regular file."""
        if path not in self._starts:
            self._starts[path] = read_start(path, _MAX_START)
        return self._starts[path]

    def _read(self, directory: str) -> Listing:
        files: list[File] = []
        folders: list[str] = []
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    self._take(entry, files, folders)
                    if self._left <= 0:
                        self.is_whole = False
                        break
        except (OSError, ValueError):
            self.unread.append(directory)
        files.sort(key=_path)
        return Listing(tuple(files), tuple(sorted(folders)))

    def _take(self, entry: os.DirEntry[str], files: list[File], folders: list[str]) -> None:
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.name)
        elif entry.is_file(follow_symlinks=False):
            self._left -= 1
            known = entry.stat(follow_symlinks=False)
            files.append(File(entry.name, known.st_size, stat.S_IMODE(known.st_mode)))


def _path(file: File) -> str:
    return file.path


def joined(directory: str, path: str) -> str:
    """An absolute directory and a path relative to it, as one absolute path."""
    return f"{directory.rstrip('/')}/{path}" if path else directory


def is_within(path: str, directory: str) -> bool:
    """Whether an absolute path is a directory or lies under it, links followed."""
    real, boundary = os.path.realpath(path), os.path.realpath(directory)
    return real == boundary or real.startswith(boundary.rstrip("/") + "/")


def read_start(path: str, size: int) -> bytes | None:
    """At most `size` bytes of a regular file, no link followed; None where it can't be read."""
    instead = text_for(path)
    if instead is not None:
        return instead.encode("utf-8", "surrogateescape")[:size]
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(handle, "rb") as file:
            return file.read(size) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    except OSError:
        return None
