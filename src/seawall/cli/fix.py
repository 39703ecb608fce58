"""`seawall fix`: mend what the rules find; shown as a diff, written when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seawall.cli import options

if TYPE_CHECKING:
    from seawall.cli.fixing import FixArguments


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--write", "writes", is_flag=True, help="Write the files.")
@click.option("--check", "checks", is_flag=True, help="Exit with 1 if anything would change.")
@click.option("--unsafe", is_flag=True, help="Make the fixes too that may change behaviour.")
@click.option(
    "--take",
    multiple=True,
    metavar="RULE",
    help="Make what is proposed for this rule, too; repeat, or separate by commas.",
)
@click.option("--prove", "proves", is_flag=True, help="Build and start before and after (Docker).")
@click.option(
    "--prove-timeout",
    type=click.FloatRange(1, 3600),
    metavar="SECONDS",
    help="How long a service may take to become healthy.  [default: 60]",
)
@click.option(
    "--prove-command",
    metavar="COMMAND",
    help="What tells in a container without a healthcheck that it is healthy.",
)
@options.select
@options.ignore
@options.profile
@click.option("--baseline", metavar="FILE", help="Leave the findings that FILE holds alone.")
@options.build_arg
@options.env_file
@click.option(
    "--run",
    metavar="COMMAND",
    help="Print this `docker run` command hardened (`-` reads it from standard input).",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help="text, json or patch; to standard output, or to a file. May be given several times.",
)
@options.config_file
@options.isolated
@click.option("-q", "--quiet", is_flag=True, help="No diff: a line for each file.")
@click.option("-v", "--verbose", is_flag=True, help="Name the unsafe fixes that are left out.")
@options.color
def fix(paths: tuple[str, ...], **given: object) -> int:
    """Show what would mend the findings in PATH; --write writes it.

    Every fix is judged before it is shown: the file still parses, the finding is gone, no new one
    has come, and what no fix names is as it was. Without a PATH it is the working directory.
    Exit code: 0 done, or nothing to do; 1 with --check where a file would change; 2 something
    could not be read, written or proven.
    """
    from seawall.cli.fixing import read_fix_arguments, run_fix

    arguments: FixArguments = read_fix_arguments(given)
    return run_fix(arguments, paths or (() if arguments.run else (".",)))
