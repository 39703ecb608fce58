"""How a layer's files are looked at: small pure functions that each say which files they want."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from seawall.surfaces.image.facts import Fact, Kind

MAX_CONTENT = 256 * 1024 * 1024
"""The most bytes of one file that an analyser is given; the walk says where it was cut."""


class LayerFile(Struct, frozen=True, gc=False):
    """One entry of a layer, its content included where it is a regular file.

    `content` is the whole content, or its first `MAX_CONTENT` bytes; it is only good during the
    call, so what is kept must be copied. `mode` is 0o7777 of it. `target` is a link's.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    content: memoryview
    target: str = ""
    xattrs: Mapping[str, bytes] = {}

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Wants(Struct, frozen=True):
    """Which entries an analyser is given: those that fit any of these.

    `names` are whole base names, `suffixes` the text from the last dot of the base name on (in
    lower case: `.jar`), `paths` whole paths, `directories` beginnings of paths with their last
    `/`, `magics` first four bytes of a regular file. All but `everything` mean regular files
    (and hard links, with the content they lead to).
    """

    names: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    directories: tuple[str, ...] = ()
    magics: frozenset[bytes] = frozenset()
    everything: bool = False


class Analyser(Struct, frozen=True):
    """A named, versioned, pure function of one entry.

    It raises nothing on odd input: what it can't understand it says as a `Trouble`. A new version
    makes cached results of the old one void.
    """

    name: str
    version: int
    wants: Wants
    analyse: Callable[[LayerFile], Iterable[Fact]]
