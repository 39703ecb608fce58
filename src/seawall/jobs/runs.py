"""`docker run` lines, given or found in a file: each is a container to judge."""

from __future__ import annotations

from seawall.core.model import Problem
from seawall.core.report import Excerpt
from seawall.core.source import Source
from seawall.jobs.examine import Taken
from seawall.jobs.governance import Ruling
from seawall.jobs.ignoring import yaml_ignores
from seawall.jobs.judge import judge
from seawall.jobs.outcome import Outcome, in_order
from seawall.jobs.policing import police
from seawall.jobs.showing import shown_by
from seawall.jobs.units import RUN
from seawall.rules import checks_on
from seawall.surfaces.run_line.finder import find_run_lines
from seawall.surfaces.run_line.reader import RunLines, read_run_lines
from seawall.surfaces.workload import Workload

SURFACES = (Workload,)
_REFUSED = "Docker refuses this line; what could be read of it was judged."
_GAP = "Give the value or the file; what depends on it could not be judged."
_NO_LINE = "Write it as for a shell: --run 'docker run --read-only nginx'."


def examine_line(source: Source, ruling: Ruling, keep_hidden: bool, root: str) -> Outcome:
    """Judge a text that is run lines: one without any is a problem."""
    lines = read_run_lines(source)
    if not lines.workloads and not lines.faults:
        problem = Problem(source.path, "holds no `docker run` line", _NO_LINE)
        return Outcome(source.path, RUN, problems=(problem,))
    return _outcome(source, lines, ruling, keep_hidden, root)


def examine_file(source: Source, ruling: Ruling, keep_hidden: bool, root: str) -> Outcome:
    """Judge the run lines in a script, Makefile, unit or document: it need not hold any."""
    return _outcome(source, find_run_lines(source), ruling, keep_hidden, root)


def _outcome(
    source: Source, lines: RunLines, ruling: Ruling, keep_hidden: bool, root: str
) -> Outcome:
    taken = Taken(source, ruling, keep_hidden)
    for workload in lines.workloads:
        taken.shown += shown_by(workload)
        taken.examined.append((Workload.__name__, f"{source.path} {workload.place.start}"))
        subject = subject_of(lines, workload) if ruling.mending else None
        taken.take(judge(workload, checks_on(Workload), ruling.settings), subject)
    findings = sorted(taken.findings, key=in_order)
    policed = police(source.path, yaml_ignores(source, ruling), findings, ruling, root, SURFACES)
    hidden = dict(policed.hidden)
    for key, number in taken.hidden.items():
        hidden[key] = hidden.get(key, 0) + number
    faults = (Problem(source.path, f.message, _REFUSED, f.line or None) for f in lines.faults)
    gaps = (Problem(source.path, f.message, _GAP, f.line or None) for f in lines.gaps)
    return Outcome(
        source.path,
        RUN,
        policed.findings,
        (*faults, *gaps, *taken.problems),
        policed.notices,
        hidden,
        policed.left_out if keep_hidden else (),
        Excerpt(source, taken.secrets_of(source.path)),
        shown=tuple(taken.shown),
        examined=tuple(taken.examined),
    )


def subject_of(lines: RunLines, workload: Workload) -> object:
    """What fixers are given of a finding on a run line."""
    from seawall.fixes.model import RunLine  # noqa: PLC0415 -- only who mends pays for it

    return RunLine(lines, workload)
