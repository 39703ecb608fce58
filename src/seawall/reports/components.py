"""What an image holds, as inventories list it: each package once, with every place it lies in.

A package is told apart by its package URL. What a lock file only asks for, and is not installed,
is marked. Packages of languages that are part of a distribution's package hang below that one;
programs that were known by their content and belong to one are left out: they are the same
thing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from seawall.advisories.names import normalise
from seawall.core.clean import clean_line
from seawall.detectors.config_secrets import config_secrets
from seawall.packages.purl import package_url
from seawall.packages.spdx_expression import spdx_expression
from seawall.reports.masking import MASK
from seawall.rules.image.upgrades import full_name
from seawall.surfaces.image import parse_reference
from seawall.surfaces.image.facts import Ecosystem, Package
from seawall.surfaces.image.model import Held, Image

SYSTEM = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM})
"""What a distribution's package manager installs."""

_SHORTEST = 8
"""Characters of a secret that is masked wherever it stands, not only in its own step."""


class Component(Struct, frozen=True, gc=False):
    """A package: `url` names it; `held` are its places, those that are installed first.

    `owner` is the URL of the package of the distribution that it is part of, empty for most.
    """

    url: str
    held: tuple[Held[Package], ...]
    owner: str = ""

    @property
    def package(self) -> Package:
        """The package as its first place tells of it."""
        return self.held[0].fact

    @property
    def is_declared(self) -> bool:
        """Whether a lock file asks for it and nobody has seen it installed."""
        return self.package.is_declared


def components(image: Image) -> tuple[Component, ...]:
    """What the image runs with: the distribution's packages first, then by URL."""
    groups: dict[str, list[Held[Package]]] = {}
    owners: dict[str, str] = {}
    for held in image.packages:
        if held.is_live:
            groups.setdefault(package_url(held.fact, image.distribution), []).append(held)
    installed = {each[0].fact.name: url for url, each in groups.items() if _is_system(each[0])}
    for held in image.distributed:
        if held.is_live and held.fact.ecosystem is not Ecosystem.GENERIC:
            url = package_url(held.fact, image.distribution)
            if url not in groups:
                owners[url] = installed.get(image.owned.get(held.fact.path, ""), "")
            groups.setdefault(url, []).append(held)
    found = (_component(url, owners.get(url, ""), held) for url, held in groups.items())
    return tuple(sorted(found, key=_order))


def _is_system(held: Held[Package]) -> bool:
    return held.fact.ecosystem in SYSTEM


def _component(url: str, owner: str, held: list[Held[Package]]) -> Component:
    held.sort(key=lambda one: (one.fact.is_declared, one.layer, one.fact.path, one.fact.inside))
    return Component(url, tuple(held), owner)


def _order(component: Component) -> tuple[bool, str]:
    return component.package.ecosystem not in SYSTEM, component.url


class Links:
    """Who requires whom, by URL."""

    def __init__(self, found: Sequence[Component]) -> None:
        self._named: dict[tuple[Ecosystem, str], list[Component]] = {}
        for component in found:
            self._named.setdefault(_key(component.package), []).append(component)

    def of(self, component: Component) -> tuple[str, ...]:
        """The URLs of what a package requires and the image holds; sorted."""
        ecosystem = component.package.ecosystem
        wanted = {
            self._nearest(_name(ecosystem, name), held.fact)
            for held in component.held
            for name in held.fact.requires
        }
        return tuple(sorted(wanted - {"", component.url}))

    def _nearest(self, name: str, package: Package) -> str:
        """Of several versions, the one that lies nearest: as node looks for modules."""
        candidates = self._named.get((package.ecosystem, name), ())
        if len(candidates) < 2:
            return candidates[0].url if candidates else ""
        where = _parts(package.path)
        return min(candidates, key=lambda each: _distance(each, where, package.is_declared)).url


def _key(package: Package) -> tuple[Ecosystem, str]:
    return package.ecosystem, _name(package.ecosystem, full_name(package))


@lru_cache(maxsize=16384)
def _name(ecosystem: Ecosystem, name: str) -> str:
    return normalise("PyPI", name) if ecosystem is Ecosystem.PYPI else name


def _distance(
    component: Component, where: Sequence[str], is_declared: bool
) -> tuple[bool, int, int, str]:
    """How far a package's nearest place is: apart from the same root, then deeper below it."""
    best = min([_apart(_parts(held.fact.path), where) for held in component.held])
    return component.is_declared != is_declared, *best, component.url


@lru_cache(maxsize=16384)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def _apart(path: Sequence[str], where: Sequence[str]) -> tuple[int, int]:
    common = 0
    for one, other in zip(path, where, strict=False):
        if one != other:
            break
        common += 1
    return -common, len(path)


def licenses_of(package: Package) -> tuple[tuple[str, str], ...]:
    """Each licence as (SPDX expression, text as written); the expression is empty for what is
    none."""
    return tuple((spdx_expression(text), clean_line(text)) for text in package.licenses)


def instructions_of(image: Image) -> Mapping[int, str]:
    """The instruction of each layer, without the secrets that stand in the history."""
    by_step: dict[str, list[str]] = {}
    everywhere: list[str] = []
    for secret in config_secrets(image.config):
        by_step.setdefault(secret.place, []).append(secret.value)
        if len(secret.value) >= _SHORTEST:
            everywhere.append(secret.value)
    return {
        layer.index: _masked(
            layer.instruction, [*by_step.get(f"step {layer.step}", ()), *everywhere]
        )
        for layer in image.layers
    }


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return clean_line(text)


def image_url(image: Image) -> str:
    """The image's package URL: `pkg:oci/python@sha256%3A…?repository_url=…`; empty where nobody
    knows its digest and its repository."""
    from urllib.parse import quote  # noqa: PLC0415 -- once a document

    for name in (*image.tags, image.name):
        reference = parse_reference(name)
        if reference is None or not image.digest:
            continue
        short = reference.path.rpartition("/")[2]
        arch = image.platform.split("/")[1] if image.platform.count("/") else ""
        pairs = {"arch": arch, "repository_url": reference.repository, "tag": reference.tag}
        given = "&".join(f"{key}={quote(value, safe=':')}" for key, value in pairs.items() if value)
        return f"pkg:oci/{short}@{quote(image.digest, safe=':')}?{given}"
    return ""


def told_time(date: str, created: str) -> str:
    """The time that a document gives: the day of the run, or when the image was made; UTC."""
    from datetime import UTC, datetime  # noqa: PLC0415 -- once a document

    for text in (date, created):
        try:
            moment = datetime.fromisoformat(text)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment
            return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment.year > 1900 else ""
        except (ValueError, OverflowError):
            continue
    return ""
