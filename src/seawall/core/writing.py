"""Writes files whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from seawall.core.errors import InputError


def atomic_write(path: Path, content: str | bytes, within: Path | None = None) -> None:
    """Put content in place of a file in one step; readers see the old one or the new one.

    The mode of a file that is there is kept, and its owner where that is allowed. A symbolic
    link stays a link, and what it leads to is written, but only under the directory `within`
    (by default that of the link): a link in a foreign repository must not lead a write astray.
    Surrogate escapes become the bytes that they stand for; line ends are written as they are.

    Raises:
        InputError: the place can't be written, is no regular file, or the link leads out.
    """
    try:
        target = _target(path, within or path.parent)
        _replace(target, as_bytes(content))
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: not written: the text can't be encoded") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: can't be written: {reason}", _how_to_write(error)) from error


def as_bytes(content: str | bytes) -> bytes:
    """A text as files have it: surrogate escapes become the bytes that they stand for.

    Raises:
        UnicodeEncodeError: it holds other surrogates.
    """
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")


def _how_to_write(error: OSError) -> str:
    """What helps where the reason does not say it already."""
    if isinstance(error, FileNotFoundError):
        return "Make its directory first."
    if isinstance(error, PermissionError):
        return "Name a place where you may write, or change the mode of the directory."
    return "Name another file, or make room."


def _target(path: Path, within: Path) -> Path:
    """The file that is meant, every link followed."""
    target = Path(os.path.realpath(path))
    if path.is_symlink() and not target.is_relative_to(os.path.realpath(within)):
        raise InputError(
            f"{path}: is a symbolic link that leads to {target}, not written",
            "Name the file itself if that is what you mean.",
        )
    if target.exists() and not target.is_file():
        raise InputError(f"{path}: is not a regular file, not written", "Name a file.")
    return target


def _replace(target: Path, data: bytes) -> None:
    draft = target.with_name(f".{target.name[:200]}.{os.urandom(8).hex()}.tmp")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        # 0o666 lets the umask decide, as it does for any new file.
        with open(os.open(draft, flags, 0o666), "wb") as file:
            _take_after(target, file.fileno())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _take_after(target: Path, descriptor: int) -> None:
    """Give a draft the owner and mode of the file that it is to replace."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    with suppress(PermissionError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
