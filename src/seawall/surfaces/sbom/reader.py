"""Which kind of document a file is, and the image that it tells of."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.image.model import Image

if TYPE_CHECKING:
    from seawall.surfaces.sbom.told import Told

MAX_DOCUMENT = 256 * 1024 * 1024
"""Bytes: an SBOM with the files of a large image has some tens of megabytes."""

DOCUMENTS = frozenset({"sbom", "trivy", "grype"})
"""What `Image.kind` says of an image that a document tells of."""

PREFIX = "sbom:"
_START = 4096
_MARK = b"\xef\xbb\xbf"
_HINT = "CycloneDX (1.2 to 1.6), SPDX (2.2, 2.3), and the JSON of Trivy, Grype and Syft are read."


class _Head(Struct):
    """What tells one kind of document from another."""

    bomFormat: str | None = None  # noqa: N815 -- as the schema spells it
    specVersion: str | None = None  # noqa: N815 -- same
    spdxVersion: str | None = None  # noqa: N815 -- same
    SchemaVersion: int | None = None
    ArtifactName: str | None = None
    matches: msgspec.Raw = msgspec.Raw()
    artifacts: msgspec.Raw = msgspec.Raw()


def is_document(target: str) -> bool:
    """Whether a target is a file with a JSON object in it, as it begins."""
    if target.startswith(PREFIX):
        return True
    if not os.path.isfile(target):  # a pipe is not opened: what is read from it is gone
        return False
    try:
        with open(target, "rb") as file:
            start = file.read(_START)
    except OSError:
        return False
    return start.removeprefix(_MARK).lstrip()[:1] == b"{"


def read(target: str) -> Image:
    """The image that a document tells of; the file's name is the image's.

    Raises:
        InputError: it can't be read, is too large, or is none of the documents that are known.
    """
    from seawall.surfaces.sbom.told import image_of  # noqa: PLC0415 -- images need none of it

    path = target.removeprefix(PREFIX)
    data = _bytes_of(path)
    reader = _reader_of(data, path)
    try:
        told = reader(data)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: can't be understood: {error}", _HINT) from error
    return image_of(told, path)


def _bytes_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if len(data) > MAX_DOCUMENT:
        raise InputError(f"{path}: has more than {MAX_DOCUMENT // 1024 // 1024} MiB, not read")
    return data.removeprefix(_MARK)


def _reader_of(data: bytes, path: str) -> Callable[[bytes], Told]:
    from seawall.surfaces.sbom import cyclonedx, scanners, spdx  # noqa: PLC0415 -- same

    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: can't be understood: {error}", _HINT) from error
    if head.bomFormat == "CycloneDX":
        return cyclonedx.read
    if head.spdxVersion is not None:
        if head.spdxVersion not in {"SPDX-2.2", "SPDX-2.3"}:
            raise InputError(f"{path}: {head.spdxVersion[:40]} is not read", _HINT)
        return spdx.read
    if head.SchemaVersion is not None and head.ArtifactName is not None:
        return scanners.read_trivy
    if bytes(head.matches)[:1] == b"[":
        return scanners.read_grype
    if bytes(head.artifacts)[:1] == b"[":
        return scanners.read_syft
    raise InputError(f"{path}: is JSON, but neither an SBOM nor a report that is known", _HINT)
