"""`seawall config show`: the policy in force, each value with its origin."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from seawall.cli import options
from seawall.core.errors import UsageError

if TYPE_CHECKING:
    from seawall.core.policy import Entry, Policy


@click.group(invoke_without_command=True)
@click.pass_context
def config(context: click.Context) -> None:
    """Show the policy in force and where each value comes from."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@config.command()
@click.argument("path", default=".")
@options.fail_on
@options.select
@options.ignore
@options.profile
@options.config_file
@options.isolated
@click.option("-o", "--output", "form", default="text", metavar="FORMAT", help="text or json.")
def show(path: str, form: str, **given: object) -> None:
    """Show each value that holds for PATH, and its origin: file and line, option, or default."""
    from seawall.cli.arguments import read_arguments
    from seawall.jobs.governance import Governance

    if form not in ("text", "json"):
        raise UsageError(f"there is no format '{form}'", "Formats: text, json.")
    if not os.path.lexists(path):
        raise UsageError(f"{path}: no such file or directory", "Name a file, or a directory.")
    asked = read_arguments(given).options(())
    policy = Governance(asked.terms, asked.today).leading([path])
    sys.stdout.write(_json(policy) if form == "json" else "\n".join(_text(policy)) + "\n")


def _text(policy: Policy) -> Iterator[str]:
    from seawall.core.clean import clean_line

    entries = [(each.key, _plain(each), each.origin) for each in policy.entries()]
    keys = max(len(key) for key, _, _ in entries)
    yield f"policy: {clean_line(policy.path) or 'none, the defaults hold'}"
    for key, value, origin in entries:
        yield f"{clean_line(key):<{keys}} = {clean_line(value)}  ({clean_line(origin)})"


def _plain(entry: Entry) -> str:
    import msgspec

    return msgspec.json.encode(entry.value).decode()


def _json(policy: Policy) -> str:
    import msgspec

    document = {"policy": policy.path, "values": list(policy.entries())}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
