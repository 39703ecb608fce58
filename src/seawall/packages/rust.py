"""Rust programs built with cargo-auditable: the crates that are in them.

The section `.dep-v0` holds JSON, compressed with zlib
(https://github.com/rust-secure-code/cargo-auditable, PARSING.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from seawall.packages import executables
from seawall.packages.bounds import capped
from seawall.packages.inflate import inflate
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MAX_LIST = 4 * 1024 * 1024
"""Bytes of JSON: the largest known have some 100 kB."""
MAX_NAME = 128
"""Characters: crates.io takes 64, and each name may be needed many times."""


class _Crate(Struct):
    name: str
    version: str
    source: str = ""
    kind: str = "runtime"
    dependencies: list[int] = []
    root: bool = False


class _List(Struct):
    packages: list[_Crate]


def _analyse(file: LayerFile) -> Iterable[Fact]:
    program = executables.read(file.content)
    section = None if program is None else program.section(b".dep-v0")
    if section is None:
        return ()
    try:
        crates = msgspec.json.decode(_inflated(section), type=_List).packages
    except (ValueError, RecursionError) as error:
        return (Trouble(file.path, f"the list of crates can't be read: {error}"),)
    return capped(_packages(crates, file.path), file.path)


def _inflated(section: memoryview) -> bytes:
    """The JSON text.

    Raises:
        ValueError: it is damaged or absurdly large.
    """
    try:
        text, is_whole = inflate(section, MAX_LIST)
    except ValueError as error:
        raise ValueError(f"it {error}") from error
    if not is_whole:
        raise ValueError(f"it has more than {MAX_LIST:,} bytes")
    return text


def _packages(crates: list[_Crate], path: str) -> Iterator[Package]:
    """The crates that are in the program: those that only its build ran are not."""
    for crate in crates:
        if not _is_inside(crate):
            continue
        needed = [crates[index] for index in crate.dependencies if 0 <= index < len(crates)]
        yield Package(
            Ecosystem.CARGO,
            crate.name,
            crate.version,
            path,
            requires=tuple(dict.fromkeys(one.name for one in needed if _is_inside(one))),
            cataloguer="cargo-auditable",
            origin="" if crate.source == "crates.io" else crate.source,
        )


def _is_inside(crate: _Crate) -> bool:
    return crate.kind == "runtime" and 0 < len(crate.name) <= MAX_NAME


ANALYSER = Analyser("rust", 1, Wants(magics=executables.MAGICS), _analyse)
"""The crates of Rust programs that carry their list."""
