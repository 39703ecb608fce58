"""Decoders of gzip, bzip2 and xz: loaded by who meets a layer that is stored so."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from isal import igzip_lib

from seawall.surfaces.image.limits import MAX_WINDOW


class Decoder(Protocol):
    """What the decoders have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream is at its end."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing more to be had of what was given."""

    @property
    def unused_data(self) -> bytes:
        """What was given of what follows the stream."""

    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes:
        """At most so many bytes more."""


DECODERS: Mapping[str, Callable[[], Decoder]] = {
    "gzip": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=2 * MAX_WINDOW),
}
_ISAL_ERROR = cast("type[Exception]", igzip_lib.error)  # its stub says that it is an instance
FAULTS = (_ISAL_ERROR, lzma.LZMAError, OSError, EOFError, ValueError)
"""What a decoder raises where its stream is damaged."""
