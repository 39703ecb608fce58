"""Inflating what is deflated, to a bound."""

from __future__ import annotations

from typing import cast

from isal import isal_zlib

RAW, ZLIB = -15, 15
"""What stands around the deflated data: nothing, as in zip archives, or a zlib header."""

_DamagedError = cast("type[Exception]", isal_zlib.error)


def inflate(data: memoryview, most: int, kind: int = ZLIB) -> tuple[bytes, bool]:
    """The first `most` bytes, and whether that is all there is.

    Raises:
        ValueError: it is damaged, or ends before its end.
    """
    if most <= 0:
        return b"", False
    inflater = isal_zlib.decompressobj(wbits=kind)
    try:
        content: bytes = inflater.decompress(data, most)
    except _DamagedError as error:
        raise ValueError("is damaged") from error
    if not inflater.eof and len(content) < most:
        raise ValueError("is cut off")
    return content, inflater.eof
