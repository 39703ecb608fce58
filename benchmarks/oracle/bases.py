"""The table of what images run as: `bases.toml`, read once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Base:
    """One entry of the table."""

    names: list[str]
    user: str
    source: str
    tags: list[str] = field(default_factory=lambda: ["*"])
    before: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def holds_for(self, name: str, tag: str) -> bool:
        """Whether the entry speaks of this image."""
        if not any(fnmatchcase(name, pattern) for pattern in self.names):
            return False
        if not any(fnmatchcase(tag, pattern) for pattern in self.tags):
            return False
        return not self.before or version(tag) < version(self.before)


def version(tag: str) -> tuple[int, ...]:
    """The numbers that a tag begins with; one without is newer than any."""
    match = _VERSION.match(tag)
    return tuple(int(number) for number in match[1].split(".")) if match else (1 << 30,)


@cache
def table() -> list[Base]:
    """The entries in order: the first that holds for an image says what it is."""
    path = Path(__file__).with_name("bases.toml")
    return [Base(**entry) for entry in tomllib.loads(path.read_text())["image"]]


def find(name: str, tag: str) -> Base | None:
    """What is known of an image."""
    return next((entry for entry in table() if entry.holds_for(name, tag)), None)
