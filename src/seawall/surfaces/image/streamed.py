"""An archive that comes as a stream: each layer is looked at as it passes, and nothing is written.

Which layers make up the image is known only when all has gone by, since the manifest may be the
last; the facts wait for it, and so do small files.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import BinaryIO, cast

from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.surfaces.image.blob import Analyse, LayerFacts, Pulled
from seawall.surfaces.image.cache import Cache, Recalled
from seawall.surfaces.image.contents import MAX_SMALL, Contents, PlannedLayer
from seawall.surfaces.image.facts import Kind, Trouble
from seawall.surfaces.image.local import KnownBlob, NotKnownError
from seawall.surfaces.image.members import link_target, looks_like_layer, members, resolved
from seawall.surfaces.image.tar import BLOCK, Member
from seawall.surfaces.image.window import Streamed, Window

MAX_KEPT = 64 * 1024 * 1024
"""Bytes of small files that are kept until it is known which of them matter."""

_BLOBS = "blobs/sha256/"


Reopen = Callable[[], AbstractContextManager[Iterator[bytes]]]
"""Begins the stream of an archive anew; its bytes must be the same."""


class StreamBlob:
    """A layer that is read as it passes; `again` opens it once more, where that can be done."""

    diff_id = ""

    def __init__(
        self,
        stream: BinaryIO,
        digest: str = "",
        size: int = -1,
        again: Callable[[], AbstractContextManager[BinaryIO]] | None = None,
    ) -> None:
        self.digest = digest
        self.size = size
        self._stream: BinaryIO | None = stream
        self._again = again

    def mapped(self) -> memoryview | None:
        """Never."""
        return None

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The stored bytes.

        Raises:
            InputError: they have gone by.
        """
        stream, self._stream = self._stream, None
        if stream is not None:
            return nullcontext(stream)
        if self._again is None:
            raise InputError("the stream has gone by, and can't be read again")
        return self._again()


class StreamedArchive:
    """What passed by; fulfils `Files` afterwards.

    Where it `is_trusted`, blobs are believed to have the digests by which they are named, so that
    those which the cache knows are not looked at again: an engine's, not those of a file.
    `reopen` is for layers with hard links to what has long gone by; a pipe has none.
    """

    def __init__(self, name: str, *, is_trusted: bool, reopen: Reopen | None = None) -> None:
        self.problems: list[str] = []
        self._name = name
        self._is_trusted = is_trusted
        self._reopen = reopen
        self._kept = 0
        self._files: dict[str, bytes | LayerFacts | None] = {}
        self._links: dict[str, str] = {}

    def take_in(self, chunks: Iterator[bytes], analyse: Analyse) -> None:
        """Read the archive to its end.

        Raises:
            InputError: it can't be read, is no archive, or damaged.
        """
        window = Streamed(chunks)
        for path, member in members(window, self._name, self.problems):
            # A later member of the same path takes the place of the earlier.
            replaced = self._files.pop(path, None)
            self._kept -= len(replaced) if isinstance(replaced, bytes) else 0
            self._links.pop(path, None)
            if member.kind is Kind.FILE:
                self._files[path] = self._taken(window, path, member, analyse)
            else:
                self._links[path] = link_target(path, member)

    def _taken(
        self, window: Window, path: str, member: Member, analyse: Analyse
    ) -> bytes | LayerFacts | None:
        """The facts of a layer, the content of a small file, and nothing of others."""
        stream = _MemberStream(window, member)
        if looks_like_layer(stream.peek(BLOCK)):
            digest = ""
            if self._is_trusted and path.startswith(_BLOBS):
                digest = f"sha256:{path.removeprefix(_BLOBS)}"
            again = partial(self._again, path) if self._reopen is not None else None
            return analyse(StreamBlob(cast(BinaryIO, stream), digest, member.stored, again))
        if member.stored > MAX_SMALL or self._kept + member.stored > MAX_KEPT:
            return None
        self._kept += member.stored
        return stream.readall()

    @contextmanager
    def _again(self, path: str) -> Iterator[BinaryIO]:
        """A layer from the archive's beginning once more."""
        assert self._reopen is not None, "only given where it is"  # noqa: S101 -- for the types
        with self._reopen() as chunks:
            window = Streamed(chunks)
            for found, member in members(window, self._name, []):
                if found == path and member.kind is Kind.FILE:
                    yield cast(BinaryIO, _MemberStream(window, member))
                    return
        raise InputError(f"{self._name}: {path} is no longer there")

    def has(self, path: str) -> bool:
        """Whether there was such a file."""
        return self._end(path) in self._files

    def read(self, path: str, limit: int) -> bytes | None:
        """A small file.

        Raises:
            InputError: it is too large, or a layer where something else should be.
        """
        end = self._end(path)
        if end not in self._files:
            return None
        data = self._files[end]
        if not isinstance(data, bytes) or len(data) > limit:
            raise InputError(f"{self._name}: {path} is no file of at most {limit} bytes")
        return data

    def pulled(self, contents: Contents) -> Pulled:
        """The image with the facts of its layers.

        Raises:
            InputError: a layer has not the digest that it should have.
        """
        layers = tuple(map(self._facts, contents.layers))
        return pulled_of(contents, layers, self.problems)

    def _facts(self, layer: PlannedLayer) -> LayerFacts:
        if layer.is_elsewhere:
            return unseen(layer, "the image names a place outside for it")
        facts = self._files.get(self._end(layer.path))
        if not isinstance(facts, LayerFacts):
            return unseen(layer, "what stands in its place is no layer")
        for named, computed in ((layer.digest, facts.digest), (layer.diff_id, facts.diff_id)):
            if named and computed and named != computed:
                raise InputError(
                    f"{self._name}: a layer has the digest {computed} instead of {named}",
                    "Export it again; if it stays so, someone may have tampered with it.",
                )
        return facts

    def _end(self, path: str) -> str:
        return resolved(path, self._links, self._files)


class _MemberStream(io.RawIOBase):
    """The content of a member, read from the window on which the archive is walked."""

    def __init__(self, window: Window, member: Member) -> None:
        super().__init__()
        self._window = window
        self._position = member.offset
        self._end = member.offset + member.stored

    def readable(self) -> bool:
        return True

    def peek(self, count: int) -> bytes:
        """The next bytes, which are read again; fewer where there are no more."""
        count = min(count, self._end - self._position)
        if count and not self._window.reach(self._position, count):
            raise InputError("the archive ends in the middle of a layer")
        at = self._position - self._window.start
        return bytes(self._window.view[at : at + count])

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]
        piece = self.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; fewer where the window has no more at hand."""
        left = self._end - self._position
        if left <= 0 or size == 0:
            return b""
        window = self._window
        if self._position >= window.end and not window.reach(self._position, 1):
            raise InputError("the archive ends in the middle of a layer")
        at = self._position - window.start
        piece = bytes(window.view[at : at + (min(left, size) if size > 0 else left)])
        self._position += len(piece)
        return piece

    def readall(self) -> bytes:
        """All that is left."""
        pieces = []
        while piece := self.read():
            pieces.append(piece)
        return b"".join(pieces)


def unseen(layer: PlannedLayer, reason: str) -> LayerFacts:
    """What is known of a layer that can't be looked at: that it could not."""
    trouble = Trouble("", f"the layer can't be looked at: {reason}", is_fatal=True)
    return LayerFacts(layer.digest, "", max(layer.size, 0), 0, (trouble,))


def pulled_of(
    contents: Contents, layers: tuple[LayerFacts, ...], problems: list[str] | None = None
) -> Pulled:
    """An image of which all has been read."""
    return Pulled(
        contents.config,
        layers,
        contents.digest,
        contents.index_digest,
        contents.platform,
        contents.tags,
        (*contents.problems, *(problems or ())),
    )


def recall(cache: Cache | None, key: str, analyse: Analyse) -> Pulled | None:
    """An image that was read before under the same key, if all its layers are in the cache."""
    known = cache.image(key) if cache is not None and key else None
    if known is None:
        return None
    try:
        layers = tuple(analyse(KnownBlob("", diff_id)) for _, diff_id in known.layers)
    except NotKnownError:
        return None
    layers = tuple(
        replace(facts, digest=digest)
        for facts, (digest, _) in zip(layers, known.layers, strict=True)
    )
    return Pulled(
        known.config,
        layers,
        known.digest,
        known.index_digest,
        known.platform,
        known.tags,
        known.problems,
    )


def remember(cache: Cache | None, key: str, pulled: Pulled) -> None:
    """Keep what an image is made of, if all of it was read and its digests are certain."""
    layers = tuple((layer.digest, layer.diff_id) for layer in pulled.layers)
    if cache is None or not key or not all(diff_id for _, diff_id in layers):
        return
    cache.keep_image(
        key,
        Recalled(
            pulled.config,
            layers,
            pulled.digest,
            pulled.index_digest,
            pulled.platform,
            pulled.tags,
            pulled.problems,
        ),
    )
