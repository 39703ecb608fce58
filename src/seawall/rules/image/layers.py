"""Where in an image a fact stands, in the words of findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seawall.core.model import InLayer
from seawall.surfaces.image.config import ImageConfig
from seawall.surfaces.image.facts import NotableFile
from seawall.surfaces.image.model import F, Held, Image

FROM_BASE = "it comes with the base image"
"""Why a fault weighs less that whoever built the image found already there."""
_SHOWN = 3


def in_layer(image: Image, held: Held[F], path: str) -> InLayer:
    """The layer that brought a file, and what removed it again."""
    layer = image.layers[held.layer]
    return InLayer(
        index=layer.index,
        diff_id=layer.diff_id,
        instruction=layer.instruction,
        path=path,
        is_base=layer.is_base,
        removed_by="" if held.gone is None else _instruction(image, held.gone),
    )


def _instruction(image: Image, index: int) -> str:
    return image.layers[index].instruction or f"layer {index + 1}"


def base_weight(image: Image, held: Held[F]) -> str:
    """Why a fault of a file weighs less: the base image brought it. Empty if it did not."""
    return FROM_BASE if image.layers[held.layer].is_base else ""


def noted(image: Image, *notes: str) -> list[Held[NotableFile]]:
    """The files with any of these notes that a container would see."""
    return [held for held in noted_ever(image, *notes) if held.gone is None]


def noted_ever(image: Image, *notes: str) -> list[Held[NotableFile]]:
    """The files with any of these notes, also those that a later layer took away."""
    by_note: dict[str, list[Held[NotableFile]]] | None = image.derived.get("files by note")
    if by_note is None:
        by_note = image.derived["files by note"] = {}
        for held in image.files:
            by_note.setdefault(held.fact.note, []).append(held)
    return [held for note in notes for held in by_note.get(note, ())]


def is_runnable(image: Image) -> bool:
    """Whether there is a configuration at all: a plain file system has none to judge."""
    return image.config != _NOTHING


_NOTHING = ImageConfig()


def own_names(image: Image) -> tuple[str, ...]:
    """The references of an image: its tags, else what it was asked for by."""
    if image.tags or image.kind not in {"registry", "engine"}:
        return image.tags
    # Behind a name there may stand which of several images of that name is meant.
    return (image.name.partition(" ")[0],)


def by_layer(found: Iterable[Held[F]]) -> dict[int, list[Held[F]]]:
    """Facts by the layer that brought them: what one instruction did, it can mend."""
    layers: dict[int, list[Held[F]]] = {}
    for held in found:
        layers.setdefault(held.layer, []).append(held)
    return dict(sorted(layers.items()))


def listed(names: Sequence[str], most: int = _SHOWN) -> str:
    """`a, b, c and 12 more`."""
    more = len(names) - most
    if more > 0:
        return f"{', '.join(names[:most])} and {more:,} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
