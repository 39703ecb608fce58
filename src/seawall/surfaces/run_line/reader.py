"""From a text to the workloads that its run lines start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.compose.model import Fault
from seawall.surfaces.run_line.argument import HOLE, Argument, argument_of
from seawall.surfaces.run_line.builder import build
from seawall.surfaces.run_line.command_line import CommandLine, Remark, read_command_line
from seawall.surfaces.run_line.flags import RUN
from seawall.surfaces.shell.model import Command, ShellWord
from seawall.surfaces.shell.reader import read_script
from seawall.surfaces.workload import Workload

DEEPEST_PREFIX = 8
"""Words before the program that are looked at: `ssh host docker run …`."""
_HOLES = re.compile(f"{HOLE}+")
_PREFIXES = frozenset({"watch", "ssh", "vagrant", "strace", "unshare", "nsenter", "systemd-run"})


class RunLines(Struct, frozen=True):
    """The workloads of a text in order, what Docker would refuse in it, and what can't be told.

    A line that Docker refuses still has a workload where it names an image. `lines` are those
    that the workloads were read from, in the same order.
    """

    workloads: tuple[Workload, ...] = ()
    faults: tuple[Fault, ...] = ()
    gaps: tuple[Fault, ...] = ()
    lines: tuple[CommandLine, ...] = ()


def read_run_lines(source: Source, directory: str = "") -> RunLines:
    """Read a shell text that holds one or more run lines; never raises on its content.

    `directory` is where they are run: relative paths are taken from there, and `--env-file` is
    read; where it is empty the file is a gap.
    """
    return workloads_of(command_lines(source), directory)


def command_lines(
    source: Source, start: int = 0, end: int | None = None, masked: str | None = None
) -> Iterator[CommandLine]:
    """The run lines in a stretch of a source that holds shell text.

    `masked` is what the shell reads of it: equally long, with `shell.words.JOINT` for characters
    that it never sees.
    """
    written = source.text[start:end]
    text = written if masked is None else masked
    if not any(program in text for program in RUN):
        return
    script = read_script(text, start, "bash", frozenset(), None if masked is None else written)
    for command in script.commands:
        line = _line(source, command, text, start)
        if line is not None:
            yield line


def workloads_of(lines: Iterable[CommandLine], directory: str = "") -> RunLines:
    """What lines come to."""
    workloads: list[Workload] = []
    faults: list[Fault] = []
    gaps: list[Fault] = []
    read: list[CommandLine] = []
    for line in lines:
        built = build(line, directory)
        if line.image is not None:
            workloads.append(built.workload)
            read.append(line)
        faults += map(_fault, built.faults)
        gaps += map(_fault, built.gaps)
    return RunLines(tuple(workloads), tuple(faults), tuple(gaps), tuple(read))


def _fault(remark: Remark) -> Fault:
    source = remark.at.source
    message = _HOLES.sub("…", remark.message)
    return Fault(message, source.path, source.line_of(remark.at.start))


def _line(source: Source, command: Command, text: str, offset: int) -> CommandLine | None:
    words = command.words
    first = 0
    if command.name in _PREFIXES:
        near = enumerate(words[:DEEPEST_PREFIX])
        first = next((index for index, word in near if word.literal in RUN), -1)
    elif command.name not in RUN:
        return None
    if first < 0 or len(words) < first + 2:
        return None
    return read_command_line(tuple(_argument(source, word, text, offset) for word in words[first:]))


def _argument(source: Source, word: ShellWord, text: str, offset: int) -> Argument:
    seen = text[word.start - offset : word.end - offset]
    is_placed = word.text in {seen, source.text[word.start : word.end]}
    return argument_of(source, seen if is_placed else word.text, word.start, word.end, is_placed)
