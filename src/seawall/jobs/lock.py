"""`seawall.lock`: what image references meant when they were last pinned, as a TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError
from seawall.core.globs import absolute
from seawall.core.writing import atomic_write
from seawall.surfaces.repository.gitignore import repository_root

NAME = "seawall.lock"
VERSION = 1
_HEAD = (
    "# What the images that this project names were when they were last pinned.\n"
    "# Written by `seawall pin`; commit it. `seawall pin --update` asks again.\n"
)
_UNREADABLE = "Delete it and run `seawall pin` again."


class Locked(Struct, frozen=True):
    """One reference: the digest of its index (or manifest), its platforms, and the day."""

    name: str
    digest: str
    platforms: tuple[str, ...] = ()
    pinned: date | None = None


class _File(Struct, frozen=True):
    version: int
    image: tuple[Locked, ...] = ()


def lock_path(path: str) -> str:
    """Where the lock of a file or directory is: the nearest one above it, within its repository.

    Where there is none yet: in the repository's root, else in the directory itself.
    """
    directory = absolute(path)
    if not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    top = repository_root(directory) or directory
    current = directory
    while True:
        candidate = os.path.join(current, NAME)
        if os.path.isfile(candidate):
            return candidate
        if current == top or os.path.dirname(current) == current:
            return os.path.join(top, NAME)
        current = os.path.dirname(current)


def read_lock(path: str) -> Mapping[str, Locked]:
    """What a lock holds, by reference as people write it (`python:3.13`); empty without a file.

    Raises:
        InputError: it can't be read, or is none.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        read = msgspec.convert(tomllib.loads(data.decode()), _File)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"{path}: is no lock of Seawall: {error}", _UNREADABLE) from error
    if read.version != VERSION:
        raise InputError(f"{path}: is of version {read.version}, which is not known", _UNREADABLE)
    return {each.name: each for each in read.image}


def write_lock(path: str, images: Iterable[Locked]) -> None:
    """Write a lock, in the order of the names.

    Raises:
        InputError: it can't be written.
    """
    blocks = (_block(each) for each in sorted(images, key=lambda each: each.name))
    atomic_write(Path(path), f"{_HEAD}version = {VERSION}\n" + "".join(blocks))


def _block(image: Locked) -> str:
    platforms = ", ".join(f'"{platform}"' for platform in image.platforms)
    pinned = f"pinned = {image.pinned}\n" if image.pinned else ""
    return (
        f'\n[[image]]\nname = "{image.name}"\ndigest = "{image.digest}"\n'
        f"platforms = [{platforms}]\n{pinned}"
    )
