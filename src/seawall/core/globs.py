"""Globs as .gitignore has them, held against absolute paths under one directory."""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.expression import Expression

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_STARS = Expression(r"\*+")
_MAX_STARS = 4
"""A glob with more wildcards could keep the matcher busy for hours on a hostile path."""


class Globs(Struct, frozen=True, dict=True):
    """Patterns and the absolute path of the directory that they are relative to."""

    patterns: tuple[str, ...]
    directory: str

    def match(self, path: str) -> bool:
        """Whether they match an absolute path, one of a directory ending with `/`.

        A path outside the directory is never matched. A later `!pattern` takes back.
        """
        prefix = self.directory.rstrip("/") + "/"
        if not self.patterns or not path.startswith(prefix):
            return False
        return bool(self._spec.check_file(path[len(prefix) :]).include)

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 -- most runs have no globs

        return GitIgnoreSpec.from_lines(self.patterns)


def why_invalid(pattern: str) -> str:
    """What is wrong with a glob, to follow its name in a message; empty where nothing is."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 -- most runs have no globs

    if not pattern.strip():
        return "is empty"
    if len(_STARS.findall(pattern)) > _MAX_STARS:
        return f"has more than {_MAX_STARS} wildcards"
    try:
        GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return "is not a valid glob"
    return ""


def absolute(path: str) -> str:
    """A path as the user gave it (`/` separators, maybe relative), made absolute."""
    # Resolves no links, unlike pathlib's; what is absolute is so wherever the process goes.
    return _normal(path) if path.startswith("/") else os.path.abspath(path)


@lru_cache(maxsize=8192)
def _normal(path: str) -> str:
    """Kept, for four parts of a check ask it of each file."""
    return os.path.normpath(path)


def is_literal(pattern: str) -> bool:
    """Whether a glob can only mean one path."""
    return not any(sign in pattern for sign in "*?[!") and not pattern.endswith("/")
