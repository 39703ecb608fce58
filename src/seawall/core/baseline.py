"""The baseline: findings that were there when it was taken, and do not count until they change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct, structs

from seawall.core.errors import ConfigError
from seawall.core.identity import relative_path
from seawall.core.model import Finding, Notice, Suppression
from seawall.core.writing import atomic_write

SCHEMA = "seawall.baseline/1"

MAX_BYTES = 64 * 1024 * 1024
"""Largest baseline that is read: room for some 300,000 findings."""

_Document = TypeVar("_Document", bound=Struct)

_AGAIN = "Take it anew with `seawall baseline`."


class Entry(Struct, frozen=True, order=True):
    """One accepted finding; `path` is relative to the root, and only `fingerprint` is compared."""

    path: str
    rule: str
    symbol: str
    fingerprint: str


class _File(Struct, frozen=True):
    """The file as it is written."""

    schema: str
    findings: tuple[Entry, ...]


class Baseline(Struct, frozen=True):
    """A baseline and the name of its file; empty where there is none."""

    name: str = ""
    entries: tuple[Entry, ...] = ()

    def mark(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Mark the findings that were there before; one suppressed already stays as it is."""
        known = {entry.fingerprint for entry in self.entries}
        return tuple(
            structs.replace(finding, suppressed=Suppression("baseline"))
            if finding.suppressed is None and finding.fingerprint in known
            else finding
            for finding in findings
        )

    def stale(
        self, findings: Iterable[Finding], examined: Collection[str], root: str
    ) -> tuple[Notice, ...]:
        """Say how many entries of the files that were examined are no longer found.

        `findings` are all of the run, suppressed and hidden ones too; `examined` the paths of
        the files they come from; `root` the directory that the entries' paths are relative to.
        """
        seen = {finding.fingerprint for finding in findings}
        paths = {relative_path(path, root) for path in examined}
        gone = [e for e in self.entries if e.path in paths and e.fingerprint not in seen]
        if not gone:
            return ()
        first, count = gone[0], len(gone)
        entries = "1 entry is" if count == 1 else f"{count} entries are"
        message = (
            f"{entries} no longer found (the first: {first.rule} in {first.path}); "
            "`seawall baseline` takes them out"
        )
        return (Notice(self.name, message),)


def write_baseline(path: Path, findings: Iterable[Finding], root: str) -> int:
    """Write the findings that are not suppressed otherwise; gives their number.

    The file is the same for the same findings, whatever their order.

    Raises:
        InputError: the file can't be written.
    """
    entries = sorted(
        {
            Entry(
                relative_path(finding.location.path, root),
                finding.rule,
                finding.location.symbol,
                finding.fingerprint,
            )
            for finding in findings
            if finding.suppressed is None or finding.suppressed.kind == "baseline"
        }
    )
    document = _File(SCHEMA, tuple(entries))
    text = msgspec.json.format(msgspec.json.encode(_printable(document)), indent=2).decode()
    atomic_write(path, text + "\n")
    return len(entries)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        ConfigError: it can't be read, is damaged, or is of another version.
    """
    name = path.as_posix()
    data = _read(path, name)
    version = _decode(data, _Version, f"{name}: not a baseline").schema
    if version != SCHEMA:
        raise ConfigError(
            f"{name}: has the schema `{version}`, not `{SCHEMA}`",
            f"It is of another version of Seawall or another tool. {_AGAIN}",
        )
    return Baseline(name, _decode(data, _File, f"{name}: damaged").findings)


def _read(path: Path, name: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{name}: is not a regular file", "Name the baseline's file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"{name}: {reason}", "Take one with `seawall baseline`.") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MiB, not read", _AGAIN)
    return data


def _decode(data: bytes, kind: type[_Document], problem: str) -> _Document:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ConfigError(f"{problem}: {error}", _AGAIN) from error


class _Version(Struct, frozen=True):
    """What every version of the file begins with."""

    schema: str


def _printable(file: _File) -> _File:
    """The same with undecodable bytes of names replaced: JSON can't hold them."""
    return _File(file.schema, tuple(structs.replace(e, **_texts(e)) for e in file.findings))


def _texts(entry: Entry) -> dict[str, str]:
    return {
        field: getattr(entry, field).encode("utf-8", "replace").decode()
        for field in Entry.__struct_fields__
    }
