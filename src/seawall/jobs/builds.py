"""Gives the services of a project the facts of the Dockerfiles that they build."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from msgspec import structs

from seawall.core.errors import InputError
from seawall.core.source import Source
from seawall.core.source import read as read_source
from seawall.jobs.discover import is_within
from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read as read_dockerfile
from seawall.surfaces.repository.gitignore import repository_root
from seawall.surfaces.workload import Build, Workload

_REMOTE = ("http://", "https://", "git://", "ssh://", "git@", "github.com/")


def with_dockerfiles(project: Project) -> Project:
    """The project whose builds know their Dockerfile, or say why it was not read."""
    services = tuple(_with_dockerfile(service, project.directory) for service in project.services)
    return structs.replace(project, services=services)


def _with_dockerfile(service: Workload, directory: str) -> Workload:
    build = service.build
    if build is None or build.dockerfile is not None:
        return service
    if build.inline is not None:
        facts, missing = _inline(build, build.inline)
    else:
        path, missing = dockerfile_path(build, directory)
        facts, missing = _read(build, path) if path else (None, missing)
    return structs.replace(service, build=structs.replace(build, dockerfile=facts, missing=missing))


def dockerfile_path(build: Build, directory: str) -> tuple[str, str]:
    """The absolute path of the Dockerfile that a build reads, or empty and the reason why not.

    A path that leads out of the repository is not followed: a hostile project could name any file.
    """
    context, file = _text(build.context, "."), _text(build.file, "Dockerfile")
    if context is None or file is None:
        return "", "its path depends on a variable that nothing sets"
    if context.startswith(_REMOTE):
        return "", "its context is not on this machine"
    path = posixpath.normpath(posixpath.join(directory, context, file))
    boundary = repository_root(directory) or directory
    if not is_within(os.path.realpath(path), os.path.realpath(boundary)):
        return "", "its path leads out of the repository"
    return path, ""


def _text(cell: Cell[str] | None, default: str) -> str | None:
    if cell is None:
        return default
    return cell.value if cell.is_known else None


def _read(build: Build, path: str) -> tuple[Dockerfile | None, str]:
    try:
        return _facts(build, read_source(Path(path))), ""
    except InputError as error:
        return None, error.message


def _inline(build: Build, text: Cell[str]) -> tuple[Dockerfile | None, str]:
    if text.value is None:
        return None, "its text depends on a variable that nothing sets"
    return _facts(build, Source("dockerfile_inline", text.value)), ""


def _facts(build: Build, source: Source) -> Dockerfile:
    arguments = {each.name: each.value.value or "" for each in build.arguments}
    known = {name: text for name, text in arguments.items() if text}
    target = build.target.value if build.target and build.target.is_known else ""
    return read_dockerfile(source, known, target or "")
