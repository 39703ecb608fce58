"""The facts of a Dockerfile: instructions with exact places, stages and their evaluated state."""

from __future__ import annotations

from enum import Enum
from typing import Any

from msgspec import Struct

from seawall.core.once import once
from seawall.core.source import Source
from seawall.surfaces.dockerfile.value import Value
from seawall.surfaces.shell.model import Command, Script


class Word(Struct, frozen=True):
    """One argument as BuildKit's parser gives it: quotes and `$` are still in `text`.

    In JSON form `text` is the decoded string and the place is that of the quoted string.
    """

    text: str
    start: int
    end: int


class Flag(Struct, frozen=True):
    """`--name=value`: `value` is None for a bare `--name`; the place is that of the whole flag.

    `value_start` is the offset of the value's first character (`end` for a bare flag).
    """

    name: str
    value: str | None
    start: int
    end: int
    value_start: int


class Mount(Struct, frozen=True):
    """One `RUN --mount`: its options by lower-case key; `type` is bind where none is given."""

    type: str
    options: dict[str, str]
    flag: Flag

    @property
    def start(self) -> int:
        """Where its flag starts."""
        return self.flag.start

    @property
    def end(self) -> int:
        """Where its flag ends."""
        return self.flag.end

    @property
    def source_image(self) -> str:
        """What `from=` names: a stage, an image or a named context; empty for none."""
        return self.options.get("from", "")


class Heredoc(Struct, frozen=True):
    """A here-document: `expand` is False where the delimiter was quoted.

    The place is that of the body (without the terminator line); `content` is what BuildKit
    makes of it (tabs chomped for `<<-`).
    """

    name: str
    descriptor: int
    content: str
    expand: bool
    chomp: bool
    start: int
    end: int


class Comment(Struct, frozen=True):
    """A comment line: `text` from `#` on, without the line end. Directives are not comments."""

    text: str
    line: int
    start: int
    end: int


class Directive(Struct, frozen=True):
    """A parser directive (`# syntax=`, `# escape=`, `# check=`); the place is the value's."""

    name: str
    value: str
    start: int
    end: int


class Syntax(Struct, frozen=True):
    """What is wrong with a file in BuildKit's words, and its line."""

    message: str
    line: int


class Instruction(Struct, frozen=True, dict=True):
    """One instruction.

    `keyword` is upper case. `start` to `end` covers everything, heredoc bodies and terminators
    included, without the last line end. `body_start` is where the arguments start (after flags).
    `text` is the arguments as one logical line (continuations joined, comments removed).
    `arguments` are what the Go parser calls values: one word for shell-form RUN, CMD and
    ENTRYPOINT; one for each string of the JSON form; `key, value` in turn for ENV and LABEL;
    HEALTHCHECK's type then its command. For ONBUILD, `trigger` is the inner instruction.
    `stage` is the index of the stage that it belongs to, -1 before the first FROM.
    """

    keyword: str
    start: int
    end: int
    body_start: int
    line: int
    end_line: int
    text: str
    flags: tuple[Flag, ...]
    arguments: tuple[Word, ...]
    is_json: bool
    heredocs: tuple[Heredoc, ...]
    stage: int
    trigger: Instruction | None = None

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)

    @once
    def pairs(self) -> tuple[tuple[Word, Word], ...]:
        """ENV and LABEL as (key, value) words, quotes as written."""
        return tuple(zip(self.arguments[::2], self.arguments[1::2], strict=False))

    @once
    def mounts(self) -> tuple[Mount, ...]:
        """`--mount` flags, read as BuildKit reads them (CSV fields; bare keys mean true)."""
        from seawall.surfaces.dockerfile.mounts import read_mounts  # noqa: PLC0415 -- few files mount

        return read_mounts(self)


class Setting(Struct, frozen=True):
    """A value that an instruction set: USER, WORKDIR, one ENV key, one ARG, …"""

    value: Value
    by: Instruction
    at: Word | Instruction

    @property
    def start(self) -> int:
        """Where the setting's own words start."""
        return self.at.start

    @property
    def end(self) -> int:
        """Where they end."""
        return self.at.end


class Reach(Enum):
    """How a stage takes part in the image that is built."""

    FINAL = "is the final image or an ancestor of it"
    FEEDS = "only gives files to the final image"
    UNUSED = "is not built for this target"


class ImageUse(Struct, frozen=True):
    """A place where the build names an image that no stage and no named context provides.

    `via` is FROM, COPY, MOUNT, SYNTAX or ONBUILD. `value` is the reference after evaluation.
    The place is that of the reference as written; `evidence` chains to the ARG that gave it.
    """

    via: str
    value: Value
    start: int
    end: int
    stage: int
    platform: Value | None = None


class Stage(Struct, dict=True):
    """One stage with what it inherits: every property is the state at the stage's end.

    `base` is the image that it starts FROM after evaluation; `parent` the local stage it names
    instead. `user`, `workdir`, … are None where neither the stage nor its local ancestors set
    them: then the base image's own setting holds. `env` and `args` are by name; `onbuild` are
    the triggers that this stage leaves for its children.
    """

    index: int
    name: str
    source: Instruction
    base: Value
    platform: Value | None
    parent: Stage | None
    instructions: tuple[Instruction, ...]
    reach: Reach = Reach.UNUSED
    user: Setting | None = None
    workdir: Setting | None = None
    shell: Setting | None = None
    entrypoint: Instruction | None = None
    command: Instruction | None = None
    healthcheck: Instruction | None = None
    env: dict[str, Setting] = {}
    args: dict[str, Setting] = {}
    exposed: tuple[Setting, ...] = ()
    volumes: tuple[Setting, ...] = ()
    labels: dict[str, Setting] = {}
    onbuild: tuple[Instruction, ...] = ()

    @property
    def label(self) -> str:
        """How messages and symbols call it: its name, else its number from 0."""
        return self.name or str(self.index)

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """This stage and its local ancestors, nearest first."""
        chain, stage = [self], self.parent
        while stage is not None:
            chain.append(stage)
            stage = stage.parent
        return tuple(chain)

    @property
    def root_base(self) -> Value:
        """The external image at the end of the lineage (`scratch` included)."""
        return self.lineage[-1].base


class Dockerfile(Struct, frozen=True, dict=True):
    """A whole file: what was written, and what it comes to.

    `errors` are BuildKit's: where there is one, BuildKit would refuse the file; the instructions
    before it are still judged. `target` is the stage that is built (the last one by default).
    """

    source: Source
    directives: tuple[Directive, ...]
    comments: tuple[Comment, ...]
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    target: Stage | None
    images: tuple[ImageUse, ...]
    warnings: tuple[Syntax, ...]
    errors: tuple[Syntax, ...]

    @once
    def derived(self) -> dict[str, Any]:
        """What rules worked out of this file, by the name of what they worked out: kept here so
        that the next rule need not do it again."""
        return {}

    @once
    def _by_keyword(self) -> dict[str, list[Instruction]]:
        index: dict[str, list[Instruction]] = {}
        for instruction in self.instructions:
            index.setdefault(instruction.keyword, []).append(instruction)
        return index

    def of(self, *keywords: str) -> list[Instruction]:
        """The instructions with one of these upper-case keywords; in file order for one keyword."""
        index = self._by_keyword
        found: list[Instruction] = []
        for keyword in keywords:
            if keyword in index:
                found += index[keyword]
        return found

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage that an instruction stands in; None before the first FROM."""
        return self.stages[instruction.stage] if instruction.stage >= 0 else None

    @once
    def scripts(self) -> tuple[tuple[Instruction, Script], ...]:
        """Every shell script of the file: RUN in shell form, heredoc or `["sh", "-c", …]`,
        and RUN triggers of ONBUILD. CMD, ENTRYPOINT and HEALTHCHECK: see `script_of`."""
        from seawall.surfaces.dockerfile.scripts import read_scripts  # noqa: PLC0415 -- the grammar on use

        return read_scripts(self)

    def script_of(self, instruction: Instruction) -> Script | None:
        """The shell tree of any RUN, CMD, ENTRYPOINT or HEALTHCHECK; None where it has none."""
        from seawall.surfaces.dockerfile.scripts import script_of  # noqa: PLC0415 -- the grammar on use

        known: dict[int, Script | None] = self.derived.setdefault("scripts", {})
        if instruction.start not in known:
            known[instruction.start] = script_of(self, instruction)
        return known[instruction.start]

    @once
    def _commands_by_name(self) -> dict[str, list[tuple[Instruction, Command]]]:
        index: dict[str, list[tuple[Instruction, Command]]] = {}
        for instruction, script in self.scripts:
            for command in script.commands:
                index.setdefault(command.name, []).append((instruction, command))
        return index

    def commands(self, *names: str) -> list[tuple[Instruction, Command]]:
        """Every command of every RUN whose program has one of these names (see `Command.name`).

        A dictionary look-up: a rule for `curl` costs nothing in a file without it.
        """
        index = self._commands_by_name
        found: list[tuple[Instruction, Command]] = []
        for name in names:
            if name in index:
                found += index[name]
        return found
