"""Where in an image a fact stands, in the words of findings."""

from __future__ import annotations

from seawall.core.model import InLayer
from seawall.surfaces.image.model import F, Held, Image


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
