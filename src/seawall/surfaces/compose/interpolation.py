"""Variables in values: every form that Compose has, with what is not set kept apart from empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from seawall.surfaces.cell import State
from seawall.surfaces.compose.yaml_tree import Scalar

MARK = "\0"
"""Stands on both sides of the name of a variable that nobody sets, in the text of a scalar."""
MAX_NESTING = 30
MAX_UNCLOSED = 5
"""Open braces without an end that are looked up in one text: each costs a look at the rest."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORM = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])(.*))?\Z", re.DOTALL)
_BRACE = re.compile(r"\$\{|\}")
_MARKED = re.compile(MARK + "([^" + MARK + "]*)" + MARK)


class Substituted(Struct, frozen=True):
    """A text with its variables replaced, how it came to be, and what Compose refuses in it."""

    text: str
    state: State
    problem: str = ""


class Interpolation:
    """Replaces variables by those given.

    `unset` is what a variable that nobody sets stands for; None leaves it unknown (a `MARK`).
    """

    def __init__(self, variables: Mapping[str, str], unset: str | None = None) -> None:
        self.variables = variables
        self.unset = unset

    def substitute(self, text: str) -> Substituted:
        """Replace all variables of a text."""
        run = _Run(self)
        return Substituted(run.expand(text, 0), run.state(), run.problem)


def with_names(text: str) -> str:
    """A text with `${NAME}` where a variable's value is not known, for people."""
    return _MARKED.sub(r"${\1}", text) if MARK in text else text


def apply(interpolation: Interpolation, scalar: Scalar, refuse: Callable[[str, int], None]) -> None:
    """Interpolate a scalar that was just read; `refuse` is told what Compose would not take."""
    result = interpolation.substitute(scalar.text)
    scalar.text, scalar.state = result.text, result.state
    if result.problem:
        refuse(result.problem, scalar.start)


class _Run:
    """One text: what was met while it was expanded."""

    def __init__(self, interpolation: Interpolation) -> None:
        self.interpolation = interpolation
        self.problem = ""
        self.is_unset = self.is_default = self.is_set = False
        self.unclosed = 0

    def state(self) -> State:
        if self.is_unset:
            return State.UNSET
        if self.is_set:
            return State.ENVIRONMENT
        return State.DEFAULT if self.is_default else State.WRITTEN

    def expand(self, text: str, depth: int) -> str:
        pieces: list[str] = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            pieces.append(text[position:dollar])
            replaced, position = self._at(text, dollar, depth)
            pieces.append(replaced)
        pieces.append(text[position:])
        return "".join(pieces)

    def _at(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        """What the `$` there comes to, and where the text goes on."""
        after = text[dollar + 1 : dollar + 2]
        if after == "$":
            return "$", dollar + 2
        if after == "{" and (end := self._closing(text, dollar)) >= 0:
            form = _FORM.match(text[dollar + 2 : end])
            if form is not None:
                return self._braced(form, depth), end + 1
        elif (name := _NAME.match(text, dollar + 1)) is not None:
            return self._plain(name[0]), name.end()
        if after == "{":  # Compose takes any other dollar as it is: `$(date)`, `$1`
            self.problem = self.problem or f"invalid interpolation in {text[:80]!r}"
        return "$", dollar + 1

    def _plain(self, name: str) -> str:
        value = self.interpolation.variables.get(name)
        if value is not None:
            self.is_set = True
            return value
        if self.interpolation.unset is not None:
            self.is_default = True
            return self.interpolation.unset
        self.is_unset = True
        return MARK + name + MARK

    def _braced(self, form: re.Match[str], depth: int) -> str:
        name, operator, word = form[1], form[2], form[3]
        if operator is None:
            return self._plain(name)
        if depth >= MAX_NESTING:
            self.problem = f"variables nested deeper than {MAX_NESTING}"
            return ""
        value = self.interpolation.variables.get(name)
        is_there = value is not None and (value != "" or operator[0] != ":")
        return self._operate(name, operator[-1], word, value if is_there else None, depth)

    def _operate(self, name: str, kind: str, word: str, value: str | None, depth: int) -> str:
        if kind == "+":
            self.is_default = self.is_default or value is None
            self.is_set = self.is_set or value is not None
            return "" if value is None else self.expand(word, depth + 1)
        if value is not None:
            self.is_set = True
            return value
        if kind == "-":
            self.is_default = True
            return self.expand(word, depth + 1)
        message = f": {word[:120]}" if word else ""
        self.problem = self.problem or f"required variable {name} is missing a value{message}"
        self.is_unset = True
        return MARK + name + MARK

    def _closing(self, text: str, dollar: int) -> int:
        """Where the brace that opens after `dollar` closes, or -1."""
        depth = 0
        matches = _BRACE.finditer(text, dollar) if self.unclosed < MAX_UNCLOSED else ()
        for match in matches:
            depth += 1 if match[0] == "${" else -1
            if depth == 0:
                return match.start()
        self.unclosed += 1
        return -1
