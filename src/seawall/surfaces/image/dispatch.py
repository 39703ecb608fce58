"""Which analysers are given an entry: their wants, compiled so that most entries cost little."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seawall.surfaces.image.analyser import Analyser

Numbers = tuple[int, ...]
"""Analysers by their place in the sequence, in order."""

MAGIC = 4
"""Bytes at the beginning of a file that a magic is."""


class Dispatcher:
    """The wants of several analysers at once; names are bytes, as they stand in an archive.

    `everything` are the analysers that are given each entry; they are in no other answer.
    """

    def __init__(self, analysers: Sequence[Analyser]) -> None:
        wants = [(number, analyser.wants) for number, analyser in enumerate(analysers)]
        self.everything: Numbers = tuple(number for number, want in wants if want.everything)
        wants = [(number, want) for number, want in wants if not want.everything]
        self.magics = _table((number, want.magics) for number, want in wants)
        self._names = _table((number, map(_bytes, want.names)) for number, want in wants)
        self._suffixes = _table((number, map(_bytes, want.suffixes)) for number, want in wants)
        self._paths = _table((number, map(_bytes, want.paths)) for number, want in wants)
        self._directories = _table(
            (number, map(_bytes, want.directories)) for number, want in wants
        )
        self._beginnings = tuple(self._directories)

    def named(self, path: bytes) -> Numbers:
        """Those that want a regular file of this path, in order."""
        base = path[path.rfind(b"/") + 1 :]
        by_name = self._names.get(base, ())
        dot = base.rfind(b".")
        by_suffix = self._suffixes.get(base[dot:].lower(), ()) if dot >= 0 else ()
        by_path = self._paths.get(path, ())
        by_directory = path.startswith(self._beginnings)
        if by_name or by_suffix or by_path or by_directory:
            return self._all(path, by_name, by_suffix, by_path)
        return ()

    def _all(self, path: bytes, *found: Numbers) -> Numbers:
        numbers = {number for some in found for number in some}
        for beginning, some in self._directories.items():
            if path.startswith(beginning):
                numbers.update(some)
        return tuple(sorted(numbers))


def joined(some: Numbers, more: Numbers) -> Numbers:
    """Both, each once, in order."""
    return tuple(sorted({*some, *more})) if some and more else some or more


def _table(wants: Iterable[tuple[int, Iterable[bytes]]]) -> Mapping[bytes, Numbers]:
    table: dict[bytes, Numbers] = {}
    for number, keys in wants:
        for key in keys:
            table[key] = (*table.get(key, ()), number)
    return table


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
