"""A user that is not root: made where there is none, and named by its number."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety, Verdict
from seawall.fixes.dockerfile import user_texts as texts
from seawall.fixes.dockerfile.doubts import doubt_of, is_hopeless
from seawall.fixes.dockerfile.ground import Ground, ground_of, is_root_at
from seawall.fixes.dockerfile.needs import Writes, is_system, started, writes_of
from seawall.fixes.dockerfile.placing import (
    above,
    end_of_stage,
    inserted,
    is_open_ended,
    last_act,
    line_end,
    run,
)
from seawall.fixes.dockerfile.runner import Runner, runner_of
from seawall.fixes.dockerfile.servers import server_of
from seawall.fixes.model import Context, Fixer, Observed
from seawall.surfaces.dockerfile import Dockerfile, Instruction


def _root_user(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    if ground is None or hit.verdict is Verdict.PASS or ground.target.onbuild:
        return None
    if is_hopeless(ground):
        return None
    if ground.base.is_windows:
        return _windows(ground)
    observed = context.observed.get(dockerfile.source.path, Observed())
    plan = _plan(ground, observed)
    if is_open_ended(dockerfile, plan.place):
        return None
    doubt = doubt_of(ground) or _not_given(plan)
    if hit.verdict is Verdict.UNKNOWN:
        doubt = "the file does not settle who runs"
    safety = Safety.GUIDED if doubt else Safety.UNSAFE
    proposal = _proposal(ground, plan, doubt) if doubt else ""
    return Fix(safety, plan.runner.title, tuple(_edits(ground, plan)), proposal=proposal)


def _not_given(plan: _Plan) -> str:
    own = ", ".join(plan.writes.own)
    return f"no step can give it {own}" if own and not plan.may_run else ""


class _Plan(Struct, frozen=True):
    """What is to be done: who runs, what it is given first, and at which place in the file.

    `there` are those of its directories that the base image surely has.
    """

    runner: Runner
    writes: Writes
    opens: tuple[str, ...]
    may_run: bool
    place: int
    there: tuple[str, ...] = ()


def _plan(ground: Ground, observed: Observed) -> _Plan:
    place = end_of_stage(ground.dockerfile, ground.target)
    tools = observed.tools
    may_run = is_root_at(ground, place) and ground.has_shell and (not tools or "sh" in tools)
    guess = writes_of(ground, frozenset())
    runner = runner_of(ground, observed.user, may_run, guess.groups)
    writes = writes_of(ground, runner.names)
    paths = [posixpath.normpath(path) for path in observed.owned if path.startswith("/")]
    seen = [shlex.quote(path) for path in paths if not is_system(path)]
    own = tuple(dict.fromkeys((*writes.own, *seen)))
    shared = [path for path in paths if is_system(path) and path != "/"]
    add = tuple(path for path in dict.fromkeys((*writes.add, *shared)) if path not in own)
    opens = tuple(_opens(ground, runner))
    server = server_of(ground)
    there = server.own if server else ()
    return _Plan(runner, Writes(own, add), opens, may_run, place, there)


_OWNER_ONLY = Expression(r"u?g?\+r?w?x\Z|u=r?w?x(?:,go?=)?\Z")


def _opens(ground: Ground, runner: Runner) -> Iterator[str]:
    """Programs that the container starts and that the file lets only root run."""
    names = set(started(ground))
    for instruction, command in ground.commands("chmod"):
        words = [word.literal or "" for word in command.operands()]
        mode = words[0] if words else ""
        if not _is_owner_only(mode):
            continue
        for word in words[1:]:
            path = posixpath.basename(word)
            if path in names and path:
                yield word if word.startswith("/") else _found(ground, instruction, word)


def _is_owner_only(mode: str) -> bool:
    if mode.isdecimal():
        return mode[-1:] in {"0", "4", "2", "6"} and mode[-3:-2] in {"1", "3", "5", "7"}
    return mode.startswith("u") and _OWNER_ONLY.match(mode) is not None


def _found(ground: Ground, instruction: Instruction, path: str) -> str:
    """A relative path, below the WORKDIR that holds there."""
    before = [w for w in ground.instructions("WORKDIR") if w.start < instruction.start]
    text = before[-1].text.strip().strip("\"'") if before else "/"
    return posixpath.normpath(posixpath.join(text, path)) if text.startswith("/") else ""


def _steps(plan: _Plan, own: tuple[str, ...], add: tuple[str, ...]) -> list[str]:
    """The commands that give directories away: some whole, others only to add files to.

    In a directory with the sticky bit who may write can't delete or replace what is root's.
    """
    runner, steps = plan.runner, []
    if own:
        missing = " ".join(path for path in own if path not in plan.there)
        steps += [f"mkdir -p {missing}"] if missing else []
        steps += [f"chown -R {runner.owner} {' '.join(own)}"]
    if add:
        paths = " ".join(add)
        if runner.group:
            steps += [f"chgrp {runner.group} {paths}", f"chmod 1775 {paths}"]
        else:
            steps += [f"chown {runner.owner} {paths}"]
    return steps


def _edits(ground: Ground, plan: _Plan) -> Iterator[Edit]:
    """The account and what is given to it before the volumes or at the end; then the USER."""
    runner, dockerfile = plan.runner, ground.dockerfile
    own, add, make = plan.writes.own, plan.writes.add, [runner.make] if runner.make else []
    yield from runner.edits
    early = _before_volumes(ground, plan) if plan.may_run else None
    if early is not None:
        at, paths = early
        yield inserted(
            dockerfile, at, run(dockerfile, make + _steps(plan, paths, ()), ground.runs_posix)
        )
        own, make = tuple(path for path in own if path not in paths), []
    steps = [*make, *runner.joins, *_steps(plan, own, add)] if plan.may_run else []
    if plan.may_run and plan.opens:
        steps.append(f"chmod a+rx {' '.join(filter(None, plan.opens))}")
    lines = run(dockerfile, steps, ground.runs_posix) if steps else []
    lines += [f"ENV HOME={runner.env}"] if runner.env else []
    yield from _with_user(ground, plan, lines)


def _with_user(ground: Ground, plan: _Plan, lines: list[str]) -> Iterator[Edit]:
    """A last USER root becomes the new one; else a USER is added before what is started."""
    dockerfile, last = ground.dockerfile, last_act(ground.target)
    if last.keyword == "USER" and last.arguments and _is_alone(last):
        word = last.arguments[0]
        if lines:
            yield inserted(dockerfile, above(dockerfile, last), lines)
        yield Edit(word.start, word.end, plan.runner.user)
    else:
        yield inserted(dockerfile, plan.place, [*lines, f"USER {plan.runner.user}"])


def _is_alone(user: Instruction) -> bool:
    """Whether a USER is one line with nothing but its word."""
    return user.line == user.end_line and len(user.arguments) == 1


def _before_volumes(ground: Ground, plan: _Plan) -> tuple[int, tuple[str, ...]] | None:
    """The first VOLUME of the stage over what is to be given: after it, Docker's older builder
    throws away what a step does to the volume's content."""
    for setting in ground.target.volumes:
        text, volume = posixpath.normpath(setting.value.known or "."), setting.by
        paths = tuple(path for path in plan.writes.own if f"{path}/".startswith(f"{text}/"))
        is_ours = volume.stage == ground.target.index and volume.start < plan.place
        if paths and is_ours and is_root_at(ground, volume.start):
            given = _volumes_of(ground, volume)
            own = plan.writes.own
            at = above(ground.dockerfile, volume)
            return at, tuple(path for path in own if path in given or path in paths)
    return None


def _volumes_of(ground: Ground, volume: Instruction) -> set[str]:
    """The paths of one VOLUME."""
    settings = (setting for setting in ground.target.volumes if setting.by is volume)
    return {posixpath.normpath(setting.value.known or ".") for setting in settings}


def _proposal(ground: Ground, plan: _Plan, doubt: str) -> str:
    """The lines to write, with what has to be asked first."""
    end = line_end(ground.dockerfile)
    made = [edit for edit in _edits(ground, plan) if edit not in plan.runner.edits]
    lines = "".join(e.text if e.start == e.end else f"USER {e.text}{end}" for e in made)
    return f"# {doubt[0].upper()}{doubt[1:]}.{end}{lines.strip()}{end}"


def _windows(ground: Ground) -> Fix | None:
    user, dockerfile = ground.target.user, ground.dockerfile
    if user is not None:
        edit = Edit(user.start, user.end, "ContainerUser")
    else:
        place = end_of_stage(dockerfile, ground.target)
        edit = inserted(dockerfile, place, ["USER ContainerUser"])
    return Fix(Safety.UNSAFE, "Run as ContainerUser, who is no administrator", (edit,))


FIXERS = (
    Fixer(
        id="user",
        title="An account that is not root",
        rules=("root-user",),
        safety=Safety.UNSAFE,
        writes=texts.ROOT_WRITES,
        breaks=texts.ROOT_BREAKS,
        on={Dockerfile: _root_user},
        examples=texts.ROOT_EXAMPLES,
        keeps=texts.ROOT_KEEPS,
    ),
)
