"""What the command line says, in types that the jobs take."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import msgspec

from seawall.cli.judging import Judging
from seawall.core.errors import UsageError
from seawall.core.source import MAX_BYTES
from seawall.jobs.check import CheckOptions
from seawall.jobs.discover import STANDARD_INPUT
from seawall.jobs.examine import Build
from seawall.jobs.units import Reading
from seawall.reports import WITH_DRAWINGS, WITH_FIXES


class Arguments(Judging, frozen=True):
    """Everything that the commands which examine a project may be told."""

    build_args: tuple[str, ...] = ()
    target: str = ""
    stdin_filename: str = ""
    env_files: tuple[str, ...] = ()
    run: str = ""
    run_lines: bool = False
    jobs: int = 0
    standard: str = ""
    fixes: bool = False

    def options(self, paths: Sequence[str]) -> CheckOptions:
        """What is asked of a check; reads standard input where a path is `-`.

        Raises:
            UsageError: a build argument has no name, or options contradict each other.
        """
        return CheckOptions(
            terms=self.terms(),
            build=Build(_build_arguments(self.build_args), self.target),
            baseline=self.baseline,
            jobs=self.jobs,
            standard_input=_standard_input() if STANDARD_INPUT in paths else b"",
            stdin_filename=self.stdin_filename,
            reading=Reading(dict(os.environ), self.env_files),
            run=_standard_text() if self.run == STANDARD_INPUT else self.run,
            run_lines=self.run_lines,
            standard=self.standard,
            draws=any(each.partition(":")[0] in WITH_DRAWINGS for each in self.outputs),
            mends=any(self._shows_fixes(each) for each in self.outputs or ("text",)),
            verbose=self.verbose,
        )

    def _shows_fixes(self, output: str) -> bool:
        form = output.partition(":")[0]
        return form in WITH_FIXES and (form != "text" or not self.quiet)


def read_arguments(given: Mapping[str, object]) -> Arguments:
    """Take over what click has parsed; what is left out keeps its default."""
    said = {name: value for name, value in given.items() if value is not None}
    return msgspec.convert(said, Arguments)


def _build_arguments(values: tuple[str, ...]) -> dict[str, str]:
    """`K=V` as for the build; a bare `K` has its value from the environment, or is not given.

    Source: https://docs.docker.com/reference/cli/docker/buildx/build/#build-arg
    """
    pairs = [value.partition("=") for value in values]
    if any(not name for name, _, _ in pairs):
        raise UsageError("--build-arg needs a name", "Write --build-arg NAME=value.")
    return {
        name: value if sign else os.environ[name]
        for name, sign, value in pairs
        if sign or name in os.environ
    }


def _standard_text() -> str:
    return _standard_input().decode("utf-8", "surrogateescape")


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1)
