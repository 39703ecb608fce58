"""Builds images in every form that they are kept in, from what their layers hold."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Fact, Trouble

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"

Files = Mapping[str, bytes | None]
"""What is in an archive: None for a directory, `-> target` for a symbolic link."""


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def packed(files: Files) -> bytes:
    """A tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if content is None:
                member.type = tarfile.DIRTYPE
            elif content.startswith(b"-> "):
                member.type, member.linkname = tarfile.SYMTYPE, content[3:].decode()
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b""))
    return buffer.getvalue()


def config_of(layers: Sequence[bytes], architecture: str = "amd64", **more: Any) -> bytes:
    """A configuration for uncompressed layers."""
    document = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["PATH=/bin"], "User": "app"},
        "history": [{"created_by": f"RUN step-{number}"} for number in range(len(layers))],
        "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
    }
    return json.dumps({**document, **more}).encode()


def classic(
    layers: Sequence[bytes], tags: Sequence[str] = ("app:1",), config: bytes | None = None
) -> dict[str, bytes | None]:
    """The files of an image as Docker before 25 saves it."""
    config = config or config_of(layers)
    name = digest(config).removeprefix("sha256:")
    paths = [f"{number:064x}/layer.tar" for number in range(len(layers))]
    saved = [{"Config": f"{name}.json", "RepoTags": list(tags), "Layers": paths}]
    files: dict[str, bytes | None] = {f"{name}.json": config}
    for path, layer in zip(paths, layers, strict=True):
        directory = path.partition("/")[0]
        files[f"{directory}/VERSION"] = b"1.0"
        files[f"{directory}/json"] = b"{}"
        files[path] = layer
    files["manifest.json"] = json.dumps(saved).encode()
    files["repositories"] = b"{}"
    return files


class Layout:
    """An OCI image layout in the making."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.entries: list[dict[str, Any]] = []

    def blob(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        """Add a blob; its descriptor."""
        self.blobs[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}

    def manifest(
        self, layers: Sequence[bytes], *, compress: bool = False, config: bytes = b"", **more: Any
    ) -> dict[str, Any]:
        """Add an image; its descriptor."""
        config = config or config_of(layers)
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.blob(config, CONFIG_TYPE),
            "layers": [self._layer(layer, compress) for layer in layers],
        }
        return self.blob(json.dumps(document).encode(), MANIFEST_TYPE, **more)

    def _layer(self, layer: bytes, compress: bool) -> dict[str, Any]:
        if compress:
            return self.blob(gzip.compress(layer, mtime=0), f"{LAYER_TYPE}+gzip")
        return self.blob(layer, LAYER_TYPE)

    def index(self, entries: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Add an index; its descriptor."""
        document = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(entries)}
        return self.blob(json.dumps(document).encode(), INDEX_TYPE, **more)

    def files(self) -> dict[str, bytes | None]:
        """All files, for a directory or an archive."""
        index = {"schemaVersion": 2, "manifests": self.entries}
        files: dict[str, bytes | None] = {
            "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
            "index.json": json.dumps(index).encode(),
        }
        for name, data in self.blobs.items():
            files[f"blobs/sha256/{name.partition(':')[2]}"] = data
        return files


def layout_of(layers: Sequence[bytes], *, compress: bool = False, **more: Any) -> Layout:
    """A layout of one image."""
    layout = Layout()
    layout.entries.append(layout.manifest(layers, compress=compress, **more))
    return layout


def unpacked(files: Files, root: Path) -> Path:
    """The files in a directory."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            target.write_bytes(content)
    return root


def far_link() -> bytes:
    """A layer in which a hard link lies far behind the file that it is a link to."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in (("first", b"content"), ("filler", os.urandom(20_000_000))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo("link")
        member.type, member.linkname = tarfile.LNKTYPE, "first"
        archive.addfile(member)
    return buffer.getvalue()


def _told(file: LayerFile) -> list[Fact]:
    return [Trouble(file.path, bytes(file.content).decode())]


TELLER = Analyser("teller", 1, Wants(names=frozenset({"link"})), _told)
"""Tells what is in the file `link`."""
