"""SPDX 2.3 in JSON: what an image holds.

The same image gives the same bytes: the namespace is made of the content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct

from seawall.core.clean import clean_line
from seawall.reports import RenderOptions
from seawall.reports.components import (
    SYSTEM,
    Component,
    Links,
    components,
    image_url,
    instructions_of,
    licenses_of,
    told_time,
)
from seawall.reports.suppliers import supplier_of
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package
from seawall.surfaces.image.model import Image

if TYPE_CHECKING:
    from seawall.jobs.scan import Scanned

_NAMESPACE = "https://spdx.org/spdxdocs/seawall/"
_DOCUMENT = "SPDXRef-DOCUMENT"
_IMAGE = "SPDXRef-Image"
_SYSTEM = "SPDXRef-OperatingSystem"
_NO_TIME = "1970-01-01T00:00:00Z"
_ODD = re.compile(r"[^A-Za-z0-9.-]+")
_UNKNOWN = "NOASSERTION"
_TOOL = "Tool: seawall"
_MOST_ID = 80

Json = dict[str, object]


class PackageRow(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A package as the schema has it; names are the schema's."""

    SPDXID: str
    name: str
    versionInfo: str = ""  # noqa: N815 -- as the schema spells it
    supplier: str = ""
    downloadLocation: str = msgspec.field(default_factory=lambda: _UNKNOWN)  # noqa: N815 -- same
    filesAnalyzed: bool = msgspec.field(default_factory=lambda: False)  # noqa: N815 -- same
    sourceInfo: str = ""  # noqa: N815 -- same
    licenseConcluded: str = msgspec.field(default_factory=lambda: _UNKNOWN)  # noqa: N815 -- same
    licenseDeclared: str  # noqa: N815 -- same
    copyrightText: str = msgspec.field(default_factory=lambda: _UNKNOWN)  # noqa: N815 -- same
    comment: str = ""
    externalRefs: tuple[Json, ...] = ()  # noqa: N815 -- same
    annotations: tuple[Json, ...] = ()
    primaryPackagePurpose: str  # noqa: N815 -- same


class RelationshipRow(Struct, frozen=True, gc=False):
    """Who is related to whom, and how."""

    spdxElementId: str  # noqa: N815 -- as the schema spells it
    relationshipType: str  # noqa: N815 -- same
    relatedSpdxElement: str  # noqa: N815 -- same


class Document(Struct, frozen=True, omit_defaults=True):
    """The whole document, its head excepted."""

    packages: tuple[PackageRow, ...]
    relationships: tuple[RelationshipRow, ...]
    hasExtractedLicensingInfos: tuple[Json, ...] = ()  # noqa: N815 -- as the schema spells it


def render(scanned: Scanned, options: RenderOptions) -> str:
    """The document on one line."""
    image = scanned.image
    created = told_time(options.date, image.config.created) or _NO_TIME
    writer = _Writer(image, created)
    document = writer.document()
    body = msgspec.json.encode(document).decode()
    version = f"-{_ODD.sub('-', options.version)}" if options.version else ""
    head: Json = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": clean_line(image.name) or "image",
        "documentNamespace": _NAMESPACE + str(uuid5(NAMESPACE_URL, _NAMESPACE + created + body)),
        "creationInfo": {"created": created, "creators": [f"{_TOOL}{version}"]},
    }
    return f"{msgspec.json.encode(head).decode()[:-1]},{body[1:]}\n"


class _Writer:
    """One document: knows the ids of its packages and the licences that SPDX has no name for."""

    def __init__(self, image: Image, created: str) -> None:
        self._image = image
        self._created = created
        self._found = components(image)
        self._ids = _ids(self._found)
        self._licenses = _Licenses()

    def document(self) -> Document:
        """The packages and how they hang together."""
        packages = (self._whole(), *self._system(), *map(self._package, self._found))
        return Document(packages, tuple(self._relationships()), self._licenses.told())

    def _whole(self) -> PackageRow:
        image = self._image
        url = image_url(image)
        return PackageRow(
            SPDXID=_IMAGE,
            name=clean_line(image.name) or "image",
            versionInfo=clean_line(image.digest),
            licenseDeclared=_UNKNOWN,
            comment="; ".join(self._facts()),
            externalRefs=(_purl(url),) if url else (),
            annotations=tuple(map(self._annotation, _layers(image))),
            primaryPackagePurpose="CONTAINER",
        )

    def _facts(self) -> Iterator[str]:
        image = self._image
        platform = image.platform or image.config.platform
        if platform:
            yield f"platform {clean_line(platform)}"
        yield from (f"tag {clean_line(tag)}" for tag in image.tags)
        yield from map(clean_line, image.problems)

    def _system(self) -> Iterator[PackageRow]:
        distribution = self._image.distribution
        if distribution is not None:
            yield PackageRow(
                SPDXID=_SYSTEM,
                name=clean_line(distribution.id) or "unknown",
                versionInfo=_release(distribution),
                licenseDeclared=_UNKNOWN,
                comment=clean_line(distribution.pretty_name),
                primaryPackagePurpose="OPERATING-SYSTEM",
            )

    def _package(self, component: Component) -> PackageRow:
        package = component.package
        is_program = package.ecosystem is Ecosystem.GENERIC
        return PackageRow(
            SPDXID=self._ids[component.url],
            name=_full_name(package),
            versionInfo=clean_line(package.version),
            supplier=_supplier(package),
            sourceInfo=_source(component),
            licenseDeclared=self._licenses.of(package),
            externalRefs=(_purl(component.url),),
            annotations=(self._annotation(_layer(component)),),
            primaryPackagePurpose="APPLICATION" if is_program else "LIBRARY",
        )

    def _annotation(self, comment: str) -> Json:
        return {
            "annotationDate": self._created,
            "annotationType": "OTHER",
            "annotator": _TOOL,
            "comment": comment,
        }

    def _relationships(self) -> Iterator[RelationshipRow]:
        """The document describes the image; what it holds, and what packages depend on."""
        yield RelationshipRow(_DOCUMENT, "DESCRIBES", _IMAGE)
        has_system = self._image.distribution is not None
        if has_system:
            yield RelationshipRow(_IMAGE, "CONTAINS", _SYSTEM)
        links = Links(self._found)
        for each in self._found:
            own = self._ids[each.url]
            yield RelationshipRow(self._holder(each, has_system), "CONTAINS", own)
            for url in links.of(each):
                yield RelationshipRow(own, "DEPENDS_ON", self._ids[url])

    def _holder(self, component: Component, has_system: bool) -> str:
        if component.owner:
            return self._ids[component.owner]
        is_system = has_system and component.package.ecosystem in SYSTEM
        return _SYSTEM if is_system else _IMAGE


def _ids(found: Sequence[Component]) -> Mapping[str, str]:
    """Ids that can be read, each once: `SPDXRef-deb-libc6-2.36-9`."""
    ids: dict[str, str] = {}
    used: set[str] = set()
    for component in found:
        package = component.package
        words = (package.ecosystem.value, package.namespace, package.name, package.version)
        name = _ODD.sub("-", "-".join(filter(None, words)))[:_MOST_ID].strip("-")
        number, written = 1, name
        while written in used:
            number += 1
            written = f"{name}-{number}"
        used.add(written)
        ids[component.url] = f"SPDXRef-{written}"
    return ids


class _Licenses:
    """What packages declare; texts that are no SPDX expression get a name of the document's."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._used: set[str] = set()

    def of(self, package: Package) -> str:
        """One expression of all that a package declares, which all hold."""
        parts = [
            expression or self._reference(text) for expression, text in licenses_of(package) if text
        ]
        if len(parts) > 1:
            parts = [f"({part})" if " OR " in part else part for part in parts]
        return " AND ".join(dict.fromkeys(parts)) or _UNKNOWN

    def told(self) -> tuple[Json, ...]:
        """What those names stand for; the texts themselves nobody has looked for."""
        return tuple(
            {"licenseId": name, "name": text, "extractedText": text}
            for text, name in self._names.items()
        )

    def _reference(self, text: str) -> str:
        known = self._names.get(text)
        if known is None:
            base = "LicenseRef-" + (_ODD.sub("-", text)[:_MOST_ID].strip("-.") or "unnamed")
            number, known = 1, base
            while known in self._used:
                number += 1
                known = f"{base}-{number}"
            self._used.add(known)
            self._names[text] = known
        return known


def _purl(url: str) -> Json:
    return {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": url,
    }


def _layers(image: Image) -> Iterator[str]:
    instructions = instructions_of(image)
    for layer in image.layers:
        whose = "base" if layer.is_base else "own"
        made = instructions[layer.index]
        yield f"layer {layer.index} {clean_line(layer.diff_id)} ({whose}): {made}".rstrip(": ")


def _release(distribution: Distribution) -> str:
    return clean_line(distribution.version_id or distribution.codename)


def _full_name(package: Package) -> str:
    """With its namespace: `@babel/core`, `org.slf4j:slf4j-api`."""
    if not package.namespace:
        return clean_line(package.name) or "unknown"
    joint = ":" if package.ecosystem is Ecosystem.MAVEN else "/"
    return clean_line(f"{package.namespace}{joint}{package.name}")


def _supplier(package: Package) -> str:
    name, email = supplier_of(package.supplier)
    name = re.sub(r"[()]+", " ", name).strip()
    if not name and not email:
        return _UNKNOWN
    return f"Organization: {name or email}" + (f" ({email})" if email and name else "")


def _source(component: Component) -> str:
    package = component.package
    places = sorted({clean_line(f"/{held.fact.path}") for held in component.held})
    built = f"; built from {clean_line(package.source)}" if package.source else ""
    asked = "; asked for by a lock file, not seen installed" if component.is_declared else ""
    cataloguer = clean_line(package.cataloguer or package.ecosystem.value)
    return f"found by {cataloguer} in {', '.join(places)}{built}{asked}"


def _layer(component: Component) -> str:
    return f"layer {component.held[0].layer}"
