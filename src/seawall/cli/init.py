"""`seawall init`: the files that a project starts with, shown first and written when asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from seawall.cli import options
from seawall.core.errors import UsageError

if TYPE_CHECKING:
    from seawall.jobs.initialize import Draft


@click.command()
@click.argument("directory", default=".", metavar="[DIRECTORY]")
@click.option("--write", "writes", is_flag=True, help="Write the files whose places are free.")
@click.option("--dry-run", is_flag=True, help="Only show them (the default).")
@click.option(
    "--force", multiple=True, metavar="FILE", help="Write over this file, too; repeatable."
)
@click.option(
    "--ci",
    "system",
    type=options.Choice("no such CI system", ("github", "gitlab", "none")),
    help="Whose job to write.  [default: the one whose files or remote are there]",
)
@click.option(
    "--seawall",
    "own",
    metavar="OWNER/NAME@REVISION",
    help="Where the job and the hook are to take Seawall from.",
)
def init(
    directory: str,
    writes: bool,
    dry_run: bool,
    force: tuple[str, ...],
    system: str | None,
    own: str | None,
) -> int:
    """Show or write a policy, .dockerignore files, a CI job and a commit hook for DIRECTORY.

    They are made for what is found there. Nothing that is there is written over, unless --force
    names it.
    """
    from datetime import date

    from seawall.jobs.drafts import OWN
    from seawall.jobs.initialize import InitOptions, draft, write

    force = tuple(map(os.path.normpath, force))
    if writes and dry_run:
        raise UsageError("--write writes, and --dry-run only shows: which?")
    today = date.today()  # noqa: DTZ011 -- the user's day
    made = draft(directory, InitOptions(system or "", own or OWN, force, today))
    _say(_report(made, write(directory, made, force)) if writes else _preview(made, force))
    return 0


def _preview(made: Sequence[Draft], force: Sequence[str]) -> Iterator[str]:
    free = [each for each in made if not each.stands or each.path in force]
    for each in free:
        yield f"{each.path}: {each.purpose}"
        yield from (f"  {line}".rstrip() for line in each.text.splitlines())
        if each.note:
            yield f"  -> {each.note}"
        yield ""
    yield from _kept(made, free)
    noun = "file" if len(free) == 1 else "files"
    yield f"Nothing was written: `seawall init --write` writes {len(free)} {noun}."


def _report(made: Sequence[Draft], written: Sequence[Draft]) -> Iterator[str]:
    for each in written:
        yield f"written: {each.path}, {each.purpose}"
        if each.note:
            yield f"  -> {each.note}"
    yield from _kept(made, written)
    if not written:
        yield "Nothing was written."


def _kept(made: Sequence[Draft], taken: Sequence[Draft]) -> Iterator[str]:
    for each in made:
        if each not in taken:
            yield f"kept: {each.stands} is there; `--force {each.path}` writes {each.path}"


def _say(lines: Iterator[str]) -> None:
    from seawall.core.clean import clean_line

    sys.stdout.write("".join(f"{clean_line(line)}\n" for line in lines))
