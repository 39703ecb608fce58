"""CISA's catalogue of vulnerabilities that are known to be exploited.

https://www.cisa.gov/known-exploited-vulnerabilities-catalog: JSON with a schema of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError

ADDRESS = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
FILE = "known_exploited_vulnerabilities.json"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Entry(Struct, gc=False):
    cve: str = msgspec.field(name="cveID")
    added: str = msgspec.field(name="dateAdded")


class _Catalogue(Struct, gc=False):
    vulnerabilities: list[_Entry]


_decode = msgspec.json.Decoder(_Catalogue).decode


def read(data: bytes) -> Iterator[tuple[str, str]]:
    """CVE ids and the days on which they were listed.

    Raises:
        InputError: it is not the catalogue.
    """
    try:
        catalogue = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no catalogue of exploited vulnerabilities: {error}") from error
    for entry in catalogue.vulnerabilities:
        if not entry.cve.startswith("CVE-") or not _DAY.fullmatch(entry.added):
            raise InputError(f"no catalogue of exploited vulnerabilities: {entry.cve[:40]!r}")
        yield entry.cve, entry.added
