"""The first process: does it get the stop signal, and is it the one that was written?"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Evidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.practices.craft import GRACEFUL_STOP, SOUND_DOCKERFILE
from seawall.rules.stages import place_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command


def _shell_form(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    if stage is None or stage.shell is not None:
        return
    for instruction in (stage.entrypoint, stage.command):
        if instruction is None or instruction.is_json or not instruction.text.strip():
            continue
        script = dockerfile.script_of(instruction)
        if script is None or script.unread or _hands_over(script.commands):
            continue
        yield Hit(
            instruction,
            f"{instruction.keyword} in shell form: /bin/sh is the first process, and the "
            "program under it does not get the stop signal",
            f"stage {stage.label}/{instruction.keyword}",
            label="runs as a child of sh",
            remedy=_exec_form(instruction, script.commands),
        )


def _hands_over(commands: tuple[Command, ...]) -> bool:
    return any(command.name in {"exec", "tini", "dumb-init", "gosu"} for command in commands)


def _exec_form(instruction: Instruction, commands: tuple[Command, ...]) -> str:
    literals = [word.literal for word in commands[0].words] if len(commands) == 1 else [None]
    is_plain = commands and None not in literals and not commands[0].redirects
    if not is_plain or commands[0].assignments:
        return f"Write `{instruction.keyword} exec …`, or the JSON form with a start script."
    words = ", ".join('"' + (text or "").replace('"', '\\"') + '"' for text in literals)
    return f"Write `{instruction.keyword} [{words}]`."


def _ignored_command(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    entrypoint = stage.entrypoint if stage else None
    if stage and entrypoint and not entrypoint.is_json and stage.command:
        yield Hit(
            stage.command,
            "CMD is ignored: an ENTRYPOINT in shell form takes no arguments",
            f"stage {stage.label}/CMD",
            label="never used",
            evidence=(Evidence("ENTRYPOINT in shell form", entrypoint.line),),
        )


def _kill_signal(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("STOPSIGNAL"):
        if instruction.text.strip().strip("\"'").upper() in {"SIGKILL", "KILL", "9"}:
            yield Hit(
                instruction,
                "the container is killed outright: nothing can be finished or written",
                place_of(dockerfile, instruction, "STOPSIGNAL"),
                label="can't be caught",
            )


_SUPERVISORS = {"npm": ("start", "run"), "yarn": ("start", "run"), "pnpm": ("start", "run")}


def _package_manager(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    for instruction in (stage.entrypoint, stage.command) if stage else ():
        script = dockerfile.script_of(instruction) if instruction else None
        for command in script.commands if script else ():
            if (
                stage
                and command.literals[:1]
                and command.literals[0] in _SUPERVISORS.get(command.name, ())
            ):
                yield Hit(
                    command,
                    f"{command.name} is the container's first process and passes signals on late "
                    "or never",
                    f"stage {stage.label}/{command.name} {command.literals[0]}",
                    label="between Docker and the program",
                )


_FAULT = Risk(Needs.FAULT, Gains.LESS)

RULES = (
    Rule(
        id="shell-form-entrypoint",
        title="The container's process is started through a shell",
        practice=GRACEFUL_STOP,
        risk=_FAULT,
        on={Dockerfile: _shell_form},
        bad=(
            "FROM debian:12.5\nENTRYPOINT nginx -g 'daemon off;'\n",
            "FROM debian:12.5\nCMD cd /app && ./server --port $PORT\n",
        ),
        good=(
            'FROM debian:12.5\nENTRYPOINT ["nginx", "-g", "daemon off;"]\n',
            "FROM debian:12.5\nCMD cd /app && exec ./server --port $PORT\n",
            'FROM debian:12.5\nSHELL ["/init", "-c"]\nCMD ./server\n',
            "FROM debian:12.5 AS b\nCMD ./x\nFROM debian:12.5\nRUN true\n",
        ),
        aliases=(
            "hadolint:DL3025",
            "buildkit:JSONArgsRecommended",
            "kics:Not Using JSON In CMD And ENTRYPOINT Arguments",
        ),
    ),
    Rule(
        id="ignored-command",
        title="CMD is ignored",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        told_by=("entrypoint",),
        on={Dockerfile: _ignored_command},
        bad=('FROM debian:12.5\nENTRYPOINT ./server\nCMD ["--port", "80"]\n',),
        good=(
            'FROM debian:12.5\nENTRYPOINT ["./server"]\nCMD ["--port", "80"]\n',
            "FROM debian:12.5\nCMD ./server\n",
        ),
        remedy="Write ENTRYPOINT in JSON form: then CMD gives its default arguments.",
    ),
    Rule(
        id="kill-stop-signal",
        title="The stop signal can't be caught",
        practice=GRACEFUL_STOP,
        risk=_FAULT,
        told_by=("stopsignal",),
        on={Dockerfile: _kill_signal},
        bad=("FROM debian:12.5\nSTOPSIGNAL SIGKILL\n", "FROM debian:12.5\nSTOPSIGNAL 9\n"),
        good=("FROM debian:12.5\nSTOPSIGNAL SIGQUIT\n",),
        remedy="Name the signal on which the program ends cleanly: SIGTERM, SIGINT, SIGQUIT.",
    ),
    Rule(
        id="package-manager-entrypoint",
        title="A package manager is the first process",
        practice=GRACEFUL_STOP,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("npm", "yarn"),
        on={Dockerfile: _package_manager},
        bad=('FROM node:20.11.1\nCMD ["npm", "start"]\n', "FROM node:20.11.1\nCMD yarn run x\n"),
        good=('FROM node:20.11.1\nCMD ["node", "server.js"]\n',),
        remedy='Start the program itself: `CMD ["node", "server.js"]`.',
    ),
)
