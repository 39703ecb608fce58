"""Writes a plan: each file whole or not at all, and none that has changed since it was read."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.core.model import FileChange, Problem
from seawall.core.writing import as_bytes, atomic_write
from seawall.jobs.fixing.model import ChangedFile, Plan
from seawall.jobs.fixing.placing import CHMOD

_AGAIN = "Run it again: the plan is then made for the file as it is now."
_RIGHTS = "Change its mode, or run as a user who may write it."


class Written(Struct, frozen=True):
    """The names of the files that were written, and what kept others from it."""

    names: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def write(plan: Plan) -> Written:
    """Write what a plan says; a file that can't be written costs the others nothing."""
    names: list[str] = []
    problems: list[Problem] = []
    for file in plan.changed:
        if file.is_text:
            continue
        try:
            if file.is_new:
                _create(file)
            else:
                _replace(file)
            names.append(file.name)
        except (InputError, OSError) as error:
            problems.append(_problem(file.name, error))
    for change in plan.files:
        if change.deed == CHMOD:
            try:
                _set_mode(change)
                names.append(change.path)
            except OSError as error:
                problems.append(_problem(change.path, error))
    return Written(tuple(names), tuple(problems))


def _replace(file: ChangedFile) -> None:
    path = Path(file.path)
    if _bytes_of(path) != as_bytes(file.before):
        raise InputError("has changed since it was read, not written", _AGAIN)
    if not os.access(path, os.W_OK) or not stat.S_IMODE(path.stat().st_mode) & 0o222:
        raise InputError("is read-only, not written", _RIGHTS)
    atomic_write(path, file.after, Path(file.boundary) if file.boundary else None)


def _bytes_of(path: Path) -> bytes:
    """What a regular file holds; what has become of it is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError("is no regular file any more, not written", _AGAIN)
        return file.read()


def _create(file: ChangedFile) -> None:
    """Make a new file, and the directories to it: never over one that is there."""
    path, mode = Path(file.path), file.mode
    missing = [each for each in path.parents if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode and not mode & 0o077:
        for directory in missing:
            directory.chmod(0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(path, flags, mode or 0o666)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            if mode:
                os.fchmod(opened.fileno(), mode)
            opened.write(as_bytes(file.after))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _set_mode(change: FileChange) -> None:
    """Give a regular file its mode; a link is not followed."""
    descriptor = os.open(change.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.fchmod(descriptor, change.mode)
    finally:
        os.close(descriptor)


def _problem(name: str, error: InputError | OSError) -> Problem:
    if isinstance(error, InputError):
        return Problem(name, error.message.removeprefix(f"{name}: "), error.hint)
    reason = (error.strerror or str(error)).lower()
    hint = _RIGHTS if isinstance(error, PermissionError) else ""
    return Problem(name, f"can't be written: {reason}", hint)
