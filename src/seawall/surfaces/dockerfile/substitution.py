"""BuildKit's word processing: variables, their modifiers, quotes and escapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product

from msgspec import Struct

from seawall.core.model import Evidence
from seawall.surfaces.dockerfile import patterns
from seawall.surfaces.dockerfile.value import Value
from seawall.surfaces.dockerfile.words import quote

Lookup = Callable[[str], Value | None]
"""Gives a variable's value; None says that it is certainly unset, which is empty text."""

Part = str | Value
"""A piece of an expanded word: known text, or what can't be said or is one of several."""

MAX_DEPTH = 60
MAX_CANDIDATES = 16
MAX_LENGTH = 65536
MAX_EVIDENCE = 12

_SPECIAL = re.compile(r"""[$'"\\`]""")
_NAME = re.compile(r"\d+|[@*#?$!-]|[^\W\d]\w*")


class NoDefault(Value, frozen=True):
    """An ARG that is declared without a default: unset, unless the caller passes it.

    Its plain value is unknown, but `${X:-y}` is `y` as long as nobody passes another one.
    """


class Expansion(Struct, frozen=True):
    """What became of a word. `fault` is BuildKit's error, empty where there is none."""

    written: str
    parts: tuple[Part, ...]
    evidence: tuple[Evidence, ...] = ()
    fault: str = ""

    @property
    def value(self) -> Value:
        """The word as one value; after a fault it is unknown and the evidence says why."""
        if self.fault:
            return Value(self.written, (), (), (*self.evidence, Evidence(self.fault)))
        if len(self.parts) == 1 and isinstance(text := self.parts[0], str):
            known = (text,) if len(text) <= MAX_LENGTH else ()
            return Value(self.written, known, (), self.evidence)
        missing = _missing(self.parts)
        choices = [(part,) if isinstance(part, str) else part.candidates for part in self.parts]
        if not all(choices):
            return Value(self.written, (), missing, self.evidence)
        return Value(self.written, _combined(choices), missing, self.evidence)

    def could_be(self, text: str, choices: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether the word can come to this text, going by the parts of it that are known.

        `choices` are the texts that a variable nobody sets can have at all, by its name. A word
        of which nothing at all is known gives no ground to say so: then it is False.
        """
        if not any(isinstance(part, str) and part for part in self.parts):
            return False
        first = self.parts[0]
        if isinstance(first, str) and not text.startswith(first):
            return False
        tokens: list[patterns.Token] = []
        for part in self.parts:
            if isinstance(part, str):
                tokens += part
            else:
                name = part.written.removeprefix("$")
                tokens.append(part.candidates or choices.get(name) or patterns.STAR)
        return patterns.matches(tokens, text)


def _missing(parts: Sequence[Part]) -> tuple[str, ...]:
    names = [name for part in parts if isinstance(part, Value) for name in part.missing]
    return tuple(dict.fromkeys(names))


def _combined(choices: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Every text that the choices can come to; none where they are too many, or too long.

    The length is bounded because `ENV A=$A$A` doubles it with every line.
    """
    count, length = 1, 0
    for choice in choices:
        count *= len(choice)
        length += len(choice[0])
        if count > MAX_CANDIDATES or length > MAX_LENGTH:
            return ()
    return tuple(dict.fromkeys("".join(texts) for texts in product(*choices)))


def expand(word: str, lookup: Lookup, escape: str = "\\") -> Value:
    """The value of a word: variables replaced, quotes and escapes taken off.

    Nothing is raised: a word that BuildKit can't process (an open quote or brace, `${X:?why}`
    with X unset, …) is unknown and the last of its evidence is BuildKit's message.
    Source of the semantics: the Dockerfile reference, "Environment replacement".
    """
    if not _SPECIAL.search(word):
        return Value(word, (word,))
    return expansion(word, lookup, escape).value


def expansion(word: str, lookup: Lookup, escape: str = "\\") -> Expansion:
    """Like `expand`, but keeps the parts of the word and the fault apart."""
    if not _SPECIAL.search(word):
        return Expansion(word, (word,))
    lexer = _Lexer(word, lookup, escape)
    try:
        parts = lexer.read("", raw=False, depth=0)
    except _WordError as error:
        return Expansion(word, (), lexer.chain, f"failed to process {quote(word)}: {error}")
    return Expansion(word, tuple(parts), lexer.chain)


class _WordError(Exception):
    """What BuildKit says of a word that it can't process."""


@cache
def _plain(escape: str, stop: str) -> re.Pattern[str]:
    """A run of characters that mean themselves where a word ends at `stop`."""
    return re.compile(f"[^$'\"{re.escape(escape + stop)}]+")


class _Lexer:
    """Goes through one word; `chain` gathers the evidence of the variables that it met."""

    def __init__(self, text: str, lookup: Lookup, escape: str) -> None:
        self._text = text
        self._lookup = lookup
        self._escape = escape
        self._at = 0
        self._evidence: list[Evidence] = []

    @property
    def chain(self) -> tuple[Evidence, ...]:
        return tuple(dict.fromkeys(self._evidence))[:MAX_EVIDENCE]

    def _next(self) -> str:
        """The next character, taken; empty at the end."""
        character = self._text[self._at : self._at + 1]
        self._at += len(character)
        return character

    def read(self, stop: str, *, raw: bool, depth: int) -> list[Part]:
        """Everything up to `stop` (taken) or to the end; `raw` keeps the escape characters."""
        parts: list[Part] = []
        plain = _plain(self._escape, stop)
        while self._at < len(self._text):
            if match := plain.match(self._text, self._at):
                parts.append(match.group())
                self._at = match.end()
                continue
            character = self._next()
            if character == stop:
                return parts
            parts += self._special(character, raw=raw, depth=depth)
        if stop:
            raise _WordError(f"unexpected end of statement while looking for matching {stop}")
        return parts

    def _special(self, character: str, *, raw: bool, depth: int) -> list[Part]:
        if character == "$":
            return self._dollar(depth)
        if character == "'":
            return [self._single_quoted()]
        if character == '"':
            return self._double_quoted(raw=raw, depth=depth)
        return [(character if raw else "") + self._next()]

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            self._at = len(self._text)
            raise _WordError("unexpected end of statement while looking for matching single-quote")
        text, self._at = self._text[self._at : end], end + 1
        return text

    def _double_quoted(self, *, raw: bool, depth: int) -> list[Part]:
        parts: list[Part] = []
        while character := self._next():
            if character == '"':
                return parts
            if character == "$":
                parts += self._dollar(depth)
            elif character == self._escape:
                parts.append(self._escaped(raw=raw))
            else:
                self._at -= 1
                match = _within_quotes(self._escape).match(self._text, self._at)
                parts.append(match.group() if match else self._next())
                self._at = match.end() if match else self._at
        raise _WordError("unexpected end of statement while looking for matching double-quote")

    def _escaped(self, *, raw: bool) -> str:
        """Within double quotes only a few characters can be escaped."""
        kept = self._escape if raw else ""
        if self._text[self._at : self._at + 1] in ('"', "$", self._escape):
            return kept + self._next()
        return kept + self._escape

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _dollar(self, depth: int) -> list[Part]:
        if self._text[self._at : self._at + 1] != "{":
            name = self._name()
            return self._plain_variable(name) if name else ["$"]
        self._at += 1
        following = self._text[self._at : self._at + 1]
        if not following:
            raise _WordError("syntax error: missing '}'")
        if following in "{}:":
            raise _WordError("syntax error: bad substitution")
        if depth >= MAX_DEPTH:
            raise _WordError("substitutions are nested too deeply")
        return self._braced(self._name(), depth + 1)

    def _braced(self, name: str, depth: int) -> list[Part]:
        modifier = self._next()
        if modifier == "}":
            return self._plain_variable(name)
        if modifier == "/":
            return self._replaced(name, depth)
        null_is_unset = modifier == ":"
        operator = self._next() if null_is_unset else modifier
        if null_is_unset or operator in _OPERATORS:
            word = self._nested("}", raw=operator in _TRIMS, depth=depth)
            if operator in _TRIMS:
                return self._trimmed(name, operator, word)
            if operator in _OPERATORS:
                return self._chosen(name, operator, word, null_is_unset=null_is_unset)
        sign = f":{operator}" if null_is_unset else operator
        raise _WordError(f"unsupported modifier ({sign}) in substitution")

    def _nested(self, stop: str, *, raw: bool, depth: int) -> list[Part]:
        try:
            return self.read(stop, raw=raw, depth=depth)
        except _WordError as error:
            if self._at >= len(self._text):
                where = " in ${}" if stop == "/" else ""
                raise _WordError(f"syntax error: missing '{stop}'{where}") from error
            raise

    def _variable(self, name: str) -> Value | None:
        """What the variable holds; special and positional parameters are never set."""
        if not name or not (name[0] == "_" or name[0].isalpha()):
            return None
        value = self._lookup(name)
        if value is not None:
            self._evidence += value.evidence
        return value

    def _plain_variable(self, name: str) -> list[Part]:
        return _map(self._variable(name), lambda text: [text])

    def _chosen(
        self, name: str, operator: str, word: list[Part], *, null_is_unset: bool
    ) -> list[Part]:
        """`-`, `+` and `?`: one of two, by whether the variable is set."""
        variable = self._variable(name)
        if operator == "?":
            return _map(self._required(name, variable, word, null_is_unset), lambda text: [text])
        where_set: Callable[[str], list[Part]] = lambda text: [text]  # noqa: E731 -- short
        where_unset: list[Part] = word
        if operator == "+":
            where_set, where_unset = (lambda _: word), []
        if variable is None or isinstance(variable, NoDefault):
            return where_unset
        return _map(
            variable, lambda text: where_unset if null_is_unset and not text else where_set(text)
        )

    def _required(
        self, name: str, variable: Value | None, word: list[Part], null_is_unset: bool
    ) -> Value | None:
        said = "".join(part for part in word if isinstance(part, str))
        if variable is None:
            raise _WordError(f"{name}: {said or 'is not allowed to be unset'}")
        if null_is_unset and variable.candidates == ("",):
            raise _WordError(f"{name}: {said or 'is not allowed to be empty'}")
        return variable

    def _trimmed(self, name: str, operator: str, word: list[Part]) -> list[Part]:
        pattern = _text_of(word)
        variable = self._variable(name)
        if pattern is None:
            return _unsure(variable, word)
        longest = pattern.startswith(operator)
        trim = patterns.trim_prefix if operator == "#" else patterns.trim_suffix
        pattern = pattern[1:] if longest else pattern
        return _map(variable, _matching(pattern, lambda text: trim(pattern, text, longest=longest)))

    def _replaced(self, name: str, depth: int) -> list[Part]:
        everywhere = self._text.startswith("/", self._at)
        self._at += everywhere
        pattern_word = self._nested("/", raw=True, depth=depth)
        replacement_word = self._nested("}", raw=True, depth=depth)
        pattern, replacement = _text_of(pattern_word), _text_of(replacement_word)
        variable = self._variable(name)
        # BuildKit reads `$1` and the like in a replacement for all matches as groups.
        if pattern is None or replacement is None or (everywhere and "$" in replacement):
            return _unsure(variable, pattern_word + replacement_word)
        change = _matching(
            pattern,
            lambda text: patterns.replace(pattern, text, replacement, everywhere=everywhere),
        )
        return _map(variable, change)


_TRIMS = frozenset("#%")
_OPERATORS = frozenset("+-?#%")


@cache
def _within_quotes(escape: str) -> re.Pattern[str]:
    return re.compile(f'[^$"{re.escape(escape)}]+')


def _text_of(parts: Sequence[Part]) -> str | None:
    """The parts as one text; None where one of them is not known for certain."""
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def _unsure(variable: Value | None, word: Sequence[Part]) -> list[Part]:
    """An unknown part that names what it depends on."""
    known_parts = word if variable is None else [variable, *word]
    return [Value("", (), _missing(known_parts))]


def _matching(pattern: str, change: Callable[[str], str]) -> Callable[[str], list[Part]]:
    """The change as a part; what is too long to be matched becomes unknown."""
    try:
        patterns.read_pattern(pattern)
    except patterns.PatternError as error:
        raise _WordError(f"invalid pattern ({pattern}) in substitution: {error}") from error

    def changed(text: str) -> list[Part]:
        try:
            return [change(text)]
        except patterns.PatternError:
            return [Value("")]

    return changed


def _map(variable: Value | None, change: Callable[[str], list[Part]]) -> list[Part]:
    """What a change makes of a variable: of empty text where it is unset, of each candidate."""
    if variable is None:
        return change("")
    if not variable.candidates:
        return [variable]
    outcomes = [change(text) for text in variable.candidates]
    if len(outcomes) == 1:
        return outcomes[0]
    texts = [_text_of(parts) for parts in outcomes]
    sure = tuple(dict.fromkeys(text for text in texts if text is not None))
    if None in texts:
        return [Value("", (), _missing([part for parts in outcomes for part in parts]))]
    return [sure[0]] if len(sure) == 1 else [Value("", sure)]
