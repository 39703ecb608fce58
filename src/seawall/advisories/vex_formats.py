"""The three formats of VEX, each read into the fields of `vex.Statement`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct, field

Products = tuple[tuple[str, tuple[str, ...]], ...]
Raw = tuple[str, tuple[str, ...], str, Products, str, str, str]
"""flaw, aliases, status, products, justification, note, time: as `vex.Statement` has them."""

Read = tuple[str, str, str, list[Raw]]
"""format, author, time, statements."""

_MAX_STATEMENTS = 1_000_000
_MAX_DEPTH = 64


class _Probe(Struct, frozen=True):
    context: str | list[object] | dict[str, object] = field(name="@context", default="")
    bom_format: str = field(name="bomFormat", default="")
    document: object = None


def readers(data: bytes) -> Read:
    """Tell the format and read it.

    Raises:
        ValueError: none of the three, or with absurdly many statements.
        msgspec.DecodeError: not of the shape that it claims.
    """
    probe = msgspec.json.decode(data, type=_Probe)
    read: Callable[[bytes], Read]
    if "openvex" in str(probe.context):
        read = _openvex
    elif probe.bom_format == "CycloneDX":
        read = _cyclonedx
    elif probe.document is not None:
        read = _csaf
    else:
        raise ValueError("it is neither OpenVEX, CSAF nor CycloneDX")
    found = read(data)
    if len(found[3]) > _MAX_STATEMENTS:
        raise ValueError(f"it has more than {_MAX_STATEMENTS:,} statements")
    return found


class _Component(Struct, frozen=True):
    id: str = field(name="@id", default="")
    identifiers: dict[str, str] = {}
    hashes: dict[str, str] = {}
    subcomponents: list[_Component] = []

    def names(self) -> Iterator[str]:
        """All that it may be known by."""
        yield from (name for name in (self.id, *self.identifiers.values()) if name)
        for algorithm, value in self.hashes.items():
            yield f"{algorithm.replace('-', '').lower()}:{value}"


class _Named(Struct, frozen=True):
    name: str = ""
    id: str = field(name="@id", default="")
    aliases: list[str] = []


class _OpenStatement(Struct, frozen=True):
    vulnerability: _Named | str
    status: str
    products: list[_Component | str] = []
    justification: str = ""
    impact_statement: str = ""
    timestamp: str = ""
    last_updated: str = ""
    subcomponents: list[_Component | str] = []


class _OpenVex(Struct, frozen=True):
    statements: list[_OpenStatement]
    author: str = ""
    timestamp: str = ""


def _openvex(data: bytes) -> Read:
    document = msgspec.json.decode(data, type=_OpenVex)
    statements: list[Raw] = []
    for each in document.statements:
        flaw = each.vulnerability
        named = _Named(flaw) if isinstance(flaw, str) else flaw
        when = each.last_updated or each.timestamp or document.timestamp
        shared = tuple(_component_names(each.subcomponents))
        products = tuple(_openvex_products(each.products, shared))
        aliases = tuple(named.aliases)
        name = named.name or named.id.rpartition("/")[2]
        statements.append(
            (name, aliases, each.status, products, each.justification, each.impact_statement, when)
        )
    return "OpenVEX", document.author, document.timestamp, statements


def _component_names(components: Iterable[_Component | str]) -> Iterator[str]:
    for each in components:
        if isinstance(each, str):
            yield each
        else:
            yield from each.names()


def _openvex_products(
    products: Iterable[_Component | str], shared: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in products:
        if isinstance(each, str):
            yield each, shared
            continue
        parts = (*shared, *_component_names(each.subcomponents))
        for name in each.names():
            yield name, parts


class _CycloneHash(Struct, frozen=True):
    alg: str = ""
    content: str = ""


class _CycloneComponent(Struct, frozen=True):
    ref: str = field(name="bom-ref", default="")
    purl: str = ""
    name: str = ""
    hashes: list[_CycloneHash] = []
    components: list[_CycloneComponent] = []


class _CycloneMetadata(Struct, frozen=True):
    component: _CycloneComponent | None = None
    timestamp: str = ""


class _CycloneAnalysis(Struct, frozen=True):
    state: str = ""
    justification: str = ""
    detail: str = ""
    updated: str = field(name="lastUpdated", default="")
    first: str = field(name="firstIssued", default="")


class _CycloneAffects(Struct, frozen=True):
    ref: str = ""


class _CycloneReference(Struct, frozen=True):
    id: str = ""


class _CycloneVulnerability(Struct, frozen=True):
    id: str = ""
    analysis: _CycloneAnalysis | None = None
    affects: list[_CycloneAffects] = []
    references: list[_CycloneReference] = []


class _Cyclone(Struct, frozen=True):
    vulnerabilities: list[_CycloneVulnerability] = []
    components: list[_CycloneComponent] = []
    metadata: _CycloneMetadata = _CycloneMetadata()


_CYCLONE_STATES = {
    "not_affected": "not_affected",
    "false_positive": "not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
}


def _cyclonedx(data: bytes) -> Read:
    document = msgspec.json.decode(data, type=_Cyclone)
    by_ref: dict[str, tuple[str, ...]] = {}
    root = document.metadata.component
    _collect(document.components, by_ref, 0)
    _collect([root] if root else [], by_ref, 0)
    statements: list[Raw] = []
    for each in document.vulnerabilities:
        analysis = each.analysis
        if analysis is None or analysis.state not in _CYCLONE_STATES:
            continue
        refs = [_unlinked(affected.ref) for affected in each.affects]
        products = tuple(
            (name, ()) for ref in refs for name in by_ref.get(ref, (ref,) if ref else ())
        )
        aliases = tuple(reference.id for reference in each.references if reference.id)
        state = _CYCLONE_STATES[analysis.state]
        when = analysis.updated or analysis.first or document.metadata.timestamp
        statements.append(
            (each.id, aliases, state, products, analysis.justification, analysis.detail, when)
        )
    return "CycloneDX", "", document.metadata.timestamp, statements


def _collect(
    components: Iterable[_CycloneComponent], by_ref: dict[str, tuple[str, ...]], depth: int
) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError("its components are nested too deeply")
    for each in components:
        hashes = (f"{h.alg.replace('-', '').lower()}:{h.content}" for h in each.hashes)
        names = tuple(name for name in (each.purl, *hashes) if name)
        if each.ref:
            by_ref[each.ref] = names or (each.name,)
        _collect(each.components, by_ref, depth + 1)


def _unlinked(ref: str) -> str:
    """The component that a BOM-Link means: `urn:cdx:<serial>/<version>#<bom-ref>`."""
    return ref.partition("#")[2] if ref.startswith("urn:cdx:") else ref


class _CsafHash(Struct, frozen=True):
    algorithm: str = ""
    value: str = ""


class _CsafHashes(Struct, frozen=True):
    file_hashes: list[_CsafHash] = []


class _CsafHelper(Struct, frozen=True):
    purl: str = ""
    purls: list[str] = []
    hashes: list[_CsafHashes] = []


class _CsafProduct(Struct, frozen=True):
    product_id: str
    name: str = ""
    helper: _CsafHelper = field(name="product_identification_helper", default=_CsafHelper())


class _CsafBranch(Struct, frozen=True):
    branches: list[_CsafBranch] = []
    product: _CsafProduct | None = None


class _CsafRelationship(Struct, frozen=True):
    product_reference: str
    relates_to: str = field(name="relates_to_product_reference")
    product: _CsafProduct = field(name="full_product_name")


class _CsafGroup(Struct, frozen=True):
    group_id: str
    product_ids: list[str]


class _CsafTree(Struct, frozen=True):
    branches: list[_CsafBranch] = []
    full_product_names: list[_CsafProduct] = []
    relationships: list[_CsafRelationship] = []
    product_groups: list[_CsafGroup] = []


class _CsafStatus(Struct, frozen=True):
    known_not_affected: list[str] = []
    fixed: list[str] = []
    first_fixed: list[str] = []
    known_affected: list[str] = []
    under_investigation: list[str] = []


class _CsafFlag(Struct, frozen=True):
    label: str = ""
    product_ids: list[str] = []
    group_ids: list[str] = []


class _CsafThreat(Struct, frozen=True):
    category: str = ""
    details: str = ""
    product_ids: list[str] = []
    group_ids: list[str] = []


class _CsafId(Struct, frozen=True):
    text: str = ""


class _CsafVulnerability(Struct, frozen=True):
    cve: str = ""
    ids: list[_CsafId] = []
    product_status: _CsafStatus = _CsafStatus()
    flags: list[_CsafFlag] = []
    threats: list[_CsafThreat] = []


class _CsafTracking(Struct, frozen=True):
    current_release_date: str = ""


class _CsafPublisher(Struct, frozen=True):
    name: str = ""


class _CsafDocument(Struct, frozen=True):
    tracking: _CsafTracking = _CsafTracking()
    publisher: _CsafPublisher = _CsafPublisher()


class _Csaf(Struct, frozen=True):
    document: _CsafDocument
    product_tree: _CsafTree = _CsafTree()
    vulnerabilities: list[_CsafVulnerability] = []


def _csaf(data: bytes) -> Read:
    document = msgspec.json.decode(data, type=_Csaf)
    when = document.document.tracking.current_release_date
    products = _csaf_products(document.product_tree)
    groups = {each.group_id: each.product_ids for each in document.product_tree.product_groups}
    statements = [
        statement
        for each in document.vulnerabilities
        for statement in _csaf_statements(each, products, groups, when)
    ]
    return "CSAF", document.document.publisher.name, when, statements


def _csaf_products(tree: _CsafTree) -> dict[str, Products]:
    """What each product id stands for; a relationship is a part of a product."""
    found: dict[str, Products] = {}
    waiting = [(branch, 0) for branch in tree.branches]
    for product in tree.full_product_names:
        found[product.product_id] = _csaf_names(product)
    while waiting:
        branch, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise ValueError("its product tree is nested too deeply")
        if branch.product is not None:
            found[branch.product.product_id] = _csaf_names(branch.product)
        waiting.extend((each, depth + 1) for each in branch.branches)
    for relation in tree.relationships:
        parts = tuple(name for name, _ in found.get(relation.product_reference, ()))
        whole = found.get(relation.relates_to, ())
        own = _csaf_names(relation.product) if relation.product.helper.purl else ()
        found[relation.product.product_id] = own or tuple((name, parts) for name, _ in whole)
    return found


def _csaf_names(product: _CsafProduct) -> Products:
    helper = product.helper
    hashes = [
        f"{each.algorithm.replace('-', '').lower()}:{each.value}"
        for group in helper.hashes
        for each in group.file_hashes
    ]
    names = [name for name in (helper.purl, *helper.purls, *hashes) if name]
    return tuple((name, ()) for name in names or [product.name] if name)


def _csaf_statements(
    flaw: _CsafVulnerability,
    products: dict[str, Products],
    groups: dict[str, list[str]],
    when: str,
) -> Iterator[Raw]:
    status = flaw.product_status
    listed = (
        ("known_affected", "affected", status.known_affected),
        ("under_investigation", "under_investigation", status.under_investigation),
        ("known_not_affected", "not_affected", status.known_not_affected),
        ("fixed", "fixed", [*status.fixed, *status.first_fixed]),
    )
    ids = [name for name in (flaw.cve, *(each.text for each in flaw.ids)) if name]
    for _, word, numbers in listed:
        for number in numbers:
            flag, note = _csaf_reason(flaw, number, groups)
            meant = products.get(number, ())
            if ids and meant:
                yield ids[0], tuple(ids[1:]), word, meant, flag, note, when


def _csaf_reason(
    flaw: _CsafVulnerability, number: str, groups: dict[str, list[str]]
) -> tuple[str, str]:
    def is_on(each: _CsafFlag | _CsafThreat) -> bool:
        numbers = [*each.product_ids, *(n for g in each.group_ids for n in groups.get(g, ()))]
        return number in numbers or not (each.product_ids or each.group_ids)

    flag = next((each.label for each in flaw.flags if is_on(each)), "")
    threats = (each.details for each in flaw.threats if each.category == "impact" and is_on(each))
    return flag, next(threats, "")
