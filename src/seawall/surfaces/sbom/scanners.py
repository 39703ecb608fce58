"""The reports of Trivy, Grype and Syft in JSON: their packages, and what they say is wrong.

What they say is wrong is only kept for comparing: the packages are judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from seawall.surfaces.image.config import ImageConfig, read_config
from seawall.surfaces.image.facts import Distribution
from seawall.surfaces.sbom.cyclonedx import source_of
from seawall.surfaces.sbom.purl import named_distribution
from seawall.surfaces.sbom.told import Listing, Told, ToldLayer

_FAMILIES = {
    "suse linux enterprise server": "sles",
    "opensuse.leap": "opensuse-leap",
    "opensuse.tumbleweed": "opensuse-tumbleweed",
    "cbl-mariner": "mariner",
}
"""Distributions as Trivy calls them, and their ids."""


class _Layer(Struct):
    DiffID: str = ""


class _Identifier(Struct):
    PURL: str = ""


class _TrivyPackage(Struct):
    Name: str = ""
    Version: str = ""
    Release: str = ""
    Epoch: int = 0
    SrcName: str = ""
    SrcVersion: str = ""
    SrcRelease: str = ""
    SrcEpoch: int = 0
    FilePath: str = ""
    Licenses: list[str] | None = None
    Maintainer: str = ""
    Identifier: _Identifier | None = None
    Layer: _Layer | None = None


class _TrivyFlaw(Struct):
    VulnerabilityID: str = ""
    VendorIDs: list[str] | None = None
    PkgName: str = ""
    PkgPath: str = ""
    InstalledVersion: str = ""
    PkgIdentifier: _Identifier | None = None
    Layer: _Layer | None = None


class _Result(Struct):
    Target: str = ""
    Class: str = ""
    Packages: list[_TrivyPackage] | None = None
    Vulnerabilities: list[_TrivyFlaw] | None = None


class _System(Struct):
    Family: str = ""
    Name: str = ""


class _TrivyMetadata(Struct):
    OS: _System | None = None
    RepoTags: list[str] | None = None
    RepoDigests: list[str] | None = None
    DiffIDs: list[str] | None = None
    ImageConfig: msgspec.Raw = msgspec.Raw()


class _TrivyReport(Struct):
    ArtifactName: str = ""
    Metadata: _TrivyMetadata | None = None
    Results: list[_Result] | None = None


_decode_trivy = msgspec.json.Decoder(_TrivyReport).decode


def read_trivy(data: bytes) -> Told:
    """What a report of Trivy tells.

    Without `--list-all-pkgs` it names only the packages that Trivy found flaws in: then those are
    judged, and the rest is said to be missing.

    Raises:
        msgspec.DecodeError: it has not the shape of such a report.
        InputError: the configuration in it can't be understood.
    """
    report = _decode_trivy(data)
    metadata = report.Metadata or _TrivyMetadata()
    config = read_config(bytes(metadata.ImageConfig), "Trivy's report")
    listing = Listing()
    results = report.Results or []
    for result in results:
        for package in result.Packages or ():
            _take_trivy(package, result, listing)
    is_whole = any(result.Packages for result in results)
    if not is_whole:
        _take_flawed(results, listing)
    partial = ("Trivy's report lists only packages with flaws; make it with --list-all-pkgs",)
    return Told(
        kind="trivy",
        packages=tuple(listing.packages),
        distribution=_family(metadata.OS) or listing.distribution(),
        layers=tuple(map(ToldLayer, metadata.DiffIDs or config.diff_ids)),
        config=config,
        digest=_repository_digest(metadata.RepoDigests),
        tags=tuple(metadata.RepoTags or ()),
        claimed=_distinct(_claims(results)),
        problems=(*listing.problems(), *(() if is_whole else partial)),
    )


def _take_trivy(package: _TrivyPackage, result: _Result, listing: Listing) -> None:
    version = f"{package.Version}-{package.Release}" if package.Release else package.Version
    version = f"{package.Epoch}:{version}" if package.Epoch else version
    source = source_of(
        package.Name,
        version,
        package.SrcName,
        str(package.SrcEpoch),
        package.SrcVersion,
        package.SrcRelease,
    )
    is_system = result.Class == "os-pkgs"
    listing.add(
        package.Identifier.PURL if package.Identifier else "",
        package.FilePath or ("" if is_system else result.Target),
        version,
        layer=package.Layer.DiffID if package.Layer else "",
        licenses=tuple(package.Licenses or ()),
        supplier=package.Maintainer,
        **(source if is_system and package.SrcName else {}),
    )


def _take_flawed(results: Iterable[_Result], listing: Listing) -> None:
    seen: set[tuple[str, str]] = set()
    for result in results:
        for flaw in result.Vulnerabilities or ():
            purl = flaw.PkgIdentifier.PURL if flaw.PkgIdentifier else ""
            if purl and (purl, flaw.PkgPath) not in seen:
                seen.add((purl, flaw.PkgPath))
                layer = flaw.Layer.DiffID if flaw.Layer else ""
                listing.add(purl, flaw.PkgPath or result.Target, layer=layer)


def _family(system: _System | None) -> Distribution | None:
    if system is None or not system.Family:
        return None
    family = system.Family.lower()
    return named_distribution(_FAMILIES.get(family, family), system.Name)


def _repository_digest(digests: Iterable[str] | None) -> str:
    return next((each.rpartition("@")[2] for each in digests or () if "@" in each), "")


def _claims(results: Iterable[_Result]) -> Iterator[tuple[str, ...]]:
    for result in results:
        for flaw in result.Vulnerabilities or ():
            if flaw.VulnerabilityID:
                yield (flaw.VulnerabilityID, *(flaw.VendorIDs or ()))


class _Location(Struct):
    path: str = ""
    layerID: str = ""  # noqa: N815 -- as Anchore's tools spell it


class _Artifact(Struct, frozen=True):
    name: str = ""
    version: str = ""
    purl: str = ""
    foundBy: str = ""  # noqa: N815 -- as Anchore's tools spell it
    locations: list[_Location] | None = None
    licenses: list[msgspec.Raw] | None = None


class _Id(Struct, frozen=True):
    id: str = ""


class _GrypeMatch(Struct):
    vulnerability: _Id = _Id()
    relatedVulnerabilities: list[_Id] | None = None  # noqa: N815 -- as Grype spells it
    artifact: _Artifact = _Artifact()


class _Distro(Struct):
    id: str = ""
    name: str = ""
    version: str = ""
    versionID: str = ""  # noqa: N815 -- as Syft spells it
    prettyName: str = ""  # noqa: N815 -- same
    versionCodename: str = ""  # noqa: N815 -- same


class _SourceLayer(Struct):
    digest: str = ""
    size: int = 0


class _Target(Struct):
    userInput: str = ""  # noqa: N815 -- as Anchore's tools spell it
    manifestDigest: str = ""  # noqa: N815 -- same
    tags: list[str] | None = None
    layers: list[_SourceLayer] | None = None
    architecture: str = ""
    os: str = ""


class _Source(Struct):
    target: msgspec.Raw = msgspec.Raw()
    metadata: msgspec.Raw = msgspec.Raw()


class _AnchoreReport(Struct):
    artifacts: list[_Artifact] | None = None
    matches: list[_GrypeMatch] | None = None
    distro: _Distro | None = None
    source: _Source | None = None


_decode_anchore = msgspec.json.Decoder(_AnchoreReport).decode


def read_grype(data: bytes) -> Told:
    """What a report of Grype tells: the packages that it found flaws in, and no others.

    Raises:
        msgspec.DecodeError: it has not the shape of such a report.
    """
    report = _decode_anchore(data)
    matches = report.matches or []
    seen: dict[tuple[str, str], _Artifact] = {}
    for match in matches:
        seen.setdefault((match.artifact.purl, _where(match.artifact).path), match.artifact)
    claimed = _distinct(
        (match.vulnerability.id, *(each.id for each in match.relatedVulnerabilities or ()))
        for match in matches
    )
    partial = "Grype's report lists only packages with flaws: scan the image or its SBOM for all"
    return _anchore("grype", report, seen.values(), claimed, (partial,))


def read_syft(data: bytes) -> Told:
    """What Syft lists in its own format.

    Raises:
        msgspec.DecodeError: it has not the shape of such a list.
    """
    report = _decode_anchore(data)
    return _anchore("sbom", report, report.artifacts or ())


def _anchore(
    kind: str,
    report: _AnchoreReport,
    artifacts: Iterable[_Artifact],
    claimed: tuple[tuple[str, ...], ...] = (),
    problems: tuple[str, ...] = (),
) -> Told:
    listing = Listing()
    for artifact in artifacts:
        where = _where(artifact)
        path = where.path.lstrip("/")
        listing.add(
            artifact.purl,
            path,
            artifact.version,
            layer=where.layerID,
            licenses=tuple(filter(None, map(_license, artifact.licenses or ()))),
            cataloguer=artifact.foundBy,
        )
    target = _target(report.source)
    return Told(
        kind=kind,
        packages=tuple(listing.packages),
        distribution=_distro(report.distro) or listing.distribution(),
        layers=tuple(ToldLayer(each.digest, size=each.size) for each in target.layers or ()),
        config=ImageConfig(),
        digest=target.manifestDigest,
        platform="/".join(filter(None, (target.os, target.architecture))),
        tags=tuple(target.tags or ()),
        claimed=claimed,
        problems=(*listing.problems(), *problems),
    )


def _where(artifact: _Artifact) -> _Location:
    return artifact.locations[0] if artifact.locations else _Location()


def _license(raw: msgspec.Raw) -> str:
    """Grype lists texts, Syft objects with the text as `value` and what SPDX makes of it."""
    found = msgspec.json.decode(raw)
    if isinstance(found, str):
        return found
    if not isinstance(found, dict):
        return ""
    text = found.get("spdxExpression") or found.get("value")
    return text if isinstance(text, str) else ""


def _target(source: _Source | None) -> _Target:
    """What was scanned: `target` of Grype, `metadata` of Syft; a mere path has no parts."""
    for raw in (source.target, source.metadata) if source else ():
        if bytes(raw)[:1] == b"{":
            return msgspec.json.decode(raw, type=_Target)
    return _Target()


def _distro(distro: _Distro | None) -> Distribution | None:
    if distro is None or not (distro.id or distro.name):
        return None
    return named_distribution(
        distro.id or distro.name,
        distro.versionID or distro.version,
        distro.prettyName,
        distro.versionCodename,
    )


def _distinct(claims: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Each flaw once, in order."""
    return tuple(dict.fromkeys(tuple(filter(None, ids)) for ids in claims if any(ids)))
