"""Application sources: the calls that write to a log, and the names of what they write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place, Placed
from seawall.surfaces.repository.tree import joined, read_start

if TYPE_CHECKING:
    from seawall.surfaces.repository.model import Repository

_MAX_BYTES = 512 * 1024
_MAX_FILES = 20_000
_LANGUAGES = {
    "py": "Python",
    "js": "JavaScript", "jsx": "JavaScript", "mjs": "JavaScript", "cjs": "JavaScript",
    "ts": "TypeScript", "tsx": "TypeScript", "mts": "TypeScript", "cts": "TypeScript",
    "go": "Go", "java": "Java", "kt": "Kotlin", "rb": "Ruby",
}  # fmt: skip
_MADE = frozenset({"vendor", "third_party", "bower_components", "dist", "site-packages"})


class Shown(Placed, frozen=True):
    """A value that a call writes: `name` is what it was last called, or once was.

    The kind is name, key (of a mapping or keyword), environment (a variable's name), call (of a
    function that gives it) or everything (all variables at once). `via` are the assignments that
    it came by, each with its line.
    """

    name: str
    place: Place
    kind: str = "name"
    via: tuple[tuple[str, int], ...] = ()


class LogCall(Struct, frozen=True):
    """A call that writes to a log: `callee` as written; `is_print` where it is the output's."""

    callee: str
    place: Place
    values: tuple[Shown, ...]
    is_print: bool = False


class SourceFile(Struct, frozen=True, dict=True):
    """A source of an application; it is read when its calls are first asked for."""

    source: Source
    language: str

    @cached_property
    def calls(self) -> tuple[LogCall, ...]:
        """The calls that write values to a log, in order; never raises on the content."""
        from seawall.surfaces.repository.pattern_source import read_patterns  # noqa: PLC0415 -- on use

        if self.language == "Python":
            from seawall.surfaces.repository.python_source import read_python  # noqa: PLC0415 -- on use

            calls = read_python(self.source)
            if calls is not None:
                return calls
        return read_patterns(self.source, self.language)


def language_of(path: str) -> str:
    """The language of a source by its name; empty for what is no source, or a minified one."""
    name = path.rpartition("/")[2]
    is_made = name.endswith((".min.js", ".d.ts", ".pb.go")) or name.startswith(".")
    return "" if is_made else _LANGUAGES.get(name.rpartition(".")[2], "")


def read_sources(
    repository: Repository, may_matter: Callable[[str], bool] | None = None
) -> Iterator[SourceFile]:
    """The sources of a repository, without others' work; reads each file when it is its turn.

    `may_matter` is asked with each text: a source that it refuses is not given.
    """
    left = _MAX_FILES
    for file in repository.files:
        language = language_of(file.path)
        if not language or file.size > _MAX_BYTES or not _MADE.isdisjoint(file.path.split("/")):
            continue
        left -= 1
        if left < 0:
            return
        data = read_start(joined(repository.root, file.path), _MAX_BYTES)
        if data is not None and b"\0" not in data:
            text = data.decode("utf-8", "surrogateescape")
            source = Source(repository.prefix + file.path, text)
            if may_matter is None or may_matter(text):
                yield SourceFile(source, language)
