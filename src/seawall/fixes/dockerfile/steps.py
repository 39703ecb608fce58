"""Steps that say less or more than they do: `RUN cd`, and sudo for who is root already."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.placing import below, line_end
from seawall.fixes.dockerfile.shell_lists import list_of
from seawall.fixes.dockerfile.shell_words import command_at, is_exact, is_trigger
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.runtime.user import base_of, is_root_name
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command
from seawall.surfaces.shell.wrappers import SHELLS


def _workdir(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or len(found[1].words) != 2:
        return None
    instruction, command = found
    path = command.words[1]
    if path.literal is None or path.literal.startswith(("-", "~")) or " " in path.literal:
        return None
    line = f"WORKDIR {path.literal}"
    edits = _moved(dockerfile, instruction, command, line)
    title = f"write `{line}`, so that later steps and the container start there"
    return Fix(Safety.GUIDED, title, edits, proposal=line, fixer="workdir-for-cd")


def _moved(
    dockerfile: Dockerfile, instruction: Instruction, command: Command, line: str
) -> tuple[Edit, ...]:
    commands = list_of(dockerfile, instruction)
    index = commands.index_of(command.start) if commands else -1
    if commands is None or index != len(commands.items) - 1 or command.wrappers:
        return ()
    if is_trigger(dockerfile, instruction) or commands.items[index].kind != "command":
        return ()
    if index == 0:
        inside = any(instruction.start < c.start < instruction.end for c in dockerfile.comments)
        return () if inside else (Edit(instruction.start, instruction.end, line),)
    taken, end = commands.without(index), below(dockerfile, instruction)
    is_closed = dockerfile.source.text[:end].endswith("\n")
    return (taken, Edit(end, end, line + line_end(dockerfile))) if taken and is_closed else ()


WORKDIR = Fixer(
    id="workdir-for-cd",
    title="Write WORKDIR for a cd that is forgotten",
    rules=("cd-without-effect",),
    safety=Safety.GUIDED,
    writes=(
        "`WORKDIR` with the directory, for `RUN cd …` or behind a RUN that ends with `cd`. It is a "
        "proposal: today every later step starts in the old directory, and may count on it."
    ),
    breaks=(
        "Relative paths in later COPY, RUN, CMD and ENTRYPOINT then mean the new directory, and "
        "the container's process starts there."
    ),
    on={Dockerfile: _workdir},
    examples=(
        Example(
            "FROM debian:12.5\nRUN cd /app\nRUN make\n",
            "FROM debian:12.5\nWORKDIR /app\nRUN make\n",
        ),
        Example(
            "FROM debian:12.5\nRUN mkdir /app && cd /app\n",
            "FROM debian:12.5\nRUN mkdir /app\nWORKDIR /app\n",
        ),
    ),
    keeps=("FROM debian:12.5\nRUN cd $HOME\n", "FROM debian:12.5\nRUN if true; then cd /x; fi\n"),
)

_KEEPS_IDENTITY = frozenset({"-E", "-n", "-H", "-S", "--preserve-env", "--non-interactive"})


def _without_sudo(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].name not in {"sudo", "doas"}:
        return None
    instruction, command = found
    commands = list_of(dockerfile, instruction)
    index = commands.index_of(command.start) if commands else -1
    is_top = commands is not None and index >= 0 and commands.items[index].kind in _SIMPLE
    inner = _inner(dockerfile, command)
    if not is_top or inner < 0 or not SHELLS.isdisjoint(command.wrappers):
        return None
    if not _is_root(dockerfile, instruction):
        return _as_root(dockerfile, instruction, command)
    edit = Edit(command.start, inner, "")
    return Fix(Safety.UNSAFE, "the step is root already", (edit,), fixer="no-sudo")


_SIMPLE = frozenset({"command", "redirected_statement", "pipeline"})


def _inner(dockerfile: Dockerfile, command: Command) -> int:
    """Where the command begins that sudo runs as root; -1 where it does more than that."""
    if (
        command.assignments
        or command.substituted_into
        or not is_exact(dockerfile, command.words[0])
    ):
        return -1
    for word in command.arguments:
        if word.literal in _KEEPS_IDENTITY:
            continue
        text = word.literal or ""
        gap = dockerfile.source.text[command.start : word.start]
        is_plain = bool(text) and text[0] not in "-'\"" and "\n" not in gap
        return word.start if is_plain and is_exact(dockerfile, word) else -1
    return -1


def _is_root(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether a step surely runs as root: by the last USER before it, else by its base image."""
    stage, before = dockerfile.stage_of(instruction), instruction.start
    while stage is not None:
        users = [i for i in stage.instructions if i.keyword == "USER" and i.start < before]
        if users:
            return bool(users[-1].arguments) and is_root_name(users[-1].arguments[0].text)
        if stage.parent is None:
            known = base_of(stage).known
            return bool(known and known.is_root)
        stage = stage.parent
    return False


def _as_root(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> Fix | None:
    text = dockerfile.source.text[instruction.start : instruction.end]
    start = command.start - instruction.start
    bare = text[:start] + text[_inner(dockerfile, command) - instruction.start :]
    proposal = f"USER root\n{bare}\nUSER …"
    return Fix(
        Safety.GUIDED, "do it as root, between two USER lines", proposal=proposal, fixer="no-sudo"
    )


NO_SUDO = Fixer(
    id="no-sudo",
    title="Take out sudo where the step is root already",
    rules=("sudo",),
    safety=Safety.UNSAFE,
    writes=(
        "The command without `sudo` (also with `-E`, `-H`, `-n`, and `VARIABLE=value` behind it), "
        "where the last USER before it is root, or none is written and the base image is known to "
        "be root's. Under any other user the lines with `USER root` around it are shown. sudo "
        "within conditions, loops, subshells and `sh -c` stays, and sudo to another user does."
    ),
    breaks=(
        "It is *unsafe*: sudo sets HOME, PATH and other variables anew, and the step now sees "
        "those of the build."
    ),
    on={Dockerfile: _without_sudo},
    examples=(
        Example(
            "FROM debian:12.5\nRUN sudo -E apt-get update && echo x | sudo tee /x\n",
            "FROM debian:12.5\nRUN apt-get update && echo x | tee /x\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nUSER app\nRUN sudo apt-get update\n",
        "FROM acme/own:1.2.3\nRUN sudo apt-get update\n",
        "FROM debian:12.5\nRUN if [ $(id -u) -ne 0 ]; then sudo apt-get update; fi\n",
        "FROM debian:12.5\nRUN sudo -u app make\n",
    ),
)

FIXERS = (WORKDIR, NO_SUDO)
