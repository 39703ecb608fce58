"""Which shell runs an instruction: by SHELL at that place, the base's system, or a shebang."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from seawall.surfaces.dockerfile.model import Dockerfile, Instruction, Stage
from seawall.surfaces.shell.options import options_of
from seawall.surfaces.shell.wrappers import SHELLS


class Shell(Struct, frozen=True):
    """A shell and the options that it starts with; `unread` says why its scripts are not read."""

    dialect: str
    options: frozenset[str] = frozenset()
    unread: str = ""


POSIX = Shell("sh")
_POWERSHELL = Shell("powershell", unread="PowerShell is not a shell that Seawall reads")
_CMD = Shell("cmd", unread="cmd is not a shell that Seawall reads")
_WINDOWS = re.compile(
    r"(?:^|/)windows(?:/|:|$)|nanoserver|windowsservercore|servercore|windows-?[\d.]*ltsc"
)


def shell_of(words: Sequence[str]) -> Shell:
    """The shell that runs what is appended to these words, as SHELL gives them.

    Wrappers before it (`["conda", "run", "bash", "-c"]`) are passed over; a program whose name
    ends in `.sh` is taken for a wrapper of sh.
    """
    names = [_program(word) for word in words]
    for index in range(len(names) - 1, -1, -1):
        if names[index] in SHELLS:
            options, _ = options_of(words[index + 1 :])
            return Shell(names[index], frozenset(options - {"-l", "-i"}))
        if names[index] in {"powershell", "pwsh"}:
            return _POWERSHELL
        if names[index] == "cmd":
            return _CMD
    if names and names[0].endswith(".sh"):
        return POSIX
    name = names[0] if names else ""
    return Shell("unknown", unread=f"{name or 'an empty SHELL'} is not a shell that Seawall reads")


def shell_by_shebang(line: str) -> Shell:
    """The interpreter that `#!/usr/bin/env -S bash -e` names; without one, sh."""
    words = line[2:].split()
    if words and _program(words[0]) == "env":
        rest = words[1:]
        while rest and (rest[0].startswith("-") or "=" in rest[0]):
            rest = rest[1:]
        words = rest
    if not words:
        return POSIX
    shell = shell_of(words[:1])
    if shell.dialect == "unknown":
        name = _program(words[0])
        return Shell(name, unread=f"a script for {name} is not read")
    options, _ = options_of(words[1:])
    return Shell(shell.dialect, frozenset(options), shell.unread)


def _program(word: str) -> str:
    return re.split(r"[/\\]", word)[-1].lower().removesuffix(".exe")


class Shells:
    """The shells of one file's instructions; SHELL holds from where it stands, also for children.

    The shell of an external base is not known: sh, as Docker's own default.
    """

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._stages = dockerfile.stages
        self._settings = tuple(dockerfile.of("SHELL"))
        self._defaults: dict[int, Shell] = {}

    def at(self, instruction: Instruction) -> Shell:
        """The shell that an instruction is run by."""
        index = instruction.stage
        if not 0 <= index < len(self._stages):
            return POSIX
        start: int | None = instruction.start
        stage: Stage | None = self._stages[index]
        while self._settings and stage is not None:
            setting = self._last(stage.index, start)
            if setting is not None:
                return shell_of([word.text for word in setting.arguments])
            stage, start = stage.parent, None
        return self._default(self._stages[index])

    def _last(self, stage: int, before: int | None) -> Instruction | None:
        found = None
        for setting in self._settings:
            if setting.stage == stage and (before is None or setting.start < before):
                found = setting
        return found

    def _default(self, stage: Stage) -> Shell:
        shell = self._defaults.get(stage.index)
        if shell is None:
            shell = self._defaults[stage.index] = _CMD if _is_windows(stage) else POSIX
        return shell


def _is_windows(stage: Stage) -> bool:
    base, platform = stage.root_base, stage.platform
    if platform is not None and (platform.known or "").lower().startswith("windows"):
        return True
    return any(
        _WINDOWS.search(name.lower()) is not None for name in base.candidates or (base.written,)
    )
