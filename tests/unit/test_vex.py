"""Statements of others excuse what they are on, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seawall.advisories.model import Match, Status, Vulnerability
from seawall.advisories.vex import VexDocument, apply, read_vex
from seawall.core.errors import InputError
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

DEBIAN = Distribution("etc/os-release", "debian", "12.5", pretty_name="Debian GNU/Linux 12")
LIBC = Package(
    Ecosystem.DEB, "libc6", "2.36-9", "var/lib/dpkg/status", source="glibc", architecture="amd64"
)
DJANGO = Package(Ecosystem.PYPI, "Django", "3.0", "x/METADATA")
BABEL = Package(Ecosystem.NPM, "core", "7.0.0", "x", namespace="@babel")
BASH = Package(Ecosystem.RPM, "bash", "1:5.1-1", "x", architecture="x86_64")
DIGEST = "sha256:" + "ab" * 32
IMAGE = ("docker.io/library/python", DIGEST)


def matched(package: Package, name: str = "CVE-2026-0001", *aliases: str) -> Match:
    return Match(package, Vulnerability(name, aliases), Status.AFFECTED)


def openvex(*statements: dict[str, Any], **others: Any) -> VexDocument:
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": "Acme",
        "timestamp": "2026-01-01T00:00:00Z",
        "statements": list(statements),
        **others,
    }
    return read_vex(json.dumps(document).encode(), "acme.json")


def statement(product: Any, status: str = "not_affected", **others: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"name": "CVE-2026-0001", "aliases": ["GHSA-aaaa"]},
        "products": [product],
        "status": status,
        "justification": "vulnerable_code_not_present",
        **others,
    }


def is_excused(package: Package, *documents: VexDocument, image: tuple[str, ...] = IMAGE) -> bool:
    kept, suppressed = apply([matched(package)], documents, DEBIAN, image)
    assert len(kept) + len(suppressed) == 1
    return bool(suppressed)


@pytest.mark.parametrize(
    ("package", "product", "expected"),
    [
        (DJANGO, "pkg:pypi/django", True),
        (DJANGO, "pkg:pypi/Django@3.0", True),
        (DJANGO, "pkg:pypi/django@3.1", False),
        (DJANGO, "pkg:pypi/django-rest", False),
        (DJANGO, "pkg:npm/django", False),
        (DJANGO, "django", False),
        (DJANGO, "pkg:" + "x" * 5000, False),
        (BABEL, "pkg:npm/%40babel/core@7.0.0", True),
        (BABEL, "pkg:npm/@babel/core", True),
        (BABEL, "pkg:npm/core", False),
        (LIBC, "pkg:deb/debian/libc6", True),
        (LIBC, "pkg:deb/debian/libc6@2.36-9?arch=amd64", True),
        (LIBC, "pkg:deb/debian/libc6?arch=arm64", False),
        (LIBC, "pkg:deb/debian/libc6?distro=debian-12", True),
        (LIBC, "pkg:deb/debian/libc6?distro=debian-11", False),
        (LIBC, "pkg:deb/debian/libc6?distro=debian-1", False),
        (LIBC, "pkg:deb/debian/glibc@2.36-9?arch=source", True),
        (LIBC, "pkg:deb/ubuntu/libc6", False),
        (BASH, "pkg:rpm/debian/bash@5.1-1?epoch=1", True),
        (BASH, "pkg:rpm/debian/bash@1:5.1-1", True),
        (BASH, "pkg:rpm/debian/bash@5.1-2", False),
        # The whole image, by digest, by where it lies, by its bare name.
        (DJANGO, f"pkg:oci/python@{DIGEST.replace(':', '%3A')}", True),
        (DJANGO, "pkg:oci/python@sha256%3A" + "cd" * 32, False),
        (DJANGO, "pkg:oci/python?repository_url=docker.io/library/python", True),
        (DJANGO, "pkg:oci/python?repository_url=index.docker.io/library", True),
        (DJANGO, "pkg:oci/python?repository_url=ghcr.io/acme/python", False),
        (DJANGO, "pkg:oci/python", True),
        (DJANGO, "pkg:oci/python?tag=3.9", False),
        (DJANGO, "pkg:oci/ruby", False),
        (DJANGO, DIGEST, True),
        (DJANGO, "docker.io/library/python", True),
    ],
)
def test_a_product_is_told_by_url_digest_or_name(
    package: Package, product: str, expected: bool
) -> None:
    for given in (product, {"@id": product}, {"identifiers": {"purl": product}}):
        assert is_excused(package, openvex(statement(given))) is expected


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("pkg:oci/python", True),
        ("pkg:oci/python?repository_url=docker.io/library/python", True),
        ("docker.io/library/python", True),
        ("docker.io/library/python:3.9", True),
        ("python:3.9", True),
        ("python:3.8", False),
        ("docker.io/library/python:3.8", False),
        ("ghcr.io/acme/python", False),
        ("pkg:docker/library/python", False),
    ],
)
def test_an_image_is_known_by_the_name_it_was_given(product: str, expected: bool) -> None:
    assert is_excused(DJANGO, openvex(statement(product)), image=("python:3.9",)) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("not_affected", True),
        ("fixed", True),
        ("affected", False),
        ("under_investigation", False),
        ("NOT_AFFECTED", False),
    ],
)
def test_only_not_affected_and_fixed_excuse(status: str, expected: bool) -> None:
    assert is_excused(DJANGO, openvex(statement("pkg:pypi/django", status))) is expected


def test_a_statement_without_products_excuses_nothing() -> None:
    given = statement("pkg:pypi/django")
    given["products"] = []
    assert not is_excused(DJANGO, openvex(given))


@pytest.mark.parametrize(
    ("product", "image", "expected"),
    [
        ("pkg:oci/python", IMAGE, True),
        ("pkg:oci/ruby", IMAGE, False),
        ("pkg:oci/python", (), False),
    ],
)
def test_a_part_of_a_product_is_excused_in_that_product_only(
    product: str, image: tuple[str, ...], expected: bool
) -> None:
    given = statement({"@id": product, "subcomponents": [{"@id": "pkg:pypi/django"}]})
    assert is_excused(DJANGO, openvex(given), image=image) is expected
    assert not is_excused(LIBC, openvex(given), image=image)


@pytest.mark.parametrize(
    "flaw", ["CVE-2026-0001", {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2026-0001"}]
)
def test_a_flaw_may_be_told_in_older_ways(flaw: Any) -> None:
    assert is_excused(DJANGO, openvex(statement("pkg:pypi/django", vulnerability=flaw)))


def test_a_statement_on_an_alias_is_one_on_the_flaw() -> None:
    document = openvex(statement("pkg:pypi/django"))
    match = matched(DJANGO, "CVE-2020-9999", "GHSA-aaaa")
    assert apply([match], [document])[0] == ()
    other = matched(DJANGO, "CVE-2020-9999", "GHSA-bbbb")
    assert apply([other], [document])[0] == (other,)


def test_the_last_statement_counts() -> None:
    early = statement("pkg:pypi/django", "not_affected", timestamp="2026-01-02T00:00:00Z")
    late = statement("pkg:pypi/django", "affected", timestamp="2026-01-03T00:00:00Z")
    assert not is_excused(DJANGO, openvex(early, late))
    assert not is_excused(DJANGO, openvex(late, early))
    assert not is_excused(DJANGO, openvex(late), openvex(early))
    same = statement("pkg:pypi/django", "affected", timestamp="2026-01-02T00:00:00Z")
    assert is_excused(DJANGO, openvex(same), openvex(early))


def test_the_reason_can_be_shown() -> None:
    documents = [openvex(statement("pkg:pypi/django"))]
    _, (found,) = apply([matched(DJANGO)], documents)
    assert found.reason == "not affected: vulnerable_code_not_present (acme.json)"
    told = statement(
        "pkg:pypi/django", "fixed", justification="", impact_statement="It is\nnot run"
    )
    _, (found,) = apply([matched(DJANGO)], [openvex(told)])
    assert found.reason == "fixed: It is not run (acme.json)"


def csaf(**status: list[str]) -> bytes:
    """A document on three products, one of them a part of another."""
    purl = {"product_identification_helper": {"purl": "pkg:pypi/django@3.0"}}
    tree = {
        "branches": [
            {
                "category": "vendor",
                "name": "Acme",
                "branches": [
                    {
                        "category": "product_version",
                        "name": "d",
                        "product": {"name": "Django", "product_id": "D", **purl},
                    },
                    {
                        "category": "product_version",
                        "name": "i",
                        "product": {
                            "name": "image",
                            "product_id": "I",
                            "product_identification_helper": {
                                "hashes": [
                                    {
                                        "filename": "i",
                                        "file_hashes": [
                                            {"algorithm": "sha256", "value": DIGEST[7:]}
                                        ],
                                    }
                                ]
                            },
                        },
                    },
                ],
            }
        ],
        "full_product_names": [{"product_id": "O", "name": "Other"}],
        "relationships": [
            {
                "category": "default_component_of",
                "product_reference": "D",
                "relates_to_product_reference": "I",
                "full_product_name": {"product_id": "D:I", "name": "Django in the image"},
            }
        ],
        "product_groups": [{"group_id": "G", "product_ids": ["D", "D:I"]}],
    }
    flaw = {
        "cve": "CVE-2026-0001",
        "ids": [{"system_name": "x", "text": "GHSA-aaaa"}],
        "product_status": status,
        "flags": [{"label": "component_not_present", "group_ids": ["G"]}],
        "threats": [{"category": "impact", "details": "No such code", "product_ids": ["D"]}],
    }
    document = {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "publisher": {"name": "Acme", "category": "vendor"},
        "tracking": {"current_release_date": "2026-01-01T00:00:00Z"},
    }
    return json.dumps(
        {"document": document, "product_tree": tree, "vulnerabilities": [flaw]}
    ).encode()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"known_not_affected": ["D"]}, True),
        ({"fixed": ["D"]}, True),
        ({"first_fixed": ["D"]}, True),
        ({"known_affected": ["D"]}, False),
        ({"known_not_affected": ["D:I"]}, True),
        ({"known_not_affected": ["I"]}, True),
        ({"known_not_affected": ["O"]}, False),
        ({"known_not_affected": ["no such product"]}, False),
    ],
)
def test_csaf_is_read(status: dict[str, list[str]], expected: bool) -> None:
    assert is_excused(DJANGO, read_vex(csaf(**status), "csaf.json")) is expected


def test_csaf_tells_flags_and_impacts() -> None:
    document = read_vex(csaf(known_not_affected=["D"]), "csaf.json")
    (found,) = document.statements
    assert (found.justification, found.note) == ("component_not_present", "No such code")
    assert found.aliases == ("GHSA-aaaa",)
    assert (document.format, document.author) == ("CSAF", "Acme")


def cyclonedx(state: str, ref: str = "d", **others: Any) -> bytes:
    flaw = {
        "id": "CVE-2026-0001",
        "references": [{"id": "GHSA-aaaa"}],
        "analysis": {"state": state, "justification": "code_not_reachable", "detail": "No"},
        "affects": [{"ref": ref}],
        **others,
    }
    component = {
        "bom-ref": "d",
        "type": "library",
        "name": "django",
        "purl": "pkg:pypi/django@3.0",
        "components": [
            {"bom-ref": "n", "name": "n", "hashes": [{"alg": "SHA-256", "content": DIGEST[7:]}]}
        ],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {
            "timestamp": "2026-01-01T00:00:00Z",
            "component": {"bom-ref": "image", "name": "i", "purl": f"pkg:oci/python@{DIGEST}"},
        },
        "components": [component],
        "vulnerabilities": [flaw],
    }
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("state", "ref", "expected"),
    [
        ("not_affected", "d", True),
        ("false_positive", "d", True),
        ("resolved", "d", True),
        ("exploitable", "d", False),
        ("in_triage", "d", False),
        ("unheard_of", "d", False),
        ("not_affected", "urn:cdx:00000000-0000-0000-0000-000000000000/1#d", True),
        ("not_affected", "pkg:pypi/django", True),
        ("not_affected", "image", True),
        ("not_affected", "n", True),
        ("not_affected", "other", False),
        ("not_affected", "", False),
    ],
)
def test_cyclonedx_is_read(state: str, ref: str, expected: bool) -> None:
    assert is_excused(DJANGO, read_vex(cyclonedx(state, ref), "bom.json")) is expected


def test_a_flaw_without_an_analysis_says_nothing() -> None:
    assert not is_excused(DJANGO, read_vex(cyclonedx("resolved", analysis=None), "bom.json"))


def _nested(depth: int) -> bytes:
    component: dict[str, Any] = {"name": "x"}
    for _ in range(depth):
        component = {"name": "x", "components": [component]}
    return json.dumps({"bomFormat": "CycloneDX", "components": [component]}).encode()


def _branches(depth: int) -> bytes:
    branch: dict[str, Any] = {}
    for _ in range(depth):
        branch = {"branches": [branch]}
    return json.dumps({"document": {}, "product_tree": {"branches": [branch]}}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"@context":"https://openvex.dev/ns"}',
        b'{"@context":"https://openvex.dev/ns","statements":[{}]}',
        b'{"bomFormat":"CycloneDX","vulnerabilities":7}',
        b'{"document":[]}',
        b"\xff\xfe",
        b"[" * 100_000,
        _nested(100),
        _branches(100),
    ],
    ids=lambda data: data[:24].decode("latin-1"),
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"x\.json: no VEX document") as caught:
        read_vex(data, "x.json")
    assert "OpenVEX" in caught.value.hint


def test_a_huge_document_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.advisories.vex.MAX_DOCUMENT", 10)
    with pytest.raises(InputError, match="more than 10 bytes"):
        read_vex(b" " * 11, "x.json")
    monkeypatch.undo()
    monkeypatch.setattr("seawall.advisories.vex_formats._MAX_STATEMENTS", 1)
    with pytest.raises(InputError, match="more than 1 statements"):
        openvex(statement("a"), statement("b"))
