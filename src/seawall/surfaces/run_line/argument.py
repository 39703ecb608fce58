"""One word of a command line: its text after quote removal, and each character's place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Cell, Place, State
from seawall.surfaces.shell.words import JOINT, special, unquote

HOLE = "\0"
"""Stands in a text for an expansion, whose value can't be told; no shell word can hold it."""

_UNNAMED = "${…}"
_HOLES = re.compile(f"{HOLE}+")
_NAME = re.compile(r"\$\w+")
_BARE = re.compile(
    r"""
      (?P<plain>[^'"\\$`\f]+)
    | (?P<nothing>\f+|\\\r?\n)
    | \\(?P<escaped>.)
    | '(?P<single>[^']*)'?
    | (?P<quote>\$?")
    | (?P<ansi>\$'(?:[^'\\]|\\.)*'?)
    | (?P<open>\$\(|\$\{|`)
    | \$(?P<name>\w+|[@*\#?!$-])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(
    r"""
      (?P<plain>[^"\\$`\f]+)
    | (?P<nothing>\f+|\\\r?\n)
    | \\(?P<escaped>["\\$`])
    | (?P<quote>")
    | (?P<open>\$\(|\$\{|`)
    | \$(?P<name>\w+|[@*\#?!$-])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COPIED = frozenset({"plain", "escaped", "single", "other"})
_ROUND = re.compile(r"""\\.|'[^']*'|"(?:[^"\\]|\\.)*"|(?P<in>\()|(?P<out>\))""", re.DOTALL)
_CURLY = re.compile(r"""\\.|'[^']*'|"(?:[^"\\]|\\.)*"|(?P<in>\{)|(?P<out>\})""", re.DOTALL)
_TICK = re.compile(r"\\.|(?P<in>(?!))|(?P<out>`)", re.DOTALL)
_CLOSERS = {"$(": _ROUND, "${": _CURLY, "`": _TICK}
_MANY = re.compile(r"\$(?:@|\{@\}|\{!?\w+\[@\])")


class Argument(Struct, frozen=True):
    """A word, or a part of one, as the program is given it.

    `text` has `HOLE` for each expansion. `starts` and `ends` are the places of its characters;
    None where they follow one another from `start`, empty where all stand for the whole place.
    `is_split` says that an expansion outside quotes may make several words of it, or none.
    """

    text: str
    source: Source
    start: int
    end: int
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None
    is_split: bool = False

    @property
    def is_known(self) -> bool:
        """Whether no expansion decides about it."""
        return HOLE not in self.text

    @property
    def written(self) -> str:
        """The characters of the file."""
        return self.source.text[self.start : self.end]

    @property
    def named(self) -> str:
        """Its text with `${NAME}` where an expansion decides, for people."""
        if self.is_known:
            return self.text
        if self.starts is None:
            return self.written
        if not self.starts or self.ends is None:
            return _HOLES.sub(_UNNAMED, self.text)
        signs = zip(self.text, self.starts, self.ends, strict=True)
        return "".join(
            self._expansion(start, end) if sign == HOLE else sign for sign, start, end in signs
        )

    def _expansion(self, start: int, end: int) -> str:
        written = self.source.text[start:end]
        return f"${{{written[1:]}}}" if _NAME.fullmatch(written) else written

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.source, self.start, self.end)

    def cell(self, state: State = State.WRITTEN) -> Cell[str]:
        """Its text as a cell: without a value where an expansion decides."""
        if self.is_known:
            return Cell(self.text, self.place, self.written, state)
        return Cell(None, self.place, self.written, State.UNKNOWN)

    def part(self, first: int, last: int | None = None) -> Argument:
        """The characters from `first` to `last` (the end where it is left out)."""
        size = len(self.text)
        last = size if last is None else min(last, size)
        first = min(first, last)
        text = self.text[first:last]
        if self.starts is None or self.ends is None:
            return Argument(text, self.source, self.start + first, self.start + last)
        if not self.starts:
            return Argument(text, self.source, self.start, self.end, (), ())
        starts, ends = self.starts[first:last], self.ends[first:last]
        start = self.starts[first] if first < size else self.end
        return Argument(text, self.source, start, ends[-1] if ends else start, starts, ends)

    def split(self, separator: str, most: int = -1) -> list[Argument]:
        """The parts between separators (one character), at most `most` splits."""
        parts, position = [], 0
        for text in self.text.split(separator, most):
            parts.append(self.part(position, position + len(text)))
            position += len(text) + 1
        return parts

    def halves(self, separator: str) -> tuple[Argument, Argument | None]:
        """What stands before the first separator, and behind it; None where there is none."""
        index = self.text.find(separator)
        if index < 0:
            return self, None
        return self.part(0, index), self.part(index + len(separator))

    def stripped(self) -> Argument:
        """Without blanks around it."""
        left = len(self.text) - len(self.text.lstrip())
        return self.part(left, max(left, len(self.text.rstrip())))


def argument_of(source: Source, text: str, start: int, end: int, is_placed: bool) -> Argument:
    """A shell word as an argument; `text` is the word as the shell reads it.

    `is_placed` says that its characters stand in the source from `start` on.
    """
    if special(text) is None:
        places = None if is_placed else ()
        return Argument(text, source, start, end, places, places, HOLE in text)
    scan = _Scan(text, start)
    value = "".join(scan.parts)
    if not is_placed:
        return Argument(value, source, start, end, (), (), scan.is_split)
    return Argument(value, source, start, end, tuple(scan.starts), tuple(scan.ends), scan.is_split)


class _Scan:
    """Quote removal of one word, with places."""

    def __init__(self, text: str, offset: int) -> None:
        self.parts: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.is_split = False
        self._text, self._offset = text, offset
        self._run()

    def _run(self) -> None:
        position, is_quoted = 0, False
        while position < len(self._text):
            piece = (_QUOTED if is_quoted else _BARE).match(self._text, position)
            if piece is None:
                return
            kind = piece.lastgroup or "other"
            end = piece.end()
            if kind in _COPIED:
                self._copy(piece.group(kind), piece.start(kind))
                self.is_split |= kind == "plain" and not is_quoted and HOLE in piece.group()
            elif kind == "quote":
                is_quoted = not is_quoted
            elif kind == "ansi":
                self._whole(unquote(piece.group()) or "", position, end)
            elif kind != "nothing":
                end = end if kind == "name" else _closed(self._text, piece.group(), end)
                self._expand(position, end, is_quoted)
            position = end

    def _copy(self, text: str, index: int) -> None:
        first = self._offset + index
        for part in text.split(JOINT):
            self.parts.append(part)
            self.starts.extend(range(first, first + len(part)))
            self.ends.extend(range(first + 1, first + len(part) + 1))
            first += len(part) + 1

    def _whole(self, text: str, start: int, end: int) -> None:
        self.parts.append(text)
        self.starts.extend([self._offset + start] * len(text))
        self.ends.extend([self._offset + end] * len(text))

    def _expand(self, start: int, end: int, is_quoted: bool) -> None:
        self._whole(HOLE, start, end)
        if not is_quoted or _MANY.match(self._text, start):
            self.is_split = True


def _closed(text: str, opening: str, position: int) -> int:
    """The index after the sign that closes an expansion; the text's end where none does."""
    depth = 1
    for found in _CLOSERS[opening].finditer(text, position):
        if found.lastgroup == "in":
            depth += 1
        elif found.lastgroup == "out":
            depth -= 1
            if not depth:
                return found.end()
    return len(text)


class RefusedError(Exception):
    """Docker would refuse this: `at` is what it would not take."""

    def __init__(self, message: str, at: Argument) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def csv_fields(argument: Argument) -> Iterator[Argument]:
    """The fields of a value in Go's CSV, as `--mount` and `--network` take them.

    Raises:
        RefusedError: a quote stands where none may, or never ends.
    """
    text, position = argument.text, 0
    while position <= len(text):
        if text.startswith('"', position):
            end = _quoted_field_end(argument, position)
            yield _without_doubled(argument.part(position + 1, end - 1))
        else:
            end = text.find(",", position)
            end = len(text) if end < 0 else end
            if '"' in text[position:end]:
                raise RefusedError('parse error: bare " in non-quoted field', argument)
            yield argument.part(position, end)
        position = end + 1


def _quoted_field_end(argument: Argument, position: int) -> int:
    text = argument.text
    index = position + 1
    while (index := text.find('"', index)) >= 0:
        if text.startswith('"', index + 1):
            index += 2
        elif index + 1 == len(text) or text[index + 1] == ",":
            return index + 1
        else:
            break
    raise RefusedError('parse error: extraneous or missing " in quoted field', argument)


def _without_doubled(field: Argument) -> Argument:
    if '""' not in field.text:
        return field
    text = field.text.replace('""', '"')
    return Argument(text, field.source, field.start, field.end, (), ())
