"""Which distribution an image is of, from whatever file tells of it."""

from __future__ import annotations

import pytest
from programs import layer_file

from seawall.packages import distribution
from seawall.surfaces.image.facts import Distribution, Fact, Trouble


def facts(path: str, text: str) -> list[Fact]:
    return list(distribution.ANALYSER.analyse(layer_file(path, text.encode())))


UBUNTU = """PRETTY_NAME="Ubuntu 22.04.4 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.4 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
# comment
VARIANT_ID='server'
broken="never closed
"""


def test_os_release_is_read_as_a_shell_reads_it() -> None:
    assert facts("etc/os-release", UBUNTU) == [
        Distribution(
            "etc/os-release",
            "ubuntu",
            "22.04",
            "jammy",
            "Ubuntu 22.04.4 LTS",
            ("debian",),
            "server",
        )
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ID="rhel"\nVERSION_ID="9.3"\nID_LIKE="fedora"\n', ("rhel", "9.3", "")),
        ('ID=debian\nVERSION_ID="9"\nVERSION="9 (stretch)"\n', ("debian", "9", "stretch")),
        ("ID=debian\nVERSION_CODENAME=trixie\n", ("debian", "", "trixie")),
        ("ID=Wolfi\r\nVERSION_ID=2023\r\n", ("wolfi", "2023", "")),
        ("NAME=Nameless\n", ("linux", "", "")),
        ('ID="a\\"b"\n', ('a"b', "", "")),
    ],
)
def test_os_release_in_many_hands(text: str, expected: tuple[str, str, str]) -> None:
    (found,) = facts("usr/lib/os-release", text)
    assert isinstance(found, Distribution)
    assert (found.id, found.version_id, found.codename) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("etc/alpine-release", "3.20.3\n", ("alpine", "3.20.3", "")),
        ("etc/debian_version", "12.5\n", ("debian", "12.5", "")),
        ("etc/debian_version", "trixie/sid\n", ("debian", "", "trixie")),
        ("etc/centos-release", "CentOS release 6.10 (Final)\n", ("centos", "6.10", "Final")),
        (
            "etc/redhat-release",
            "CentOS Linux release 7.9.2009 (Core)\n",
            ("centos", "7.9.2009", "Core"),
        ),
        (
            "etc/redhat-release",
            "Red Hat Enterprise Linux Server release 6.10 (Santiago)",
            ("rhel", "6.10", "Santiago"),
        ),
        ("etc/redhat-release", "CentOS Stream release 9", ("centos", "9", "")),
        (
            "etc/fedora-release",
            "Fedora release 39 (Thirty Nine)",
            ("fedora", "39", "Thirty Nine"),
        ),
        ("etc/system-release", "Amazon Linux AMI release 2018.03", ("amzn", "2018.03", "")),
        (
            "etc/oracle-release",
            "Oracle Linux Server release 8.9",
            ("ol", "8.9", ""),
        ),
        ("etc/photon-release", "VMware Photon OS 4.0\nPHOTON_BUILD=1", ("photon", "4.0", "")),
        (
            "etc/SuSE-release",
            "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
            ("sles", "11.4", ""),
        ),
        (
            "etc/lsb-release",
            "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n",
            ("ubuntu", "22.04", "jammy"),
        ),
    ],
)
def test_files_that_stand_in_for_it(path: str, text: str, expected: tuple[str, str, str]) -> None:
    (found,) = facts(path, text)
    assert isinstance(found, Distribution)
    assert (found.id, found.version_id, found.codename) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/os-release", ""),
        ("etc/os-release", "nothing"),
        ("etc/redhat-release", "Unheard-of Linux release 9"),
        ("etc/redhat-release", "CentOS"),
        ("etc/lsb-release", "LSB_VERSION=1.4"),
        ("etc/alpine-release", "\n"),
    ],
)
def test_what_tells_of_none_says_nothing(path: str, text: str) -> None:
    assert facts(path, text) == []


def test_what_is_too_long_is_not_read() -> None:
    (found,) = facts("etc/os-release", "ID=a\n" * 20_000)
    assert isinstance(found, Trouble)


def test_os_release_counts_before_all_others() -> None:
    names = ["etc/debian_version", "etc/lsb-release", "usr/lib/os-release"]
    assert distribution.best([Distribution(path, path) for path in names]) == Distribution(
        "usr/lib/os-release", "usr/lib/os-release"
    )
    assert distribution.best([]) is None


def test_a_rebuild_counts_before_what_it_was_built_from() -> None:
    found = [
        *facts("etc/redhat-release", "Rocky Linux release 9.3 (Blue Onyx)"),
        *facts("etc/rocky-release", "Rocky Linux release 9.3 (Blue Onyx)"),
    ]
    best = distribution.best([fact for fact in found if isinstance(fact, Distribution)])
    assert best is not None
    assert best.path == "etc/rocky-release"
