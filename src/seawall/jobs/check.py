"""The main job: from paths to a report on every Dockerfile and Compose project in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from msgspec import Struct, field, structs

from seawall.core.baseline import Baseline, read_baseline
from seawall.core.errors import InputError
from seawall.core.globs import absolute
from seawall.core.model import Notice, Problem, Target
from seawall.core.policy import Policy
from seawall.core.report import Report
from seawall.core.selection import (
    Hidden,
    attestation_notices,
    hidden_notices,
    total,
    waiver_notices,
)
from seawall.core.source import Source, decode
from seawall.core.source import read as read_source
from seawall.jobs.checklist import checklist
from seawall.jobs.discover import (
    RUN_OPTION,
    STANDARD_INPUT,
    Discovery,
    Input,
    discover,
    is_within,
)
from seawall.jobs.examine import Build, Examination, bug, examine
from seawall.jobs.governance import Governance, Ruling, Terms, catalog
from seawall.jobs.ignoring import dockerfile_ignores
from seawall.jobs.outcome import Outcome, merge, settle
from seawall.jobs.parallel import is_alone, map_all
from seawall.jobs.policing import police
from seawall.jobs.units import COMPOSE, DOCKERFILE, REPOSITORY, RUN, Reading, Unit, make_units
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.repository.gitignore import repository_root

_UNNAMED = "<stdin>"
_ABSENT = "no Dockerfile and no Compose file was found"
_NOTHING = "Name the files themselves, whatever they are called; -v says what was left out."


class CheckOptions(Struct, frozen=True):
    """What is asked of a check.

    `jobs` is the number of processes, 0 for what suits. `standard_input` is what the path `-`
    stands for, called `stdin_filename` in the report. `run` is shell text with `docker run` lines
    to judge; `run_lines` looks for such lines in the files that may hold them. `draws` makes a
    diagram of each project. `standard` (`cis`, `owasp` or `nist`) gives the checklist's verdicts
    under the sections of that standard. `mends` tells findings what may mend them. `verbose` adds
    notices of what was left out: files by their names, and findings that are hidden.
    """

    terms: Terms = Terms()
    build: Build = Build()
    reading: Reading = Reading()
    run: str = ""
    run_lines: bool = False
    baseline: str = ""
    jobs: int = 0
    standard_input: bytes = b""
    stdin_filename: str = ""
    draws: bool = False
    standard: str = ""
    verbose: bool = False
    mends: bool = False
    today: date = field(default_factory=date.today)


def check(
    paths: Sequence[str],
    options: CheckOptions,
    governance: Governance | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Judge every Dockerfile and Compose project that the paths lead to.

    Raises:
        ConfigError: the policy of the first path, or the baseline, can't be understood.
        UsageError: the command line names a rule that there is not.
    """
    governance = governance or Governance(options.terms, options.today)
    governance.leading(paths)
    baseline = read_baseline(Path(options.baseline)) if options.baseline else Baseline()
    found = discover(paths, governance.excludes, options.run_lines)
    if options.run:
        given = Input(RUN_OPTION, RUN_OPTION, RUN)
        found = structs.replace(found, inputs=(*found.inputs, given))
    units, refused = make_units(
        (*found.inputs, *found.directories), governance, options.stdin_filename
    )
    if options.mends:
        from seawall.jobs.remedies import told  # noqa: PLC0415 -- only some formats show it

        units = told(units, options.today)
    root = identity_root(paths)
    alone = is_alone(len(units), options.jobs)
    known: Known = {} if alone and found.directories else None
    pairs: list[tuple[Unit, Outcome]] = []
    builds: Builds = []
    # What lies around the builds comes last: it needs to know their contexts.
    inner = [unit for unit in units if unit.kind != REPOSITORY]
    outer = [unit for unit in units if unit.kind == REPOSITORY]
    examine_one = partial(examine_unit, options=options, root=root, known=known, builds=builds)
    done = map_all(examine_one, inner, _died, options.jobs)
    for number, (unit, own) in enumerate(zip(inner, done, strict=True), 1):
        pairs += ((unit, outcome) for outcome in own)
        if progress is not None:
            progress(number, len(units))
    builds += (each for _, outcome in pairs for each in outcome.builds)
    pairs += ((unit, outcome) for unit in outer for outcome in examine_one(unit))
    outcomes = settle(merge([outcome for _, outcome in pairs]))
    report = _report(paths, found, refused, outcomes, options)
    notices: tuple[Notice, ...] = *report.notices, *_acceptances(paths, found, pairs, options.today)
    if baseline.name:
        everything = [finding for o in outcomes for finding in (*o.findings, *o.left_out)]
        notices += baseline.stale(everything, [outcome.name for outcome in outcomes], root)
        report = structs.replace(report, findings=baseline.mark(report.findings))
    report = structs.replace(report, notices=notices)
    if options.terms.select:
        return report  # Some of the rules can't settle the checklist.
    policies = {unit.ruling.policy.path: unit.ruling.policy for unit in units}
    rows = checklist(report, outcomes, [*policies.values()], options.today, options.standard)
    return structs.replace(report, checklist=rows)


def identity_root(paths: Sequence[str]) -> str:
    """The directory that findings' identities are relative to: the repository of the first path.

    The working directory where there is none, and for standard input.
    """
    first = paths[0] if paths and paths[0] != STANDARD_INPUT else "."
    directory = absolute(first)
    if not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return repository_root(directory) or absolute(".")


Known = dict[str, Dockerfile] | None
"""The Dockerfiles that take files from their context, by path, where one process does all:
the repository around them need not read them again."""


Builds = list[tuple[str, str]]
"""Dockerfiles with the contexts that Compose files say they are built in."""


def examine_unit(
    unit: Unit, options: CheckOptions, root: str, known: Known, builds: Builds
) -> tuple[Outcome, ...]:
    """Everything that is done to one unit, in whatever process."""
    name = unit.inputs[0].name
    try:
        if unit.kind == COMPOSE:
            return _project(unit, options, root)
        if unit.kind == REPOSITORY:
            return _repository(unit, options, root, known, builds)
        return (_file(unit, options, root, known),)
    except Exception as error:
        return (Outcome(name, unit.kind, problems=(bug(name, "examining it failed", error),)),)


def _project(unit: Unit, options: CheckOptions, root: str) -> tuple[Outcome, ...]:
    from seawall.jobs.projects import examine_project  # noqa: PLC0415 -- YAML on use

    keep_hidden = bool(options.baseline or unit.ruling.policy.waivers)
    names = [each.name for each in unit.inputs]
    return examine_project(names, unit.ruling, options.reading, keep_hidden, root, options.draws)


def _repository(
    unit: Unit, options: CheckOptions, root: str, known: Known, builds: Builds
) -> tuple[Outcome, ...]:
    from seawall.jobs.repositories import Surroundings, examine_repository  # noqa: PLC0415 -- YAML on use

    keep_hidden = bool(options.baseline or unit.ruling.policy.waivers)
    directory, *dockerfiles = unit.inputs
    surroundings = Surroundings(directory, tuple(dockerfiles), known, tuple(builds))
    return examine_repository(surroundings, unit.ruling, keep_hidden, root)


def _file(unit: Unit, options: CheckOptions, root: str, known: Known) -> Outcome:
    found = unit.inputs[0]
    try:
        source = _source(found, options)
    except InputError as error:
        name = _called(found, options)
        problem = Problem(name, error.message.removeprefix(f"{name}: "), error.hint)
        return Outcome(name, unit.kind, problems=(problem,))
    if unit.kind == RUN:
        from seawall.jobs.runs import examine_file, examine_line  # noqa: PLC0415 -- seldom asked

        keep_hidden = bool(options.baseline or unit.ruling.policy.waivers)
        examine_lines = examine_line if found.path == RUN_OPTION else examine_file
        return examine_lines(source, unit.ruling, keep_hidden, root)
    outcome, facts = judge_dockerfile(source, unit.ruling, options, root)
    if known is not None and facts is not None and any(facts.of("COPY", "ADD")):
        # A copy of its own: what rules worked out of the file is not kept.
        known[found.path] = structs.replace(facts)
    return outcome


def _source(found: Input, options: CheckOptions) -> Source:
    if found.path == RUN_OPTION:
        return decode(found.name, options.run.encode("utf-8", "surrogateescape"))
    if found.path == STANDARD_INPUT:
        return decode(_called(found, options), options.standard_input)
    return read_source(found.path, found.name)


def _called(found: Input, options: CheckOptions) -> str:
    return (options.stdin_filename or _UNNAMED) if found.path == STANDARD_INPUT else found.name


def judge_dockerfile(
    source: Source, ruling: Ruling, options: CheckOptions, root: str
) -> tuple[Outcome, Dockerfile | None]:
    """What the rules say of one Dockerfile, and its facts; None where reading it failed."""
    keep_hidden = bool(options.baseline or ruling.policy.waivers)
    examined = examine(source, ruling, options.build, keep_hidden)
    if examined.facts is None:
        return Outcome(source.path, DOCKERFILE, problems=examined.problems), None
    ignores = dockerfile_ignores(examined.facts, ruling)
    policed = police(source.path, ignores, examined.findings, ruling, root, (Dockerfile,))
    outcome = Outcome(
        source.path,
        DOCKERFILE,
        policed.findings,
        examined.problems,
        policed.notices,
        total((examined.hidden, policed.hidden)),
        policed.left_out if keep_hidden else (),
        examined.excerpt if policed.findings or _is_read_in_part(examined) else None,
        shown=examined.shown,
        examined=((Dockerfile.__name__, source.path),),
    )
    return outcome, examined.facts


def _is_read_in_part(examined: Examination) -> bool:
    """Whether there is a problem, and something was judged all the same."""
    return bool(examined.problems and examined.facts and examined.facts.instructions)


def _died(unit: Unit) -> tuple[Outcome, ...]:
    reason = "the process that examined it died (out of memory, or killed)"
    name = unit.inputs[0].name
    return (Outcome(name, unit.kind, problems=(Problem(name, reason, "Check it by itself."),)),)


def _report(
    paths: Sequence[str],
    found: Discovery,
    refused: tuple[Problem, ...],
    outcomes: Sequence[Outcome],
    options: CheckOptions,
) -> Report:
    problems = [*found.problems, *refused, *(each for o in outcomes for each in o.problems)]
    hidden = total(outcome.hidden for outcome in outcomes)
    notices = (*found.notices, *hidden_notices(hidden, catalog())) if options.verbose else ()
    if not outcomes and not problems:
        problems.append(
            Problem(", ".join(paths), "no Dockerfile and no Compose file was found", _NOTHING)
        )
    return Report(
        targets=tuple(Target(o.name, o.kind) for o in outcomes if o.is_target),
        findings=tuple(finding for outcome in outcomes for finding in outcome.findings),
        problems=tuple(problems),
        notices=(*notices, *(each for outcome in outcomes for each in outcome.notices)),
        hidden=_by_reason(hidden),
        excerpts={o.name: o.excerpt for o in outcomes if o.excerpt is not None},
        diagrams=tuple(o.diagram for o in outcomes if o.diagram is not None),
    )


def _by_reason(hidden: Hidden) -> dict[str, int]:
    reasons = Counter[str]()
    for (reason, _), number in hidden.items():
        reasons[reason] += number
    return dict(reasons)


def _acceptances(
    paths: Sequence[str],
    found: Discovery,
    pairs: Iterable[tuple[Unit, Outcome]],
    today: date,
) -> Iterator[Notice]:
    """What is to be said of the waivers and attestations of each policy that governed an input."""
    governed: dict[str, tuple[Policy, list[Outcome]]] = {}
    for unit, outcome in pairs:
        policy = unit.ruling.policy
        if policy.waivers or policy.attestations:
            governed.setdefault(policy.path, (policy, []))[1].append(outcome)
    searched = [absolute(path) for path in paths if not found.problems]
    for policy, own in governed.values():
        findings = [finding for o in own for finding in (*o.findings, *o.left_out)]
        whole = any(is_within(policy.directory, directory) for directory in searched)
        names = [outcome.name for outcome in own]
        yield from waiver_notices(findings, policy, catalog(), names, today, whole)
        yield from attestation_notices(policy, today)
