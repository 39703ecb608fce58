"""Packages that conda, mamba or micromamba have installed: `conda-meta/*.json`.

Their files are no `Ownership`: what they bring is often a PyPI package with its own metadata,
whose flaws are known under that name alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from seawall.core.expression import Expression
from seawall.packages.licenses import all_normalised
from seawall.packages.reading import bounded, json_of, mapping, string, strings
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

_FOLDER = Expression(r"(?:^|/)conda-meta/[^/]+\.json$")
_NAME = Expression(r"[^\s=<>!~\[]+")


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The package that the file is of."""
    if not _FOLDER.search(file.path):
        return
    entry = mapping(json_of(file))
    name, version = string(entry.get("name")), string(entry.get("version"))
    if not name or not version:
        yield Trouble(file.path, "is no conda package that can be understood")
        return
    needs = (_NAME.match(text) for text in strings(entry.get("depends")))
    yield Package(
        ecosystem=Ecosystem.CONDA,
        name=name,
        version=version,
        path=file.path,
        architecture=string(entry.get("subdir")),
        licenses=all_normalised(strings(entry.get("license"))),
        requires=tuple(dict.fromkeys(need[0] for need in needs if need and need[0][:2] != "__")),
        cataloguer="conda-meta",
        origin=_channel(string(entry.get("channel"))),
    )


def _channel(text: str) -> str:
    """`conda-forge` of `https://conda.anaconda.org/conda-forge/linux-64`."""
    parts = [part for part in text.partition("://")[2].split("/") if part] or [text]
    if len(parts) > 2:
        parts.pop()
    return parts[-1]


ANALYSER = Analyser("conda", 1, Wants(suffixes=frozenset({".json"})), analyse)
"""Finds conda packages."""
