"""`seawall checklist`: the 22 items, or a standard's sections, each with verdict and evidence."""

from __future__ import annotations

import click

from seawall.cli import options

_STANDARDS = ("cis", "owasp", "nist")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--standard",
    type=options.Choice("no such standard", _STANDARDS),
    help="The verdicts under the sections of CIS Docker 1.8, OWASP Docker Top 10 or NIST 800-190.",
)
@options.output
@options.profile
@click.option("--no-ignores", is_flag=True, help="Let ignore comments accept nothing.")
@click.option("--baseline", metavar="FILE", help="Accept the findings that FILE holds.")
@options.build_arg
@options.target
@options.env_file
@options.config_file
@options.isolated
@options.offline
@options.jobs
@options.quiet
@options.verbose
@options.color
def checklist(paths: tuple[str, ...], **given: object) -> int:
    """Give the items of the checklist their verdicts for what is in PATH, each with its evidence.

    What files can't show is attested in the policy: who stands for it, until when, and where that
    is written.

    Exit code: 0 every item passes; 1 all are decided and one fails; 2 one is unknown, or
    something could not be examined.
    """
    from msgspec import structs

    from seawall.cli.arguments import read_arguments
    from seawall.cli.examine import examine
    from seawall.cli.outputs import parse_outputs, say_notices, write_outputs

    arguments = read_arguments(given)
    outputs = parse_outputs(arguments.outputs)
    paths = paths or (".",)
    report, policy = examine(arguments, paths)
    rendering = structs.replace(arguments.rendering(policy), is_checklist=True)
    write_outputs(outputs, report, rendering)
    say_notices(outputs, report)
    return rendering.exit_code(report)
