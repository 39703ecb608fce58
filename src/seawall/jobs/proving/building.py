"""The context of a build as an archive: the disk's files, the plan's Dockerfile."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO

from seawall.core.errors import InputError
from seawall.core.source import Source
from seawall.jobs.proving.scenes import Recipe
from seawall.surfaces.repository.dockerignore import (
    NO_STANDING,
    Dockerignore,
    Standing,
    read_dockerignore,
)

DOCKERFILE = ".seawall-proof.dockerfile"
"""What the Dockerfile is called in the archive: its own name may be in use."""

MAX_CONTEXT = 2 * 1024**3
"""Bytes of a context that are sent."""

_IN_MEMORY = 8 * 1024 * 1024


def context_of(recipe: Recipe) -> IO[bytes]:
    """The archive, at its start; whoever asked closes it.

    Raises:
        InputError: the context can't be read, is too large, or its .dockerignore is not valid.
    """
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 -- it is the answer
    try:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _fill(archive, recipe)
    except (OSError, tarfile.TarError) as error:
        file.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{recipe.context}: the context can't be read: {reason}") from error
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(archive: tarfile.TarFile, recipe: Recipe) -> None:
    member = tarfile.TarInfo(DOCKERFILE)
    text = recipe.text.encode("utf-8", "surrogateescape")
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text))
    size = 0
    for path in _paths(recipe.context, _ignore(recipe)):
        full = os.path.join(recipe.context, path)
        info = archive.gettarinfo(full, path)
        size += info.size
        if size > MAX_CONTEXT:
            limit = MAX_CONTEXT // 1024**2
            raise InputError(
                f"{recipe.context}: the context is larger than {limit} MiB, and is not sent",
                "Keep back what no COPY takes in a .dockerignore.",
            )
        info.uid = info.gid = 0  # as the client sends it
        info.uname = info.gname = ""
        if info.isreg():
            with open(full, "rb") as content:
                archive.addfile(info, content)
        else:
            archive.addfile(info)


def _ignore(recipe: Recipe) -> Dockerignore | None:
    if not recipe.ignore:
        return None
    ignore = read_dockerignore(Source(".dockerignore", recipe.ignore), ".dockerignore")
    if ignore.faults:
        fault = ignore.faults[0].message
        raise InputError(f"{recipe.context}: its .dockerignore is not valid: {fault}")
    return ignore


def _paths(top: str, ignore: Dockerignore | None) -> Iterator[str]:
    """Every path of a context that is let through, a directory before what is in it."""
    stack: list[tuple[str, Standing]] = [("", NO_STANDING)]
    while stack:
        folder, above = stack.pop()
        with os.scandir(os.path.join(top, folder)) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            path = f"{folder}/{entry.name}" if folder else entry.name
            kept_back, standing = ignore.judge(path, above) if ignore else (False, NO_STANDING)
            if entry.is_dir(follow_symlinks=False):
                if not kept_back or (ignore is not None and ignore.has_exceptions):
                    stack.append((path, standing))
                if not kept_back:
                    yield path
            elif not kept_back and (entry.is_symlink() or entry.is_file()):
                yield path  # no socket, no pipe
