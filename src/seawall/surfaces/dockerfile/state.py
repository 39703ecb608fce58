"""What each instruction does to the state of its stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

from seawall.core.model import Evidence
from seawall.surfaces.dockerfile.arguments import (
    MAX_SHOWN,
    Argument,
    GlobalArguments,
    chained,
    declared,
    no_default,
)
from seawall.surfaces.dockerfile.model import Instruction, Setting, Stage, Syntax, Word
from seawall.surfaces.dockerfile.ports import PortError, normalize_port
from seawall.surfaces.dockerfile.substitution import NoDefault, expansion
from seawall.surfaces.dockerfile.value import Value

DEFAULT_PATH = Value("PATH", ("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",))
"""BuildKit gives this PATH to a stage whose base image sets none."""

MAX_INHERITED = 200_000
"""Most entries that the stages of one file copy from their parents, lest a file of many
stages with many variables take all memory; a stage past it inherits no variables."""

MAX_PATH = 4096

_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
_WINDOWS = re.compile(r"\\|[A-Za-z]:")


class StageState:
    """The variables and settings of a stage while its instructions go by.

    The settings are those of `stage`, which is kept up to date. `faults` are what BuildKit
    would refuse if it builds the stage.
    """

    def __init__(
        self, stage: Stage, names: GlobalArguments, parent: StageState | None, room: int
    ) -> None:
        self.stage = stage
        self.faults: list[Syntax] = []
        self.is_scratch = stage.base.known == "scratch"
        self.copied = 0
        self._names = names
        self._variables: dict[str, Value] = {}
        self._exposed: list[Setting] = []
        self._volumes: list[Setting] = []
        self._triggers: list[Instruction] = []
        self._has_command = False
        if parent is not None:
            self._inherit(parent, room)

    def _inherit(self, parent: StageState, room: int) -> None:
        stage, source = self.stage, parent.stage
        stage.user, stage.workdir, stage.shell = source.user, source.workdir, source.shell
        stage.entrypoint, stage.command = source.entrypoint, source.command
        stage.healthcheck = source.healthcheck
        self.copied = (
            len(parent._variables) + len(source.labels) + len(source.exposed) + len(source.volumes)
        )
        if self.copied > room:
            return
        self.is_scratch = parent.is_scratch
        self._variables = parent._variables.copy()
        stage.env, stage.args, stage.labels = (
            source.env.copy(),
            source.args.copy(),
            source.labels.copy(),
        )
        self._exposed, self._volumes = list(source.exposed), list(source.volumes)

    def run(self, instructions: tuple[Instruction, ...]) -> None:
        """Apply instructions in order."""
        for instruction in instructions:
            handler = _HANDLERS.get(instruction.keyword)
            if handler is not None:
                handler(self, instruction)
            elif instruction.trigger is not None:
                self._triggers.append(instruction.trigger)

    def finish(self) -> None:
        """Give the stage its lists."""
        stage = self.stage
        stage.exposed, stage.volumes = tuple(self._exposed), tuple(self._volumes)
        stage.onbuild = tuple(self._triggers)

    def lookup(self, name: str) -> Value | None:
        """A variable at this point; one that nobody declares is the base image's affair."""
        value = self._variables.get(name)
        if value is not None:
            return value
        if self.is_scratch:
            return DEFAULT_PATH if name == "PATH" else None
        return Value(f"${name}", (), (name,))

    def _expand(self, text: str, line: int) -> Value:
        expanded = expansion(text, self.lookup, self._names.escape)
        if expanded.fault:
            self.faults.append(Syntax(expanded.fault, line))
        return expanded.value

    def _argument(self, instruction: Instruction) -> None:
        for argument in declared(instruction):
            value = self._value_of(argument)
            self.stage.args[argument.name] = Setting(value, instruction, argument.word)
            self._variables[argument.name] = value

    def _value_of(self, argument: Argument) -> Value:
        name = argument.name
        value = self._names.given(argument, self.lookup, self.faults)
        if value is None:
            outer = self._names.lookup(name)
            if outer is not None:
                value = chained(outer, argument.evidence)
        before = self._variables.get(name)
        if before is not None and (value is None or isinstance(value, NoDefault)):
            return before
        if value is None:
            return no_default(argument)
        env = self.stage.env.get(name)
        return value if env is None else _either(value, env.value)

    def _environment(self, instruction: Instruction) -> None:
        """Values are frozen at the start: `ENV A=1 B=$A` gives B the A of before."""
        line = instruction.line
        fresh = []
        for key, written in instruction.pairs:
            value = self._expand(written.text, line)
            name = self._key(key, line)
            link = Evidence(f"ENV {name}={written.text}"[:MAX_SHOWN], line)
            fresh.append((name, chained(value, link), _spanning(key, written)))
        for name, value, place in fresh:
            self.stage.env[name] = Setting(value, instruction, place)
            self._variables[name] = value

    def _key(self, key: Word, line: int) -> str:
        known = self._expand(key.text, line).known
        return key.text if known is None else known

    def _label(self, instruction: Instruction) -> None:
        for key, written in instruction.pairs:
            value = self._expand(written.text, instruction.line)
            name = self._key(key, instruction.line)
            self.stage.labels[name] = Setting(value, instruction, _spanning(key, written))

    def _user(self, instruction: Instruction) -> None:
        for word in instruction.arguments[:1]:
            value = self._expand(word.text, instruction.line)
            self.stage.user = Setting(value, instruction, word)

    def _workdir(self, instruction: Instruction) -> None:
        before = self.stage.workdir
        base = before.value if before else Value("", ("/",) if self.is_scratch else ())
        for word in instruction.arguments[:1]:
            value = self._expand(word.text, instruction.line)
            self.stage.workdir = Setting(_joined(base, value), instruction, word)

    def _shell(self, instruction: Instruction) -> None:
        text = " ".join(word.text for word in instruction.arguments)
        self.stage.shell = Setting(Value(text, (text,)), instruction, instruction)

    def _expose(self, instruction: Instruction) -> None:
        for word in instruction.arguments:
            value = self._expand(word.text, instruction.line)
            known = value.known
            specs = [known] if known is None else known.split()
            for spec in specs:
                one = value if spec is None else chained(Value(word.text, (spec,)), *value.evidence)
                port = self._ports(one, instruction.line)
                self._exposed.append(Setting(port, instruction, word))

    def _ports(self, value: Value, line: int) -> Value:
        try:
            ports = tuple(normalize_port(text) for text in value.candidates)
        except PortError as error:
            if value.known is not None:
                self.faults.append(Syntax(str(error), line))
            return value
        return Value(value.written, ports, value.missing, value.evidence)

    def _volume(self, instruction: Instruction) -> None:
        for word in instruction.arguments:
            value = self._expand(word.text, instruction.line)
            if value.known == "":
                message = "VOLUME specified can not be an empty string"
                self.faults.append(Syntax(message, instruction.line))
            self._volumes.append(Setting(value, instruction, word))

    def _command(self, instruction: Instruction) -> None:
        self.stage.command = instruction
        self._has_command = True

    def _entrypoint(self, instruction: Instruction) -> None:
        """An ENTRYPOINT drops a CMD that was inherited, not one of its own stage."""
        self.stage.entrypoint = instruction
        if not self._has_command:
            self.stage.command = None

    def _healthcheck(self, instruction: Instruction) -> None:
        self.stage.healthcheck = instruction


_HANDLERS: Mapping[str, Callable[[StageState, Instruction], None]] = {
    "ARG": StageState._argument,
    "ENV": StageState._environment,
    "LABEL": StageState._label,
    "USER": StageState._user,
    "WORKDIR": StageState._workdir,
    "SHELL": StageState._shell,
    "EXPOSE": StageState._expose,
    "VOLUME": StageState._volume,
    "CMD": StageState._command,
    "ENTRYPOINT": StageState._entrypoint,
    "HEALTHCHECK": StageState._healthcheck,
}


def _either(argument: Value, env: Value) -> Value:
    """An ARG after an ENV of its name: the reference says that ENV wins, BuildKit lets ARG win.

    So it is one of the two.
    """
    if env.candidates and argument.candidates:
        texts = tuple(dict.fromkeys(env.candidates + argument.candidates))
        return chained(Value(argument.written, texts, (), env.evidence), *argument.evidence)
    missing = tuple(dict.fromkeys(env.missing + argument.missing))
    return chained(Value(argument.written, (), missing, env.evidence), *argument.evidence)


def _spanning(key: Word, value: Word) -> Word:
    return Word(f"{key.text}={value.text}", key.start, value.end)


def _joined(base: Value, path: Value) -> Value:
    """A WORKDIR: absolute as it is, else below the one before."""
    if path.candidates and all(_ABSOLUTE.match(text) for text in path.candidates):
        texts = tuple(_clean(text) for text in path.candidates)
        return Value(path.written, texts, (), path.evidence)
    missing = tuple(dict.fromkeys(base.missing + path.missing))
    unknown = chained(Value(path.written, (), missing, path.evidence), *base.evidence)
    if base.known is None or path.known is None:
        return unknown
    separator = "\\" if _WINDOWS.match(base.known) else "/"
    text = _clean(f"{base.known}{separator}{path.known}")
    if len(text) > MAX_PATH:
        return unknown
    return chained(Value(path.written, (text,), (), path.evidence), *base.evidence)


def _clean(path: str) -> str:
    if _WINDOWS.match(path):
        return path
    return "/" + posixpath.normpath(path).lstrip("/")
