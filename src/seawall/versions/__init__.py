"""Version orderings: one module an ecosystem, each a sort key that any text has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import cast

from seawall.versions.schemes import Scheme, scheme_of

__all__ = ["Scheme", "SortKey", "compare", "key", "key_function", "scheme_of"]

# Compare keys of one scheme only, with the plain operators; they are good as keys of a dict too.
SortKey = str

_MAX_CACHED = 256  # characters: what is longer is no version, and would fill the memory
_KEYS = {
    Scheme.DPKG: ("dpkg", "key"),
    Scheme.APK: ("apk", "key"),
    Scheme.RPM: ("rpm", "key"),
    Scheme.PEP440: ("pep440", "key"),
    Scheme.SEMVER: ("semver", "key"),
    Scheme.GO: ("semver", "go_key"),
    Scheme.PUB: ("semver", "pub_key"),
    Scheme.BITNAMI: ("semver", "bitnami_key"),
    Scheme.MAVEN: ("maven", "key"),
    Scheme.GEM: ("gem", "key"),
    Scheme.NUGET: ("nuget", "key"),
    Scheme.COMPOSER: ("composer", "key"),
    Scheme.INTEGERS: ("generic", "integers_key"),
    Scheme.GENERIC: ("generic", "key"),
}


def key(scheme: Scheme, version: str) -> SortKey:
    """The sort key of a version: equal for equal versions, lower for lower ones.

    Any text has one: nothing is raised, and the time is linear in its length. Keys of different
    schemes mean nothing to each other.
    """
    if len(version) > _MAX_CACHED:
        return _function(scheme)(version)
    return _cached_key(scheme, version)


def compare(scheme: Scheme, a: str, b: str) -> int:
    """-1 where `a` is the lower version, 1 where it is the higher one, 0 where they are equal."""
    left, right = key(scheme, a), key(scheme, b)
    return (left > right) - (left < right)


@lru_cache(maxsize=32768)
def _cached_key(scheme: Scheme, version: str) -> SortKey:
    return _function(scheme)(version)


def key_function(scheme: Scheme) -> Callable[[str], SortKey]:
    """What makes the keys of one scheme: for who keeps them himself."""
    return _function(scheme)


@cache
def _function(scheme: Scheme) -> Callable[[str], SortKey]:
    """The key function, from a module that is imported when its scheme is first met."""
    module, name = _KEYS[scheme]
    return cast(Callable[[str], SortKey], getattr(import_module(f"{__name__}.{module}"), name))
