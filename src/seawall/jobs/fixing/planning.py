"""From paths to a plan: Dockerfiles first, then what is built of them, then what is around."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from seawall.core.baseline import read_baseline
from seawall.core.globs import absolute
from seawall.core.model import FileChange, Finding, Notice, Problem, Safety
from seawall.core.report import Excerpt
from seawall.jobs.check import identity_root
from seawall.jobs.discover import RUN_OPTION, STANDARD_INPUT, Discovery, Input, discover
from seawall.jobs.examine import bug
from seawall.jobs.fixing.asking import Asking, is_wanted
from seawall.jobs.fixing.bench import Bench
from seawall.jobs.fixing.draft import Draft, draft_of
from seawall.jobs.fixing.model import ChangedFile, FixOptions, Key, Made, Plan
from seawall.jobs.fixing.neighbours import Project, reconciled
from seawall.jobs.fixing.placing import APPEND, CHMOD, CREATE, boundary_of, disk_text
from seawall.jobs.fixing.rounds import ROUNDS, Mended, mend
from seawall.jobs.governance import Governance, Ruling
from seawall.jobs.outcome import Settled
from seawall.jobs.parallel import map_all
from seawall.jobs.units import COMPOSE, DOCKERFILE, REPOSITORY, RUN, Unit, make_units

Progress = Callable[[int, int], None]
_NOTHING = "Name the files themselves, whatever they are called."


class _Task(Struct, frozen=True):
    """A unit as it is asked about, and the ruling that says which of its findings count."""

    bench: Bench
    ruling: Ruling


class _Done(Struct, frozen=True):
    """What became of a unit; without `mended` it is only a problem."""

    mended: Mended | None = None
    problems: tuple[Problem, ...] = ()


def plan(
    paths: Sequence[str],
    options: FixOptions,
    governance: Governance | None = None,
    progress: Progress | None = None,
) -> Plan:
    """What would be written to mend what the paths lead to; nothing is written.

    Raises:
        ConfigError: the policy of the first path, or the baseline, can't be understood.
        UsageError: the command line names a rule that there is not.
    """
    check = options.check
    governance = governance or Governance(check.terms, check.today)
    governance.leading(paths)
    found = discover(paths, governance.excludes, check.run_lines)
    if check.run:
        given = Input(RUN_OPTION, RUN_OPTION, RUN)
        found = structs.replace(found, inputs=(*found.inputs, given))
    units, refused = make_units(
        (*found.inputs, *found.directories), governance, check.stdin_filename
    )
    planning = _Planning(paths, options, units, progress or (lambda _done, _total: None))
    problems = (*found.problems, *refused, *_absence(paths, found, units))
    return planning.plan(problems)


def _absence(paths: Sequence[str], found: Discovery, units: Sequence[Unit]) -> Iterator[Problem]:
    if not units and not found.problems:
        yield Problem(", ".join(paths), "no Dockerfile and no Compose file was found", _NOTHING)


class _Planning:
    """One plan in the making."""

    def __init__(
        self,
        paths: Sequence[str],
        options: FixOptions,
        units: Sequence[Unit],
        progress: Progress,
    ) -> None:
        self._options = options
        self._units = units
        self._progress = progress
        self._root = identity_root(paths)
        self._asking = Asking(options)
        self._accepted = _accepted(options.check.baseline)
        self._drafts: dict[str, Draft] = {}
        self._made: list[Made] = []
        self._mended: list[Mended] = []
        self._problems: list[Problem] = []

    def plan(self, problems: Iterable[Problem]) -> Plan:
        """Go through the units in the order in which one builds on the other."""
        single = [unit for unit in self._units if unit.kind in (DOCKERFILE, RUN)]
        projects = [unit for unit in self._units if unit.kind == COMPOSE]
        around = [unit for unit in self._units if unit.kind == REPOSITORY]
        known = [self._project(unit) for unit in projects] if single or around else []
        said = [outcome for project in known for outcome in project.before.outcomes]
        answers = tuple(each for outcome in said for each in outcome.settled)
        builds = tuple(each for outcome in said for each in outcome.builds)
        self._mend_apart([self._task(unit, answers=answers) for unit in single], known)
        for unit in projects:
            self._mend(self._task(unit))
        for unit in around:
            self._mend(self._task(unit, builds=builds))
        self._problems = [*problems, *self._asking.problems, *self._problems]
        return self._result()

    def _project(self, unit: Unit) -> Project:
        """A project as it is, before anything is mended."""
        ruling = structs.replace(self._asking.ruling(unit), mending=None)
        asked = structs.replace(unit, ruling=ruling)
        bench = Bench(asked, self._options.check, self._root, accepted=self._accepted)
        return Project(bench, bench.judge({}))

    def _task(
        self,
        unit: Unit,
        answers: tuple[Settled, ...] = (),
        builds: tuple[tuple[str, str], ...] = (),
    ) -> _Task:
        asked = structs.replace(unit, ruling=self._asking.ruling(unit))
        check = self._options.check
        bench = Bench(asked, check, self._root, builds, answers, self._accepted)
        return _Task(bench, unit.ruling)

    def _mend_apart(self, tasks: Sequence[_Task], projects: Sequence[Project]) -> None:
        """Files that have nothing to do with each other, but for the projects that build them."""
        done: list[_Done] = []
        for each in map_all(_mended, tasks, _died, self._options.check.jobs):
            done.append(each)
            self._progress(len(done), len(self._units))
        mended = {n: each.mended for n, each in enumerate(done) if each.mended is not None}
        if projects:
            mended = dict(reconciled(projects, mended, partial(_again, tasks)))
        for number, each in enumerate(done):
            self._take(_Done(mended.get(number), each.problems), len(self._made))

    def _mend(self, task: _Task) -> None:
        """Files that others may have touched before."""
        self._take(_mended(task, self._drafts, len(self._made)), 0)

    def _take(self, done: _Done, by: int) -> None:
        self._problems += done.problems
        if done.mended is None:
            return
        self._made += done.mended.made
        for path, draft in done.mended.drafts.items():
            if draft.text != draft.original:
                self._drafts[path] = draft.renumbered(by)
        self._mended.append(structs.replace(done.mended, drafts={}))

    def _result(self) -> Plan:
        mended = self._mended
        opened = [each for one in mended for each in one.open]
        return Plan(
            changed=tuple(self._changed()),
            fixes=tuple(self._made),
            files=tuple(each for each in self._files() if each.deed != APPEND),
            withheld=tuple(each for each in opened if each.fix.safety is not Safety.GUIDED),
            proposals=tuple(each for each in opened if each.fix.safety is Safety.GUIDED),
            left_out=tuple(each for one in mended for each in one.left_out),
            problems=tuple(dict.fromkeys(self._problems)),
            notices=tuple(_notices(mended)),
            excerpts=_excerpts(mended),
            dockerfiles=tuple(self._paths(DOCKERFILE)),
            projects=tuple(
                tuple(absolute(each.path) for each in unit.inputs)
                for unit in self._units
                if unit.kind == COMPOSE
            ),
        )

    def _paths(self, kind: str) -> Iterator[str]:
        for unit in self._units:
            if unit.kind == kind and unit.inputs[0].path != STANDARD_INPUT:
                yield absolute(unit.inputs[0].path)

    def _files(self) -> Iterator[FileChange]:
        """What fixes do to files beside, each once."""
        return iter(dict.fromkeys(each for one in self._mended for each in one.files))

    def _changed(self) -> Iterator[ChangedFile]:
        names = {
            absolute(each.path): each.name
            for unit in self._units
            if unit.kind != REPOSITORY
            for each in unit.inputs
        }
        texts = [each for each in self._files() if each.deed != CHMOD]
        private = {each.path for each in texts if _is_private(each)}
        modes = {each.path: each.mode for each in texts if each.mode}
        for path, draft in self._drafts.items():
            is_text = path in (RUN_OPTION, STANDARD_INPUT)
            yield ChangedFile(
                path,
                path if is_text else names.get(path) or _called(path),
                draft.original,
                draft.text,
                tuple(draft.changes()),
                "" if is_text else boundary_of(path),
                is_new=not is_text and not os.path.lexists(path),
                is_text=is_text,
                is_private=path in private,
                mode=modes.get(path, 0),
            )


def _is_private(change: FileChange) -> bool:
    """Whether a file is for its owner's eyes only, and so for no report."""
    is_owners = change.deed == CREATE and bool(change.mode) and not change.mode & 0o077
    return change.is_secret or is_owners


def _accepted(baseline: str) -> frozenset[str]:
    """The fingerprints that a baseline holds."""
    held = read_baseline(Path(baseline)).entries if baseline else ()
    return frozenset(entry.fingerprint for entry in held)


def _mended(task: _Task, drafts: Mapping[str, Draft] | None = None, number: int = 0) -> _Done:
    """Mend one unit, in whatever process; a bug of ours is that unit's problem."""
    bench = task.bench
    name = bench.unit.inputs[0].name
    asked = bench.unit.ruling

    def wanted(finding: Finding) -> bool:
        return is_wanted(finding, task.ruling, asked)

    try:
        others = drafts or {}
        mended = mend(bench, wanted, _seeds(bench, others), others, number)
    except Exception as error:
        return _Done(problems=(bug(name, "mending it failed", error),))
    return _Done(mended, mended.last.problems)


def _again(tasks: Sequence[_Task], number: int, skipped: frozenset[Key]) -> Mended:
    """Mend the file of a task once more, without some of its fixes."""
    task = tasks[number]
    unit = task.bench.unit
    mending = unit.ruling.mending
    assert mending is not None  # noqa: S101 -- every task's ruling has it
    mending = structs.replace(mending, skipped=mending.skipped | skipped)
    unit = structs.replace(unit, ruling=structs.replace(unit.ruling, mending=mending))
    done = _mended(structs.replace(task, bench=structs.replace(task.bench, unit=unit)))
    assert done.mended is not None, done.problems  # noqa: S101 -- it was mended before
    return done.mended


def _died(task: _Task) -> _Done:
    name = task.bench.unit.inputs[0].name
    reason = "the process that mended it died (out of memory, or killed)"
    return _Done(problems=(Problem(name, reason, "Mend it by itself."),))


def _seeds(bench: Bench, others: Mapping[str, Draft]) -> dict[str, Draft]:
    """The texts of a unit's files as they are, or as other units have left them."""
    options = bench.options
    seeds: dict[str, Draft] = {}
    for each in bench.unit.inputs if bench.unit.kind != REPOSITORY else ():
        if each.path == RUN_OPTION:
            text: str | None = options.run
        elif each.path == STANDARD_INPUT:
            text = options.standard_input.decode("utf-8", "surrogateescape")
        else:
            text = disk_text(each.path, each.name)
        if text is not None:
            path = bench.path(each.name)
            seeds[path] = others.get(path) or draft_of(text)
    return seeds


def _notices(mended: Iterable[Mended]) -> Iterator[Notice]:
    for each in mended:
        if not each.is_ended:
            message = f"after {ROUNDS} rounds there is still more to mend: run it again"
            yield Notice(each.last.path, message)


def _excerpts(mended: Iterable[Mended]) -> dict[str, Excerpt]:
    """The texts before, by the names that reports have for them, with all that is secret in them.

    What is judged later may see a file as it has become: that is not its text before.
    """
    found: dict[str, Excerpt] = {}
    for excerpt in (excerpt for each in mended for excerpt in each.first.excerpts):
        known = found.setdefault(excerpt.source.path, excerpt)
        if known is not excerpt and known.source.text == excerpt.source.text:
            secrets = (*known.secrets, *excerpt.secrets)
            found[excerpt.source.path] = Excerpt(known.source, secrets)
    return found


def _called(path: str) -> str:
    """What reports call a file that no path named."""
    relative = os.path.relpath(path)
    return path if relative.startswith("../") else relative
