"""`seawall baseline`: accept the findings of today, so that only new ones count."""

from __future__ import annotations

import sys

import click

from seawall.cli import options

DEFAULT_FILE = ".seawall-baseline.json"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--output",
    "file",
    default=DEFAULT_FILE,
    metavar="FILE",
    help=f"Where to write it.  [default: {DEFAULT_FILE}]",
)
@options.select
@options.ignore
@options.profile
@options.build_arg
@options.target
@options.config_file
@options.isolated
@options.offline
@options.jobs
def baseline(paths: tuple[str, ...], file: str, **given: object) -> int:
    """Write what is found in PATH today to a file; `check --baseline FILE` lets it pass.

    Take it anew to drop what has been mended. Exit code 2: something could not be examined,
    and what is found in it later counts as new.
    """
    from pathlib import Path

    from seawall.cli.arguments import read_arguments
    from seawall.cli.terminal import complain
    from seawall.core.baseline import write_baseline
    from seawall.core.clean import clean_line
    from seawall.jobs.check import check, identity_root

    paths = paths or (".",)
    report = check(paths, read_arguments(given).options(paths))
    number = write_baseline(Path(file), report.findings, identity_root(paths))
    noun = "finding" if number == 1 else "findings"
    sys.stdout.write(f"{number} {noun} written to {clean_line(file)}\n")
    for problem in report.problems:
        complain(f"{problem.target}: {problem.reason}", problem.hint)
    return 2 if report.problems else 0
