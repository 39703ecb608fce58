"""Regular expressions that are compiled when they are first asked.

There are hundreds in the rules and detectors, and most runs need few: compiling all of them takes
longer than judging ten files.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from seawall.core.once import once

_END = sys.maxsize


class Expression(Struct, frozen=True, dict=True):
    """A regular expression, by its source and flags; asked as a compiled one is."""

    source: str
    flags: re.RegexFlag = re.NOFLAG

    @once
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self.source, self.flags)

    def match(self, text: str, start: int = 0, stop: int = _END) -> re.Match[str] | None:
        """The match at `start`, which ends before `stop`."""
        return self.compiled.match(text, start, stop)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match of the whole text."""
        return self.compiled.fullmatch(text)

    def search(self, text: str, start: int = 0, stop: int = _END) -> re.Match[str] | None:
        """The first match from `start`, which ends before `stop`."""
        return self.compiled.search(text, start, stop)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Every match, in order, none overlapping."""
        return self.compiled.finditer(text)

    def findall(self, text: str) -> list[Any]:
        """The text of every match or of its group; a tuple of them where there are several."""
        return self.compiled.findall(text)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        """The text with every match replaced."""
        return self.compiled.sub(replacement, text)

    def split(self, text: str, maxsplit: int = 0) -> list[str]:
        """What stands between the matches, or between the first ones."""
        return self.compiled.split(text, maxsplit)


class BytesExpression(Struct, frozen=True, dict=True):
    """The same of bytes."""

    source: bytes
    flags: re.RegexFlag = re.NOFLAG

    @once
    def compiled(self) -> re.Pattern[bytes]:
        """The compiled expression."""
        return re.compile(self.source, self.flags)

    def match(self, data: bytes | memoryview) -> re.Match[bytes] | None:
        """The match at the beginning."""
        return self.compiled.match(data)

    def fullmatch(self, data: bytes | memoryview) -> re.Match[bytes] | None:
        """The match of all of it."""
        return self.compiled.fullmatch(data)

    def search(self, data: bytes | memoryview) -> re.Match[bytes] | None:
        """The first match."""
        return self.compiled.search(data)

    def finditer(self, data: bytes | memoryview) -> Iterator[re.Match[bytes]]:
        """Every match, in order, none overlapping."""
        return self.compiled.finditer(data)

    def findall(self, data: bytes | memoryview) -> list[Any]:
        """The bytes of every match or of its group."""
        return self.compiled.findall(data)
