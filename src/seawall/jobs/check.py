"""The main job: from paths to a report on every Dockerfile in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from msgspec import Struct, field, structs

from seawall.core.baseline import Baseline, read_baseline
from seawall.core.errors import ConfigError, InputError
from seawall.core.globs import absolute
from seawall.core.model import Finding, Notice, Problem, Target
from seawall.core.policy import Policy
from seawall.core.report import Excerpt, Report
from seawall.core.selection import Hidden, attestation_notices, hidden_notices, waiver_notices
from seawall.core.source import Source, decode
from seawall.core.source import read as read_source
from seawall.jobs.discover import STANDARD_INPUT, Discovery, Input, discover, is_within
from seawall.jobs.examine import KIND, Build, Examination, bug, examine
from seawall.jobs.gitignore import repository_root
from seawall.jobs.governance import Governance, Ruling, Terms, catalog
from seawall.jobs.parallel import map_all
from seawall.jobs.policing import police

_UNNAMED = "<stdin>"
_NOTHING = "Name the files themselves, whatever they are called; -v says what was left out."


class CheckOptions(Struct, frozen=True):
    """What is asked of a check.

    `jobs` is the number of processes, 0 for what suits. `standard_input` is what the path `-`
    stands for, called `stdin_filename` in the report. `verbose` adds notices of what was left
    out: files by their names, and findings that are hidden.
    """

    terms: Terms = Terms()
    build: Build = Build()
    baseline: str = ""
    jobs: int = 0
    standard_input: bytes = b""
    stdin_filename: str = ""
    verbose: bool = False
    today: date = field(default_factory=date.today)


class _Task(Struct, frozen=True):
    """One input and what governs it, ready to be sent to another process."""

    input: Input
    ruling: Ruling


class _Outcome(Struct, frozen=True):
    """What one input came to; it travels between processes.

    `left_out` are the hidden findings, where the baseline or a waiver asks for them.
    """

    name: str
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    hidden: Hidden = {}
    left_out: tuple[Finding, ...] = ()
    excerpt: Excerpt | None = None


def check(
    paths: Sequence[str],
    options: CheckOptions,
    governance: Governance | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Judge every Dockerfile that the paths lead to.

    Raises:
        ConfigError: the policy of the first path, or the baseline, can't be understood.
        UsageError: the command line names a rule that there is not.
    """
    governance = governance or Governance(options.terms, options.today)
    governance.leading(paths)
    baseline = read_baseline(Path(options.baseline)) if options.baseline else Baseline()
    found = discover(paths, governance.excludes)
    tasks, refused = _tasks(found.inputs, governance, options)
    root = identity_root(paths)
    examine_one = partial(_examine, options=options, root=root)
    outcomes: list[_Outcome] = []
    for outcome in map_all(examine_one, tasks, _died, options.jobs):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(tasks))
    report = _report(paths, found, refused, outcomes, options)
    notices = *report.notices, *_acceptances(paths, found, tasks, outcomes, options.today)
    if not baseline.name:
        return structs.replace(report, notices=notices)
    everything = [finding for o in outcomes for finding in (*o.findings, *o.left_out)]
    stale = baseline.stale(everything, [outcome.name for outcome in outcomes], root)
    findings = baseline.mark(report.findings)
    return structs.replace(report, findings=findings, notices=(*notices, *stale))


def identity_root(paths: Sequence[str]) -> str:
    """The directory that findings' identities are relative to: the repository of the first path.

    The working directory where there is none, and for standard input.
    """
    first = paths[0] if paths and paths[0] != STANDARD_INPUT else "."
    directory = absolute(first)
    if not os.path.isdir(directory):  # noqa: PTH112
        directory = os.path.dirname(directory)  # noqa: PTH120
    return repository_root(directory) or absolute(".")


def _tasks(
    inputs: Iterable[Input], governance: Governance, options: CheckOptions
) -> tuple[list[_Task], tuple[Problem, ...]]:
    """Pair each input with its policy; one that can't be understood is a problem, said once."""
    tasks = []
    refused: dict[str, Problem] = {}
    for each in inputs:
        is_stream = each.path == STANDARD_INPUT
        try:
            ruling = governance.of((options.stdin_filename or "x") if is_stream else each.path)
        except ConfigError as error:
            reason = f"{error.message}; the files that this policy governs were not examined"
            refused.setdefault(error.message, Problem(each.name, reason, error.hint))
        else:
            tasks.append(_Task(each, ruling))
    return tasks, tuple(refused.values())


def _examine(task: _Task, options: CheckOptions, root: str) -> _Outcome:
    """Everything that is done to one input, in whatever process."""
    name = task.input.name
    try:
        source = _source(task.input, options)
    except InputError as error:
        name = _called(task.input, options)
        problem = Problem(name, error.message.removeprefix(f"{name}: "), error.hint)
        return _Outcome(name, problems=(problem,))
    try:
        return _judged(source, task.ruling, options, root)
    except Exception as error:
        return _Outcome(name, problems=(bug(name, "examining it failed", error),))


def _source(found: Input, options: CheckOptions) -> Source:
    if found.path == STANDARD_INPUT:
        return decode(_called(found, options), options.standard_input)
    return read_source(Path(found.path), found.name)


def _called(found: Input, options: CheckOptions) -> str:
    return (options.stdin_filename or _UNNAMED) if found.path == STANDARD_INPUT else found.name


def _judged(source: Source, ruling: Ruling, options: CheckOptions, root: str) -> _Outcome:
    keep_hidden = bool(options.baseline or ruling.policy.waivers)
    examined = examine(source, ruling, options.build, keep_hidden)
    if examined.facts is None:
        return _Outcome(source.path, problems=examined.problems)
    policed = police(examined.facts, examined.findings, ruling, root)
    return _Outcome(
        source.path,
        policed.findings,
        examined.problems,
        policed.notices,
        Counter(examined.hidden) + Counter(policed.hidden),
        policed.left_out if keep_hidden else (),
        examined.excerpt if policed.findings or _is_read_in_part(examined) else None,
    )


def _is_read_in_part(examined: Examination) -> bool:
    """Whether there is a problem, and something was judged all the same."""
    return bool(examined.problems and examined.facts and examined.facts.instructions)


def _died(task: _Task) -> _Outcome:
    reason = "the process that examined it died (out of memory, or killed)"
    problem = Problem(task.input.name, reason, "Check it by itself.")
    return _Outcome(task.input.name, problems=(problem,))


def _report(
    paths: Sequence[str],
    found: Discovery,
    refused: tuple[Problem, ...],
    outcomes: Sequence[_Outcome],
    options: CheckOptions,
) -> Report:
    problems = [*found.problems, *refused, *(each for o in outcomes for each in o.problems)]
    hidden = Counter[tuple[str, str]]()
    for outcome in outcomes:
        hidden.update(outcome.hidden)
    notices = (*found.notices, *hidden_notices(hidden, catalog())) if options.verbose else ()
    if not outcomes and not problems:
        problems.append(Problem(", ".join(paths), "no Dockerfile was found", _NOTHING))
    return Report(
        targets=tuple(Target(outcome.name, KIND) for outcome in outcomes),
        findings=tuple(finding for outcome in outcomes for finding in outcome.findings),
        problems=tuple(problems),
        notices=(*notices, *(each for outcome in outcomes for each in outcome.notices)),
        hidden=_by_reason(hidden),
        excerpts={o.name: o.excerpt for o in outcomes if o.excerpt is not None},
    )


def _by_reason(hidden: Hidden) -> dict[str, int]:
    reasons = Counter[str]()
    for (reason, _), number in hidden.items():
        reasons[reason] += number
    return dict(reasons)


def _acceptances(
    paths: Sequence[str],
    found: Discovery,
    tasks: Sequence[_Task],
    outcomes: Sequence[_Outcome],
    today: date,
) -> Iterator[Notice]:
    """What is to be said of the waivers and attestations of each policy that governed an input."""
    governed: dict[str, tuple[Policy, list[_Outcome]]] = {}
    for task, outcome in zip(tasks, outcomes, strict=True):
        policy = task.ruling.policy
        if policy.waivers or policy.attestations:
            governed.setdefault(policy.path, (policy, []))[1].append(outcome)
    searched = [absolute(path) for path in paths if not found.problems]
    for policy, own in governed.values():
        findings = [finding for o in own for finding in (*o.findings, *o.left_out)]
        whole = any(is_within(policy.directory, directory) for directory in searched)
        names = [outcome.name for outcome in own]
        yield from waiver_notices(findings, policy, catalog(), names, today, whole)
        yield from attestation_notices(policy, today)
