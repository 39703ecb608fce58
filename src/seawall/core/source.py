"""One text file: its characters, and the way from an offset to a line and a column."""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from pathlib import Path

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.core.model import Located, Span
from seawall.core.once import once
from seawall.core.overlay import text_for

MAX_BYTES = 4 * 1024 * 1024
"""Largest file that is read whole: the largest Dockerfile seen in the wild has 190 KB."""


class Source(Struct, frozen=True, dict=True):
    """A text file as it is on disk: a BOM, CRLF and undecodable bytes are all kept.

    Undecodable bytes are surrogate escapes, so that `text` encodes back to the same bytes.
    """

    path: str
    text: str

    @once
    def lowered(self) -> str:
        """The text in lower case: for a quick look whether a word is in it at all."""
        return self.text.lower()

    @once
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line; lines end at LF."""
        starts = [0]
        find, position = self.text.find, 0
        while (position := find("\n", position) + 1) > 0:
            starts.append(position)
        return starts

    def line_of(self, offset: int) -> int:
        """The line, from 1, that holds the character at `offset`."""
        return bisect_right(self.line_starts, offset)

    def line_text(self, line: int) -> str:
        """The text of a line, from 1, without its line end."""
        starts = self.line_starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    def span(self, place: Located) -> Span:
        """Lines and columns of a place."""
        return self.span_of(place.start, place.end)

    def span_of(self, start: int, end: int) -> Span:
        """Lines and columns of the characters from `start` to `end`."""
        line, end_line = self.line_of(start), self.line_of(max(start, end - 1))
        starts = self.line_starts
        return Span(line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)


def decode(path: str, data: bytes) -> Source:
    """Make a source of bytes.

    Raises:
        InputError: the bytes are no text (a NUL byte) or are too many.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{path}: larger than {MAX_BYTES // 1024 // 1024} MiB, not read",
            "Pass the file with the instructions, or name this one in the policy's `exclude`.",
        )
    if b"\0" in data:
        raise InputError(
            f"{path}: holds NUL bytes, so it is not a text file",
            "Save it as UTF-8 text, or name it in the policy's `exclude`.",
        )
    return Source(path, data.decode("utf-8", "surrogateescape"))


def read(path: str | Path, name: str = "") -> Source:
    """Read a file of at most `MAX_BYTES`; `name` is what reports call it.

    Raises:
        InputError: it is missing, no regular file, unreadable, too large, or no text.
    """
    name = name or Path(path).as_posix()
    instead = text_for(path)
    if instead is not None:
        return Source(name, instead)
    try:
        data = _bytes_of(os.fspath(path), name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{name}: {reason.lower()}", how_to_read(error)) from error
    return decode(name, data)


def _bytes_of(path: str, name: str) -> bytes:
    """At most `MAX_BYTES` and one more of a regular file; a pipe is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name}: is not a regular file", "Pass a file or a directory.")
        # Files of the kernel's say that they are empty.
        return os.read(descriptor, min(status.st_size or MAX_BYTES, MAX_BYTES) + 1)
    finally:
        os.close(descriptor)


def how_to_read(error: Exception) -> str:
    """What helps where a file can't be read; empty where the reason says it all."""
    if isinstance(error, PermissionError):
        return "Give it a mode by which you may read it, or run as a user who may."
    return ""
