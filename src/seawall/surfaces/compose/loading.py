"""The files of a project: which may be read, each read once, and what could not be."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from pathlib import Path

from seawall.core.errors import InputError
from seawall.core.overlay import text_for
from seawall.core.source import Source, read
from seawall.surfaces.compose.interpolation import MARK, Interpolation, apply, with_names
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.yaml_tree import Document, Mapping, Node, Scalar, is_null, parse

MAX_FILES = 500
"""Most files that one project may pull in by include and extends."""


class Loading:
    """One reading of one project: its root, its journal, and every file that was read.

    Nothing outside `root` is read, whatever a file asks for: what is checked may be hostile.
    Where files are `given` (by absolute path), nothing is read from the disk at all.
    """

    def __init__(
        self,
        directory: str,
        anchor: str,
        journal: Journal,
        given: dict[str, Source] | None = None,
    ) -> None:
        self.given = given
        self.directory = directory
        self.anchor = anchor
        self.journal = journal
        self.root = directory if given is not None else _root_of(directory)
        self.sources: dict[str, Source] = {}
        self.service_gaps: dict[str, list[str]] = {}
        self.reads = 0

    def name_of(self, path: str) -> str:
        """What reports call a file: as the user named the directory of the first one."""
        return Path(
            posixpath.normpath(posixpath.join(self.anchor, _relative(path, self.directory)))
        ).as_posix()

    def miss(self, message: str, node: Node, service: str = "") -> None:
        """Something that a node names could not be read; a service's rules must know."""
        self.journal.miss(message, node)
        if service:
            self.service_gaps.setdefault(service, []).append(message)

    def inside(self, text: str, directory: str, node: Node, service: str = "") -> str | None:
        """The path that a file names, if it may be read."""
        if MARK in text:
            self.miss(f"{with_names(text)}: depends on a variable that is not set", node, service)
            return None
        path = posixpath.normpath(posixpath.join(directory, text))
        if not self.is_inside(path):
            self.miss(f"{text}: lies outside of {self.root}, not read", node, service)
            return None
        return path

    def is_inside(self, path: str) -> bool:
        """Whether a path, its links followed, lies in the repository."""
        real = path if self.given is not None else posixpath.realpath(path)
        return real == self.root or real.startswith(self.root.rstrip("/") + "/")

    def source(self, path: str, name: str = "") -> Source:
        """The text of a file, read once.

        Raises:
            InputError: it can't be read, or the project pulls in too many.
        """
        known = self.sources.get(path)
        if known is None:
            if len(self.sources) >= MAX_FILES:
                raise InputError(f"{path}: more than {MAX_FILES} files in one project")
            known = self.sources[path] = self._read(path, name or self.name_of(path))
        return known

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        if self.given is not None:
            return path in self.given
        return text_for(path) is not None or posixpath.isfile(path)

    def _read(self, path: str, name: str) -> Source:
        if self.given is None:
            return read(Path(path), name)
        if path not in self.given:
            raise InputError(f"{name}: no such file")
        return self.given[path]

    def documents(
        self, source: Source, directory: str, interpolation: Interpolation
    ) -> list[Mapping]:
        """The mappings of a file, interpolated; what is wrong with them is in the journal."""
        self.reads += 1
        if self.reads > MAX_FILES:
            self.journal.miss_in(f"more than {MAX_FILES} inclusions in one project", source.path)
            return []

        def substitute(scalar: Scalar) -> None:
            apply(interpolation, scalar, lambda message, at: journal.refuse_at(message, source, at))

        journal = self.journal
        parsed = parse(Document(source, directory), substitute)
        for failure in parsed.failures:
            journal.refuse_at(failure.message, source, failure.at)
        if not parsed.is_whole:
            journal.miss_in("not valid YAML, so nothing of it was judged", source.path)
        for node in parsed.documents:
            if type(node) is not Mapping and not is_null(node):
                journal.refuse("the top level must be a mapping", node)
        return [node for node in parsed.documents if type(node) is Mapping]


def _relative(path: str, directory: str) -> str:
    return posixpath.relpath(path, directory)


@lru_cache(maxsize=64)
def _root_of(directory: str) -> str:
    """The repository that holds a directory, links resolved; the directory where there is none."""
    real = posixpath.realpath(directory)
    current = real
    while True:
        if posixpath.exists(f"{current}/.git"):
            return current
        parent = posixpath.dirname(current)
        if parent == current:
            return real
        current = parent
