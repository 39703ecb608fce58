"""What a command runs in its turn: `sudo x`, `env A=b x`, `sh -c "…"`, `find -exec x`, …"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from seawall.surfaces.shell.model import Command, Redirect, ShellWord

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh", "rbash"})
"""Programs that take a script with `-c` or on their standard input."""

Words = tuple[ShellWord, ...]


class Inner(Struct, frozen=True):
    """A command that is run: its words, and the assignments written before them."""

    words: Words
    assignments: Words = ()


class Text(Struct, frozen=True):
    """A script that is run: one word holds it, or several that are joined by blanks."""

    words: Words


class _Form(Struct, frozen=True):
    """How a wrapper takes its command: the options that take a word, the operands before it."""

    valued: frozenset[str] = frozenset()
    operands: int = 0
    assigns: bool = False
    unless: frozenset[str] = frozenset()


def _form(valued: str = "", operands: int = 0, assigns: bool = False, unless: str = "") -> _Form:
    return _Form(frozenset(valued.split()), operands, assigns, frozenset(unless.split()))


_FORMS = {
    "sudo": _form(
        "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --close-from --chdir"
        " --chroot --command-timeout --other-user --role --type",
        assigns=True,
        unless="-l -v -k -K -V -e --list --validate --edit --version",
    ),
    "doas": _form("-u -C"),
    "env": _form("-u -C --unset --chdir -S --split-string", assigns=True),
    "exec": _form("-a"),
    "command": _form(unless="-v -V"),
    "builtin": _form(),
    "coproc": _form(),
    "nohup": _form(),
    "setsid": _form(),
    "eatmydata": _form(),
    "nice": _form("-n --adjustment"),
    "ionice": _form("-c -n -p -P -u --class --classdata"),
    "chrt": _form("-T -P -D", operands=1),
    "taskset": _form(operands=1),
    "time": _form("-f -o --format --output"),
    "timeout": _form("-k -s --kill-after --signal", operands=1),
    "xargs": _form(
        "-a -d -E -I -L -n -P -s --arg-file --delimiter --max-lines --max-args --max-procs"
        " --max-chars --process-slot-var"
    ),
    "gosu": _form(operands=1),
    "su-exec": _form(operands=1),
    "s6-setuidgid": _form(operands=1),
    "setpriv": _form(
        "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --ptracer"
    ),
    "chroot": _form("--userspec --groups", operands=1),
    "tini": _form("-p -e"),
    "dumb-init": _form("-r --rewrite"),
    "catatonit": _form(),
    "stdbuf": _form("-i -o -e --input --output --error"),
    "fakeroot": _form("-l -s -i -b --lib --faked"),
    "unbuffer": _form(),
    "ssh-agent": _form("-a -E -P -t"),
    "dbus-run-session": _form("--config-file --dbus-daemon"),
    "xvfb-run": _form(
        "-n -s -e -f -p -w --server-num --server-args --error-file --auth-file --xauth-protocol"
        " --wait"
    ),
    "flock": _form("-E -w --conflict-exit-code --timeout --wait", operands=1),
    "busybox": _form(unless="--install --list"),
    "linux32": _form(),
    "linux64": _form(),
    "setarch": _form(operands=1),
}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_CLUSTER = re.compile(r"-[A-Za-z]*c[A-Za-z]*")


def wrapped(name: str, words: Words, redirects: tuple[Redirect, ...]) -> Iterator[Inner | Text]:
    """What a command with this program name runs; nothing for a program that is no wrapper."""
    form = _FORMS.get(name)
    if form is not None:
        yield from _by_form(form, words)
        if name == "flock":
            yield from _after_command_option(words)
    elif name in SHELLS:
        yield from _by_shell(words, redirects)
    elif (special := _SPECIAL.get(name)) is not None:
        yield from special(words)


def reads_script(command: Command) -> bool:
    """Whether a command runs what its standard input holds: `bash`, `sh -s x`, `su - user`."""
    if command.name == "su":
        return not command.has_option("-c", "--command")
    if command.name not in SHELLS or command.has_option("-c"):
        return False
    return command.has_option("-s") or all(word.text[:1] == "-" for word in command.arguments)


def _by_form(form: _Form, words: Words) -> Iterator[Inner | Text]:
    index, assignments = _past_options(form, words, 1)
    if index < 0:
        return
    index += form.operands
    if form.operands and index < len(words) and words[index].literal == "--":
        index += 1
    inner = words[index:]
    if inner and not inner[0].text.startswith("-"):
        yield Inner(inner, tuple(assignments))


def _past_options(form: _Form, words: Words, index: int) -> tuple[int, list[ShellWord]]:
    """Index of the first word after options and assignments; -1 where nothing is run."""
    assignments: list[ShellWord] = []
    while index < len(words):
        literal = words[index].loose
        if literal in form.unless:
            return -1, assignments
        if form.assigns and _ASSIGNMENT.match(literal):
            assignments.append(words[index])
        elif literal == "--":
            return index + 1, assignments
        elif len(literal) > 1 and literal[0] == "-":
            index += _takes_next(literal, form.valued)
        else:
            break
        index += 1
    return index, assignments


def _takes_next(option: str, valued: frozenset[str]) -> bool:
    """Whether an option takes the next word: `-u x`, `--user x`, and `-Eu x`."""
    if option in valued:
        return True
    is_cluster = option[1] != "-" and len(option) > 2 and option[1:].isalpha()
    return is_cluster and "-" + option[-1] in valued and "-" + option[1] not in valued


def _by_shell(words: Words, redirects: tuple[Redirect, ...]) -> Iterator[Inner | Text]:
    """`sh -c TEXT`, also `bash -eo pipefail -c TEXT`; else a here-string on its input."""
    index, has_text = 1, False
    while index < len(words):
        literal = words[index].loose
        if literal[:1] not in {"-", "+"} or literal in {"-", "--"}:
            index += literal in {"-", "--"}
            break
        has_text = has_text or _CLUSTER.fullmatch(literal) is not None
        index += 2 if _shell_option_takes_next(literal) else 1
    if has_text:
        if index < len(words):
            yield Text(words[index : index + 1])
    elif index >= len(words):
        yield from (Text((r.target,)) for r in redirects if r.operator == "<<<" and r.target)


def _shell_option_takes_next(option: str) -> bool:
    if option.startswith("--"):
        return option in {"--rcfile", "--init-file"}
    return option[-1] in "oO"


def _after_command_option(words: Words) -> Iterator[Inner | Text]:
    """The text after `-c` or `--command`: su, runuser, flock."""
    for index, word in enumerate(words[1:-1], 1):
        literal = word.loose
        if literal == "--command" or _CLUSTER.fullmatch(literal):
            yield Text(words[index + 1 : index + 2])
            return
        if literal == "--":
            return


_RUNUSER = _form("-u -g -G -s -w --user --group --supp-group --shell")


def _runuser(words: Words) -> Iterator[Inner | Text]:
    if any(word.literal in {"-u", "--user"} for word in words):
        yield from _by_form(_RUNUSER, words)
    else:
        yield from _after_command_option(words)


def _evaluate(words: Words) -> Iterator[Inner | Text]:
    arguments = words[2:] if len(words) > 1 and words[1].literal == "--" else words[1:]
    if arguments:
        yield Text(arguments)


def _find(words: Words) -> Iterator[Inner | Text]:
    """Each `-exec CMD … ;` or `+`."""
    start = -1
    for index, word in enumerate(words):
        literal = word.literal
        if start < 0:
            if literal in {"-exec", "-execdir", "-ok", "-okdir"}:
                start = index + 1
        elif literal == ";" or (literal == "+" and words[index - 1].literal == "{}"):
            if index > start:
                yield Inner(words[start:index])
            start = -1
    if 0 < start < len(words):
        yield Inner(words[start:])


def _start_stop_daemon(words: Words) -> Iterator[Inner | Text]:
    """`--exec PROGRAM … -- ARGUMENTS`."""
    program = next(
        (
            index + 1
            for index, word in enumerate(words)
            if word.literal in {"-x", "--exec", "-a", "--startas"}
        ),
        0,
    )
    if 0 < program < len(words):
        split = next((i for i, word in enumerate(words) if word.literal == "--"), len(words))
        yield Inner((words[program], *words[split + 1 :]))


_SPECIAL: dict[str, Callable[[Words], Iterator[Inner | Text]]] = {
    "eval": _evaluate,
    "find": _find,
    "su": _after_command_option,
    "sg": _after_command_option,
    "runuser": _runuser,
    "start-stop-daemon": _start_stop_daemon,
}
