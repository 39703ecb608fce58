"""Every secret of an image, by its value: one value is one finding, wherever it lies."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from seawall.core.model import Confidence, InLayer, Located, Region
from seawall.detectors.config_secrets import ConfigSecret, config_secrets
from seawall.rules.image.layers import in_layer
from seawall.surfaces.image.facts import FoundSecret
from seawall.surfaces.image.model import Held, Image

_CONFIDENCES = tuple(Confidence)


class Spot(Struct, frozen=True):
    """A secret at one place of the image.

    `place` is `ENV NAME`, `LABEL x`, `RUN`, … for the configuration, else the file's path. `rank`
    says how openly it lies: 0 in what every container has, 1 in the history, 2 in a layer below
    the one that deleted it. `hidden` are the characters of the history that are the secret itself.
    `line` is the file's, 0 in a binary file and -1 in the configuration.
    """

    place: str
    at: Located
    kind: str
    title: str
    name: str
    redacted: str
    confidence: Confidence
    is_default: bool
    rank: int
    is_base: bool = False
    line: int = 0
    layer: InLayer | None = None
    hidden: tuple[Located, ...] = ()
    is_argument: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it lies in a file."""
        return self.line >= 0

    @property
    def is_deleted(self) -> bool:
        """Whether a later layer took the file away."""
        return self.layer is not None and bool(self.layer.removed_by)


class Value(Struct, frozen=True):
    """A secret with all its places, the worst first."""

    spots: tuple[Spot, ...]

    @property
    def worst(self) -> Spot:
        """The place that a finding stands for."""
        return self.spots[0]

    @property
    def hidden(self) -> tuple[Located, ...]:
        """All characters of the history that no report may show."""
        return tuple(place for spot in self.spots for place in spot.hidden)


def values_of(image: Image) -> tuple[Value, ...]:
    """The secrets of an image in the order of their worst places; worked out once."""
    known: tuple[Value, ...] | None = image.derived.get("secret values")
    if known is None:
        groups = _grouped(image)
        found = (Value(tuple(sorted(spots, key=_badness))) for spots in groups)
        known = tuple(sorted(found, key=lambda value: (value.worst.at.start, value.worst.place)))
        image.derived["secret values"] = known
    return known


def _badness(spot: Spot) -> tuple[int, bool, int, int, str]:
    sureness = _CONFIDENCES.index(spot.confidence)
    return sureness, spot.is_base, spot.rank, -spot.at.start, spot.place


def _grouped(image: Image) -> Iterable[list[Spot]]:
    """Those of files by the id of their value, those of the configuration by the value itself;
    the same kind of secret has the same id in both."""
    groups: dict[str, list[Spot]] = {}
    by_value: dict[str, list[Spot]] = {}
    for held in image.secrets:
        groups.setdefault(held.fact.value_id, []).append(_in_file(image, held))
    for found in config_secrets(image.config, image.value_key):
        spots = by_value.get(found.value)
        if spots is None:
            spots = groups.setdefault(found.value_id or f"config {len(groups)}", [])
            by_value[found.value] = spots
        spots.append(_in_config(image, found))
    return groups.values()


def _in_file(image: Image, held: Held[FoundSecret]) -> Spot:
    fact = held.fact
    return Spot(
        fact.path,
        image.place_of(held),
        fact.kind,
        fact.title,
        fact.name,
        fact.redacted,
        fact.confidence,
        fact.is_default,
        rank=0 if held.is_live else 2,
        is_base=image.layers[held.layer].is_base,
        line=fact.line,
        layer=in_layer(image, held, fact.path),
    )


def _in_config(image: Image, found: ConfigSecret) -> Spot:
    secret, region = found.secret, image.place(found.place)
    at = _region(image, found)
    step = _step(found.place)
    made = next((each for each in image.layers if each.step == step >= 0), None)
    return Spot(
        _called(found.place, image.history.text[region.start : at.start]),
        at,
        secret.kind,
        secret.title,
        secret.name,
        secret.redacted,
        secret.confidence,
        secret.is_default,
        rank=1 if step >= 0 else 0,
        is_base=_is_of_base(image, step),
        line=-1,
        layer=InLayer(made.index, made.diff_id, made.instruction, is_base=made.is_base)
        if made
        else None,
        hidden=(at,),
        is_argument=_is_argument(image.history.text[region.start : at.start], step),
    )


def _called(place: str, line: str) -> str:
    """A part in the words of a Dockerfile: `ENV NAME`, `LABEL x`, `RUN`, `ONBUILD`, `CMD`."""
    word, _, rest = place.partition(" ")
    if word == "step":
        keyword, _, words = line.partition(" ")
        return f"{keyword} {words.partition('=')[0]}" if keyword in {"ENV", "ARG"} else keyword
    return "ONBUILD" if word == "onbuild" else f"{word.upper()} {rest}".rstrip()


def _step(place: str) -> int:
    word, _, number = place.partition(" ")
    return int(number) if word == "step" else -1


def _is_of_base(image: Image, step: int) -> bool:
    """Whether a step is one of the base's: all before its last layer are, and what follows that
    without making a layer may be anybody's."""
    return any(layer.is_base and layer.step >= step for layer in image.layers) and step >= 0


def _is_argument(before: str, step: int) -> bool:
    """Whether a value stands where build arguments do: `RUN |1 TOKEN=`, `ARG TOKEN=`."""
    is_before_shell = before.startswith("RUN |") and " /bin/" not in before
    return step >= 0 and (is_before_shell or before.startswith("ARG "))


def _region(image: Image, found: ConfigSecret) -> Region:
    """Where the value stands in its line of the history; the whole line where that is not plain."""
    whole = image.place(found.place)
    within = found.within(image.history.text[whole.start : whole.end])
    return Region(whole.start + within[0], whole.start + within[1]) if within else whole
