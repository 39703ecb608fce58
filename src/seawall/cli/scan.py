"""`seawall scan`: say what is in an image and what is wrong with it."""

from __future__ import annotations

import click

from seawall.cli import options


@click.command()
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@options.output_of_scan
@options.fail_on
@options.select
@options.ignore
@options.profile
@options.only
@click.option("--only-fixed", is_flag=True, help="Leave out flaws that have no fix yet.")
@options.vex
@click.option("--running", is_flag=True, help="Scan the image of every running container.")
@options.platform
@click.option("--baseline", metavar="FILE", help="Let the findings that FILE holds pass.")
@options.database
@options.insecure_registry
@options.no_cache
@options.config_file
@options.isolated
@options.offline_scan
@options.quiet
@options.verbose
@options.color
def scan(images: tuple[str, ...], **given: object) -> int:
    """Judge what is in each IMAGE: packages, secrets, files and configuration.

    An IMAGE is a reference (`python:3.13`, `ghcr.io/acme/app@sha256:…`), an archive of
    `docker save`, an OCI layout, or the directory of a root file system; `docker:`, `registry:`,
    `archive:`, `oci:` and `rootfs:` in front say which is meant. An SBOM or the JSON of Trivy or
    Grype is judged too. Two images are compared.

    Exit code: 0 everything was examined and nothing is at or over --fail-on; 1 something is; 2
    something could not be examined or decided, or the advisories are missing or too old.
    """
    from seawall.cli.outputs import parse_outputs, say_notices, write_outputs
    from seawall.cli.scanning import read_arguments, run

    arguments = read_arguments(given)
    outputs = parse_outputs(arguments.outputs, with_inventories=True)
    result, policy = run(arguments, images)
    write_outputs(outputs, result.report, arguments.rendering(policy), result.images)
    say_notices(outputs, result.report)
    return result.report.exit_code(policy.fail_on)
