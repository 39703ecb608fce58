"""Run lines in the files of a repository: scripts, Makefiles, systemd units and Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from seawall.core.source import Source
from seawall.surfaces.run_line.command_line import CommandLine, read_command_line
from seawall.surfaces.run_line.makefile import recipes
from seawall.surfaces.run_line.markdown import code_blocks
from seawall.surfaces.run_line.reader import RunLines, command_lines, workloads_of
from seawall.surfaces.run_line.systemd import commands, script_of

_PROGRAM = re.compile(r"\b(?:docker|podman)\b")
_VERB = re.compile(r"\b(?:run|create)\b")
_SHEBANG = re.compile(r"#![^\n]*\b(?:ba|da|a|z|k)?sh\b")
_SYNOPSIS = re.compile(r"[\[{…]|\.\.\.|IMAGE$|OPTIONS$")
_KINDS = {
    "makefile": re.compile(r"(?:GNU)?makefile(?:\..+)?|.+\.(?:mk|mak|make)", re.IGNORECASE),
    "systemd": re.compile(r".+\.service"),
    "markdown": re.compile(r".+\.(?:md|markdown|mdown|mkd)|readme", re.IGNORECASE),
    "shell": re.compile(r".+\.(?:sh|bash|zsh|ksh)", re.IGNORECASE),
}


def file_kind(name: str) -> str:
    """What a file with this name may hold run lines as: shell, makefile, …; else empty."""
    name = name.rpartition("/")[2]
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(name)), "")


def find_run_lines(source: Source, directory: str = "") -> RunLines:
    """The workloads of the run lines in one file; a file of no known kind has none.

    A file without a telling name is read where its first line names a shell. `directory` is
    where the lines are run, where that is known (see `reader.read_run_lines`).
    """
    kind = file_kind(source.path) or ("shell" if _SHEBANG.match(source.text) else "")
    if not kind or not (_PROGRAM.search(source.text) and _VERB.search(source.text)):
        return RunLines()
    return workloads_of(_FINDERS[kind](source), directory)


def _in_makefile(source: Source) -> Iterator[CommandLine]:
    for stretch in recipes(source):
        yield from command_lines(source, stretch.start, stretch.end, stretch.masked)


def _in_markdown(source: Source) -> Iterator[CommandLine]:
    """A synopsis (`docker run [OPTIONS] IMAGE`) is no command."""
    for stretch in code_blocks(source):
        for line in command_lines(source, stretch.start, stretch.end, stretch.masked):
            if line.image is not None and not _SYNOPSIS.match(line.image.text):
                yield line


def _in_unit(source: Source) -> Iterator[CommandLine]:
    for words in commands(source):
        script = script_of(words)
        if script is not None:
            yield from command_lines(source, script.start, script.end, script.masked)
        elif words and (line := read_command_line(words)) is not None:
            yield line


_FINDERS: dict[str, Callable[[Source], Iterator[CommandLine]]] = {
    "shell": command_lines,
    "makefile": _in_makefile,
    "markdown": _in_markdown,
    "systemd": _in_unit,
}
