"""CycloneDX in JSON, versions 1.2 to 1.6, as Seawall, Syft, Trivy and others write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from seawall.surfaces.image.facts import Distribution
from seawall.surfaces.sbom.purl import named_distribution
from seawall.surfaces.sbom.told import Listing, Told, ToldLayer

MAX_COMPONENTS = 1_000_000
_PACKAGES = frozenset({"library", "framework", "application", "platform", "firmware", ""})
_MUST_HAVE_URL = frozenset({"library", "framework"})


class _Property(Struct):
    name: str = ""
    value: str | None = None


class _License(Struct):
    id: str | None = None
    name: str | None = None


class _Choice(Struct):
    license: _License | None = None
    expression: str | None = None


class _Occurrence(Struct):
    location: str = ""


class _Evidence(Struct):
    occurrences: list[_Occurrence] | None = None


class _Supplier(Struct):
    name: str | None = None


class _Component(Struct):
    type: str = ""
    name: str = ""
    version: str | None = None
    purl: str | None = None
    scope: str | None = None
    supplier: _Supplier | None = None
    publisher: str | None = None
    licenses: list[_Choice] | None = None
    evidence: _Evidence | None = None
    properties: list[_Property] | None = None
    components: list[_Component] | None = None

    def told(self) -> dict[str, str]:
        """The properties; the first of a name counts."""
        found: dict[str, str] = {}
        for each in self.properties or ():
            found.setdefault(each.name, each.value or "")
        return found


class _Metadata(Struct):
    component: _Component | None = None


class _Document(Struct):
    metadata: _Metadata | None = None
    components: list[_Component] | None = None


_decode = msgspec.json.Decoder(_Document).decode


def read(data: bytes) -> Told:
    """What the document tells.

    Raises:
        msgspec.DecodeError: it has not the shape of CycloneDX.
    """
    document = _decode(data)
    listing = Listing()
    system: Distribution | None = None
    for component in _all(document.components):
        if component.type == "operating-system":
            system = system or _distribution(component)
        elif _is_package(component):
            _take(component, listing)
    whole = (document.metadata and document.metadata.component) or _Component()
    return Told(
        kind="sbom",
        packages=tuple(listing.packages),
        distribution=system or listing.distribution(),
        layers=tuple(_layers(whole)),
        digest=_digest(whole),
        platform=whole.told().get("seawall:image:platform", ""),
        tags=tuple(
            each.value
            for each in whole.properties or ()
            if each.name in {"seawall:image:tag", "aquasecurity:trivy:RepoTag"} and each.value
        ),
        problems=listing.problems(),
    )


def _all(components: list[_Component] | None) -> Iterator[_Component]:
    """Also those inside others, in order."""
    stack = list(reversed(components or ()))
    for _ in range(MAX_COMPONENTS):
        if not stack:
            return
        component = stack.pop()
        yield component
        stack += reversed(component.components or ())
    message = f"more than {MAX_COMPONENTS} components"
    raise msgspec.ValidationError(message)


def _is_package(component: _Component) -> bool:
    if component.scope == "excluded" or component.type not in _PACKAGES:
        return False
    return bool(component.purl) or component.type in _MUST_HAVE_URL


def _take(component: _Component, listing: Listing) -> None:
    told = component.told()
    listing.add(
        component.purl or "",
        _path(component, told),
        component.version or "",
        layer=_layer(told),
        licenses=tuple(filter(None, map(_license, component.licenses or ()))),
        supplier=(component.supplier and component.supplier.name) or component.publisher or "",
        is_declared=told.get("seawall:package:declared") == "true",
        cataloguer=told.get("seawall:package:cataloguer")
        or told.get("syft:package:foundBy")
        or told.get("aquasecurity:trivy:PkgType", ""),
        **_source(component, told),
    )


def _path(component: _Component, told: Mapping[str, str]) -> str:
    seen = component.evidence.occurrences if component.evidence else None
    path = (
        told.get("seawall:package:path")
        or told.get("syft:location:0:path")
        or told.get("aquasecurity:trivy:FilePath")
        or (seen[0].location if seen else "")
    )
    return path.lstrip("/")


def _layer(told: Mapping[str, str]) -> str:
    return (
        told.get("seawall:layer:diffID")
        or told.get("aquasecurity:trivy:LayerDiffID")
        or told.get("syft:location:0:layerID", "")
    )


def _source(component: _Component, told: Mapping[str, str]) -> dict[str, str]:
    """What Trivy says that a package was built from."""
    name = told.get("aquasecurity:trivy:SrcName", "")
    if not name:
        return {}
    return source_of(
        component.name,
        component.version or "",
        name,
        told.get("aquasecurity:trivy:SrcEpoch", ""),
        told.get("aquasecurity:trivy:SrcVersion", ""),
        told.get("aquasecurity:trivy:SrcRelease", ""),
    )


def source_of(
    name: str, version: str, source: str, epoch: str, upstream: str, release: str
) -> dict[str, str]:
    """Source and its version, where they differ from the package's own."""
    whole = f"{upstream}-{release}" if release else upstream
    whole = f"{epoch}:{whole}" if epoch.isdigit() and epoch != "0" else whole
    return {
        "source": "" if source == name else source,
        "source_version": "" if whole == version else whole,
    }


def _license(choice: _Choice) -> str:
    if choice.license is None:
        return choice.expression or ""
    return choice.license.id or choice.license.name or ""


def _distribution(component: _Component) -> Distribution:
    told = component.told()
    return named_distribution(
        component.name,
        component.version or "",
        told.get("seawall:distribution:name", ""),
        told.get("seawall:distribution:codename", ""),
    )


def _layers(whole: _Component) -> Iterator[ToldLayer]:
    """As Seawall numbers them, or as Trivy lists them."""
    told = whole.told()
    for each in whole.properties or ():
        head, _, tail = each.name.removeprefix("seawall:layer:").partition(":")
        if each.name.startswith("seawall:layer:") and tail == "diffID" and each.value:
            name = f"seawall:layer:{head}"
            yield ToldLayer(
                each.value,
                told.get(f"{name}:digest", ""),
                instruction=told.get(f"{name}:instruction", ""),
                is_base=told.get(f"{name}:from") == "base",
            )
        elif each.name == "aquasecurity:trivy:DiffID" and each.value:
            yield ToldLayer(each.value)


def _digest(whole: _Component) -> str:
    version = whole.version or ""
    return version if version.startswith("sha256:") else ""
