"""Parts of CycloneDX documents that components and flaws have alike."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.clean import clean_line


class Property(Struct, frozen=True, gc=False):
    """A name and a value; names of ours begin with `seawall:`."""

    name: str
    value: str


def properties(*pairs: tuple[str, str]) -> tuple[Property, ...]:
    """Those that have a value."""
    return tuple([Property(f"seawall:{name}", clean_line(value)) for name, value in pairs if value])
