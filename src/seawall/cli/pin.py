"""`seawall pin`: write down what each image that a project names is now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from seawall.cli import options

if TYPE_CHECKING:
    from seawall.jobs.pin import Pinned


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--update", is_flag=True, help="Ask again for what the lock holds, too.")
@click.option("--check", "checks", is_flag=True, help="Write nothing; exit with 1 if it would.")
@click.option(
    "--insecure-registry",
    "insecure",
    multiple=True,
    metavar="HOST",
    help="Talk to this registry without verifying its certificate; repeatable.",
)
@options.quiet
def pin(
    paths: tuple[str, ...], update: bool, checks: bool, insecure: tuple[str, ...], quiet: bool
) -> int:
    """Ask the registries what the images in PATH are, and write it to seawall.lock.

    `seawall fix` then names the images by these digests. Without a PATH it is the working
    directory. With --check and --update nothing is written, and what has moved is said.
    """
    import os
    from datetime import date

    from seawall.cli.terminal import complain
    from seawall.jobs.lock import lock_path, read_lock, write_lock
    from seawall.jobs.pin import ask_registry, images_named
    from seawall.jobs.pin import pin as find_out

    paths = paths or (".",)
    place = lock_path(paths[0])
    named, problems = images_named(paths, os.environ)
    today = date.today()  # noqa: DTZ011 -- the user's day
    held = read_lock(place)
    found = find_out(named, held, ask_registry(insecure), today, update=update)
    problems = (*problems, *found.problems)
    is_new = bool(found.changes or found.unused)
    if is_new and not checks:
        write_lock(place, found.images)
    if not quiet:
        _say(_report(found, os.path.relpath(place), is_written=is_new and not checks))
    for problem in problems:
        complain(f"{problem.target}: {problem.reason}", problem.hint)
    if problems:
        return 2
    return int(checks and is_new)


def _report(found: Pinned, place: str, *, is_written: bool) -> Iterator[str]:
    for change in found.changes:
        before = f"{_short(change.before)} -> " if change.before else ""
        platforms = ", ".join(change.now.platforms)
        yield f"{change.name}  {before}{_short(change.now.digest)}" + (
            f"  ({platforms})" if platforms else ""
        )
    for name in sorted(found.unused):
        yield f"{name}  no longer named"
    held = len(found.images) - len(found.changes)
    verb = "written" if is_written else "not written"
    if not found.changes and not found.unused:
        verb = "up to date"
    yield f"{place}: {verb}; {len(found.images)} images, {held} of them as before"
    if found.images:
        yield "`seawall fix --select unpinned-digest,latest-tag` names them by their digests."


def _short(digest: str) -> str:
    return digest[:19]


def _say(lines: Iterator[str]) -> None:
    from seawall.core.clean import clean_line

    sys.stdout.write("".join(f"{clean_line(line)}\n" for line in lines))
