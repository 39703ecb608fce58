"""What later steps of a build need of what an earlier one left: package lists, for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum

from seawall.core.expression import Expression
from seawall.fixes.dockerfile.shell_lists import list_of
from seawall.fixes.dockerfile.shell_words import is_trigger
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.shell import Command, Script
from seawall.surfaces.shell.wrappers import SHELLS


class Need(IntEnum):
    """How much steps need something: not at all, perhaps (some program may), or surely."""

    NONE = 0
    PERHAPS = 1
    SURE = 2


class Step(IntEnum):
    """What a command does with it: nothing, use it, or make it anew."""

    NOTHING = 0
    USES = 1
    RENEWS = 2


Judge = Callable[[Command], Step]

_SETS_VARIABLES = Expression(
    r"(?:activate|profile|\.?bashrc|/env|env\.sh|nvm\.sh|os-release|conda\.sh|setup\.(?:ba)?sh)\Z"
)
"""What is sourced only for the variables and functions that it brings."""
_PREPARES = Expression(r"install|setup|set-up|bootstrap|provision|prereq|depend|deps|prepare|apt")
_HARMLESS = frozenset(
    {
        "install", "npm", "easy_install", "install_packages", "install-php-extensions",
        "install2.r", "installGithub.r", "update-alternatives", "dpkg-reconfigure", "apt-mark",
        "apt-key", "apt-config", "apt-get", "apt", "aptitude", "apt-cache", "apt-add-repository",
        "add-apt-repository", "ensurepip", "depmod", "deluser",
    }
)  # fmt: skip
_FOREIGN = frozenset(
    {
        "ansible", "ansible-playbook", "puppet", "chef-client", "chef-solo", "salt-call", "rosdep",
        "gdebi", "mk-build-deps", "tasksel", "playwright", "apt-file", "cloud-init", "task",
    }
)  # fmt: skip
"""Programs that install packages of the system in their turn."""
_SYSTEM = Expression(r"(?:/usr(?:/local)?)?/s?bin/")
_OWN_TOOLS = frozenset({"configure", "gradlew", "mvnw", "manage.py", "Configure", "autogen.sh"})
_RUNNERS = frozenset({"npm", "yarn", "pnpm"})
_INTERPRETERS = ("python", "perl", "ruby", "node", "php")


def needed_later(
    dockerfile: Dockerfile, instruction: Instruction, offset: int, judge: Judge
) -> Need:
    """How much what stands behind a place needs what was there before it.

    Steps of the same stage and of those that start from it are asked, each until it makes the
    thing anew.
    """
    if instruction.stage < 0:
        return Need.SURE
    if is_trigger(dockerfile, instruction):
        return Need.PERHAPS
    return _in_stage(dockerfile, dockerfile.stages[instruction.stage], offset, judge)


def _in_stage(dockerfile: Dockerfile, start: Stage, offset: int, judge: Judge) -> Need:
    need, open_stages = Need.NONE, [(start, offset)]
    seen: set[int] = set()
    while open_stages:
        stage, offset = open_stages.pop()
        if stage.index in seen:
            continue
        seen.add(stage.index)
        found, is_renewed = _until_renewed(dockerfile, stage, offset, judge)
        need = max(need, found)
        if not is_renewed:
            open_stages += ((child, -1) for child in _children(dockerfile, stage))
    return need


def _children(dockerfile: Dockerfile, stage: Stage) -> Iterator[Stage]:
    for child in dockerfile.stages[stage.index + 1 :]:
        if child.parent is stage or (stage.name and stage.name in child.base.candidates):
            yield child


def _until_renewed(
    dockerfile: Dockerfile, stage: Stage, offset: int, judge: Judge
) -> tuple[Need, bool]:
    need = Need.NONE
    for instruction, script in dockerfile.scripts:
        if instruction.stage != stage.index or instruction.end <= offset:
            continue
        if script.unread or script.has_errors:
            need = max(need, Need.PERHAPS)
        for command in script.commands:
            step = judge(command) if command.start >= offset else Step.NOTHING
            if step is Step.RENEWS and is_certain(dockerfile, instruction, command):
                return need, True
            if step is Step.USES:
                return Need.SURE, False
            if command.start >= offset and is_opaque(script, command):
                need = Need.PERHAPS
    return need, False


def is_certain(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> bool:
    """Whether a command is run whenever its step is, as far as the list tells."""
    commands = list_of(dockerfile, instruction)
    if command.condition not in {"", "&&"} or command.substituted_into is not None:
        return False
    if commands is None:
        return instruction.is_json
    index = commands.index_of(command.start)
    return index >= 0 and commands.items[index].kind in {"command", "redirected_statement"}


def is_opaque(script: Script, command: Command) -> bool:
    """Whether a command runs something that we can't see into and that may install packages."""
    name, words = command.name, command.words
    if not name:
        return bool(words)
    if name in _FOREIGN or (name == "npx" and "playwright" in command.literals):
        return True
    if name in SHELLS or name in {"source", "."}:
        return _runs_unseen(command)
    if name == "make" or name in _RUNNERS or name.startswith(_INTERPRETERS):
        return any(_PREPARES.search(word) for word in _asked_for(command))
    return _is_unknown_program(name, words[0].literal or "")


def _is_unknown_program(name: str, path: str) -> bool:
    if "/" in path and not _SYSTEM.match(path) and name not in _OWN_TOOLS:
        return _is_script(name)
    return name not in _HARMLESS and _PREPARES.search(name) is not None


def _is_script(name: str) -> bool:
    """Whether a program outside the system's directories may be a script for this build."""
    return "." in name or _PREPARES.search(name) is not None or name not in _KNOWN_PROGRAMS


_KNOWN_PROGRAMS = frozenset(
    {
        "pip", "pip3", "python", "python3", "conda", "mamba", "npm", "node", "yarn", "go", "cargo",
        "rustup", "java", "javac", "mvn", "gradle", "sbt", "bundle", "gem", "ruby", "php",
        "composer", "poetry", "uv",
    }
)  # fmt: skip


def _asked_for(command: Command) -> Iterator[str]:
    """Make's targets, npm's script, an interpreter's; `setup.py` installs nothing of the system."""
    if command.name in _RUNNERS:
        yield from command.literals if "run" in command.literals else ()
        return
    for literal in command.literals:
        if command.name != "make" and literal in {"-m", "-c"}:
            return
        if not literal.startswith("-") and literal not in {"install", "setup.py"}:
            yield literal
        if command.name != "make" and not literal.startswith("-"):
            return


def _runs_unseen(command: Command) -> bool:
    if command.has_option("-c"):
        return False
    operand = next(command.operands(), None)
    is_sourced = command.name in {"source", "."} and operand is not None
    return not is_sourced or operand is None or _SETS_VARIABLES.search(operand.loose) is None
