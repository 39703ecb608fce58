"""Which files of a context a .dockerignore keeps back, as BuildKit decides it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.source import Source

_TOKEN = Expression(
    r"""
      (?P<deep>\*\*/?)
    | (?P<star>\*)
    | (?P<one>\?)
    | \\(?P<escaped>.)
    | \[(?P<negated>\^?)(?P<members>(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+)\]
    | (?P<plain>[^\\\[])
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER = Expression(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)
_MAX_STARS = 5
"""A pattern with more wildcards is matched by positions: as an expression it could take hours."""


class BadPatternError(ValueError):
    """A pattern that is not valid: BuildKit then refuses the whole build."""


class _Token(Struct, frozen=True, dict=True):
    """A piece of a pattern: `kind` is deep (`**/`), rest (a last `**`), star or character."""

    kind: str
    expression: str

    @cached_property
    def is_matched_by(self) -> re.Pattern[str]:
        """The expression, compiled."""
        return re.compile(self.expression, re.DOTALL)


class Pattern(Struct, frozen=True, dict=True):
    """One line: `text` cleaned and without the `!` of an exception; its place is the line's."""

    text: str
    is_exception: bool
    start: int
    end: int

    def matches(self, path: str) -> bool:
        """Whether it speaks of this very path (relative to the context, `/` separators)."""
        if self.suffix is not None:
            suffix = self.suffix
            return path.endswith(suffix) or (suffix[:1] == "/" and path == suffix[1:])
        if self._is_costly:
            return _by_positions(self._tokens, path)
        return self._compiled.fullmatch(path) is not None

    @cached_property
    def suffix(self) -> str | None:
        """What a path must end with, for `**` before plain text: `**file` matches `myfile` too."""
        rest = self.text[2:] if self.text.startswith("**") else None
        is_plain = rest is not None and not any(sign in rest for sign in "*?[]\\")
        return rest if is_plain else None

    @cached_property
    def expression(self) -> str:
        """The regular expression that a whole path must match."""
        return "".join(token.expression for token in self._tokens)

    @cached_property
    def _tokens(self) -> tuple[_Token, ...]:
        return tuple(_tokens(self.text))

    @cached_property
    def _is_costly(self) -> bool:
        return sum(token.kind in {"deep", "star", "rest"} for token in self._tokens) > _MAX_STARS

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression, re.DOTALL)

    @property
    def is_simple(self) -> bool:
        """Whether it can be joined with others into one expression."""
        return self.suffix is None and not self._is_costly


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise BadPatternError("syntax error in pattern")
        position = found.end()
        yield _token(found, position == len(text))


def _token(found: re.Match[str], is_last: bool) -> _Token:
    kind = found.lastgroup
    if kind == "deep":
        return _Token("rest", ".*") if is_last else _Token("deep", "(?:.*/)?")
    if kind == "star":
        return _Token("star", "[^/]*")
    if kind == "one":
        return _Token("character", "[^/]")
    if kind == "members":
        return _Token("character", _class(found["negated"], found["members"]))
    return _Token("character", re.escape(found["escaped"] or found["plain"]))


def _class(negated: str, members: str) -> str:
    pieces = []
    for first, last in _MEMBER.findall(members):
        low, high = first[-1], (last or first)[-1]
        if low > high:
            raise BadPatternError("syntax error in pattern")
        pieces.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{negated}{''.join(pieces)}]"


def _by_positions(tokens: tuple[_Token, ...], path: str) -> bool:
    """Match by the set of places that are reached: linear in the path for each token."""
    reached = {0}
    for token in tokens:
        if not reached:
            return False
        reached = _step(token, path, reached)
    return len(path) in reached


def _step(token: _Token, path: str, reached: set[int]) -> set[int]:
    first = min(reached)
    if token.kind == "rest":
        return set(range(first, len(path) + 1))
    if token.kind == "deep":
        return reached | {at + 1 for at in range(first, len(path)) if path[at] == "/"}
    if token.kind == "star":
        return _within_name(path, reached)
    return {at + 1 for at in reached if token.is_matched_by.match(path, at) and at < len(path)}


def _within_name(path: str, reached: set[int]) -> set[int]:
    further: set[int] = set()
    for at in sorted(reached):
        while at not in further:
            further.add(at)
            if at == len(path) or path[at] == "/":
                break
            at += 1  # noqa: PLW2901 -- walks on from there
    return further


class Fault(Struct, frozen=True):
    """Why BuildKit refuses a line, and its place."""

    message: str
    start: int
    end: int


Standing = tuple[bool, ...]
"""For each pattern whether it matched a directory: what is in that directory inherits it."""
NO_STANDING: Standing = ()
"""That of the context itself, which no pattern matches."""


class Dockerignore(Struct, frozen=True, dict=True):
    """A whole file: `path` is absolute. With faults, no build of the context gets anywhere."""

    source: Source
    path: str
    patterns: tuple[Pattern, ...]
    faults: tuple[Fault, ...] = ()

    @cached_property
    def has_exceptions(self) -> bool:
        """Whether anything can be let in again below what is ignored."""
        return any(pattern.is_exception for pattern in self.patterns)

    def ignores(self, path: str) -> bool:
        """Whether a path (relative to the context, `/` separators) is kept back."""
        verdict, standing = False, NO_STANDING
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            verdict, standing = self.judge("/".join(parts[:count]), standing)
        return verdict

    def judge(self, path: str, above: Standing) -> tuple[bool, Standing]:
        """Say whether a path is kept back, given the standing of its directory (empty for none).

        The last pattern that matches wins; one that matched a directory matches all in it. As in
        BuildKit a pattern that could change nothing is not tried, so nothing inherits it.
        """
        ignored, standing = False, []
        for index, pattern in enumerate(self.patterns):
            matched = above[index] if above else False
            if not matched and pattern.is_exception == ignored:
                matched = pattern.matches(path)
            standing.append(matched)
            if matched:
                ignored = not pattern.is_exception
        return ignored, tuple(standing)

    def matches_any(self, path: str) -> bool:
        """The same for a file without exceptions: whether any pattern matches this very path."""
        exact, joined, others = self._joined
        if path in exact or (joined is not None and joined.fullmatch(path)):
            return True
        return any(pattern.matches(path) for pattern in others)

    @cached_property
    def _joined(self) -> tuple[frozenset[str], re.Pattern[str] | None, tuple[Pattern, ...]]:
        simple = [pattern for pattern in self.patterns if pattern.is_simple]
        exact = frozenset(p.text for p in simple if not any(sign in p.text for sign in "*?[\\"))
        rest = "|".join(p.expression for p in simple if p.text not in exact)
        others = tuple(pattern for pattern in self.patterns if not pattern.is_simple)
        return exact, re.compile(rest, re.DOTALL) if rest else None, others


def read_dockerignore(source: Source, path: str) -> Dockerignore:
    """Read a .dockerignore; never raises on its content (see `Dockerignore.faults`)."""
    patterns: list[Pattern] = []
    faults: list[Fault] = []
    offset = 0
    for line in source.text.split("\n"):
        end = offset + len(line.rstrip("\r"))
        written = line.removeprefix("\ufeff") if offset == 0 else line
        try:
            pattern = _pattern(written, offset, end)
        except BadPatternError as error:
            faults.append(Fault(str(error), offset, end))
        else:
            patterns += [pattern] if pattern else []
        offset += len(line) + 1
    return Dockerignore(source, path, tuple(patterns), tuple(faults))


def _pattern(line: str, start: int, end: int) -> Pattern | None:
    # A blank before `#` makes it a pattern: BuildKit looks for comments before it trims.
    text = "" if line.startswith("#") else line.strip()
    if not text:
        return None
    is_exception = text[0] == "!"
    text = text[1:].strip() if is_exception else text
    if not text:
        raise BadPatternError('illegal exclusion pattern: "!"')
    pattern = Pattern(_clean(text), is_exception, start, end)
    if not pattern.expression:  # asked for what it raises: an expression is never empty
        raise BadPatternError("syntax error in pattern")
    return pattern


def _clean(text: str) -> str:
    """`./a//b/../c/` is `a/c`; a leading slash means nothing."""
    cleaned = posixpath.normpath(re.sub("^/+", "/", text))
    return cleaned[1:] if len(cleaned) > 1 and cleaned[0] == "/" else cleaned
