"""`seawall check`: judge the Dockerfiles and Compose projects of a repository."""

from __future__ import annotations

import click

from seawall.cli import options


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@options.output
@options.fail_on
@options.select
@options.ignore
@options.profile
@click.option("--no-ignores", is_flag=True, help="Show what ignore comments silence, too.")
@click.option("--baseline", metavar="FILE", help="Let the findings that FILE holds pass.")
@options.build_arg
@options.target
@options.env_file
@click.option(
    "--run",
    metavar="COMMAND",
    help="Judge this `docker run` command (`-` reads it from standard input).",
)
@click.option(
    "--run-lines",
    is_flag=True,
    default=None,
    help="Judge the `docker run` lines in scripts, Makefiles, systemd units and documents too.",
)
@click.option(
    "--fix", "fixes", is_flag=True, help="First write what is safe to fix, as `fix` does."
)
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input (`-`).")
@options.config_file
@options.isolated
@options.offline
@options.jobs
@options.quiet
@options.verbose
@options.color
def check(paths: tuple[str, ...], **given: object) -> int:
    """Judge every Dockerfile and Compose project in PATH.

    Directories are searched; `-` is a Dockerfile on standard input.

    Without a PATH it is the working directory. Exit code: 0 everything was examined and nothing
    is at or over --fail-on; 1 something is; 2 something could not be examined or decided.
    """
    from msgspec import structs

    from seawall.cli.arguments import read_arguments
    from seawall.cli.examine import examine, fix_command, fix_first
    from seawall.cli.outputs import parse_outputs, say_notices, write_outputs

    arguments = read_arguments(given)
    outputs = parse_outputs(arguments.outputs)
    paths = paths or (() if arguments.run else (".",))
    is_fixed = not arguments.fixes or fix_first(arguments, paths)
    report, policy = examine(arguments, paths)
    rendering = structs.replace(arguments.rendering(policy), fix_command=fix_command(paths))
    write_outputs(outputs, report, rendering)
    say_notices(outputs, report)
    return report.exit_code(policy.fail_on) if is_fixed else 2
