"""Versions are ordered as their real tools do; `version_answers/README.md` says who answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seawall.versions import Scheme, compare, key, scheme_of

ANSWERS = Path(__file__).parent / "version_answers"
TOOLS = {
    "dpkg": Scheme.DPKG,
    "apk": Scheme.APK,
    "rpm": Scheme.RPM,
    "packaging": Scheme.PEP440,
    "node-semver": Scheme.SEMVER,
    "cargo-semver": Scheme.SEMVER,
    "go-semver": Scheme.GO,
    "maven": Scheme.MAVEN,
    "gem": Scheme.GEM,
    "nuget": Scheme.NUGET,
    "composer": Scheme.COMPOSER,
}


def _answers(tool: str) -> list[list[str]]:
    text = (ANSWERS / f"{tool}.tsv").read_text(encoding="ascii")
    return [line.split("\t") for line in text.splitlines()]


def _told(scheme: Scheme, a: str, b: str) -> str:
    return "<=>"[compare(scheme, a, b) + 1]


@pytest.mark.parametrize(("tool", "scheme"), TOOLS.items(), ids=TOOLS)
def test_recorded_answers_of_the_real_tool_hold(tool: str, scheme: Scheme) -> None:
    answers = _answers(tool)
    assert len(answers) >= 150
    assert {sign for _, sign, _ in answers} == set("<=>")
    wrong = [(a, sign, b) for a, sign, b in answers if _told(scheme, a, b) != sign]
    assert not wrong


def test_every_recorded_tool_is_held() -> None:
    assert {path.stem for path in ANSWERS.glob("*.tsv")} == set(TOOLS)


# Each row goes from the lowest to the highest; what stands between two `=` is equal.
LADDERS = [
    (Scheme.DPKG, "1.0~~ 1.0~rc1 1.0=1.0-0=0:1.0=1.00 1.0-1 1.0-1+b1 1.0a 1.0+dfsg 1.0.1 9 1:0"),
    (Scheme.DPKG, "2.36-9+deb12u7 2.36-9+deb12u9 2.36-9+deb12u10 2.37-1~exp1 2.37-1"),
    (Scheme.APK, "1.0_alpha 1.0_beta1 1.0_rc2 1.0 1.0-r0 1.0-r1 1.0-r10 1.0_p1 1.0a 1.0.1 1.1"),
    (Scheme.APK, "1.001 1.01 1.1 1.2 1.10"),
    (Scheme.RPM, "1.0~rc1-1 1.0 1.0-0 1.0-1.el8=0:1.0-1.el8 1.0^git1-1 1.0a-1 1.0.1-1 1:0.1-1"),
    (Scheme.RPM, "1.1.1k-9.el8_7 1.1.1k-12.el8_9 2-1 1:1.1.1k-1"),
    (
        Scheme.PEP440,
        "1.0.dev1 1.0a1.dev1 1.0a1=1.0-ALPHA.1 1.0b2 1.0rc1=1.0c1 1.0=v1.0.0 1.0+a 1.0+1",
    ),
    (Scheme.PEP440, "1.0 1.0.post1.dev1 1.0.post1=1.0-1=1.0.r1 1.0.1 1.10 2023.1 1!0.1"),
    (
        Scheme.SEMVER,
        "1.0.0-0 1.0.0-2 1.0.0-10 1.0.0-A 1.0.0-a 1.0.0-a.b 1.0.0=1.0.0+x=v1.0.0 1.0.1",
    ),
    (Scheme.GO, "v0.0.0-20190308221718-c2843e01d9a2 v0.0.0-20200101000000-000000000000 v0.1.0"),
    (Scheme.GO, "v1.2.3-pre.0.20191109021931-daa7c04131f5 v1.2.3=v1.2.3+incompatible=1.2.3"),
    (Scheme.GO, "v1.2.3 v1.2.4-0.20191109021931-daa7c04131f5 v1.2.4 v1.3=v1.3.0"),
    (Scheme.GO, "(devel) go1.21rc1 go1.21=1.21.0 go1.21.3 go1.21.10"),
    (
        Scheme.MAVEN,
        "1-alpha-1=1a1 1-b2 1-m1 1-rc1=1-CR1 1-SNAPSHOT 1=1.0=1.0.Final=1-ga 1-sp 1-foo 1-1",
    ),
    (Scheme.MAVEN, "31.1-android 31.1-jre 31.1-1 31.1.1 31.2"),
    (Scheme.GEM, "1.0.a 1.0.a1 1.0.b 1.0.rc1=1.0.rc.1 1=1.0=1.0.0 1.0.0.1 1.0.1 1.2 1.10"),
    (Scheme.GEM, "1-1=1.pre.1 1"),
    (
        Scheme.NUGET,
        "1.0-alpha.2 1.0-Alpha.10=1.0.0-alpha.10 1.0-BETA=1.0-beta 1=1.0.0.0=1+b 1.0.0.1",
    ),
    (
        Scheme.COMPOSER,
        "dev-main 1.0.0-dev 1.0-alpha1 1.0b2 1.0RC1=1.0-rc.1 1.0=v1.0.0.0 1.0-p1 1.0.1",
    ),
    (Scheme.COMPOSER, "1.9.99 1.x-dev 2.0 2.0.x-dev 2.1 20230101"),
    (Scheme.PUB, "1.0.0-a 1.0.0-a+1 1.0.0 1.0.0+1 1.0.0+2 1.0.0+10 1.0.1"),
    (Scheme.BITNAMI, "1.2.3-rc.1 1.2.3=1.2.3-0 1.2.3-1 1.2.3-10 1.2.4"),
    (Scheme.INTEGERS, "1 1.0 1.0.0 1.0-1 1.2 1.10"),
    (Scheme.GENERIC, "1.0~1 1.0-alpha 1.0rc1=1.0-RC-1 1=v1.0.0 1.0-foo 1.0.1 1.9 1.10"),
]


@pytest.mark.parametrize(("scheme", "ladder"), LADDERS)
def test_each_step_of_a_ladder_leads_up(scheme: Scheme, ladder: str) -> None:
    rungs = [rung.split("=") for rung in ladder.split()]
    for height, rung in enumerate(rungs):
        for other_height, other in enumerate(rungs):
            expected = (height > other_height) - (height < other_height)
            for a in rung:
                for b in other:
                    assert compare(scheme, a, b) == expected, f"{a} {b}"


def test_a_python_version_that_breaks_the_rules_stands_beside_its_beginning() -> None:
    order = ["trunk", "1.0rc1", "1.0", "1.0-custom", "1.0.post1", "1.0.1", "1.0.1+!?", "1.0.2"]
    keys = [key(Scheme.PEP440, text) for text in order]
    assert keys == sorted(set(keys))
    assert compare(Scheme.PEP440, "1.0alpine", "1.0") == 1


def test_nuget_takes_labels_for_numbers_as_its_runtime_does() -> None:
    labels = ["-2147483648", "-2", "-1", "0", "9", "2147483647", "-2147483649"]
    labels += ["10000000000", "2147483648", "A"]
    keys = [key(Scheme.NUGET, f"1.0.0-x.{label}") for label in labels]
    assert keys == sorted(set(keys))
    assert compare(Scheme.NUGET, "1.0-x.-0", "1.0-x.0") == 0


def test_mavens_circles_are_cut_at_the_release() -> None:
    # Maven: 1.foo.1 < 1-alpha < 1 < 1.foo.1, and 1-1 < 1.0.alpha.1 < 1 < 1-1
    assert _told(Scheme.MAVEN, "1-alpha", "1") == "<"
    assert _told(Scheme.MAVEN, "1", "1.foo.1") == "<"
    assert _told(Scheme.MAVEN, "1-alpha", "1.foo.1") == "<"
    assert _told(Scheme.MAVEN, "1.0.alpha.1", "1") == "<"
    assert _told(Scheme.MAVEN, "1.0.alpha.1", "1-1") == "<"


def test_an_epoch_that_dpkg_refuses_is_part_of_the_version() -> None:
    assert compare(Scheme.DPKG, "a:1.0", "1.0") == 1
    assert compare(Scheme.DPKG, "1.0:2", "1.0") == 1
    assert compare(Scheme.DPKG, " 1:1.0\n", "1:1.0") == 0


def test_what_is_no_version_is_lower_than_all_where_that_is_said() -> None:
    for scheme in (Scheme.PEP440, Scheme.SEMVER, Scheme.GO, Scheme.PUB, Scheme.BITNAMI):
        for text in ("", "latest", "(devel)", "\ud800"):
            assert compare(scheme, text, "0.0.0-0") == -1, f"{scheme} {text!r}"


def test_a_cached_and_a_long_version_are_ordered_alike() -> None:
    long = "1." + "0." * 200 + "1"
    assert compare(Scheme.GEM, long, "1") == 1
    assert compare(Scheme.GEM, "1", long) == -1
    assert compare(Scheme.GEM, long, "1.1") == -1


@pytest.mark.parametrize(
    ("ecosystem", "scheme"),
    [
        ("Debian:12", Scheme.DPKG),
        ("Ubuntu:22.04:LTS", Scheme.DPKG),
        ("Ubuntu:Pro:18.04:LTS", Scheme.DPKG),
        ("Alpine:v3.18", Scheme.APK),
        ("Wolfi", Scheme.APK),
        ("Chainguard", Scheme.APK),
        ("MinimOS", Scheme.APK),
        ("Red Hat:enterprise_linux:9::baseos", Scheme.RPM),
        ("Rocky Linux:9", Scheme.RPM),
        ("AlmaLinux:8", Scheme.RPM),
        ("SUSE:Linux Enterprise Server 15 SP5", Scheme.RPM),
        ("openSUSE:Leap 15.6", Scheme.RPM),
        ("Azure Linux:3", Scheme.RPM),
        ("openEuler:24.03-LTS", Scheme.RPM),
        ("Mageia:9", Scheme.RPM),
        ("PyPI", Scheme.PEP440),
        ("pypi", Scheme.PEP440),
        ("Go", Scheme.GO),
        ("crates.io", Scheme.SEMVER),
        ("npm", Scheme.SEMVER),
        ("Hex", Scheme.SEMVER),
        ("SwiftURL", Scheme.SEMVER),
        ("GitHub Actions", Scheme.SEMVER),
        ("Pub", Scheme.PUB),
        ("Bitnami", Scheme.BITNAMI),
        ("Packagist:https://packages.example.org", Scheme.COMPOSER),
        ("RubyGems", Scheme.GEM),
        ("NuGet", Scheme.NUGET),
        ("Maven:https://repo.example.org", Scheme.MAVEN),
        ("CRAN", Scheme.INTEGERS),
        ("Hackage", Scheme.INTEGERS),
        ("Linux", Scheme.GENERIC),
        ("OSS-Fuzz", Scheme.GENERIC),
        ("", Scheme.GENERIC),
        (":12", Scheme.GENERIC),
    ],
)
def test_an_ecosystem_has_the_scheme_of_its_tool(ecosystem: str, scheme: Scheme) -> None:
    assert scheme_of(ecosystem) is scheme


def test_every_scheme_has_a_key() -> None:
    for scheme in Scheme:
        assert compare(scheme, "1.2.3", "1.2.4") == -1


def test_an_ordering_is_loaded_when_it_is_first_needed() -> None:
    script = "import sys, seawall.versions; print([m for m in sys.modules if 'versions.' in m])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['seawall.versions.schemes']"
