""".NET packages of a built application or framework: `*.deps.json`.

The format is that of the .NET SDK's runtime configuration files: `libraries` name what there is,
`targets` which of them need which. Projects are the application's own and no packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from seawall.packages.reading import bounded, json_of, mapping, string
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

_KINDS = frozenset({"package", "runtimepack"})
_RUNTIME = "runtimepack."


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the file tells of."""
    if not file.path.endswith(".deps.json"):
        return
    document = mapping(json_of(file))
    libraries = document.get("libraries")
    if not isinstance(libraries, dict):
        yield Trouble(file.path, "names no .NET libraries that can be understood")
        return
    yield from _packages(libraries, _requirements(document.get("targets")), file.path)


def _packages(
    libraries: dict[str, Any], requires: dict[str, tuple[str, ...]], path: str
) -> Iterator[Package]:
    for key, library in libraries.items():
        name, _, version = key.partition("/")
        kind = string(mapping(library).get("type"))
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
    for target in mapping(targets).values():
        for key, library in mapping(target).items():
            needs = mapping(mapping(library).get("dependencies"))
            if needs:
                found[key] = tuple(needs)
    return found


ANALYSER = Analyser("nuget", 1, Wants(suffixes=frozenset({".json"})), analyse)
"""Finds NuGet packages, and the packs of the .NET runtime."""
