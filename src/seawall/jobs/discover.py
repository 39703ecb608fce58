"""From the paths of a command line to the files to read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from seawall.core.globs import absolute
from seawall.core.model import Notice, Problem
from seawall.core.source import how_to_read
from seawall.surfaces.repository.gitignore import (
    Ignores,
    extended,
    is_ignored,
    outer_ignores,
    repository_root,
)

_DOCKERFILE = re.compile(
    r"(?:docker|container)file(?:[._-].+)?|.+\.(?:docker|container)file", re.IGNORECASE | re.DOTALL
)
_COMPOSE = re.compile(
    r"(?:(?:docker|container|podman)-)?compose(?:[._-].+)?\.ya?ml|.+[._-]compose\.ya?ml",
    re.IGNORECASE | re.DOTALL,
)
_YAML = re.compile(r".+\.ya?ml", re.IGNORECASE | re.DOTALL)
_TEMPLATE = re.compile(
    r".+\.(?:j2|jinja2?|tmpl|tpl|template|gotmpl|in|erb|ejs|hbs|mustache|m4)",
    re.IGNORECASE | re.DOTALL,
)
_SOMETHING_ELSE = re.compile(
    r".+(?:~|\.(?:dockerignore|containerignore|md|rst|adoc|html?|css|svg|png|pdf"
    r"|py|pyi|pyc|go|rs|rb|js|mjs|ts|tsx|java|kt|c|h|cc|cpp|cs|php|lua|vim|el|pl|sh|bash|ps1"
    r"|ya?ml|json|toml|ini|xml|lock|csv|snippets?|tmlanguage|cson"
    r"|bak|orig|rej|old|save|sw[op]|patch|diff|sha\d+|sig|asc|gz|xz|zst|tar|tgz|zip|log))",
    re.IGNORECASE | re.DOTALL,
)
_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".tox", ".nox"})
_VIRTUALENV = "pyvenv.cfg"
STANDARD_INPUT = "-"
"""The path that means standard input."""
RUN_OPTION = "--run"
"""What reports call the text that is given on the command line."""

_OUTSIDE = "Name the file itself on the command line to have it checked."


DOCKERFILE = "dockerfile"
COMPOSE = "compose"
RUN = "run"
REPOSITORY = "repository"
"""The kinds of inputs, as `Target.kind` says them."""


class Input(Struct, frozen=True):
    """A file to read: `path` opens it, `name` is what reports call it (`/` separators)."""

    path: str
    name: str
    kind: str = DOCKERFILE

    @property
    def is_file(self) -> bool:
        """Whether it is on the disk: not read from standard input, nor given as it is."""
        return self.path not in (STANDARD_INPUT, RUN_OPTION)


class Discovery(Struct, frozen=True):
    """What the paths came to; `notices` are of interest only to who asks for more.

    `directories` are those that were searched.
    """

    inputs: tuple[Input, ...] = ()
    directories: tuple[Input, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()


class _Directory(Struct):
    """A directory to search: `name` starts the names of what is in it (`services/`, or empty)."""

    path: str
    name: str
    ignores: Ignores


IsExcluded = Callable[[str], bool]
"""Says of an absolute path, a directory's with a trailing `/`, that policy leaves it out."""


def discover(
    paths: Iterable[str], is_excluded: IsExcluded | None = None, with_run_lines: bool = False
) -> Discovery:
    """Find the inputs: files as they are named, directories searched for Dockerfiles
    and Compose files.

    A named file is always taken, whatever it is called or who ignores it. The order is that of
    `paths`, within a directory that of the names. What can't be read becomes a problem.
    `with_run_lines` takes the files too that can hold `docker run` lines: scripts, Makefiles,
    systemd units, documents.
    """
    search = _Search(is_excluded, with_run_lines)
    for path in paths:
        search.add(path)
    return search.result()


class _Search:
    """One search over all paths of a command line."""

    def __init__(self, is_excluded: IsExcluded | None, with_run_lines: bool) -> None:
        self._with_run_lines = with_run_lines
        self._is_excluded = is_excluded or (lambda _path: False)
        self._inputs: dict[str, Input] = {}
        self._problems: list[Problem] = []
        self._notices: list[Notice] = []
        self._directories: list[Input] = []
        self._boundary = ""

    def add(self, path: str) -> None:
        """Take a file, or search a directory."""
        if path == STANDARD_INPUT:
            self._inputs.setdefault(path, Input(path, path))
            return
        try:
            if os.path.isdir(path):  # a path may hold undecodable bytes
                self._search(path)
                self._directories.append(Input(path, _name(path), REPOSITORY))
            else:
                self._take(Input(path, _name(path), self._kind(path)))
        except (OSError, ValueError) as error:
            self._fail(_name(path), error)

    def result(self) -> Discovery:
        """Everything found so far."""
        return Discovery(
            tuple(self._inputs.values()),
            tuple(self._directories),
            tuple(self._problems),
            tuple(self._notices),
        )

    def _take(self, found: Input) -> None:
        self._inputs.setdefault(absolute(found.path), found)

    def _search(self, root: str) -> None:
        top = os.path.abspath(root)
        self._boundary = os.path.realpath(repository_root(top) or top)
        stack = [_Directory(top, _prefix(root), outer_ignores(top))]
        files: list[Input] = []
        links: list[Input] = []
        while stack:
            directory = stack.pop()
            for entry in self._entries(directory):
                name = _readable(directory.name + entry.name)
                if entry.is_dir(follow_symlinks=False):
                    stack.append(_Directory(entry.path, name + "/", directory.ignores))
                else:
                    found = Input(entry.path, name, self._kind(entry.name))
                    (links if entry.is_symlink() else files).append(found)
        self._take_all(files, links)

    def _take_all(self, files: list[Input], links: list[Input]) -> None:
        """Take files, and links that lead to none of them and not out of the tree."""
        taken = {os.path.realpath(file.path) for file in files} if links else set()
        for link in links:
            target = os.path.realpath(link.path)
            if not is_within(target, self._boundary):
                reason = "is a symbolic link that leads out of the searched tree, not read"
                self._problems.append(Problem(link.name, reason, _OUTSIDE))
            elif target not in taken and not os.path.isdir(target):
                files.append(link)
        for file in sorted(files, key=lambda file: file.name.split("/")):
            self._take(file)

    def _entries(self, directory: _Directory) -> Iterator[os.DirEntry[str]]:
        """What is worth a look: subdirectories, Dockerfiles and Compose files."""
        try:
            with os.scandir(directory.path) as scanned:
                entries = sorted(scanned, key=_entry_name)
            names = {entry.name for entry in entries}
            if ".gitignore" in names:
                directory.ignores = extended(directory.ignores, directory.path)
        except OSError as error:
            self._fail(directory.name.rstrip("/") or ".", error)
            return
        if _VIRTUALENV not in names:
            yield from (entry for entry in entries if self._is_wanted(entry, directory))

    def _is_wanted(self, entry: os.DirEntry[str], directory: _Directory) -> bool:
        if entry.is_dir(follow_symlinks=False):
            return entry.name not in _SKIPPED and not self._is_left_out(entry.path + "/", directory)
        is_taken = _COMPOSE.fullmatch(entry.name) is not None or self._has_lines(entry.name)
        if not is_taken and _DOCKERFILE.fullmatch(entry.name) is None:
            return False
        if self._is_left_out(entry.path, directory):
            return False
        return is_taken or self._is_dockerfile(entry, directory)

    def _has_lines(self, name: str) -> bool:
        return self._with_run_lines and _kind(name) == DOCKERFILE and bool(line_kind(name))

    def _kind(self, path: str) -> str:
        return RUN if self._has_lines(path.rpartition("/")[2]) else _kind(path)

    def _is_left_out(self, path: str, directory: _Directory) -> bool:
        return is_ignored(directory.ignores, path) or self._is_excluded(path)

    def _is_dockerfile(self, entry: os.DirEntry[str], directory: _Directory) -> bool:
        if _TEMPLATE.fullmatch(entry.name):
            message = "is a template by its name, not examined"
            self._notices.append(Notice(_readable(directory.name + entry.name), message))
            return False
        return _SOMETHING_ELSE.fullmatch(entry.name) is None

    def _fail(self, name: str, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self._problems.append(Problem(name, reason.lower(), how_to_read(error)))


def line_kind(name: str) -> str:
    """What kind of file may hold run lines, by its name; empty for none."""
    from seawall.surfaces.run_line.finder import file_kind  # noqa: PLC0415 -- only when asked

    return file_kind(name)


def _kind(path: str) -> str:
    """A named YAML file is a Compose file, whatever it is called."""
    return COMPOSE if _YAML.fullmatch(path) else DOCKERFILE


def _name(path: str) -> str:
    """What reports call a path: as given, without `./` and doubled separators."""
    return _readable(os.path.normpath(path).replace(os.sep, "/")) if path else path


def _prefix(directory: str) -> str:
    name = _name(directory)
    return "" if name == "." else name.rstrip("/") + "/"


def _readable(name: str) -> str:
    r"""A name that encodes to UTF-8: undecodable bytes are written as `\xff`."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _entry_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def is_within(path: str, directory: str) -> bool:
    """Whether an absolute path is a directory or lies under it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")
