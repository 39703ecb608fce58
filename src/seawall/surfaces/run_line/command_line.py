"""Splits a command line into flags, image and arguments as Docker's parser (pflag) does."""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.surfaces.dockerfile.suggestion import with_suggestion
from seawall.surfaces.run_line.argument import HOLE, Argument
from seawall.surfaces.run_line.flags import CREATE, GLOBAL, RUN, Flag, Kind, Table

_VERBS = frozenset({"run", "create"})
_IMAGE_NAME = re.compile(r"ima?ge?|tag|container|distro|^base|repo|^app$", re.IGNORECASE)


class Option(Struct, frozen=True):
    """One flag as given: `name` is how (`--env`, or the letter `e`), `value` what with.

    A bool without a value has None for it.
    """

    flag: Flag
    name: Argument
    value: Argument | None

    @property
    def shown(self) -> Argument:
        """What to point at: the value, or the flag where it has none."""
        return self.name if self.value is None else self.value


class Remark(Struct, frozen=True):
    """A sentence about a word of the line."""

    message: str
    at: Argument


class CommandLine(Struct, frozen=True):
    """A line taken apart.

    `image` is None where none is given, `arguments` where an expansion leaves it open which
    words they are. `faults` is what Docker would refuse, `gaps` what can't be told.
    """

    program: str
    verb: str
    words: tuple[Argument, ...]
    options: tuple[Option, ...]
    image: Argument | None
    arguments: tuple[Argument, ...] | None
    faults: tuple[Remark, ...] = ()
    gaps: tuple[Remark, ...] = ()

    @property
    def start(self) -> int:
        """Where its first word starts."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """Where its last word ends."""
        return self.words[-1].end


def read_command_line(words: tuple[Argument, ...]) -> CommandLine | None:
    """Take a line apart; None where it starts no container (`docker ps`, `docker run --help`).

    The first word is the program: docker or podman, by any path.
    """
    program = words[0].text.rpartition("/")[2] if words else ""
    if program not in RUN:
        return None
    before = _Flags(words, 1, GLOBAL[program])
    before.read()
    index = before.index
    if index < len(words) and words[index].text == "container":
        index += 1
    if index >= len(words) or words[index].text not in _VERBS or before.is_given("version"):
        return None
    verb = words[index].text
    flags = _Flags(words, index + 1, (RUN if verb == "run" else CREATE)[program])
    flags.read()
    if flags.is_given("help"):
        return None
    return _assembled(program, verb, words, flags)


def _assembled(program: str, verb: str, words: tuple[Argument, ...], flags: _Flags) -> CommandLine:
    rest = words[flags.index :]
    faults = list(flags.faults)
    if not rest and not faults:
        faults.append(
            Remark(f'"{program} {verb}" requires at least 1 argument: an image', words[-1])
        )
    return CommandLine(
        program,
        verb,
        words,
        tuple(flags.options),
        rest[0] if rest else None,
        None if flags.is_open else rest[1:],
        tuple(faults),
        tuple(flags.gaps),
    )


class _Flags:
    """Reads flags from `index` on; stops at the first word that is none."""

    def __init__(self, words: tuple[Argument, ...], index: int, table: Table) -> None:
        self.index = index
        self.options: list[Option] = []
        self.faults: list[Remark] = []
        self.gaps: list[Remark] = []
        self.is_open = False
        self._words, self._table = words, table

    def is_given(self, name: str) -> bool:
        """Whether a bool flag stands there."""
        return any(option.flag.name == name for option in self.options)

    def read(self) -> None:
        """Read to the first word that is no flag."""
        while self.index < len(self._words):
            word = self._words[self.index]
            text = word.text
            if text.startswith(HOLE):
                if not self._may_hold_options(word):
                    return
                self.index += 1
            elif len(text) < 2 or text[0] != "-":
                return
            else:
                self.index += 1
                if text == "--":
                    return
                self._flag(word)

    def _flag(self, word: Argument) -> None:
        if word.text.startswith((f"-{HOLE}", f"--{HOLE}")):
            self._gap(word)
        elif word.text.startswith("--"):
            self._long(word)
        else:
            self._cluster(word)

    def _may_hold_options(self, word: Argument) -> bool:
        """Whether an expansion where flags stand is taken for flags, not for the image."""
        rest = self._words[self.index + 1 :]
        if any(sign in word.text for sign in "/:@") or not word.is_split:
            return False
        if not rest:
            self._gap(word)
            return False
        if _IMAGE_NAME.search(word.written):
            return False
        self._gap(word)
        if rest[0].text.startswith("-"):
            return True
        self.is_open = True
        return False

    def _gap(self, word: Argument) -> None:
        self.gaps.append(Remark(f"{word.written} may hold options", word))

    def _long(self, word: Argument) -> None:
        name, value = word.halves("=")
        flag = self._table.by_name.get(name.text[2:])
        if flag is None:
            known = [f"--{each}" for each in self._table.names]
            message = with_suggestion(f"unknown flag: {name.text}", name.text, known)
            meant = self._table.by_name.get(message.rpartition("did you mean --")[2][:-2])
            self._unknown(message, name, value is not None, meant)
        elif value is not None or flag.kind is Kind.BOOL:
            self.options.append(Option(flag, name, value))
        elif (following := self._next()) is not None:
            self.options.append(Option(flag, name, following))
        else:
            self.faults.append(Remark(f"flag needs an argument: {name.text}", name))

    def _cluster(self, word: Argument) -> None:
        """`-itd`, `-p80:80`, `-e=x`: letters up to the first that takes a value."""
        text, index = word.text, 1
        while index < len(text):
            letter = word.part(index, index + 1)
            flag = self._table.by_letter.get(letter.text)
            if flag is None:
                shown = f"unknown shorthand flag: '{letter.text}' in {text}"
                self._unknown(shown, letter, index + 1 < len(text))
                return
            index += 1
            is_equal = text.startswith("=", index) and index + 1 < len(text)
            if not is_equal and flag.kind is Kind.BOOL:
                self.options.append(Option(flag, letter, None))
                continue
            self._with_value(flag, word, letter, index + is_equal)
            return

    def _with_value(self, flag: Flag, word: Argument, letter: Argument, index: int) -> None:
        value = word.part(index) if index < len(word.text) else self._next()
        if value is None:
            message = f"flag needs an argument: '{letter.text}' in {word.text}"
            self.faults.append(Remark(message, letter))
        else:
            self.options.append(Option(flag, letter, value))

    def _next(self) -> Argument | None:
        if self.index >= len(self._words):
            return None
        self.index += 1
        return self._words[self.index - 1]

    def _unknown(
        self, message: str, at: Argument, has_value: bool, meant: Flag | None = None
    ) -> None:
        """Docker stops here. Whether the next word is its value only the flag meant can tell."""
        self.faults.append(Remark(message, at))
        rest = self._words[self.index :]
        if has_value or not rest or rest[0].text.startswith("-"):
            return
        if meant is None:
            self.is_open = True
        elif meant.kind is not Kind.BOOL:
            self.index += 1
