"""From what a user names to an examined image: its layers read once, or taken from the cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from seawall.detectors.config_secrets import ConfigSecret, conceal, config_secrets
from seawall.detectors.layer_secrets import analyser as secrets_analyser
from seawall.packages.catalogue import analysers as cataloguers
from seawall.surfaces.image import accounts, notable
from seawall.surfaces.image.analyser import Analyser
from seawall.surfaces.image.apart import apart
from seawall.surfaces.image.blob import Analyse, Blob, ImageSource, LayerFacts
from seawall.surfaces.image.cache import Cache, cached, installation_key
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import Limits
from seawall.surfaces.image.locate import SourceOptions, open_image
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.model import Image
from seawall.surfaces.sbom.reader import DOCUMENTS, is_document
from seawall.surfaces.sbom.reader import read as read_document

PACKAGES = "packages"
SECRETS = "secrets"
FILES = "files"
PARTS = (PACKAGES, SECRETS, FILES)
"""What can be looked for, by the names that `--only` takes."""


class Inspection(Struct, frozen=True):
    """How an image is looked at.

    `parts` are those of `PARTS` that are looked for; `verifies` whether the digests of plain
    layers in a local archive are computed and compared, which takes longer than all else.
    """

    source: SourceOptions = SourceOptions()
    parts: tuple[str, ...] = PARTS
    uses_cache: bool = True
    verifies: bool = True


def inspect(
    target: str,
    asked: Inspection,
    progress: Callable[[str], None] | None = None,
    name: str = "",
) -> Image:
    """Find an image, look at each layer, and put it together; `name` is what reports call it.

    A file that holds an SBOM, or another scanner's report, is read for the packages in it.

    Raises:
        InputError: it can't be had, is no image, or has not the digest that it should have.
    """
    if is_document(target):
        found = read_document(target)
        return _concealed(replace(found, name=name or found.name))
    cache = Cache()
    source = open_image(target, replace(asked.source, cache=cache if asked.uses_cache else None))
    return inspect_source(source, asked, cache, progress, name)


def inspect_source(
    source: ImageSource,
    asked: Inspection,
    cache: Cache,
    progress: Callable[[str], None] | None = None,
    name: str = "",
) -> Image:
    """Look at each layer of an image that was found, and put it together.

    Raises:
        InputError: it can't be had, is no image, or has not the digest that it should have.
    """
    pulled = source.pull(_analyse(asked, cache, progress))
    image = merge(pulled, name or source.name, source.kind)
    return _concealed(replace(image, value_key=installation_key(cache.directory)))


def _concealed(image: Image) -> Image:
    """The image, of whose instructions none gives a secret away: they go with every finding."""
    by_place: dict[str, list[ConfigSecret]] = {}
    for found in config_secrets(image.config):
        by_place.setdefault(found.place, []).append(found)
    layers = tuple(
        replace(layer, instruction=conceal(layer.instruction, by_place[f"step {layer.step}"]))
        if f"step {layer.step}" in by_place
        else layer
        for layer in image.layers
    )
    return replace(image, layers=layers)


def parts_of(image: Image, asked: Inspection) -> tuple[str, ...]:
    """What was looked for in an image: documents tell of packages alone."""
    return (PACKAGES,) if image.kind in DOCUMENTS else asked.parts


def analysers(parts: tuple[str, ...], value_key: bytes) -> tuple[Analyser, ...]:
    """The analysers that look for these parts."""
    chosen: list[Analyser] = []
    if PACKAGES in parts:
        chosen += cataloguers()
    if SECRETS in parts:
        chosen.append(secrets_analyser(value_key))
    if FILES in parts:
        chosen += (notable.ANALYSER, accounts.ANALYSER)
    return tuple(chosen)


def _analyse(asked: Inspection, cache: Cache, progress: Callable[[str], None] | None) -> Analyse:
    chosen = analysers(asked.parts, installation_key(cache.directory))
    limits = Limits(spill=cache.directory)
    read = apart(partial(analyse_layer, analysers=chosen, limits=limits, verify=asked.verifies))
    analyse = cached(read, cache, chosen) if asked.uses_cache else read
    if progress is None:
        return analyse

    def told(blob: Blob) -> LayerFacts:
        facts = analyse(blob)
        progress(facts.diff_id)
        return facts

    return told
