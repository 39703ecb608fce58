"""The commands of a systemd unit, split into words as systemd does: it runs no shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.source import Source
from seawall.surfaces.run_line.argument import HOLE, Argument
from seawall.surfaces.run_line.stretch import Stretch, single_dollars
from seawall.surfaces.shell.wrappers import SHELLS

_EXEC = re.compile(r"^[ \t]*Exec\w+[ \t]*=[ \t]*[@:+!|-]*", re.MULTILINE)
_PIECE = re.compile(
    r"""
      (?P<plain>[^\s'"\\$%]+)
    | (?P<join>\\\r?\n(?:[ \t]*[#;][^\n]*\n)*)
    | (?P<end>\r?\n)
    | (?P<blank>[ \t\r]+)
    | (?P<quote>['"])
    | \\x(?P<code>[0-9A-Fa-f]{2})
    | \\(?P<escaped>.)
    | (?P<hole>\$\{\w+\}|\$\w+|%[A-Za-z])
    | (?P<doubled>\$\$|%%)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LETTERS = {"n": "\n", "t": "\t", "s": " ", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a"}
_SPECIFIER = re.compile(r"%[A-Za-z]|\$\{\w+\}|(?<!\$)\$\w+")
Words = tuple[Argument, ...]


def commands(source: Source) -> Iterator[Words]:
    """The words of each command of `ExecStart=` and its kin."""
    for found in _EXEC.finditer(source.text):
        words: list[Argument] = []
        for word in _Line(source, found.end()).words():
            if word.text == ";" and word.end - word.start == 1:
                yield tuple(words)
                words = []
            else:
                words.append(word)
        yield tuple(words)


def script_of(words: Words) -> Stretch | None:
    """The text of `/bin/sh -c '…'`, where nothing in it is escaped; else None."""
    if len(words) < 3 or words[0].text.rpartition("/")[2] not in SHELLS:
        return None
    index = next((i for i, word in enumerate(words) if word.text in {"-c", "-ec", "-xc"}), 0)
    if not 0 < index < len(words) - 1:
        return None
    word = words[index + 1]
    if not word.starts or not word.ends:
        return None
    start, end = word.starts[0], word.ends[-1]
    written = word.source.text[start:end]
    if "\\" in written:
        return None
    return Stretch(start, end, single_dollars(_SPECIFIER.sub(_filled_in, written)))


def _filled_in(found: re.Match[str]) -> str:
    return HOLE * len(found.group())


class _Line:
    """One setting's value, from its first character on."""

    def __init__(self, source: Source, position: int) -> None:
        self._source = source
        self._position = position
        self._texts: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._first = -1
        self._quote = ""

    def words(self) -> Iterator[Argument]:
        """Word by word, to the end of the value."""
        text = self._source.text
        while (piece := _PIECE.match(text, self._position)) is not None:
            kind = piece.lastgroup or "other"
            if self._quote and kind in {"blank", "join"}:
                kind = "plain" if kind == "blank" else "none"
            if kind in {"end", "blank", "join"}:
                yield from self._word()
                if kind == "end":
                    return
            else:
                self._add(kind, piece)
            self._position = piece.end()
        yield from self._word()

    def _add(self, kind: str, piece: re.Match[str]) -> None:
        if self._first < 0:
            self._first = piece.start()
        if kind == "quote" and self._quote in {"", piece.group()}:
            self._quote = "" if self._quote else piece.group()
        elif kind == "hole":
            self._put(HOLE, piece.start(), piece.end())
        elif kind in {"code", "escaped", "doubled"}:
            self._put(_character(kind, piece), piece.start(), piece.end())
        elif kind != "none":
            for index, sign in enumerate(piece.group(), piece.start()):
                self._put(sign, index, index + 1)

    def _put(self, sign: str, start: int, end: int) -> None:
        self._texts.append(sign)
        self._starts.append(start)
        self._ends.append(end)

    def _word(self) -> Iterator[Argument]:
        if self._first >= 0:
            text = "".join(self._texts)
            is_split = text == HOLE and self._source.text[self._first + 1].isalnum()
            places = (tuple(self._starts), tuple(self._ends))
            yield Argument(text, self._source, self._first, self._position, *places, is_split)
        self._texts, self._starts, self._ends, self._first = [], [], [], -1


def _character(kind: str, piece: re.Match[str]) -> str:
    if kind == "code":
        return chr(int(piece["code"], 16))
    if kind == "doubled":
        return piece.group()[0]
    return _LETTERS.get(piece["escaped"], piece["escaped"])
