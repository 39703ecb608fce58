"""What becomes of a layer's files in the layers above it.

The rules are those of OCI's image-spec, layer.md: a whiteout removes a path and all below it, an
opaque whiteout hides what earlier layers have in a directory, an entry replaces the earlier one
of its path, and one that is no directory also all that lay below.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence

from seawall.surfaces.image.blob import LayerFacts


class Fates:
    """Answers for the paths that were asked for in the beginning, and for no others.

    Few of an image's paths have facts, so each layer's list is gone through once, for those.
    """

    def __init__(
        self, layers: Sequence[LayerFacts], paths: Iterable[str], links: Collection[str] = ()
    ) -> None:
        """`paths` are those whose end, `links` those whose kind will be asked for."""
        self._paths = frozenset((*paths, *links))
        self._links = frozenset(links)
        self._ancestors = frozenset(_all_ancestors(self._paths))
        self._places = self._paths | self._ancestors
        self._files: list[frozenset[str]] = []
        self._directories: list[frozenset[str]] = []
        self._ends: dict[str, list[int]] = {}
        for index, layer in enumerate(layers):
            self._add(index, layer)

    def end(self, path: str, layer: int) -> int | None:
        """The first layer above `layer` that removes or replaces a path; None where none does.

        The empty path is the layer itself, which nothing removes.
        """
        ends = self._ends.get(path) if path else None
        if ends is None:
            return None
        position = bisect_right(ends, layer)
        return ends[position] if position < len(ends) else None

    def has_file(self, path: str, layer: int) -> bool:
        """Whether a layer, not the lowest, itself has something that is no directory at a path."""
        return path in self._files[layer]

    def is_link(self, path: str) -> bool:
        """Whether the merged view has something that is no directory at one of `links`."""
        for index in range(len(self._files) - 1, -1, -1):
            if path in self._files[index]:
                return True
            if path in self._directories[index] or index in self._ends.get(path, ()):
                return False
        return False

    def _add(self, index: int, layer: LayerFacts) -> None:
        if index == 0:
            # Nothing lies below it that could end.
            self._files.append(_present(self._links, layer.files))
            self._directories.append(_present(self._links, layer.directories))
            return
        files = self._places.intersection(_split(layer.files))
        self._files.append(files & self._paths)
        self._directories.append(self._paths.intersection(_split(layer.directories)))
        below = self._ancestors.intersection((*layer.whiteouts, *layer.opaques, *files))
        removed = self._paths.intersection(layer.whiteouts)
        ended = self._files[-1] | self._directories[-1] | removed
        if below:
            ended |= {path for path in self._paths if not below.isdisjoint(_ancestors(path))}
        for path in ended:
            self._ends.setdefault(path, []).append(index)


def _present(paths: Iterable[str], joined: bytes) -> frozenset[str]:
    """Those of a few paths that are among many."""
    bounded = b"\0%b\0" % joined
    return frozenset(path for path in paths if b"\0%b\0" % path.encode() in bounded)


def _split(joined: bytes) -> list[str]:
    return joined.decode("utf-8", "surrogateescape").split("\0") if joined else []


def _all_ancestors(paths: Iterable[str]) -> set[str]:
    found = {""}
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


def _ancestors(path: str) -> Iterator[str]:
    """The directories that a path lies in, the root (an empty path) last."""
    while path:
        path = path.rpartition("/")[0]
        yield path
