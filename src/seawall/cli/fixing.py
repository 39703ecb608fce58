"""What `seawall fix` does: plan, prove where asked, show, write."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct, structs

from seawall.cli.arguments import Arguments
from seawall.cli.judging import words
from seawall.cli.outputs import Output, print_text, write_file
from seawall.cli.progress import Progress
from seawall.cli.terminal import complain, remark
from seawall.core.errors import UsageError
from seawall.core.model import Problem
from seawall.core.suggestion import did_you_mean
from seawall.core.writing import as_bytes
from seawall.jobs.check import CheckOptions
from seawall.jobs.fixing import FixOptions, Key, Plan, Written, plan, write
from seawall.jobs.governance import Governance
from seawall.reports import RenderOptions

if TYPE_CHECKING:
    from seawall.fixes.model import Observed
    from seawall.jobs.proving import ProofReport

_FORMATS = ("text", "json", "patch", "diff")


class FixArguments(Arguments, frozen=True):
    """Everything that `fix` may be told."""

    writes: bool = False
    checks: bool = False
    unsafe: bool = False
    take: tuple[str, ...] = ()
    proves: bool = False
    prove_timeout: float = 60.0
    prove_command: str = ""


def read_fix_arguments(given: Mapping[str, object]) -> FixArguments:
    """Take over what click has parsed; what is left out keeps its default."""
    said = {name: value for name, value in given.items() if value is not None}
    return msgspec.convert(said, FixArguments)


def run_fix(arguments: FixArguments, paths: tuple[str, ...]) -> int:
    """Plan, prove, show and write; the exit code."""
    outputs = _outputs(arguments.outputs)
    check = arguments.options(paths)
    asked = FixOptions(check, unsafe=arguments.unsafe, take=words(arguments.take))
    governance = Governance(check.terms, check.today)
    policy = governance.leading(paths)
    made = _planned(paths, asked, governance)
    proof = None
    if arguments.proves and not made.is_empty:
        made, proof = _proven(arguments, paths, asked, governance, made)
    written = write(made) if arguments.writes else None
    problems = (*made.problems, *(written.problems if written else ()))
    code = 2 if problems or _is_in_doubt(proof) else int(arguments.checks and not made.is_empty)
    done = _Done(structs.replace(made, problems=problems), written, proof, code)
    _show(outputs, done, arguments.rendering(policy), check)
    _complain(problems)
    for notice in made.notices:
        remark(f"{notice.target}: {notice.message}")
    return code


def write_safe(arguments: Arguments, paths: tuple[str, ...]) -> bool:
    """Write what is safe to fix, and say on standard error what that was; whether it could be."""
    check = arguments.options(paths)
    governance = Governance(check.terms, check.today)
    governance.leading(paths)
    made = _planned(paths, FixOptions(check), governance)
    written = write(made)
    _complain(written.problems)
    if written.names:
        fixes = f"{len(made.fixes)} safe fix{'' if len(made.fixes) == 1 else 'es'}"
        remark(f"{fixes} written to {', '.join(written.names)}")
    return not written.problems


class _Done(Struct, frozen=True):
    """What a run came to."""

    plan: Plan
    written: Written | None
    proof: ProofReport | None
    code: int

    @property
    def names(self) -> tuple[str, ...] | None:
        """The files that were written; None where none was to be."""
        return self.written.names if self.written else None


def _planned(paths: tuple[str, ...], asked: FixOptions, governance: Governance) -> Plan:
    progress = Progress()
    try:
        return plan(paths, asked, governance, progress)
    finally:
        progress.close()


def _proven(
    arguments: FixArguments,
    paths: tuple[str, ...],
    asked: FixOptions,
    governance: Governance,
    first: Plan,
) -> tuple[Plan, ProofReport]:
    """The plan that holds on an engine; one that changes nothing needs no proof."""
    from seawall.jobs.proving import ProofOptions, Subjects, prove

    def replan(skipped: frozenset[Key], observed: Mapping[str, Observed]) -> Plan:
        if not skipped and not observed:
            return first
        again = structs.replace(asked, skipped=skipped, observed=observed)
        return plan(paths, again, governance)

    reading = asked.check.reading
    subjects = Subjects(first.dockerfiles, first.projects, reading.environment, reading.env_files)
    options = ProofOptions(
        patience=arguments.prove_timeout,
        command=arguments.prove_command,
        arguments=asked.check.build.arguments,
    )
    progress = Progress()
    try:
        proven = prove(replan, subjects, options, progress.say)
    finally:
        progress.close()
    return cast("Plan", proven.plan), proven.report


def _is_in_doubt(proof: ProofReport | None) -> bool:
    """Whether anything was to be proven and could not be."""
    if proof is None:
        return False
    return any(each.outcome.value == "not provable" for each in proof.subjects)


def _show(
    outputs: Iterable[Output], done: _Done, options: RenderOptions, check: CheckOptions
) -> None:
    plain = RenderOptions(verbose=options.verbose, version=options.version, profile=options.profile)
    given = check.run or check.standard_input.decode("utf-8", "surrogateescape")
    for output in outputs:
        content = _rendered(output, done, plain if output.path else options)
        if output.path:
            write_file(output.path, content)
        elif given and output.form == "text":
            _give_back(done.plan, given, content)
        else:
            print_text(content)


def _give_back(made: Plan, given: str, said: str | bytes) -> None:
    """What was given as a text goes to standard output as it should be; the rest is said beside."""
    text = next((file.after for file in made.changed if file.is_text), given)
    print_text(as_bytes(text if text.endswith("\n") else text + "\n"))
    sys.stdout.flush()
    sys.stderr.write(said if isinstance(said, str) else said.decode())


def _rendered(output: Output, done: _Done, options: RenderOptions) -> str | bytes:
    if output.form in ("patch", "diff"):
        from seawall.reports.fixes import patch

        return patch.render(done.plan)
    if output.form == "json":
        from seawall.reports.fixes import json

        return json.render(done.plan, options, done.code, done.names, done.proof)
    from seawall.reports.fixes import text

    return text.render(done.plan, options, done.names, _told(done.proof))


def _told(proof: ProofReport | None) -> list[str]:
    if proof is None:
        return []
    from seawall.reports.fixes.proof import lines

    return [*lines(proof)]


def _outputs(values: Sequence[str]) -> tuple[Output, ...]:
    outputs = []
    for value in values or ("text",):
        form, _, path = value.partition(":")
        if form not in _FORMATS:
            hint = did_you_mean(form, _FORMATS) or f"Formats: {', '.join(_FORMATS)}."
            raise UsageError(f"there is no format '{form}' of fixes", hint)
        outputs.append(Output(form, path))
    if len({output.path for output in outputs}) < len(outputs):
        raise UsageError("two outputs go to one place", "Give one of them a file: -o json:FILE.")
    return tuple(outputs)


def _complain(problems: Iterable[Problem]) -> None:
    sys.stdout.flush()
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        complain(f"{problem.target}{line}: {problem.reason}", problem.hint)
