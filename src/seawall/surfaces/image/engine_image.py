"""An image of a Docker Engine, read as the engine sends it: nothing is written to disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, cast

from seawall.surfaces.engine.connection import Engine
from seawall.surfaces.image.blob import Analyse, Pulled
from seawall.surfaces.image.cache import Cache
from seawall.surfaces.image.contents import read_contents
from seawall.surfaces.image.platform import Platform
from seawall.surfaces.image.streamed import StreamedArchive, recall, remember

_CHUNK = 1024 * 1024


class EngineSource:
    """Fulfils `ImageSource` with an image that an engine has.

    `name` is a reference or an identifier, as `docker image inspect` takes it.
    """

    kind = "engine"

    def __init__(
        self,
        name: str,
        platform: Platform | None = None,
        engine: Engine | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.name = name
        self._platform = platform
        self._engine = engine or Engine()
        self._cache = cache

    def pull(self, analyse: Analyse) -> Pulled:
        """Look at each layer once; not at all where the cache knows the image.

        Raises:
            InputError: no engine answers, it has no such image, or what it sends can't be read.
        """
        described = self._engine.image_inspect(self.name)
        identifier = str(described.get("Id") or "")
        key = f"engine\0{identifier}\0{self._platform or ''}" if identifier else ""
        known = recall(self._cache, key, analyse)
        if known is not None:
            return known
        # By its identifier: another image may have taken the name meanwhile.
        pulled = self._read(identifier or self.name, analyse)
        remember(self._cache, key, pulled)
        return pulled

    def _read(self, name: str, analyse: Analyse) -> Pulled:
        reopen = partial(self._stream, name)
        archive = StreamedArchive(self.name, is_trusted=True, reopen=reopen)
        with reopen() as chunks:
            archive.take_in(chunks, analyse)
        return archive.pulled(read_contents(archive, self.name, platform=self._platform))

    @contextmanager
    def _stream(self, name: str) -> Iterator[Iterator[bytes]]:
        with self._engine.save_stream(name, _asked(self._platform)) as response:
            yield _chunks(cast(BinaryIO, response))


def _asked(platform: Platform | None) -> dict[str, str] | None:
    if platform is None:
        return None
    parts = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return {key: value for key, value in parts.items() if value}


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The answer's bytes.

    Raises:
        InputError: it breaks off.
    """
    while True:
        chunk = stream.read(_CHUNK)
        if not chunk:
            return
        yield chunk
