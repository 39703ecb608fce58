"""What images are made of before they are understood, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from msgspec import Struct

from seawall.surfaces.image.facts import Fact


class Blob(Protocol):
    """A layer as it is stored: compressed or not."""

    @property
    def digest(self) -> str:
        """`sha256:…` that the stored bytes must have; empty where nobody says."""

    @property
    def diff_id(self) -> str:
        """`sha256:…` that the uncompressed bytes must have; empty where it is not known yet."""

    @property
    def size(self) -> int:
        """Bytes as stored, -1 where nobody says."""

    def mapped(self) -> memoryview | None:
        """The stored bytes, mapped from a local file; None where they must be streamed."""

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The stored bytes as a stream, from the beginning.

        Raises:
            InputError: they can't be had.
        """


class LayerFacts(Struct, frozen=True):
    """Everything that is known of one layer: plain data, which the cache keeps.

    `digest` is of the stored bytes and `diff_id` of the uncompressed ones, both computed, empty
    where they were not. `files` and `directories` are the paths of all entries that are no
    directories and of those that are, joined by NUL. `whiteouts` are the paths that the layer
    removes, `opaques` the directories whose earlier content it hides.
    """

    digest: str
    diff_id: str
    size: int
    entries: int
    facts: tuple[Fact, ...]
    files: bytes = b""
    directories: bytes = b""
    whiteouts: tuple[str, ...] = ()
    opaques: tuple[str, ...] = ()


Analyse = Callable[[Blob], LayerFacts]
"""What a source calls for each layer: from the cache, or by reading it."""


class Pulled(Struct, frozen=True):
    """An image with its layers looked at.

    `config` is the JSON of its configuration, empty for a plain file system; `digest` is the
    manifest's, as a registry would name it, empty where there is none. `layers` are in order,
    the lowest first. `tags` are the names that an archive gives it. `annotations` are the
    manifest's, where a registry has it.
    """

    config: bytes
    layers: tuple[LayerFacts, ...]
    digest: str = ""
    index_digest: str = ""
    platform: str = ""
    tags: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    annotations: Mapping[str, str] = {}


class ImageSource(Protocol):
    """Where an image comes from: a registry, an engine, an archive, a layout, a directory."""

    @property
    def name(self) -> str:
        """What reports call it: as the user named it."""

    @property
    def kind(self) -> str:
        """`registry`, `engine`, `archive`, `layout` or `rootfs`."""

    def pull(self, analyse: Analyse) -> Pulled:
        """Look at each layer once, in whatever order they come.

        Raises:
            InputError: it can't be had, is no image, or does not have the digest it should have.
        """
