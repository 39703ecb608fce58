"""What the command line says, in types that the jobs take."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec import Struct

from seawall import __version__
from seawall.cli.terminal import use_color, width
from seawall.core.errors import UsageError
from seawall.core.model import Profile, Severity
from seawall.core.policy import Policy
from seawall.core.source import MAX_BYTES
from seawall.jobs.check import CheckOptions
from seawall.jobs.discover import STANDARD_INPUT
from seawall.jobs.examine import Build
from seawall.jobs.governance import Terms
from seawall.jobs.units import Reading
from seawall.reports import WITH_DRAWINGS, RenderOptions


class Arguments(Struct, frozen=True):
    """Everything that the commands which examine something may be told."""

    outputs: tuple[str, ...] = ()
    fail_on: Severity | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Profile | None = None
    baseline: str = ""
    build_args: tuple[str, ...] = ()
    target: str = ""
    stdin_filename: str = ""
    env_files: tuple[str, ...] = ()
    run: str = ""
    run_lines: bool = False
    config_file: str = ""
    isolated: bool = False
    no_ignores: bool = False
    jobs: int = 0
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    standard: str = ""

    def terms(self) -> Terms:
        """What is said of policy.

        Raises:
            UsageError: a policy file is named and none is to be read.
        """
        if self.isolated and self.config_file:
            raise UsageError("--config names a policy, and --isolated reads none: which?")
        return Terms(
            profile=self.profile,
            fail_on=self.fail_on,
            select=_words(self.select),
            ignore=_words(self.ignore),
            config_file=self.config_file,
            isolated=self.isolated,
            no_ignores=self.no_ignores,
        )

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
            verbose=self.verbose,
        )

    def rendering(self, policy: Policy) -> RenderOptions:
        """How reports on standard output are to look."""
        return RenderOptions(
            color=use_color(self.color, sys.stdout),
            width=width(sys.stdout),
            verbose=self.verbose - self.quiet,
            fail_on=policy.fail_on,
            profile=policy.profile.value,
            version=__version__,
            date=date.today().isoformat(),  # noqa: DTZ011 -- the reader's day
        )


def read_arguments(given: Mapping[str, object]) -> Arguments:
    """Take over what click has parsed; what is left out keeps its default."""
    said = {name: value for name, value in given.items() if value is not None}
    return msgspec.convert(said, Arguments)


def _words(values: tuple[str, ...]) -> tuple[str, ...]:
    """What a repeatable option was given, comma-separated lists taken apart."""
    parts = (part.strip() for value in values for part in value.split(","))
    return tuple(part for part in parts if part)


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
