"""What an image holds, as CycloneDX and SPDX: whole, valid, the same each time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from imaged import DEBIAN, DIGEST, flaw, image, layer, matched, package, scanned
from schemas import invalid_cyclonedx, invalid_spdx

from seawall.core.errors import UsageError
from seawall.core.model import Severity
from seawall.facts.licenses import spdx_licenses
from seawall.jobs.scan import Scanned
from seawall.packages.spdx_expression import spdx_expression
from seawall.reports import RenderOptions, render_inventory
from seawall.reports.suppliers import supplier_of
from seawall.surfaces.image.config import ImageConfig, Step
from seawall.surfaces.image.facts import Package
from seawall.surfaces.image.model import Held, Image

OPTIONS = RenderOptions(version="1.2.3", date="2026-11-24")
HOSTILE = "a\x1b[31m\u202e\udcff\"'<b>&|\\\n\ud800x"

OPENSSL = package(
    "deb",
    "openssl",
    "3.0.11-1",
    source="openssl",
    licenses=("OpenSSL", "BSD"),
    supplier="Debian OpenSSL Team <ssl@lists.debian.org>",
    requires=("libc6", "absent"),
)
LIBC = package("deb", "libc6", "2.36-9", source="glibc", licenses=("GPL-2.0-only",))
FLASK = package("pypi", "Flask", "2.0", licenses=("mit or apache-2.0",), requires=("Jinja2",))
JINJA = package("pypi", "jinja2", "3.1")


def document(form: str, shown: Image | Scanned, options: RenderOptions = OPTIONS) -> Any:
    given = shown if isinstance(shown, Scanned) else Scanned(shown)
    text = render_inventory(form, (given,), options)
    assert text.endswith("}\n")
    invalid = invalid_cyclonedx if form == "cyclonedx" else invalid_spdx
    assert invalid(text) == []
    return json.loads(text)


def parts(shown: Image | Scanned) -> dict[str, Any]:
    """The components of a CycloneDX document by name; those inside others too."""
    found: dict[str, Any] = {}
    queue = list(document("cyclonedx", shown)["components"])
    while queue:
        part = queue.pop(0)
        found[part["name"]] = part
        queue += part.get("components", ())
    return found


def told(part: Any) -> dict[str, str]:
    return {each["name"].removeprefix("seawall:"): each["value"] for each in part["properties"]}


def edges(shown: Image) -> dict[str, list[str]]:
    rows = document("cyclonedx", shown)["dependencies"]
    return {row["ref"]: row.get("dependsOn", []) for row in rows}


def spdx_packages(shown: Image) -> dict[str, Any]:
    return {row["name"]: row for row in document("spdx", shown)["packages"]}


def related(shown: Image, kind: str) -> set[tuple[str, str]]:
    rows = document("spdx", shown)["relationships"]
    return {
        (row["spdxElementId"], row["relatedSpdxElement"])
        for row in rows
        if row["relationshipType"] == kind
    }


def test_a_component_says_who_made_it_what_it_is_and_where_it_lies() -> None:
    part = parts(image([OPENSSL, LIBC]))["openssl"]
    assert (
        part["purl"]
        == part["bom-ref"]
        == "pkg:deb/debian/openssl@3.0.11-1?distro=debian-12&upstream=openssl"
    )
    assert part["supplier"] == {
        "name": "Debian OpenSSL Team",
        "contact": [{"email": "ssl@lists.debian.org"}],
    }
    assert part["evidence"]["occurrences"] == [
        {"location": "/var/lib/dpkg/status", "additionalContext": "layer 0"}
    ]
    assert told(part) == {
        "layer:index": "0",
        "layer:diffID": f"sha256:{0:064x}",
        "layer:from": "own",
        "package:path": "var/lib/dpkg/status",
        "package:cataloguer": "deb",
        "package:source": "openssl",
    }


def test_the_image_says_its_layers_with_their_instructions() -> None:
    layers = (layer(0, "ADD rootfs", is_base=True), layer(1, "RUN make"))
    meta = document("cyclonedx", image([LIBC], layers, digest=DIGEST))["metadata"]
    assert meta["timestamp"] == "2026-11-24T00:00:00Z"
    assert meta["tools"]["components"][0]["version"] == "1.2.3"
    assert meta["component"]["type"] == "container"
    assert meta["component"]["purl"] == (
        f"pkg:oci/app@{DIGEST}?repository_url=docker.io%2Facme%2Fapp&tag=1"
    )
    facts = told(meta["component"])
    assert facts["layer:0:instruction"] == "ADD rootfs"
    assert (facts["layer:0:from"], facts["layer:1:from"]) == ("base", "own")
    assert facts["image:digest"] == DIGEST


def test_without_a_day_the_time_is_that_of_the_image() -> None:
    meta = document("cyclonedx", image(), RenderOptions())["metadata"]
    assert meta["timestamp"] == "2026-01-02T03:04:05Z"
    assert (
        document("spdx", image(), RenderOptions())["creationInfo"]["created"] == meta["timestamp"]
    )


@pytest.mark.parametrize(
    ("created", "time"),
    [
        ("2026-01-02T03:04:05.123456789+02:00", "2026-01-02T01:04:05Z"),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_time_is_told_in_utc_or_not_at_all(created: str, time: str | None) -> None:
    shown = image(config=ImageConfig(created=created))
    assert document("cyclonedx", shown, RenderOptions())["metadata"].get("timestamp") == time
    expected = time or "1970-01-01T00:00:00Z"
    assert document("spdx", shown, RenderOptions())["creationInfo"]["created"] == expected


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_the_same_image_gives_the_same_bytes_and_another_another_name(form: str) -> None:
    def text(*packages: Package) -> str:
        return render_inventory(form, (Scanned(image(packages)),), OPTIONS)

    assert text(LIBC, OPENSSL) == text(OPENSSL, LIBC)
    name = "serialNumber" if form == "cyclonedx" else "documentNamespace"
    assert json.loads(text(LIBC))[name] != json.loads(text(OPENSSL))[name]


def test_licences_are_ids_one_expression_or_names() -> None:
    found = parts(image([OPENSSL, FLASK, LIBC, package("npm", "x", licenses=("Custom",))]))
    assert found["libc6"]["licenses"] == [{"license": {"id": "GPL-2.0-only"}}]
    assert found["Flask"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert found["openssl"]["licenses"] == [
        {"license": {"id": "OpenSSL"}},
        {"license": {"name": "BSD"}},
    ]
    assert found["x"]["licenses"] == [{"license": {"name": "Custom"}}]


def test_spdx_defines_licences_that_it_has_no_name_for() -> None:
    packages = [
        package("npm", "a", licenses=("Same thing", "MIT OR ISC")),
        package("npm", "b", licenses=("Same-thing",)),
    ]
    text = document("spdx", image(packages))
    by_name = {row["name"]: row["licenseDeclared"] for row in text["packages"]}
    assert by_name["a"] == "LicenseRef-Same-thing AND (MIT OR ISC)"
    assert by_name["b"] == "LicenseRef-Same-thing-2"
    assert {row["extractedText"] for row in text["hasExtractedLicensingInfos"]} == {
        "Same thing",
        "Same-thing",
    }


def test_dependencies_lead_to_what_the_image_holds() -> None:
    found = edges(image([OPENSSL, LIBC, FLASK, JINJA]))
    url = {ref.rpartition("/")[2].partition("@")[0]: ref for ref in found}
    assert found[url["openssl"]] == [url["libc6"]]
    assert found[url["flask"]] == [url["jinja2"]]
    assert found["image"] == ["operating-system", url["flask"]]
    assert found["operating-system"] == [url["libc6"], url["openssl"]]


def test_spdx_relates_the_same_packages() -> None:
    shown = image([OPENSSL, LIBC, FLASK, JINJA])
    ids = {name: row["SPDXID"] for name, row in spdx_packages(shown).items()}
    assert related(shown, "DEPENDS_ON") == {
        (ids["openssl"], ids["libc6"]),
        (ids["Flask"], ids["jinja2"]),
    }
    contains = related(shown, "CONTAINS")
    assert ("SPDXRef-OperatingSystem", ids["libc6"]) in contains
    assert ("SPDXRef-Image", ids["Flask"]) in contains


def test_of_several_versions_the_nearest_is_depended_on() -> None:
    at = "app/node_modules"
    packages = [
        package("npm", "a", requires=("b",), path=f"{at}/a/package.json"),
        package("npm", "b", "1.0", path=f"{at}/b/package.json"),
        package("npm", "b", "2.0", path=f"{at}/a/node_modules/b/package.json"),
        package("npm", "b", "3.0", path=f"{at}/c/node_modules/b/package.json"),
        package("npm", "d", requires=("b",), path=f"{at}/d/package.json"),
    ]
    found = edges(image(packages))
    assert found["pkg:npm/a@1.0"] == ["pkg:npm/b@2.0"]
    assert found["pkg:npm/d@1.0"] == ["pkg:npm/b@1.0"]


def test_a_package_in_two_places_is_one_component_with_both() -> None:
    twice = [
        Held(package("npm", "x", path="b/node_modules/x/package.json"), 1),
        Held(package("npm", "x", path="a/package-lock.json", is_declared=True), 0),
    ]
    shown = image(twice, (layer(0), layer(1)))
    part = parts(shown)["x"]
    assert [each["location"] for each in part["evidence"]["occurrences"]] == [
        "/b/node_modules/x/package.json",
        "/a/package-lock.json",
    ]
    assert "package:declared" not in told(part)
    assert told(part)["layer:index"] == "1"


def test_what_only_a_lock_file_asks_for_is_marked() -> None:
    shown = image([package("npm", "x", path="package-lock.json", is_declared=True)])
    assert told(parts(shown)["x"])["package:declared"] == "true"
    assert "not seen installed" in spdx_packages(shown)["x"]["sourceInfo"]


def test_a_package_that_a_later_layer_took_away_is_not_listed() -> None:
    shown = image([Held(LIBC, 0, gone=1), OPENSSL], (layer(0), layer(1)))
    assert "libc6" not in parts(shown)
    assert "libc6" not in spdx_packages(shown)


def test_what_is_part_of_a_package_of_the_distribution_hangs_below_it() -> None:
    part = package("pypi", "six", path="usr/lib/python3/six.egg-info")
    own = package("deb", "python3-six")
    program = package("generic", "bash", path="usr/bin/bash")
    shown = image(
        [own],
        distributed=(Held(part, 0), Held(program, 0)),
        owned={part.path: "python3-six", program.path: "python3-six"},
    )
    (row,) = [row for row in document("cyclonedx", shown)["components"] if row["name"] == own.name]
    assert [each["name"] for each in row["components"]] == ["six"]
    assert told(row["components"][0])["package:partOf"] == row["bom-ref"]
    ids = {name: row["SPDXID"] for name, row in spdx_packages(shown).items()}
    assert (ids["python3-six"], ids["six"]) in related(shown, "CONTAINS")
    assert "bash" not in ids


def test_a_part_that_is_also_installed_by_itself_is_listed_on_its_own() -> None:
    shown = image(
        [package("deb", "python3-six"), package("pypi", "six", path="opt/six/METADATA")],
        distributed=(Held(package("pypi", "six", path="usr/lib/six"), 0),),
        owned={"usr/lib/six": "python3-six"},
    )
    rows = document("cyclonedx", shown)["components"]
    (six,) = [row for row in rows if row["name"] == "six"]
    assert len(six["evidence"]["occurrences"]) == 2


def test_without_a_distribution_packages_hang_below_the_image() -> None:
    shown = image([package("golang", "stdlib", "1.22")], distribution=None)
    assert edges(shown)["image"] == ["pkg:golang/stdlib@1.22"]
    assert related(shown, "CONTAINS") == {("SPDXRef-Image", "SPDXRef-golang-stdlib-1.22")}


def test_no_secret_of_the_history_is_told() -> None:
    secret = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"[:36]
    instruction = f"RUN curl -u ci:pKb8Va8Hw6jLQwlQGV -H x:{secret} https://example.net"
    config = ImageConfig(history=(Step(created_by=instruction),))
    shown = image([LIBC], (layer(0, instruction),), config=config)
    for form in ("cyclonedx", "spdx"):
        text = json.dumps(document(form, shown))
        assert "pKb8Va8Hw6jLQwlQGV" not in text
        assert "curl -u ci:" in text


def test_flaws_are_told_with_rating_exploitation_and_remedy() -> None:
    known = flaw(
        "CVE-2026-1",
        aliases=("GHSA-1",),
        title="a buffer overread",
        cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        score=9.8,
        severity=Severity.CRITICAL,
        exploited="2026-02-01",
        epss=0.25,
        epss_percentile=0.9,
        published="2026-01-01T00:00:00Z",
        links=("https://example.org/1", "not a link"),
    )
    text = document("cyclonedx", scanned(image([OPENSSL]), matched(OPENSSL, known, "3.0.15-1")))
    (row,) = text["vulnerabilities"]
    assert row["ratings"] == [
        {
            "severity": "critical",
            "score": 9.8,
            "method": "CVSSv31",
            "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        }
    ]
    assert row["references"] == [{"id": "GHSA-1", "source": {"name": "GHSA"}}]
    assert row["advisories"] == [{"url": "https://example.org/1"}]
    assert row["recommendation"] == "Upgrade openssl to 3.0.15-1"
    assert row["published"] == "2026-01-01T00:00:00Z"
    assert row["affects"][0]["versions"] == [
        {"version": "3.0.11-1", "status": "affected"},
        {"version": "3.0.15-1", "status": "unaffected"},
    ]
    assert told(row) == {
        "flaw:exploitedSince": "2026-02-01",
        "flaw:epss": "0.25000",
        "flaw:epssPercentile": "0.90000",
        "flaw:status": "fixed",
    }
    refs = {part["bom-ref"] for part in text["components"]}
    assert row["affects"][0]["ref"] in refs


def test_a_flaw_of_two_packages_is_told_once_and_an_unrated_one_is_unknown() -> None:
    both = flaw("CVE-2026-2", severity=None)
    shown = scanned(image([OPENSSL, LIBC]), matched(OPENSSL, both), matched(LIBC, both))
    (row,) = document("cyclonedx", shown)["vulnerabilities"]
    assert row["ratings"] == [{"severity": "unknown"}]
    assert len(row["affects"]) == 2
    assert "recommendation" not in row


@pytest.mark.parametrize(
    ("reason", "state", "justification"),
    [
        ("not affected: vulnerable_code_not_present (v.json)", "not_affected", "code_not_present"),
        ("not affected: code_not_reachable (v.json)", "not_affected", "code_not_reachable"),
        ("not affected: we say so (v.json)", "not_affected", None),
        ("fixed (v.json)", "resolved", None),
    ],
)
def test_what_vex_excuses_has_an_analysis(
    reason: str, state: str, justification: str | None
) -> None:
    match = matched(LIBC, flaw())
    shown = scanned(image([LIBC]), excused=[(match, reason)])
    (row,) = document("cyclonedx", shown)["vulnerabilities"]
    assert row["analysis"]["state"] == state
    assert row["analysis"].get("justification") == justification
    assert row["analysis"]["detail"] == reason


def test_names_that_mean_harm_stay_valid_and_visible() -> None:
    bad = package(
        "npm",
        HOSTILE,
        HOSTILE,
        namespace=HOSTILE,
        path=HOSTILE,
        licenses=(HOSTILE,),
        supplier=f"{HOSTILE} <{HOSTILE}>",
        requires=(HOSTILE,),
        source=HOSTILE,
    )
    shown = image(
        [bad, package("deb", "")],
        (layer(0, HOSTILE),),
        name=HOSTILE,
        tags=(HOSTILE,),
        problems=(HOSTILE,),
        distribution=None,
    )
    known = flaw(HOSTILE, aliases=(HOSTILE,), title=HOSTILE, cvss=HOSTILE, links=(HOSTILE,))
    for form in ("cyclonedx", "spdx"):
        text = json.dumps(document(form, scanned(shown, matched(bad, known, HOSTILE))))
        assert "\\u001b" not in text
        assert "\\u202e" not in text.replace("\\\\u202e", "")
        assert "\\ud800" not in text.replace("\\\\ud800", "")


@pytest.mark.parametrize("number", [0, 2])
def test_an_inventory_is_of_one_image(number: int) -> None:
    with pytest.raises(UsageError, match="one image"):
        render_inventory("spdx", [Scanned(image())] * number, OPTIONS)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("mit", "MIT"),
        ("Mit or (apache-2.0 AND isc)", "MIT OR (Apache-2.0 AND ISC)"),
        ("GPL-2.0+", "GPL-2.0+"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("LicenseRef-Mine OR MIT", "LicenseRef-Mine OR MIT"),
        ("BSD", ""),
        ("MIT/ISC", ""),
        ("MIT, ISC", ""),
        ("MIT ISC", ""),
        ("MIT OR", ""),
        ("OR MIT", ""),
        ("(MIT", ""),
        ("MIT)", ""),
        ("MIT WITH MIT", ""),
        ("(" * 5000 + "MIT", ""),
        ("(" * 100 + "MIT" + ")" * 100, ""),
        ("", ""),
    ],
)
def test_an_expression_is_one_only_where_spdx_can_read_it(text: str, expression: str) -> None:
    assert spdx_expression(text) == expression


def test_the_list_of_licences_says_when_and_where_it_is_from() -> None:
    assert spdx_licenses().as_of.year >= 2026
    assert all(spdx_licenses().sources)
    assert len(spdx_licenses().licenses) > 700


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("Debian Perl <perl@debian.org>", "Debian Perl", "perl@debian.org"),
        ("someone@example.org", "", "someone@example.org"),
        ("A <not an address>", "A <not an address>", ""),
        ("A <x@y>", "A", ""),
        ("", "", ""),
    ],
)
def test_a_supplier_is_parted_into_name_and_address(text: str, name: str, email: str) -> None:
    assert supplier_of(text) == (name, email)


def test_distribution_without_a_number_is_told_by_its_name() -> None:
    sid = type(DEBIAN)("etc/os-release", "debian", codename="trixie")
    assert parts(image([LIBC], distribution=sid))["debian"]["version"] == "trixie"
