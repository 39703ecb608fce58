"""Options that mean the same in every command."""

from __future__ import annotations

import click

from seawall.core.model import Profile, Severity


def _choice(values: type[Severity] | type[Profile]) -> click.Choice[str]:
    return click.Choice([value.value for value in values], case_sensitive=False)


output = click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help="Report format, to standard output or a file; may be given several times.",
)
fail_on = click.option(
    "--fail-on",
    type=_choice(Severity),
    default=None,
    help="Exit with 1 for findings of this severity or worse.  [default: high]",
)
select = click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    help="Report only these rules, by id, alias or practice; repeat, or separate by commas.",
)
ignore = click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    help="Leave these rules out; repeat, or separate by commas.",
)
profile = click.option(
    "--profile",
    type=_choice(Profile),
    default=None,
    help="How much to report: what anyone would act on, strict hygiene, or everything.",
)
config_file = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="Take the policy from this file, not from seawall.toml near the inputs.",
)
isolated = click.option("--isolated", is_flag=True, help="Read no policy file at all.")
offline = click.option(
    "--offline", is_flag=True, help="Never open a network connection (checks never do)."
)
quiet = click.option("-q", "--quiet", is_flag=True, help="One line a finding.")
verbose = click.option("-v", "--verbose", is_flag=True, help="Say what is left out, and why.")
color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="When to colour text.  [default: auto]",
)
build_arg = click.option(
    "--build-arg",
    "build_args",
    multiple=True,
    metavar="NAME=VALUE",
    help="A build argument, as the build gets it; may be given several times.",
)
target = click.option(
    "--target", metavar="STAGE", help="Judge the image that this stage makes, not the last one."
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes to use.  [default: 1, or one a processor for many files]",
)
