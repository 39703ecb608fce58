"""Manifests and indexes of images, as OCI and Docker write them; what is no image is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from seawall.core.errors import InputError
from seawall.core.expression import Expression
from seawall.surfaces.image.platform import Platform

MAX_MANIFEST = 4 * 1024 * 1024
"""Bytes of a manifest or an index: the least that registries must take, the most that they do."""

MAX_ENTRIES = 4096
"""The most layers of a manifest, or manifests of an index; engines run images of up to 127."""

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFEST_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)
"""What a client asks a registry for, the best first."""

DIGEST = Expression(r"(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})")
"""The digests of OCI's registered algorithms (image-spec, descriptor.md); safe as a file name."""

# The last three stand in manifests of old registries, and engines pull them.
_CONFIG_TYPES = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",
        "text/html",
        "",
    }
)
_LAYER_TYPES = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
_NOTHING = msgspec.Raw(b"")
_NESTED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Descriptor(Struct, frozen=True):
    """What names a blob: its type, digest (`sha256:…`) and size in bytes.

    `platform` is said in an index, where it is known. `urls` are places outside of the registry
    for layers that may not be handed on.
    """

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = {}
    urls: tuple[str, ...] = ()
    artifact_type: str = ""

    @property
    def is_index(self) -> bool:
        """Whether it names an index rather than a manifest."""
        return self.media_type in INDEX_TYPES


class Manifest(Struct, frozen=True):
    """One image: its configuration and its layers, the lowest first."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = {}


class Index(Struct, frozen=True):
    """Several images under one name: one for each platform, or for each name in a layout."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = {}


class _Platform(Struct):
    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = msgspec.field(default="", name="os.version")


class _Descriptor(Struct, rename={"media_type": "mediaType", "artifact_type": "artifactType"}):
    digest: str
    size: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    media_type: str = ""
    platform: _Platform | None = None
    annotations: dict[str, str] | None = None
    urls: list[str] | None = None
    artifact_type: str = ""


class _Document(
    Struct,
    rename={
        "schema_version": "schemaVersion",
        "media_type": "mediaType",
        "artifact_type": "artifactType",
        "fs_layers": "fsLayers",
    },
):
    schema_version: int = 0
    media_type: str = ""
    artifact_type: str = ""
    config: _Descriptor | None = None
    layers: list[_Descriptor] | None = None
    manifests: list[_Descriptor] | None = None
    blobs: msgspec.Raw = _NOTHING
    fs_layers: msgspec.Raw = _NOTHING
    annotations: dict[str, str] | None = None


def read_manifest(data: bytes, name: str) -> Manifest | Index:
    """Read what a registry, a layout or an archive keeps as a manifest.

    Raises:
        InputError: it is too large, no JSON, malformed, of Docker's first schema, says of itself
            that it is both index and manifest, or belongs to no image (a signature, an SBOM, a
            chart).
    """
    if len(data) > MAX_MANIFEST:
        raise InputError(f"{name}: the manifest has more than {MAX_MANIFEST} bytes")
    try:
        document = msgspec.json.decode(data, type=_Document)
    except _NESTED as error:
        raise _malformed(name, str(error)) from error
    _refuse_old(document, name)
    _refuse_ambiguous(document, name)
    if document.manifests is not None:
        return _index(document, document.manifests, name)
    return _manifest(document, name)


def _refuse_old(document: _Document, name: str) -> None:
    old = ".v1+" in document.media_type and "docker.distribution.manifest" in document.media_type
    if document.schema_version == 1 or bytes(document.fs_layers) or old:
        raise InputError(
            f"{name}: has a manifest of Docker's first schema, which no engine reads any more",
            "Pull it with an old engine and push it again, or build it anew.",
        )


def _refuse_ambiguous(document: _Document, name: str) -> None:
    """One document must not be an index to one reader and a manifest to another.

    (Advisory GHSA-77vh-xpmg-72qh of the OCI specifications, CVE-2021-41190.)
    """
    is_index = document.manifests is not None
    if is_index and (document.layers is not None or document.config is not None):
        raise _malformed(name, "it is an index and a manifest at once")
    kinds = MANIFEST_TYPES if is_index else INDEX_TYPES
    if document.media_type in kinds:
        raise _malformed(name, f"it says that it is {document.media_type}, and is not")


def _index(document: _Document, manifests: list[_Descriptor], name: str) -> Index:
    if len(manifests) > MAX_ENTRIES:
        raise _malformed(name, f"it lists more than {MAX_ENTRIES} manifests")
    found = tuple(_descriptor(entry, name) for entry in manifests)
    return Index(document.media_type or OCI_INDEX, found, document.annotations or {})


def _manifest(document: _Document, name: str) -> Manifest:
    if document.config is None:
        kind = document.artifact_type or document.media_type
        if document.layers is not None or bytes(document.blobs) or document.artifact_type:
            raise _no_image(name, kind)
        raise _malformed(name, "it names neither a configuration nor manifests")
    layers = document.layers or []
    if len(layers) > MAX_ENTRIES:
        raise _malformed(name, f"it lists more than {MAX_ENTRIES} layers")
    config = _descriptor(document.config, name)
    if config.media_type not in _CONFIG_TYPES:
        raise _no_image(name, document.artifact_type or config.media_type)
    # Signatures and attestations borrow the media type of an image's configuration.
    if layers and not any(layer.media_type.startswith(_LAYER_TYPES) for layer in layers):
        raise _no_image(name, document.artifact_type or layers[0].media_type)
    found = tuple(_descriptor(layer, name) for layer in layers)
    return Manifest(document.media_type or OCI_MANIFEST, config, found, document.annotations or {})


def _descriptor(entry: _Descriptor, name: str) -> Descriptor:
    if not DIGEST.fullmatch(entry.digest):
        raise _malformed(name, f"“{entry.digest[:100]}” is no digest of a known kind")
    return Descriptor(
        entry.media_type,
        entry.digest,
        entry.size,
        _platform(entry.platform),
        entry.annotations or {},
        tuple(entry.urls or ()),
        entry.artifact_type,
    )


def _platform(said: _Platform | None) -> Platform | None:
    if said is None or not (said.os or said.architecture):
        return None
    return Platform(said.os, said.architecture, said.variant, said.os_version)


def _malformed(name: str, reason: str) -> InputError:
    return InputError(
        f"{name}: the manifest can't be understood: {reason}", "Build or export the image again."
    )


def _no_image(name: str, kind: str) -> InputError:
    said = f" but {kind}" if kind else ""
    return InputError(
        f"{name}: is no image{said}",
        "Name the image itself: signatures, SBOMs and charts have no layers to look at.",
    )
