"""An image as rules see it: its configuration, its layers, and what the files in them hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from seawall.core.model import Region
from seawall.core.source import Source
from seawall.surfaces.image.config import ImageConfig
from seawall.surfaces.image.facts import (
    Account,
    Distribution,
    Fact,
    FoundSecret,
    NotableFile,
    Package,
    Trouble,
)

F = TypeVar("F", bound=Fact)


class Held(Struct, Generic[F], frozen=True):
    """A fact with its fate: `layer` brought it; `gone` is the layer that removed or replaced the
    file, None where the file is in the image as it runs."""

    fact: F
    layer: int
    gone: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether a container of the image would see the file."""
        return self.gone is None


class Layer(Struct, frozen=True):
    """One layer: `instruction` is what made it, `step` its line in the image's history (from 0).

    `is_base` where it is taken to come from the base image. `added` is the size of its files.
    """

    index: int
    diff_id: str
    digest: str
    size: int
    entries: int
    instruction: str = ""
    step: int = -1
    is_base: bool = False


class Image(Struct, frozen=True):
    """An image, examined.

    `history` is a text with one line for each step of the image's history, and `environment`
    and the other parts of the configuration below it, so that every finding has a line to stand
    in: `lines` gives the line of each part by name (`step 3`, `env PATH`, `user`, `label x`).
    Facts of the merged view are `Held`; `owned` says which package owns a path.
    """

    name: str
    kind: str
    config: ImageConfig
    layers: tuple[Layer, ...]
    history: Source
    places: Mapping[str, Region]
    distribution: Distribution | None = None
    packages: tuple[Held[Package], ...] = ()
    secrets: tuple[Held[FoundSecret], ...] = ()
    files: tuple[Held[NotableFile], ...] = ()
    accounts: tuple[Held[Account], ...] = ()
    troubles: tuple[Held[Trouble], ...] = ()
    owned: Mapping[str, str] = {}
    digest: str = ""
    platform: str = ""
    tags: tuple[str, ...] = ()
    distributed: tuple[Held[Package], ...] = ()
    """Language packages that are part of a distribution's package, which answers for them."""
    problems: tuple[str, ...] = ()
    """What could not be told for certain of the image as a whole."""
    index_digest: str = ""
    config_digest: str = ""
    """The digest of the configuration: the image's identifier in most engines."""
    annotations: Mapping[str, str] = {}
    """Those of the manifest, where a registry has it."""
    value_key: bytes = b""
    """What makes `value_id` of secrets in the configuration: the installation's own."""
    claimed: tuple[tuple[str, ...], ...] = ()
    """The flaws that another scanner's report tells of, each with all its ids."""
    derived: dict[str, Any] = field(default_factory=dict)
    """What rules work out of the image once for all of them."""

    def place(self, name: str) -> Region:
        """Where a part stands in `history`; the first line where it has none."""
        return self.places.get(name) or Region(0, len(self.history.line_text(1)))

    def place_of(self, held: Held[F]) -> Region:
        """Where the step stands that brought a fact, or the layer where no step is known."""
        step = self.layers[held.layer].step
        return self.place(f"step {step}" if step >= 0 else f"layer {held.layer}")
