"""What registries say of the images that others are built on; nothing of their layers is read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.facts.publishers import known_registries
from seawall.surfaces.image import Reference, parse_reference
from seawall.surfaces.image.blob import Blob, ImageSource, LayerFacts
from seawall.surfaces.image.config import read_config
from seawall.surfaces.image.locate import SourceOptions
from seawall.surfaces.image.model import Image
from seawall.surfaces.image.platform import Platform, parse_platform

if TYPE_CHECKING:
    from seawall.surfaces.registry.options import RegistryOptions

_PATIENCE, _ATTEMPTS = 10.0, 2
"""Advice is worth a short wait: the scan itself does not depend on the answer."""


class Peeked(Struct, frozen=True):
    """An image as its manifest and configuration tell of it.

    `digest` is what a reference of the same meaning may be pinned to: that of the index, where
    there is one. `size` is that of all layers as they are stored.
    """

    reference: Reference
    digest: str
    diff_ids: tuple[str, ...]
    size: int

    @property
    def pinned(self) -> Reference:
        """The same image for ever."""
        reference = self.reference
        return Reference(reference.registry, reference.path, reference.tag, self.digest)


class Registries:
    """Asks for what is beside an image, for its platform; every question is put once.

    `is_ours` where the user himself has said which images to look for, so that any registry that
    he names may be asked.
    """

    def __init__(self, image: Image, options: SourceOptions, *, is_ours: bool = False) -> None:
        self._image = image
        self._offline = options.offline
        self._insecure = options.insecure_registries
        self._is_ours = is_ours
        self._peeked: dict[Reference, Peeked | InputError] = {}

    def may_ask(self, reference: Reference, *, is_told: bool) -> bool:
        """Whether the registry of a base image may be asked; `is_told` by the policy.

        What a label says was written by others: it can't lead to any host it likes, and to none
        where the user has named a file.
        """
        if self._offline:
            return False
        is_remote = self._image.kind in {"registry", "engine"}
        own = parse_reference(self._image.name) if is_remote else None
        if own is not None and own.registry == reference.registry:
            return True
        if is_told and self._is_ours:
            return True
        return (is_told or is_remote) and reference.registry in known_registries()

    def peek(self, reference: Reference) -> Peeked:
        """The image of a reference, as the registry has it now.

        Raises:
            InputError: it can't be had.
        """
        known = self._peeked.get(reference)
        if known is None:
            try:
                known = self._peek(reference)
            except InputError as error:
                known = error
            self._peeked[reference] = known
        if isinstance(known, InputError):
            raise known
        return known

    def tags(self, reference: Reference) -> tuple[str, ...]:
        """All tags of its repository.

        Raises:
            InputError: they can't be had.
        """
        from seawall.surfaces.registry.client import RegistryClient  # noqa: PLC0415 -- loads TLS

        with RegistryClient(self._options) as client:
            return client.tags(reference)

    def source(self, reference: Reference) -> ImageSource:
        """Where the layers of an image can be looked at."""
        from seawall.surfaces.image.registry import RegistrySource  # noqa: PLC0415 -- loads TLS

        return RegistrySource(reference, self._platform, self._options)

    def _peek(self, reference: Reference) -> Peeked:
        pulled = self.source(reference).pull(_unread)
        return Peeked(
            reference,
            pulled.index_digest or pulled.digest,
            read_config(pulled.config, reference.familiar).diff_ids,
            sum(max(layer.size, 0) for layer in pulled.layers),
        )

    @cached_property
    def _platform(self) -> Platform | None:
        return parse_platform(self._image.platform) if self._image.platform else None

    @cached_property
    def _options(self) -> RegistryOptions:
        from seawall.surfaces.registry.options import RegistryOptions  # noqa: PLC0415 -- rarely used

        return RegistryOptions(insecure=self._insecure, patience=_PATIENCE, attempts=_ATTEMPTS)


def _unread(blob: Blob) -> LayerFacts:
    return LayerFacts(blob.digest, "", blob.size, 0, ())
