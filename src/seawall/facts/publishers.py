"""Publishers who are the makers of what they publish, or a vendor who answers for it."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.facts.store import load

OPEN_REGISTRIES = frozenset(("docker.io", "ghcr.io", "quay.io", "registry.gitlab.com"))
"""Registries where anybody can publish under a name of his own."""


class Publisher(Struct, frozen=True):
    """Who publishes the images of these patterns (familiar names), and where he says so."""

    publisher: str
    images: tuple[str, ...]
    source: str


class Publishers(Struct, frozen=True):
    """The data file."""

    as_of: date
    sources: tuple[str, ...]
    publishers: tuple[Publisher, ...]


@cache
def publishers() -> Publishers:
    """The data file, read once."""
    return load("publishers.json", Publishers)


@cache
def known_registries() -> frozenset[str]:
    """The hosts of registries that are known: those of known publishers, and the open ones."""
    hosts = {
        pattern.partition("/")[0] for entry in publishers().publishers for pattern in entry.images
    }
    return OPEN_REGISTRIES | {host for host in hosts if "." in host and not _WILDCARD.search(host)}


@lru_cache(maxsize=4096)
def publisher_of(name: str) -> str | None:
    """Who publishes the image of this familiar name, where he is known; else None."""
    for beginning, pattern, publisher in _patterns():
        if name.startswith(beginning) and fnmatchcase(name, pattern):
            return publisher
    return None


@cache
def _patterns() -> tuple[tuple[str, str, str], ...]:
    """Every pattern with its fixed beginning, which rules out most names at once."""
    return tuple(
        (_WILDCARD.split(pattern, maxsplit=1)[0], pattern, entry.publisher)
        for entry in publishers().publishers
        for pattern in entry.images
    )


_WILDCARD = Expression(r"[*?\[]")
