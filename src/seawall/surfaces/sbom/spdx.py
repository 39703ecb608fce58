"""SPDX 2.2 and 2.3 in JSON, as Seawall, Syft, Trivy, GitHub and others write it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from seawall.surfaces.image.facts import Distribution
from seawall.surfaces.sbom.cyclonedx import source_of
from seawall.surfaces.sbom.purl import named_distribution
from seawall.surfaces.sbom.told import Listing, Told, ToldLayer

_OTHERS = frozenset({"CONTAINER", "OPERATING-SYSTEM", "SOURCE", "FILE", "ARCHIVE", "DEVICE"})
_BUILT = re.compile(r"built package from: (\S+) (?:(\d+):)?(\S+)")
_LAYER = re.compile(r"LayerDiffID: (sha256:[0-9a-f]{64})")
_DIFF = re.compile(r"DiffID: (sha256:[0-9a-f]{64})")
_OWN = re.compile(r"layer (\d+) (sha256:[0-9a-f]{64}) \((base|own)\)(?:: (.*))?", re.DOTALL)
_OWN_INDEX = re.compile(r"layer (\d+)")
_NONE = frozenset({"NOASSERTION", "NONE", ""})


class _Reference(Struct):
    referenceType: str = ""  # noqa: N815 -- as the schema spells it
    referenceLocator: str = ""  # noqa: N815 -- same


class _Annotation(Struct):
    comment: str = ""


class _Package(Struct):
    name: str = ""
    SPDXID: str = ""
    versionInfo: str = ""  # noqa: N815 -- as the schema spells it
    sourceInfo: str = ""  # noqa: N815 -- same
    licenseDeclared: str = ""  # noqa: N815 -- same
    supplier: str = ""
    primaryPackagePurpose: str = ""  # noqa: N815 -- same
    externalRefs: list[_Reference] | None = None  # noqa: N815 -- same
    annotations: list[_Annotation] | None = None

    def purls(self) -> list[str]:
        """Package URLs; a package mostly has one."""
        references = self.externalRefs or ()
        return [each.referenceLocator for each in references if each.referenceType == "purl"]

    def comments(self) -> Iterator[str]:
        """What tools have noted."""
        return (each.comment for each in self.annotations or ())


class _Relationship(Struct):
    spdxElementId: str = ""  # noqa: N815 -- as the schema spells it
    relationshipType: str = ""  # noqa: N815 -- same
    relatedSpdxElement: str = ""  # noqa: N815 -- same


class _Document(Struct):
    packages: list[_Package] | None = None
    relationships: list[_Relationship] | None = None
    documentDescribes: list[str] | None = None  # noqa: N815 -- as the schema spells it


_decode = msgspec.json.Decoder(_Document).decode


def read(data: bytes) -> Told:
    """What the document tells.

    Raises:
        msgspec.DecodeError: it has not the shape of SPDX.
    """
    document = _decode(data)
    described = _described(document)
    listing = Listing()
    layers: list[ToldLayer] = []
    system: Distribution | None = None
    digest = ""
    for package in document.packages or ():
        if package.primaryPackagePurpose == "OPERATING-SYSTEM":
            system = system or named_distribution(package.name, package.versionInfo)
        elif package.SPDXID in described or package.primaryPackagePurpose in _OTHERS:
            layers += _layers(package)
            digest = digest or _digest(package)
        else:
            _take(package, listing, layers)
    return Told(
        kind="sbom",
        packages=tuple(listing.packages),
        distribution=system or listing.distribution(),
        layers=tuple(layers),
        digest=digest,
        problems=listing.problems(),
    )


def _described(document: _Document) -> frozenset[str]:
    """The ids of what the document is about, which is no package in the image.

    Where it describes several, they are its packages: then none is left out.
    """
    found = set(document.documentDescribes or ())
    found.update(
        each.relatedSpdxElement
        for each in document.relationships or ()
        if each.relationshipType == "DESCRIBES"
    )
    return frozenset(found) if len(found) == 1 else frozenset()


def _take(package: _Package, listing: Listing, layers: list[ToldLayer]) -> None:
    purls = package.purls() or [""]
    built = _BUILT.search(package.sourceInfo)
    source = (
        source_of(package.name, package.versionInfo, built[1], built[2] or "", built[3], "")
        if built
        else {}
    )
    declared = package.licenseDeclared
    listing.add(
        purls[0],
        "",
        package.versionInfo,
        layer=_layer(package, layers),
        licenses=() if declared in _NONE else (declared,),
        supplier=package.supplier.partition(": ")[2],
        is_declared="asked for by a lock file" in package.sourceInfo,
        **source,
    )


def _layer(package: _Package, layers: list[ToldLayer]) -> str:
    for comment in package.comments():
        if match := _LAYER.fullmatch(comment):
            return match[1]
        if (match := _OWN_INDEX.fullmatch(comment)) and int(match[1]) < len(layers):
            return layers[int(match[1])].diff_id
    return ""


def _layers(package: _Package) -> Iterator[ToldLayer]:
    for comment in package.comments():
        if match := _OWN.fullmatch(comment):
            yield ToldLayer(
                match[2], instruction=(match[4] or "").strip(), is_base=match[3] == "base"
            )
        elif match := _DIFF.fullmatch(comment):
            yield ToldLayer(match[1])


def _digest(package: _Package) -> str:
    return package.versionInfo if package.versionInfo.startswith("sha256:") else ""
