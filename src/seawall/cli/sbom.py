"""`seawall sbom`: list what is in an image."""

from __future__ import annotations

import click

from seawall.cli import options


@click.command()
@click.argument("image", metavar="IMAGE")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help="cyclonedx (1.6) or spdx (2.3), as JSON; to standard output, or to a file. May be given "
    "several times.  [default: cyclonedx]",
)
@options.platform
@options.insecure_registry
@options.no_cache
@options.no_verify
@options.offline_scan
@options.quiet
def sbom(image: str, **given: object) -> int:
    """List the packages in IMAGE with their versions, licences and layers.

    IMAGE is named as for `seawall scan`; `seawall scan IMAGE -o cyclonedx` adds the flaws of the
    packages. Exit code: 0 all of it was read; 2 something could not be, and the list may lack it.
    """
    from seawall.cli.outputs import write_inventories
    from seawall.cli.scanning import read_arguments, take_inventory
    from seawall.cli.terminal import complain

    arguments = read_arguments(given)
    scanned, problems = take_inventory(arguments, image)
    write_inventories(arguments.outputs or ("cyclonedx",), scanned)
    for problem in problems:
        complain(f"{problem.target}: {problem.reason}", problem.hint)
    return 2 if problems else 0
