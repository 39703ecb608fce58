"""Regular expressions that are compiled when they are first asked.

There are hundreds in the rules and detectors, and most runs need few: compiling all of them takes
longer than judging ten files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from seawall.core.once import once


class Expression(Struct, frozen=True, dict=True):
    """A regular expression, by its source and flags; asked as a compiled one is."""

    source: str
    flags: re.RegexFlag = re.NOFLAG

    @once
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self.source, self.flags)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """The match at `start`."""
        return self.compiled.match(text, start)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match of the whole text."""
        return self.compiled.fullmatch(text)

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        return self.compiled.search(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Every match, in order, none overlapping."""
        return self.compiled.finditer(text)

    def findall(self, text: str) -> list[str]:
        """The text of every match; the expression has at most one group."""
        found: list[str] = self.compiled.findall(text)
        return found

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        """The text with every match replaced."""
        return self.compiled.sub(replacement, text)

    def split(self, text: str, most: int = 0) -> list[str]:
        """What stands between the matches, or between the first ones."""
        return self.compiled.split(text, maxsplit=most)
