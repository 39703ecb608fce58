"""Packages are matched with advisories as each ecosystem means it: the hard case of each rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from advisory_data import Json, affected, build, record, write_tree

from seawall.advisories.match import MatchReport, match
from seawall.advisories.model import Status
from seawall.advisories.store import open_store
from seawall.core.model import Severity
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

DEBIAN = Distribution("etc/os-release", "debian", "12", pretty_name="Debian GNU/Linux 12")
UBUNTU = Distribution("etc/os-release", "ubuntu", "22.04", pretty_name="Ubuntu 22.04.5 LTS")
ALPINE = Distribution("etc/os-release", "alpine", "3.20.3", pretty_name="Alpine Linux v3.20")
RHEL = Distribution("etc/os-release", "rhel", "9.4", pretty_name="Red Hat Enterprise Linux 9.4")
ROCKY = Distribution("etc/os-release", "rocky", "8.9", pretty_name="Rocky Linux 8.9")
ALMA = Distribution("etc/os-release", "almalinux", "9.3", pretty_name="AlmaLinux 9.3")
WOLFI = Distribution("etc/os-release", "wolfi", "20230201", pretty_name="Wolfi")


def deb(name: str, version: str, **others: Any) -> Package:
    return Package(Ecosystem.DEB, name, version, "var/lib/dpkg/status", **others)


def apk(name: str, version: str, **others: Any) -> Package:
    return Package(Ecosystem.APK, name, version, "lib/apk/db/installed", **others)


def rpm(name: str, version: str, **others: Any) -> Package:
    return Package(Ecosystem.RPM, name, version, "var/lib/rpm/rpmdb.sqlite", **others)


def pypi(name: str, version: str) -> Package:
    return Package(Ecosystem.PYPI, name, version, "usr/lib/x.dist-info/METADATA")


class Advisories:
    """Matches packages with records that a test gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def match(
        self,
        packages: Sequence[Package] | Package,
        osv: dict[str, list[Json]] | None = None,
        distribution: Distribution | None = None,
        **others: object,
    ) -> MatchReport:
        store = self.folder / "store.sqlite"
        write_tree(self.folder / "tree", osv, **others)  # type: ignore[arg-type]
        build(self.folder / "tree", store)
        asked = [packages] if isinstance(packages, Package) else packages
        with open_store(store) as opened:
            return match(asked, distribution, opened)


@pytest.fixture
def advisories(tmp_path: Path) -> Advisories:
    return Advisories(tmp_path)


def ids(report: MatchReport) -> list[str]:
    return [each.vulnerability.id for each in report.matches]


@pytest.mark.parametrize(
    ("version", "pairs", "is_affected"),
    [
        ("1.0", ("introduced=0", "fixed=1.1"), True),
        ("1.1", ("introduced=0", "fixed=1.1"), False),
        ("1.1rc1", ("introduced=0", "fixed=1.1"), True),
        ("1.0", ("introduced=1.0", "fixed=1.1"), True),
        ("0.9", ("introduced=1.0", "fixed=1.1"), False),
        ("1.1", ("introduced=0", "last_affected=1.1"), True),
        ("1.1.post1", ("introduced=0", "last_affected=1.1"), False),
        ("99", ("introduced=0",), True),
        ("1.0", ("introduced=0", "fixed=0"), False),
        ("0", ("introduced=0", "fixed=0"), False),
        # Several intervals in one range, in any order.
        ("1.5", ("introduced=0", "fixed=1.1", "introduced=2.0", "fixed=2.2"), False),
        ("2.1", ("fixed=2.2", "introduced=2.0", "fixed=1.1", "introduced=0"), True),
        ("2.2", ("fixed=2.2", "introduced=2.0", "fixed=1.1", "introduced=0"), False),
        ("10.0", ("introduced=9.0", "introduced=0", "fixed=2.0"), True),
        ("1.5", ("introduced=0", "fixed=1.0", "introduced=1.0", "fixed=2.0"), True),
        # A fix that nothing was introduced before says nothing.
        ("1.0", ("fixed=2.0",), False),
        # Limits bound what is known: the highest counts, `*` is none.
        ("1.9", ("introduced=0", "limit=2.0"), True),
        ("2.0", ("introduced=0", "limit=2.0"), False),
        ("2.5", ("introduced=0", "limit=2.0", "limit=3.0"), True),
        ("2.5", ("introduced=0", "limit=2.0", "limit=*"), True),
        ("1.5", ("introduced=0", "fixed=1.2", "limit=2.0"), False),
        ("2.5", ("introduced=0", "fixed=3.0", "limit=2.0"), False),
        ("2.5", ("introduced=2.2", "limit=2.0"), False),
        ("1!1.0", ("introduced=0", "fixed=2.0"), False),
    ],
)
def test_events_bound_the_versions(
    advisories: Advisories, version: str, pairs: tuple[str, ...], is_affected: bool
) -> None:
    records = [record("CVE-2026-0001", affected("PyPI", "thing", *pairs))]
    report = advisories.match(pypi("thing", version), {"PyPI": records})
    assert ids(report) == (["CVE-2026-0001"] if is_affected else [])


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [("1.0", True), ("1.0.0", True), ("1", True), ("1.0.1", False), ("0.5", True), ("10", False)],
)
def test_listed_versions_count_beside_ranges(
    advisories: Advisories, version: str, is_affected: bool
) -> None:
    part = affected("PyPI", "thing", "introduced=0", "fixed=0.6", versions=["9.1", "1.0", "10.0.1"])
    report = advisories.match(pypi("thing", version), {"PyPI": [record("CVE-2026-0001", part)]})
    assert bool(report.matches) is is_affected


def test_ranges_of_commits_say_nothing_of_packages(advisories: Advisories) -> None:
    part = affected("PyPI", "thing", "introduced=0", kind="GIT")
    assert (
        ids(advisories.match(pypi("thing", "1"), {"PyPI": [record("CVE-2026-0001", part)]})) == []
    )


def test_withdrawn_records_are_dropped(advisories: Advisories) -> None:
    part = affected("PyPI", "thing", "introduced=0")
    records = [
        record("CVE-2026-0001", part, withdrawn="2026-01-01T00:00:00Z"),
        record("CVE-2026-0002", part, withdrawn=None),
    ]
    assert ids(advisories.match(pypi("thing", "1"), {"PyPI": records})) == ["CVE-2026-0002"]


@pytest.mark.parametrize(
    ("package", "ecosystem", "name", "fixed"),
    [
        (pypi("Zope.Interface", "1.0"), "PyPI", "zope-interface", "2.0"),
        (pypi("zope_interface", "1.0"), "PyPI", "Zope.Interface", "2.0"),
        (
            Package(Ecosystem.NPM, "core", "7.0.0", "x", namespace="@babel"),
            "npm",
            "@babel/core",
            "7.1.0",
        ),
        (
            Package(Ecosystem.GOLANG, "net", "v0.1.0", "x", namespace="golang.org/x"),
            "Go",
            "golang.org/x/net",
            "0.2.0",
        ),
        (Package(Ecosystem.GOLANG, "stdlib", "1.20.1", "x"), "Go", "stdlib", "1.20.2"),
        (Package(Ecosystem.GOLANG, "stdlib", "go1.20.1", "x"), "Go", "stdlib", "1.20.2"),
        (
            Package(
                Ecosystem.MAVEN, "log4j-core", "2.14.1", "x", namespace="org.apache.logging.log4j"
            ),
            "Maven",
            "org.apache.logging.log4j:log4j-core",
            "2.15.0",
        ),
        (
            Package(Ecosystem.NUGET, "newtonsoft.json", "12.0.1", "x"),
            "NuGet",
            "Newtonsoft.Json",
            "13.0.1",
        ),
        (
            Package(Ecosystem.COMPOSER, "Console", "5.0.0", "x", namespace="Symfony"),
            "Packagist",
            "symfony/console",
            "5.0.1",
        ),
        (Package(Ecosystem.GEM, "rack", "2.2.3", "x"), "RubyGems", "rack", "2.2.4"),
        (Package(Ecosystem.CARGO, "time", "0.1.42", "x"), "crates.io", "time", "0.2.23"),
        (
            Package(Ecosystem.GENERIC, "redis", "7.0.0", "x", cataloguer="bitnami"),
            "Bitnami",
            "redis",
            "7.0.5",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_names_are_those_of_the_ecosystem(
    advisories: Advisories, package: Package, ecosystem: str, name: str, fixed: str
) -> None:
    records = [record("CVE-2026-0001", affected(ecosystem, name, "introduced=0", f"fixed={fixed}"))]
    report = advisories.match(package, {ecosystem: records})
    assert [each.fixed for each in report.matches] == [(fixed,)]


@pytest.mark.parametrize(
    "package",
    [
        Package(Ecosystem.GOLANG, "Net", "v0.1.0", "x", namespace="golang.org/x"),
        Package(Ecosystem.GOLANG, "net", "v0.1.0", "x", namespace="golang.org"),
        Package(Ecosystem.NPM, "golang.org/x/net", "0.1.0", "x"),
    ],
)
def test_other_names_are_other_packages(advisories: Advisories, package: Package) -> None:
    part = affected("Go", "golang.org/x/net", "introduced=0")
    osv = {
        "Go": [record("GO-2026-1", part)],
        "npm": [record("X-1", affected("npm", "y", "introduced=0"))],
    }
    assert ids(advisories.match(package, osv)) == []


def test_a_go_module_without_a_version_is_said(advisories: Advisories) -> None:
    osv = {"Go": [record("GO-2026-1", affected("Go", "x.y/z", "introduced=0"))]}
    package = Package(Ecosystem.GOLANG, "z", "", "x", namespace="x.y")
    report = advisories.match(package, osv)
    assert report.matches == ()
    assert report.notes == ("1 package without a version: not matched",)


def test_debian_speaks_of_sources_and_their_versions(advisories: Advisories) -> None:
    part = affected("Debian:12", "glibc", "introduced=0", "fixed=2.36-9+deb12u9")
    osv = {"Debian": [record("DEBIAN-CVE-2026-0001", part, upstream=["CVE-2026-0001"])]}
    packages = [
        deb("libc6", "2.36-9+deb12u7", source="glibc"),
        deb("libc6-dev", "9:9", source="glibc", source_version="2.36-9+deb12u7"),
        deb("libc-bin", "2.36-9+deb12u9", source="glibc"),
        deb("glibc-doc", "2.36-9+deb12u7"),
    ]
    report = advisories.match(packages, osv, DEBIAN)
    assert [each.package.name for each in report.matches] == ["libc6", "libc6-dev"]
    first = report.matches[0]
    assert first.why == "2.36-9+deb12u7 < 2.36-9+deb12u9 (Debian 12, source glibc)"
    assert first.compared == "2.36-9+deb12u7"
    assert (first.status, first.source) == (Status.FIXED, "osv/Debian")
    assert first.vulnerability.id == "CVE-2026-0001"
    assert first.vulnerability.aliases == ("DEBIAN-CVE-2026-0001",)
    assert report.problems == ()


def test_another_release_is_another_matter(advisories: Advisories) -> None:
    parts = [
        affected("Debian:11", "curl", "introduced=0", "fixed=7.74.0-1.3+deb11u9"),
        affected("Debian:12", "curl", "introduced=0", "fixed=0"),
    ]
    osv = {"Debian": [record("DEBIAN-CVE-2026-0001", *parts, upstream=["CVE-2026-0001"])]}
    assert ids(advisories.match(deb("curl", "7.0-1"), osv, DEBIAN)) == []


def test_epochs_are_heeded(advisories: Advisories) -> None:
    part = affected("Debian:12", "xorg-server", "introduced=0", "fixed=2:1.20.11-1")
    osv = {"Debian": [record("DSA-1-1", part, upstream=["CVE-2026-0001"])]}
    report = advisories.match(
        [deb("xorg-server", "9.9-1"), deb("xorg-server", "3:1.0-1")], osv, DEBIAN
    )
    assert [each.package.version for each in report.matches] == ["9.9-1"]


def test_a_bulletin_stands_for_each_flaw_that_it_names(advisories: Advisories) -> None:
    part = affected("Debian:12", "curl", "introduced=0", "fixed=2.0-1")
    osv = {"Debian": [record("DSA-1-1", part, upstream=["CVE-2026-0001", "CVE-2026-0002"])]}
    report = advisories.match(deb("curl", "1.0-1"), osv, DEBIAN)
    assert ids(report) == ["CVE-2026-0001", "CVE-2026-0002"]
    assert [each.vulnerability.aliases for each in report.matches] == [("DSA-1-1",)] * 2


def test_a_record_of_one_flaw_counts_before_a_bulletin_on_many(advisories: Advisories) -> None:
    osv = {
        "Debian": [
            record(
                "DSA-1-1",
                affected("Debian:12", "curl", "introduced=0", "fixed=3.0-1"),
                upstream=["CVE-2026-0001", "CVE-2026-0002"],
            ),
            record(
                "DEBIAN-CVE-2026-0001",
                affected("Debian:12", "curl", "introduced=0", "fixed=2.0-1"),
                upstream=["CVE-2026-0001"],
            ),
        ]
    }
    report = advisories.match(deb("curl", "2.5-1"), osv, DEBIAN)
    assert ids(report) == ["CVE-2026-0002"]


@pytest.mark.parametrize(
    ("specific", "status"),
    [
        (None, Status.AFFECTED),
        ({"urgency": "not yet assigned"}, Status.AFFECTED),
        ({"urgency": "end-of-life"}, Status.END_OF_LIFE),
        ({"urgency": "low", "status": "ignored"}, Status.WILL_NOT_FIX),
        ({"urgency": "low", "status": "postponed"}, Status.POSTPONED),
        ({"urgency": 7}, Status.AFFECTED),
    ],
)
def test_what_has_no_fix_has_a_status(
    advisories: Advisories, specific: Json | None, status: Status
) -> None:
    part = affected("Debian:12", "curl", "introduced=0", specific=specific)
    osv = {"Debian": [record("DEBIAN-CVE-2026-0001", part, upstream=["CVE-2026-0001"])]}
    (found,) = advisories.match(deb("curl", "1.0-1"), osv, DEBIAN).matches
    assert (found.status, found.fixed) == (status, ())
    assert found.why == "1.0-1, no fixed version (Debian 12)"


def test_what_debian_calls_unimportant_is_hidden_but_counted(advisories: Advisories) -> None:
    osv = {
        "Debian": [
            record(
                f"DEBIAN-CVE-2026-000{number}",
                affected("Debian:12", "curl", "introduced=0", specific={"urgency": urgency}),
                upstream=[f"CVE-2026-000{number}"],
            )
            for number, urgency in enumerate(("unimportant", "high**"), start=1)
        ]
    }
    report = advisories.match(deb("curl", "1.0-1"), osv, DEBIAN)
    assert [each.vulnerability.id for each in report.hidden] == ["CVE-2026-0001"]
    assert report.hidden[0].vulnerability.severity is Severity.LOW
    assert [each.vulnerability.severity for each in report.matches] == [Severity.HIGH]


def test_debian_urgency_is_that_of_the_release(advisories: Advisories) -> None:
    parts = [
        affected("Debian:11", "curl", "introduced=0", specific={"urgency": "high"}),
        affected("Debian:12", "curl", "introduced=0", specific={"urgency": "low"}),
    ]
    osv = {"Debian": [record("DEBIAN-CVE-2026-0001", *parts, upstream=["CVE-2026-0001"])]}
    (found,) = advisories.match(deb("curl", "1.0-1"), osv, DEBIAN).matches
    assert found.vulnerability.severity is Severity.LOW


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.0-1ubuntu1", [("1.0-1ubuntu1.5",)]),
        ("1.0-1ubuntu1.5", []),
        ("1.0-1ubuntu1.2+esm1", []),
    ],
)
def test_a_fix_of_ubuntu_pro_clears_who_has_it(
    advisories: Advisories, version: str, expected: list[tuple[str, ...]]
) -> None:
    osv = {
        "Ubuntu": [
            record(
                "UBUNTU-CVE-2026-0001",
                affected("Ubuntu:22.04:LTS", "curl", "introduced=0", "fixed=1.0-1ubuntu1.5"),
                affected(
                    "Ubuntu:Pro:22.04:LTS", "curl", "introduced=0", "fixed=1.0-1ubuntu1.2+esm1"
                ),
                affected("Ubuntu:Pro:FIPS:22.04:LTS", "curl", "introduced=0"),
                affected("Ubuntu:20.04:LTS", "curl", "introduced=0"),
                upstream=["CVE-2026-0001"],
                severity=[{"type": "Ubuntu", "score": "negligible"}],
            )
        ]
    }
    report = advisories.match(deb("curl", version), osv, UBUNTU)
    assert [each.fixed for each in report.matches] == expected
    assert all(each.vulnerability.severity is Severity.LOW for each in report.matches)


def test_what_only_ubuntu_pro_fixes_is_said_to_need_it(advisories: Advisories) -> None:
    part = affected("Ubuntu:Pro:22.04:LTS", "curl", "introduced=0", "fixed=1.0+esm1")
    osv = {"Ubuntu": [record("USN-1-1", part, upstream=["CVE-2026-0001", "UBUNTU-CVE-2026-0001"])]}
    (found,) = advisories.match(deb("curl", "1.0"), osv, UBUNTU).matches
    assert found.why == "1.0 < 1.0+esm1 (Ubuntu 22.04, with Ubuntu Pro)"
    assert found.vulnerability.id == "CVE-2026-0001"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.0-r0", ["CVE-2026-0001"]), ("1.2-r1", []), ("1.1-r0", ["CVE-2026-0001"])],
)
def test_alpine_speaks_of_origins_and_its_last_fix_counts(
    advisories: Advisories, version: str, expected: list[str]
) -> None:
    fixes = {"1.1-r0": ["CVE-2026-0001"], "1.2-r1": ["CVE-2026-0001"], "0": ["CVE-2026-0002"]}
    secdb = {"v3.20/main": {"openssl": fixes}}
    package = apk("libssl3", version, source="openssl")
    assert ids(advisories.match(package, None, ALPINE, secdb=secdb)) == expected


def test_the_distributors_own_database_counts_before_what_is_made_of_it(
    advisories: Advisories,
) -> None:
    osv = {
        "Alpine": [
            record(
                f"ALPINE-CVE-2026-000{number}",
                affected("Alpine:v3.20", "curl", "introduced=0", "fixed=9.0-r0"),
                upstream=[f"CVE-2026-000{number}"],
            )
            for number in (1, 2, 3)
        ]
    }
    secdb = {"v3.20/main": {"curl": {"8.0-r0": ["CVE-2026-0001"], "0": ["CVE-2026-0002"]}}}
    report = advisories.match(apk("curl", "8.5-r0"), osv, ALPINE, secdb=secdb)
    assert ids(report) == ["CVE-2026-0003"]


def test_several_ids_in_one_text_are_read_apart(advisories: Advisories) -> None:
    texts = [
        "CVE-2026-0001 TALOS-2026-1",
        "CVE-2026-0002 CVE-2026-0003 (SMB - partly)",
        "XSA-9 GHSA-aaaa-bbbb-cccc",
    ]
    secdb = {"v3.20/main": {"xen": {"2-r0": texts}}}
    report = advisories.match(apk("xen", "1-r0"), None, ALPINE, secdb=secdb)
    found = {each.vulnerability.id: each.vulnerability.aliases for each in report.matches}
    assert found == {
        "CVE-2026-0001": ("TALOS-2026-1",),
        "CVE-2026-0002": (),
        "CVE-2026-0003": (),
        "XSA-9": ("GHSA-aaaa-bbbb-cccc",),
    }


def test_flaws_that_share_a_mention_are_not_joined(advisories: Advisories) -> None:
    secdb = {"v3.20/main": {"xen": {"2-r0": ["CVE-2026-0001 XSA-9", "CVE-2026-0002 XSA-9"]}}}
    report = advisories.match(apk("xen", "1-r0"), None, ALPINE, secdb=secdb)
    assert ids(report) == ["CVE-2026-0001", "CVE-2026-0002"]


def test_a_rolling_distribution_has_no_releases(advisories: Advisories) -> None:
    report = advisories.match(
        apk("go", "1.20-r0"), None, WOLFI, secdb={"wolfi": {"go": {"1.21-r0": ["CVE-2026-0001"]}}}
    )
    assert [each.why for each in report.matches] == ["1.20-r0 < 1.21-r0 (Wolfi)"]


@pytest.mark.parametrize(
    ("distribution", "folder", "ecosystem"),
    [
        (RHEL, "Red Hat", "Red Hat:enterprise_linux:9::appstream"),
        (RHEL, "Red Hat", "Red Hat:enterprise_linux:9::baseos"),
        (ROCKY, "Rocky Linux", "Rocky Linux:8"),
        (ALMA, "AlmaLinux", "AlmaLinux:9"),
        (Distribution("x", "rhel", "10.1"), "Red Hat", "Red Hat:enterprise_linux:10.0"),
        (
            Distribution("x", "centos", "7", pretty_name="CentOS Linux 7"),
            "Red Hat",
            "Red Hat:enterprise_linux:7::server",
        ),
        (Distribution("x", "sles", "15.5"), "SUSE", "SUSE:Linux Enterprise Server 15 SP5"),
        (
            Distribution("x", "sles", "15.5"),
            "SUSE",
            "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
        ),
        (Distribution("x", "opensuse-leap", "15.5"), "openSUSE", "openSUSE:Leap 15.5"),
        (Distribution("x", "opensuse-tumbleweed", "20260101"), "openSUSE", "openSUSE:Tumbleweed"),
        (Distribution("x", "azurelinux", "3.0"), "Azure Linux", "Azure Linux:3"),
        (Distribution("x", "mariner", "2.0"), "Azure Linux", "Azure Linux:2"),
        (Distribution("x", "mageia", "9"), "Mageia", "Mageia:9"),
        (
            Distribution("x", "openeuler", "22.03", pretty_name="openEuler 22.03 (LTS-SP1)"),
            "openEuler",
            "openEuler:22.03-LTS-SP1",
        ),
    ],
)
def test_rpm_distributions_speak_of_what_is_installed(
    advisories: Advisories, distribution: Distribution, folder: str, ecosystem: str
) -> None:
    part = affected(ecosystem, "openssl-libs", "introduced=0", "fixed=1:3.0.7-27.el9")
    osv = {folder: [record("RHSA-2026:0001", part, upstream=["CVE-2026-0001"])]}
    packages = [
        rpm("openssl-libs", "1:3.0.7-20.el9", source="openssl", source_version="3.0.7-20.el9"),
        rpm("openssl", "1:3.0.7-20.el9"),
    ]
    report = advisories.match(packages, osv, distribution)
    assert [each.package.name for each in report.matches] == ["openssl-libs"]


@pytest.mark.parametrize(
    ("distribution", "ecosystem"),
    [
        (RHEL, "Red Hat:enterprise_linux:90::baseos"),
        (RHEL, "Red Hat:rhel_eus:9.4::baseos"),
        (RHEL, "Red Hat:enterprise_linux_ai:9"),
        (
            Distribution("x", "centos", "9", pretty_name="CentOS Stream 9"),
            "Red Hat:enterprise_linux:9::baseos",
        ),
        (Distribution("x", "fedora", "40"), "Red Hat:enterprise_linux:9::baseos"),
        (Distribution("x", "sles", "15.5"), "SUSE:Linux Enterprise Server 15 SP5-LTSS"),
        (Distribution("x", "sles", "15"), "SUSE:Linux Enterprise Server 15 SP5"),
        (Distribution("x", "opensuse-leap", ""), "openSUSE:Leap 15.5"),
        (Distribution("x", "sles", "?"), "SUSE:Linux Enterprise Server 15"),
    ],
)
def test_what_is_not_told_of_a_release_is_said(
    advisories: Advisories, distribution: Distribution, ecosystem: str
) -> None:
    part = affected(ecosystem, "bash", "introduced=0")
    osv = {ecosystem.partition(":")[0]: [record("RHSA-2026:0001", part)]}
    report = advisories.match(rpm("bash", "1-1"), osv, distribution)
    assert report.matches == ()
    assert any("1 package can't be matched" in problem for problem in report.problems)


@pytest.mark.parametrize(
    ("installed", "modularity", "fixed", "is_affected"),
    [
        ("1:18.1-1.module+el9+1", "nodejs:18:9:x", "1:18.9-1.module+el9+2", True),
        ("1:18.1-1.el9", "", "1:18.9-1.module+el9+2", False),
        ("1:18.1-1.module+el9+1", "nodejs:18:9:x", "1:18.9-1.el9", False),
        ("1:16.1-1.module+el9+1", "nodejs:16:9:x", "1:18.9-1.module+el9+2", False),
        ("1:16.1-1.module+el9+1", "", "1:18.9-1.module+el9+2", True),
    ],
)
def test_a_module_stream_has_fixes_of_its_own(
    advisories: Advisories, installed: str, modularity: str, fixed: str, is_affected: bool
) -> None:
    part = affected(
        "Red Hat:enterprise_linux:9::appstream", "nodejs", "introduced=0", f"fixed={fixed}"
    )
    title = "Red Hat Security Advisory: nodejs:18 security update"
    osv = {"Red Hat": [record("RHSA-2026:0001", part, summary=title, upstream=["CVE-2026-0001"])]}
    report = advisories.match(rpm("nodejs", installed, modularity=modularity), osv, RHEL)
    assert bool(report.matches) is is_affected


def test_rebuilds_name_their_flaws_under_related(advisories: Advisories) -> None:
    part = affected("AlmaLinux:9", "bash", "introduced=0", "fixed=2-1")
    alma = record("ALSA-2026:0001", part, related=["CVE-2026-0001"], summary="Important: bash")
    (found,) = advisories.match(rpm("bash", "1-1"), {"AlmaLinux": [alma]}, ALMA).matches
    assert found.vulnerability.id == "CVE-2026-0001"
    assert found.vulnerability.severity is Severity.HIGH


def test_aliases_are_one_flaw_and_related_ones_another(advisories: Advisories) -> None:
    part = affected("PyPI", "thing", "introduced=0", "fixed=2.0")
    records = [
        record("GHSA-aaaa-bbbb-cccc", part, aliases=["CVE-2026-0001"]),
        record("PYSEC-2026-1", part, aliases=["CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"]),
        record("PYSEC-2026-2", part, aliases=["GHSA-aaaa-bbbb-cccc"]),
        record("PYSEC-2026-3", part, related=["CVE-2026-0001"]),
    ]
    report = advisories.match(pypi("thing", "1.0"), {"PyPI": records})
    found = {each.vulnerability.id: each.vulnerability.aliases for each in report.matches}
    assert found == {
        "CVE-2026-0001": ("GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1", "PYSEC-2026-2"),
        "PYSEC-2026-3": (),
    }


def test_a_flaw_without_a_cve_is_called_by_its_ghsa(advisories: Advisories) -> None:
    part = affected("PyPI", "thing", "introduced=0")
    records = [
        record("PYSEC-2026-1", part),
        record("GHSA-aaaa-bbbb-cccc", part, aliases=["PYSEC-2026-1"]),
    ]
    report = advisories.match(pypi("thing", "1.0"), {"PyPI": records})
    assert ids(report) == ["GHSA-aaaa-bbbb-cccc"]


def test_fixes_are_those_above_the_version_the_lowest_first(advisories: Advisories) -> None:
    pairs = (
        "introduced=0",
        "fixed=1.2",
        "introduced=2.0",
        "fixed=2.1",
        "introduced=10",
        "fixed=10.1",
    )
    osv = {"PyPI": [record("CVE-2026-0001", affected("PyPI", "thing", *pairs))]}
    (found,) = advisories.match(pypi("thing", "2.0.1"), osv).matches
    assert found.fixed == ("2.1", "10.1")
    assert found.why == "2.0 <= 2.0.1 < 2.1 (PyPI)"


def test_malicious_packages_are_told_as_such(advisories: Advisories) -> None:
    osv = {
        "PyPI": [
            record("MAL-2026-1", affected("PyPI", "thing", versions=["1.0"]), summary="Malicious")
        ]
    }
    (found,) = advisories.match(pypi("thing", "1.0"), osv).matches
    assert found.vulnerability.is_malicious
    assert found.vulnerability.id == "MAL-2026-1"
    assert found.why == "1.0 is listed as affected (PyPI)"


def test_what_is_known_of_a_flaw_is_gathered_from_all_records(advisories: Advisories) -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
    ghsa = record(
        "GHSA-aaaa-bbbb-cccc",
        affected("PyPI", "other", "introduced=0"),
        aliases=["CVE-2026-0001"],
        severity=[
            {"type": "CVSS_V3", "score": vector},
            {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"},
        ],
        summary="Reads\tbeyond  the end",
        published="2026-01-01T00:00:00Z",
        references=[{"url": "https://example.com/a"}, {"url": "javascript:alert(1)"}],
    )
    part = affected("Debian:12", "curl", "introduced=0", "fixed=2-1")
    osv = {
        "PyPI": [ghsa],
        "Debian": [record("DEBIAN-CVE-2026-0001", part, upstream=["CVE-2026-0001"])],
    }
    report = advisories.match(
        deb("curl", "1-1"),
        osv,
        DEBIAN,
        exploited={"CVE-2026-0001": "2026-02-03"},
        probable={"CVE-2026-0001": (0.5, 0.99), "CVE-2026-0002": (0.1, 0.2)},
    )
    flaw = report.matches[0].vulnerability
    assert (flaw.cvss, flaw.score, flaw.severity) == (vector, 7.5, Severity.HIGH)
    assert flaw.title == "Reads beyond the end"
    assert (flaw.exploited, flaw.epss, flaw.epss_percentile) == ("2026-02-03", 0.5, 0.99)
    assert flaw.published == "2026-01-01T00:00:00Z"
    assert flaw.links == ("https://example.com/a",)


def test_packages_of_others_are_not_matched_with_the_vendors_advisories(
    advisories: Advisories,
) -> None:
    osv = {"Debian": [record("DSA-1-1", affected("Debian:12", "docker", "introduced=0"))]}
    packages = [deb("docker", "1-1", origin="Docker"), deb("docker", "2-1", origin="Debian")]
    report = advisories.match(packages, osv, DEBIAN)
    assert [each.package.version for each in report.matches] == ["2-1"]
    assert report.notes == (
        "1 package of Docker: not matched, the distributor does not speak of them",
    )


@pytest.mark.parametrize(
    ("distribution", "said"),
    [
        (None, "no distribution is told"),
        (
            Distribution("x", "kali", "2026.1", pretty_name="Kali GNU/Linux", id_like=("debian",)),
            "no advisories are known for Kali GNU/Linux: 1 package can't be matched",
        ),
        (
            Distribution("x", "raspbian", "12", id_like=("debian",)),
            "no advisories are known for raspbian",
        ),
        (Distribution("x", "debian", "", codename="trixie"), "no advisories are known for debian"),
        (Distribution("x", "debian", "13"), "the store has no advisories for Debian 13: 1 package"),
        (
            Distribution("x", "alpine", "3.22.0_alpha20250108"),
            "the store has no advisories for Alpine",
        ),
    ],
)
def test_a_distribution_that_is_not_known_is_said_not_guessed(
    advisories: Advisories, distribution: Distribution | None, said: str
) -> None:
    osv = {"Debian": [record("DSA-1-1", affected("Debian:12", "curl", "introduced=0"))]}
    report = advisories.match(deb("curl", "1-1"), osv, distribution)
    assert report.matches == ()
    assert len(report.problems) == 1
    assert report.problems[0].startswith(said)


def test_an_ecosystem_that_the_store_lacks_is_said(advisories: Advisories) -> None:
    osv = {"PyPI": [record("PYSEC-1", affected("PyPI", "thing", "introduced=0"))]}
    packages = [
        Package(Ecosystem.NPM, "a", "1.0.0", "x"),
        Package(Ecosystem.NPM, "b", "1.0.0", "x"),
        Package(Ecosystem.GENERIC, "nginx", "1.0", "x"),
    ]
    report = advisories.match(packages, osv)
    assert report.problems == ("the store has no advisories for npm: 2 packages can't be matched",)
    assert report.notes == ("1 package of type generic: not matched, no advisories speak of such",)


def test_a_release_past_its_end_of_life_is_said(advisories: Advisories) -> None:
    osv = {"Debian": [record("DSA-1-1", affected("Debian:8", "curl", "introduced=0", "fixed=1"))]}
    jessie = Distribution("x", "debian", "8.11")
    report = advisories.match(deb("curl", "2-1"), osv, jessie)
    assert len(report.problems) == 1
    assert report.problems[0].startswith("Debian 8 has had no security support since 20")


def test_old_advisories_are_said(advisories: Advisories, tmp_path: Path) -> None:
    osv = {"PyPI": [record("PYSEC-1", affected("PyPI", "thing", "introduced=0"))]}
    advisories.match(pypi("a", "1"), osv)
    today = datetime.now(UTC).date()

    def problems(after: date, asked: Sequence[Package]) -> tuple[str, ...]:
        with open_store(tmp_path / "store.sqlite") as store:
            return match(asked, None, store, after).problems

    assert problems(today + timedelta(days=7), [pypi("a", "1")]) == ()
    assert problems(today + timedelta(days=8), [pypi("a", "1")]) == (
        "the advisories are 8 days old, more than 7: run `seawall db update`",
    )


def test_the_worst_comes_first(advisories: Advisories) -> None:
    def scored(name: str, vector: str, *pairs: str) -> Json:
        severity = [{"type": "CVSS_V3", "score": f"CVSS:3.1/{vector}"}]
        return record(name, affected("PyPI", "thing", *pairs), severity=severity)

    critical, low = "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L"
    records = [
        scored("CVE-2026-0001", low, "introduced=0", "fixed=2"),
        scored("CVE-2026-0002", critical, "introduced=0"),
        scored("CVE-2026-0003", critical, "introduced=0", "fixed=2"),
        scored("CVE-2026-0004", low, "introduced=0"),
        scored("CVE-2026-0005", low, "introduced=0"),
        record("CVE-2026-0006", affected("PyPI", "thing", "introduced=0")),
    ]
    report = advisories.match(
        pypi("thing", "1"),
        {"PyPI": records},
        exploited={"CVE-2026-0004": "2026-01-01"},
        probable={"CVE-2026-0005": (0.6, 0.99), "CVE-2026-0001": (0.01, 0.3)},
    )
    assert [name[-1] for name in ids(report)] == ["4", "5", "3", "2", "6", "1"]
