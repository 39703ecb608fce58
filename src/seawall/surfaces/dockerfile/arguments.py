"""ARG: the global scope before the first FROM, the platform arguments, and `--build-arg`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from seawall.core.model import Evidence
from seawall.surfaces.dockerfile.model import Instruction, Syntax, Word
from seawall.surfaces.dockerfile.substitution import (
    MAX_EVIDENCE,
    Lookup,
    NoDefault,
    expansion,
)
from seawall.surfaces.dockerfile.value import Value

PLATFORM_ARGUMENTS = frozenset(
    side + what
    for side in ("TARGET", "BUILD")
    for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
"""Set by BuildKit from the platforms of the build; usable in FROM without a declaration."""

_SYSTEMS = (
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 "
    "solaris windows zos"
)
_ARCHITECTURES = (
    "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 "
    "mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm"
)
PLATFORM_CHOICES = {
    side + what: tuple(names.split())
    for side in ("TARGET", "BUILD")
    for what, names in (("OS", _SYSTEMS), ("ARCH", _ARCHITECTURES))
}
"""What the platform arguments can be: the systems and architectures that Go knows."""

MAX_SHOWN = 200


class Argument(Struct, frozen=True):
    """One declaration of an ARG instruction: `default` is None where none is written."""

    name: str
    default: str | None
    word: Word
    line: int

    @property
    def evidence(self) -> Evidence:
        """The declaration as a link of a chain."""
        return Evidence(f"ARG {self.word.text}"[:MAX_SHOWN], self.line)


def declared(instruction: Instruction) -> Iterator[Argument]:
    """The arguments that an ARG instruction declares, in order."""
    for word in instruction.arguments:
        name, equals, default = word.text.partition("=")
        yield Argument(name, default if equals else None, word, instruction.line)


def chained(value: Value, *links: Evidence, written: str | None = None) -> Value:
    """The same value with more evidence in front, and in other words where these are given."""
    evidence = tuple(dict.fromkeys((*links, *value.evidence)))[:MAX_EVIDENCE]
    kind = type(value)
    return kind(
        value.written if written is None else written, value.candidates, value.missing, evidence
    )


class GlobalArguments:
    """What FROM can see, and what `ARG NAME` in a stage takes up.

    `stage_name` is the name of the target stage: BuildKit gives it as TARGETSTAGE.
    """

    def __init__(self, build_args: Mapping[str, str], stage_name: str, escape: str) -> None:
        self.build_args = build_args
        self.escape = escape
        self.faults: list[Syntax] = []
        self._stage_name = stage_name
        self._values: dict[str, Value] = {}

    def declare(self, instruction: Instruction) -> None:
        """Take in an ARG instruction from before the first FROM."""
        for argument in declared(instruction):
            value = self.given(argument, self.lookup, self.faults)
            if value is None and argument.name not in PLATFORM_ARGUMENTS:
                value = self._values.get(argument.name, no_default(argument))
            if value is not None:
                self._values[argument.name] = value

    def lookup(self, name: str) -> Value | None:
        """A variable as FROM sees it; what is not declared is empty."""
        value = self._values.get(name)
        return self._platform(name) if value is None else value

    def given(self, argument: Argument, lookup: Lookup, faults: list[Syntax]) -> Value | None:
        """What `--build-arg`, else the default, makes of a declaration; None where neither is."""
        passed = self.build_args.get(argument.name)
        if passed is not None:
            link = Evidence(f"--build-arg {argument.name}={passed}"[:MAX_SHOWN])
            return Value(argument.word.text, (passed,), (), (link, argument.evidence))
        if argument.default is None:
            return None
        expanded = expansion(argument.default, lookup, self.escape)
        if expanded.fault:
            faults.append(Syntax(expanded.fault, argument.line))
        return chained(expanded.value, argument.evidence)

    def _platform(self, name: str) -> Value | None:
        if name == "TARGETSTAGE":
            return Value(name, (self.build_args.get(name, self._stage_name),))
        if name not in PLATFORM_ARGUMENTS:
            return None
        passed = self.build_args.get(name)
        return Value(name, (), (name,)) if passed is None else Value(name, (passed,))


def no_default(argument: Argument) -> NoDefault:
    """An argument that only the caller can give a value."""
    return NoDefault(argument.word.text, (), (argument.name,), (argument.evidence,))
