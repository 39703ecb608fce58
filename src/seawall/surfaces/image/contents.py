"""What image an archive or a layout holds: its configuration, and where its layers are.

Two forms are read, wherever the files are: OCI's image layout (image-spec, image-layout.md) and
the `manifest.json` of `docker save`. Archives of today have both; then the layout counts, since
its digests can be verified, and a `manifest.json` that names another image is said.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.core.expression import Expression
from seawall.surfaces.image.config import MAX_CONFIG, ImageConfig, read_config
from seawall.surfaces.image.inflate import hash_for
from seawall.surfaces.image.manifest import (
    MAX_ENTRIES,
    MAX_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    read_manifest,
)
from seawall.surfaces.image.platform import Platform, choose, fits
from seawall.surfaces.image.reference import parse_reference

MAX_SMALL = max(MAX_MANIFEST, MAX_CONFIG)
"""Bytes of the largest file that is read for what it says: a manifest, a configuration."""

INDEX, SAVED, LAYOUT = "index.json", "manifest.json", "oci-layout"

_MAX_DEPTH = 8
_MAX_COMPARED = 64
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_HEX = re.compile(r"(?:sha256:)?([a-f0-9]{64})(?:\.json)?")
_ID = Expression(r"(?:sha256:)?([a-f0-9]{12,64})")


class Files(Protocol):
    """The small files of an archive or a directory, by their paths in it."""

    def read(self, path: str, limit: int) -> bytes | None:
        """The content of a file; None where there is none.

        Raises:
            InputError: it has more bytes than the limit, or can't be read.
        """

    def has(self, path: str) -> bool:
        """Whether there is such a file, of any size."""


class PlannedLayer(Struct, frozen=True):
    """Where a layer is, and what its bytes must be; `size` is -1 where nobody says.

    `is_elsewhere` where the image names a place outside for it, and it is not here.
    """

    path: str
    digest: str = ""
    diff_id: str = ""
    size: int = -1
    is_elsewhere: bool = False


class Contents(Struct, frozen=True):
    """The image that was chosen."""

    config: bytes
    layers: tuple[PlannedLayer, ...]
    digest: str = ""
    index_digest: str = ""
    platform: str = ""
    tags: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class _Leaf(Struct, frozen=True):
    """An image in a layout, and the index below the layout's own that lists it."""

    descriptor: Descriptor
    index_digest: str = ""
    names: tuple[str, ...] = ()


class _Saved(Struct, rename="pascal"):
    """An image in `manifest.json` (moby, image/tarexport)."""

    config: str
    repo_tags: list[str] | None = None
    layers: list[str] | None = None


def read_contents(
    files: Files, name: str, wanted: str = "", platform: Platform | None = None
) -> Contents:
    """Find the image: the one of a name, tag or digest, and for a platform, or the only one.

    Raises:
        InputError: there is no image, none that is wanted, or more than one and none is wanted;
            something is missing, malformed, or has another digest than it should have.
    """
    saved = _saved(files, name)
    index = _index(files, name) if saved is None or files.has(LAYOUT) else None
    if index is not None and index.manifests:
        return _of_layout(files, name, index, (wanted, platform), saved or [])
    if saved:
        return _of_saved(files, name, saved, wanted, platform)
    if files.has("repositories"):
        raise InputError(
            f"{name}: was saved by a Docker before 1.10, whose images have no digests",
            "Load it into a current engine and save it again.",
        )
    raise InputError(
        f"{name}: is no image: it has neither {INDEX} nor {SAVED}, or nothing in them",
        "Name an archive that `docker save` wrote, or an OCI image layout.",
    )


def read_layout(
    files: Files, name: str, wanted: str = "", platform: Platform | None = None
) -> Contents:
    """Find the image in an OCI image layout, as `read_contents` does.

    Raises:
        InputError: as there.
    """
    index = _index(files, name)
    if index is None or not index.manifests:
        raise InputError(f"{name}: is no image layout, or has no image in it: see its {INDEX}")
    return _of_layout(files, name, index, (wanted, platform), [])


def _index(files: Files, name: str) -> Index | None:
    data = files.read(INDEX, MAX_MANIFEST)
    if data is None:
        return None
    document = read_manifest(data, f"{name}: {INDEX}")
    if isinstance(document, Manifest):
        raise InputError(f"{name}: {INDEX} is no index", "Export the image again.")
    return document


def _of_layout(
    files: Files,
    name: str,
    index: Index,
    asked: tuple[str, Platform | None],
    saved: Sequence[_Saved],
) -> Contents:
    wanted, platform = asked
    leaves = _Leaves(files, name)
    leaves.add(_chosen(index.manifests, wanted, name), "", (), 0)
    leaf = leaves.choose(platform)
    manifest = _manifest(files, leaf.descriptor, name)
    config_data = _verified(files, manifest.config, MAX_CONFIG, name)
    config = read_config(config_data, name)
    _check_platform(config, platform, name)
    layers = tuple(_planned(files, manifest.layers, config, name))
    every = [*leaves.found]
    return Contents(
        config_data,
        layers,
        leaf.descriptor.digest,
        leaf.index_digest,
        config.platform,
        _tags(saved, manifest.config.digest) or _familiar(leaf.names),
        tuple(_contradictions(files, name, saved, every)),
    )


def _chosen(entries: Sequence[Descriptor], wanted: str, name: str) -> Sequence[Descriptor]:
    """The entries of a layout's index that are wanted: one image, perhaps for many platforms."""
    if wanted:
        found = [e for e in entries if e.digest == wanted or _is_named(wanted, _names(e))]
        if found:
            return found
        raise _none_named(wanted, [n for e in entries for n in _names(e)[:1]], name)
    images = [entry for entry in entries if not _is_about(entry)] or entries
    names = {_names(entry)[:1] for entry in images}
    if len(names) > 1 and len({entry.digest for entry in images}) > 1:
        raise _several([(*_names(entry), entry.digest) for entry in images], name)
    return images


def _names(entry: Descriptor) -> tuple[str, ...]:
    return tuple(name for key in _NAMES if (name := entry.annotations.get(key)))


def _is_named(wanted: str, names: Iterable[str]) -> bool:
    meant = _full(wanted)
    return any(wanted == name or (meant and meant == _full(name)) for name in names)


def _full(text: str) -> str:
    """A reference with all that is left out of it; empty where it is none."""
    reference = parse_reference(text)
    if reference is None:
        return ""
    tag = reference.tag or ("" if reference.digest else "latest")
    return replace(reference, tag=tag).familiar


def _familiar(names: Iterable[str]) -> tuple[str, ...]:
    """Names as people write them; annotations that hold no more than a tag name nothing."""
    full = (parse_reference(name) for name in names if "/" in name or ":" in name)
    return tuple(dict.fromkeys(reference.familiar for reference in full if reference))


class _Leaves:
    """The images below some entries of an index, however deep."""

    def __init__(self, files: Files, name: str) -> None:
        self.found: list[_Leaf] = []
        self._missing: list[Descriptor] = []
        self._files = files
        self._name = name
        self._seen: set[str] = set()

    def add(
        self, entries: Iterable[Descriptor], index: str, names: tuple[str, ...], depth: int
    ) -> None:
        """Go through entries, nested indexes included; what is not stored here is left out."""
        for entry in entries:
            own = names + _names(entry)
            if entry.digest in self._seen:
                self._rename(entry.digest, own)
            elif not self._files.has(_blob(entry.digest)):
                self._missing.append(entry)
            elif len(self._seen) >= MAX_ENTRIES or depth > _MAX_DEPTH:
                raise InputError(f"{self._name}: its indexes have no end")
            else:
                self._seen.add(entry.digest)
                self._enter(entry, index, own, depth)

    def _enter(self, entry: Descriptor, index: str, names: tuple[str, ...], depth: int) -> None:
        if not entry.is_index:
            self.found.append(_Leaf(entry, index, names))
            return
        document = _document(self._files, entry, self._name)
        if isinstance(document, Manifest):
            raise InputError(
                f"{self._name}: {entry.digest} is no index, though it is listed as one"
            )
        self.add(document.manifests, index or entry.digest, names, depth + 1)

    def _rename(self, digest: str, names: tuple[str, ...]) -> None:
        for place, leaf in enumerate(self.found):
            if leaf.descriptor.digest == digest:
                self.found[place] = replace(leaf, names=leaf.names + names)

    def choose(self, platform: Platform | None) -> _Leaf:
        """The one for a platform.

        Raises:
            InputError: there is none.
        """
        if not self.found and self._missing:
            digest = self._missing[0].digest
            raise InputError(
                f"{self._name}: lacks {digest}, which it lists", "Export the image again, whole."
            )
        told = [self._with_platform(leaf) for leaf in self.found]
        chosen = choose([leaf.descriptor for leaf in told], platform, self._name)
        return next(leaf for leaf in told if leaf.descriptor is chosen)

    def _with_platform(self, leaf: _Leaf) -> _Leaf:
        """Where the index does not say what an image is for, its configuration does."""
        alone = len(self.found) == 1 or len(self.found) > _MAX_COMPARED
        if alone or leaf.descriptor.platform is not None or _is_about(leaf.descriptor):
            return leaf
        try:
            manifest = _manifest(self._files, leaf.descriptor, self._name)
            config = read_config(
                _verified(self._files, manifest.config, MAX_CONFIG, self._name), self._name
            )
        except InputError:
            return leaf  # it is said when it is chosen
        platform = Platform(config.os, config.architecture, config.variant)
        return replace(leaf, descriptor=replace(leaf.descriptor, platform=platform))


def _is_about(entry: Descriptor) -> bool:
    return bool(entry.artifact_type or entry.annotations.get("vnd.docker.reference.type"))


def _document(files: Files, entry: Descriptor, name: str) -> Manifest | Index:
    return read_manifest(_verified(files, entry, MAX_MANIFEST, name), f"{name}: {entry.digest}")


def _manifest(files: Files, entry: Descriptor, name: str) -> Manifest:
    document = _document(files, entry, name)
    if isinstance(document, Index):
        raise InputError(f"{name}: {entry.digest} is an index, though it is listed as an image")
    return document


def _blob(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"


def _verified(files: Files, entry: Descriptor, limit: int, name: str) -> bytes:
    """A blob's bytes, with the size and digest that its descriptor says.

    Raises:
        InputError: it is missing, too large, or another one.
    """
    data = files.read(_blob(entry.digest), limit)
    if data is None:
        raise InputError(f"{name}: lacks {entry.digest}", "Export the image again, whole.")
    _, digest = hash_for(entry.digest)
    digest.update(data)
    if len(data) != entry.size or digest.hexdigest() != entry.digest.partition(":")[2]:
        raise _tampered(name, entry.digest)
    return data


def _planned(
    files: Files, layers: Sequence[Descriptor], config: ImageConfig, name: str
) -> Iterator[PlannedLayer]:
    diff_ids = _diff_ids(config, len(layers), name)
    for layer, diff_id in zip(layers, diff_ids, strict=True):
        path = _blob(layer.digest)
        is_here = files.has(path)
        if not is_here and not layer.urls:
            raise InputError(f"{name}: lacks the layer {layer.digest}", "Export it again, whole.")
        yield PlannedLayer(path, layer.digest, diff_id, layer.size, not is_here)


def _diff_ids(config: ImageConfig, count: int, name: str) -> Sequence[str]:
    if len(config.diff_ids) != count:
        raise InputError(
            f"{name}: the image has {count} layers, and its configuration tells of "
            f"{len(config.diff_ids)}",
            "Build or export it again: no engine takes it as it is.",
        )
    return config.diff_ids


def _check_platform(config: ImageConfig, wanted: Platform | None, name: str) -> None:
    own = Platform(config.os, config.architecture, config.variant)
    if wanted is not None and config.architecture and not fits(own, wanted):
        raise InputError(
            f"{name}: is for {own}, not for {wanted}", "Leave out --platform, or name this one."
        )


def _saved(files: Files, name: str) -> list[_Saved] | None:
    data = files.read(SAVED, MAX_MANIFEST)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=list[_Saved])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{name}: {SAVED} can't be understood: {error}", "Save the image again."
        ) from error


def _of_saved(
    files: Files, name: str, saved: Sequence[_Saved], wanted: str, platform: Platform | None
) -> Contents:
    image = _wanted_of(saved, wanted, name)
    data = files.read(posixpath.normpath(image.config), MAX_CONFIG)
    if data is None:
        raise InputError(f"{name}: lacks the configuration {image.config}", "Save the image again.")
    _check_name(image.config, data, name)
    config = read_config(data, name)
    _check_platform(config, platform, name)
    paths = [posixpath.normpath(path) for path in image.layers or ()]
    diff_ids = _diff_ids(config, len(paths), name)
    for path in paths:
        if not files.has(path):
            raise InputError(f"{name}: lacks the layer {path}", "Save the image again, whole.")
    return Contents(
        data,
        tuple(PlannedLayer(p, diff_id=d) for p, d in zip(paths, diff_ids, strict=True)),
        platform=config.platform,
        tags=tuple(image.repo_tags or ()),
    )


def _wanted_of(saved: Sequence[_Saved], wanted: str, name: str) -> _Saved:
    if wanted:
        for image in saved:
            if _is_named(wanted, image.repo_tags or ()) or _is_id(wanted, image.config):
                return image
        raise _none_named(wanted, [tag for image in saved for tag in image.repo_tags or ()], name)
    if len({image.config for image in saved}) > 1:
        raise _several([image.repo_tags or (image.config,) for image in saved], name)
    return saved[0]


def _is_id(wanted: str, config: str) -> bool:
    given, own = _ID.fullmatch(wanted), _config_digest(config)
    return bool(given and own and own.startswith(given[1]))


def _config_digest(path: str) -> str:
    match = _HEX.fullmatch(posixpath.basename(path))
    return match[1] if match else ""


def _check_name(path: str, data: bytes, name: str) -> None:
    """Configurations are named by what they hash to; old builders give them other names."""
    expected = _config_digest(path)
    _, digest = hash_for("")
    digest.update(data)
    if expected and digest.hexdigest() != expected:
        raise _tampered(name, path)


def _tags(saved: Iterable[_Saved], config: str) -> tuple[str, ...]:
    digest = config.partition(":")[2]
    return tuple(
        tag
        for image in saved
        if _config_digest(image.config) == digest
        for tag in image.repo_tags or ()
    )


def _contradictions(
    files: Files, name: str, saved: Sequence[_Saved], leaves: Sequence[_Leaf]
) -> Iterator[str]:
    """Engines that read `manifest.json` must not load what those that read the index don't."""
    if not saved or len(leaves) > _MAX_COMPARED:
        return
    configs = set()
    for leaf in leaves:
        try:
            configs.add(_manifest(files, leaf.descriptor, name).config.digest.partition(":")[2])
        except InputError:
            continue  # no image: an attestation
    for image in saved:
        if _config_digest(image.config) not in configs:
            yield f"{SAVED} names an image that {INDEX} does not: which one runs is uncertain"
            return


def _tampered(name: str, what: str) -> InputError:
    return InputError(
        f"{name}: {what} has not the digest that it should have",
        "Pull or export the image again; if it stays so, someone may have tampered with it.",
    )


def _none_named(wanted: str, there: Sequence[str], name: str) -> InputError:
    listed = ", ".join(sorted(set(there))[:20]) or "images without a name"
    return InputError(f"{name}: has no image {wanted}, but {listed}", "Name one of those.")


def _several(names: Iterable[Iterable[str]], name: str) -> InputError:
    listed = ", ".join(sorted({next(iter(each), "?") for each in names})[:20])
    return InputError(f"{name}: holds several images: {listed}", "Say which one is meant.")
