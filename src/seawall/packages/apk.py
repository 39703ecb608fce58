"""Alpine's database of installed packages, which Wolfi and Chainguard write as well.

The format is that of apk-tools, `apk_db_index_read` and `apk_db_write_fdb`: records of lines
with a letter each, `F:` a directory and `R:` a file in the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from seawall.packages.licenses import normalised
from seawall.packages.reading import MAX_FACTS, bounded, paths_of
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Ownership, Package, Trouble

PATHS = frozenset({"lib/apk/db/installed", "usr/lib/apk/db/installed"})


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the database tells of, and the files that they own."""
    records = list(islice(_records(paths_of(file)), MAX_FACTS + 1))
    providers = _providers(records)
    odd = 0
    for fields, paths in records:
        if not fields.get("P") or not fields.get("V"):
            odd += 1
            continue
        yield _package(file.path, fields, providers)
        if paths:
            yield Ownership(Ecosystem.APK, fields["P"], file.path, "\n".join(paths))
    if odd:
        yield Trouble(file.path, f"{odd} records have no name or no version")


def _records(text: str) -> Iterator[tuple[dict[str, str], list[str]]]:
    fields: dict[str, str] = {}
    paths: list[str] = []
    directory = ""
    for line in text.split("\n"):
        tag = line[:2]
        if tag == "R:":
            paths.append(directory + line[2:])
        elif tag == "F:":
            directory = line[2:] and line[2:] + "/"
        elif line:
            fields.setdefault(line[:1], line[2:] if line.isascii() else _clean(line[2:]))
        elif fields:
            yield fields, paths
            fields, paths, directory = {}, [], ""
    if fields:
        yield fields, paths


def _package(path: str, fields: dict[str, str], providers: dict[str, str]) -> Package:
    name = fields["P"]
    origin = fields.get("o", "")
    license_text = fields.get("L", "")
    return Package(
        ecosystem=Ecosystem.APK,
        name=name,
        version=fields["V"],
        path=path,
        source=origin if origin != name else "",
        architecture=fields.get("A", ""),
        licenses=(normalised(license_text),) if license_text else (),
        supplier=fields.get("m", ""),
        requires=tuple(_required(fields.get("D", ""), name, providers)),
        cataloguer="apk",
    )


def _clean(text: str) -> str:
    """Proper text: only paths keep bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _providers(records: list[tuple[dict[str, str], list[str]]]) -> dict[str, str]:
    """What a dependency may be called, and the package that is meant: `so:…`, `cmd:…`, a file."""
    providers: dict[str, str] = {}
    for fields, _ in records:
        for provided in fields.get("p", "").split():
            providers.setdefault(_bare(provided), fields.get("P", ""))
    for fields, _ in records:
        providers[fields.get("P", "")] = fields.get("P", "")
    return providers


def _bare(dependency: str) -> str:
    """`musl` of `musl>=1.2.3`, `so:libz.so.1` of `so:libz.so.1=1.2.13`, `x` of `x@edge`."""
    for mark in "<>=~@":
        dependency = dependency.partition(mark)[0]
    return dependency


def _required(depends: str, name: str, providers: dict[str, str]) -> Iterator[str]:
    seen = {name}
    for dependency in depends.split():
        required = providers.get(_bare(dependency), "")
        if required and required not in seen and not dependency.startswith("!"):
            seen.add(required)
            yield required


ANALYSER = Analyser("apk", 1, Wants(paths=PATHS), analyse)
"""Finds the packages of Alpine, Wolfi and Chainguard images."""
