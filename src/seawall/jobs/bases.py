"""The image that an image is built on: who names it, and how many layers prove it.

An image does not hold the name of its base. It may be told by a label or an annotation of the
image, by the policy (`images.bases`), or be another image of the same engine. Whoever names it, it
is the base for certain only where its layers are the lowest ones of the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.facts.official import official_name
from seawall.jobs.registries import Registries
from seawall.surfaces.image import Reference, parse_reference
from seawall.surfaces.image.model import Image

MAX_TOLD = 20
"""Of the references in a policy so many are compared with each image."""

_NAME = "org.opencontainers.image.base.name"
_DIGEST = "org.opencontainers.image.base.digest"
"""Annotations of the OCI image specification (annotations.md), which are used as labels too."""

_MOST_NEIGHBOURS = 256


class Base(Struct, frozen=True):
    """What an image is built on.

    `layers` counts the lowest layers of the image that are proven to be the base's, 0 where that
    could not be shown. `is_itself` for an official image: whoever scans it has not built it, and
    can only take another. `is_told` where the policy names it.
    """

    reference: Reference
    layers: int = 0
    is_itself: bool = False
    is_told: bool = False

    @property
    def name(self) -> str:
        """As people write it, without a digest."""
        reference = self.reference
        return replace(reference, digest="").familiar if reference.tag else reference.familiar


class Neighbours:
    """The tagged images of the engine of this machine, asked for once."""

    @cached_property
    def found(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each with its layers, the lowest first; none where the engine can't be asked."""
        from seawall.surfaces.engine.connection import Engine  # noqa: PLC0415 -- not for files

        engine = Engine()
        found = []
        with suppress(InputError):
            for each in engine.images()[:_MOST_NEIGHBOURS]:
                tags = [tag for tag in each.get("RepoTags") or () if "<none>" not in tag]
                if tags:
                    described = engine.image_inspect(str(each["Id"]))
                    layers = (described.get("RootFS") or {}).get("Layers") or ()
                    found.append((min(tags), tuple(map(str, layers))))
        return tuple(found)


def find_base(
    image: Image, told: Sequence[str], registries: Registries, neighbours: Neighbours
) -> Base | None:
    """The base of an image, the surest answer: of several that are proven, the one with most
    layers; else what the image says of itself."""
    if (own := _official(image)) is not None:
        return own
    proven = [
        *_by_policy(image, told, registries),
        *_by_statement(image, registries),
        *_by_neighbours(image, neighbours),
    ]
    if proven:
        return max(proven, key=lambda base: base.layers)
    return told_base(image)


def told_base(image: Image) -> Base | None:
    """The base that an image itself tells of, or that its own name does, without asking anyone."""
    named = _stated(image)
    stated = Base(replace(named, digest="")) if named is not None and named.tag else None
    return _official(image) or stated


def marked(image: Image, base: Base | None) -> Image:
    """The image with its layers told apart by what is proven."""
    if base is None or not base.layers or base.is_itself:
        return image
    layers = (replace(layer, is_base=layer.index < base.layers) for layer in image.layers)
    return replace(image, layers=tuple(layers))


def _official(image: Image) -> Base | None:
    if image.kind not in {"registry", "engine"}:
        return None
    reference = parse_reference(image.name)
    if reference is None or not reference.is_official or official_name(reference.name) is None:
        return None
    if not reference.tag and not reference.digest:
        reference = replace(reference, tag="latest")
    return Base(reference, len(image.layers), is_itself=True)


def _stated(image: Image) -> Reference | None:
    """What the image says, by digest and tag, as far as it says so."""
    said: Mapping[str, str] = {**image.annotations, **dict(image.config.labels)}
    name, digest = said.get(_NAME, ""), said.get(_DIGEST, "")
    reference = parse_reference(f"{name.partition('@')[0]}@{digest}" if digest else name)
    return reference or parse_reference(name)


def _by_statement(image: Image, registries: Registries) -> Iterator[Base]:
    reference = _stated(image)
    if reference is not None and registries.may_ask(reference, is_told=False):
        base = Base(reference)
        yield from _proven(image, base, registries)


def _by_policy(image: Image, told: Sequence[str], registries: Registries) -> Iterator[Base]:
    for text in told[:MAX_TOLD]:
        reference = parse_reference(text)
        if reference is not None and registries.may_ask(reference, is_told=True):
            yield from _proven(image, Base(reference, is_told=True), registries)


def _proven(image: Image, base: Base, registries: Registries) -> Iterator[Base]:
    with suppress(InputError):
        count = _shared(image, registries.peek(base.reference).diff_ids)
        if count:
            yield replace(base, layers=count)


def _shared(image: Image, diff_ids: Sequence[str]) -> int:
    """How many layers these are, if they are the lowest ones of the image; else 0."""
    lowest = [layer.diff_id for layer in image.layers[: len(diff_ids)]]
    return len(diff_ids) if diff_ids and lowest == list(diff_ids) else 0


def _by_neighbours(image: Image, neighbours: Neighbours) -> Iterator[Base]:
    """Images of the same engine with fewer layers, all of which the image has too."""
    if image.kind != "engine":
        return
    for name, diff_ids in neighbours.found:
        reference = parse_reference(name)
        count = _shared(image, diff_ids) if len(diff_ids) < len(image.layers) else 0
        if count and reference is not None:
            yield Base(reference, count)
