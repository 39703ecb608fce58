"""Finds the pipelines of a repository and reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from seawall.core.source import Source
from seawall.surfaces.repository.tree import joined, read_start
from seawall.surfaces.repository.workflows import Pipelines, Workflow

_MAX_BYTES = 1024 * 1024
_MAX_FILES = 200
_YAML = (".yml", ".yaml")


def read_pipelines(root: Path) -> Pipelines:
    """The pipelines of a repository by its root: workflows, local actions and .gitlab-ci.yml.

    Never raises; a file that is a link, no file, or larger than 1 MiB is left out.
    """
    return Pipelines(tuple(_workflows(os.path.abspath(root), _prefix(root))))


def _prefix(root: Path) -> str:
    given = root.as_posix().rstrip("/")
    return "" if given in {"", "."} else given + "/"


def _workflows(top: str, prefix: str) -> Iterator[Workflow]:
    for path in _github_paths(top):
        source = _open(top, prefix, path)
        if source is not None:
            from seawall.surfaces.repository.github import read_workflow  # noqa: PLC0415 -- yaml

            yield read_workflow(source)
    source = _open(top, prefix, ".gitlab-ci.yml")
    if source is not None:
        from seawall.surfaces.repository.gitlab import read_gitlab  # noqa: PLC0415 -- yaml

        yield read_gitlab(source, lambda path: _open(top, prefix, path))


def _github_paths(top: str) -> list[str]:
    flows = [f".github/workflows/{n}" for n in _names(top, ".github/workflows")]
    found = [path for path in flows if path.endswith(_YAML)]
    for name in _names(top, ".github/actions"):
        found += [f".github/actions/{name}/action{ending}" for ending in _YAML]
    return found[:_MAX_FILES]


def _names(top: str, folder: str) -> list[str]:
    try:
        return sorted(os.listdir(joined(top, folder)))
    except OSError:
        return []


def _open(top: str, prefix: str, path: str) -> Source | None:
    data = read_start(joined(top, path), _MAX_BYTES + 1)
    if data is None or len(data) > _MAX_BYTES or b"\0" in data:
        return None
    return Source(prefix + path, data.decode("utf-8", "surrogateescape"))
