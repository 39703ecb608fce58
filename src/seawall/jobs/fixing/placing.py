"""Where a fix's edits and files go: the absolute paths, and whether they may be written at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping

from msgspec import Struct, structs

from seawall.core.errors import InputError
from seawall.core.model import Edit, FileChange, Finding, Fix
from seawall.core.source import read
from seawall.jobs.discover import is_within
from seawall.jobs.fixing.draft import is_sound
from seawall.surfaces.repository.gitignore import repository_root

CREATE, APPEND, CHMOD = "create", "append", "chmod"


class Placed(Struct, frozen=True):
    """A fix whose places are known: edits by the absolute path of their file, files by theirs."""

    finding: Finding
    fix: Fix
    edits: Mapping[str, tuple[Edit, ...]] = {}
    files: tuple[FileChange, ...] = ()

    @property
    def texts(self) -> tuple[FileChange, ...]:
        """The files whose text it makes or adds to."""
        return tuple(change for change in self.files if change.deed != CHMOD)


class MisplacedError(Exception):
    """A fix can't be made where it says; the message goes on from `left out: `."""


class Ground(Struct, frozen=True):
    """Where the files of one unit are.

    `resolve` gives the absolute path of a source by its name, `text_of` the text that stands in
    a file so far, None where there is no such file.
    """

    resolve: Callable[[str], str]
    text_of: Callable[[str], str | None]


def placed(finding: Finding, fix: Fix, ground: Ground) -> Placed:
    """The fix with its places.

    Raises:
        MisplacedError: it leads out of the repository, over a file, or is no set of edits at all.
    """
    here = ground.resolve(finding.location.path)
    edits: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        path = ground.resolve(edit.path) if edit.path else here
        edits.setdefault(path, []).append(edit)
    for path, own in edits.items():
        text = ground.text_of(path)
        if text is None:
            raise MisplacedError(f"{path} can't be read")
        if path != here:
            _stay_within(path, here)
        if not is_sound(own, len(text)):
            raise MisplacedError("its edits overlap")
    files = tuple(_file(change, here, ground) for change in fix.files)
    return Placed(finding, fix, {path: tuple(own) for path, own in edits.items()}, files)


def boundary_of(path: str) -> str:
    """The directory that nothing which belongs to a file may leave: its repository, or its own."""
    directory = os.path.dirname(path)
    return repository_root(directory) or directory


def disk_text(path: str, name: str = "") -> str | None:
    """The text of a file; None where there is none, or it can't be read as text."""
    try:
        return read(path, name).text
    except InputError:
        return None


def _file(change: FileChange, here: str, ground: Ground) -> FileChange:
    path = os.path.normpath(os.path.join(os.path.dirname(here), change.path))
    _stay_within(path, here)
    if change.deed == CHMOD:
        _be_plain(path)
    elif change.deed == CREATE:
        there = ground.text_of(path)
        if there is None and os.path.lexists(path):
            raise MisplacedError(f"{path} is there already, and is no text")
        if there is not None and there != change.text:
            raise MisplacedError(f"{path} is there already")
    elif change.deed == APPEND:
        if ground.text_of(path) is None and os.path.lexists(path):
            raise MisplacedError(f"{path} can't be read")
    else:
        raise MisplacedError(f"nothing is known of the deed {change.deed!r}")
    return structs.replace(change, path=path)


def _stay_within(path: str, here: str) -> None:
    boundary = os.path.realpath(boundary_of(here))
    if not is_within(os.path.realpath(path), boundary):
        raise MisplacedError(f"{path} is outside of {boundary}")


def _be_plain(path: str) -> None:
    try:
        is_plain = stat.S_ISREG(os.lstat(path).st_mode)
    except OSError as error:
        raise MisplacedError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if not is_plain:
        raise MisplacedError(f"{path} is no regular file")


def appended(text: str, addition: str) -> Edit | None:
    """The edit that adds the lines which a text does not have yet; None where it has them all."""
    there = set(text.splitlines())
    lines = [line for line in addition.splitlines() if not line or line not in there]
    if not any(lines):
        return None
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    start = end if text and not text.endswith("\n") else ""
    return Edit(len(text), len(text), start + "".join(line + end for line in lines))
