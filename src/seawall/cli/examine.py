"""What `check` and `checklist` do before they report: mend and judge PATH under its policies."""

from __future__ import annotations

import shlex

from seawall.cli.arguments import Arguments
from seawall.cli.progress import Progress
from seawall.core.policy import Policy
from seawall.core.report import Report
from seawall.jobs.check import check
from seawall.jobs.discover import STANDARD_INPUT
from seawall.jobs.governance import Governance


def examine(arguments: Arguments, paths: tuple[str, ...]) -> tuple[Report, Policy]:
    """The report on `paths`, and the policy that leads it; progress shows on a terminal."""
    asked = arguments.options(paths)
    governance = Governance(asked.terms, asked.today)
    policy = governance.leading(paths)
    progress = Progress()
    try:
        return check(paths, asked, governance, progress), policy
    finally:
        progress.close()


def fix_first(arguments: Arguments, paths: tuple[str, ...]) -> bool:
    """Write what is safe to fix, and say so; whether all of it could be written.

    Raises:
        UsageError: there is no file to write to.
    """
    from seawall.cli.fixing import write_safe
    from seawall.core.errors import UsageError

    if STANDARD_INPUT in paths or arguments.run:
        raise UsageError("--fix writes files", "`seawall fix -` gives back what it reads.")
    return write_safe(arguments, paths)


def fix_command(paths: tuple[str, ...]) -> str:
    """The command that mends what `paths` lead to."""
    return shlex.join(["seawall", "fix", *paths])
