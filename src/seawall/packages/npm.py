"""npm packages that are installed: each `package.json` with a name and a version, and Yarn's cache.

A file that lies deeper in an installed package, among its tests or examples, is a fixture and
nobody's code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from seawall.core.expression import BytesExpression, Expression
from seawall.packages import zips
from seawall.packages.naming import scoped
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MAX_MANIFEST = 16 * 1024 * 1024
"""Bytes; real ones have some kilobytes, those of monorepos some 100."""

_FIXTURES = frozenset(
    (
        *("test", "tests", "__tests__", "testdata", "test-data", "spec", "specs"),
        *("fixture", "fixtures", "__fixtures__", "mocks", "__mocks__"),
        *("example", "examples", "demo", "demos", "docs"),
        *("benchmark", "benchmarks", "template", "templates"),
    )
)
_MODULES = "node_modules/"
_YARN_CACHE = Expression(r"(?:^|/)\.?yarn/(?:berry/)?cache/[^/]+-npm-[^/]+\.zip$")
_IN_CACHE = BytesExpression(rb"^node_modules/(?:@[^/]+/)?[^/]+/package\.json$")
_BOM = b"\xef\xbb\xbf"
_MAX_WORD = 256


class _Manifest(Struct):
    """The keys of package.json that are asked for; any of them may be anything."""

    name: Any = None
    version: Any = None
    license: Any = None
    licenses: Any = None
    author: Any = None
    dependencies: Any = None


_decode = msgspec.json.Decoder(_Manifest).decode


def _analyse(file: LayerFile) -> Iterable[Fact]:
    if file.name == "package.json":
        place = _place(file.path)
        if place is None:
            return ()
        return _manifest(file.content, file.path, is_package=place)
    if _YARN_CACHE.search(file.path) is not None:
        return _cached(file)
    return ()


def _place(path: str) -> bool | None:
    """True for `node_modules/<name>/package.json`, None for a fixture, else False."""
    _, modules, inner = path.rpartition(_MODULES)
    first, *rest = path.split(_MODULES)
    if not modules or (first and not first.endswith("/")):
        return False
    for index, part in enumerate(rest):
        parts = part.split("/")[:-1]
        own = 2 if part.startswith("@") else 1
        if not _FIXTURES.isdisjoint(parts[own:]):
            return None
        if index == len(rest) - 1:
            return inner.count("/") == own
    return False


def _manifest(
    content: memoryview, path: str, *, is_package: bool, inside: str = ""
) -> Iterator[Fact]:
    if len(content) > MAX_MANIFEST:
        yield Trouble(path, f"has more than {MAX_MANIFEST:,} bytes, which no package.json has")
        return
    data = content[3:] if bytes(content[:3]) == _BOM else content
    try:
        manifest = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Elsewhere it may be a template, or a text that only has the name.
        if is_package:
            yield Trouble(path, f"can't be understood as package.json: {error}")
        return
    package = _package(manifest, path, inside)
    if package is not None:
        yield package


def _package(manifest: _Manifest, path: str, inside: str) -> Package | None:
    name, version = manifest.name, manifest.version
    if not (_is_word(name) and _is_word(version)):
        return None
    namespace, rest = scoped(name)
    if not rest:
        return None
    dependencies = manifest.dependencies
    return Package(
        Ecosystem.NPM,
        rest,
        version.strip(),
        path,
        namespace=namespace,
        licenses=_licenses(manifest),
        supplier=_person(manifest.author),
        requires=tuple(dependencies) if isinstance(dependencies, dict) else (),
        cataloguer="package-json",
        inside=inside,
    )


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_WORD and value.isprintable()


def _licenses(manifest: _Manifest) -> tuple[str, ...]:
    """`license` is an expression, or in old packages an object or a list of either."""
    written = manifest.license if manifest.license is not None else manifest.licenses
    values = written if isinstance(written, list) else [written]
    names = [value.get("type") if isinstance(value, dict) else value for value in values]
    return tuple(name for name in names if isinstance(name, str) and _is_word(name))


def _person(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) and _is_word(value) else ""


def _cached(file: LayerFile) -> Iterator[Fact]:
    """The package in a zip of Yarn's cache, from which Plug'n'Play runs it."""
    budget = zips.Budget()
    try:
        listing = zips.list_entries(file.content, _is_manifest, budget)
        for entry in listing.entries[:1]:
            content = zips.read_entry(file.content, entry, budget, MAX_MANIFEST)
            yield from _manifest(content, file.path, is_package=True, inside=entry.name)
    except zips.ZipError as error:
        yield Trouble(file.path, f"the archive {error}")


def _is_manifest(name: bytes) -> bool:
    return _IN_CACHE.match(name) is not None


ANALYSER = Analyser(
    "npm",
    1,
    Wants(names=frozenset({"package.json"}), suffixes=frozenset({".zip"})),
    _analyse,
)
"""npm packages, from `node_modules`, an application's root, or Yarn's cache."""
