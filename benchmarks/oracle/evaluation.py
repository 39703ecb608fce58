"""The final user and every image reference of a Dockerfile, from the Go parser's instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dockerfile

from oracle import bases
from oracle.substitution import HOLE, REFUSED, RefusedError, expand

PLATFORM = {
    f"{side}{part}": value
    for side in ("TARGET", "BUILD")
    for part, value in (
        ("PLATFORM", "linux/amd64"),
        ("OS", "linux"),
        ("ARCH", "amd64"),
        ("VARIANT", ""),
    )
}
"""The oracle builds on and for linux/amd64."""

MOVES, PINNED, OPEN, INVALID = "moves", "pinned", "open", "refused"

_PART = r"[a-z0-9\0](?:[a-z0-9._\0-]*[a-z0-9\0])?"
_REFERENCE = re.compile(
    rf"(?:[A-Za-z0-9\0][A-Za-z0-9.\0-]*(?::[0-9\0]+)?/)?{_PART}(?:/{_PART})*"
    r"(?::[\w\0][\w.\0-]{0,127})?(?:@[a-z0-9]+:[0-9a-f\0]{32,}|@\0)?",
    re.ASCII,
)
"""A reference as the distribution project's grammar has it, holes allowed anywhere."""
_ESCAPE = re.compile(r"\A(?:#[^\n]*\n)*?#\s*escape\s*=\s*(.)", re.IGNORECASE)


class UnreadableError(Exception):
    """The Go parser refuses the file, or it has no stage."""


@dataclass(frozen=True)
class Reference:
    """An image that the build takes from outside: `value` may hold holes.

    `line` to `end_line` are those of the instruction; `written` is the reference in the file.
    """

    via: str
    line: int
    end_line: int
    written: str
    value: str


@dataclass
class Stage:
    """One stage as it stands after its last instruction."""

    name: str
    base: str
    parent: Stage | None
    user: str | None = None
    user_line: int = 0
    env: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    triggers: list[tuple[str, tuple[str, ...], int]] = field(default_factory=list)

    @property
    def root_base(self) -> str:
        """The image from outside that the chain of stages begins with."""
        return self.parent.root_base if self.parent else self.base

    def variables(self) -> dict[str, str]:
        """What a word of this stage may use: ENV goes before ARG."""
        return {**self.args, **self.env}


@dataclass(frozen=True)
class Reading:
    """What the file comes to."""

    final: Stage
    references: tuple[Reference, ...]


def read(path: str) -> Reading:
    """Evaluate a Dockerfile; raises UnreadableError for what is no Dockerfile."""
    return _Evaluation(path).run()


class _Evaluation:
    def __init__(self, path: str) -> None:
        try:
            self.commands = dockerfile.parse_file(path)
        except (dockerfile.GoParseError, UnicodeDecodeError) as error:
            raise UnreadableError(str(error)) from error
        match = _ESCAPE.match(Path(path).read_text(encoding="utf-8", errors="replace"))
        self.escape = match[1] if match else "\\"
        self.globals: dict[str, str] = {}
        self.stages: list[Stage] = []
        self.references: list[Reference] = []

    def run(self) -> Reading:
        """Go through the instructions once, in order."""
        for number, command in enumerate(self.commands):
            following = self.commands[number + 1 : number + 2]
            end = following[0].start_line - 1 if following else 1 << 30
            keyword = command.cmd.upper()
            if keyword == "FROM":
                self._start_stage(command, end)
            elif not self.stages:
                self._global_argument(keyword, command.value)
            else:
                self._instruct(command, keyword, end)
        if not self.stages:
            raise UnreadableError("no FROM")
        return Reading(self.stages[-1], tuple(self.references))

    def _expand(self, word: str, variables: dict[str, str]) -> str:
        try:
            return expand(word, variables, self.escape)
        except RefusedError:
            return REFUSED

    def _global_argument(self, keyword: str, words: tuple[str, ...]) -> None:
        if keyword != "ARG":
            return
        for word in words:
            name, equals, default = word.partition("=")
            if equals:
                self.globals[name] = self._expand(default, {**PLATFORM, **self.globals})

    def _start_stage(self, command: dockerfile.Command, end: int) -> None:
        written = command.value[0]
        base = self._expand(written, {**PLATFORM, **self.globals})
        parent = self._stage_named(base)
        stage = Stage(command.value[2] if len(command.value) > 2 else "", base, parent)
        if parent is not None:
            stage.user, stage.user_line = parent.user, parent.user_line
            stage.env, stage.args = dict(parent.env), dict(parent.args)
        elif base != "scratch":
            self._refer("FROM", command.start_line, end, written, base)
            known = bases.find(*split(base)[:2])
            stage.env = dict(known.env) if known else {}
        self.stages.append(stage)
        for keyword, words, line in parent.triggers if parent else ():
            self._set(stage, keyword, words, line)

    def _stage_named(self, name: str) -> Stage | None:
        named = (s for s in reversed(self.stages) if s.name and s.name.lower() == name.lower())
        return next(named, None)

    def _refer(self, via: str, line: int, end: int, written: str, value: str) -> None:
        self.references.append(Reference(via, line, end, written, value))

    def _instruct(self, command: dockerfile.Command, keyword: str, end: int) -> None:
        stage = self.stages[-1]
        if keyword == "ONBUILD":
            inner = (command.sub_cmd or "").upper()
            stage.triggers.append((inner, command.value, command.start_line))
        else:
            self._set(stage, keyword, command.value, command.start_line)
        for via, written in _taken_from(keyword, command):
            value = self._expand(written, {**PLATFORM, **stage.variables()})
            if not value.isdigit() and self._stage_named(value) is None and value != "scratch":
                self._refer(via, command.start_line, end, written, value)

    def _set(self, stage: Stage, keyword: str, words: tuple[str, ...], line: int) -> None:
        variables = stage.variables()
        if keyword == "USER" and words:
            stage.user, stage.user_line = self._expand(words[0], variables), line
        elif keyword == "ENV":
            for name, value in zip(words[::2], words[1::2], strict=False):
                stage.env[self._expand(name, variables)] = self._expand(value, variables)
        elif keyword == "ARG":
            self._declare(stage, words, variables)

    def _declare(self, stage: Stage, words: tuple[str, ...], variables: dict[str, str]) -> None:
        for word in words:
            name, equals, default = word.partition("=")
            if equals:
                stage.args[name] = self._expand(default, variables)
            elif name in self.globals:
                stage.args[name] = self.globals[name]
            elif name in PLATFORM:
                stage.args[name] = PLATFORM[name]


def _taken_from(keyword: str, command: dockerfile.Command) -> Iterator[tuple[str, str]]:
    """`(via, reference as written)` of COPY --from and RUN --mount=…,from=…"""
    for flag in command.flags:
        name, _, value = flag.removeprefix("--").partition("=")
        if keyword == "COPY" and name == "from":
            yield "COPY", value
        elif keyword == "RUN" and name == "mount":
            for option in value.split(","):
                key, _, source = option.partition("=")
                if key.strip().lower() == "from" and source:
                    yield "MOUNT", source


def split(value: str) -> tuple[str, str, str]:
    """`(name, tag, digest)` of a reference with docker.io and library/ left out of the name."""
    rest, _, digest = value.partition("@")
    directory, slash, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    name = directory + slash + last
    for prefix in ("docker.io/", "index.docker.io/", "registry-1.docker.io/", "library/"):
        name = name.removeprefix(prefix)
    return name, tag, digest


def status(value: str) -> str:
    """MOVES (whatever was pushed last), PINNED by tag or digest, OPEN, or INVALID."""
    if not is_reference(value):
        return INVALID
    _, tag, digest = split(value)
    last = value.partition("@")[0].rpartition("/")[2]
    name, colon, _ = last.partition(":")
    if digest:
        return OPEN if HOLE in digest else PINNED
    if HOLE in name or (colon and tag == HOLE):
        return OPEN
    if HOLE in tag and "latest".startswith(tag.partition(HOLE)[0]):
        return OPEN
    return MOVES if tag in {"", "latest"} else PINNED


def is_reference(value: str) -> bool:
    """Whether BuildKit would take it for an image."""
    return _REFERENCE.fullmatch(value) is not None
