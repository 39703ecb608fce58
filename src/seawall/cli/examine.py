"""What `check` and `checklist` do before they report: judge PATH under its policies."""

from __future__ import annotations

from seawall.cli.arguments import Arguments
from seawall.cli.progress import Progress
from seawall.core.policy import Policy
from seawall.core.report import Report
from seawall.jobs.check import check
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
