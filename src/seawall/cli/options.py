"""Options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Iterable

import click

from seawall.core.errors import UsageError
from seawall.core.model import Profile, Severity
from seawall.core.suggestion import did_you_mean
from seawall.reports import FORMATS, INVENTORIES


class Choice(click.Choice[str]):
    """One of a few words; another is refused in our words, with what it may have meant."""

    def __init__(self, problem: str, words: Iterable[str]) -> None:
        super().__init__(tuple(words), case_sensitive=False)
        self._problem = problem

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,  # noqa: ARG002 -- as click calls it
    ) -> str:
        """The word as it is spelt here.

        Raises:
            UsageError: it is none of them.
        """
        word = str(value).lower()
        if word in self.choices:
            return word
        option = f"{param.opts[0]} {value}: " if isinstance(param, click.Option) else f"{value}: "
        hint = did_you_mean(word, self.choices) or f"Take one of {', '.join(self.choices)}."
        raise UsageError(f"{option}{self._problem}", hint)


class _Number(click.ParamType[int]):
    """A whole number from 0, refused in our words."""

    name = "N"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,  # noqa: ARG002 -- as click calls it
    ) -> int:
        """The number.

        Raises:
            UsageError: it is none.
        """
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 6:
            return int(text)
        option = param.opts[0] if param else ""
        raise UsageError(f"{option} {text}: not a number of processes", f"Write {option} 4.")


output = click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help=f"Report format: {', '.join(FORMATS)}; to standard output, or to a file. May be given "
    "several times.",
)
output_of_scan = click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help=f"Report format: {', '.join((*FORMATS, *INVENTORIES))}; to standard output, or to a file. "
    "May be given several times.",
)
fail_on = click.option(
    "--fail-on",
    type=Choice("no such severity", (severity.value for severity in Severity)),
    default=None,
    help="Exit with 1 for findings of this severity or worse.  [default: high]",
)
select = click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    help="Take only these rules, by id, alias or practice; repeat, or separate by commas.",
)
ignore = click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    help="Leave these rules out; repeat, or separate by commas.",
)
profile = click.option(
    "--profile",
    type=Choice("no such profile", (profile.value for profile in Profile)),
    default=None,
    help="How much to look for: what anyone would act on, strict hygiene, or everything.",
)
config_file = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="Take the policy from this file, not from seawall.toml near the inputs.",
)
isolated = click.option("--isolated", is_flag=True, help="Read no policy file at all.")
offline = click.option(
    # Still taken from those who write it, and not told of: a check opens none anyway.
    "--offline",
    is_flag=True,
    hidden=True,
    help="Never open a network connection (checks never do).",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="One line a finding.")
verbose = click.option("-v", "--verbose", is_flag=True, help="Say what is left out, and why.")
color = click.option(
    "--color",
    type=Choice("no such choice", ["auto", "always", "never"]),
    default="auto",
    help="When to colour text.  [default: auto]",
)
build_arg = click.option(
    "--build-arg",
    "build_args",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="A build argument, as the build gets it: without a value, from the environment. May be "
    "given several times.",
)
target = click.option(
    "--target", metavar="STAGE", help="Judge the image that this stage makes, not the last one."
)
env_file = click.option(
    "--env-file",
    "env_files",
    multiple=True,
    metavar="FILE",
    help="Variables for Compose files, instead of the project's `.env`; repeatable.",
)
jobs = click.option(
    "--jobs",
    type=_Number(),
    metavar="N",
    help="Processes to use.  [default: 1, or one a processor for many files]",
)
only = click.option(
    "--only",
    multiple=True,
    metavar="PART",
    help="Look only for packages, secrets or files; repeat, or separate by commas.",
)
vex = click.option(
    "--vex",
    multiple=True,
    metavar="FILE",
    help="Heed what an OpenVEX, CSAF or CycloneDX document says of flaws; repeatable.",
)
platform = click.option(
    "--platform",
    metavar="OS/ARCH",
    help="Which image of several: linux/arm64.  [default: linux and this machine's]",
)
database = click.option(
    "--db", "database", metavar="FILE", help="The advisories, if not where `seawall db` has them."
)
insecure_registry = click.option(
    "--insecure-registry",
    "insecure_registries",
    multiple=True,
    metavar="HOST",
    help="A registry that may be asked without TLS or with a certificate nobody vouches for.",
)
no_cache = click.option("--no-cache", is_flag=True, help="Read every layer anew.")
no_verify = click.option(
    "--no-verify",
    is_flag=True,
    help="Trust the digests that a local archive claims for its plain layers: a third of the time, "
    "and nothing is kept.",
)
offline_scan = click.option(
    "--offline", is_flag=True, help="Open no network connection: no registry, only local images."
)
