"""The comparison of our parse tree with that of BuildKit's parser, and the mutations for it."""

from __future__ import annotations

import random
import re
from typing import Any

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import Instruction
from seawall.surfaces.dockerfile.parser import READERS, Parsed, parse

NOTHING = ("",)


def ours(instruction: Instruction, text: str) -> dict[str, Any]:
    inner = instruction.trigger or instruction
    return {
        "keyword": instruction.keyword,
        "inner": instruction.trigger.keyword if instruction.trigger else None,
        "json": inner.is_json,
        "lines": (instruction.line, instruction.end_line),
        "flags": tuple(
            f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}")
            for flag in instruction.flags
        ),
        # C strings end at a NUL, which JSON may hold as an escape.
        "arguments": tuple(word.text.partition("\0")[0] for word in inner.arguments),
        # The package leaves the heredocs of ONBUILD out.
        "heredocs": ()
        if instruction.trigger
        else tuple(
            (heredoc.name, heredoc.descriptor, text[heredoc.start : heredoc.end])
            for heredoc in instruction.heredocs
        ),
    }


def theirs(command: Any) -> dict[str, Any]:
    inner = command.sub_cmd or command.cmd or ""
    unread = upper(inner) not in READERS or (command.sub_cmd and upper(inner) == "ONBUILD")
    return {
        "keyword": upper(command.cmd or ""),
        "inner": upper(command.sub_cmd) if command.sub_cmd else None,
        "json": command.json,
        "lines": (command.start_line, command.end_line),
        "flags": command.flags,
        "arguments": () if unread and command.value == NOTHING else command.value,
        "heredocs": tuple(
            (heredoc.name, heredoc.file_descriptor, heredoc.content) for heredoc in command.heredocs
        ),
    }


def upper(keyword: str) -> str:
    lowered = keyword.replace("\u0130", "i").lower()
    return lowered.upper() if lowered.upper() in READERS and lowered.isascii() else keyword.upper()


def difference(text: str) -> str:
    """How the two parse trees differ; empty where they are the same.

    Raises:
        Incomparable: the package can't say, for a reason of its own.
    """
    import dockerfile  # noqa: PLC0415 -- may be absent

    parsed = parse(Source("Dockerfile", text))
    check_incomparable(parsed, text)
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        return "" if parsed.errors else f"they reject it ({error}), we do not"
    except UnicodeError as error:
        raise Incomparable(str(error)) from error
    if parsed.errors:
        return f"we reject it ({parsed.errors[0].message}), they do not"
    if len(commands) != len(parsed.instructions):
        return f"{len(commands)} instructions for them, {len(parsed.instructions)} for us"
    for command, instruction in zip(commands, parsed.instructions, strict=True):
        expected, actual = theirs(command), ours(instruction, text)
        if expected != actual:
            names = [name for name in expected if expected[name] != actual[name]]
            return "; ".join(
                f"line {instruction.line} {name}: they {expected[name]!r}, we {actual[name]!r}"
                for name in names
            )
    return ""


class Incomparable(Exception):  # noqa: N818 -- a signal, no fault
    """The package has no answer that could be compared."""


def check_incomparable(parsed: Parsed, text: str) -> None:
    if "\0" in text:
        raise Incomparable("the package takes a NUL for the end of the text")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Incomparable("the package takes no bytes that are not UTF-8")
    names = [directive.name for directive in parsed.directives]
    twice = any("one check parser directive" in error.message for error in parsed.errors)
    if "check" in names[:-1] or twice:
        raise Incomparable("the package knows no check directive, so it reads none after it")


class Tally:
    """Counts agreements, differences, and what can't be compared."""

    def __init__(self) -> None:
        self.same = self.rejected = self.differences = 0
        self.incomparable: dict[str, int] = {}

    def add(self, text: str) -> str:
        try:
            found = difference(text)
        except Incomparable as reason:
            self.incomparable[str(reason)] = self.incomparable.get(str(reason), 0) + 1
            return ""
        if found:
            self.differences += 1
        else:
            self.same += 1
        return found

    def __str__(self) -> str:
        total = self.same + self.differences
        share = 100 * self.same / total if total else 100.0
        return f"{self.same} of {total} agree ({share:.2f} %), not comparable: {self.incomparable}"


SNIPPETS = (
    "\\", "\\\n", "\n", "\r\n", "`", '"', "'", "#", "# c\n", "<<EOF", "<<-EOF", '<<"EOF"', "EOF\n",
    "3<<X", "\t", " ", "[", "]", '["a"]', "{", "}", "${", "$x", "${a:-b}", "--", "--a=b", "--x ",
    "=", ",", "ONBUILD ", "RUN ", "ENV ", "LABEL a=", "HEALTHCHECK ", "COPY ", "\ufeff", "\u00a0",
    "\u2003", "é", "\x85", "\x0b", "\x0c", "\x1c", "\\ ", "\\\\", "# escape=`\n", "# syntax=x\n",
    "<<", "<<E F", "'a b'", '"a b"', "EOF", "\nEOF\n", "null", "1e999", "\\u00e9", "\\n", ":",
    "\\ \n", "\t\\\t\n", "à", "\u0130", "\u212a", "$$", "$(", "\r",
)  # fmt: skip


class Mutator:
    """Makes changed copies of texts, the same ones for the same seed."""

    def __init__(self, texts: list[str], seed: int) -> None:
        self.texts = texts
        self.random = random.Random(seed)  # noqa: S311 -- no secret

    def next(self) -> str:
        text = self.random.choice(self.texts)
        for _ in range(self.random.randint(1, 4)):
            text = self._mutate(text)
        return text

    def _mutate(self, text: str) -> str:
        position, kind = self._position(text), self.random.random()
        if kind < 0.5:
            return text[:position] + self.random.choice(SNIPPETS) + text[position:]
        if kind < 0.7:
            return text[:position] + text[position + self.random.choice((1, 1, 2, 5, 20)) :]
        if kind < 0.8:
            other = self._position(text)
            return text[:position] + text[other : other + 40] + text[position:]
        if kind < 0.9:
            lines = text.split("\n")
            self._swap(lines)
            return "\n".join(lines)
        other_text = self.random.choice(self.texts)
        start = self._position(other_text)
        return text[:position] + other_text[start : start + 80] + text[position:]

    def _swap(self, lines: list[str]) -> None:
        first, second = self.random.randrange(len(lines)), self.random.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]

    def _position(self, text: str) -> int:
        # Places next to marks are where readings differ.
        marks = [match.start() for match in re.finditer(r"[\n\\\"'=\[\]<$-]", text)]
        if marks and self.random.random() < 0.5:
            return self.random.choice(marks) + self.random.randint(0, 1)
        return self.random.randint(0, len(text))
