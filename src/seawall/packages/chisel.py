"""Packages of chiselled Ubuntu images, which have no dpkg: Chisel's manifest of slices.

It is a `jsonwall`, compressed with Zstandard: a line of JSON for each package, slice and path. It
may stand anywhere; `var/lib/chisel` is the usual place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from seawall.packages.reading import MAX_FACTS, MAX_TEXT, mapping, string
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Ownership, Package, Trouble

_NAME = "manifest.wall"
_WINDOW = 8 * 1024 * 1024


def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the manifest names, and the paths that their slices brought."""
    try:
        text = _inflated(file.content)
    except ValueError as error:
        yield Trouble(file.path, f"can't be read as a manifest of Chisel: {error}")
        return
    packages: list[Package] = []
    owned: defaultdict[str, list[str]] = defaultdict(list)
    odd = 0
    for entry in _entries(text):
        kind = string(entry.get("kind"))
        if kind == "content":
            slice_name, path = string(entry.get("slice")), string(entry.get("path"))
            owned[slice_name.partition("_")[0]].append(path.strip("/"))
        elif kind == "package" and entry.get("name") and entry.get("version"):
            packages.append(_package(entry, file.path))
        elif kind not in _OTHERS:
            odd += 1
    yield from packages[:MAX_FACTS]
    for package in packages[:MAX_FACTS]:
        if package.name in owned:
            paths = "\n".join(owned.pop(package.name))
            yield Ownership(Ecosystem.DEB, package.name, file.path, paths)
    if odd or not packages:
        yield Trouble(file.path, f"{odd or 'all'} entries of the manifest can't be understood")


_OTHERS = frozenset({"slice", "path"})


def _inflated(content: memoryview) -> bytes:
    from zstandard import ZstdDecompressor, ZstdError  # noqa: PLC0415 -- few images need it

    reader = ZstdDecompressor(max_window_size=_WINDOW).stream_reader(content)
    try:
        text: bytes = reader.read(MAX_TEXT + 1)
    except ZstdError as error:
        raise ValueError(str(error)) from error
    if len(text) > MAX_TEXT:
        raise ValueError(f"it has more than {MAX_TEXT} bytes")
    return text


def _entries(text: bytes) -> Iterator[dict[str, Any]]:
    """The lines after the first, which says how many there are; an odd one is empty."""
    for line in text.split(b"\n")[1:]:
        if line.strip():
            try:
                yield mapping(msgspec.json.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                yield {}


def _package(entry: dict[str, Any], path: str) -> Package:
    return Package(
        ecosystem=Ecosystem.DEB,
        name=string(entry["name"]),
        version=string(entry["version"]),
        path=path,
        architecture=string(entry.get("arch")),
        cataloguer="chisel",
    )


ANALYSER = Analyser("chisel", 1, Wants(names=frozenset({_NAME})), analyse)
"""Finds the packages of chiselled Ubuntu images."""
