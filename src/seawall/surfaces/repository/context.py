"""What a Dockerfile's COPY and ADD really take from the context, with its .dockerignore applied."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place, Placed
from seawall.surfaces.dockerfile.model import Dockerfile, Instruction, Word
from seawall.surfaces.repository.dockerignore import (
    NO_STANDING,
    BadPatternError,
    Dockerignore,
    Pattern,
    Standing,
    read_dockerignore,
)
from seawall.surfaces.repository.tree import MAX_DEPTH, Disk, File, joined, read_start

_MAX_IGNORE_BYTES = 1024 * 1024


class Build(Struct, frozen=True):
    """One build: its Dockerfile, and the directory that it is given as its context.

    `path` is the Dockerfile's absolute path. `context` is absolute where something says it (a
    Compose file, a command), else empty: then it is taken to be the Dockerfile's directory, or
    the repository's root where only that holds what the Dockerfile copies.
    """

    dockerfile: Dockerfile
    path: str
    context: str = ""


class Copy(Placed, frozen=True):
    """A source of a COPY or ADD that is in the context: `path` is cleaned, empty for all of it."""

    instruction: Instruction
    place: Place
    path: str
    excluded: tuple[str, ...] = ()


class Context(Struct, frozen=True, dict=True):
    """The context of one build: `directory` is absolute, `name` what reports call it.

    `ignore` is the .dockerignore in force, None where there is none. `is_stated` says that
    something names this directory; else it is a guess.
    """

    build: Build
    directory: str
    name: str
    ignore: Dockerignore | None
    is_stated: bool
    disk: Disk

    @cached_property
    def copies(self) -> tuple[Copy, ...]:
        """The sources that are taken from this context and whose names are known."""
        return tuple(read_copies(self.build.dockerfile))

    def sent(self, copy: Copy) -> tuple[File, ...]:
        """The files that a source brings into the image, by their paths in the context.

        A file that the source itself names is not among them: its name stands in the Dockerfile.
        """
        known: dict[tuple[str, tuple[str, ...]], tuple[File, ...]] = self._sent
        key = (copy.path, copy.excluded)
        if key not in known:
            known[key] = tuple(self._below(copy))
        return known[key]

    def start_of(self, path: str) -> bytes | None:
        """The first 64 KiB of a file of the context; None where it can't be read."""
        return self.disk.start_of(joined(self.directory, path))

    @cached_property
    def _sent(self) -> dict[tuple[str, tuple[str, ...]], tuple[File, ...]]:
        return {}

    def _below(self, copy: Copy) -> Iterator[File]:
        for folder in self._folders(copy.path):
            excluded = _exclusion(copy.excluded)
            for file in self._walk(folder):
                inner = file.path[len(folder) :].lstrip("/")
                if excluded is None or not excluded.ignores(inner):
                    yield file

    def _folders(self, path: str) -> Iterator[str]:
        """The directories that a source names: one, or those that its wildcards match."""
        if not _is_wild(path):
            if os.path.isdir(joined(self.directory, path)) and self._is_plain(path):
                yield path
            return
        head, _, tail = path.rpartition("/")
        try:
            pattern = read_dockerignore(Source("", tail), "").patterns[0]
        except (BadPatternError, IndexError):
            return
        if not _is_wild(head):
            for name in self.disk.listing(joined(self.directory, head)).folders:
                if pattern.matches(name):
                    yield posixpath.join(head, name)

    def _is_plain(self, path: str) -> bool:
        """Whether no part of a path is a link: BuildKit takes none that leads out."""
        steps = [path[:i] for i, sign in enumerate(path) if sign == "/"] + [path]
        return not any(os.path.islink(joined(self.directory, step)) for step in steps)

    def _walk(self, top: str) -> Iterator[File]:
        """Every file below a directory that the .dockerignore lets through."""
        ignore = self.ignore
        ignored, standing = self._standing(top)
        if ignore is not None and ignored and not ignore.has_exceptions:
            return
        stack: list[tuple[str, Standing]] = [(top, standing)]
        while stack:
            folder, standing = stack.pop()
            prefix = folder + "/" if folder else ""
            listing = self.disk.listing(joined(self.directory, folder))
            yield from _let_through(ignore, prefix, listing.files, standing)
            if prefix.count("/") < MAX_DEPTH:
                for name in reversed(listing.folders):
                    below = _enter(ignore, prefix + name, standing)
                    if below is not None:
                        stack.append((prefix + name, below))

    def _standing(self, folder: str) -> tuple[bool, Standing]:
        verdict, standing = False, NO_STANDING
        if self.ignore is not None and folder:
            parts = folder.split("/")
            for count in range(1, len(parts) + 1):
                verdict, standing = self.ignore.judge("/".join(parts[:count]), standing)
        return verdict, standing


def _let_through(
    ignore: Dockerignore | None, prefix: str, files: Iterable[File], standing: Standing
) -> Iterator[File]:
    for file in files:
        path = prefix + file.path
        if ignore is None or not _is_ignored(ignore, path, standing):
            yield File(path, file.size, file.mode)


def _is_ignored(ignore: Dockerignore, path: str, standing: Standing) -> bool:
    if ignore.has_exceptions:
        return ignore.judge(path, standing)[0]
    return ignore.matches_any(path)


def _enter(ignore: Dockerignore | None, path: str, standing: Standing) -> Standing | None:
    """The standing of what is in a directory; None where nothing in it can get through."""
    if ignore is None:
        return ()
    if ignore.has_exceptions:
        return ignore.judge(path, standing)[1]
    return None if ignore.matches_any(path) else ()


def _is_wild(path: str) -> bool:
    return any(sign in path for sign in "*?[\\")


def _exclusion(patterns: tuple[str, ...]) -> Dockerignore | None:
    return read_dockerignore(Source("", "\n".join(patterns)), "") if patterns else None


def read_copies(dockerfile: Dockerfile) -> Iterator[Copy]:
    """The sources of COPY and ADD that are taken from the context and name no variable."""
    for instruction in dockerfile.of("COPY", "ADD"):
        is_elsewhere = instruction.flag("from") is not None or instruction.heredocs
        if is_elsewhere or len(instruction.arguments) < 2:
            continue
        excluded = tuple(f.value for f in instruction.flags if f.name == "exclude" and f.value)
        for word in instruction.arguments[:-1]:
            path = _source_path(word)
            if path is not None:
                place = Place(dockerfile.source, word.start, word.end)
                yield Copy(instruction, place, path, excluded)


def _source_path(word: Word) -> str | None:
    """The cleaned path of a source; None for a URL, a variable, or a repository."""
    text = word.text
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
        text = text[1:-1]
    if not text or "$" in text or "://" in text or text.startswith("git@"):
        return None
    # `..` at the front can't leave the context: BuildKit takes it for the context itself.
    path = posixpath.normpath("/" + text).strip("/")
    return "" if path == "*" else path


def read_context(build: Build, root: str, prefix: str, disk: Disk) -> Context:
    """The context of a build; `prefix` is put before paths relative to `root` to name them."""
    directory = build.context or _guess(build, root)
    ignore = _dockerignore(build.path, directory, root, prefix)
    name = named(directory, root, prefix)
    return Context(build, directory, name, ignore, bool(build.context), disk)


def named(path: str, root: str, prefix: str) -> str:
    """What reports call an absolute path: relative to the root where it lies below that."""
    inside = root.rstrip("/") + "/"
    if path == root:
        return prefix.rstrip("/") or "."
    return prefix + path[len(inside) :] if path.startswith(inside) else path


def _guess(build: Build, root: str) -> str:
    own = os.path.dirname(build.path)
    if own == root or not own.startswith(root.rstrip("/") + "/"):
        return own
    wanted = [copy.path for copy in read_copies(build.dockerfile) if copy.path]
    plain = [path for path in wanted if not _is_wild(path)]
    if plain and not _has_all(own, plain) and _has_all(root, plain):
        return root
    return own


def _has_all(directory: str, paths: list[str]) -> bool:
    return all(os.path.lexists(joined(directory, path)) for path in paths)


def _dockerignore(dockerfile: str, directory: str, root: str, prefix: str) -> Dockerignore | None:
    """The file in force: `<Dockerfile>.dockerignore` beside the Dockerfile goes first."""
    for path in (dockerfile + ".dockerignore", joined(directory, ".dockerignore")):
        data = read_start(path, _MAX_IGNORE_BYTES)
        if data is not None:
            text = data.decode("utf-8", "surrogateescape")
            return read_dockerignore(Source(named(path, root, prefix), text), path)
    return None


__all__ = ["Build", "Context", "Copy", "Pattern", "named", "read_context", "read_copies"]
