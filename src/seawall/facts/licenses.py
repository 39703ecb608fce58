"""The licences and exceptions that SPDX has an identifier for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from msgspec import Struct

from seawall.facts.store import load


class SpdxLicenses(Struct, frozen=True):
    """The data file: identifiers as SPDX spells them, the deprecated ones among them."""

    as_of: date
    sources: tuple[str, ...]
    licenses: tuple[str, ...]
    exceptions: tuple[str, ...]


@cache
def spdx_licenses() -> SpdxLicenses:
    """The data file, read once."""
    return load("spdx-licenses.json", SpdxLicenses)


@cache
def _licenses() -> Mapping[str, str]:
    return {name.lower(): name for name in spdx_licenses().licenses}


@cache
def _exceptions() -> Mapping[str, str]:
    return {name.lower(): name for name in spdx_licenses().exceptions}


def license_id(text: str) -> str:
    """The identifier as SPDX spells it, whatever its case; empty for what is none."""
    return _licenses().get(text.lower(), "")


def exception_id(text: str) -> str:
    """The exception as SPDX spells it, whatever its case; empty for what is none."""
    return _exceptions().get(text.lower(), "")
