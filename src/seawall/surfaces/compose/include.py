"""`include`: other projects' resources, read with their own directory and variables."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.compose.environment import parse_environment
from seawall.surfaces.compose.interpolation import Interpolation
from seawall.surfaces.compose.loading import Loading
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence

MAX_DEPTH = 20
RESOURCES = ("services", "networks", "volumes", "secrets", "configs", "models")


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
        for item in include.items:
            inclusion = self._inclusion(item, outer)
            included = None if inclusion is None else self.read_files(inclusion)
            if included is not None:
                project = self._import(project, included)
        return project

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
        elif Path(default := posixpath.join(directory, ".env")).is_file():
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

    def _import(self, project: Mapping, included: Mapping) -> Mapping:
        entries = dict(project.entries)
        for kind in RESOURCES:
            theirs, ours = included.get(kind), project.get(kind)
            if type(theirs) is not Mapping:
                continue
            if type(ours) is Mapping:
                self._compare(kind, ours, theirs)
                merged = theirs.entries | ours.entries
                theirs = Mapping(ours.document, ours.start, ours.end, merged, ours.tag)
            key = entries[kind][0] if kind in entries else included.entries[kind][0]
            entries[kind] = (key, theirs)
        return Mapping(project.document, project.start, project.end, entries, project.tag)

    def _compare(self, kind: str, ours: Mapping, theirs: Mapping) -> None:
        for name in ours.entries.keys() & theirs.entries.keys():
            if not _same(ours.entries[name][1], theirs.entries[name][1]):
                message = f"{kind}.{name} conflicts with what is included"
                self.loading.journal.refuse(message, ours.entries[name][0])


def _same(left: Node, right: Node) -> bool:
    """Whether two nodes say the same."""
    if type(left) is Mapping and type(right) is Mapping:
        return left.entries.keys() == right.entries.keys() and all(
            _same(value, right.entries[key][1]) for key, (_, value) in left.entries.items()
        )
    if type(left) is Sequence and type(right) is Sequence:
        return len(left.items) == len(right.items) and all(map(_same, left.items, right.items))
    return type(left) is Scalar and type(right) is Scalar and text_of(left) == text_of(right)


def _strings(node: Node | None) -> list[Scalar]:
    items = node.items if type(node) is Sequence else [] if node is None else [node]
    return [item for item in items if type(item) is Scalar]
