"""How each ecosystem tells names apart."""

from __future__ import annotations

import re

_RUNS = re.compile(r"[-_.]+")
_LOWER = frozenset(("Packagist", "NuGet"))


def base(ecosystem: str) -> str:
    """An ecosystem without its release: `Debian` of `Debian:12`."""
    return ecosystem.partition(":")[0]


def normalise(ecosystem: str, name: str) -> str:
    """A name as it is kept and asked for.

    PyPI: packaging.python.org, "Names and normalization"; NuGet and Composer take no account of
    case; all others do.
    """
    kind = base(ecosystem)
    if kind == "PyPI":
        return _RUNS.sub("-", name).lower()
    return name.lower() if kind in _LOWER else name
