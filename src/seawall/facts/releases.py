"""Release cycles and the ends of their lives, and which of them an image's tag names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, lru_cache

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.facts.official import official_name
from seawall.facts.store import load


class Cycle(Struct, frozen=True):
    """One line of releases. `eol` is None where no end is announced; `extended` is the end of
    free support by others after it (Debian LTS). `codename` is lower case."""

    cycle: str
    released: date | None = None
    eol: date | None = None
    extended: date | None = None
    latest: str = ""
    codename: str = ""


class Product(Struct, frozen=True):
    """What is released: `product` is its name at endoflife.date, `names` other names of cycles,
    `as_of` the date of its facts where it is not that of the file; newest cycle first."""

    product: str
    label: str
    cycles: tuple[Cycle, ...]
    names: dict[str, str] = {}
    as_of: date | None = None


class EndOfLife(Struct, frozen=True):
    """The data file: products by the official image that carries them, and a few others."""

    as_of: date
    sources: tuple[str, ...]
    products: dict[str, Product]


class Release(Struct, frozen=True):
    """A release that a tag names: `label` is `Python 3.9` or `Debian 11 (bullseye)`.

    `superseded` says that its support ended because the next release came out, as it does for
    products that support only their newest. `key` is the product's key in the data file.
    """

    key: str
    label: str
    eol: date | None
    extended: date | None = None
    latest: str = ""
    superseded: bool = False


OPERATING_SYSTEMS = frozenset(
    (
        "almalinux",
        "alpine",
        "amazonlinux",
        "centos",
        "debian",
        "fedora",
        "mageia",
        "oraclelinux",
        "rhel",
        "rockylinux",
        "ubuntu",
    )
)
"""Products that are distributions: images name them by series, and the series gets the fixes."""

_DEBIAN_NAMES = ("wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie")
_UBUNTU_SINCE = "12.04"
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_EMBEDDED = Expression(r"([a-z]+)(\d+(?:\.\d+)?)")
_EMBEDDED_PRODUCTS = {
    "al": "amazonlinux",
    "alpine": "alpine",
    "centos": "centos",
    "debian": "debian",
    "oraclelinux": "oraclelinux",
    "php": "php",
    "python": "python",
    "ubi": "rhel",
    "ubuntu": "ubuntu",
}
"""What images are built on, as one word of a tag says it: `alpine3.18`, `al2`, `php7.4`."""

_DISTROLESS = Expression(r"gcr\.io/distroless/.*-debian(\d+)")
_UBI = Expression(r"registry\.(?:access\.)?redhat\.(?:com|io)/(?:ubi|rhel)(\d+)(?:/.*|-.*)?")
_DOTNET = Expression(r"mcr\.microsoft\.com/dotnet/(?:core/)?(?:nightly/)?[a-z-]+")
_CLOSE = timedelta(days=8)


@cache
def end_of_life() -> EndOfLife:
    """The data file, read once."""
    return load("end-of-life.json", EndOfLife)


@lru_cache(maxsize=4096)
def releases_of(name: str, tag: str) -> tuple[Release, ...]:
    """Every release that can be told from a familiar image name and its tag.

    `python`, `3.9-alpine3.18` gives Python 3.9 and Alpine Linux 3.18. A tag that only names a
    major version gives that version's newest release, so that `php:7` counts as PHP 7.4. What
    cannot be told, or is newer than the facts, is left out.
    """
    found: dict[str, Release] = {}
    for release in _named(name, tag.lower()):
        found.setdefault(release.key, release)
    return tuple(found.values())


_OS_RELEASE_IDS = {
    "amzn": "amazonlinux",
    "ol": "oraclelinux",
    "rocky": "rockylinux",
}
"""Products by the `ID` of os-release, where that is another word."""


def distribution_release(os_id: str, version_id: str) -> Release | None:
    """The release that os-release names by `ID` and `VERSION_ID`; None where it is unknown."""
    key = _OS_RELEASE_IDS.get(os_id, os_id)
    if key not in OPERATING_SYSTEMS or not version_id:
        return None
    return next(_own(key, version_id), None)


def newest(name: str, today: date) -> str:
    """The newest full version of an image's product that is supported today; empty if unknown."""
    key = official_name(name)
    product = end_of_life().products.get(key) if key else None
    cycle = _supported(product, today) if product else None
    return cycle.latest if cycle else ""


def newest_of(key: str, today: date) -> str:
    """How people call the newest supported release of a product: `Debian 13.6 (trixie)`."""
    product = end_of_life().products.get(key)
    cycle = _supported(product, today) if product else None
    if product is None or cycle is None:
        return ""
    codename = f" ({cycle.codename})" if cycle.codename not in {"", cycle.cycle} else ""
    return f"{product.label} {cycle.latest or cycle.cycle}{codename}"


def _supported(product: Product, today: date) -> Cycle | None:
    return next((c for c in product.cycles if c.eol is None or c.eol > today), None)


def cycle_for(key: str, version: str) -> Cycle | None:
    """The cycle of a product that a version belongs to: `3.9.18` to `3.9`; None if unknown."""
    product = end_of_life().products.get(key)
    if product is None:
        return None
    version = product.names.get(version, version)
    by_name = _by_name(key)
    parts = version.split(".")
    for length in range(len(parts), 0, -1):
        cycle = by_name.get(".".join(parts[:length]))
        if cycle is not None:
            return cycle
    return None


@cache
def _by_name(key: str) -> dict[str, Cycle]:
    product = end_of_life().products[key]
    return {cycle.cycle: cycle for cycle in product.cycles}


def _named(name: str, tag: str) -> Iterator[Release]:
    """Releases in the order of trust: the product's own version, then what the tag is built on."""
    words = tag.split("-")
    image = official_name(name)
    if image in end_of_life().products and image is not None:
        yield from _own(image, words[0])
    if _DOTNET.fullmatch(name):
        yield from _own("dotnet", words[0])
    for pattern, key in ((_DISTROLESS, "debian"), (_UBI, "rhel")):
        if match := pattern.fullmatch(name):
            yield from _own(key, match[1])
    for word in words:
        yield from _built_on(word)


def _own(key: str, word: str) -> Iterator[Release]:
    """The product's release that the first word of a tag names, if it names any."""
    word = word.removeprefix(key)
    match = _VERSION.match(word)
    if match is None:
        cycle = cycle_for(key, word) if word else None
        cycle = cycle or _codenames(key).get(word)
        if cycle is not None:
            yield _release(key, cycle)
        return
    version = match[1]
    cycle = cycle_for(key, version) or _newest_within(key, version)
    if cycle is not None:
        yield _release(key, cycle)
    elif (oldest := _older_than_all(key, version)) is not None:
        label = f"{end_of_life().products[key].label} {version}"
        yield Release(key, label, oldest.eol, oldest.extended)


def _built_on(word: str) -> Iterator[Release]:
    """The distribution that one word of a tag names: `bookworm`, `alpine3.18`, `al2`."""
    for key in ("debian", "ubuntu"):
        if cycle := _common_codenames(key).get(word):
            yield _release(key, cycle)
    match = _EMBEDDED.fullmatch(word)
    key = _EMBEDDED_PRODUCTS.get(match[1], "") if match else ""
    embedded = cycle_for(key, match[2]) if match else None
    if embedded is not None:
        yield _release(key, embedded)


@cache
def _codenames(key: str) -> dict[str, Cycle]:
    return {c.codename: c for c in end_of_life().products[key].cycles if c.codename}


@cache
def _common_codenames(key: str) -> dict[str, Cycle]:
    """Code names that mean a distribution in anybody's tag; `hoary` or `etch` might not."""
    names = _codenames(key)
    if key == "debian":
        return {name: names[name] for name in _DEBIAN_NAMES if name in names}
    return {n: c for n, c in names.items() if _numbers(c.cycle) >= _numbers(_UBUNTU_SINCE)}


def _newest_within(key: str, version: str) -> Cycle | None:
    """The newest cycle of a major version: 3.14 for 3."""
    prefix = version + "."
    return next((c for c in end_of_life().products[key].cycles if c.cycle.startswith(prefix)), None)


def _older_than_all(key: str, version: str) -> Cycle | None:
    """The oldest cycle on record, where a version is older still and even that one has ended."""
    cycles = [c for c in end_of_life().products[key].cycles if _numbers(c.cycle)]
    if not cycles:
        return None
    oldest = min(cycles, key=lambda cycle: _numbers(cycle.cycle))
    is_older = _numbers(version) < _numbers(oldest.cycle)
    return oldest if is_older and oldest.eol is not None else None


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(p.isdigit() for p in parts) else ()


@cache
def _release(key: str, cycle: Cycle) -> Release:
    product = end_of_life().products[key]
    codename = f" ({cycle.codename})" if cycle.codename not in {"", cycle.cycle} else ""
    return Release(
        key,
        f"{product.label} {cycle.cycle}{codename}",
        cycle.eol,
        cycle.extended,
        cycle.latest,
        _is_superseded(product, cycle),
    )


def _is_superseded(product: Product, cycle: Cycle) -> bool:
    """Whether support ended with the release of the next cycle or the one after it."""
    if cycle.eol is None:
        return False
    index = product.cycles.index(cycle)
    newer = product.cycles[max(0, index - 2) : index]
    return any(c.released and abs(c.released - cycle.eol) <= _CLOSE for c in newer)
