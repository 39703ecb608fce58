"""Images in OCI image layout directories (image-spec, image-layout.md)."""

from __future__ import annotations

import os

from seawall.core.errors import InputError
from seawall.surfaces.image.apart import side_by_side
from seawall.surfaces.image.blob import Analyse, LayerFacts, Pulled
from seawall.surfaces.image.contents import LAYOUT, PlannedLayer, read_layout
from seawall.surfaces.image.local import LocalBlob, LocalFile
from seawall.surfaces.image.platform import Platform
from seawall.surfaces.image.streamed import pulled_of, unseen

_MAX_LAYOUT = 4096


class LayoutSource:
    """Fulfils `ImageSource` with a layout on disk; every digest and size in it is verified.

    `wanted` is the name, tag or digest of an image in it, where it holds several.
    """

    kind = "layout"

    def __init__(self, path: str, wanted: str = "", platform: Platform | None = None) -> None:
        self.name = path
        self._directory = _Directory(path)
        self._wanted = wanted
        self._platform = platform

    def pull(self, analyse: Analyse) -> Pulled:
        """Look at each layer once.

        Raises:
            InputError: it can't be read, is no layout, holds several images of which none is
                wanted, leads out of its directory, or something has not the digest that it
                should have.
        """
        self._check_version()
        contents = read_layout(self._directory, self.name, self._wanted, self._platform)
        layers = contents.layers
        sizes = (layer.size for layer in layers)
        found = side_by_side(layers, sizes, lambda layer: self._look(layer, analyse))
        return pulled_of(contents, found)

    def _check_version(self) -> None:
        data = self._directory.read(LAYOUT, _MAX_LAYOUT)
        if data is None or b'"imageLayoutVersion"' not in data:
            raise InputError(
                f"{self.name}: is no image layout: it has no {LAYOUT} that says so",
                "Name the directory that holds `index.json` and `blobs`.",
            )

    def _look(self, layer: PlannedLayer, analyse: Analyse) -> LayerFacts:
        if layer.is_elsewhere:
            return unseen(layer, "the image names a place outside for it")
        file = self._directory.open(layer.path)
        if file.size != layer.size:
            raise InputError(
                f"{self.name}: {layer.digest} has {file.size} bytes instead of {layer.size}",
                "Pull or export the image again.",
            )
        facts = analyse(LocalBlob(file.view, file.stamp, layer.digest, layer.diff_id))
        file.check_unchanged()
        return facts


class _Directory:
    """The files of a directory; fulfils `Files`. Links are followed, but not out of it."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._real = os.path.realpath(root)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return os.path.isfile(os.path.join(self._root, path))

    def read(self, path: str, limit: int) -> bytes | None:
        """A small file's content."""
        if not self.has(path):
            return None
        file = self.open(path)
        if file.size > limit:
            raise InputError(f"{file.name}: has more than {limit} bytes")
        return bytes(file.view)

    def open(self, path: str) -> LocalFile:
        """A file, mapped.

        Raises:
            InputError: it can't be read, or leads out of the directory.
        """
        name = os.path.join(self._root, path)
        real = os.path.realpath(name)
        if os.path.commonpath((self._real, real)) != self._real:
            raise InputError(
                f"{name}: leads to {real}, out of the layout", "Copy the layout with its blobs."
            )
        return LocalFile(real, name, follow=False)
