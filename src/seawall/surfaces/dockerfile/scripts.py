"""The shell scripts of a Dockerfile: of RUN, CMD, ENTRYPOINT and HEALTHCHECK in every form."""

from __future__ import annotations

import re

from seawall.surfaces.dockerfile.masking import join_lines
from seawall.surfaces.dockerfile.model import Dockerfile, Heredoc, Instruction, Word
from seawall.surfaces.dockerfile.shells import Shell, Shells, shell_by_shebang, shell_of
from seawall.surfaces.shell.model import Script, ShellWord
from seawall.surfaces.shell.reader import read_script, read_words, unread_script

MOST_MISTAKEN = 100
"""Scripts with mistakes that are read in one file: each costs as much as a hundred without."""

_LONE_HEREDOC = re.compile(r"""\d*<<-?(?:[^\s<'"]|'[^']*'|"[^"]*")+""")
_TOO_MISTAKEN = "too many scripts before it could not be understood"
_HOLDERS = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})


def read_scripts(dockerfile: Dockerfile) -> tuple[tuple[Instruction, Script], ...]:
    """The script of each RUN, and of each RUN that ONBUILD triggers (with that as instruction)."""
    reader = _Reader(dockerfile)
    found = []
    for instruction in dockerfile.instructions:
        runs = instruction.trigger or instruction
        if runs.keyword == "RUN" and (script := reader.read(runs)) is not None:
            found.append((runs, script))
            reader.mistaken += script.has_errors
    return tuple(found)


def script_of(dockerfile: Dockerfile, instruction: Instruction) -> Script | None:
    """The script of a RUN, CMD, ENTRYPOINT or HEALTHCHECK, or of ONBUILD's trigger.

    None for other instructions, for `HEALTHCHECK NONE` and where no command is given.
    """
    runs = instruction.trigger or instruction
    if runs.keyword not in _HOLDERS:
        return None
    if runs.keyword == "RUN":
        return next((script for run, script in dockerfile.scripts if run is runs), None)
    return _Reader(dockerfile).read(runs)


class _Reader:
    """Reads the scripts of one file."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self.text = dockerfile.source.text
        self.shells = Shells(dockerfile)
        self.mistaken = 0
        self.escape = next((d.value for d in dockerfile.directives if d.name == "escape"), "\\")

    def read(self, instruction: Instruction) -> Script | None:
        words = instruction.arguments
        if instruction.keyword == "HEALTHCHECK":
            if not words or words[0].text.upper() != "CMD":
                return None
            words = words[1:]
        if not words:
            return None
        if instruction.is_json:
            return self._of_words(words)
        shell = self.shells.at(instruction)
        if self.mistaken > MOST_MISTAKEN:
            shell = Shell(shell.dialect, shell.options, _TOO_MISTAKEN)
        if instruction.heredocs:
            return self._with_heredocs(instruction, words[0].start, shell)
        start, end = words[0].start, words[-1].end
        written = self.text[start:end]
        return _read(join_lines(written, self.escape), start, shell, written)

    def _of_words(self, words: tuple[Word, ...]) -> Script:
        """JSON form: no shell splits it, but it may name one."""
        start, end = words[0].start, words[-1].end
        texts = [word.text for word in words]
        shell = shell_of(texts[:1])
        if shell.dialect in {"powershell", "cmd"}:
            return unread_script(start, end, shell.dialect, shell.unread)
        options: frozenset[str] = frozenset()
        if shell.dialect == "unknown":
            shell = Shell("exec")
        elif len(texts) > 1:
            options = shell_of(texts).options
        return read_words(
            tuple(
                ShellWord(self.text[word.start : word.end], word.text, word.start, word.end)
                for word in words
            ),
            self.text[start:end],
            start,
            shell.dialect,
            options,
        )

    def _with_heredocs(self, instruction: Instruction, start: int, shell: Shell) -> Script:
        """A lone here-document is the script; else the shell is given the line and the bodies."""
        first = instruction.heredocs[0]
        if len(instruction.heredocs) == 1 and _LONE_HEREDOC.fullmatch(instruction.text.strip()):
            return self._document(first, shell)
        written = self.text[start : instruction.end]
        size = first.start - start
        masked = join_lines(written[:size], self.escape) + _without_returns(written[size:])
        return _read(masked, start, shell, written)

    def _document(self, heredoc: Heredoc, shell: Shell) -> Script:
        written = self.text[heredoc.start : heredoc.end]
        if written.startswith("#!"):
            shell = shell_by_shebang(written.partition("\n")[0])
        return _read(_without_returns(written), heredoc.start, shell, written)


def _read(text: str, start: int, shell: Shell, written: str) -> Script:
    if shell.unread:
        return unread_script(start, start + len(text), shell.dialect, shell.unread)
    changed = None if text is written else written
    return read_script(text, start, shell.dialect, shell.options, changed)


def _without_returns(text: str) -> str:
    return text.replace("\r\n", " \n") if "\r" in text else text
