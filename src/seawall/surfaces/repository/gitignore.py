"""What a repository's .gitignore files leave out of a search."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.overlay import text_for

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_MAX_BYTES = 1024 * 1024
_MAX_STARS = 4
"""A line with more wildcards is not applied: it could keep the matcher busy for hours."""
_STARS = re.compile(r"\*+")


class Rules(Struct, frozen=True):
    """The lines of one .gitignore, and the absolute path of the directory that they hold for."""

    directory: str
    spec: GitIgnoreSpec

    def verdict(self, path: str) -> bool | None:
        """Whether an absolute path is ignored; None where no line speaks of it."""
        return self.spec.check_file(path[len(self.directory.rstrip("/")) + 1 :]).include


Ignores = tuple[Rules, ...]
"""The .gitignore files in force at a directory, the outermost first."""


def is_ignored(ignores: Ignores, path: str) -> bool:
    """Whether the innermost file that speaks of an absolute path ignores it.

    A path of a directory ends with `/`.
    """
    for rules in reversed(ignores):
        verdict = rules.verdict(path)
        if verdict is not None:
            return verdict
    return False


def extended(ignores: Ignores, directory: str, name: str = ".gitignore") -> Ignores:
    """The ignores together with those that a directory's own file adds.

    Raises:
        OSError: the file is there and can't be read.
    """
    path = os.path.join(directory, name)  # hot
    text = text_for(path)
    if text is None:
        with open(path, "rb", opener=_open_at_once) as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "surrogateescape")
    return (*ignores, Rules(directory, _spec(text)))


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for whoever may write into a pipe of that name."""
    return os.open(path, flags | os.O_NONBLOCK)


def outer_ignores(directory: str) -> Ignores:
    """What the .gitignore files above a directory, up to its repository's root, say of it.

    Nothing where they ignore the directory itself: who names it wants it searched.
    """
    ignores: Ignores = ()
    for ancestor in _ancestors_in_repository(directory):
        for name in (".git/info/exclude", ".gitignore"):
            try:
                rules = extended((), ancestor, name)
            except OSError:
                continue
            ignores += tuple(Rules(ancestor, each.spec) for each in rules)
    return () if is_ignored(ignores, directory + "/") else ignores


def repository_root(directory: str) -> str:
    """The nearest directory upwards that holds `.git`; empty where there is none."""
    while not os.path.lexists(directory + "/.git"):
        parent = os.path.dirname(directory)
        if parent == directory:
            return ""
        directory = parent
    return directory


def _ancestors_in_repository(directory: str) -> Iterator[str]:
    root = repository_root(directory)
    if not root or root == directory:
        return
    yield root
    between = os.path.relpath(os.path.dirname(directory), root)
    path = root
    for part in [] if between == "." else between.split("/"):
        path = f"{path}/{part}"
        yield path


def _spec(text: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 -- few have any

    lines = [line for line in text.splitlines() if len(_STARS.findall(line)) <= _MAX_STARS]
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines(filter(_is_valid, lines))


def _is_valid(line: str) -> bool:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 -- few have any

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
