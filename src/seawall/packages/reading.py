"""What cataloguers share: reading a file's content without ever raising, and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from seawall.surfaces.image.analyser import LayerFile
from seawall.surfaces.image.facts import Fact, Trouble

MAX_FACTS = 100_000
"""The most facts that one file may tell: the largest package databases have some thousands."""
MAX_LINES = 1_000_000
MAX_TEXT = 16 * 1024 * 1024
"""Bytes: the package database of 5,000 Debian packages has about 6 MB."""


def text_of(file: LayerFile) -> str:
    """The content as text; what is no UTF-8 becomes replacement characters."""
    return str(file.content, "utf-8", "replace")


def paths_of(file: LayerFile) -> str:
    """The content as a text of paths: what is no UTF-8 is kept as surrogate escapes."""
    return str(file.content, "utf-8", "surrogateescape")


def json_of(file: LayerFile) -> object:
    """The content as plain data; None where it is no JSON, or nests too deep."""
    try:
        return msgspec.json.decode(file.content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def bounded(
    analyse: Callable[[LayerFile], Iterable[Fact]],
) -> Callable[[LayerFile], Iterator[Fact]]:
    """An analyser that refuses what has more than `MAX_TEXT` bytes or `MAX_LINES` lines, and stops
    after `MAX_FACTS` facts; each is said."""

    def analyse_bounded(file: LayerFile) -> Iterator[Fact]:
        if len(file.content) > MAX_TEXT:
            yield Trouble(file.path, f"has more than {MAX_TEXT} bytes: not read")
            return
        if len(file.content) > MAX_LINES and bytes(file.content).count(b"\n") > MAX_LINES:
            yield Trouble(file.path, f"has more than {MAX_LINES} lines: not read")
            return
        facts = iter(analyse(file))
        yield from islice(facts, MAX_FACTS)
        if next(facts, None) is not None:
            yield Trouble(file.path, f"tells of more than {MAX_FACTS} things: the rest is not read")

    return analyse_bounded


def mapping(value: object) -> dict[str, Any]:
    """An object of JSON, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def strings(value: object) -> tuple[str, ...]:
    """The texts in a list, or a text alone; nothing of what is neither."""
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def string(value: object) -> str:
    """A text, or the empty one for anything else."""
    return value if isinstance(value, str) else ""
