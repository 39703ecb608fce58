"""Whole package lists of real root file systems, each match and non-match explained.

`matching_truth.json` holds the source packages of minimal Debian 11 and 12 root file systems
(mmdebstrap, November 2026) and of Alpine's minirootfs 3.10.9, and every fact that Debian's DSA
list (April 2023) and Alpine's security database (June 2020) had on them. Beside each fact stands
what the distribution's own tool (`dpkg --compare-versions`, `apk version -t`) says of it: whether
the installed version lacks the fix, and whether the version lacked it that the release began with.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from advisory_data import affected, build, record, write_tree

from seawall.advisories.match import MatchReport, match
from seawall.advisories.store import open_store
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

TRUTH: dict[str, Any] = json.loads(Path(__file__).with_name("matching_truth.json").read_text())
BULLSEYE, BOOKWORM, ALPINE = TRUTH["debian-11"], TRUTH["debian-12"], TRUTH["alpine-3.10.9"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    debian = [
        record(
            fact["id"],
            affected("Debian:11", fact["source"], "introduced=0", f"fixed={fact['fixed']}"),
        )
        for fact in BULLSEYE["fixes"]
    ]
    build(
        write_tree(folder / "tree", {"Debian": debian}, {"v3.10/main": ALPINE["secfixes"]}),
        folder / "store.sqlite",
    )
    return folder / "store.sqlite"


def matched(store: Path, packages: list[Package], os_id: str, release: str) -> MatchReport:
    distribution = Distribution("etc/os-release", os_id, release)
    with open_store(store) as opened:
        return match(packages, distribution, opened, date(2023, 4, 1), max_age=10**6)


def debian(packages: list[list[str]]) -> list[Package]:
    return [Package(Ecosystem.DEB, name, version, "status") for name, version in packages]


def alpine(packages: list[list[str]]) -> list[Package]:
    return [Package(Ecosystem.APK, name, version, "installed") for name, version in packages]


def told(report: MatchReport) -> set[tuple[str, str]]:
    return {(each.package.name, each.vulnerability.id) for each in report.matches}


def as_released(version: str) -> str:
    return re.sub(r"(?:\+deb\d+u\d+|~deb\d+u\d+)+$", "", version)


def lacking(facts: list[dict[str, Any]], how: str) -> set[tuple[str, str]]:
    return {(fact["source"], fact["id"]) for fact in facts if fact[how]}


def test_no_package_of_debian_11_lacks_a_fix_that_was_known(store: Path) -> None:
    report = matched(store, debian(BULLSEYE["packages"]), "debian", "11")
    assert told(report) == lacking(BULLSEYE["fixes"], "lacking") == set()


def test_debian_11_as_released_lacks_just_what_dpkg_says(store: Path) -> None:
    first = [[name, as_released(version)] for name, version in BULLSEYE["packages"]]
    report = matched(store, debian(first), "debian", "11")
    expected = lacking(BULLSEYE["fixes"], "lacking_as_released")
    assert told(report) == expected
    assert len(expected) > 5
    assert all("<" in each.why for each in report.matches)


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed (not Debian)")
@pytest.mark.oracle
def test_the_verdicts_of_dpkg_are_still_those_of_dpkg() -> None:
    installed = dict(BULLSEYE["packages"])
    for fact in BULLSEYE["fixes"]:
        for how, version in (
            ("lacking", installed[fact["source"]]),
            ("lacking_as_released", as_released(installed[fact["source"]])),
        ):
            asked = ["dpkg", "--compare-versions", version, "lt", fact["fixed"]]
            assert (subprocess.run(asked, check=False).returncode == 0) is fact[how], fact


def test_debian_12_is_said_to_be_unknown_and_not_guessed(store: Path) -> None:
    report = matched(store, debian(BOOKWORM["packages"]), "debian", "12")
    assert report.matches == ()
    (problem,) = [each for each in report.problems if "Debian" in each]
    assert str(len(BOOKWORM["packages"])) in problem


def alpine_expected(how: str) -> set[tuple[str, str]]:
    """Each flaw of a fix that is lacking; one that two fixes name is lacking only with the last."""
    expected: dict[tuple[str, str], bool] = {}
    for fact in ALPINE["compared"]:
        for names in ALPINE["secfixes"][fact["source"]][fact["fixed"]]:
            for name in names.split():
                key = (fact["source"], name)
                expected[key] = expected.get(key, False) or fact[how]
    return {key for key, is_lacking in expected.items() if is_lacking}


def test_no_package_of_alpine_3_10_9_lacks_a_fix_that_was_known(store: Path) -> None:
    report = matched(store, alpine(ALPINE["packages"]), "alpine", "3.10.9")
    assert told(report) == alpine_expected("lacking") == set()


def test_the_first_packages_of_alpine_lack_just_what_apk_says(store: Path) -> None:
    first = [[name, re.sub(r"-r\d+$", "-r0", version)] for name, version in ALPINE["packages"]]
    report = matched(store, alpine(first), "alpine", "3.10.9")
    assert told(report) == alpine_expected("lacking_first")
    assert ("musl", "CVE-2019-14697") in told(report)
