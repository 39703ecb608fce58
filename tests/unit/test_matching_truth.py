"""Packages of real images against what their distributors published, checked by hand.

The packages are those of Alpine's minirootfs 3.10.9 and of Debian 11 as it was released and as it
was at the end; the advisories are facts of Alpine's security database of June 2020 and of Debian's
DSA list of April 2023.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from advisory_data import Json, affected, build, record, write_tree

from seawall.advisories.match import MatchReport, match
from seawall.advisories.store import open_store
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

ALPINE = Distribution("etc/os-release", "alpine", "3.10.9", pretty_name="Alpine Linux v3.10")
BULLSEYE = Distribution("etc/os-release", "debian", "11", pretty_name="Debian GNU/Linux 11")

SECDB = {
    "v3.10/main": {
        "busybox": {
            "1.30.1-r2": ["CVE-2019-5747"],
            "1.29.3-r10": ["CVE-2018-20679", "CVE-2019-5747"],
            "1.27.2-r4": ["CVE-2017-16544", "CVE-2017-15873", "CVE-2017-15874"],
        },
        "musl": {"1.1.22-r3": ["CVE-2019-14697"], "1.1.15-r4": ["CVE-2016-8859"]},
        "openssl": {
            "1.1.1d-r0": ["CVE-2019-1547", "CVE-2019-1549", "CVE-2019-1563"],
            "1.1.1b-r1": ["CVE-2019-1543"],
        },
        "libressl": {"2.7.4-r0": ["CVE-2018-0732", "CVE-2018-0495"]},
    }
}


def _dsa(name: str, source: str, fixed: str, *cves: str, release: int = 11) -> Json:
    part = affected(f"Debian:{release}", source, "introduced=0", f"fixed={fixed}")
    return record(name, part, upstream=list(cves))


DSAS = [
    _dsa("DSA-4963-1", "openssl", "1.1.1k-1+deb11u1", "CVE-2021-3711", "CVE-2021-3712"),
    _dsa("DSA-4963-1x", "openssl", "1.1.1d-0+deb10u7", "CVE-2021-3711", release=10),
    _dsa("DSA-5103-1", "openssl", "1.1.1k-1+deb11u2", "CVE-2021-4160", "CVE-2022-0778"),
    _dsa("DSA-5139-1", "openssl", "1.1.1n-0+deb11u2", "CVE-2022-1292"),
    _dsa("DSA-5321-1", "sudo", "1.9.5p2-3+deb11u1", "CVE-2023-22809"),
    _dsa("DSA-5330-1", "curl", "7.74.0-1.3+deb11u5", "CVE-2022-32221", "CVE-2022-43552"),
    _dsa("DSA-5122-1", "gzip", "1.10-4+deb11u1", "CVE-2022-1271"),
    _dsa("DSA-5123-1", "xz-utils", "5.2.5-2.1~deb11u1", "CVE-2022-1271"),
    _dsa("DSA-5218-1", "zlib", "1:1.2.11.dfsg-2+deb11u2", "CVE-2022-37434"),
]


def _apk(name: str, version: str, source: str = "") -> Package:
    return Package(Ecosystem.APK, name, version, "lib/apk/db/installed", source=source)


def _deb(name: str, version: str, source: str = "") -> Package:
    return Package(Ecosystem.DEB, name, version, "var/lib/dpkg/status", source=source)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    build(write_tree(folder / "tree", {"Debian": DSAS}, SECDB), folder / "store.sqlite")
    return folder / "store.sqlite"


def _matched(store: Path, packages: list[Package], distribution: Distribution) -> MatchReport:
    with open_store(store) as opened:
        return match(packages, distribution, opened, date(2023, 4, 1), max_age=10**6)


def _told(report: MatchReport) -> set[tuple[str, str]]:
    return {(each.package.name, each.vulnerability.id) for each in report.matches}


def test_alpine_3_10_9_has_every_fix_that_was_known(store: Path) -> None:
    packages = [
        _apk("musl", "1.1.22-r4"),
        _apk("busybox", "1.30.1-r5"),
        _apk("libcrypto1.1", "1.1.1k-r0", "openssl"),
        _apk("libssl1.1", "1.1.1k-r0", "openssl"),
        _apk("libtls-standalone", "2.9.1-r0"),
        _apk("ssl_client", "1.30.1-r5", "busybox"),
        _apk("zlib", "1.2.11-r1"),
        _apk("apk-tools", "2.10.6-r0"),
        _apk("musl-utils", "1.1.22-r4", "musl"),
    ]
    report = _matched(store, packages, ALPINE)
    assert report.matches == ()
    assert report.problems == (
        "Alpine 3.10 has had no security support since 2021-05-01: flaws found later are not "
        "told of",
    )


def test_the_first_alpine_3_10_lacks_what_was_fixed_after_it(store: Path) -> None:
    packages = [
        _apk("musl", "1.1.22-r2"),  # before the fix of CVE-2019-14697, after that of 2016
        _apk("musl-utils", "1.1.22-r2", "musl"),  # built from the same source
        _apk("busybox", "1.30.1-r2"),  # has the fix, which an older branch got as 1.29.3-r10
        _apk("libssl1.1", "1.1.1c-r0", "openssl"),
    ]
    assert _told(_matched(store, packages, ALPINE)) == {
        ("musl", "CVE-2019-14697"),
        ("musl-utils", "CVE-2019-14697"),
        ("libssl1.1", "CVE-2019-1547"),
        ("libssl1.1", "CVE-2019-1549"),
        ("libssl1.1", "CVE-2019-1563"),
    }


def test_a_fix_on_an_older_branch_is_none_on_a_newer_one(store: Path) -> None:
    report = _matched(store, [_apk("busybox", "1.30.1-r1")], ALPINE)
    assert [each.why for each in report.matches] == ["1.30.1-r1 < 1.30.1-r2 (Alpine 3.10)"]


def test_debian_11_as_released_lacks_what_was_fixed_after_it(store: Path) -> None:
    packages = [
        _deb("libssl1.1", "1.1.1k-1", "openssl"),
        _deb("sudo", "1.9.5p2-3"),
        _deb("gzip", "1.10-4"),
        _deb("liblzma5", "5.2.5-2", "xz-utils"),
        _deb("zlib1g", "1:1.2.11.dfsg-2", "zlib"),
    ]
    report = _matched(store, packages, BULLSEYE)
    assert _told(report) == {
        ("libssl1.1", "CVE-2021-3711"),
        ("libssl1.1", "CVE-2021-3712"),
        ("libssl1.1", "CVE-2021-4160"),
        ("libssl1.1", "CVE-2022-0778"),
        ("libssl1.1", "CVE-2022-1292"),
        ("sudo", "CVE-2023-22809"),
        ("gzip", "CVE-2022-1271"),  # one flaw, in the sources of two packages
        ("liblzma5", "CVE-2022-1271"),
        ("zlib1g", "CVE-2022-37434"),
    }
    by_flaw = {each.vulnerability.id: each for each in report.matches}
    assert by_flaw["CVE-2023-22809"].why == "1.9.5p2-3 < 1.9.5p2-3+deb11u1 (Debian 11)"
    assert by_flaw["CVE-2021-3711"].fixed == ("1.1.1k-1+deb11u1",)
    assert by_flaw["CVE-2021-3711"].vulnerability.aliases == ("DSA-4963-1",)
    assert report.problems == ()


def test_debian_11_at_the_end_has_every_fix(store: Path) -> None:
    packages = [
        _deb("libssl1.1", "1.1.1w-0+deb11u8", "openssl"),
        _deb("gzip", "1.10-4+deb11u1"),
        _deb("liblzma5", "5.2.5-2.1~deb11u2", "xz-utils"),
        _deb("zlib1g", "1:1.2.11.dfsg-2+deb11u2", "zlib"),
        _deb("libcurl4", "7.74.0-1.3+deb11u16", "curl"),
    ]
    assert _matched(store, packages, BULLSEYE).matches == ()


def test_debian_12_is_not_guessed_from_11(store: Path) -> None:
    bookworm = Distribution("etc/os-release", "debian", "12", pretty_name="Debian GNU/Linux 12")
    report = _matched(store, [_deb("curl", "7.74.0-1")], bookworm)
    assert report.matches == ()
    assert report.problems == (
        "the store has no advisories for Debian 12: 1 package can't be matched",
    )
