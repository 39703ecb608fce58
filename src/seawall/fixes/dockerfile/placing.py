"""Where in a stage new instructions go, and how they are written there."""

from __future__ import annotations

import json
from collections.abc import Iterable

from seawall.core.model import Edit
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage

WIDTH = 100
_ACTS = frozenset({"RUN", "COPY", "ADD", "WORKDIR", "USER", "SHELL", "ONBUILD"})
_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def line_end(dockerfile: Dockerfile) -> str:
    """How the file ends its lines."""
    text = dockerfile.source.text
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def escape(dockerfile: Dockerfile) -> str:
    """The character that continues a line in this file."""
    return next((d.value for d in dockerfile.directives if d.name == "escape"), "\\")


def last_act(stage: Stage) -> Instruction:
    """The last instruction of a stage that does something as its user; else its FROM."""
    acts = [each for each in stage.instructions if each.keyword in _ACTS]
    return acts[-1] if acts else stage.source


def end_of_stage(dockerfile: Dockerfile, stage: Stage) -> int:
    """Where a last USER goes: before the CMD, ENTRYPOINT or HEALTHCHECK after the last act.

    A comment just above one of them stays with it. Without one it is the end of the stage.
    """
    acted = last_act(stage)
    for instruction in stage.instructions:
        if instruction.start > acted.start and instruction.keyword in _STARTS:
            return above(dockerfile, instruction)
    return below(dockerfile, stage.instructions[-1] if stage.instructions else stage.source)


def above(dockerfile: Dockerfile, instruction: Instruction) -> int:
    """The start of an instruction's line, or of the comments that stand directly above it."""
    source = dockerfile.source
    line = instruction.line
    comments = {comment.line for comment in dockerfile.comments}
    while line - 1 in comments:
        line -= 1
    return source.line_starts[line - 1]


def below(dockerfile: Dockerfile, instruction: Instruction) -> int:
    """The start of the line after an instruction; the end of the text where it is the last."""
    starts = dockerfile.source.line_starts
    line = dockerfile.source.line_of(max(instruction.start, instruction.end - 1))
    return starts[line] if line < len(starts) else len(dockerfile.source.text)


def is_open_ended(dockerfile: Dockerfile, offset: int) -> bool:
    """Whether the line before a place says that it goes on: nothing can be put there."""
    before = dockerfile.source.text[:offset].rstrip("\r\n \t")
    line = before[before.rfind("\n") + 1 :]
    return line.endswith(escape(dockerfile)) and not line.lstrip().startswith("#")


def inserted(dockerfile: Dockerfile, offset: int, lines: Iterable[str]) -> Edit:
    """New lines at the start of a line; the blank line before that place is kept on both sides."""
    text, end = dockerfile.source.text, line_end(dockerfile)
    written = "".join(line + end for line in lines)
    if offset >= len(text):
        is_open = bool(text) and not text.endswith("\n")
        return Edit(offset, offset, end + written.removesuffix(end) if is_open else written)
    before = text[:offset]
    is_set_apart = before.endswith((end + end, "\n\n")) and not text.startswith(end, offset)
    return Edit(offset, offset, written + end if is_set_apart else written)


def run(dockerfile: Dockerfile, steps: Iterable[str], is_posix: bool = True) -> list[str]:
    """The lines of a RUN that does these steps, each only if the one before succeeded.

    Where SHELL has made another program read what stands after RUN, /bin/sh is named.
    """
    steps = list(steps)
    joined = " && ".join(steps)
    if not is_posix:
        return ["RUN " + json.dumps(["/bin/sh", "-c", joined])]
    if len(joined) + 4 <= WIDTH:
        return ["RUN " + joined]
    parts = [part for step in steps for part in step.split(" && ")]
    mark = " " + escape(dockerfile)
    first, *rest = parts
    lines = ["RUN " + first, *("    && " + part for part in rest)]
    return [line + mark for line in lines[:-1]] + lines[-1:]
