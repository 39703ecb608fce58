"""What all commands that judge something may be told: the policy's say, and how reports look."""

from __future__ import annotations

import sys
from datetime import date

from msgspec import Struct

from seawall import __version__
from seawall.cli.terminal import use_color, width
from seawall.core.errors import UsageError
from seawall.core.model import Profile, Severity
from seawall.core.policy import Policy
from seawall.jobs.governance import Terms
from seawall.reports import RenderOptions


class Judging(Struct, frozen=True):
    """The options that mean the same everywhere."""

    outputs: tuple[str, ...] = ()
    fail_on: Severity | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Profile | None = None
    baseline: str = ""
    config_file: str = ""
    isolated: bool = False
    no_ignores: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"

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
            select=words(self.select),
            ignore=words(self.ignore),
            config_file=self.config_file,
            isolated=self.isolated,
            no_ignores=self.no_ignores,
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


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """What a repeatable option was given, comma-separated lists taken apart."""
    parts = (part.strip() for value in values for part in value.split(","))
    return tuple(part for part in parts if part)
