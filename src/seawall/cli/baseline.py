"""`seawall baseline`: accept the findings of today, so that only new ones count."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from seawall.cli import options

if TYPE_CHECKING:
    from seawall.core.report import Report

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
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="IMAGE",
    help="Take what `scan IMAGE` finds, and no PATH; repeatable.",
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
def baseline(paths: tuple[str, ...], file: str, images: tuple[str, ...], **given: object) -> int:
    """Write what is found in PATH today to a file; `check --baseline FILE` lets it pass.

    With --image it is for `scan --baseline FILE`.

    Take it anew to drop what has been mended. Exit code 2: something could not be examined,
    and what is found in it later counts as new.
    """
    from pathlib import Path

    from seawall.cli.terminal import complain
    from seawall.core.baseline import write_baseline
    from seawall.core.clean import clean_line
    from seawall.core.errors import UsageError

    if images and paths:
        raise UsageError("a PATH and --image: a baseline is for one of them", "Write two files.")
    report, root = _of_images(images, given) if images else _of_paths(paths or (".",), given)
    number = write_baseline(Path(file), report.findings, root)
    noun = "finding" if number == 1 else "findings"
    sys.stdout.write(f"{number} {noun} written to {clean_line(file)}\n")
    for problem in report.problems:
        complain(f"{problem.target}: {problem.reason}", problem.hint)
    return 2 if report.problems else 0


def _of_paths(paths: tuple[str, ...], given: Mapping[str, object]) -> tuple[Report, str]:
    from seawall.cli.arguments import read_arguments
    from seawall.jobs.check import check, identity_root

    return check(paths, read_arguments(given).options(paths)), identity_root(paths)


def _of_images(images: tuple[str, ...], given: Mapping[str, object]) -> tuple[Report, str]:
    from seawall.cli.scanning import read_arguments
    from seawall.jobs.scan import identity_root, scan

    return scan(images, read_arguments(given).options()).report, identity_root()
