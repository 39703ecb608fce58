"""The security databases of Alpine, Wolfi and Chainguard.

https://secdb.alpinelinux.org/ (`v3.N/main.json`, `v3.N/community.json`),
https://packages.wolfi.dev/os/security.json, https://packages.cgr.dev/chainguard/security.json:
for each source package, the versions that fixed flaws. Version `0` says that the package was never
affected. One text may hold several ids and remarks: `CVE-2019-5060 TALOS-2019-0844`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from seawall.advisories import schema
from seawall.advisories.record import Affected, Interval, Record
from seawall.core.errors import InputError
from seawall.versions import Scheme, key, scheme_of

ALPINE = "https://secdb.alpinelinux.org"
WOLFI = "https://packages.wolfi.dev/os/security.json"
CHAINGUARD = "https://packages.cgr.dev/chainguard/security.json"
REPOSITORIES = ("main", "community")

NEVER = "0"
_ID = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Za-z0-9]+)*-[A-Za-z0-9.:]*[0-9a-z]")
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


class _Package(Struct, gc=False):
    name: str
    secfixes: dict[str, list[str] | None] | None = None


class _Entry(Struct, gc=False):
    pkg: _Package


class _Database(Struct, gc=False):
    packages: list[_Entry] | None


_decode = msgspec.json.Decoder(_Database).decode


def read(data: bytes, ecosystem: str) -> Iterator[Record]:
    """The records of one database, one for each flaw.

    Raises:
        InputError: it is not of that shape.
    """
    try:
        database = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no security database: {error}") from error
    flaws: dict[str, dict[str, str]] = {}
    mentions: dict[str, dict[str, None]] = {}
    scheme = scheme_of(ecosystem)
    for entry in database.packages or ():
        for version, ids in (entry.pkg.secfixes or {}).items():
            for name, others in _flaws(ids or ()):
                _keep(flaws.setdefault(name, {}), entry.pkg.name, version, scheme)
                mentions.setdefault(name, {}).update(dict.fromkeys(others))
    for name, packages in flaws.items():
        yield _record(name, packages, mentions[name], ecosystem)


def _flaws(texts: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each text's flaws, with the ids beside them that may be shared with others."""
    for text in texts:
        ids = [word for word in text.split() if _ID.fullmatch(word)]
        flaws = [word for word in ids if _CVE.fullmatch(word)] or ids[:1]
        others = [word for word in ids if word not in flaws]
        for flaw in flaws:
            yield flaw, others


def _keep(packages: dict[str, str], package: str, version: str, scheme: Scheme) -> None:
    """Keep the last of the versions that fixed a flaw: it was not gone before."""
    version = version.strip()
    known = packages.get(package)
    if known is None or (known != NEVER and key(scheme, known) < key(scheme, version)):
        packages[package] = version
    if version == NEVER:
        packages[package] = NEVER


def _record(name: str, packages: dict[str, str], mentions: Iterable[str], ecosystem: str) -> Record:
    affected = tuple(
        Affected(ecosystem, package, (Interval("0", version, schema.FIXED),))
        for package, version in packages.items()
    )
    aliases = tuple((other, schema.MENTION) for other in mentions if other != name)
    return Record(name, affected, aliases)
