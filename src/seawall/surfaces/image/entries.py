"""Files of the cache: written in one step, read only where nobody else could have written them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import zstandard
from msgspec import Struct

from seawall.core.expression import Expression

_MAX_DECODED = 1024**3
_LEVEL = 3
_PLAIN, _ESCAPED = b"\0", b"\1"
# Stands for the bytes of names that are no UTF-8: private characters of the last plane.
_ESCAPES = {0xDC00 + byte: chr(0x10FE00 + byte) for byte in range(0x80, 0x100)}
_UNESCAPES = {ord(escape): chr(code) for code, escape in _ESCAPES.items()}
_AMBIGUOUS = Expression("[\U0010fe80-\U0010feff]")

S = TypeVar("S", bound=Struct)
DAMAGED = (OSError, zstandard.ZstdError, msgspec.MsgspecError, ValueError, RecursionError)
"""What `read_ours` and `decoded` raise where there is nothing that can be used."""


def is_ours(status: os.stat_result, forbidden: int) -> bool:
    """Whether a file or directory is ours and has none of the forbidden mode bits."""
    return status.st_uid == os.geteuid() and not status.st_mode & forbidden


def read_ours(path: str, limit: int, forbidden: int = 0o022) -> bytes:
    """The bytes of a file that nobody else could have written.

    Raises:
        OSError: it can't be read, or somebody else could.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not is_ours(status, forbidden):
            raise PermissionError(path)
        if status.st_size > limit:
            raise OSError(path)
        return file.read(limit)


def write(path: str, data: bytes, *, only_new: bool = False) -> None:
    """Put a file in its place in one step.

    Raises:
        OSError: it can't be written, or is there already where only a new one will do.
    """
    directory, name = os.path.split(path)
    draft = os.path.join(directory, f".{name}.{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(draft, flags, 0o600), "wb") as file:
            file.write(data)
        if only_new:
            os.link(draft, path)
        else:
            os.rename(draft, path)
            return
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise
    os.unlink(draft)


def encoded(value: Struct) -> bytes | None:
    """An entry's bytes; None for text that can't be written down.

    Names that are no UTF-8 are surrogate escapes, which MessagePack has no place for.
    """
    try:
        kind, data = _PLAIN, msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value, builtin_types=(bytes,))
        try:
            kind, data = _ESCAPED, msgspec.msgpack.encode(_translated(plain, _ESCAPES))
        except (UnicodeEncodeError, _AmbiguousError):
            return None
    compressor = zstandard.ZstdCompressor(_LEVEL, write_checksum=True)
    return kind + compressor.compress(data)


def decoded(data: bytes, kind: type[S]) -> S:
    """What an entry holds.

    Raises:
        ValueError, zstandard.ZstdError, msgspec.MsgspecError: it is damaged, or something else.
    """
    size = zstandard.frame_content_size(data[1:])
    if data[:1] not in (_PLAIN, _ESCAPED) or not 0 <= size <= _MAX_DECODED:
        raise ValueError("no entry of this cache")
    plain = zstandard.ZstdDecompressor().decompress(data[1:])
    if data[:1] == _PLAIN:
        return msgspec.msgpack.decode(plain, type=kind)
    return msgspec.convert(_translated(msgspec.msgpack.decode(plain), _UNESCAPES), kind)


class _AmbiguousError(Exception):
    """A text holds what stands for something else."""


def _translated(value: Any, table: dict[int, str]) -> Any:  # noqa: ANN401 -- plain data
    """A value with the characters of its texts replaced."""
    if isinstance(value, str):
        if table is _ESCAPES and _AMBIGUOUS.search(value):
            raise _AmbiguousError
        return value.translate(table)
    if isinstance(value, dict):
        return {key: _translated(item, table) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_translated(item, table) for item in value]
    return value
