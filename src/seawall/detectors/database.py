"""All formats at once: the multiple-pattern engine's databases, compiled once and kept.

Hyperscan (https://www.hyperscan.io) reads gigabytes a second whatever the number of expressions.
Compiling takes a second, so what was compiled is kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import platform
import threading
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import cast

import hyperscan
from msgspec import Struct

from seawall.detectors.assigned import Shape
from seawall.detectors.entropy import MINIMUM_LENGTH
from seawall.detectors.patterns import ALL, Pattern
from seawall.detectors.widening import wide_expression
from seawall.surfaces.image.cache import default_directory
from seawall.surfaces.image.entries import read_ours, write

MAX_HITS = 1000
"""The most places of one format in one file that are told."""

MAX_ASSIGNMENTS = 20_000
"""The most assignments of one shape: catalogues have thousands, and reading them is cheap."""

_MAX_CALLS = 400_000
_MAX_FILE = 32 * 1024 * 1024
_DIGEST = hashlib.sha256().digest_size


class Content(Enum):
    """What a file holds, which decides what is looked for in it."""

    TEXT = "text"
    SHIPPED = "shipped"
    """A text that someone else wrote, where nothing but a random value counts behind a name."""
    BINARY = "binary"


class Hits(Struct, frozen=True):
    """What one file holds; `is_whole` is false where there was more than anyone would read."""

    found: Sequence[tuple[int, int]]
    is_whole: bool


SHAPES = tuple(Shape)

_DOTALL, _CASELESS = hyperscan.HS_FLAG_DOTALL, hyperscan.HS_FLAG_CASELESS


def meaning(number: int) -> Pattern | Shape:
    """What the expression of that number looks for."""
    return ALL[number] if number < len(ALL) else SHAPES[number - len(ALL)]


def expressions(content: Content) -> list[tuple[int, bytes, int]]:
    """Number, expression and flags of all that is looked for in such files."""
    formats = [
        (number, wide_expression(pattern).encode(), _DOTALL)
        for number, pattern in enumerate(ALL)
        if content is not Content.BINARY or pattern.is_plain
    ]
    if content is Content.BINARY:
        return formats
    least = MINIMUM_LENGTH if content is Content.SHIPPED else 0
    shapes = enumerate(SHAPES, len(ALL))
    return formats + [
        (number, shape.expression(least).encode(), _CASELESS) for number, shape in shapes
    ]


class _Reader:
    """What one thread scans with: the engine's working memory and the list of what it hits."""

    def __init__(self, compiled: hyperscan.Database) -> None:
        self._scan = compiled.scan
        self._scratch = hyperscan.Scratch(compiled)
        self._on_match = self._take
        self._found: list[tuple[int, int]] = []
        self._counts: dict[int, int] = {}
        self._calls = 0

    def scan(self, content: memoryview | bytes) -> Hits:
        """As that of `Database`: most files hold nothing, and must cost next to nothing."""
        if self._calls:
            self._found, self._counts, self._calls = [], {}, 0
        try:
            self._scan(
                cast(bytes, content), match_event_handler=self._on_match, scratch=self._scratch
            )
        except hyperscan.ScanTerminated:
            return Hits(self._found, False)
        if not self._calls:
            return _NOTHING
        return Hits(self._found, self._calls == len(self._found))

    def _take(self, number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
        self._calls += 1
        count = self._counts[number] = self._counts.get(number, 0) + 1
        if count <= (MAX_HITS if number < len(ALL) else MAX_ASSIGNMENTS):
            self._found.append((number, end))
        return self._calls > _MAX_CALLS


_NOTHING = Hits((), True)


class Database:
    """One database, good for many threads."""

    def __init__(self, compiled: hyperscan.Database) -> None:
        self._compiled = compiled
        self._local = threading.local()

    def scan(self, content: memoryview | bytes) -> Hits:
        """Every place where an expression matches, as many of each as are told."""
        try:
            reader: _Reader = self._local.reader
        except AttributeError:
            reader = self._local.reader = _Reader(self._compiled)
        return reader.scan(content)


def database(content: Content, cache: str | None = None) -> Database:
    """The database for such files: from the cache, or compiled and put there.

    `cache` is the directory of a cache, by default the user's; empty keeps nothing.
    """
    return _loaded(content, default_directory() if cache is None else cache)


@lru_cache(maxsize=8)
def _loaded(content: Content, cache: str) -> Database:
    entries = expressions(content)
    name = f"{content.value}-{_key(entries)}.hs"
    path = str(Path(cache, "patterns", name)) if cache else ""
    kept = _read(path) if path else None
    compiled = _deserialized(kept) if kept else None
    if compiled is None:
        compiled = _compiled(entries)
        if path:
            _keep(path, hyperscan.dumpb(compiled))
    return Database(compiled)


def _key(entries: list[tuple[int, bytes, int]]) -> str:
    text = repr((getattr(hyperscan, "__version__", ""), platform.machine(), entries))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _compiled(entries: list[tuple[int, bytes, int]]) -> hyperscan.Database:
    numbers, sources, flags = zip(*entries, strict=True)
    compiled = hyperscan.Database()
    compiled.compile(expressions=sources, ids=numbers, elements=len(entries), flags=flags)
    return compiled


def _deserialized(data: bytes) -> hyperscan.Database | None:
    try:
        return hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
    except hyperscan.HyperscanError:
        return None


def _read(path: str) -> bytes | None:
    """What was kept, where it is this user's own and whole: it goes into native code unchecked."""
    try:
        data = read_ours(path, _MAX_FILE)
    except OSError:
        return None
    digest, body = data[:_DIGEST], data[_DIGEST:]
    return body if hashlib.sha256(body).digest() == digest else None


def _keep(path: str, body: bytes) -> None:
    """Write it down for the next time, where that can be."""
    with suppress(OSError):
        for directory in (Path(path).parent.parent, Path(path).parent):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path, hashlib.sha256(body).digest() + body)
