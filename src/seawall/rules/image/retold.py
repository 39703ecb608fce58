"""An image's history as a Dockerfile, for the rules that judge instructions.

Only what was built on top of the base is told again. A history has lost line breaks and quotes of
here-documents, so what is seen in it is a little less sure than in the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from seawall.core.model import Confidence, Hit, InLayer
from seawall.core.rule import Check, Settings
from seawall.core.source import Source
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read
from seawall.surfaces.image.history import instruction
from seawall.surfaces.image.model import Image

_KEYWORDS = re.compile(r"(?:RUN|ADD|COPY|ENTRYPOINT|CMD|USER|WORKDIR|SHELL) \S")
_NAMELESS = re.compile(r"(?:ADD|COPY) (?:file|dir|multi):")
"""What the classic builder writes of files: their hash, and no name to judge them by."""


class Retold(Struct, frozen=True):
    """The Dockerfile, and the step of the history that each of its lines tells of."""

    dockerfile: Dockerfile
    steps: tuple[int, ...]


def told_again(image: Image) -> Retold:
    """The steps that somebody built on the base, as a Dockerfile; made once."""
    known: Retold | None = image.derived.get("retold")
    if known is None:
        lines, steps = ["FROM scratch"], [-1]
        for number in _own_steps(image):
            text = instruction(image.config.history[number])
            if _KEYWORDS.match(text) and not _NAMELESS.match(text):
                lines.append(text)
                steps.append(number)
        facts = read(Source(image.name, "".join(f"{line}\n" for line in lines)))
        known = image.derived["retold"] = Retold(facts, tuple(steps))
    return known


def _own_steps(image: Image) -> Iterable[int]:
    """The steps behind the base's; where none is known, behind the first layer."""
    of_base = [layer.step for layer in image.layers if layer.is_base]
    layers = [layer.step for layer in image.layers]
    start = max(of_base, default=min(layers, default=-1))
    return range(start + 1, len(image.config.history))


def judged_again(check: Check, image: Image, settings: Settings) -> Iterator[Hit]:
    """What a check of Dockerfiles sees in an image's history."""
    again = told_again(image)
    for hit in check(again.dockerfile, settings):
        yield _placed(image, again, hit)


def _placed(image: Image, again: Retold, hit: Hit) -> Hit:
    """The hit, where its step stands in the history."""
    line = again.dockerfile.source.line_of(hit.at.start)
    step = again.steps[line - 1]
    layer = next((each for each in image.layers if each.step == step), None)
    return structs.replace(
        hit,
        at=image.place(f"step {step}"),
        confidence=Confidence.MEDIUM,
        evidence=(),
        fix=None,
        secrets=(),
        layer=InLayer(layer.index, layer.diff_id, layer.instruction) if layer else None,
    )
