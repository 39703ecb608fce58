"""`seawall db`: the advisories that scans rest on."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

import click

from seawall.cli import options
from seawall.cli.progress import Progress

if TYPE_CHECKING:
    from seawall.advisories.store import StoreStatus
    from seawall.advisories.update import UpdateReport

_MEGABYTE = 1_000_000
_MOST_NAMES = 4
_SCHEMA = "seawall.db/1"


@click.group()
def db() -> None:
    """Keep the advisories that scans rest on: `update` them, say their `status`.

    They lie in SEAWALL_DB, or under XDG_DATA_HOME (~/.local/share/seawall).
    """


@db.command()
@click.option(
    "--source",
    default="",
    metavar="URL|DIR",
    help="A mirror or a folder with the same layout.  [default: the publishers' own]",
)
@click.option(
    "--ecosystem",
    "ecosystems",
    multiple=True,
    metavar="NAME",
    help="Only these, as OSV calls them (PyPI, Debian, Alpine); repeat, or separate by commas.",
)
@click.option("--offline", is_flag=True, help="Open no network connection: only a folder will do.")
@options.database
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what failed.")
def update(
    source: str, ecosystems: tuple[str, ...], offline: bool, database: str | None, quiet: bool
) -> int:
    """Fetch what is new of each feed, and put the store in place in one step.

    Broken downloads go on where they broke. A feed that fails keeps the data that it had.
    Exit code: 0 all came; 2 one did not.
    """
    from seawall.jobs.database import update_database

    names = [name.strip() for each in ecosystems for name in each.split(",") if name.strip()]
    progress = Downloads()
    try:
        report = update_database(database or "", source, names, offline, progress.received)
    finally:
        progress.close()
    if not quiet:
        _print(_told(report))
    _complain(report)
    return 2 if report.failed else 0


@db.command()
@options.database
@click.option(
    "-o",
    "--output",
    "form",
    type=options.Choice("no such format", ("text", "json")),
    default="text",
    metavar="FORMAT",
    help="text or json.  [default: text]",
)
def status(database: str | None, form: str) -> int:
    """Say how old the advisories are, and how many there are of what.

    Exit code 2: there are none, or they can't be read.
    """
    from seawall.jobs.database import database_status

    found = database_status(database or "")
    _print(_as_json(found) if form == "json" else _as_text(found))
    return 0


@db.command("export")
@click.argument("file")
@options.database
@click.option("-q", "--quiet", is_flag=True, help="Say nothing.")
def export_(file: str, database: str | None, quiet: bool) -> int:
    """Write the store to FILE, to be brought to where there is no network."""
    from seawall.jobs.database import export_database

    size = export_database(file, database or "")
    if not quiet:
        _print(f"{size / _MEGABYTE:.1f} MB written to {file}\n")
    return 0


@db.command("import")
@click.argument("file")
@options.database
@click.option("-q", "--quiet", is_flag=True, help="Say nothing.")
def import_(file: str, database: str | None, quiet: bool) -> int:
    """Take over FILE, which `seawall db export` wrote; it is checked before it is believed."""
    from seawall.jobs.database import import_database

    records = import_database(file, database or "")
    if not quiet:
        _print(f"{records:,} records taken over from {file}\n")
    return 0


class Downloads(Progress):
    """Says what is being fetched, where a person watches."""

    def received(self, name: str, done: int, total: int) -> None:
        """Say that `done` of `total` bytes of a file are there; a total of -1 is not known."""
        now = monotonic()
        if not self._is_watched or now < self._next:
            return
        from seawall.core.clean import clean_line

        self._next = now + 0.1
        self._is_shown = True
        of_total = f" of {total / _MEGABYTE:.1f}" if total > 0 else ""
        short = clean_line("/".join(name.split("/")[-2:]))[:60]
        self._write(f"\r\x1b[Kseawall: {short} {done / _MEGABYTE:.1f}{of_total} MB")


def _print(text: str) -> None:
    from seawall.cli.outputs import print_text
    from seawall.core.clean import clean

    print_text(clean(text))


def _told(report: UpdateReport) -> str:
    lines = []
    if report.updated:
        lines.append(f"Updated {_names(report.updated)}: {report.records:,} records.")
    if report.unchanged:
        lines.append(f"Unchanged {_names(report.unchanged)}.")
    if report.absent:
        lines.append(f"Not at this source: {_names(report.absent)}.")
    return "".join(f"{line}\n" for line in lines)


def _names(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"


def _complain(report: UpdateReport) -> None:
    from seawall.cli.terminal import complain, remark

    for failure in report.failed:
        complain(f"{failure.source}: {failure.reason}", "What was there of it stays.")
    for problem in report.problems:
        remark(f"left out: {problem}")


def _as_json(found: StoreStatus) -> str:
    import msgspec

    encoded = msgspec.json.encode({"schema": _SCHEMA, **msgspec.structs.asdict(found)})
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _as_text(found: StoreStatus) -> str:
    lines = [
        f"{found.path}: {found.size / _MEGABYTE:.1f} MB, all compared since {found.checked}",
        f"exploited (CISA KEV): {found.exploited:,}; scored (EPSS): {found.probabilities:,}",
        "",
        "records  ecosystem",
        *(f"{count:>7,}  {name}" for name, count in found.ecosystems.items()),
        "",
        "records  compared              source",
        *(f"{each.records:>7,}  {each.checked:<20}  {each.name}" for each in found.sources),
    ]
    return "\n".join(lines) + "\n"
