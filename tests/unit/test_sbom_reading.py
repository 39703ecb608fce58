"""SBOMs and other scanners' reports as images: packages, distribution, layers, what they claim."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from advisory_data import affected, build, record, write_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from imaged import DIGEST, flaw, image, layer, matched, package
from packageurl import PackageURL
from sbom_documents import (
    DIFF,
    OTHER,
    component,
    cyclonedx,
    grype,
    properties,
    spdx,
    spdx_package,
    trivy,
    written,
)

from seawall.cli.main import main
from seawall.core.errors import InputError
from seawall.jobs.inspection import FILES, PACKAGES, Inspection, inspect, parts_of
from seawall.jobs.scan import Scanned, ScanOptions, scan
from seawall.jobs.second_opinion import second_opinion
from seawall.packages.purl import package_url
from seawall.reports import RenderOptions, render_inventory
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package
from seawall.surfaces.image.model import Image
from seawall.surfaces.sbom import cyclonedx as cyclonedx_reader
from seawall.surfaces.sbom import reader
from seawall.surfaces.sbom.purl import distribution_of, package_of, read_url
from seawall.surfaces.sbom.reader import is_document, read

LIBC = "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc"


def told(tmp_path: Path, document: object) -> Image:
    return read(written(tmp_path / "doc.json", document))


def only(shown: Image) -> Package:
    (held,) = shown.packages
    return held.fact


# Package URLs

URLS = [
    LIBC,
    "pkg:npm/%40babel/core@7.0.0",
    "pkg:golang/github.com/pkg/errors@v0.9.1",
    "pkg:maven/org.slf4j/slf4j-api@2.0?type=jar#sub/path",
    "pkg:pypi/django@4.2",
    "pkg:deb/debian/g%2B%2B@4:12.2.0-3?distro=debian-12",
    "pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&epoch=1&distro=rhel-9.3",
    "pkg:generic/openssl",
    "pkg:composer/laravel/framework@11",
]


@pytest.mark.parametrize("text", URLS)
def test_a_url_is_read_as_the_reference_implementation_reads_it(text: str) -> None:
    url, reference = read_url(text), PackageURL.from_string(text)
    assert url is not None
    assert url.type == reference.type
    assert url.namespace == (reference.namespace or "")
    assert url.name == reference.name
    assert url.version == (reference.version or "")
    assert url.qualifiers == dict(reference.qualifiers or {})


@pytest.mark.parametrize(
    "text", ["", "pkg:", "pkg:npm", "pkg:npm/", "npm/x@1", "pkg:/x", "pkg:npm/x" + "y" * 5000]
)
def test_what_is_no_url_is_none(text: str) -> None:
    assert read_url(text) is None


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"], exclude_characters="/"),
    min_size=1,
    max_size=20,
)


@given(
    kind=st.sampled_from(
        [Ecosystem.GOLANG, Ecosystem.MAVEN, Ecosystem.GENERIC, Ecosystem.CARGO, Ecosystem.RPM]
    ),
    name=WORDS,
    version=WORDS,
    namespace=st.one_of(st.just(""), WORDS),
    source=st.one_of(st.just(""), WORDS),
)
@settings(max_examples=200, deadline=None)
def test_what_we_write_we_read_back(
    kind: Ecosystem, name: str, version: str, namespace: str, source: str
) -> None:
    has_namespace = kind in {Ecosystem.GOLANG, Ecosystem.MAVEN, Ecosystem.GENERIC}
    made = Package(
        kind,
        name.lower() if kind is Ecosystem.GOLANG else name,
        version,
        "p",
        namespace=(namespace.lower() if kind is Ecosystem.GOLANG else namespace)
        if has_namespace
        else "",
    )
    url = read_url(package_url(made, Distribution("", "fedora", "40")))
    assert url is not None
    read_back = package_of(url, "p")
    assert read_back == made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIBC, {"source": "glibc", "architecture": "amd64", "version": "2.36-9"}),
        ("pkg:deb/debian/a@1?upstream=b%402", {"source": "b", "source_version": "2"}),
        ("pkg:deb/debian/a@1?upstream=a%402", {"source": "", "source_version": "2"}),
        ("pkg:deb/debian/a@1?epoch=2", {"version": "2:1"}),
        ("pkg:deb/debian/a@2:1?epoch=2", {"version": "2:1"}),
        ("pkg:rpm/rhel/a@1?epoch=0", {"version": "1"}),
        ("pkg:rpm/rhel/a@1?epoch=x", {"version": "1"}),
        ("pkg:rpm/rhel/a@1?upstream=b-1.2-3.el9.src.rpm", {"source": "b"}),
        ("pkg:rpm/rhel/a@1?upstream=odd", {"source": ""}),
        ("pkg:pypi/ns/a@1", {"namespace": "", "name": "a"}),
        ("pkg:gem/a@1?platform=java", {"architecture": "java"}),
    ],
)
def test_a_package_is_made_of_its_url(text: str, expected: dict[str, str]) -> None:
    url = read_url(text)
    assert url is not None
    made = package_of(url, "")
    assert made is not None
    assert {name: getattr(made, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIBC, ("debian", "12")),
        ("pkg:apk/alpine/a@1?distro=3.18.9", ("alpine", "3.18.9")),
        ("pkg:apk/alpine/a@1?distro=alpine-3.18.9", ("alpine", "3.18.9")),
        ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", ("opensuse-leap", "15.5")),
        ("pkg:rpm/redhat/a@1?distro=redhat-9.3", ("rhel", "9.3")),
        ("pkg:apk/wolfi/a@1?distro=wolfi", ("wolfi", "")),
        ("pkg:deb/debian/a@1", None),
        ("pkg:npm/a@1?distro=debian-12", None),
    ],
)
def test_a_package_of_a_distribution_tells_which(
    text: str, expected: tuple[str, str] | None
) -> None:
    url = read_url(text)
    assert url is not None
    assert distribution_of(url) == expected


# CycloneDX


def test_components_are_packages_the_inner_ones_too(tmp_path: Path) -> None:
    inner = component("pkg:pypi/six@1.16")
    shown = told(tmp_path, cyclonedx(component(LIBC, components=[inner])))
    assert [held.fact.name for held in shown.packages] == ["libc6", "six"]
    assert shown.kind == "sbom"
    assert shown.distribution is not None
    assert (shown.distribution.id, shown.distribution.version_id) == ("debian", "12")
    assert shown.problems == ()


def test_what_is_no_package_is_passed_over(tmp_path: Path) -> None:
    shown = told(
        tmp_path,
        cyclonedx(
            {"type": "file", "name": "/etc/passwd"},
            {"type": "application", "name": "package-lock.json"},
            component("pkg:npm/dev@1", scope="excluded"),
            component("pkg:oci/app@sha256:1", kind="container"),
            component(LIBC),
        ),
    )
    assert only(shown).name == "libc6"
    assert shown.problems == ()


def test_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    shown = told(
        tmp_path,
        cyclonedx(
            {"type": "library", "name": "nameless"},
            component("pkg:hex/phoenix@1"),
            component("pkg:hex/ecto@1"),
            component("pkg:conan/zlib@1"),
        ),
    )
    assert shown.problems == (
        "1 package without a package URL can't be judged",
        "packages of types that are not known can't be judged: 2 hex, 1 conan",
    )


def test_the_distribution_is_its_component_before_what_packages_say(tmp_path: Path) -> None:
    system = {"type": "operating-system", "name": "debian", "version": "12.5"}
    shown = told(tmp_path, cyclonedx(component(LIBC), system))
    assert shown.distribution is not None
    assert shown.distribution.version_id == "12.5"
    sid = {"type": "operating-system", "name": "debian", "version": "trixie"}
    shown = told(tmp_path, cyclonedx(sid))
    assert shown.distribution is not None
    assert (shown.distribution.version_id, shown.distribution.codename) == ("", "trixie")


def test_layers_and_sources_of_trivy_are_understood(tmp_path: Path) -> None:
    whole = {
        "type": "container",
        "name": "app",
        "properties": [
            {"name": "aquasecurity:trivy:DiffID", "value": DIFF},
            {"name": "aquasecurity:trivy:DiffID", "value": OTHER},
            {"name": "aquasecurity:trivy:RepoTag", "value": "acme/app:1"},
        ],
    }
    part = component(
        "pkg:deb/debian/bsdutils@2.38?epoch=1&distro=debian-12",
        name="bsdutils",
        version="1:2.38",
        properties=properties(
            aquasecurity__trivy__LayerDiffID=OTHER,
            aquasecurity__trivy__SrcName="util-linux",
            aquasecurity__trivy__SrcVersion="2.38",
            aquasecurity__trivy__SrcRelease="5",
            aquasecurity__trivy__SrcEpoch="1",
            aquasecurity__trivy__FilePath="usr/x",
        ),
        licenses=[{"license": {"name": "GPL"}}, {"expression": "MIT"}, {"license": {"id": "ISC"}}],
        supplier={"name": "Debian"},
    )
    shown = told(tmp_path, cyclonedx(part, metadata={"component": whole}))
    (held,) = shown.packages
    assert held.layer == 1
    assert [each.diff_id for each in shown.layers] == [DIFF, OTHER]
    assert held.fact.version == "1:2.38"
    assert (held.fact.source, held.fact.source_version) == ("util-linux", "1:2.38-5")
    assert held.fact.licenses == ("GPL", "MIT", "ISC")
    assert (held.fact.path, held.fact.supplier) == ("usr/x", "Debian")
    assert shown.tags == ("acme/app:1",)


def test_places_of_syft_are_understood(tmp_path: Path) -> None:
    part = component(
        "pkg:npm/x@1",
        properties=properties(syft__location__0__path="/app/x", syft__package__foundBy="npm"),
    )
    fact = only(told(tmp_path, cyclonedx(part)))
    assert (fact.path, fact.cataloguer) == ("app/x", "npm")
    part = component("pkg:npm/x@1", evidence={"occurrences": [{"location": "/y"}]})
    assert only(told(tmp_path, cyclonedx(part))).path == "y"


def test_components_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cyclonedx_reader, "MAX_COMPONENTS", 3)
    with pytest.raises(InputError, match="more than 3 components"):
        told(tmp_path, cyclonedx(*[component("pkg:npm/x@1")] * 5))


# SPDX


def test_packages_of_spdx_are_read_and_what_it_describes_is_none(tmp_path: Path) -> None:
    shown = told(
        tmp_path,
        spdx(
            spdx_package("Image", versionInfo=DIGEST, primaryPackagePurpose="CONTAINER"),
            spdx_package("debian", versionInfo="12", primaryPackagePurpose="OPERATING-SYSTEM"),
            spdx_package(
                "bsdutils",
                "pkg:deb/debian/bsdutils@1:2.38",
                versionInfo="1:2.38",
                sourceInfo="built package from: util-linux 2.38",
                licenseDeclared="MIT",
                supplier="Organization: Debian (x@debian.org)",
                annotations=[{"comment": f"LayerDiffID: {OTHER}"}],
            ),
        ),
    )
    fact = only(shown)
    assert (fact.source, fact.source_version) == ("util-linux", "2.38")
    assert (fact.licenses, fact.supplier) == (("MIT",), "Debian (x@debian.org)")
    assert shown.digest == DIGEST
    assert shown.distribution is not None
    assert shown.distribution.id == "debian"


def test_layers_of_trivy_are_in_annotations(tmp_path: Path) -> None:
    root = spdx_package(
        "Image",
        primaryPackagePurpose="CONTAINER",
        annotations=[{"comment": f"DiffID: {DIFF}"}, {"comment": f"DiffID: {OTHER}"}],
    )
    part = spdx_package("x", "pkg:npm/x@1", annotations=[{"comment": f"LayerDiffID: {OTHER}"}])
    shown = told(tmp_path, spdx(root, part))
    assert shown.packages[0].layer == 1


def test_what_a_document_describes_is_left_out_only_where_it_is_one(tmp_path: Path) -> None:
    parts = [spdx_package(name, f"pkg:npm/{name}@1") for name in ("app", "x")]
    one = {"documentDescribes": ["SPDXRef-app"]}
    assert only(told(tmp_path, spdx(*parts, **one))).name == "x"
    by_relation = {
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-app",
            }
        ]
    }
    assert only(told(tmp_path, spdx(*parts, **by_relation))).name == "x"
    both = {"documentDescribes": ["SPDXRef-app", "SPDXRef-x"]}
    assert len(told(tmp_path, spdx(*parts, **both)).packages) == 2


# Scanners


def trivy_package(name: str, purl: str, **others: Any) -> dict[str, Any]:
    return {"Name": name, "Identifier": {"PURL": purl}, **others}


def test_a_whole_report_of_trivy_has_packages_layers_and_configuration(tmp_path: Path) -> None:
    system = {
        "Class": "os-pkgs",
        "Packages": [
            trivy_package(
                "bsdutils",
                "pkg:deb/debian/bsdutils@2.38-5?epoch=1",
                Version="2.38",
                Release="5",
                Epoch=1,
                SrcName="util-linux",
                SrcVersion="2.38",
                SrcRelease="5",
                Layer={"DiffID": OTHER},
                Maintainer="Debian",
            )
        ],
    }
    language = {
        "Class": "lang-pkgs",
        "Target": "app/package-lock.json",
        "Packages": [trivy_package("x", "pkg:npm/x@1")],
        "Vulnerabilities": [
            {"VulnerabilityID": "CVE-1", "VendorIDs": ["GHSA-1"]},
            {"VulnerabilityID": "CVE-1", "VendorIDs": ["GHSA-1"]},
            {"VulnerabilityID": ""},
        ],
    }
    config = {
        "architecture": "amd64",
        "os": "linux",
        "history": [{"created_by": "ADD x"}, {"created_by": "RUN y"}],
        "config": {"User": "root"},
    }
    shown = told(
        tmp_path,
        trivy(
            system,
            language,
            OS={"Family": "redhat", "Name": "9.3"},
            DiffIDs=[DIFF, OTHER],
            ImageConfig=config,
            RepoTags=["acme/app:1"],
            RepoDigests=[f"acme/app@{DIGEST}"],
        ),
    )
    assert shown.kind == "trivy"
    (first, second) = shown.packages
    assert (first.layer, second.layer) == (1, 0)
    assert first.fact.version == "1:2.38-5"
    assert (first.fact.source, first.fact.source_version) == ("util-linux", "2.38-5")
    assert second.fact.path == "app/package-lock.json"
    assert shown.layers[1].instruction == "RUN y"
    assert shown.place_of(first).start > 0
    assert shown.distribution is not None
    assert shown.distribution.id == "rhel"
    assert (shown.platform, shown.config.user) == ("linux/amd64", "root")
    assert (shown.digest, shown.tags) == (DIGEST, ("acme/app:1",))
    assert shown.claimed == (("CVE-1", "GHSA-1"),)
    assert shown.problems == ()


def test_of_a_report_with_flaws_only_their_packages_are_judged_and_that_is_said(
    tmp_path: Path,
) -> None:
    result = {
        "Class": "os-pkgs",
        "Target": "app (debian 12)",
        "Vulnerabilities": [
            {"VulnerabilityID": f"CVE-{n}", "PkgIdentifier": {"PURL": LIBC}} for n in range(3)
        ],
    }
    shown = told(tmp_path, trivy(result))
    assert only(shown).name == "libc6"
    assert len(shown.claimed) == 3
    assert any("--list-all-pkgs" in problem for problem in shown.problems)


def test_a_report_of_grype_has_the_packages_with_flaws(tmp_path: Path) -> None:
    artifact = {
        "name": "libc6",
        "version": "2.36-9",
        "purl": LIBC,
        "locations": [{"path": "/var/lib/dpkg/status", "layerID": OTHER}],
        "licenses": ["GPL-2.0-only", {"value": "MIT"}, {"spdxExpression": "ISC"}, 3, {"value": 1}],
    }
    matches: list[dict[str, Any]] = [
        {"vulnerability": {"id": "GHSA-1"}, "relatedVulnerabilities": [{"id": "CVE-1"}]},
        {"vulnerability": {"id": "CVE-2"}},
    ]
    shown = told(
        tmp_path,
        grype(
            *({**match, "artifact": artifact} for match in matches),
            distro={"name": "debian", "version": "12"},
            source={
                "type": "image",
                "target": {
                    "manifestDigest": DIGEST,
                    "tags": ["acme/app:1"],
                    "layers": [{"digest": DIFF, "size": 5}, {"digest": OTHER, "size": 7}],
                    "os": "linux",
                    "architecture": "arm64",
                },
            },
        ),
    )
    (held,) = shown.packages
    assert held.fact.licenses == ("GPL-2.0-only", "MIT", "ISC")
    assert (held.layer, held.fact.path) == (1, "var/lib/dpkg/status")
    assert shown.claimed == (("GHSA-1", "CVE-1"), ("CVE-2",))
    assert (shown.digest, shown.platform) == (DIGEST, "linux/arm64")
    assert [each.size for each in shown.layers] == [5, 7]
    assert any("only packages with flaws" in problem for problem in shown.problems)


def test_a_directory_that_grype_scanned_is_only_a_path(tmp_path: Path) -> None:
    shown = told(tmp_path, grype(source={"type": "directory", "target": "/srv"}))
    assert shown.packages == ()


def test_what_syft_lists_is_read(tmp_path: Path) -> None:
    document = {
        "artifacts": [{"name": "x", "version": "1", "purl": "pkg:npm/x@1"}],
        "distro": {"id": "alpine", "versionID": "3.18.9", "prettyName": "Alpine Linux v3.18"},
        "source": {"metadata": {"userInput": "x.tar", "manifestDigest": DIGEST}},
        "descriptor": {"name": "syft"},
    }
    shown = told(tmp_path, document)
    assert (only(shown).name, shown.kind, shown.digest) == ("x", "sbom", DIGEST)
    assert shown.distribution is not None
    assert shown.distribution.pretty_name == "Alpine Linux v3.18"


# What is none


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "can't be understood"),
        ("{}", "neither an SBOM nor a report"),
        ('{"bomFormat": 3}', "can't be understood"),
        ('{"bomFormat": "CycloneDX", "components": {}}', "can't be understood"),
        ('{"bomFormat": "CycloneDX", "components": [{"type": 1}]}', "can't be understood"),
        ('{"spdxVersion": "SPDX-3.0"}', "SPDX-3.0 is not read"),
        ('{"spdxVersion": "SPDX-2.3", "packages": [1]}', "can't be understood"),
        ('{"SchemaVersion": 2, "ArtifactName": "x", "Results": 1}', "can't be understood"),
        ('{"matches": [1]}', "can't be understood"),
        ('{"bomFormat": "CycloneDX", "components": [{"name": "\xff"}]}', "can't be understood"),
        ('{"a":' * 100_000, "can't be understood"),
        ('{"bomFormat":"CycloneDX","components":[' * 3 + '{"components":[' * 50_000, ""),
        (
            '{"SchemaVersion":2,"ArtifactName":"x","Metadata":{"ImageConfig":[]}}',
            "can't be understood",
        ),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "odd.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError) as raised:
        read(str(file))
    assert said in raised.value.message
    assert raised.value.message.startswith(f"{file}: ")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "bomFormat",
                        "components",
                        "purl",
                        "packages",
                        "spdxVersion",
                        "Results",
                        "matches",
                        "metadata",
                        "properties",
                        "name",
                        "type",
                        "artifact",
                        "SchemaVersion",
                        "ArtifactName",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_document_is_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    heads: tuple[dict[str, Any], ...] = (
        {},
        {"bomFormat": "CycloneDX"},
        {"spdxVersion": "SPDX-2.3"},
        {"matches": []},
    )
    for head in heads:
        document = value | head if isinstance(value, dict) else {**head, "components": value}
        file.write_text(json.dumps(document), "utf-8")
        with suppress(InputError):  # anything else is a bug
            read(str(file))


def test_a_document_without_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_DOCUMENT", 10)
    with pytest.raises(InputError, match="has more than"):
        told(tmp_path, cyclonedx())


def test_a_target_is_a_document_by_its_first_sign(tmp_path: Path) -> None:
    for content, expected in (
        (b" \n\t{", True),
        (b"\xef\xbb\xbf{", True),
        (b"[", False),
        (b"", False),
    ):
        (tmp_path / "x").write_bytes(content)
        assert is_document(str(tmp_path / "x")) is expected
    assert is_document("sbom:anything")
    assert not is_document(str(tmp_path))
    assert not is_document(str(tmp_path / "none"))
    assert not is_document("acme/app:1\0")


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not is_document(str(tmp_path / "pipe"))


def test_a_prefix_names_a_document_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        inspect(f"sbom:{tmp_path}/none.json", Inspection())


# Our own, and the whole way

OWN = [
    package(
        "deb",
        "openssl",
        "3.0.11-1",
        source="openssl-src",
        source_version="3.0.11",
        licenses=("OpenSSL",),
        architecture="amd64",
    ),
    package("npm", "core", "7.0", namespace="@babel", path="app/core/package.json"),
    package("npm", "asked", "1.0", path="package-lock.json", is_declared=True),
    package("golang", "errors", "v0.9.1", namespace="github.com/pkg", path="bin/app"),
]


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_our_own_inventories_are_read_back_whole(tmp_path: Path, form: str) -> None:
    layers = (layer(0, "ADD rootfs", is_base=True), layer(1, "RUN make: all (quick)"))
    made = image(OWN, layers, digest=DIGEST)
    text = render_inventory(form, (Scanned(made),), RenderOptions())
    shown = told(tmp_path, text)

    def facts(each: Image) -> set[tuple[object, ...]]:
        return {
            (
                f.ecosystem,
                f.namespace,
                f.name,
                f.version,
                f.source,
                f.source_version,
                f.is_declared,
                f.licenses,
            )
            for f in (held.fact for held in each.packages)
        }

    assert facts(shown) == facts(made)
    assert shown.digest == DIGEST
    assert [(each.diff_id, each.instruction, each.is_base) for each in shown.layers] == [
        (each.diff_id, each.instruction, each.is_base) for each in made.layers
    ]
    assert shown.distribution is not None
    assert (shown.distribution.id, shown.distribution.version_id) == ("debian", "12")


@pytest.fixture
def store(tmp_path: Path) -> str:
    osv = {
        "Debian": [
            record("CVE-2026-1", affected("Debian:12", "glibc", "introduced=0", "fixed=2.40-1")),
            record("CVE-2026-2", affected("Debian:12", "glibc", "introduced=0", "fixed=2.40-1")),
        ]
    }
    build(write_tree(tmp_path / "feeds", osv), tmp_path / "store.sqlite")
    return str(tmp_path / "store.sqlite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_a_document_is_judged_by_our_advisories_and_compared_with_its_claims(
    tmp_path: Path, store: str
) -> None:
    result = {
        "Class": "os-pkgs",
        "Packages": [
            trivy_package("libc6", LIBC, Version="2.36-9", SrcName="glibc", SrcVersion="2.36-9")
        ],
        "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1"}, {"VulnerabilityID": "CVE-2026-9"}],
    }
    target = written(tmp_path / "trivy.json", trivy(result, OS={"Family": "debian", "Name": "12"}))
    report = scan([target], ScanOptions(store=store)).report
    assert {f.flaw.id for f in report.findings if f.flaw} == {"CVE-2026-1", "CVE-2026-2"}
    said = [notice.message for notice in report.notices]
    assert any("secrets, files" in each and "not examined" in each for each in said)
    assert "Trivy's report has 2 flaws, 1 of them are found here too" in said
    assert "only Trivy reports 1 flaw: CVE-2026-9" in said
    assert "Trivy does not report 1 flaw: CVE-2026-2" in said
    (shown,) = report.images
    assert (shown.kind, shown.packages) == ("trivy", {"deb": 1})
    items = {row.item: row.verdict for row in report.checklist}
    assert items["No secrets in layers"] == "unknown"


def test_secrets_in_the_history_of_a_report_are_not_shown(tmp_path: Path) -> None:
    secret = "pKb8Va8Hw6jLQwlQGV"
    config = {"history": [{"created_by": f"RUN curl -u ci:{secret} https://example.net"}]}
    document = trivy({"Class": "os-pkgs", "Packages": []}, ImageConfig=config, DiffIDs=[DIFF])
    shown = inspect(written(tmp_path / "t.json", document), Inspection())
    assert secret not in shown.layers[0].instruction


def test_of_a_document_only_packages_were_looked_for() -> None:
    asked = Inspection(parts=(PACKAGES, FILES))
    assert parts_of(image(kind="sbom"), asked) == (PACKAGES,)
    assert parts_of(image(kind="archive"), asked) == (PACKAGES, FILES)


def test_two_opinions_are_told_by_ids_and_aliases() -> None:
    own = package("deb", "a")
    found = [
        matched(own, flaw("CVE-1", aliases=("GHSA-1",))),
        matched(own, flaw("CVE-2")),
        matched(own, flaw("CVE-2")),
    ]
    claimed = (("GHSA-1",), *((f"CVE-9{n}",) for n in range(7)))
    assert [*second_opinion("grype", claimed, found)] == [
        "Grype's report has 8 flaws, 1 of them are found here too",
        "only Grype reports 7 flaws: CVE-90, CVE-91, CVE-92, CVE-93, CVE-94 and 2 more",
        "Grype does not report 1 flaw: CVE-2",
    ]
    assert [*second_opinion("sbom", (), found)] == []
    assert len([*second_opinion("grype", (("CVE-2",), ("CVE-1",)), found)]) == 1


def test_the_commands_take_documents(
    tmp_path: Path, store: str, capfd: pytest.CaptureFixture[str]
) -> None:
    target = written(tmp_path / "bom.json", cyclonedx(component(LIBC, version="2.36-9")))
    assert main(["sbom", target, "-o", "spdx"]) == 0
    assert json.loads(capfd.readouterr().out)["packages"][2]["name"] == "libc6"
    assert main(["scan", f"sbom:{target}", "--db", store, "-o", "json", "--fail-on", "medium"]) == 1
    document = json.loads(capfd.readouterr().out)
    assert {row["flaw"]["id"] for row in document["findings"] if "flaw" in row} == {
        "CVE-2026-1",
        "CVE-2026-2",
    }


def test_two_documents_are_compared(tmp_path: Path, store: str) -> None:
    old = written(tmp_path / "old.json", cyclonedx(component(LIBC)))
    new = written(tmp_path / "new.json", cyclonedx(component(LIBC.replace("2.36-9", "2.41-1"))))
    report = scan([old, new], ScanOptions(store=store)).report
    assert report.comparison is not None
    assert len(report.comparison.gone) == 2
    assert report.comparison.changed[0].after == "2.41-1"
    assert scan([old], ScanOptions(store=store)).report.comparison is None
    assert scan([old, old, new], ScanOptions(store=store)).report.comparison is None
