"""Every literal secret of a Dockerfile, gathered once for all the rules that ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Region
from seawall.core.telling import holds_any
from seawall.detectors.entropy import is_random
from seawall.detectors.names import KEYWORDS, Sort, is_signing_key, sort_of
from seawall.detectors.secrets import (
    Secret,
    find_by_name,
    find_formats,
    find_named,
    judge,
)
from seawall.rules.secrets import commands
from seawall.rules.secrets.places import Literal, of_shell_word, of_word, overlaps
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command, Redirect, Script


class Sighting(Struct, frozen=True):
    """A literal secret at a place of the file.

    `by` is the variable, option or format that gave it away; `instruction` is None for a comment;
    `command` is the program that it is given to, empty for none.
    """

    secret: Secret
    at: Region
    by: str
    instruction: Instruction | None
    command: Command | None = None


class _Same:
    """A key that is equal only to itself: facts are too large to hash by content."""

    __slots__ = ("facts",)

    def __init__(self, facts: Dockerfile) -> None:
        self.facts = facts

    def __hash__(self) -> int:
        return id(self.facts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.facts is self.facts


def sightings(dockerfile: Dockerfile) -> tuple[Sighting, ...]:
    """Every literal secret, in the order of the file; each place once."""
    return _gathered(_Same(dockerfile))


@lru_cache(maxsize=1)
def _gathered(key: _Same) -> tuple[Sighting, ...]:
    found: list[Sighting] = []
    places: list[Region] = []
    for sighting in _all(key.facts):
        if not overlaps(sighting.at, places):
            places.append(sighting.at)
            found.append(sighting)
    return tuple(sorted(found, key=lambda sighting: sighting.at.start))


def _all(dockerfile: Dockerfile) -> Iterator[Sighting]:
    """The surest first, since of two at one place the first stays."""
    yield from _formats(dockerfile)
    # Every word that tells of a secret holds one of these.
    can_name = holds_any(dockerfile.source.lowered, (*KEYWORDS, "identified"))
    if can_name:
        for instruction in dockerfile.instructions:
            yield from _declared(dockerfile, instruction)
    for instruction in dockerfile.of("CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD"):
        inner = instruction.trigger or instruction
        if inner.keyword in _STARTING and _starts_telling(inner):
            yield from _of_start(dockerfile, instruction)
    yield from _programs(dockerfile)
    if can_name:
        yield from _scripts(dockerfile)


_STARTING = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def _declared(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Sighting]:
    inner = instruction.trigger or instruction
    if inner.keyword in {"ENV", "LABEL"}:
        yield from _pairs(inner, instruction)
    elif inner.keyword == "ARG":
        yield from _arguments(inner, instruction)
    elif inner.heredocs and inner.keyword in {"COPY", "ADD"}:
        yield from _bodies(dockerfile, instruction)


# In a comment only what cannot be an illustration counts.
_ILLUSTRATIONS = frozenset({"url-credential", "registry-auth", "jwt", "private-key"})


def _formats(dockerfile: Dockerfile) -> Iterator[Sighting]:
    for secret in find_formats(dockerfile.source.text):
        instruction = _instruction_at(dockerfile, secret.start)
        if _in_comment(dockerfile, secret.start):
            if secret.kind in _ILLUSTRATIONS:
                continue
            instruction = None
        place = Region(secret.start, secret.end)
        by = _name_at(instruction, secret.start) if instruction else ""
        yield Sighting(secret, place, by or secret.kind, instruction)


def _name_at(instruction: Instruction, offset: int) -> str:
    """The variable or label whose value stands at an offset; empty for none."""
    inner = instruction.trigger or instruction
    if inner.keyword in {"ENV", "LABEL"}:
        pairs = inner.pairs
        return next((k.text.strip("\"'") for k, v in pairs if v.start <= offset < v.end), "")
    if inner.keyword == "ARG":
        words = inner.arguments
        return next((w.text.partition("=")[0] for w in words if w.start <= offset < w.end), "")
    return ""


def _instruction_at(dockerfile: Dockerfile, offset: int) -> Instruction | None:
    return next((i for i in dockerfile.instructions if i.start <= offset < i.end), None)


def _in_comment(dockerfile: Dockerfile, offset: int) -> bool:
    return any(comment.start <= offset < comment.end for comment in dockerfile.comments)


def _seen(
    secret: Secret | None,
    literal: Literal,
    by: str,
    instruction: Instruction,
    command: Command | None = None,
) -> Iterator[Sighting]:
    if secret is not None:
        yield Sighting(secret, literal.within(secret.start, secret.end), by, instruction, command)


def _pairs(inner: Instruction, instruction: Instruction) -> Iterator[Sighting]:
    for key, value in inner.pairs:
        name = key.text.strip("\"'")
        if sort_of(name) is not None:
            literal = of_word(value)
            yield from _seen(find_by_name(name, literal.text), literal, name, instruction)
        elif inner.keyword == "ENV" and "=" in value.text and _tells(value.text):
            yield from _in_literal(of_word(value), instruction, None)


def _arguments(inner: Instruction, instruction: Instruction) -> Iterator[Sighting]:
    for word in inner.arguments:
        name, sign, _ = word.text.partition("=")
        if sign and sort_of(name) is not None:
            literal = _value_of(word.text, word.start, word.end, len(name) + 1)
            yield from _seen(find_by_name(name, literal.text), literal, name, instruction)


def _value_of(text: str, start: int, end: int, skip: int) -> Literal:
    value = text[skip:]
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]:
        value, skip = value[1:-1], skip + 1
    if end - start != len(text):
        return Literal(value, start, end)
    return Literal(value, start + skip, start + skip + len(value))


def _bodies(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Sighting]:
    inner = instruction.trigger or instruction
    for heredoc in inner.heredocs:
        yield from _in_source(dockerfile, instruction, heredoc.start, heredoc.end)


def _in_source(
    dockerfile: Dockerfile, instruction: Instruction, start: int, end: int
) -> Iterator[Sighting]:
    literal = Literal(dockerfile.source.text[start:end], start, end)
    yield from _in_literal(literal, instruction, None)


def _in_literal(
    literal: Literal, instruction: Instruction, command: Command | None
) -> Iterator[Sighting]:
    for secret in find_named(literal.text):
        yield from _seen(secret, literal, secret.name, instruction, command)


_TELLING = (
    "passw",
    "passphrase",
    "pass=",
    "pwd",
    "secret",
    "token",
    "_key",
    "-key",
    "apikey",
    "accesskey",
    "credential",
    "identified",
    "pass ",
    "_pat",
    "_auth",
    "authoriz",
)


def _tells(text: str) -> bool:
    """Whether a script can hold a named secret: a cheap first test."""
    return holds_any(text.lower(), _TELLING)


def _starts_telling(inner: Instruction) -> bool:
    return _tells(inner.text) or holds_any(inner.text, ("-u", "-p", "-a"))


def _programs(dockerfile: Dockerfile) -> Iterator[Sighting]:
    for instruction, command in dockerfile.commands(*commands.PROGRAMS):
        yield from _given(dockerfile, instruction, command)


def _given(
    dockerfile: Dockerfile, instruction: Instruction, command: Command
) -> Iterator[Sighting]:
    for given in commands.given_to(command):
        secret = judge(given.sort, given.literal.text)
        if secret and _is_file(dockerfile, given.literal.text):
            continue
        by = f"{command.name} {given.by}"
        yield from _seen(secret, given.literal, by, instruction, command)


def _is_file(dockerfile: Dockerfile, value: str) -> bool:
    """Whether a step of the file writes to that name: then an option gives a file, no secret."""
    text = dockerfile.source.text
    return any(f"{sign}{value}" in text for sign in ("> ", ">", "-o ", "-O "))


def _scripts(dockerfile: Dockerfile) -> Iterator[Sighting]:
    if not holds_any(dockerfile.source.lowered, _TELLING):
        return
    text = dockerfile.source.text
    for instruction, script in dockerfile.scripts:
        if not _tells(text[instruction.start : instruction.end]):
            continue
        yield from _script(dockerfile, instruction, script)


def _script(dockerfile: Dockerfile, instruction: Instruction, script: Script) -> Iterator[Sighting]:
    if script.unread:
        yield from _in_source(dockerfile, instruction, script.start, script.end)
    text = dockerfile.source.text
    for command in script.commands:
        if _tells(text[command.start : command.end]):
            yield from _piped(instruction, script, command)
            yield from _assigned(instruction, command)
            yield from _given(dockerfile, instruction, command)
            yield from _in_words(instruction, command)
        for redirect in command.redirects:
            if redirect.body:
                yield from _in_body(dockerfile, instruction, redirect)


def _piped(instruction: Instruction, script: Script, command: Command) -> Iterator[Sighting]:
    """`echo secret | docker login --password-stdin`: what is safe to read was not safe to write."""
    if command.position == 0 or not command.has_option("--password-stdin", "--with-token"):
        return
    for other in script.commands:
        is_before = other.pipeline == command.pipeline and other.position == command.position - 1
        if is_before and other.name in {"echo", "printf"}:
            for word in other.operands():
                literal = of_shell_word(word)
                secret = judge(Sort.PASSWORD, literal.text)
                by = f"{command.name} --password-stdin"
                yield from _seen(secret, literal, by, instruction, other)


def _in_body(
    dockerfile: Dockerfile, instruction: Instruction, redirect: Redirect
) -> Iterator[Sighting]:
    """A here-document of the shell's own, from where its text stands in the file."""
    found = dockerfile.source.text.find(redirect.body, redirect.start, instruction.end)
    start = max(found, redirect.start)
    yield from _in_source(dockerfile, instruction, start, start + len(redirect.body))


def _of_start(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Sighting]:
    """CMD, ENTRYPOINT and HEALTHCHECK, in shell form and in JSON form."""
    script = dockerfile.script_of(instruction)
    if script is not None:
        for command in script.commands:
            yield from _given(dockerfile, instruction, command)
        yield from _script(dockerfile, instruction, script)


def _assigned(instruction: Instruction, command: Command) -> Iterator[Sighting]:
    for assignment in command.assignments:
        literal = of_shell_word(assignment.value)
        secret = find_by_name(assignment.name, literal.text)
        if secret and not (is_signing_key(assignment.name) and not is_random(literal.text)):
            yield from _seen(secret, literal, assignment.name, instruction, command)


_SHORTEST = len("pwd=ab")

_SUBSTITUTION = Expression(
    r"(?:^|[\s;'\"{])s(?P<mark>[/|#@,!%:~+])(?:\\.|(?!(?P=mark))[^\\]){0,400}(?P=mark)"
    r"(?P<new>(?:\\.|(?!(?P=mark))[^\\]){0,400})(?P=mark)",
    re.DOTALL,
)


def _in_words(instruction: Instruction, command: Command) -> Iterator[Sighting]:
    """Assignments inside the words: echoed properties, SQL, `--password=x`, sed's new text."""
    for word in command.words:
        if len(word.text) < _SHORTEST or not _tells(word.text):
            continue
        literal = of_shell_word(word)
        if command.name == "sed":
            yield from _in_replacements(literal, instruction, command)
        elif not _is_for_build(literal.text):
            yield from _in_literal(literal, instruction, command)


def _in_replacements(
    literal: Literal, instruction: Instruction, command: Command
) -> Iterator[Sighting]:
    for found in _SUBSTITUTION.finditer(literal.text):
        place = literal.within(*found.span("new"))
        part = Literal(found["new"], place.start, place.end)
        yield from _in_literal(part, instruction, command)


_ASSIGNMENT = Expression(r"([A-Za-z_]\w{0,60})=(.*)", re.DOTALL)


def _is_for_build(text: str) -> bool:
    """`env SECRET_KEY=build-only manage.py …`: a framework's key that signs nothing here."""
    found = _ASSIGNMENT.fullmatch(text)
    return found is not None and is_signing_key(found[1]) and not is_random(found[2])
