"""Here-documents: which ones an instruction's line opens, by BuildKit's shell rules."""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.surfaces.dockerfile.lines import SPACE
from seawall.surfaces.dockerfile.words import Rejection, quote

HOLDERS = frozenset({"ADD", "COPY", "RUN"})
"""Instructions that may have here-documents (and ONBUILD of these), except in JSON form."""


class Opening(Struct, frozen=True):
    """A `<<NAME` word: `expand` is False where a part of the name is quoted."""

    name: str
    descriptor: int
    expand: bool
    chomp: bool


_OPENING = re.compile(r"(\d*)<<(-?)([^<]*)", re.ASCII)
_PLAIN_NAME = re.compile(rf"[^{SPACE}'\"$\\<]+")
_SPACE_RUN = re.compile(f"[{SPACE}]+")
_PLAIN = re.compile(rf"[^{SPACE}'\"$\\]+")
_IN_QUOTES = re.compile(r'[^"$\\]+')
_IN_BRACES = re.compile(r"[^}'\"$\\]+")
_VARIABLE = re.compile(r"\d+|[@*#?\-$!]|\w*")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)
_MAX_DESCRIPTOR = 2**64 - 1


def find_openings(line: str) -> list[Opening]:
    """The here-documents that a logical line opens, in order.

    A line that the shell rules can't read (an unbalanced quote, `${x%y}`) opens none.

    Raises:
        Rejection: a word is one but its name can't be read.
    """
    openings = []
    for word in _split(line):
        match = _OPENING.fullmatch(word)
        if match is not None and match[3]:
            opening = _opening(match)
            openings += [opening] if opening else []
    return openings


def is_opening(word: str) -> bool:
    """Whether one word opens a here-document."""
    match = _OPENING.fullmatch(word)
    try:
        return match is not None and bool(match[3]) and _opening(match) is not None
    except Rejection:
        return False


def chomp(content: str) -> str:
    """The content of a `<<-` document: without the tabs that start its lines."""
    return _LEADING_TABS.sub("", content)


def _opening(match: re.Match[str]) -> Opening | None:
    name, quoted = _resolve(match[3])
    if not name:
        return None
    descriptor = min(int(match[1][:24] or "0"), _MAX_DESCRIPTOR)
    return Opening(name, descriptor, not quoted, match[2] == "-")


def _split(line: str) -> list[str]:
    """The words of a line as written; none where it can't be read."""
    words: list[str] = []
    position, start, length = 0, -1, len(line)
    while position < length:
        space = _SPACE_RUN.match(line, position)
        if space:
            words += [line[start:position]] if start >= 0 else []
            position, start = space.end(), -1
            continue
        start = position if start < 0 else start
        end = _element_end(line, position)
        if end < 0:
            return []
        if line[position] == "$" and _SPACE_RUN.search(line, position, end):
            # What a variable stands for is split at its spaces, and an unset one stands for
            # itself as written.
            first, *middle, last = _SPACE_RUN.split(line[position:end])
            words += [line[start:position] + first, *middle]
            start = end - len(last) if last else -1
        position = end
    return words + ([line[start:]] if start >= 0 else [])


def _element_end(line: str, position: int) -> int:
    """Where the run, escape, quoted text or variable that starts here ends; -1 for never."""
    plain = _PLAIN.match(line, position)
    if plain:
        return plain.end()
    character = line[position]
    if character == "\\":
        return min(position + 2, len(line))
    if character == "'":
        return line.find("'", position + 1) + 1 or -1
    if character == '"':
        return _closed(line, position + 1, ['"'])
    end, opens = _variable(line, position)
    return _closed(line, end, ["}"]) if opens else end


def _variable(line: str, position: int) -> tuple[int, bool]:
    """Where `$name` or `${name}` ends, or where the word of `${name:-word}` starts and True.

    The end is -1 for a substitution that BuildKit refuses.
    """
    if not line.startswith("{", position + 1):
        return _name_end(line, position + 1), False
    position += 2
    if position >= len(line) or line[position] in "{}:":
        return -1, False
    position = _name_end(line, position)
    modifier = line[position : position + 1]
    if modifier == "}":
        return position + 1, False
    if modifier == ":":
        return position + 2, True
    return (position + 1, True) if modifier and modifier in "+-?" else (-1, False)


def _name_end(line: str, position: int) -> int:
    match = _VARIABLE.match(line, position)
    return match.end() if match else position


def _closed(line: str, position: int, stack: list[str]) -> int:
    """Where the innermost-last of the open quotes and braces closes; -1 for never."""
    while stack and 0 <= position < len(line):
        quoted = stack[-1] == '"'
        run = (_IN_QUOTES if quoted else _IN_BRACES).match(line, position)
        if run:
            position = run.end()
            continue
        character = line[position]
        if character == stack[-1]:
            stack.pop()
            position += 1
        elif character == "$":
            position, opens = _variable(line, position)
            stack += "}" if opens else ""
        elif character == "\\":
            position += 1 if quoted and line[position + 1 : position + 2] not in _ESCAPABLE else 2
        elif character == "'":
            position = line.find("'", position + 1) + 1 or -1
        else:
            stack.append('"')
            position += 1
    return position if not stack else -1


_ESCAPABLE = frozenset({'"', "$", "\\"})


def _resolve(word: str) -> tuple[str, bool]:
    """A name with its quotes and escapes removed, and whether it had quotes."""
    word = word.removeprefix("\ufeff")
    if not word or _PLAIN_NAME.fullmatch(word):
        return word, False
    if _split(word) != [word]:
        raise Rejection(f"failed to process {quote(word)}: syntax error: missing '}}'")
    return _Unquoting(word).run()


class _Unquoting:
    """Removes quotes and escapes from a word that is known to be well formed."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.output: list[str] = []
        self.stack: list[str] = []
        self.quoted = False

    def run(self) -> tuple[str, bool]:
        position = 0
        while position < len(self.word):
            position = self._step(position)
        return "".join(self.output), self.quoted

    def _step(self, position: int) -> int:
        character = self.word[position]
        if self.stack and character == self.stack[-1]:
            self.stack.pop()
            self.output += character if character == "}" else ""
            return position + 1
        if character == "$":
            return self._variable(position)
        if character == "\\":
            return self._escape(position)
        if character == '"' and '"' not in self.stack[-1:]:
            self.stack.append('"')
            self.quoted = True
            return position + 1
        if character == "'" and '"' not in self.stack[-1:]:
            return self._single_quoted(position)
        self.output += character
        return position + 1

    def _variable(self, position: int) -> int:
        end, opens = _variable(self.word, position)
        self.output.append(self.word[position:end])
        self.stack += "}" if opens else ""
        return end

    def _escape(self, position: int) -> int:
        following = self.word[position + 1 : position + 2]
        if self.stack[-1:] == ['"'] and following not in _ESCAPABLE:
            self.output += "\\"
            return position + 1
        self.output += following
        return position + 2

    def _single_quoted(self, position: int) -> int:
        end = self.word.find("'", position + 1)
        self.output.append(self.word[position + 1 : end])
        self.quoted = True
        return end + 1
