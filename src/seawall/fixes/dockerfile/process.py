"""The container's own process: started without a shell in between, and stopped by a signal."""

from __future__ import annotations

import json
import shlex

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.cutting import comments_within
from seawall.fixes.dockerfile.shell_lists import ShellList, list_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.runtime.user import base_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command

_BUILTINS = frozenset(
    [
        ".",
        ":",
        "[",
        "alias",
        "bg",
        "break",
        "builtin",
        "cd",
        "command",
        "continue",
        "coproc",
        "declare",
        "dirs",
        "disown",
        "echo",
        "enable",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "fg",
        "getopts",
        "hash",
        "help",
        "history",
        "jobs",
        "kill",
        "let",
        "local",
        "logout",
        "mapfile",
        "popd",
        "printf",
        "pushd",
        "pwd",
        "read",
        "readarray",
        "readonly",
        "return",
        "set",
        "shift",
        "shopt",
        "source",
        "suspend",
        "test",
        "time",
        "times",
        "trap",
        "true",
        "type",
        "typeset",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
    ]
)
"""Words that a shell runs itself: there is nothing to put in its place, or no use in it."""
_SHELL_SIGNS = frozenset("$`\\*?[]{}~!#;&|<>()\n\r")
_BARE = frozenset(
    [
        "alpine",
        "debian",
        "ubuntu",
        "fedora",
        "centos",
        "rockylinux",
        "almalinux",
        "oraclelinux",
        "amazonlinux",
        "buildpack-deps",
        "python",
        "golang",
        "ruby",
        "rust",
        "perl",
        "gcc",
        "node",
        "erlang",
        "elixir",
        "opensuse/leap",
    ]
)
"""Images that start what CMD says: no entry point, or one that does the same with a shell's."""
_QUOTED = Expression(r"'[^']*'|\"[^\"$`\\]*\"")
_WAITS = frozenset({"sleep", "tail"})
"""What only keeps a container up: as process 1 it would not even end on a signal."""
_NAME = Expression(r"[A-Za-z][\w+-]*")


def _direct(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    start = hit.at
    if not isinstance(start, Instruction) or start.is_json or start.heredocs:
        return None
    if dockerfile.errors or len(start.arguments) != 1:
        return None
    return _exec_form(dockerfile, start) or _handed_over(dockerfile, start)


def _exec_form(dockerfile: Dockerfile, start: Instruction) -> Fix | None:
    """The JSON form, where the words are what a shell would make of them."""
    words = _plain_words(dockerfile, start)
    if words is None or not _is_started_as_written(dockerfile, start):
        return None
    word = start.arguments[0]
    text = json.dumps(words, ensure_ascii=False)
    title = f"Start `{words[0]}` itself: the first process gets the stop signal"
    return Fix(Safety.UNSAFE, title, (Edit(word.start, word.end, text),))


def _plain_words(dockerfile: Dockerfile, start: Instruction) -> list[str] | None:
    """The words of a command that uses nothing of its shell; None for any other."""
    script = dockerfile.script_of(start)
    text = start.arguments[0].text.strip()
    if script is None or script.has_errors or len(script.commands) != 1:
        return None
    command = script.commands[0]
    literals = [word.literal for word in command.words]
    if set(_QUOTED.sub("", text)) & _SHELL_SIGNS or command.assignments or None in literals:
        return None
    words = shlex.split(text)
    # A script without `#!` is run by a shell, and by nobody else.
    is_program = bool(words) and _NAME.fullmatch(words[0]) is not None
    is_same = words == literals and not comments_within(dockerfile, start.start, start.end)
    return words if is_same and is_program and words[0] not in _BUILTINS | _WAITS else None


def _is_started_as_written(dockerfile: Dockerfile, start: Instruction) -> bool:
    """Whether nothing is handed the words: no entry point before a CMD, no CMD behind one."""
    stage = dockerfile.target
    if stage is None or (stage.entrypoint is not None and stage.command is not None):
        return False
    if start.keyword == "ENTRYPOINT":
        return True
    name = stage.root_base.known or ""
    return base_of(stage).known is not None and name.partition(":")[0] in _BARE


def _handed_over(dockerfile: Dockerfile, start: Instruction) -> Fix | None:
    """`exec` before the last command: the shell does all that it did, then becomes it."""
    items = list_of(dockerfile, start)
    command = _last_command(dockerfile, items) if items else None
    if items is None or command is None:
        return None
    name = command.words[0].text
    place = command.start
    word = "exec env " if command.assignments else "exec "
    title = f"Let the shell become `{name}`: the first process gets the stop signal"
    return Fix(Safety.UNSAFE, title, (Edit(place, place, word),))


def _last_command(dockerfile: Dockerfile, items: ShellList) -> Command | None:
    """The simple program that a list ends with, if it is always reached and waited for."""
    last = items.items[-1]
    is_chain = all(item.operator in {"&&", ";", ""} for item in items.items)
    is_simple = last.kind in {"command", "redirected_statement"} and not last.operator
    commands = [c for c in items.script.commands if last.start <= c.start < last.end]
    if not is_chain or not is_simple or len(commands) != 1:
        return None
    command = commands[0]
    text = dockerfile.source.text[command.start : command.end]
    is_program = (
        command.words and command.words[0].literal and command.name not in _BUILTINS | _WAITS
    )
    has_function = any(item.kind == "function_definition" for item in items.items)
    is_first = command.start == last.start and "<<" not in text
    return command if is_program and is_first and not has_function else None


START_PROGRAM = Fixer(
    id="start-program",
    title="Make the program the first process",
    rules=("shell-form-entrypoint",),
    safety=Safety.UNSAFE,
    writes=(
        "The JSON form where the command uses nothing of a shell and nothing else is handed its "
        'words: `CMD ["nginx", "-g", "daemon off;"]`. Else `exec` before the last command: '
        "`CMD cd /app && exec ./server --port $PORT`; the shell still expands variables and "
        "patterns, then the program takes its place. Pipes, lists with `||` or `&`, builtins and "
        "functions at the end are left alone; so are `sleep` and `tail`, which would end no sooner."
    ),
    breaks=(
        "The program is process 1 afterwards. That is the point, but Linux ignores a signal for "
        "process 1 that the program does not handle itself (Ctrl-C in a Node program, say), and "
        "nobody collects orphaned children: `docker run --init` or `init: true` help with both. "
        "In the JSON form, arguments after the image's name in `docker run` reach an ENTRYPOINT "
        "that never saw them before."
    ),
    on={Dockerfile: _direct},
    examples=(
        Example(
            "FROM debian:12.5\nENTRYPOINT nginx -g 'daemon off;'\n",
            'FROM debian:12.5\nENTRYPOINT ["nginx", "-g", "daemon off;"]\n',
        ),
        Example(
            "FROM debian:12.5\nCMD cd /app && \\\n  ./server --port $PORT\n",
            "FROM debian:12.5\nCMD cd /app && \\\n  exec ./server --port $PORT\n",
        ),
        Example("FROM debian:12.5\nCMD ./start.sh\n", "FROM debian:12.5\nCMD exec ./start.sh\n"),
        Example(
            'FROM debian:12.5\nENTRYPOINT PORT=80 server > /log\nCMD ["x"]\n',
            'FROM debian:12.5\nENTRYPOINT exec env PORT=80 server > /log\nCMD ["x"]\n',
        ),
    ),
    keeps=(
        "FROM debian:12.5\nCMD ./server | tee /log\n",
        "FROM debian:12.5\nCMD service nginx start && tail -f /log || sleep 9\n",
        "FROM debian:12.5\nCMD while true; do ./poll; done\n",
        "FROM debian:12.5\nCMD ./a & ./b &\n",
        "FROM debian:12.5\nCMD ./daemon && tail -f /log\n",
    ),
)


def _used_command(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    stage = dockerfile.target
    start = stage.entrypoint if stage else None
    words = _plain_words(dockerfile, start) if start and start.arguments else None
    if start is None or words is None:
        return None
    word = start.arguments[0]
    text = json.dumps(words, ensure_ascii=False)
    return Fix(
        Safety.GUIDED,
        "Write ENTRYPOINT in JSON form, so that CMD gives its arguments; or delete CMD",
        (Edit(word.start, word.end, text),),
        proposal=f"{start.keyword} {text}",
    )


USED_COMMAND = Fixer(
    id="used-command",
    title="Let CMD give the arguments",
    rules=("ignored-command",),
    safety=Safety.GUIDED,
    writes="ENTRYPOINT in JSON form, where its command uses nothing of a shell.",
    breaks=(
        "The program gets the arguments of CMD, which it has never got so far. Where they are "
        "left over from before, delete CMD instead."
    ),
    on={Dockerfile: _used_command},
    examples=(
        Example(
            'FROM debian:12.5\nENTRYPOINT server\nCMD ["--port", "80"]\n',
            'FROM debian:12.5\nENTRYPOINT ["server"]\nCMD ["--port", "80"]\n',
        ),
    ),
    keeps=('FROM debian:12.5\nENTRYPOINT server $PORT\nCMD ["--port", "80"]\n',),
)


def _stopped(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    old = hit.at
    if not isinstance(old, Instruction) or len(old.arguments) != 1:
        return None
    word = old.arguments[0]
    title = "Let the container stop on SIGTERM, which a program can act on"
    return Fix(Safety.UNSAFE, title, (Edit(word.start, word.end, "SIGTERM"),))


STOP_SIGNAL = Fixer(
    id="stop-signal",
    title="Stop on a signal that can be handled",
    rules=("kill-stop-signal",),
    safety=Safety.UNSAFE,
    writes="`STOPSIGNAL SIGTERM`, Docker's default.",
    breaks=(
        "A program that ignores SIGTERM is stopped ten seconds later than before, by SIGKILL. "
        "Where it ends cleanly on another signal (SIGQUIT for nginx, SIGINT for postgres), name "
        "that one."
    ),
    on={Dockerfile: _stopped},
    examples=(
        Example("FROM debian:12.5\nSTOPSIGNAL 9\n", "FROM debian:12.5\nSTOPSIGNAL SIGTERM\n"),
    ),
    keeps=("FROM debian:12.5\nSTOPSIGNAL SIGKILL\n",),
)


def _program_itself(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    command = hit.at
    stage = dockerfile.target
    if not isinstance(command, Command) or stage is None:
        return None
    words = [each for each in command.literals if not each.startswith("-")]
    script = "start" if words[:1] == ["start"] else (words[1:2] or ["start"])[0]
    keyword = "CMD"
    if stage.entrypoint is not None and stage.entrypoint.start <= command.start:
        keyword = "ENTRYPOINT" if command.start < stage.entrypoint.end else "CMD"
    proposal = (
        f"# what `scripts.{script}` in package.json runs, for example:\n"
        f'{keyword} ["node", "server.js"]'
    )
    title = f"Start what `{command.name} {' '.join(words[:2])}` runs, without {command.name}"
    return Fix(Safety.GUIDED, title, proposal=proposal)


PROGRAM_ITSELF = Fixer(
    id="program-itself",
    title="Start the program without its package manager",
    rules=("package-manager-entrypoint",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: the command that the script in `package.json` runs, in JSON form. That file "
        "is not read, so nothing is edited."
    ),
    breaks=(
        "What the package manager adds is missing: `node_modules/.bin` in PATH, `npm_*` "
        "variables, and the scripts `prestart` and `poststart`."
    ),
    on={Dockerfile: _program_itself},
    examples=(),
    keeps=('FROM node:20.11.1\nCMD ["npm", "start"]\n', "FROM node:20.11.1\nCMD yarn run x\n"),
)

FIXERS = (START_PROGRAM, USED_COMMAND, STOP_SIGNAL, PROGRAM_ITSELF)
