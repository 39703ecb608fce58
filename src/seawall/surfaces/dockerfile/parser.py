"""From the text of a Dockerfile to its instructions, with the place of every word.

Reads what BuildKit's parser reads and stops where it stops. The parse tree is that of BuildKit
0.12; see `docs/decisions` for where later versions read a line otherwise.
"""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.dockerfile import json_form, words
from seawall.surfaces.dockerfile.heredocs import HOLDERS, Opening, chomp, find_openings
from seawall.surfaces.dockerfile.lines import (
    MAX_LINE_BYTES,
    SPACE,
    LogicalLine,
    Physical,
    continues,
    join,
    single,
    split,
)
from seawall.surfaces.dockerfile.model import (
    Comment,
    Directive,
    Flag,
    Heredoc,
    Instruction,
    Syntax,
    Word,
)
from seawall.surfaces.dockerfile.words import Piece, Reader, Rejection


class Parsed(Struct, frozen=True):
    """What a file says; `errors` holds BuildKit's parse error, after which it reads no more."""

    directives: tuple[Directive, ...]
    comments: tuple[Comment, ...]
    instructions: tuple[Instruction, ...]
    warnings: tuple[Syntax, ...]
    errors: tuple[Syntax, ...]


def _no_arguments(_text: str, _start: int, _escape: str) -> words.Reading:
    return [], False


READERS: dict[str, Reader] = {
    "ADD": json_form.read_paths,
    "ARG": words.read_words,
    "CMD": json_form.read_command,
    "COPY": json_form.read_paths,
    "ENTRYPOINT": json_form.read_command,
    "ENV": words.read_env,
    "EXPOSE": words.read_list,
    "FROM": words.read_list,
    "HEALTHCHECK": json_form.read_healthcheck,
    "LABEL": words.read_label,
    "MAINTAINER": words.read_string,
    "ONBUILD": _no_arguments,
    "RUN": json_form.read_command,
    "SHELL": json_form.read_command,
    "STOPSIGNAL": words.read_string,
    "USER": words.read_string,
    "VOLUME": json_form.read_paths,
    "WORKDIR": words.read_string,
}
"""How each instruction's arguments are read; BuildKit keeps those of others unread."""

_DIRECTIVE = re.compile(r"#[ \t\f\r\n]*([a-zA-Z][a-zA-Z0-9]*)[ \t\f\r\n]*=([ \t\f\r\n]*)")
_DIRECTIVE_SPACE = " \t\f\r\n"
_KNOWN_DIRECTIVES = frozenset({"syntax", "escape", "check"})


def parse(source: Source) -> Parsed:
    """Parse a Dockerfile; never raises on its content (see `Parsed.errors`)."""
    parser = _Parser(source)
    try:
        parser.read_directives()
        parser.read_instructions()
    except Rejection as rejection:
        parser.reject(str(rejection))
    return parser.result()


class _Head(Struct):
    """An instruction as far as its arguments: all positions are of the logical line."""

    keyword: str
    start: int
    flags: list[Piece]
    body: int


class _Parser:
    """The state of one parse: what was read, and the index of the next physical line."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.physical: Physical = split(source)
        self.index = 0
        self.line = 0
        self.escape = "\\"
        self.stage = -1
        self.directives: list[Directive] = []
        self.comments: list[Comment] = []
        self.instructions: list[Instruction] = []
        self.warnings: list[Syntax] = []
        self.errors: list[Syntax] = []

    def result(self) -> Parsed:
        return Parsed(
            tuple(self.directives),
            tuple(self.comments),
            tuple(self.instructions),
            tuple(self.warnings),
            tuple(self.errors),
        )

    def reject(self, message: str) -> None:
        self.errors.append(Syntax(message, max(self.line, 1)))

    def read_directives(self) -> None:
        """Directives stand at the very top: the first line that is none ends them."""
        texts, seen = self.physical.texts, set()
        while self.index < len(texts):
            self.line = self.index + 1
            directive = self._directive(texts[self.index])
            if directive is None:
                return
            if directive.name in seen:
                raise Rejection(f"only one {directive.name} parser directive can be used")
            seen.add(directive.name)
            self.directives.append(directive)
            self.index += 1
            if directive.name == "escape":
                self._set_escape(directive.value)

    def _directive(self, text: str) -> Directive | None:
        trimmed = text.rstrip("\r")
        visible = trimmed.lstrip(SPACE)
        match = _DIRECTIVE.match(visible)
        if match is None or match[1].lower() not in _KNOWN_DIRECTIVES:
            return None
        # A value of nothing but blanks is the last of them.
        first = match.end() if match.end() < len(visible) else match.end() - bool(match[2])
        value = visible[first:].rstrip(_DIRECTIVE_SPACE) or visible[first : first + 1]
        if not value:
            return None
        start = self.physical.starts[self.index] + len(trimmed) - len(visible) + first
        return Directive(match[1].lower(), value, start, start + len(value))

    def _set_escape(self, value: str) -> None:
        if value not in ("\\", "`"):
            raise Rejection(f"invalid escape token '{value}' does not match ` or \\")
        self.escape = value

    def read_instructions(self) -> None:
        texts, escape = self.physical.texts, self.escape
        while self.index < len(texts):
            stripped = texts[self.index].strip(SPACE)
            if not stripped:
                self.index += 1
            elif stripped[0] == "#":
                self._comment(self.index)
                self.index += 1
            elif stripped[-1] != escape or continues(texts[self.index], escape) < 0:
                line = single(self.physical, self.index, stripped)
                self.index += 1
                self._instruction(line)
            else:
                self._joined()
        self._finish()

    def _finish(self) -> None:
        self.line = len(self.physical.texts) + self.physical.too_long
        if not self.instructions:
            raise Rejection("file with no instructions")
        if self.physical.too_long:
            raise Rejection(f"dockerfile line greater than max allowed size of {MAX_LINE_BYTES}")

    def _comment(self, index: int) -> None:
        text = self.physical.texts[index]
        lead = text.index("#")
        start, end = self.physical.starts[index] + lead, self.physical.end(index)
        self.comments.append(Comment(text[lead:].rstrip("\r"), index + 1, start, end))

    def _joined(self) -> None:
        joined = join(self.physical, self.index, self.escape)
        self.index = joined.line.end_line
        for index in joined.comments:
            self._comment(index)
        if joined.has_empty_line:
            message = f"Empty continuation line found in: {joined.line.text}"
            self.warnings.append(Syntax(message, joined.line.end_line))
        self._instruction(joined.line)

    def _instruction(self, line: LogicalLine) -> None:
        self.line = line.line
        text = line.text.rstrip(SPACE)
        heads = _read_heads(text)
        innermost = heads[-1]
        reader = READERS.get(innermost.keyword, _no_arguments)
        pieces, is_json = reader(text, innermost.body, self.escape)
        holds = innermost.keyword in HOLDERS and len(heads) <= 2 and not is_json
        heredocs = self._heredocs(line) if holds and "<<" in text else ()
        if innermost.keyword == "FROM" and len(heads) == 1:
            self.stage += 1
        arguments = _to_words(line, pieces)
        self._add(line, text, heads, (arguments, is_json, heredocs))

    def _add(
        self,
        line: LogicalLine,
        text: str,
        heads: list[_Head],
        content: tuple[tuple[Word, ...], bool, tuple[Heredoc, ...]],
    ) -> None:
        arguments, is_json, heredocs = content
        trigger: Instruction | None = None
        end = self.physical.end(self.index - 1)
        # BuildKit allows one ONBUILD around an instruction; of more only two are kept.
        for depth in range(min(len(heads), 2) - 1, -1, -1):
            head = heads[depth]
            if depth == 1 and len(heads) > 2:
                arguments, is_json = (), False
            start, body = line.region(head.start, head.body)
            trigger = Instruction(
                keyword=head.keyword,
                start=start,
                end=end,
                body_start=body if not line.pieces else line.region(head.body, head.body)[0],
                line=line.line,
                end_line=self.index,
                text=text[head.body :],
                flags=_to_flags(line, text, head.flags) if head.flags else (),
                arguments=arguments,
                is_json=is_json,
                heredocs=heredocs,
                stage=self.stage,
                trigger=trigger,
            )
        assert trigger is not None  # noqa: S101 -- there is at least one head
        self.instructions.append(trigger)

    def _heredocs(self, line: LogicalLine) -> tuple[Heredoc, ...]:
        text = line.text
        if not line.pieces:
            # The shell rules see the line's trailing space, which may be escaped.
            index = line.line - 1
            text = self.text[line.base : self.physical.end(index)]
        return tuple(self._heredoc(opening) for opening in find_openings(text))

    def _heredoc(self, opening: Opening) -> Heredoc:
        texts, starts = self.physical.texts, self.physical.starts
        first = self.index
        for index in range(first, len(texts)):
            text = texts[index].rstrip("\r")
            if (text.lstrip("\t") if opening.chomp else text) == opening.name:
                break
        else:
            raise Rejection("unterminated heredoc")
        self.index = index + 1
        start, end = starts[first], starts[index]
        content = self.text[start:end]
        return Heredoc(
            name=opening.name,
            descriptor=opening.descriptor,
            content=chomp(content) if opening.chomp else content,
            expand=opening.expand,
            chomp=opening.chomp,
            start=start,
            end=end,
        )


def _read_heads(text: str) -> list[_Head]:
    """The instruction's head, and those that ONBUILD wraps, outermost first."""
    heads: list[_Head] = []
    position, is_ascii = 0, text.isascii()
    while True:
        written, start, body = words.read_head(text, position)
        keyword = written if written in READERS else _known(written)
        flags: list[Piece] = []
        if text.startswith("--", body):
            flags, body = words.read_flags(text, body)
        if not is_ascii:
            body = words.skip_space(text, body)
        heads.append(_Head(keyword, start, flags, body))
        if keyword != "ONBUILD" or body >= len(text):
            return heads
        position = body


def _known(written: str) -> str:
    # Go lower-cases one character to one; the Turkish dotted capital is where Python differs.
    lowered = written.replace("\u0130", "i").lower()
    upper = lowered.upper()
    return upper if upper in READERS and lowered.isascii() else written.upper()


def _to_words(line: LogicalLine, pieces: list[Piece]) -> tuple[Word, ...]:
    if not line.pieces:
        base = line.base
        return tuple([Word(text, base + start, base + end) for text, start, end in pieces])
    return tuple([Word(text, *line.region(start, end)) for text, start, end in pieces])


def _to_flags(line: LogicalLine, text: str, pieces: list[Piece]) -> tuple[Flag, ...]:
    return tuple([_to_flag(line, text, piece) for piece in pieces])


def _to_flag(line: LogicalLine, text: str, piece: Piece) -> Flag:
    word, first, last = piece
    name, equals, value = word[2:].partition("=")
    start, end = line.region(first, last)
    if not equals:
        return Flag(name, None, start, end, end)
    after = text.index("=", first) + 1
    value_start = line.region(after, after + 1)[0] if after < last else end
    return Flag(name, value, start, end, value_start)
