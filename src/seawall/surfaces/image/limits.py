"""How much of a layer is read and kept: what goes beyond is named, never passed over."""

from __future__ import annotations

from msgspec import Struct

from seawall.surfaces.image.analyser import MAX_CONTENT

MAX_TOTAL = 64 * 1024**3
"""Uncompressed bytes of a layer, and stored ones."""

MAX_RATIO = 200
"""Uncompressed bytes for each stored one, once `RATIO_FLOOR` is passed; 3 are usual."""

RATIO_FLOOR = 1024**3
"""Uncompressed bytes that any layer may have: log files full of holes compress a thousandfold."""

MAX_ENTRIES = 4_000_000

MAX_PATH = 4096
"""Bytes of a path: PATH_MAX of Linux, beyond which nothing can be unpacked."""

MAX_HEADER = 1024 * 1024
"""Bytes of a PAX header, a GNU long name or a sparse map: as much as Go's archive/tar takes."""

MAX_KEPT = 96 * 1024 * 1024
"""Bytes of paths and links that the walk keeps for the whole layer."""

MAX_FACTS = 200_000
"""Facts of one layer: the largest real ones have some ten thousand."""

MAX_TROUBLES = 1000

MAX_EXPANDED = 16 * 1024 * 1024
"""Bytes of a sparse file whose holes are filled in; beyond, its data are given without them."""

MAX_EXTRA = 8 * 1024**3
"""Bytes looked at that are not stored for themselves: holes filled in, content of hard links."""

MAX_DEPTH = 256
"""Directories within directories on disk."""

MAX_WINDOW = 64 * 1024 * 1024
"""Bytes that a decompressor may look back: zstd's own limit for everyday use is 8 MiB."""


class Limits(Struct, frozen=True):
    """The limits that one walk keeps to; the defaults fit every real image that was measured.

    `spill` is a directory of ours in which nameless files hold what is large, so that the system
    may take its pages back; empty keeps it in memory.
    """

    total: int = MAX_TOTAL
    ratio: int = MAX_RATIO
    ratio_floor: int = RATIO_FLOOR
    entries: int = MAX_ENTRIES
    path: int = MAX_PATH
    header: int = MAX_HEADER
    content: int = MAX_CONTENT
    kept: int = MAX_KEPT
    facts: int = MAX_FACTS
    troubles: int = MAX_TROUBLES
    expanded: int = MAX_EXPANDED
    extra: int = MAX_EXTRA
    depth: int = MAX_DEPTH
    spill: str = ""


class DamagedError(Exception):
    """Nothing behind this point of a layer can be read: a fatal trouble, said once.

    It never leaves the walk. `path` is the entry that it concerns, empty for the layer.
    """

    def __init__(self, reason: str, path: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
