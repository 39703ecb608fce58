"""Reads a Compose project as Docker Compose does, and never raises on what its files hold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping as Variables
from collections.abc import Sequence as Files
from pathlib import Path

from msgspec import structs

from seawall.core.errors import InputError
from seawall.core.source import Source
from seawall.surfaces.compose.consistency import check_references
from seawall.surfaces.compose.environment import parse_environment
from seawall.surfaces.compose.extends import Extender
from seawall.surfaces.compose.include import Includer, Inclusion
from seawall.surfaces.compose.interpolation import Interpolation
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.loading import Loading
from seawall.surfaces.compose.merge import merge_projects, strip
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.resources import read_resources
from seawall.surfaces.compose.schema import TOP_KEYS
from seawall.surfaces.compose.sections import text_at, within
from seawall.surfaces.compose.services import Setting, read_service
from seawall.surfaces.compose.sharing import with_shared_volumes
from seawall.surfaces.compose.yaml_tree import Mapping, Scalar, is_null
from seawall.surfaces.workload import Workload

_STACK_NAME = re.compile(r"(?:^|[^a-z])(?:stack|swarm)(?:[^a-z]|$)")
_STACK_KEYS = frozenset({"placement", "update_config", "rollback_config", "endpoint_mode"})
_DIRECTORY = "/project"
_WRITTEN_NAME = re.compile(
    r"""^name[ \t]*:[ \t]+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'#][^\s#]*))""", re.MULTILINE
)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")


def read_project(
    files: Files[Path],
    directory: Path | None = None,
    environment: Variables[str, str] | None = None,
    env_files: Files[Path] = (),
    profiles: Files[str] = (),
    *,
    unset: str | None = None,
    is_stack: bool | None = None,
) -> Project:
    """The project that files make, later ones laid over earlier ones, as `docker compose -f`.

    `directory` is the project's (default: the first file's). `environment` is the process's
    (default: nothing is set); below it are `env_files`, or the directory's `.env`. `profiles`
    keeps only the services that those activate; without, all are kept. `unset` is what a variable
    that nobody sets stands for (default: unknown). `is_stack` says that it is deployed to a swarm
    (default: where its name or its `deploy` sections show it). Nothing is raised: see `faults`
    and `gaps` of the project.
    """
    anchor = directory if directory is not None else files[0].parent
    loading = Loading(posixpath.abspath(anchor), anchor.as_posix(), Journal())
    variables = _variables(loading, environment or {}, env_files)
    paths = {posixpath.abspath(file): file.as_posix() for file in files}
    return _read(loading, paths, Interpolation(variables, unset), profiles, is_stack)


def read_texts(
    texts: Variables[str, str],
    files: Files[str] = (),
    environment: Variables[str, str] | None = None,
    *,
    is_stack: bool | None = None,
) -> Project:
    """A project of texts by their relative names; nothing is read from the disk.

    `files` are merged (default: the first); the others are there for `include`, `extends`,
    `env_file` and `.env`. The project's directory is `/project`.
    """
    given = {posixpath.join(_DIRECTORY, name): Source(name, text) for name, text in texts.items()}
    loading = Loading(_DIRECTORY, ".", Journal(), given)
    variables = _variables(loading, environment or {}, ())
    names = files or tuple(texts)[:1]
    paths = {posixpath.join(_DIRECTORY, name): name for name in names}
    return _read(loading, paths, Interpolation(variables), (), is_stack)


def _read(
    loading: Loading,
    paths: Variables[str, str],
    interpolation: Interpolation,
    profiles: Files[str],
    is_stack: bool | None,
) -> Project:
    """The project that the files at `paths`, by what reports call them, make."""
    reading = _Reading(loading, paths, interpolation)
    merged = reading.read()
    variables = reading.interpolation.variables
    if merged is None:
        name = _name(None, loading.directory, variables)
        project = Project(name, loading.directory, tuple(loading.sources.values()), ())
        return _with_journal(project, loading.journal)
    is_swarm = _is_stack(paths, merged) if is_stack is None else is_stack
    project = _project(merged, loading, reading.interpolation, is_swarm)
    if profiles:
        services = tuple(service for service in project.services if _is_active(service, profiles))
        project = structs.replace(project, services=services)
    return _with_journal(project, loading.journal)


def _with_journal(project: Project, journal: Journal) -> Project:
    return structs.replace(project, faults=tuple(journal.faults), gaps=tuple(journal.gaps))


def _is_active(service: Workload, profiles: Files[str]) -> bool:
    return not service.profiles or "*" in profiles or bool({*service.profiles} & {*profiles})


def _variables(
    loading: Loading, environment: Variables[str, str], env_files: Files[Path]
) -> dict[str, str]:
    """The environment, and below it the files' variables."""
    found: dict[str, str] = {}
    paths = [path.absolute().as_posix() for path in env_files]
    default = posixpath.join(loading.directory, ".env")
    if not paths and loading.has(default) and loading.is_inside(default):
        paths = [default]
    for path in paths:
        try:
            source = loading.source(path)
        except InputError as error:
            loading.journal.miss_in(error.message, loading.name_of(path))
            continue
        parsed = parse_environment(source, found | dict(environment), is_raw=False)
        for message, at in parsed.faults:
            loading.journal.refuse_at(message, source, at)
        found |= parsed.variables()
    return {"PWD": loading.directory, **found, **environment}


class _Reading:
    """The files of one project on their way to one tree."""

    def __init__(
        self, loading: Loading, paths: Variables[str, str], interpolation: Interpolation
    ) -> None:
        self.loading = loading
        self.paths = paths
        self.interpolation = interpolation
        self.includer = Includer(loading, self._merge)

    def read(self) -> Mapping | None:
        """The whole project, or None where no file holds a mapping."""
        for path, name in self.paths.items():
            self._open(path, name)
        self._set_name()
        readable = tuple(path for path in self.paths if path in self.loading.sources)
        directory = self.loading.directory
        merged = self._merge(Inclusion(readable, directory, self.interpolation, readable[:1]))
        return None if merged is None else self._stripped(merged)

    def _stripped(self, merged: Mapping) -> Mapping:
        texts = (source.text for source in self.loading.sources.values())
        if not any("!reset" in text for text in texts):
            return merged
        node = strip(merged)
        return node if type(node) is Mapping else merged

    def _set_name(self) -> None:
        """Compose sets its project's name as a variable, too."""
        variables = self.interpolation.variables
        if variables.get("COMPOSE_PROJECT_NAME"):
            return
        found = ""
        for path in self.paths:
            source = self.loading.sources.get(path)
            match = None if source is None else _WRITTEN_NAME.search(source.text)
            if match is not None:
                found = self.interpolation.substitute(match[1] or match[2] or match[3]).text
        name = _normal_name(found or posixpath.basename(self.loading.directory))
        self.interpolation = Interpolation(
            {**variables, "COMPOSE_PROJECT_NAME": name}, self.interpolation.unset
        )

    def _open(self, path: str, name: str) -> None:
        try:
            self.loading.source(path, name)
        except InputError as error:
            self.loading.journal.miss_in(error.message, name)

    def _merge(self, inclusion: Inclusion) -> Mapping | None:
        merged: Mapping | None = None
        extender = Extender(self.loading, inclusion.interpolation)
        for path in inclusion.paths:
            source = self.loading.source(path)
            for document in self.loading.documents(
                source, inclusion.directory, inclusion.interpolation
            ):
                whole = self.includer.apply(extender.apply(self._modern(document)), inclusion)
                merged = whole if merged is None else merge_projects(merged, whole)
        return merged

    def _modern(self, document: Mapping) -> Mapping:
        """A file of Compose v1, whose top level are the services, as one of today."""
        if not _is_first_version(document):
            return document
        self.loading.journal.refuse("no 'services': a file of Compose v1", document)
        key = Scalar(document.document, document.start, document.start, "services", "services")
        inner = {
            name: entry for name, entry in document.entries.items() if type(entry[1]) is Mapping
        }
        services = Mapping(document.document, document.start, document.end, inner)
        return Mapping(
            document.document, document.start, document.end, {"services": (key, services)}
        )


def _is_first_version(document: Mapping) -> bool:
    if document.entries.keys() & TOP_KEYS - {"name"}:
        return False
    return any(
        type(value) is Mapping
        and not value.entries.keys().isdisjoint({"image", "build", "extends"})
        for _, value in document.entries.values()
    )


def _project(
    merged: Mapping, loading: Loading, interpolation: Interpolation, is_stack: bool
) -> Project:
    for key, (key_node, _) in merged.entries.items():
        if key not in TOP_KEYS and not key.startswith("x-"):
            loading.journal.refuse(f"Compose knows no '{key}' at the top level", key_node)
    resources = read_resources(merged, interpolation.variables, loading.journal)
    setting = Setting(loading, interpolation, resources, is_stack)
    services = with_shared_volumes(_services(merged, setting))
    return Project(
        _name(merged, loading.directory, interpolation.variables),
        loading.directory,
        tuple(loading.sources.values()),
        services,
        resources.networks,
        resources.volumes,
        resources.secrets,
        resources.configs,
        is_stack=is_stack,
    )


def _services(merged: Mapping, setting: Setting) -> tuple[Workload, ...]:
    node, journal = merged.get("services"), setting.loading.journal
    if type(node) is not Mapping:
        if node is not None:
            journal.refuse("services must be a mapping", node)
        return ()
    services: dict[str, Mapping] = {}
    for name, (key, value) in node.entries.items():
        if type(value) is Mapping:
            services[name] = value
        elif is_null(value):
            journal.refuse(f"service '{name}' has neither image nor build", key)
        elif not name.startswith("x-"):
            journal.refuse(f"service '{name}' must be a mapping", value)
    check_references(services, journal)
    return tuple(
        read_service(name, node.entries[name][0], service, setting)
        for name, service in services.items()
    )


def _name(merged: Mapping | None, directory: str, variables: Variables[str, str]) -> str:
    given = None if merged is None else merged.get("name")
    name = variables.get("COMPOSE_PROJECT_NAME") or ""
    if not name and type(given) is Scalar:
        name = text_of(given)
    return _normal_name(name or posixpath.basename(directory))


def _normal_name(name: str) -> str:
    return _NOT_IN_NAMES.sub("", name.lower()).lstrip("_-")


def _is_stack(paths: Variables[str, str], merged: Mapping) -> bool:
    """Whether it is evident that a swarm runs it: a file's name, or what only a swarm obeys."""
    if any(_STACK_NAME.search(posixpath.basename(path).lower()) for path in paths):
        return True
    services = merged.get("services")
    entries = services.entries if type(services) is Mapping else {}
    deploys = [within(value, "deploy") for _, value in entries.values()]
    if any(within(value, "build") is not None for _, value in entries.values()):
        return False
    return any(
        type(deploy) is Mapping
        and (not _STACK_KEYS.isdisjoint(deploy.entries) or text_at(deploy, "mode") == "global")
        for deploy in deploys
    )
