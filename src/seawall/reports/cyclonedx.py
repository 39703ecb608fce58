"""CycloneDX 1.6 in JSON (ECMA-424): what an image holds, and the flaws of it where they are known.

The same image gives the same bytes: the serial number is made of the content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct, field

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
from seawall.reports.cyclonedx_flaws import VulnerabilityRow, vulnerabilities
from seawall.reports.cyclonedx_parts import Property, properties
from seawall.reports.suppliers import supplier_of
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package
from seawall.surfaces.image.model import Image, Layer

if TYPE_CHECKING:
    from seawall.jobs.scan import Scanned

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_SERIALS = "https://cyclonedx.org/seawall/"
_SYSTEM_REF = "operating-system"
_IMAGE_REF = "image"

Json = dict[str, object]


class Occurrence(Struct, frozen=True, gc=False, omit_defaults=True):
    """One place of a component."""

    location: str
    additionalContext: str = ""  # noqa: N815 -- as the schema spells it


class Evidence(Struct, frozen=True, gc=False):
    """Where a component was seen."""

    occurrences: tuple[Occurrence, ...]


class ComponentRow(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A component as the schema has it; `ref` is its `bom-ref`."""

    type: str
    ref: str = field(name="bom-ref")
    supplier: Json | None = None
    group: str = ""
    name: str
    version: str = ""
    licenses: tuple[Json, ...] = ()
    purl: str = ""
    components: tuple[ComponentRow, ...] = ()
    evidence: Evidence | None = None
    properties: tuple[Property, ...] = ()


class DependencyRow(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a component depends on."""

    ref: str
    dependsOn: tuple[str, ...] = ()  # noqa: N815 -- as the schema spells it


class Document(Struct, frozen=True, omit_defaults=True):
    """The whole document, its head excepted."""

    metadata: Json
    components: tuple[ComponentRow, ...]
    dependencies: tuple[DependencyRow, ...]
    vulnerabilities: tuple[VulnerabilityRow, ...] = ()


def render(scanned: Scanned, options: RenderOptions) -> str:
    """The document on one line."""
    image = scanned.image
    found = components(image)
    links = Links(found)
    layers = {layer.index: _of_layer(layer) for layer in image.layers}
    document = Document(
        metadata=_metadata(image, options),
        components=(*_distribution(image.distribution), *_rows(found, layers)),
        dependencies=tuple(_dependencies(image, found, links)),
        vulnerabilities=tuple(vulnerabilities(scanned)),
    )
    body = msgspec.json.encode(document)
    head: Json = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, _SERIALS + body.decode())}",
        "version": 1,
    }
    return f"{msgspec.json.encode(head).decode()[:-1]},{body.decode()[1:]}\n"


def _metadata(image: Image, options: RenderOptions) -> Json:
    told = told_time(options.date, image.config.created)
    tool: Json = {"type": "application", "name": "seawall"}
    if options.version:
        tool["version"] = options.version
    return {
        **({"timestamp": told} if told else {}),
        "tools": {"components": [tool]},
        "component": _image(image),
    }


def _image(image: Image) -> ComponentRow:
    return ComponentRow(
        type="container",
        ref=_IMAGE_REF,
        name=clean_line(image.name) or "image",
        version=clean_line(image.digest),
        purl=image_url(image),
        properties=(*_facts(image), *_layers(image)),
    )


def _facts(image: Image) -> tuple[Property, ...]:
    return properties(
        ("image:kind", image.kind),
        ("image:digest", image.digest),
        ("image:platform", image.platform or image.config.platform),
        *(("image:tag", tag) for tag in image.tags),
        *(("image:problem", problem) for problem in image.problems),
    )


def _layers(image: Image) -> Iterator[Property]:
    """What a component's `layer:index` means."""
    instructions = instructions_of(image)
    for layer in image.layers:
        name = f"layer:{layer.index}"
        yield from properties(
            (f"{name}:diffID", layer.diff_id),
            (f"{name}:digest", layer.digest),
            (f"{name}:instruction", instructions[layer.index]),
            (f"{name}:from", _whose(layer)),
        )


def _distribution(distribution: Distribution | None) -> Iterator[ComponentRow]:
    if distribution is not None:
        yield ComponentRow(
            type="operating-system",
            ref=_SYSTEM_REF,
            name=clean_line(distribution.id) or "unknown",
            version=clean_line(distribution.version_id or distribution.codename),
            properties=properties(
                ("distribution:name", distribution.pretty_name),
                ("distribution:codename", distribution.codename),
                ("distribution:variant", distribution.variant_id),
            ),
        )


def _of_layer(layer: Layer) -> tuple[Property, ...]:
    """What a component says of the layer that brought it; the image has more of it."""
    return properties(
        ("layer:index", str(layer.index)),
        ("layer:diffID", layer.diff_id),
        ("layer:from", _whose(layer)),
    )


def _whose(layer: Layer) -> str:
    return "base" if layer.is_base else "own"


def _rows(
    found: Sequence[Component], layers: Mapping[int, tuple[Property, ...]]
) -> Iterator[ComponentRow]:
    """The components; a distribution's package holds what is part of it."""
    inner: dict[str, list[ComponentRow]] = {}
    for component in found:
        if component.owner:
            inner.setdefault(component.owner, []).append(_row(component, (), layers))
    for component in found:
        if not component.owner:
            yield _row(component, tuple(inner.get(component.url, ())), layers)


def _row(
    component: Component,
    inner: tuple[ComponentRow, ...],
    layers: Mapping[int, tuple[Property, ...]],
) -> ComponentRow:
    package = component.package
    return ComponentRow(
        type="application" if package.ecosystem is Ecosystem.GENERIC else "library",
        ref=component.url,
        supplier=_supplier(package),
        group=clean_line(package.namespace),
        name=clean_line(package.name) or "unknown",
        version=clean_line(package.version),
        licenses=tuple(_licenses(package)),
        purl=component.url,
        components=inner,
        evidence=Evidence(tuple(_occurrences(component))),
        properties=(*layers.get(component.held[0].layer, ()), *_told(component)),
    )


def _supplier(package: Package) -> Json | None:
    name, email = supplier_of(package.supplier)
    if not name and not email:
        return None
    contact = {"contact": [{"email": email}]} if email else {}
    return {"name": name or email, **contact}


def _licenses(package: Package) -> Iterator[Json]:
    """One expression stands alone; of several each is a licence, by its id or by name."""
    found = licenses_of(package)
    for expression, text in found:
        if expression and not set(expression) & set(" ()+:") and "LicenseRef" not in expression:
            yield {"license": {"id": expression}}
        elif expression and len(found) == 1:
            yield {"expression": expression}
        elif text:
            yield {"license": {"name": expression or text}}


def _occurrences(component: Component) -> Iterator[Occurrence]:
    for held in component.held:
        fact = held.fact
        inside = f"!/{fact.inside}" if fact.inside else ""
        context = f"layer {held.layer}" + (" (declared)" if fact.is_declared else "")
        yield Occurrence(clean_line(f"/{fact.path}{inside}"), context)


def _told(component: Component) -> tuple[Property, ...]:
    package = component.package
    return properties(
        ("package:path", package.path),
        ("package:cataloguer", package.cataloguer),
        ("package:source", package.source),
        ("package:sourceVersion", package.source_version),
        ("package:declared", "true" if component.is_declared else ""),
        ("package:partOf", component.owner),
    )


def _dependencies(
    image: Image, found: Sequence[Component], links: Links
) -> Iterator[DependencyRow]:
    """The image rests on its distribution, and on what nothing in it requires."""
    edges = {component.url: links.of(component) for component in found}
    needed = {url for wanted in edges.values() for url in wanted}
    system = [each.url for each in found if each.package.ecosystem in SYSTEM]
    has_system = image.distribution is not None
    loose = (
        each.url
        for each in found
        if not each.owner
        and each.url not in needed
        and not (has_system and each.package.ecosystem in SYSTEM)
    )
    yield DependencyRow(_IMAGE_REF, (*((_SYSTEM_REF,) if has_system else ()), *loose))
    if has_system:
        yield DependencyRow(_SYSTEM_REF, tuple(system))
    for url, wanted in edges.items():
        yield DependencyRow(url, wanted)
