"""What `seawall fix` does: plan, prove where asked, show, write."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from seawall.cli.arguments import Arguments
from seawall.cli.outputs import Output, print_text, write_file
from seawall.cli.progress import Progress
from seawall.cli.terminal import complain, remark
from seawall.core.errors import UsageError
from seawall.core.model import Problem
from seawall.core.suggestion import did_you_mean
from seawall.jobs.fixing import FixOptions, Plan, Written, plan, write
from seawall.jobs.governance import Governance
from seawall.reports import RenderOptions

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
    from seawall.cli.judging import words

    outputs = _outputs(arguments.outputs)
    check = arguments.options(paths)
    asked = FixOptions(check, unsafe=arguments.unsafe, take=words(arguments.take))
    governance = Governance(check.terms, check.today)
    policy = governance.leading(paths)
    progress = Progress()
    try:
        made = plan(paths, asked, governance, progress)
    finally:
        progress.close()
    written = write(made) if arguments.writes else None
    _show(outputs, made, written, arguments.rendering(policy))
    problems = (*made.problems, *(written.problems if written else ()))
    _complain(problems)
    for notice in made.notices:
        remark(f"{notice.target}: {notice.message}")
    if problems:
        return 2
    return int(arguments.checks and not made.is_empty)


def _show(
    outputs: Iterable[Output],
    made: Plan,
    written: Written | None,
    options: RenderOptions,
) -> None:
    plain = RenderOptions(verbose=options.verbose, version=options.version)
    for output in outputs:
        content = _rendered(output, made, written, plain if output.path else options)
        if output.path:
            write_file(output.path, content)
        else:
            print_text(content)


def _rendered(
    output: Output, made: Plan, written: Written | None, options: RenderOptions
) -> str | bytes:
    if output.form in ("patch", "diff"):
        from seawall.reports.fixes import patch

        return patch.render(made)
    from seawall.reports.fixes import text

    return text.render(made, options, written.names if written else None)


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
