"""Reads .gitlab-ci.yml with what it includes from the same repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from seawall.core.source import Source
from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.yaml_tree import (
    Document,
    Mapping,
    Node,
    Scalar,
    Sequence,
    parse,
    place_of,
)
from seawall.surfaces.repository.github import cell, cells, names, text, truth
from seawall.surfaces.repository.workflows import Job, Step, System, Workflow

_GLOBAL = frozenset(
    {"default", "include", "stages", "variables", "workflow", "image", "services", "cache",
     "before_script", "after_script", "spec"}
)  # fmt: skip
_MAX_FILES = 50
_MAX_EXTENDS = 11
"""Deepest chain of `extends`: GitLab's own bound."""
_MAX_LINES = 20_000
"""Most lines of scripts that one pipeline is read to: references can multiply them."""

Entries = dict[str, tuple[Scalar, Node]]
Open = Callable[[str], Source | None]
"""Gives the file at a path relative to the repository's root; None where there is none."""


def read_gitlab(source: Source, open_file: Open) -> Workflow:
    """Read a pipeline and its local includes; never raises on their content."""
    reading = _Reading(open_file)
    reading.add(source)
    return reading.result(source)


class _Reading:
    """The files of one pipeline as they come together."""

    def __init__(self, open_file: Open) -> None:
        self._open = open_file
        self._seen: set[str] = set()
        self._entries: Entries = {}
        self._unseen: list[Cell[str]] = []
        self._failures: list[tuple[str, int]] = []
        self._extensions: dict[str, Entries] = {}
        self._lines_left = _MAX_LINES

    def add(self, source: Source) -> None:
        """Take a file and what it includes; what it says itself goes before what it includes."""
        waiting = [source]
        files: list[Mapping] = []
        while waiting:
            current = waiting.pop(0)
            parsed = parse(Document(current, ""), _leave)
            self._failures += ((f.message, current.line_of(f.at)) for f in parsed.failures)
            tops = [top for top in parsed.documents if type(top) is Mapping]
            files += tops
            for top in tops:
                waiting += self._included(top.get("include"))
        for top in reversed(files):
            self._entries.update(top.entries)

    def _included(self, node: Node | None) -> Iterator[Source]:
        items = node.items if type(node) is Sequence else [node] if node is not None else []
        for item in items:
            local = item.get("local") if type(item) is Mapping else item
            path = text(local)
            if path and "://" not in path and not any(sign in path for sign in "*$"):
                yield from self._local(path, item)
            else:
                self._unseen.append(_named(item))

    def _local(self, path: str, item: Node) -> Iterator[Source]:
        clean = posixpath.normpath("/" + path).lstrip("/")
        if clean in self._seen or len(self._seen) >= _MAX_FILES:
            return
        self._seen.add(clean)
        source = self._open(clean)
        if source is None:
            self._unseen.append(_named(item))
        else:
            yield source

    def result(self, source: Source) -> Workflow:
        """The pipeline of all files."""
        jobs = tuple(self._jobs())
        variables = cells(self._node("variables"))
        failures = tuple(self._failures)
        unseen = tuple(self._unseen)
        return Workflow(source, System.GITLAB, jobs, (), variables, unseen, failures)

    def _node(self, name: str) -> Node | None:
        entry = self._entries.get(name)
        return entry[1] if entry else None

    def _jobs(self) -> Iterator[Job]:
        for name, (key, node) in self._entries.items():
            if name not in _GLOBAL and not name.startswith(".") and type(node) is Mapping:
                yield self._job(name, key, self._extended(node, _MAX_EXTENDS))

    def _extended(self, node: Mapping, depth: int) -> Entries:
        """A job's entries with those of the jobs that it extends; the last of them wins."""
        entries: Entries = {}
        if depth > 0:
            for name in names(node.get("extends")):
                entries.update(self._parent(name, depth - 1))
        entries.update(node.entries)
        return entries

    def _parent(self, name: str, depth: int) -> Entries:
        if name not in self._extensions:
            self._extensions[name] = {}  # what extends itself gets nothing from itself
            node = self._node(name)
            if type(node) is Mapping:
                self._extensions[name] = self._extended(node, depth)
        return self._extensions[name]

    def _job(self, name: str, key: Scalar, entries: Entries) -> Job:
        def node(of: str) -> Node | None:
            return entries[of][1] if of in entries else None

        manual = node("when") if text(node("when")) == "manual" else None
        scripts = (node("before_script") or self._default("before_script"), node("script"))
        lines = [line for script in scripts for line in self._lines(script, _MAX_EXTENDS)]
        return Job(
            name,
            place_of(key),
            tuple(map(_step, lines)),
            names(node("needs")),
            "",
            cells(node("variables")),
            truth(node("allow_failure")) or cell(manual),
        )

    def _default(self, name: str) -> Node | None:
        default = self._node("default")
        return (default.get(name) if type(default) is Mapping else None) or self._node(name)

    def _lines(self, node: Node | None, depth: int) -> Iterator[Scalar]:
        """The lines of a script: lists may hold lists, and references to other jobs' lists."""
        self._lines_left -= 1
        if self._lines_left < 0:
            return
        if type(node) is Scalar:
            yield node
        elif type(node) is Sequence and depth > 0:
            if node.tag == "!reference":
                yield from self._lines(self._referred(node), depth - 1)
            else:
                for item in node.items:
                    yield from self._lines(item, depth - 1)

    def _referred(self, reference: Sequence) -> Node | None:
        node: Node | None = None
        for index, name in enumerate(names(reference)):
            if index == 0:
                node = self._node(name)
            else:
                node = node.get(name) if type(node) is Mapping else None
        return node


def _leave(_: Scalar) -> None:
    """Variables of a pipeline are not known here."""


def _named(item: Node) -> Cell[str]:
    """What an include names, by whatever key."""
    if type(item) is Mapping:
        texts = (text(value) for _, value in item.entries.values())
        return Cell(" ".join(filter(None, texts)), place_of(item))
    return Cell(text(item), place_of(item))


def _step(line: Scalar) -> Step:
    return Step("", place_of(line), run=Cell(line.text, place_of(line), line.written))
