"""Docker Official Images: which there are, and which are no longer kept up."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from msgspec import Struct

from seawall.facts.store import load

MIRRORS = ("public.ecr.aws/docker/library/", "mirror.gcr.io/library/")
"""Registries that serve the official images under a name of their own (AWS and Google say so)."""

PLATFORM_NAMESPACES = frozenset(
    (
        "amd64",
        "arm32v5",
        "arm32v6",
        "arm32v7",
        "arm64v8",
        "i386",
        "mips64le",
        "ppc64le",
        "riscv64",
        "s390x",
        "winamd64",
    )
)
"""Docker Hub namespaces where the official images are built for one platform only
(github.com/docker-library/official-images, "Architectures other than amd64?")."""


class Retired(Struct, frozen=True):
    """Why an official image gets no more updates.

    `since` is the day after which it got none, None where only the fact is known. `except_tags`
    are glob patterns of tags that are still built.
    """

    source: str
    since: date | None = None
    instead: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()


class OfficialImages(Struct, frozen=True):
    """The data file: names with supported tags, and the retired ones."""

    as_of: date
    sources: tuple[str, ...]
    supported: tuple[str, ...]
    retired: dict[str, Retired]


@cache
def official_images() -> OfficialImages:
    """The data file, read once."""
    return load("official-images.json", OfficialImages)


@cache
def _names() -> frozenset[str]:
    return frozenset(official_images().supported) | official_images().retired.keys()


@lru_cache(maxsize=4096)
def official_name(name: str) -> str | None:
    """The official image that a familiar name stands for: `arm64v8/python` is `python`.

    None where it is none: another publisher's, or a name that Docker never made official.
    """
    for mirror in MIRRORS:
        name = name.removeprefix(mirror)
    namespace, slash, rest = name.partition("/")
    if slash and namespace in PLATFORM_NAMESPACES:
        name = rest
    return name if name in _names() else None


def retired(name: str, tag: str = "") -> Retired | None:
    """Why this official image gets no updates; None where it does or is not official."""
    image = official_name(name)
    entry = official_images().retired.get(image) if image else None
    if entry and any(fnmatchcase(tag, pattern) for pattern in entry.except_tags):
        return None
    return entry
