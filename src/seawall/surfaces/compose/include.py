"""`include`: other projects' resources, read with their own directory and variables."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.compose.environment import parse_environment
from seawall.surfaces.compose.interpolation import Interpolation
from seawall.surfaces.compose.loading import Loading
from seawall.surfaces.compose.merge import merge_projects
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence

MAX_DEPTH = 20
RESOURCES = frozenset({"services", "networks", "volumes", "secrets", "configs", "models"})


class Inclusion(Struct, frozen=True):
    """The files that one entry of `include` asks for: they are merged like `-f` files."""

    paths: tuple[str, ...]
    directory: str
    interpolation: Interpolation
    chain: tuple[str, ...]


ReadFiles: TypeAlias = Callable[[Inclusion], "Mapping | None"]


class Includer:
    """Adds what a document includes to it."""

    def __init__(self, loading: Loading, read_files: ReadFiles) -> None:
        self.loading = loading
        self.read_files = read_files

    def apply(self, project: Mapping, outer: Inclusion) -> Mapping:
        """The document with the resources of all that it includes."""
        include = project.get("include")
        if include is None:
            return project
        if type(include) is not Sequence:
            self.loading.journal.refuse("include must be a list", include)
            return project
        base: Mapping | None = None
        for item in include.items:
            inclusion = self._inclusion(item, outer)
            included = None if inclusion is None else self.read_files(inclusion)
            if included is not None:
                shared = _resources(included)
                base = shared if base is None else merge_projects(shared, base)
        return project if base is None else merge_projects(base, project)

    def _inclusion(self, item: Node, outer: Inclusion) -> Inclusion | None:
        written = _strings(item.get("path") if type(item) is Mapping else item)
        if not written:
            self.loading.journal.refuse("an include names no path", item)
            return None
        paths = [self._path(scalar, outer) for scalar in written]
        if None in paths:
            return None
        files = tuple(path for path in paths if path is not None)
        if files[0] in outer.chain or len(outer.chain) >= MAX_DEPTH:
            self.loading.journal.refuse("the file includes itself in a circle", written[0])
            return None
        directory = self._directory(item, files[0], outer)
        variables = self._variables(item, directory, outer)
        interpolation = Interpolation(variables, outer.interpolation.unset)
        return Inclusion(files, directory, interpolation, (*outer.chain, files[0]))

    def _path(self, scalar: Scalar, outer: Inclusion) -> str | None:
        text = text_of(scalar)
        if "://" in text or text.startswith(("oci:", "git@")):
            self.loading.miss(f"{text}: is remote, not read", scalar)
            return None
        path = self.loading.inside(text, outer.directory, scalar)
        if path is None:
            return None
        try:
            self.loading.source(path)
        except InputError as error:
            self.loading.journal.refuse(f"include: {error.message}", scalar)
            self.loading.miss(f"include: {error.message}", scalar)
            return None
        return path

    def _directory(self, item: Node, first: str, outer: Inclusion) -> str:
        asked = item.get("project_directory") if type(item) is Mapping else None
        if type(asked) is not Scalar:
            return posixpath.dirname(first)
        return posixpath.normpath(posixpath.join(outer.directory, text_of(asked)))

    def _variables(self, item: Node, directory: str, outer: Inclusion) -> dict[str, str]:
        """The including project's variables, and below them those of the included `.env`."""
        files = _strings(item.get("env_file") if type(item) is Mapping else None)
        found: dict[str, str] = {}
        if files:
            for file in files:
                path = self.loading.inside(text_of(file), outer.directory, file)
                found |= self._settings(path, outer, file)
        elif self.loading.has(default := posixpath.join(directory, ".env")):
            found |= self._settings(self.loading.inside(default, directory, item), outer, item)
        return found | dict(outer.interpolation.variables)

    def _settings(self, path: str | None, outer: Inclusion, node: Node) -> dict[str, str]:
        if path is None:
            return {}
        try:
            source = self.loading.source(path)
        except InputError as error:
            self.loading.miss(f"include: {error.message}", node)
            return {}
        return parse_environment(source, outer.interpolation.variables, is_raw=False).variables()


def _resources(project: Mapping) -> Mapping:
    """What is taken over from a project that is included."""
    entries = {kind: entry for kind, entry in project.entries.items() if kind in RESOURCES}
    return Mapping(project.document, project.start, project.end, entries, project.tag)


def _strings(node: Node | None) -> list[Scalar]:
    items = node.items if type(node) is Sequence else [] if node is None else [node]
    return [item for item in items if type(item) is Scalar]
