"""PHP packages that Composer has installed: `vendor/composer/installed.json`, both versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seawall.packages.licenses import all_normalised
from seawall.packages.reading import bounded, json_of, mapping, string, strings
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the file tells of."""
    if not f"/{file.path}".endswith("/composer/installed.json"):
        return
    document = json_of(file)
    packages = document.get("packages") if isinstance(document, dict) else document
    if not isinstance(packages, list):
        yield Trouble(file.path, "is no list of Composer packages that can be understood")
        return
    for entry in packages:
        package = _package(mapping(entry), file.path)
        if package:
            yield package
        else:
            yield Trouble(file.path, "an entry has no name or no version")


def _package(entry: dict[str, Any], path: str) -> Package | None:
    namespace, _, name = string(entry.get("name")).rpartition("/")
    version = string(entry.get("version"))
    if not name or not version:
        return None
    return Package(
        ecosystem=Ecosystem.COMPOSER,
        namespace=namespace,
        name=name,
        version=version,
        path=path,
        licenses=all_normalised(strings(entry.get("license"))),
        supplier=_supplier(entry.get("authors")),
        requires=tuple(name for name in mapping(entry.get("require")) if "/" in name),
        cataloguer="composer",
    )


def _supplier(authors: object) -> str:
    entries = authors if isinstance(authors, list) else []
    names = [string(mapping(entry).get("name")) for entry in entries]
    return ", ".join(filter(None, names))


ANALYSER = Analyser("composer", 1, Wants(names=frozenset({"installed.json"})), analyse)
"""Finds PHP packages that Composer has installed."""
