"""An image's history as a Dockerfile, for the rules that judge instructions.

Only what was built on top of the base is told again. A history has lost line breaks and quotes of
here-documents, so what is seen in it is a little less sure than in the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, InLayer
from seawall.core.rule import Check, Settings
from seawall.core.source import Source
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.image.history import instruction
from seawall.surfaces.image.model import Image

_KEYWORDS = re.compile(r"(?:RUN|ADD|COPY|ENV|ENTRYPOINT|CMD|USER|WORKDIR|SHELL) \S")
_NAMELESS = re.compile(r"(?:ADD|COPY) (?:file|dir|multi):")
"""What the classic builder writes of files: their hash, and no name to judge them by."""


class Retold(Struct, frozen=True):
    """The Dockerfile, and the step of the history that each of its lines tells of."""

    dockerfile: Dockerfile
    steps: tuple[int, ...]


class _Lines(Struct, frozen=True):
    """The instructions that somebody built on the base, and their steps in the history."""

    texts: tuple[str, ...]
    steps: tuple[int, ...]
    lowered: str


def _lines(image: Image) -> _Lines:
    known: _Lines | None = image.derived.get("own instructions")
    if known is None:
        told = [(n, instruction(image.config.history[n])) for n in _own_steps(image)]
        kept = [(n, text) for n, text in told if _is_plain(text)]
        texts = tuple(text for _, text in kept)
        known = _Lines(texts, tuple(n for n, _ in kept), "\n".join(texts).lower())
        image.derived["own instructions"] = known
    return known


def _is_plain(text: str) -> bool:
    return _KEYWORDS.match(text) is not None and _NAMELESS.match(text) is None


def told_again(image: Image) -> Retold:
    """The steps that somebody built on the base, as a Dockerfile; made once."""
    known: Retold | None = image.derived.get("retold")
    if known is None:
        # It loads the grammar of shells, for which few images have a need.
        from seawall.surfaces.dockerfile.reader import read  # noqa: PLC0415 -- as said

        own = _lines(image)
        text = "".join(f"{line}\n" for line in ("FROM scratch", *own.texts))
        known = Retold(read(Source(image.name, text)), (-1, *own.steps))
        image.derived["retold"] = known
    return known


def _own_steps(image: Image) -> Iterable[int]:
    """The steps behind the base's; where none is known, behind the first layer."""
    of_base = [layer.step for layer in image.layers if layer.is_base]
    layers = [layer.step for layer in image.layers]
    start = max(of_base, default=min(layers, default=-1))
    return range(start + 1, len(image.config.history))


def judged_again(check: Check, sign: Expression, image: Image, settings: Settings) -> Iterator[Hit]:
    """What a check of Dockerfiles sees in an image's history, where a sign of the fault is."""
    own = _lines(image)
    if own.texts and sign.search(own.lowered) is not None:
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
