""".NET packages of a built application or framework: `*.deps.json`.

The format is that of the .NET SDK's runtime configuration files: `libraries` name what there is,
`targets` which of them need which. Projects are the application's own and no packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from seawall.packages.reading import bounded, json_of, string
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

_KINDS = frozenset({"package", "runtimepack"})
_RUNTIME = "runtimepack."


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the file tells of."""
    if not file.path.endswith(".deps.json"):
        return
    document = json_of(file)
    libraries = document.get("libraries") if isinstance(document, dict) else None
    if not isinstance(libraries, dict):
        yield Trouble(file.path, "names no .NET libraries that can be understood")
        return
    yield from _packages(libraries, _requirements(document.get("targets")), file.path)


def _packages(
    libraries: dict[str, Any], requires: dict[str, tuple[str, ...]], path: str
) -> Iterator[Package]:
    for key, library in libraries.items():
        name, _, version = key.partition("/")
        kind = string(library.get("type")) if isinstance(library, dict) else ""
        if name and version and kind.lower() in _KINDS:
            yield Package(
                ecosystem=Ecosystem.NUGET,
                name=name.removeprefix(_RUNTIME),
                version=version,
                path=path,
                requires=requires.get(key, ()),
                cataloguer="deps-json",
            )


def _requirements(targets: object) -> dict[str, tuple[str, ...]]:
    """The names that each library needs, in whichever target they are told."""
    found: dict[str, tuple[str, ...]] = {}
    for target in targets.values() if isinstance(targets, dict) else ():
        for key, library in target.items() if isinstance(target, dict) else ():
            needs = library.get("dependencies") if isinstance(library, dict) else None
            if isinstance(needs, dict):
                found[key] = tuple(needs)
    return found


ANALYSER = Analyser("nuget", 1, Wants(suffixes=frozenset({".json"})), analyse)
"""Finds NuGet packages, and the packs of the .NET runtime."""
