"""An image in a registry: its manifest for a platform, and its layers, streamed as they are read.

Nothing is written to disk. Two layers are read at a time at most; what the cache knows is not
fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.surfaces.image.blob import Analyse, LayerFacts, Pulled
from seawall.surfaces.image.config import MAX_CONFIG, ImageConfig, read_config
from seawall.surfaces.image.facts import Trouble
from seawall.surfaces.image.manifest import Descriptor, Index, Manifest, read_manifest
from seawall.surfaces.image.platform import Platform, choose, parse_platform
from seawall.surfaces.image.reference import Reference
from seawall.surfaces.registry.client import Fetched, RegistryClient
from seawall.surfaces.registry.download import StoppedError
from seawall.surfaces.registry.options import RegistryOptions

_PARALLEL = 2
_MAX_DEPTH = 4
"""Indexes within indexes; two are seen in practice."""


class _RemoteBlob(Struct, frozen=True):
    """A layer in a registry."""

    client: RegistryClient
    repository: Reference
    descriptor: Descriptor
    diff_id: str

    @property
    def digest(self) -> str:
        """As the manifest says."""
        return self.descriptor.digest

    @property
    def size(self) -> int:
        """As the manifest says."""
        return self.descriptor.size

    def mapped(self) -> memoryview | None:
        """Never: it is not on this machine."""
        return None

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The stored bytes, exactly `size` of them; resumed where the connection breaks."""
        return self.client.blob(self.repository, self.descriptor)


class _Found(Struct, frozen=True):
    """The manifest of the platform, and how it was come by."""

    manifest: Manifest
    digest: str
    index_digest: str
    problems: tuple[str, ...]


class RegistrySource:
    """Fulfils `ImageSource` with an image of a registry.

    `reference` is by tag (`latest` where there is none), by digest, or both: then the digest
    counts. A `platform` of None means this machine's.
    """

    kind = "registry"

    def __init__(
        self,
        reference: Reference,
        platform: Platform | None = None,
        options: RegistryOptions | None = None,
    ) -> None:
        self._reference = reference
        self._platform = platform
        self._options = options or RegistryOptions()

    @property
    def name(self) -> str:
        """The reference, with the tag that is meant where none is written."""
        if self._reference.tag or self._reference.digest:
            return self._reference.familiar
        return f"{self._reference.familiar}:latest"

    def pull(self, analyse: Analyse) -> Pulled:
        """Look at each layer once, two at a time.

        Raises:
            InputError: it can't be had, is no image, has none for the platform, or does not have
                the digest that it should have.
        """
        with RegistryClient(self._options) as client:
            found = self._find(client)
            data = client.read_blob(self._reference, found.manifest.config, MAX_CONFIG)
            config = read_config(data, self.name)
            self._check_platform(found, config)
            diff_ids = config.diff_ids
            problems = [*found.problems, *_unequal(found.manifest, diff_ids)]
            layers = self._look(client, found.manifest, diff_ids, analyse, problems)
        return Pulled(
            config=data,
            layers=layers,
            digest=found.digest,
            index_digest=found.index_digest,
            platform=config.platform,
            problems=tuple(problems),
            annotations=found.manifest.annotations,
        )

    def _find(self, client: RegistryClient) -> _Found:
        fetched = client.manifest(self._reference)
        index_digest, problems = "", list(fetched.problems)
        for _ in range(_MAX_DEPTH):
            document = read_manifest(fetched.data, self.name)
            if isinstance(document, Manifest):
                return _Found(document, fetched.digest, index_digest, tuple(problems))
            index_digest = index_digest or fetched.digest
            fetched = self._chosen(client, document)
        raise InputError(f"{self.name}: has indexes within indexes without an end")

    def _chosen(self, client: RegistryClient, index: Index) -> Fetched:
        entry = choose(index.manifests, self._platform, self.name)
        fetched = client.manifest(replace(self._reference, digest=entry.digest))
        if len(fetched.data) != entry.size:
            raise InputError(
                f"{self.name}: {entry.digest} has {len(fetched.data)} bytes,"
                f" but the index says {entry.size}"
            )
        return fetched

    def _check_platform(self, found: _Found, config: ImageConfig) -> None:
        """An image without an index has only its configuration to say what it is for."""
        if self._platform is None or found.index_digest or not config.platform:
            return
        described = replace(found.manifest.config, platform=parse_platform(config.platform))
        choose([described], self._platform, self.name)

    def _look(
        self,
        client: RegistryClient,
        manifest: Manifest,
        diff_ids: Sequence[str],
        analyse: Analyse,
        problems: list[str],
    ) -> tuple[LayerFacts, ...]:
        blobs: dict[str, _RemoteBlob] = {}
        for place, layer in enumerate(manifest.layers):
            diff_id = diff_ids[place] if place < len(diff_ids) else ""
            blob = _RemoteBlob(client, self._reference, layer, diff_id)
            if layer.urls and not client.has_blob(self._reference, layer.digest):
                problems.append(_elsewhere(layer))
            else:
                blobs.setdefault(layer.digest, blob)
        facts = _in_parallel(blobs, analyse, client.close)
        return tuple(facts.get(layer.digest) or _unseen(layer) for layer in manifest.layers)


def _in_parallel(
    blobs: Mapping[str, _RemoteBlob], analyse: Analyse, stop: Callable[[], None]
) -> dict[str, LayerFacts]:
    """The facts by digest; the first failure ends all downloads."""
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="layer") as pool:
        futures = {digest: pool.submit(analyse, blob) for digest, blob in blobs.items()}
        try:
            wait(futures.values(), return_when=FIRST_EXCEPTION)
            _raise_first(futures.values())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop()
            raise
    return {digest: _same(future.result(), digest) for digest, future in futures.items()}


def _raise_first(futures: Iterable[Future[LayerFacts]]) -> None:
    """Raise what failed, not what was stopped for it."""
    failures = [f.exception() for f in futures if f.done() and f.exception() is not None]
    for failure in sorted(failures, key=lambda error: isinstance(error, StoppedError)):
        if failure is not None:
            raise failure


def _same(facts: LayerFacts, digest: str) -> LayerFacts:
    if facts.digest and facts.digest != digest:
        raise InputError(f"the layer {digest} has other bytes: {facts.digest}")
    return facts


def _unequal(manifest: Manifest, diff_ids: Sequence[str]) -> list[str]:
    if len(diff_ids) == len(manifest.layers):
        return []
    return [f"the manifest has {len(manifest.layers)} layers, the configuration {len(diff_ids)}"]


def _elsewhere(layer: Descriptor) -> str:
    return (
        f"the layer {layer.digest} is not in the registry, and the hosts that the manifest names"
        " for it are not asked"
    )


def _unseen(layer: Descriptor) -> LayerFacts:
    trouble = Trouble("", "the layer is not in the registry", is_fatal=True)
    return LayerFacts(layer.digest, "", layer.size, 0, (trouble,))
