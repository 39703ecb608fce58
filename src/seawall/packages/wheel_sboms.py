"""What a wheel bundles without metadata of its own: the bills of materials in its `.dist-info`.

Wheels that carry compiled crates, a copy of OpenSSL or vendored distributions list them in
`sboms/` (PEP 770), in CycloneDX. What the list marks as no part of the result is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from seawall.core.expression import Expression
from seawall.packages import licenses, reading
from seawall.packages.naming import by_last_slash, scoped
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

_PLACE = Expression(r"\.dist-info/sboms/[^/]+\.json$")
_PURL = Expression(r"pkg:([a-z]+)/([^@?#]+)@([^?#]+)")
_LEFT_OUT = frozenset({"excluded", "optional"})
_ECOSYSTEMS = {one.value: one for one in Ecosystem}
_SYSTEMS = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM})
_MAX_WORD = 256


class _License(Struct):
    id: str = ""
    name: str = ""


class _Choice(Struct):
    license: _License | None = None
    expression: str = ""


class _Component(Struct):
    purl: str = ""
    scope: str = ""
    licenses: list[_Choice] = []


class _Bill(Struct):
    bomFormat: str = ""  # noqa: N815 -- the name that CycloneDX gives it
    components: list[_Component] = []


_decode = msgspec.json.Decoder(_Bill).decode


def _analyse(file: LayerFile) -> Iterable[Fact]:
    return _read(file) if _PLACE.search(file.path) is not None else ()


@reading.bounded
def _read(file: LayerFile) -> Iterable[Fact]:
    try:
        bill = _decode(file.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return (Trouble(file.path, f"the bill of materials can't be understood: {error}"),)
    return _packages(bill, file.path) if bill.bomFormat == "CycloneDX" else ()


def _packages(bill: _Bill, path: str) -> Iterator[Package]:
    for component in bill.components:
        found = _PURL.match(component.purl)
        ecosystem = None if found is None else _ECOSYSTEMS.get(found[1])
        if found is None or ecosystem is None or component.scope in _LEFT_OUT:
            continue
        if ecosystem in _SYSTEMS:  # a library was copied from it, the package is not installed
            ecosystem = Ecosystem.GENERIC
        namespace, name = _names(ecosystem, unquote(found[2]).strip("/"))
        version = unquote(found[3])
        if not _is_word(namespace + name + version):
            continue
        yield Package(
            ecosystem,
            name,
            version,
            path,
            namespace=namespace,
            licenses=tuple(dict.fromkeys(filter(None, map(_license, component.licenses)))),
            cataloguer="wheel-sbom",
        )


def _names(ecosystem: Ecosystem, text: str) -> tuple[str, str]:
    if ecosystem is Ecosystem.NPM:
        return scoped(text)
    namespace, name = by_last_slash(text)
    return "" if ecosystem is Ecosystem.GENERIC else namespace, name


def _license(choice: _Choice) -> str:
    if choice.license is None:
        return choice.expression
    return choice.license.id or licenses.normalised(choice.license.name)


def _is_word(text: str) -> bool:
    return 0 < len(text) <= _MAX_WORD and text.isprintable()


ANALYSER = Analyser("wheel-sboms", 1, Wants(suffixes=frozenset({".json"})), _analyse)
"""Crates, libraries and distributions that wheels bundle."""
