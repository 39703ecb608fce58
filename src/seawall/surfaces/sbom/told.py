"""What a document tells of an image, and the image that is made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from seawall.surfaces.image.config import ImageConfig
from seawall.surfaces.image.facts import Distribution, Package
from seawall.surfaces.image.history import instruction, write_history
from seawall.surfaces.image.model import Held, Image, Layer
from seawall.surfaces.sbom.purl import (
    Url,
    distribution_of,
    named_distribution,
    package_of,
    read_url,
)

_MOST_TYPES = 5


class ToldLayer(Struct, frozen=True):
    """A layer, as far as the document knows it."""

    diff_id: str
    digest: str = ""
    size: int = 0
    instruction: str = ""
    is_base: bool = False


class Told(Struct, frozen=True):
    """What a document tells.

    `kind` is `sbom`, or the scanner whose report it is. `packages` are told with the diff id of
    the layer that brought them, empty where it does not say. `claimed` are the flaws that a
    scanner's report has, each with all ids that it gives. `problems` are what can't be judged.
    """

    kind: str
    packages: tuple[tuple[Package, str], ...]
    distribution: Distribution | None = None
    layers: tuple[ToldLayer, ...] = ()
    config: ImageConfig = ImageConfig()
    digest: str = ""
    platform: str = ""
    tags: tuple[str, ...] = ()
    claimed: tuple[tuple[str, ...], ...] = ()
    problems: tuple[str, ...] = ()


class Listing:
    """Collects the packages of a document, and counts what can't be understood."""

    def __init__(self) -> None:
        self.packages: list[tuple[Package, str]] = []
        self._releases = Counter[tuple[str, str]]()
        self._foreign = Counter[str]()
        self._nameless = 0

    def add(self, purl: str, path: str, version: str = "", **others: object) -> Url | None:
        """Take a package; `others` are fields that the document tells better than the URL."""
        url = read_url(purl)
        package = package_of(url, path, version) if url else None
        if url is None:
            self._nameless += 1
        elif package is None:
            self._foreign[url.type] += 1
        else:
            layer = str(others.pop("layer", ""))
            known = {key: value for key, value in others.items() if value}
            self.packages.append((replace(package, **known), layer))
            if release := distribution_of(url):
                self._releases[release] += 1
        return url

    def distribution(self) -> Distribution | None:
        """The distribution that most packages say they are of."""
        if not self._releases:
            return None
        ((name, release), _), *_ = self._releases.most_common(1)
        return named_distribution(name, release)

    def problems(self) -> tuple[str, ...]:
        """What is listed and can't be judged."""
        found = []
        if self._nameless:
            number = f"{self._nameless} package{'s' * (self._nameless != 1)}"
            found.append(f"{number} without a package URL can't be judged")
        if self._foreign:
            kinds = ", ".join(f"{n} {kind}" for kind, n in self._foreign.most_common(_MOST_TYPES))
            found.append(f"packages of types that are not known can't be judged: {kinds}")
        return tuple(found)


def image_of(told: Told, name: str) -> Image:
    """The image; its layers are those that the document tells of, or one for all."""
    layers = _layers(told, name)
    index = {layer.diff_id: layer.index for layer in layers if layer.diff_id}
    loose = [(layer.index, layer.instruction) for layer in layers if layer.step < 0]
    history = write_history(name, told.config, loose)
    return Image(
        name,
        told.kind,
        told.config,
        layers,
        history.source,
        history.places,
        distribution=told.distribution,
        packages=tuple(Held(package, index.get(at, 0)) for package, at in told.packages),
        digest=told.digest,
        platform=told.platform or told.config.platform,
        tags=told.tags,
        problems=told.problems,
        claimed=told.claimed,
    )


def _layers(told: Told, name: str) -> tuple[Layer, ...]:
    given = told.layers or (ToldLayer(""),)
    steps = _steps(told.config, given)
    return tuple(
        Layer(
            index,
            layer.diff_id,
            layer.digest,
            layer.size,
            0,
            instruction=layer.instruction
            or _made(told.config, steps, index)
            or f"listed in {name}",
            step=steps.get(index, -1),
            is_base=layer.is_base,
        )
        for index, layer in enumerate(given)
    )


def _steps(config: ImageConfig, layers: Sequence[ToldLayer]) -> Mapping[int, int]:
    """The step that made each layer, where the history accounts for all."""
    making = [number for number, step in enumerate(config.history) if step.makes_layer]
    return dict(enumerate(making)) if len(making) == len(layers) else {}


def _made(config: ImageConfig, steps: Mapping[int, int], index: int) -> str:
    return instruction(config.history[steps[index]]) if index in steps else ""
