"""What an image says of the release it is built on, of its size and of its own name."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Evidence, Hit, Region, Verdict
from seawall.core.rule import Settings
from seawall.core.vocabulary import words
from seawall.facts.releases import Release, cycle_for, distribution_release, end_of_life, newest_of
from seawall.rules.image.layers import in_layer, own_names
from seawall.rules.image.support import Ending, ending_of
from seawall.surfaces.image.facts import Ecosystem, Package
from seawall.surfaces.image.model import Held, Image
from seawall.surfaces.image.reference import parse_reference

_SYSTEM = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM})
_MANY = 250
"""Packages of a distribution: slim images have some 90, a full `python` or `node` over 400."""
_RUNTIMES = words("python node php ruby perl")
"""Products whose binary, where no package brought it, is what an image is for."""
_RUNTIME_PLACES = ("usr/local/", "usr/bin/", "opt/")


def ended(image: Image, settings: Settings) -> Iterator[Hit]:
    """The distribution and the runtimes of an image that get no more updates, or soon will not."""
    distribution = image.distribution
    release = (
        distribution_release(distribution.id, distribution.version_id) if distribution else None
    )
    if release is not None:
        yield _judged(image, release, settings)
    for held in _runtimes(image):
        found = _runtime(held.fact)
        ending = ending_of(found, settings) if found else None
        if found is not None and ending is not None:
            yield _ended(image, found, ending, settings, held)


def _judged(image: Image, release: Release, settings: Settings) -> Hit:
    ending = ending_of(release, settings)
    if ending is not None:
        return _ended(image, release, ending, settings, None)
    until = f" until {release.eol}" if release.eol else ""
    return Hit(
        _bottom(image),
        f"{release.label} is supported{until}",
        f"release {release.key}",
        verdict=Verdict.PASS,
    )


def _ended(
    image: Image,
    release: Release,
    ending: Ending,
    settings: Settings,
    held: Held[Package] | None,
) -> Hit:
    newest = newest_of(release.key, settings.today)
    return Hit(
        image.place_of(held) if held else _bottom(image),
        f"{release.label}, which the image is made of, {ending.text}",
        f"release {release.key}",
        label=ending.text,
        remedy="Build on a supported release" + (f"; the newest: {newest}." if newest else "."),
        weaker=ending.weaker,
        evidence=(Evidence(f"endoflife.date as of {end_of_life().as_of:%Y-%m-%d}"),),
        layer=in_layer(image, held, held.fact.path) if held else None,
    )


def _bottom(image: Image) -> Region:
    """Where the lowest layer stands: the distribution is mostly in it."""
    step = image.layers[0].step if image.layers else -1
    return image.place(f"step {step}" if step >= 0 else "layer 0")


def _runtimes(image: Image) -> Iterator[Held[Package]]:
    for held in image.packages:
        package = held.fact
        is_own = package.ecosystem is Ecosystem.GENERIC and package.name in _RUNTIMES
        if is_own and held.gone is None and package.path.startswith(_RUNTIME_PLACES):
            yield held


def _runtime(package: Package) -> Release | None:
    product = end_of_life().products.get(package.name)
    cycle = cycle_for(package.name, package.version)
    if product is None or cycle is None:
        return None
    label = f"{product.label} {cycle.cycle}"
    return Release(package.name, label, cycle.eol, cycle.extended, cycle.latest)


def whole_distribution(image: Image, _: Settings) -> Iterator[Hit]:
    """More packages of a distribution than a program needs."""
    number = len(
        {h.fact.name for h in image.packages if h.gone is None and h.fact.ecosystem in _SYSTEM}
    )
    distribution = image.distribution
    name = distribution.pretty_name or distribution.id if distribution else "the distribution"
    if number > _MANY:
        yield Hit(
            _bottom(image),
            f"the image holds {number} packages of {name}, many more than a program needs",
            "distribution",
            label="a whole distribution or toolchain",
            remedy="Start from a `-slim` or `-alpine` variant, or copy the finished program into "
            "a distroless image.",
        )
        return
    plural = "" if number == 1 else "s"
    said = f"{number} package{plural} of {name}" if number else "no distribution's packages"
    yield Hit(_bottom(image), f"has {said}", "distribution", verdict=Verdict.PASS)


def latest_name(image: Image, _: Settings) -> Iterator[Hit]:
    """An image whose every name is `latest`: which build it is, no name tells."""
    names = own_names(image)
    references = [reference for name in names if (reference := parse_reference(name))]
    loose = [r for r in references if not r.digest and r.tag in {"", "latest"}]
    if references and len(loose) == len(references):
        yield Hit(
            _bottom(image),
            f"the image is called `{loose[0].familiar}`, and by no other name",
            f"name {loose[0].name}",
            label="the next build takes the same name",
            remedy="Tag each build by its version or commit, and deploy it by digest.",
            weaker="it is the image's own name, not one that it is built on",
        )
