"""Pipes whose first program may fail unseen: `pipefail`, where the shell knows it."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.placing import above, below, inserted, line_end
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.build.flow import FETCHERS
from seawall.rules.runtime.user import base_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.shell import Command, Pipeline, Script

_DASH, _BASH, _ASH = "dash", "bash", "ash"
_BY_FAMILY = {
    "debian": _DASH,
    "ubuntu": _DASH,
    "alpine": _ASH,
    "busybox": _ASH,
    "wolfi": _ASH,
    "rhel": _BASH,
}
_BY_MANAGER = {
    "apt-get": _DASH,
    "apt": _DASH,
    "apk": _ASH,
    "yum": _BASH,
    "dnf": _BASH,
    "microdnf": _BASH,
}
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh", "rbash"})
_ALPINE_NAME = Expression(r"[:-]alpine|/alpine|\balpine\b")
_SED_QUITS = Expression(r"(?:^|[\d;{}/$ ])q(?:$|[;} ])")
_GREP_QUITS = Expression(r"-[A-Za-z]*[qm]|--(?:quiet|silent|max-count)\b")
_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})

_BASH_LINE = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'
_SH_LINE = 'SHELL ["/bin/sh", "-c"]'


def _strict(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = _owner(dockerfile, hit)
    if found is None or dockerfile.errors or not isinstance(hit.at, Pipeline):
        return None
    instruction, script = found
    first = hit.at.commands[0]
    shells = [name for name in first.wrappers if name in _SHELLS or name == "eval"]
    if len(shells) > instruction.is_json or script.has_errors or not _is_willing(script):
        return None
    shell = _shell(dockerfile, instruction, script)
    if shell == _DASH:
        return _other_shell(dockerfile, instruction, script)
    return _option(dockerfile, instruction, script) if shell else None


def _owner(dockerfile: Dockerfile, hit: Hit) -> tuple[Instruction, Script] | None:
    for instruction, script in dockerfile.scripts:
        if any(pipeline is hit.at for pipeline in script.pipelines):
            return instruction, script
    return None


def _shell(dockerfile: Dockerfile, instruction: Instruction, script: Script) -> str:
    """What reads the script: bash, BusyBox's ash, dash; empty where that is not sure."""
    if script.dialect in {_BASH, _ASH}:
        return script.dialect
    stage = dockerfile.stage_of(instruction)
    return _sh_of(dockerfile, stage) if stage and script.dialect == "sh" else ""


def _sh_of(dockerfile: Dockerfile, stage: Stage) -> str:
    """What /bin/sh is, by the base image and the package managers that the stage calls."""
    base = base_of(stage)
    numbers = {member.index for member in stage.lineage}
    used = {
        _BY_MANAGER[command.name]
        for instruction, command in dockerfile.commands(*_BY_MANAGER)
        if instruction.stage in numbers
    }
    if base.known is not None and base.known.family in _BY_FAMILY:
        used.add(_BY_FAMILY[base.known.family])
    elif _ALPINE_NAME.search(base.name.lower()):
        used.add(_ASH)
    return used.pop() if len(used) == 1 else ""


def _is_willing(script: Script) -> bool:
    """Whether no pipe of a script ends before its first program does, as it should."""
    return not any(
        _closes_early(command) or (command.name == "yes" and command.position == 0)
        for pipeline in script.pipelines
        if len(pipeline.commands) > 1
        for command in pipeline.commands
    )


def _closes_early(command: Command) -> bool:
    """Whether a program may stop reading: the one before it then dies of a broken pipe."""
    name, literals = command.name, command.literals
    if command.position == 0:
        return False
    if name.endswith("grep"):
        return any(_GREP_QUITS.match(literal) for literal in literals)
    if name == "sed":
        return any(_SED_QUITS.search(literal) for literal in literals)
    if name.endswith("awk") or name == "perl":
        return any("exit" in literal or "last" in literal for literal in literals)
    return name in {"head", "read", "true", "false", ":", "cmp", "fzf"}


def _option(dockerfile: Dockerfile, instruction: Instruction, script: Script) -> Fix | None:
    """`set -o pipefail` at the beginning of a script whose shell knows it."""
    edit = (
        _in_json(instruction)
        if instruction.is_json
        else _in_document(dockerfile, instruction, script)
        if instruction.heredocs
        else _in_line(dockerfile, instruction, script)
    )
    title = "Let a pipe fail with the first of its programs that does"
    return Fix(Safety.UNSAFE, title, (edit,)) if edit else None


def _in_json(instruction: Instruction) -> Edit | None:
    words = instruction.arguments
    if len(words) < 3 or not words[1].text.startswith("-"):
        return None
    start = words[1].start
    return Edit(start, start, '"-o", "pipefail", ')


def _in_document(dockerfile: Dockerfile, instruction: Instruction, script: Script) -> Edit | None:
    document, text = instruction.heredocs[0], dockerfile.source.text
    if script.start != document.start or len(instruction.heredocs) > 1:
        return None
    start = document.start
    if text.startswith("#!", start):
        start = text.index("\n", start) + 1
    elif document.content.startswith("#!"):
        return None
    line = text[start : document.end]
    indentation = line[: len(line) - len(line.lstrip("\t"))]
    return Edit(start, start, f"{indentation}set -o pipefail{line_end(dockerfile)}")


def _in_line(dockerfile: Dockerfile, instruction: Instruction, script: Script) -> Edit | None:
    """Behind the options of a `set` that comes first, else a command of its own."""
    if not instruction.arguments:
        return None
    start, first = instruction.arguments[0].start, script.commands[0]
    is_set = first.name == "set" and first.start == start and bool(first.arguments)
    if is_set and all(literal[:1] == "-" and literal != "--" for literal in first.literals):
        end = first.arguments[-1].end
        return Edit(end, end, " -o pipefail")
    if dockerfile.source.text[start] in "#\n":
        return None
    return Edit(start, start, "set -o pipefail && ")


def _other_shell(dockerfile: Dockerfile, instruction: Instruction, script: Script) -> Fix | None:
    """bash instead of dash, from here on until a later instruction objects.

    Where that is written before an earlier step and does for both, it is written there.
    """
    edits = next(
        (
            wide
            for other, others in dockerfile.scripts
            if other.start < instruction.start
            and _is_before(dockerfile, other, instruction)
            and _is_at_fault(others)
            and _covers(wide := _switched(dockerfile, other, others), instruction)
        ),
        None,
    ) or _switched(dockerfile, instruction, script)
    title = "Run it by bash, in which a pipe fails with the first of its programs that does"
    return Fix(Safety.UNSAFE, title, edits) if edits else None


def _is_before(dockerfile: Dockerfile, first: Instruction, second: Instruction) -> bool:
    """Whether SHELL before the first holds for the second, unless another comes between."""
    stage, origin = dockerfile.stage_of(second), dockerfile.stage_of(first)
    is_inherited = stage is not None and origin in stage.lineage
    between = (s for s in dockerfile.of("SHELL") if first.start < s.start < second.start)
    return is_inherited and next(between, None) is None


def _is_at_fault(script: Script) -> bool:
    return (
        script.dialect == "sh"
        and "pipefail" not in script.options
        and _is_willing(script)
        and any(
            len(p.commands) > 1 and p.commands[0].name in FETCHERS and not p.commands[0].wrappers
            for p in script.pipelines
        )
    )


def _switched(dockerfile: Dockerfile, step: Instruction, script: Script) -> tuple[Edit, ...]:
    """SHELL before a step, and the old one before what would not mean the same by the new."""
    stage = dockerfile.stage_of(step)
    is_own = any(each is step for each in dockerfile.of("RUN"))
    if stage is None or not is_own or step.is_json or not _means_the_same(script):
        return ()
    if not _has_default_shell(dockerfile, step, stage):
        return ()
    edit = inserted(dockerfile, above(dockerfile, step), [_BASH_LINE])
    later = _later(dockerfile, step, stage)
    objector = next((each for each in later if not _agrees(dockerfile, each)), None)
    if objector is None:
        return (edit,)
    is_here = objector.stage == stage.index
    end = above(dockerfile, objector) if is_here else below(dockerfile, stage.instructions[-1])
    return edit, inserted(dockerfile, end, [_SH_LINE])


def _covers(edits: tuple[Edit, ...], step: Instruction) -> bool:
    """Whether the shell that is written before an earlier step still holds for this one."""
    return bool(edits) and (len(edits) == 1 or edits[1].start > step.start)


def _has_default_shell(dockerfile: Dockerfile, step: Instruction, stage: Stage) -> bool:
    """Whether a step is read by `/bin/sh -c`: nothing or just that is said before it."""
    numbers = {member.index for member in stage.lineage}
    before = [s for s in dockerfile.of("SHELL") if s.stage in numbers and s.start < step.start]
    return all([word.text for word in s.arguments] == ["/bin/sh", "-c"] for s in before[-1:])


def _later(dockerfile: Dockerfile, after: Instruction, stage: Stage) -> Iterator[Instruction]:
    """What a SHELL holds for: the stage until the next one, and the stages that start from it."""
    for other in dockerfile.stages:
        if any(member is stage for member in other.lineage):
            for instruction in other.instructions:
                if instruction.start > after.start:
                    if instruction.keyword == "SHELL":
                        break
                    yield instruction


def _agrees(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether bash with pipefail does with an instruction what sh does."""
    if instruction.keyword == "ONBUILD":
        return False
    if instruction.is_json or instruction.keyword not in _STARTS | {"RUN"}:
        return True
    script = dockerfile.script_of(instruction)
    is_run = instruction.keyword == "RUN"
    return script is None or (is_run and _is_willing(script) and _means_the_same(script))


def _means_the_same(script: Script) -> bool:
    r"""Whether bash and dash agree: dash's `echo` makes a line end of `\n`, bash's does not."""
    if script.unread or script.has_errors:
        return False
    return not any(
        command.name in {"echo", "print"} and any("\\" in word.text for word in command.arguments)
        for command in script.commands
    )


PIPEFAIL = Fixer(
    id="pipefail",
    title="Let a pipe fail when a download does",
    rules=("pipe-without-pipefail",),
    safety=Safety.UNSAFE,
    writes=(
        "Where the step's shell is bash (by SHELL, or since /bin/sh is bash on Fedora, CentOS and "
        "their kin) or BusyBox's ash (Alpine): `set -o pipefail && ` before the first command, "
        "behind the options of a `set` that is there already, or as the first line of a "
        "here-document. On Debian and Ubuntu, whose /bin/sh is dash and does not know the option: "
        '`SHELL ["/bin/bash", "-o", "pipefail", "-c"]` before the step; and '
        '`SHELL ["/bin/sh", "-c"]` before the next instruction that would not mean the same in '
        "bash, or that is CMD, ENTRYPOINT or HEALTHCHECK in shell form. Nothing is written where "
        "the shell is not known, and where a program of a pipe stops reading early (`head`, "
        "`grep -q`) or is `yes`: those pipes fail with the option although nothing is wrong."
    ),
    breaks=(
        "A failure that was passed over so far ends the build; `grep` in the middle of a pipe, "
        "which fails when it finds nothing, is one. In a Debian stage, the steps up to there are "
        "read by bash instead of dash, and built anew."
    ),
    on={Dockerfile: _strict},
    examples=(
        Example(
            "FROM debian:12.5\n# get it\nRUN curl -fsSL https://x.example/a.tgz | tar xz\n"
            'RUN make\nCMD ["a"]\n',
            "FROM debian:12.5\n"
            'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
            "# get it\nRUN curl -fsSL https://x.example/a.tgz | tar xz\nRUN make\n"
            'CMD ["a"]\n',
        ),
        Example(
            "FROM debian:12.5\nRUN curl -fsSL https://x.example/a.tgz | tar xz\n"
            "RUN yes | ./setup\nCMD a\n",
            "FROM debian:12.5\n"
            'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
            "RUN curl -fsSL https://x.example/a.tgz | tar xz\n"
            'SHELL ["/bin/sh", "-c"]\n'
            "RUN yes | ./setup\nCMD a\n",
        ),
        Example(
            "FROM debian:12.5\nRUN curl https://x.example/a | tar x\n"
            "RUN curl https://x.example/b | tar x\nCMD a\n",
            "FROM debian:12.5\n"
            'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
            "RUN curl https://x.example/a | tar x\n"
            "RUN curl https://x.example/b | tar x\n"
            'SHELL ["/bin/sh", "-c"]\n'
            "CMD a\n",
        ),
        Example(
            "FROM alpine:3.22.1\nRUN --mount=type=cache,target=/c \\\n  # get\n"
            "  wget -qO- https://x.example/a | tar x\n",
            "FROM alpine:3.22.1\nRUN --mount=type=cache,target=/c \\\n  # get\n"
            "  set -o pipefail && wget -qO- https://x.example/a | tar x\n",
        ),
        Example(
            "FROM alpine:3.22.1\nRUN set -eux; wget -qO- https://x.example/a | tar x\n",
            "FROM alpine:3.22.1\nRUN set -eux -o pipefail; wget -qO- https://x.example/a | tar x\n",
        ),
        Example(
            "FROM alpine:3.22.1\nRUN <<EOF\nwget -qO- https://x.example/a | tar x\nEOF\n",
            "FROM alpine:3.22.1\nRUN <<EOF\nset -o pipefail\n"
            "wget -qO- https://x.example/a | tar x\nEOF\n",
        ),
        Example(
            'FROM acme/base:1.2.3\nRUN ["bash", "-c", "curl https://x.example/a | tar x"]\n',
            "FROM acme/base:1.2.3\n"
            'RUN ["bash", "-o", "pipefail", "-c", "curl https://x.example/a | tar x"]\n',
        ),
    ),
    keeps=(
        "FROM acme/base:1.2.3\nRUN curl https://x.example/a | tar x\n",
        "FROM alpine:3.22.1\nRUN wget -qO- https://x.example/v | head -1 > /v\n",
        "FROM alpine:3.22.1\nRUN wget -qO- https://x.example/v | grep -q ok\n",
        'FROM debian:12.5\nRUN echo "a\\nb" > /c; curl https://x.example/a | tar x\n',
        "FROM alpine:3.22.1\nRUN sh -c 'wget -qO- https://x.example/a | tar x'\n",
        "FROM debian:12.5\nONBUILD RUN curl https://x.example/a | tar x\n",
        "FROM alpine:3.22.1\nRUN cat <<EOF > /x && wget -qO- https://x.example/a | tar x\na\nEOF\n",
    ),
)

FIXERS = (PIPEFAIL,)
