"""Rights that nobody needs: taken from modes, owners and programs."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile import rights_texts as texts
from seawall.fixes.dockerfile.accounts import accounts_of
from seawall.fixes.dockerfile.ground import Ground, ground_of, is_root_at, users_before
from seawall.fixes.dockerfile.needs import started
from seawall.fixes.dockerfile.placing import above, end_of_stage, inserted, is_open_ended, run
from seawall.fixes.model import Context, Fixer
from seawall.rules.access.instructions import is_world_writable, sets_id
from seawall.rules.runtime.user import is_root_name
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command, ShellWord

_OCTAL = Expression(r"0?[0-7]{3,4}\Z")
_CLAUSE = Expression(r"([ugoa]*)([+=-])([rwxXst]*)\Z")
_PLAIN = Expression(r"[\w./+-]+\Z")


def _world_writable(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    if ground is None:
        return None
    for instruction in dockerfile.of("COPY", "ADD"):
        flag = instruction.flag("chmod")
        if flag is not None and flag == hit.at and flag.value:
            return _copied(ground, instruction)
    found = _command_of(dockerfile, hit)
    if found is None:
        return None
    instruction, command, mode = found
    text = _without_others(mode.literal or "")
    if not text or mode.text != mode.literal:
        return None
    edits = [Edit(mode.start, mode.end, text)]
    user, needs_owner = _final_user(ground), _are_directories(ground, command)
    if user and needs_owner and is_root_at(ground, instruction.start):
        given = _given_to(command, user)
        if not given or instruction.stage not in ground.stages:
            return None
        edits.append(Edit(command.end, command.end, given))
    return Fix(Safety.UNSAFE, f"Mode {text}: others may no longer write", tuple(edits))


def _command_of(dockerfile: Dockerfile, hit: Hit) -> tuple[Instruction, Command, ShellWord] | None:
    """The command in whose words a hit's mode stands."""
    for instruction, command in dockerfile.commands("chmod", "install", "mkdir"):
        if command.start <= hit.at.start < command.end:
            words = (*command.operands(), *command.option_values("-m", "--mode"))
            for word in words:
                if (word.start, word.end) == (hit.at.start, hit.at.end):
                    return instruction, command, word
    return None


def _without_others(mode: str) -> str:
    """The mode without the others' right to write; empty where it can't be said so."""
    if _OCTAL.match(mode):
        return _octal(mode, 0o002)
    clauses = [_CLAUSE.match(clause) for clause in mode.split(",")]
    written = [_clause(match[1], match[2], match[3]) for match in clauses if match]
    text = ",".join(part for part in written if part)
    is_read = len(written) == len(clauses)
    return text if is_read and text and not is_world_writable(text) else ""


def _octal(mode: str, bits: int) -> str:
    """An octal mode with bits taken away, with as many digits as are needed."""
    left = int(mode, 8) & ~bits
    width = len(mode) if left > 0o777 or mode.startswith("0") else 3
    return f"{left:0{width}o}"


def _clause(who: str, operator: str, rights: str) -> str:
    """One clause of a symbolic mode: `a+rwx` becomes `a+rx,ug+w`."""
    if operator == "-" or "w" not in rights or not {"o", "a"} & set(who):
        return who + operator + rights
    rest = rights.replace("w", "")
    others = f"{who}{operator}{rest}" if rest else ""
    kept = "ug" if "a" in who else who.replace("o", "")
    own = f"{kept}+w" if kept else ""
    return ",".join(part for part in (others, own) if part)


def _final_user(ground: Ground) -> str:
    """Who the image runs as, in a way that holds anywhere in the file; empty for root."""
    user = ground.target.user
    name = (user.value.known or "").strip("\"'").partition(":")[0] if user else ""
    if not name or is_root_name(name):
        return ""
    account = accounts_of(ground).named(name)
    return account.number if account is not None else name


def _are_directories(ground: Ground, command: Command) -> bool:
    """Whether what gets the mode is rather something to write to than something to run."""
    names = [word.loose.rpartition("/")[2] for word in command.operands()]
    run_here = set(started(ground))
    paths = names[1:] if command.name == "chmod" else names
    return not all("." in name.lstrip(".") or name in run_here for name in paths)


def _given_to(command: Command, user: str) -> str:
    """`&& chown` of what a command names, after it; empty where that can't be put there."""
    words = [word.literal for word in command.operands(frozenset({"-m", "--mode"}))]
    paths = words[1:] if command.name == "chmod" else words
    is_plain = paths and all(path and _PLAIN.match(path) for path in paths)
    is_free = command.condition in {"", "&&"} and not command.wrappers and not command.redirects
    if not is_plain or not is_free or not user.isdecimal():
        return ""
    deep = "-R " if command.name == "chmod" and command.has_option("-R", "--recursive") else ""
    return f" && chown {deep}{user} {' '.join(path for path in paths if path)}"


def _copied(ground: Ground, instruction: Instruction) -> Fix | None:
    flag = instruction.flag("chmod")
    mode = flag.value if flag is not None and flag.value else ""
    text = _without_others(mode)
    if flag is None or not text:
        return None
    title = f"Mode {text}: others may no longer write"
    edit = Edit(flag.value_start, flag.value_start + len(mode), text)
    if _final_user(ground) and instruction.flag("chown") is None:
        proposal = f"# Root owns what is copied, and {_final_user(ground)} can then only read it.\n"
        return Fix(Safety.GUIDED, title, (edit,), proposal=f"{proposal}--chmod={text}\n")
    return Fix(Safety.UNSAFE, title, (edit,))


def _setuid(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    found = _command_of(dockerfile, hit)
    mode = found[2] if found else None
    if mode is None or mode.literal is None or mode.text != mode.literal:
        return None
    if _OCTAL.match(mode.literal):
        text = _octal(mode.literal, 0o4000)
    else:
        clauses = mode.literal.split(",")
        text = ",".join(_unset(clause) for clause in clauses)
    if sets_id(text):
        return None
    edit = Edit(mode.start, mode.end, text)
    return Fix(Safety.UNSAFE, "Leave the setuid bit off", (edit,))


def _unset(clause: str) -> str:
    """`u+s` becomes `u-s`; other clauses stay."""
    match = _CLAUSE.match(clause)
    return f"{match[1]}-s" if match and match[2] != "-" and match[3] == "s" else clause


STRIP = "find / -xdev -perm /6000 -type f -exec chmod a-s {} +"
"""Takes the bits from every program of the image: GNU's and BusyBox's find both know it."""


def _setuid_kept(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    if ground is None or not ground.family or not ground.runs_posix:
        return None
    observed = context.observed.get(dockerfile.source.path)
    if observed is not None and observed.tools and "find" not in observed.tools:
        return None
    place = _before_user(ground)
    if place < 0 or not is_root_at(ground, place) or is_open_ended(dockerfile, place):
        return None
    edit = inserted(dockerfile, place, run(dockerfile, [STRIP]))
    title = "Take the setuid and setgid bits from all programs"
    if "sudo" in dockerfile.source.lowered:
        proposal = f"# sudo does nothing without its bit.\nRUN {STRIP}\n"
        return Fix(Safety.GUIDED, title, (edit,), proposal=proposal)
    return Fix(Safety.UNSAFE, title, (edit,))


def _before_user(ground: Ground) -> int:
    """The last place in the stage that is built at which a step is root; -1 for none."""
    target = ground.target
    end = end_of_stage(ground.dockerfile, target)
    users = [user for user in users_before(ground, end) if user.stage == target.index]
    if not users or is_root_name(users[-1].arguments[0].text):
        return end
    last = users[-1]
    return above(ground.dockerfile, last) if is_root_at(ground, last.start) else -1


def _owned_program(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    if ground is None:
        return None
    for instruction in ground.instructions("COPY", "ADD"):
        flag = instruction.flag("chown")
        if flag is not None and flag == hit.at and not _builds_as_user(ground, instruction):
            text = dockerfile.source.text
            end = flag.end
            while end < len(text) and text[end] in " \t":
                end += 1
            edit = Edit(flag.start, end, "")
            return Fix(Safety.UNSAFE, "Leave the copied files root's, for all to read", (edit,))
    return None


def _builds_as_user(ground: Ground, copy: Instruction) -> bool:
    """Whether a step after a copy runs as somebody who may need to write what was copied."""
    steps = ground.instructions("RUN")
    return any(step.start > copy.start and not is_root_at(ground, step.start) for step in steps)


def _passwordless_sudo(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    for instruction, script in dockerfile.scripts:
        if not instruction.start <= hit.at.start < instruction.end:
            continue
        commands = [c for c in script.commands if c.name not in {"chmod", "tee"}]
        if len(commands) != 1 or commands[0].name not in {"echo", "printf"} or script.has_errors:
            return None
        cut = _line_of(dockerfile, instruction)
        proposal = "# Without the entry nobody becomes root by sudo: do what needs root before.\n"
        return Fix(Safety.GUIDED, "Take the entry of sudo out", tuple(cut), proposal=proposal)
    return None


def _line_of(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Edit]:
    """An instruction taken out with its line end."""
    text, end = dockerfile.source.text, instruction.end
    if text.startswith("\r\n", end):
        end += 2
    elif text.startswith("\n", end):
        end += 1
    yield Edit(instruction.start, end, "")


FIXERS = (
    Fixer(
        id="mode-without-others",
        title="A mode by which others can't write",
        rules=("world-writable",),
        safety=Safety.UNSAFE,
        writes=texts.WORLD_WRITES,
        breaks=texts.WORLD_BREAKS,
        on={Dockerfile: _world_writable},
        examples=texts.WORLD_EXAMPLES,
        keeps=texts.WORLD_KEEPS,
    ),
    Fixer(
        id="mode-without-setuid",
        title="A mode without setuid",
        rules=("setuid-bit",),
        safety=Safety.UNSAFE,
        writes=texts.SETUID_WRITES,
        breaks=texts.SETUID_BREAKS,
        on={Dockerfile: _setuid},
        examples=texts.SETUID_EXAMPLES,
    ),
    Fixer(
        id="setuid-stripped",
        title="No program with setuid",
        rules=("setuid-kept",),
        safety=Safety.UNSAFE,
        writes=texts.STRIP_WRITES,
        breaks=texts.STRIP_BREAKS,
        on={Dockerfile: _setuid_kept},
        examples=texts.STRIP_EXAMPLES,
        keeps=texts.STRIP_KEEPS,
    ),
    Fixer(
        id="program-of-root",
        title="Programs that belong to root",
        rules=("run-user-owns-program",),
        safety=Safety.UNSAFE,
        writes=texts.OWNED_WRITES,
        breaks=texts.OWNED_BREAKS,
        on={Dockerfile: _owned_program},
        examples=texts.OWNED_EXAMPLES,
        keeps=texts.OWNED_KEEPS,
    ),
    Fixer(
        id="no-passwordless-sudo",
        title="No sudo without a password",
        rules=("passwordless-sudo",),
        safety=Safety.GUIDED,
        writes=texts.SUDO_WRITES,
        breaks=texts.SUDO_BREAKS,
        on={Dockerfile: _passwordless_sudo},
        examples=texts.SUDO_EXAMPLES,
        keeps=texts.SUDO_KEEPS,
    ),
)
