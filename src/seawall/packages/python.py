"""Python distributions that are installed: `.dist-info`, `.egg-info`, eggs and zipped programs.

What is read is the core metadata
(https://packaging.python.org/en/latest/specifications/core-metadata/), wherever it lies: system
directories, virtual environments, a `.pyz` of zipapp or shiv, a `.pex`. Wheels are not read: one
that lies in an image is not installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from seawall.core.expression import BytesExpression, Expression
from seawall.packages import licenses, trove, zips
from seawall.packages.bounds import capped
from seawall.packages.naming import normalized
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MAX_METADATA = 1024 * 1024
"""Bytes of headers: those of the largest known have some 100 kB, a licence included."""

_INSTALLED = re.compile(
    r"(?:\.dist-info/METADATA|\.egg-info(?:/PKG-INFO)?|(?:^|/)EGG-INFO/PKG-INFO)$", re.IGNORECASE
)
_IN_ZIP = BytesExpression(
    rb"(?:\.dist-info/METADATA|\.egg-info/PKG-INFO|(?:^|/)EGG-INFO/PKG-INFO)$"
)
_ZIPPED = (".egg", ".pyz", ".pex")
_BODY = BytesExpression(rb"\r?\n\r?\n")
_HEADER = Expression(
    r"^(Name|Version|License-Expression|License|Classifier|Author|Author-email|Maintainer"
    r"|Maintainer-email|Requires-Dist)[ \t]*:[ \t]*(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_REQUIREMENT = Expression(r"([A-Za-z0-9][\w.-]*)")
_EXTRA = Expression(r"\bextra\s*==")
_MAX_LICENSE = 120
_CONTROL = Expression(r"[\x00-\x20\x7f]")


def _analyse(file: LayerFile) -> Iterable[Fact]:
    if _INSTALLED.search(file.path) is not None:
        package = read_metadata(file.content, file.path)
        return () if package is None else (package,)
    if file.name.lower().endswith(_ZIPPED):
        return capped(_zipped(file, is_certain=True), file.path)
    if bytes(file.content[:2]) == b"#!" and zips.is_zip(file.content):
        return capped(_zipped(file, is_certain=False), file.path)
    return ()


def read_metadata(content: memoryview, path: str, inside: str = "") -> Package | None:
    """The distribution that core metadata tells of; None where it has no name or version.

    `inside` is the place in the archive at `path`, where it is one.
    """
    head = bytes(content[:MAX_METADATA])
    body = _BODY.search(head)
    text = (head if body is None else head[: body.start()]).decode("utf-8", "replace")
    headers: dict[str, list[str]] = {}
    for key, value in _HEADER.findall(text):
        headers.setdefault(key.lower(), []).append(value.strip())
    name, version = _first(headers, "name"), _first(headers, "version")
    if not name or not version or _CONTROL.search(name + version):
        return None
    return Package(
        Ecosystem.PYPI,
        name,
        version,
        path,
        licenses=_licenses(headers),
        supplier=_supplier(headers),
        requires=_requires(headers.get("requires-dist", ())),
        cataloguer="dist-info" if ".dist-info" in (inside or path).lower() else "egg-info",
        inside=inside,
    )


def _first(headers: dict[str, list[str]], key: str) -> str:
    """The first value of a header; `UNKNOWN` is what setuptools writes for nothing."""
    value = headers.get(key, ("",))[0]
    return "" if value == "UNKNOWN" else value


def _licenses(headers: dict[str, list[str]]) -> tuple[str, ...]:
    expression = _first(headers, "license-expression")
    if expression:
        return (expression,)
    classifiers, are_sure = trove.licenses(headers.get("classifier", ()))
    text = _first(headers, "license")
    # A longer text is the licence itself, not its name.
    is_name = 0 < len(text) <= _MAX_LICENSE
    if is_name and not (classifiers and are_sure):
        return (licenses.normalised(text),)
    return classifiers


def _supplier(headers: dict[str, list[str]]) -> str:
    keys = ("author", "maintainer", "author-email", "maintainer-email")
    return next((value for key in keys if (value := _first(headers, key))), "")


def _requires(lines: Iterable[str]) -> tuple[str, ...]:
    """The names that are needed without asking for an extra, normalized, each once."""
    names: dict[str, None] = {}
    for line in lines:
        found = _REQUIREMENT.match(line)
        if found is not None and _EXTRA.search(line.partition(";")[2]) is None:
            names[normalized(found[1])] = None
    return tuple(names)


def _zipped(file: LayerFile, *, is_certain: bool) -> Iterator[Fact]:
    """The distributions in a zipped program; one that is surely meant to be a zip must be one."""
    budget = zips.Budget()
    try:
        listing = zips.list_entries(file.content, _is_metadata, budget)
    except zips.ZipError as error:
        # An old `.egg` may be a directory's link or a text; a zip always says `PK`.
        if is_certain and b"PK\x03\x04" in bytes(file.content[:1024]):
            yield Trouble(file.path, f"the archive {error}")
        return
    if listing.problem:
        yield Trouble(file.path, f"the archive: {listing.problem}")
    for entry in listing.entries:
        try:
            content = zips.read_entry(file.content, entry, budget, MAX_METADATA)
        except zips.ZipError as error:
            yield Trouble(file.path, f"{entry.name} {error}")
            if budget.inflated <= 0:
                return
            continue
        package = read_metadata(content, file.path, entry.name)
        if package is not None:
            yield package


def _is_metadata(name: bytes) -> bool:
    return _IN_ZIP.search(name) is not None


ANALYSER = Analyser(
    "python",
    1,
    Wants(
        names=frozenset({"METADATA", "PKG-INFO"}),
        suffixes=frozenset({".egg-info", *_ZIPPED}),
        # Scripts with a program in a zip behind them have any name: `#!/usr/bin/env python3`.
        magics=frozenset({b"#!/u", b"#!/b", b"#!/o", b"#! /", b"#!py"}),
    ),
    _analyse,
)
"""Python distributions; a script's last bytes tell whether it is a zipped program."""
