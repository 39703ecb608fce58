"""From a directory and its Dockerfiles to the facts of a repository."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from seawall.surfaces.repository.context import Build, read_context
from seawall.surfaces.repository.git import read_git
from seawall.surfaces.repository.gitignore import repository_root
from seawall.surfaces.repository.model import Repository
from seawall.surfaces.repository.tree import Disk, is_within


def read_repository(root: Path, builds: Sequence[Build] = ()) -> Repository:
    """The facts of a directory; reads nothing yet but `.git` and the builds' .dockerignore files.

    Never raises: what can't be read is said in `Repository.gaps`. A context that lies outside
    the directory and its repository is left out.
    """
    top = os.path.abspath(root)  # resolves no links
    worktree = repository_root(top)
    boundary = worktree or top
    given = root.as_posix().rstrip("/")
    prefix = "" if given in {"", "."} else given + "/"
    disk = Disk()
    contexts = [read_context(build, top, prefix, disk) for build in builds]
    directories = {context.directory for context in contexts}
    inside = {directory for directory in directories if is_within(directory, boundary)}
    return Repository(
        top,
        prefix,
        read_git(worktree) if worktree else None,
        tuple(context for context in contexts if context.directory in inside),
        disk,
    )
