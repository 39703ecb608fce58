"""Secrets given to single steps of a build: the mount, what it takes, and how the build is run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Safety
from seawall.fixes.dockerfile.cutting import without, without_pair, without_word
from seawall.fixes.dockerfile.masked import masked
from seawall.fixes.dockerfile.placing import line_end
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage, Word

_MOST = 6
"""Steps that a proposal gives a mount: more of them are no single secret's use."""
_FRONT_END = Expression(
    r"(?:docker\.io/)?docker/dockerfile:(?:1|latest|labs|1-labs|1\.(\d+)(?:[.-][\w.-]*)?)"
)
_FIRST_WITH_ENV = 10
_SYNTAX = "# syntax=docker/dockerfile:1"
REVOKE = "whatever was passed so far counts as known: revoke it"


class Mount(Struct, frozen=True):
    """One secret for one step: what stands after RUN, and how `docker build` is told of it."""

    id: str
    options: str
    source: str

    @property
    def flag(self) -> str:
        """The flag, with the blank behind it."""
        return f"--mount=type=secret,id={self.id},{self.options} "

    @property
    def build(self) -> str:
        """The command that builds with it."""
        return f"# docker build --secret id={self.id},{self.source} …"


def of_variable(name: str) -> Mount:
    """A secret as an environment variable of the step; the caller has it in one of that name."""
    return Mount(identifier_of(name), f"env={name}", f"env={name}")


def of_file(name: str, target: str, mode: str = "") -> Mount:
    """A secret as a file of the step; the caller has it in a file."""
    base = name.rstrip("/").rpartition("/")[2]
    options = f"target={target}" + (f",mode={mode}" if mode else "")
    return Mount(identifier_of(base), options, f"src={name}")


def identifier_of(name: str) -> str:
    """An id from a name: `NPM_TOKEN` is npm_token, `.npmrc` npmrc."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "secret"


def front_end(dockerfile: Dockerfile) -> tuple[Edit, ...] | None:
    """What makes sure of a front end that knows `env=`; None where the file names an older one."""
    named = next((each for each in dockerfile.directives if each.name == "syntax"), None)
    if named is None:
        text = dockerfile.source.text
        start = 1 if text.startswith("\ufeff") else 0
        edit = Edit(start, start, _SYNTAX + line_end(dockerfile))
        return None if text.startswith("#!", start) else (edit,)
    found = _FRONT_END.fullmatch(named.value)
    return () if found and int(found[1] or _FIRST_WITH_ENV) >= _FIRST_WITH_ENV else None


def scope_of(dockerfile: Dockerfile, after: Instruction) -> Iterator[Instruction]:
    """The instructions that see what an instruction set: its stage's later ones, and children's."""
    origin: Stage | None = dockerfile.stage_of(after)
    for stage in dockerfile.stages:
        if origin in stage.lineage:
            yield from (each for each in stage.instructions if each.start > after.start)


def mentions(dockerfile: Dockerfile, name: str, after: Instruction) -> list[Instruction]:
    """The instructions of its scope in which a variable's name stands."""
    text, word = dockerfile.source.text, re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w])")
    return [each for each in scope_of(dockerfile, after) if word.search(text, each.start, each.end)]


def flags_for(uses: list[Instruction], mount: Mount) -> tuple[Edit, ...] | None:
    """The mount on each step; None where one is no RUN, or there are too many."""
    if len(uses) > _MOST or any(use.keyword != "RUN" for use in uses):
        return None
    starts = (use.flags[0].start if use.flags else use.body_start for use in uses)
    return tuple(Edit(start, start, mount.flag) for start in starts)


def taken_out(dockerfile: Dockerfile, owner: Instruction, word: Word) -> Edit | None:
    """An ARG's name, an ENV's or LABEL's pair, or a source of COPY, with all that goes with it."""
    if owner.keyword in {"ENV", "LABEL"}:
        index = next((i for i, each in enumerate(owner.arguments) if each.start == word.start), 0)
        is_only = len(owner.arguments) == 2
        return without(dockerfile, owner) if is_only else without_pair(dockerfile, owner, index)
    is_only = len(owner.arguments) == (2 if owner.keyword in {"COPY", "ADD"} else 1)
    if owner.is_json:
        return without(dockerfile, owner) if is_only else None
    return without(dockerfile, owner) if is_only else without_word(dockerfile, owner, word)


def proposal(dockerfile: Dockerfile, uses: list[Instruction], mount: Mount, *more: str) -> str:
    """The steps as they are to be written, and the command that builds them."""
    lines = [_with_flag(dockerfile, use, mount) for use in uses if use.keyword == "RUN"]
    lines = lines[:_MOST] or [f"RUN {mount.flag}…"]
    return "\n".join((*lines, mount.build, *more))


def _with_flag(dockerfile: Dockerfile, use: Instruction, mount: Mount) -> str:
    start = use.flags[0].start if use.flags else use.body_start
    rest = masked(dockerfile, start, use.end).split("\n", 1)[0]
    return f"RUN {mount.flag}{rest if len(rest) < 120 else rest[:117] + '…'}"


def guided(title: str, text: str, *edits: tuple[Edit, ...] | Edit | None) -> Fix:
    """A proposal; its edits are made only if all of them can be."""
    if any(each is None for each in edits):
        return Fix(Safety.GUIDED, title, proposal=text)
    made: list[Edit] = []
    for each in edits:
        made += each if isinstance(each, tuple) else [each] if each else []
    return Fix(Safety.GUIDED, title, tuple(made), proposal=text)
