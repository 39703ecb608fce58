"""How exactly a tag names an image, and so how far what is pulled can move."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from seawall.core.expression import Expression
from seawall.facts.official import official_name
from seawall.facts.releases import OPERATING_SYSTEMS, cycle_for, end_of_life


class Precision(Enum):
    """From what never moves to what moves with every release."""

    DIGEST = "a digest: always the same bytes"
    FULL = "a full version: moves only when that version is rebuilt"
    SERIES = "a distribution's series: moves with its fixes"
    MINOR = "a minor version: moves with every patch release"
    MAJOR = "a major version: moves with every minor release"
    FLOATING = "no version at all: moves with every release"
    NONE = "no tag, which means latest"
    UNKNOWN = "a tag whose meaning only its publisher knows"


_VERSION = Expression(r"v?(\d+(?:[._]\d+)*)(.*)", re.DOTALL)
_DATE = Expression(r"(?:^|[-.])20\d{2}[-.]?[01]\d[-.]?[0-3]\d(?:$|[-.T])")
_COMMIT = Expression(r"(?:[a-z]+-)?(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}")
_JAVA_UPDATE = Expression(r"\d+u\d+")
_PRERELEASE = Expression(r"[-.]?(?:rc|alpha|beta|preview|ea)[-.]?\d")
_BUILD_NUMBER = Expression(r"\d{6,}")
_WINDOWS = Expression(r"(?:ltsc)?\d{4}|20H2|\d{2}H\d", re.IGNORECASE)
_FULL_LENGTH = 3

FLOATING_WORDS = frozenset(
    (
        "alpine",
        "canary",
        "current",
        "debug",
        "dev",
        "devel",
        "develop",
        "development",
        "edge",
        "experimental",
        "head",
        "insiders",
        "latest",
        "lts",
        "main",
        "mainline",
        "master",
        "next",
        "nightly",
        "nonroot",
        "prod",
        "production",
        "rawhide",
        "release",
        "rolling",
        "sid",
        "slim",
        "snapshot",
        "stable",
        "staging",
        "testing",
        "trunk",
        "unstable",
    )
)
"""Words that publishers move: none of them says which release."""


@lru_cache(maxsize=4096)
def precision_of(name: str, tag: str, digest: str = "") -> Precision:
    """How exactly a familiar name with this tag and digest names an image.

    What counts as a full version depends on the product: three numbers for Python, two for
    PostgreSQL; release data tell where they know the product, else three are full.
    """
    if digest:
        return Precision.DIGEST
    if not tag:
        return Precision.NONE
    if _is_exact(tag):
        return Precision.FULL
    image = official_name(name)
    if image in OPERATING_SYSTEMS:
        return _of_system(image, tag)
    series = _of_series_by_name(name, tag)
    if series is not None:
        return series
    return _of_version(image, tag) or _of_words(image, tag)


def _is_exact(tag: str) -> bool:
    """Whether it has a date or a commit in it."""
    return _DATE.search(tag) is not None or _COMMIT.fullmatch(tag) is not None


def _of_system(image: str, tag: str) -> Precision:
    word = tag.partition("-")[0].removeprefix(image)
    match = _VERSION.fullmatch(word)
    if match is None:
        names = {cycle.codename for cycle in end_of_life().products[image].cycles}
        return Precision.SERIES if word and word in names else Precision.FLOATING
    cycle = cycle_for(image, match[1])
    length, needed = match[1].count("."), cycle.cycle.count(".") if cycle else 0
    if cycle is None and length == 0:
        return Precision.MAJOR if image == "alpine" else Precision.SERIES
    return Precision.FULL if length > needed else Precision.SERIES


def _of_series_by_name(name: str, tag: str) -> Precision | None:
    """Images that have no versions of their own, only those of what they are built on."""
    if name.startswith("gcr.io/distroless/"):
        return Precision.SERIES if re.search(r"-debian\d+$", name) else Precision.FLOATING
    if name.startswith("mcr.microsoft.com/windows/"):
        return Precision.SERIES if _WINDOWS.fullmatch(tag.partition("-")[0]) else None
    if official_name(name) == "buildpack-deps" or "devcontainers/base" in name:
        words = tag.split("-")
        known = {c.codename for k in ("debian", "ubuntu") for c in end_of_life().products[k].cycles}
        return Precision.SERIES if known.intersection(words) else None
    return None


def _of_version(image: str | None, tag: str) -> Precision | None:
    """The precision of the version that the tag starts with; None where it starts with none."""
    match = _VERSION.fullmatch(tag.removeprefix("v"))
    if match is None:
        return None
    version = match[1].replace("_", ".")
    length = version.count(".") + 1
    if _JAVA_UPDATE.match(tag) or _PRERELEASE.match(match[2]):
        return Precision.FULL
    if length >= full_length(image, version) or _BUILD_NUMBER.fullmatch(version):
        return Precision.FULL
    return Precision.MAJOR if length == 1 else Precision.MINOR


def full_length(image: str | None, version: str) -> int:
    """How many numbers a full version of a product has in the line of releases of `version`.

    `image` is the official image that carries it; three where nothing is known.
    """
    cycle = cycle_for(image, version) if image else None
    if cycle is None or not cycle.latest:
        return _FULL_LENGTH
    match = _VERSION.match(cycle.latest)
    length = match[1].count(".") + 1 if match else _FULL_LENGTH
    # One number is a line of releases even where the newest is written 8u492.
    return _FULL_LENGTH if length == 1 else min(length, _FULL_LENGTH)


def _of_words(image: str | None, tag: str) -> Precision:
    """A tag that starts with a word, and may name a version after it all the same."""
    words = tag.lower().split("-")
    versions = [m[1].count(".") + 1 for word in words if (m := _VERSION.fullmatch(word))]
    longest = max(versions, default=0)
    if longest >= _FULL_LENGTH:
        return Precision.FULL
    if image is not None and cycle_for(image, words[0]) is not None:
        return Precision.MAJOR
    if image is not None and longest < _FULL_LENGTH - 1:
        return Precision.FLOATING
    floats = not versions and FLOATING_WORDS.intersection(words)
    return Precision.FLOATING if floats else Precision.UNKNOWN
