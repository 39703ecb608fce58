"""Layers' facts, kept by what the layers hold: nothing is looked at twice.

An entry is named by the layer's digest, the analysers with their versions, and the format of the
cache; it is MessagePack, compressed with zstd with its checksum. Entries are written beside and
put in place in one step, so that any number of runs may share a cache. One that is damaged, or
that somebody else could have written, counts as none.

What may be found under a digest alone is what can't be had under that digest with another
content: blobs of a registry or an engine. A local file is believed to have the digest that it is
said to have only after it was read, and as long as it is the same file, unchanged (its stamp).
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from seawall.surfaces.image.analyser import Analyser
from seawall.surfaces.image.blob import Analyse, Blob, LayerFacts
from seawall.surfaces.image.entries import DAMAGED, S, decoded, encoded, is_ours, read_ours, write
from seawall.surfaces.image.facts import Trouble
from seawall.surfaces.image.inflate import compression, digest_of
from seawall.surfaces.image.local import LocalBlob

FORMAT = 1
"""Goes up with each change of the facts' shape or meaning."""

MAX_CACHE = 1024**3
"""Bytes that the entries may take; those unused for longest go first."""

_MAX_ENTRY = 64 * 1024 * 1024
_STALE = 3600.0
_KEY_BYTES = 32
_PROCESS_KEY = os.urandom(_KEY_BYTES)
_ENTRIES, _KEY = "entries", "key"


class Recalled(Struct, frozen=True):
    """What an image was found to be made of, so that it need not be read to know its layers.

    `layers` are pairs of digest and diff_id; either may be empty.
    """

    config: bytes
    layers: tuple[tuple[str, str], ...]
    digest: str = ""
    index_digest: str = ""
    platform: str = ""
    tags: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class _Digests(Struct, frozen=True):
    """What bytes were found to hash to, stored and uncompressed."""

    digest: str
    diff_id: str


class Cache:
    """A directory of entries, which must be ours alone; else nothing is kept, and nothing found.

    `directory` is empty where there is none to be had. All methods are safe beside other runs
    and threads, and none raises anything: what can't be kept is not.
    """

    def __init__(self, directory: str | None = None, limit: int = MAX_CACHE) -> None:
        directory = default_directory() if directory is None else directory
        self.directory = directory if directory and _make_ours(directory) else ""
        self._limit = limit
        self._pruned = False

    def layer(self, identity: str, name: str) -> LayerFacts | None:
        """The facts that analysers of an identity found in the layer of a name."""
        return self._load(f"layer\0{identity}\0{name}", LayerFacts)

    def keep_layer(self, identity: str, name: str, facts: LayerFacts) -> None:
        """Keep the facts of a layer."""
        self._store(f"layer\0{identity}\0{name}", facts)

    def digests(self, name: str) -> tuple[str, str]:
        """The digest and diff_id of bytes that were read before under a name; empty if unknown."""
        found = self._load(f"digests\0{name}", _Digests)
        return (found.digest, found.diff_id) if found else ("", "")

    def keep_digests(self, name: str, digest: str, diff_id: str) -> None:
        """Keep what the bytes of a name were found to hash to."""
        self._store(f"digests\0{name}", _Digests(digest, diff_id))

    def image(self, name: str) -> Recalled | None:
        """What an image is made of."""
        return self._load(f"image\0{name}", Recalled)

    def keep_image(self, name: str, image: Recalled) -> None:
        """Keep what an image is made of."""
        self._store(f"image\0{name}", image)

    def _path(self, key: str) -> str:
        text = f"{FORMAT}\0{key}".encode("utf-8", "surrogateescape")
        return os.path.join(self.directory, _ENTRIES, hashlib.sha256(text).hexdigest())

    def _load(self, key: str, kind: type[S]) -> S | None:
        if not self.directory:
            return None
        path = self._path(key)
        try:
            found = decoded(read_ours(path, _MAX_ENTRY), kind)
        except DAMAGED:
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def _store(self, key: str, value: Struct) -> None:
        if not self.directory:
            return
        data = encoded(value)
        if data is None or len(data) > _MAX_ENTRY:
            return
        with suppress(OSError):
            os.makedirs(os.path.join(self.directory, _ENTRIES), 0o700, exist_ok=True)
            write(self._path(key), data)
        if not self._pruned:
            self._pruned = True
            self.prune()

    def prune(self) -> None:
        """Take away what has not been used for longest, and drafts that nobody finished."""
        if not self.directory:
            return
        entries: list[tuple[float, int, str]] = []
        now = time.time()
        with suppress(OSError), os.scandir(os.path.join(self.directory, _ENTRIES)) as listing:
            for entry in listing:
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if not entry.name.startswith("."):
                        entries.append((status.st_mtime, status.st_size, entry.path))
                    elif now - status.st_mtime > _STALE:
                        os.unlink(entry.path)
        _shrink(entries, self._limit)


def _shrink(entries: list[tuple[float, int, str]], limit: int) -> None:
    total = sum(size for _, size, _ in entries)
    # A tenth of room, so that the next run does not have to do it again.
    target = total if total <= limit else limit * 9 // 10
    for _, size, path in sorted(entries):
        if total <= target:
            return
        with suppress(OSError):
            os.unlink(path)
        total -= size


def cached(analyse: Analyse, cache: Cache, analysers: Sequence[Analyser]) -> Analyse:
    """`analyse`, asked only for what the cache does not have.

    Facts are kept under the digests that were computed in reading, and those that were computed
    of nothing (digests were not verified) only under the stamp of the file. What kept a layer
    from being read whole is found anew each time.

    The result raises what `analyse` raises.
    """
    identity = identity_of(analysers, installation_key(cache.directory))

    def from_cache(blob: Blob) -> LayerFacts:
        facts = _found(blob, cache, identity)
        if facts is None:
            facts = analyse(blob)
            _keep(blob, cache, identity, facts)
        return facts

    return from_cache


def identity_of(analysers: Sequence[Analyser], key: bytes) -> str:
    """What results depend on beside the layer: the analysers, and what value ids are made with."""
    names = sorted(f"{analyser.name}:{analyser.version}" for analyser in analysers)
    return "\0".join((*names, hashlib.sha256(b"identity" + key).hexdigest()))


def _found(blob: Blob, cache: Cache, identity: str) -> LayerFacts | None:
    """The facts of a layer whose bytes are certain to be those that they were found in."""
    diff_id = _diff_id(blob, cache)
    facts = cache.layer(identity, diff_id) if diff_id else None
    if facts is None and isinstance(blob, LocalBlob) and blob.stamp:
        facts = cache.layer(identity, f"stamp {blob.stamp}")
    if facts is None or (blob.diff_id and facts.diff_id and facts.diff_id != blob.diff_id):
        return None
    # The same files may have been met under another compression.
    if facts.digest and blob.digest not in ("", facts.digest):
        return replace(facts, digest=blob.digest)
    return facts


def _diff_id(blob: Blob, cache: Cache) -> str:
    """The diff_id that a blob is certain to have; empty where that is not known."""
    if isinstance(blob, LocalBlob):
        return (blob.stamp and cache.digests(blob.stamp)[1]) or _hashed(blob, cache)
    return cache.digests(blob.digest)[1] if blob.digest else blob.diff_id


def _hashed(blob: LocalBlob, cache: Cache) -> str:
    """The diff_id of a file that proves to have a digest which is known; empty for others.

    Hashing costs less than looking, but is only worth its while where that digest is known.
    """
    is_plain = not compression(bytes(blob.mapped()[:6]))
    named = blob.digest or (blob.diff_id if is_plain else "")
    known = cache.digests(named) if named else ("", "")
    if not known[1] or digest_of(blob.mapped(), named) != named:
        return ""
    if blob.stamp:
        cache.keep_digests(blob.stamp, *known)
    return known[1]


def _keep(blob: Blob, cache: Cache, identity: str, facts: LayerFacts) -> None:
    if any(type(fact) is Trouble and fact.is_fatal for fact in facts.facts):
        return
    stamp = blob.stamp if isinstance(blob, LocalBlob) else ""
    if facts.digest and facts.diff_id:
        cache.keep_layer(identity, facts.diff_id, facts)
        for name in {facts.digest, facts.diff_id, stamp} - {""}:
            digest = facts.diff_id if name == facts.diff_id else facts.digest
            cache.keep_digests(name, digest, facts.diff_id)
    elif stamp:
        cache.keep_layer(identity, f"stamp {stamp}", facts)


def default_directory() -> str:
    """`SEAWALL_CACHE_DIR`, or `seawall` in the user's directory of caches (XDG); empty if none."""
    chosen = os.environ.get("SEAWALL_CACHE_DIR", "")
    if chosen:
        return os.path.abspath(chosen)
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # relative ones are to be ignored, says the specification
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "seawall") if os.path.isabs(base) else ""


def installation_key(directory: str) -> bytes:
    """32 random bytes of a cache directory's own, for what must mean nothing elsewhere.

    Where none can be kept, they are this process's.
    """
    if not directory:
        return _PROCESS_KEY
    path = os.path.join(directory, _KEY)
    key = _kept_key(path)
    if not key:
        with suppress(OSError):
            os.unlink(path)  # others could read it, or it is damaged
        with suppress(OSError):
            write(path, _PROCESS_KEY, only_new=True)
        key = _kept_key(path)
    return key or _PROCESS_KEY


def _kept_key(path: str) -> bytes:
    with suppress(OSError):
        key = read_ours(path, _KEY_BYTES, 0o077)
        if len(key) == _KEY_BYTES:
            return key
    return b""


def _make_ours(directory: str) -> bool:
    """Make a directory where there is none; whether it is ours, and nobody else may write to it."""
    try:
        os.makedirs(os.path.dirname(directory), 0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(directory, 0o700)
        status = os.stat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and is_ours(status, 0o022)
