"""What a repository has, as far as the files that `init` writes depend on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.core.source import read as read_source
from seawall.facts.publishers import OPEN_REGISTRIES, publisher_of
from seawall.jobs.builds import dockerfile_path
from seawall.jobs.discover import COMPOSE, DOCKERFILE, Input, discover, is_within
from seawall.rules.image.named import named_images, service_images
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile.reader import read as read_dockerfile
from seawall.surfaces.image import Reference
from seawall.surfaces.repository import Build, Context, Repository
from seawall.surfaces.repository.git import Git
from seawall.surfaces.repository.gitignore import repository_root
from seawall.surfaces.repository.reader import read_repository
from seawall.surfaces.repository.tree import read_start

GITHUB, GITLAB = "github", "gitlab"
"""The CI systems that a job can be written for."""
_MAX_CONFIG = 1024 * 1024


class Survey(Struct, frozen=True):
    """A directory with its builds, the images that it uses, and the CI system that it has.

    `root` is absolute; `is_root` says that it is the repository's own root, or in no repository.
    """

    root: str
    is_root: bool
    repository: Repository
    images: tuple[Reference, ...]
    system: str

    @property
    def contexts(self) -> tuple[Context, ...]:
        """The contexts of the builds, inside the directory."""
        inside = (c for c in self.repository.contexts if is_within(c.directory, self.root))
        return tuple(inside)

    @property
    def publishers(self) -> tuple[tuple[str, bool], ...]:
        """Patterns for the policy's list of those that are seen and not known, each once.

        With each, whether the registry is one where anybody can publish.
        """
        found: dict[str, bool] = {}
        for reference in self.images:
            is_known = reference.is_official or publisher_of(reference.name) is not None
            if not is_known and "[" not in reference.registry:
                is_open = reference.registry in OPEN_REGISTRIES
                owner = reference.name.rpartition("/")[0] if is_open else reference.registry
                found.setdefault(f"{owner}/*", is_open)
        return tuple(sorted(found.items()))


def survey(directory: str) -> Survey:
    """Look at a directory; what can't be read there is passed over, for `check` says it.

    Raises:
        InputError: it is no directory.
    """
    if not os.path.isdir(directory):
        raise InputError(f"{directory}: no such directory", "Name the project's directory.")
    root = os.path.abspath(directory)  # resolves no links
    inputs = discover([directory]).inputs
    projects = list(_projects([each for each in inputs if each.kind == COMPOSE]))
    builds = list(_builds(inputs, projects))
    repository = read_repository(Path(directory), builds)
    top = repository_root(root)
    return Survey(
        root,
        not top or os.path.realpath(top) == os.path.realpath(root),
        repository,
        tuple(_images(builds, projects)),
        _system(root, repository.git),
    )


def _projects(files: Sequence[Input]) -> Iterator[Project]:
    if not files:
        return
    from seawall.surfaces.compose.project import find_projects  # noqa: PLC0415 -- YAML on use
    from seawall.surfaces.compose.reader import read_project  # noqa: PLC0415 -- YAML on use

    for names in find_projects(Path(each.name) for each in files):
        yield read_project(list(names))


def _builds(inputs: Sequence[Input], projects: Sequence[Project]) -> Iterator[Build]:
    contexts = dict(_contexts(projects))
    for each in inputs:
        if each.kind == DOCKERFILE:
            path = os.path.abspath(each.path)
            try:
                source = read_source(Path(each.path), each.name)
            except InputError:
                continue
            facts = read_dockerfile(source)
            if facts.stages:
                yield Build(facts, path, contexts.get(path, ""))


def _contexts(projects: Sequence[Project]) -> Iterator[tuple[str, str]]:
    """Which context the services give the Dockerfiles that they build."""
    for project in projects:
        for service in project.services:
            build = service.build
            if build is not None and build.inline is None:
                path, _ = dockerfile_path(build, project.directory)
                context = build.context.value if build.context else None
                if path:
                    yield path, context or project.directory


def _images(builds: Sequence[Build], projects: Sequence[Project]) -> Iterator[Reference]:
    for build in builds:
        yield from (named.reference for named in named_images(build.dockerfile))
    for project in projects:
        for service in project.services:
            yield from (named.reference for named in service_images(service))


def _system(root: str, git: Git | None) -> str:
    """The CI system whose files are there, else the one of git's remotes, else GitHub."""
    if os.path.lexists(f"{root}/.gitlab-ci.yml"):
        return GITLAB
    if os.path.lexists(f"{root}/.github"):
        return GITHUB
    data = read_start(f"{git.shared}/config", _MAX_CONFIG) if git is not None else None
    return GITLAB if b"gitlab" in (data or b"").lower() else GITHUB
