"""The main job: from paths to a report on every Dockerfile in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from seawall.core.errors import ConfigError, InputError
from seawall.core.model import Finding, Notice, Problem, Target
from seawall.core.policy import Policy, settings
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source, decode
from seawall.core.source import read as read_source
from seawall.jobs.discover import STANDARD_INPUT, Discovery, Input, discover
from seawall.jobs.examine import KIND, Build, bug, examine
from seawall.jobs.governance import Governance, Terms
from seawall.jobs.parallel import map_all
from seawall.jobs.silence import silence
from seawall.rules import checks_on
from seawall.surfaces.dockerfile import Dockerfile

_UNNAMED = "<stdin>"
_NOTHING = Problem(
    ".",
    "no Dockerfile was found",
    "Name the files themselves, whatever they are called; see -v for what was left out.",
)


class CheckOptions(Struct, frozen=True):
    """What is asked of a check.

    `jobs` is the number of processes, 0 for what suits. `standard_input` is what the path `-`
    stands for, called `stdin_filename` in the report. `verbose` adds notices of what was left
    out by name.
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
    """One input and the policy that governs it, ready to be sent to another process."""

    input: Input
    policy: Policy


class _Outcome(Struct, frozen=True):
    """What one input came to, policy included; it travels between processes."""

    name: str
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    hidden: Mapping[str, int] = {}
    excerpt: Excerpt | None = None


def check(
    paths: Sequence[str], options: CheckOptions, governance: Governance | None = None
) -> Report:
    """Judge every Dockerfile that the paths lead to.

    Raises:
        ConfigError: the policy that governs the first path can't be understood.
        UsageError: the command line names a rule that there is not.
        InputError: the baseline can't be read.
    """
    governance = governance or Governance(options.terms)
    governance.leading(paths)
    found = discover(paths, governance.excludes)
    tasks, refused = _tasks(found.inputs, governance, options)
    outcomes = map_all(partial(_examine, options=options), tasks, _died, options.jobs)
    return _report(found, refused, outcomes, options)


def _tasks(
    inputs: Iterable[Input], governance: Governance, options: CheckOptions
) -> tuple[list[_Task], tuple[Problem, ...]]:
    """Pair each input with its policy; one that can't be understood is a problem, said once."""
    tasks = []
    refused: dict[str, Problem] = {}
    for each in inputs:
        is_stream = each.path == STANDARD_INPUT
        try:
            policy = governance.of((options.stdin_filename or "x") if is_stream else each.path)
        except ConfigError as error:
            reason = f"{error.message}; the files that this policy governs were not examined"
            refused.setdefault(error.message, Problem(each.name, reason, error.hint))
        else:
            tasks.append(_Task(each, policy))
    return tasks, tuple(refused.values())


def _examine(task: _Task, options: CheckOptions) -> _Outcome:
    """Everything that is done to one input, in whatever process."""
    name = task.input.name
    try:
        source = _source(task.input, options)
    except InputError as error:
        name = error.message.partition(": ")[0] if task.input.path == STANDARD_INPUT else name
        problem = Problem(name, error.message.removeprefix(f"{name}: "), error.hint)
        return _Outcome(name, problems=(problem,))
    try:
        return _judged(source, task.policy, options)
    except Exception as error:
        return _Outcome(name, problems=(bug(name, "examining it failed", error),))


def _source(found: Input, options: CheckOptions) -> Source:
    if found.path == STANDARD_INPUT:
        return decode(options.stdin_filename or _UNNAMED, options.standard_input)
    return read_source(Path(found.path), found.name)


def _judged(source: Source, policy: Policy, options: CheckOptions) -> _Outcome:
    checks = checks_on(Dockerfile)
    terms = settings(policy, options.today)
    examined = examine(source, checks, terms, options.build, {})
    findings: tuple[Finding, ...] = examined.findings
    notices: tuple[Notice, ...] = ()
    if examined.facts is not None:
        judged = {rule.id for rule, _ in checks}
        findings, notices = silence(examined.facts, findings, judged, policy, options.today)
    excerpt = examined.excerpt if findings else None
    return _Outcome(source.path, findings, examined.problems, notices, {}, excerpt)


def _died(task: _Task) -> _Outcome:
    reason = "the process that examined it died (out of memory, or killed)"
    problem = Problem(task.input.name, reason, "Check it by itself.")
    return _Outcome(task.input.name, problems=(problem,))


def _report(
    found: Discovery,
    refused: tuple[Problem, ...],
    outcomes: Iterable[_Outcome],
    options: CheckOptions,
) -> Report:
    problems = [*found.problems, *refused]
    notices = list(found.notices) if options.verbose else []
    targets: list[Target] = []
    findings: list[Finding] = []
    hidden = Counter[str]()
    excerpts: dict[str, Excerpt] = {}
    for outcome in outcomes:
        targets.append(Target(outcome.name, KIND))
        findings += outcome.findings
        problems += outcome.problems
        notices += outcome.notices
        hidden.update(outcome.hidden)
        if outcome.excerpt is not None:
            excerpts[outcome.name] = outcome.excerpt
    if not targets and not problems:
        problems.append(_NOTHING)
    return Report(
        tuple(targets), tuple(findings), tuple(problems), tuple(notices), (), hidden, excerpts
    )
