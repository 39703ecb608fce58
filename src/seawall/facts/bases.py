"""What well-known base images bring with them: their user, shell, tools and health check."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from functools import cache, lru_cache

import msgspec
from msgspec import Struct

from seawall.facts.official import official_name
from seawall.facts.store import load

ROOT_USERS = frozenset(("root", "0"))


class BaseImage(Struct, frozen=True):
    """What is known of an image; None and a missing key mean unknown, never a guess.

    `user` is its `USER` ("root" where it sets none), `drops_to` the user that its entrypoint
    changes to before it starts the server, `offers` a ready user that is not the default (its
    name, or `$NAME` of a variable the image sets), `unprivileged` an image of the same program
    by the same makers that is not root. `tools` says of each program whether it is
    there. `env` are variables of the image that Dockerfiles use in USER.
    """

    user: str | None = None
    drops_to: str = ""
    offers: str = ""
    unprivileged: str = ""
    shell: bool | None = None
    family: str = ""
    package_manager: str = ""
    tools: dict[str, bool] = {}
    healthcheck: bool | None = None
    env: dict[str, str] = {}
    source: str = ""

    @property
    def is_root(self) -> bool | None:
        """Whether its own user is root; None where that is not known."""
        return None if self.user is None else self.user.partition(":")[0] in ROOT_USERS


class Layer(BaseImage, frozen=True, kw_only=True):
    """One entry of the data file: facts, and the images they hold for.

    `images` and `tags` are glob patterns; an image without tag has the tag `latest`. `since`
    and `before` are versions that the tag's own is compared to; a tag without version is newer
    than any. Where several layers match, a later one says more than an earlier one.
    """

    images: tuple[str, ...]
    tags: tuple[str, ...] = ()
    since: str = ""
    before: str = ""

    def holds_for(self, tag: str) -> bool:
        """Whether the facts hold for an image of these names with this tag."""
        return is_meant(tag, self.tags, self.since, self.before)


class BaseImages(Struct, frozen=True):
    """The data file; names of official images stand there as `library/python`."""

    as_of: date
    sources: tuple[str, ...]
    layers: tuple[Layer, ...]


_FACTS = tuple(BaseImage.__struct_fields__)
_NUMBERS = re.compile(r"v?(\d+(?:\.\d+)*)")
_WILDCARDS = re.compile(r"[*?\[]")


@cache
def base_images() -> BaseImages:
    """The data file, read once."""
    return load("base-images.json", BaseImages)


@lru_cache(maxsize=4096)
def base_image(name: str, tag: str = "") -> BaseImage | None:
    """What is known of the image with this familiar name and tag; None if it is not known.

    `arm64v8/python` and mirrors of the official images count as the official image.
    """
    image = official_name(name)
    key = f"library/{image}" if image else name
    known = BaseImage()
    for layer in _layers(key):
        if layer.holds_for(tag or "latest"):
            known = _laid_over(known, layer)
    return known if known.source else None


@cache
def _index() -> tuple[dict[str, list[int]], list[tuple[str, str, int]]]:
    """Numbers of layers by exact name, and the patterns with their fixed beginnings and theirs."""
    exact: dict[str, list[int]] = {}
    patterns: list[tuple[str, str, int]] = []
    for number, layer in enumerate(base_images().layers):
        for image in layer.images:
            if _WILDCARDS.search(image):
                patterns.append((_WILDCARDS.split(image, maxsplit=1)[0], image, number))
            else:
                exact.setdefault(image, []).append(number)
    return exact, patterns


@lru_cache(maxsize=4096)
def _layers(key: str) -> list[Layer]:
    exact, patterns = _index()
    numbers = set(exact.get(key, ()))
    numbers.update(
        number
        for beginning, pattern, number in patterns
        if key.startswith(beginning) and fnmatchcase(key, pattern)
    )
    return [base_images().layers[number] for number in sorted(numbers)]


def _laid_over(known: BaseImage, layer: Layer) -> BaseImage:
    """The facts with those that a layer states put over them."""
    stated = {}
    for fact in _FACTS:
        value = getattr(layer, fact)
        if isinstance(value, dict):
            value = {**getattr(known, fact), **value}
        if value not in (None, ""):
            stated[fact] = value
    return msgspec.structs.replace(known, **stated)


def is_meant(tag: str, patterns: tuple[str, ...], since: str, before: str) -> bool:
    """Whether a tag is one of those that an entry of facts names: by pattern, and by version."""
    if patterns and not any(fnmatchcase(tag, pattern) for pattern in patterns):
        return False
    version = version_of(tag)
    if since and version and version < version_of(since):
        return False
    return not before or (bool(version) and version < version_of(before))


def version_of(tag: str) -> tuple[int, ...]:
    """The version that a tag begins with; empty where it has none."""
    match = _NUMBERS.match(tag)
    return tuple(int(number) for number in match[1].split(".")) if match else ()
