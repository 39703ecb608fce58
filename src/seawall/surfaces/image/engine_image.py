"""An image of a Docker Engine, read as the engine sends it: nothing is written to disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from typing import Any, BinaryIO, cast

from msgspec.structs import replace

from seawall.core.errors import InputError
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
            return _tagged(known, described)
        # By its identifier: another image may have taken the name meanwhile.
        pulled = self._read(identifier or self.name, analyse)
        remember(self._cache, key, pulled)
        return _tagged(pulled, described)

    def _read(self, name: str, analyse: Analyse) -> Pulled:
        reopen = partial(self._stream, name)
        archive = StreamedArchive(self.name, is_trusted=True, reopen=reopen)
        with reopen() as chunks:
            archive.take_in(chunks, analyse)
        return archive.pulled(read_contents(archive, self.name, platform=self._platform))

    @contextmanager
    def _stream(self, name: str) -> Iterator[Iterator[bytes]]:
        with self._engine.save_stream(name, _asked(self._platform)) as response:
            yield _Chunks(cast(BinaryIO, response))


def _tagged(pulled: Pulled, described: Mapping[str, Any]) -> Pulled:
    """With the names that the image has now, whatever it was asked for by."""
    tags = described.get("RepoTags")
    return replace(pulled, tags=tuple(sorted(map(str, tags)))) if tags is not None else pulled


def _asked(platform: Platform | None) -> dict[str, str] | None:
    if platform is None:
        return None
    parts = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return {key: value for key, value in parts.items() if value}


class _Chunks:
    """The answer's bytes. Where it broke off it stays broken, for whoever reads on to the end.

    Raises:
        InputError: it breaks off.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._failure: InputError | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            chunk = self._stream.read(_CHUNK)
        except (OSError, HTTPException) as error:
            reason = getattr(error, "strerror", None) or "it ends before it should"
            message = f"the engine's answer breaks off: {reason}"
            self._failure = InputError(message, "See whether the engine still runs.")
            raise self._failure from error
        if not chunk:
            raise StopIteration
        return chunk
