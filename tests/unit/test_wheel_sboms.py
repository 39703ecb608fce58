"""Wheels say what they bundle; what is no part of the result, or no list of theirs, is left out."""

from __future__ import annotations

import json
from typing import Any

import programs
import pytest

from seawall.packages import wheel_sboms
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

PATH = "usr/lib/python3/site-packages/uv-1.dist-info/sboms/uv.cyclonedx.json"


def facts(content: bytes | dict[str, Any], path: str = PATH) -> list[Fact]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return list(wheel_sboms.ANALYSER.analyse(programs.layer_file(path, raw)))


def bill(*components: dict[str, Any]) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "components": list(components)}


def test_components_are_packages_of_their_own_ecosystems() -> None:
    told = facts(
        bill(
            {
                "purl": "pkg:cargo/ring@0.17.8?download_url=file://.",
                "scope": "required",
                "licenses": [{"expression": "ISC"}, {"license": {"name": "MIT License"}}],
            },
            {"purl": "pkg:cargo/cc@1.0.0", "scope": "excluded"},
            {"purl": "pkg:generic/openssl@3.0.1?x=y"},
            {"purl": "pkg:npm/%40babel/core@7.0.0", "licenses": [{"license": {"id": "MIT"}}]},
            {"purl": "pkg:rpm/almalinux/libgfortran@8.5.0-22.el8?arch=x86_64"},
            {"purl": "pkg:maven/org.acme/tool@1.0"},
            {"purl": "pkg:swift/x@1"},
            {"purl": "pkg:pypi/noversion"},
            {"purl": "pkg:pypi/a%0Ab@1"},
            {"name": "no-purl"},
        )
    )
    assert [
        (one.ecosystem, one.namespace, one.name, one.version, one.licenses)
        for one in told
        if isinstance(one, Package)
    ] == [
        (Ecosystem.CARGO, "", "ring", "0.17.8", ("ISC", "MIT")),
        (Ecosystem.GENERIC, "", "openssl", "3.0.1", ()),
        (Ecosystem.NPM, "@babel", "core", "7.0.0", ("MIT",)),
        (Ecosystem.GENERIC, "", "libgfortran", "8.5.0-22.el8", ()),
        (Ecosystem.MAVEN, "org.acme", "tool", "1.0", ()),
    ]


@pytest.mark.parametrize(
    "path",
    ["app/sbom.json", "a.dist-info/sboms/x.spdx", "a.dist-info/x.json", "sboms/a.cyclonedx.json"],
)
def test_other_files_are_not_read(path: str) -> None:
    assert facts(b"{", path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"components": 3}', b"[" * 9999])
def test_a_bill_that_cannot_be_read_is_said(content: bytes) -> None:
    assert [type(one) for one in facts(content)] == [Trouble]


def test_a_bill_of_another_kind_says_nothing() -> None:
    assert facts({"spdxVersion": "SPDX-2.3", "components": [{"purl": "pkg:pypi/a@1"}]}) == []
