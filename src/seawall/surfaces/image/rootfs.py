"""A root file system in a directory on disk, looked at like a layer.

Every step goes through the directory that was opened before and follows no symbolic link, so
nothing outside the root is read, whatever changes meanwhile. File systems of the kernel that are
mounted in it (proc, sysfs, devices) are no part of an image and are left out.
"""

from __future__ import annotations

import os
import stat
from contextlib import AbstractContextManager, suppress
from itertools import islice
from typing import BinaryIO

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.image.analyser import LayerFile
from seawall.surfaces.image.blob import Analyse, Pulled
from seawall.surfaces.image.collect import Collector, text
from seawall.surfaces.image.dispatch import MAGIC, Numbers, joined
from seawall.surfaces.image.facts import Kind
from seawall.surfaces.image.limits import DamagedError

_EMPTY = memoryview(b"")
_MOUNTS = "/proc/self/mountinfo"
_CAPABILITY = "security.capability"
_TOP = (b"proc", b"sys", b"dev")
_KERNEL = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts"),
        *("devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore"),
        *("rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs"),
    )
)
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.SYMLINK,
    stat.S_IFCHR: Kind.DEVICE,
    stat.S_IFBLK: Kind.DEVICE,
    stat.S_IFIFO: Kind.FIFO,
}


class DirectoryBlob(Struct, frozen=True):
    """A directory that stands for a layer: `analyse_layer` walks it instead of reading bytes."""

    root: str
    digest: str = ""
    diff_id: str = ""
    size: int = -1

    def mapped(self) -> memoryview | None:
        """None: a directory has no bytes."""
        return None

    def open(self) -> AbstractContextManager[BinaryIO]:
        """A directory can't be streamed.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.root} is a directory, not a layer that can be read in a stream")


class RootfsSource:
    """A root file system on disk: an image of one layer and no configuration."""

    kind = "rootfs"

    def __init__(self, root: str) -> None:
        self.name = root

    def pull(self, analyse: Analyse) -> Pulled:
        """Look at it.

        Raises:
            InputError: it is no directory, or can't be opened.
        """
        return Pulled(config=b"", layers=(analyse(DirectoryBlob(self.name)),))


def walk_directory(root: str, collector: Collector) -> None:
    """Look at all that is in a directory; what can't be read is said as a trouble.

    Raises:
        InputError: the root is no directory, or can't be opened.
    """
    try:
        directory = os.open(root, _DIRECTORY & ~os.O_NOFOLLOW)
    except OSError as error:
        raise InputError(
            f"{root} can't be read as a root file system: {error.strerror}",
            "Name a directory that holds one, and run as a user that may read it.",
        ) from error
    try:
        _Tree(collector, os.fstat(directory).st_dev).walk(directory, b"", 0)
    except DamagedError as damage:
        collector.trouble(damage.path, damage.reason, is_fatal=True)
    finally:
        os.close(directory)


class _Tree:
    """Looks at what lies in a directory, and in those below it."""

    def __init__(self, collector: Collector, device: int) -> None:
        self._collector = collector
        self._wants = collector.wants
        self._limits = collector.limits
        self._device = device
        self._kernel = kernel_devices() - {device}

    def walk(self, directory: int, prefix: bytes, depth: int) -> None:
        try:
            with os.scandir(directory) as found:
                names = sorted(entry.name for entry in islice(found, self._limits.entries + 1))
        except OSError as error:
            self._say(prefix.rstrip(b"/"), error)
            return
        for name in names:
            path = prefix + os.fsencode(name)
            try:
                self._entry(directory, name, path, depth)
            except OSError as error:
                self._say(path, error)

    def _say(self, path: bytes, error: OSError) -> None:
        self._collector.trouble(path, f"it can't be read: {error.strerror or error}")

    def _entry(self, directory: int, name: str, path: bytes, depth: int) -> None:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:  # a socket: no archive has any
            return
        if len(path) > self._limits.path:
            self._collector.trouble(path, f"its path has more than {self._limits.path} bytes")
            return
        self._collector.add(path, kind, status.st_size if kind is Kind.FILE else 0)
        if kind is Kind.FILE:
            self._file(directory, name, path)
            return
        if self._wants.everything:
            target = os.readlink(name, dir_fd=directory) if kind is Kind.SYMLINK else ""
            file = _described(path, kind, status, _EMPTY, _utf8(target))
            self._collector.examine(path, file, self._wants.everything)
        if kind is Kind.DIRECTORY:
            self._descend(directory, name, path, depth + 1)

    def _descend(self, directory: int, name: str, path: bytes, depth: int) -> None:
        if depth > self._limits.depth:
            reason = f"there are more than {self._limits.depth} directories in one another"
            self._collector.trouble(path, reason)
            return
        below = os.open(name, _DIRECTORY, dir_fd=directory)
        try:
            if not self._is_kernels(path, os.fstat(below).st_dev):
                self.walk(below, path + b"/", depth)
        finally:
            os.close(below)

    def _is_kernels(self, path: bytes, device: int) -> bool:
        return device in self._kernel or (path in _TOP and device != self._device)

    def _file(self, directory: int, name: str, path: bytes) -> None:
        wants = self._wants
        numbers = wants.named(path)
        if not (numbers or wants.magics or wants.everything):
            return
        file = os.open(name, _FILE, dir_fd=directory)
        try:
            if wants.magics:
                numbers = joined(numbers, wants.magics.get(os.pread(file, MAGIC, 0), ()))
            if numbers or wants.everything:
                self._read(file, path, numbers)
        finally:
            os.close(file)

    def _read(self, file: int, path: bytes, numbers: Numbers) -> None:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            self._collector.trouble(path, "it has become something else than a file")
            return
        content = _content(file, min(status.st_size, self._limits.content))
        if status.st_size > self._limits.content:
            self._collector.trouble(
                path, f"only the first {len(content)} of its {status.st_size} bytes were looked at"
            )
        xattrs = _capabilities(file) if self._wants.everything and status.st_mode & 0o111 else {}
        found = _described(path, Kind.FILE, status, memoryview(content), "", xattrs)
        self._collector.examine(path, found, self._wants.everything)
        self._collector.examine(path, found, numbers)


def _content(file: int, size: int) -> bytes:
    """The first bytes of a file, read and not mapped: it may shrink while it is looked at."""
    content = os.read(file, size)
    while len(content) < size and (more := os.read(file, size - len(content))):
        content += more
    return content


def _capabilities(file: int) -> dict[str, bytes]:
    with suppress(OSError, AttributeError):  # no system but Linux has them
        return {_CAPABILITY: os.getxattr(file, _CAPABILITY)}
    return {}


def _described(
    path: bytes,
    kind: Kind,
    status: os.stat_result,
    content: memoryview,
    target: str,
    xattrs: dict[str, bytes] | None = None,
) -> LayerFile:
    mode = stat.S_IMODE(status.st_mode)
    size = status.st_size if kind is Kind.FILE else 0
    return LayerFile(
        text(path), kind, mode, status.st_uid, status.st_gid, size, content, target, xattrs or {}
    )


def _utf8(name: str) -> str:
    return text(os.fsencode(name))


def kernel_devices(mounts: str = _MOUNTS) -> frozenset[int]:
    """The device numbers of mounted file systems that only show the kernel's state (proc(5))."""
    devices: set[int] = set()
    with suppress(OSError), open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            front, _, back = line.partition(" - ")
            major, _, minor = front.split(" ")[2].partition(":")
            if back.split(" ")[0] in _KERNEL:
                devices.add(os.makedev(int(major), int(minor)))
    return frozenset(devices)
