"""The advisory store: brought up to date, told of, carried over an air gap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seawall.advisories.download import Progress
from seawall.advisories.store import StoreStatus, default_path, open_store
from seawall.advisories.transfer import export_store, import_store
from seawall.advisories.update import UpdateReport, silent, update
from seawall.core.errors import UsageError


def update_database(
    store: str = "",
    source: str = "",
    ecosystems: Sequence[str] = (),
    offline: bool = False,
    progress: Progress = silent,
) -> UpdateReport:
    """Bring the store up to date from the publishers, a mirror or a folder.

    Raises:
        UsageError: `offline`, and the source is not a folder.
        InputError: no source could be had, or the store can't be written.
    """
    is_remote = not source or "://" in source
    if offline and is_remote:
        raise UsageError(
            f"--offline: {source or 'the advisory feeds'} can't be asked",
            "Name a folder with --source, or bring an export: seawall db import FILE.",
        )
    return update(place(store), source, ecosystems, progress)


def database_status(store: str = "") -> StoreStatus:
    """Age and counts of the store.

    Raises:
        InputError: there is none, or it can't be read.
    """
    with open_store(place(store)) as opened:
        return opened.status()


def export_database(target: str, store: str = "") -> int:
    """Write the store to one file; its size in bytes.

    Raises:
        InputError: there is no store, or the file can't be written.
    """
    return export_store(place(store), Path(target))


def import_database(source: str, store: str = "") -> int:
    """Take over an exported store; the number of its records.

    Raises:
        InputError: it is damaged, of another version, or no export; the old store stays.
    """
    return import_store(Path(source), place(store))


def place(store: str) -> Path:
    """The store that is named, else the user's own."""
    return Path(store) if store else default_path()
