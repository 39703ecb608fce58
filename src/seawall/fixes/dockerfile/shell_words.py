"""The words of a command: found by a finding's place, added and taken out without a trace."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection

from seawall.core.model import Edit, Hit
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command, ShellWord

_GAP = re.compile(r"(?:[ \t]|[\\`][ \t]*\r?\n)+")
"""Blanks and continuations, without comments."""


def instruction_at(dockerfile: Dockerfile, offset: int) -> Instruction | None:
    """The instruction that holds a character; the inner one for ONBUILD."""
    starts: list[int] = dockerfile.derived.setdefault(
        "starts of fixes", [each.start for each in dockerfile.instructions]
    )
    index = bisect_right(starts, offset) - 1
    if index < 0:
        return None
    found = dockerfile.instructions[index]
    return (found.trigger or found) if offset < found.end else None


def command_at(dockerfile: Dockerfile, hit: Hit) -> tuple[Instruction, Command] | None:
    """The command that a finding stands at: all of it, or one of its words."""
    instruction = instruction_at(dockerfile, hit.at.start)
    if instruction is None or instruction.keyword != "RUN":
        return None
    script = dockerfile.script_of(instruction)
    start, end = hit.at.start, hit.at.end
    for command in reversed(script.commands if script else ()):
        if (command.start, command.end) == (start, end):
            return instruction, command
        if any((word.start, word.end) == (start, end) for word in command.words):
            return instruction, command
    return None


def is_trigger(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether ONBUILD keeps an instruction for the images that start from this one."""
    return any(each.trigger is instruction for each in dockerfile.of("ONBUILD"))


def is_exact(dockerfile: Dockerfile, word: ShellWord) -> bool:
    """Whether a word stands in the file just as the shell sees it: no quotes, no escapes."""
    return dockerfile.source.text[word.start : word.end] == word.literal


def verb_of(command: Command, verbs: Collection[str]) -> ShellWord | None:
    """The first argument that is one of these."""
    return next((word for word in command.arguments if word.literal in verbs), None)


def behind(dockerfile: Dockerfile, word: ShellWord | None, option: str) -> Edit | None:
    """An option written behind a word; None where the word is no plain one."""
    if word is None or not is_exact(dockerfile, word):
        return None
    return Edit(word.end, word.end, f" {option}")


def without(
    dockerfile: Dockerfile, command: Command, word: ShellWord, last: int = 0
) -> Edit | None:
    """A word (and those after it up to offset `last`) taken out with the blanks before it."""
    before = max((each.end for each in command.words if each.end <= word.start), default=-1)
    text, end = dockerfile.source.text, max(last, word.end)
    if before < 0 or _GAP.fullmatch(text, before, word.start) is None:
        return None
    written = text[word.start : end]
    return None if "#" in written and "\n" in written else Edit(before, end, "")
