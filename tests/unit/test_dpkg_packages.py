"""What dpkg calls installed is found, with its source, its needs, its files and its licences."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from programs import layer_file

from seawall.packages import dpkg
from seawall.surfaces.image.facts import Ecosystem, Fact, License, Ownership, Package, Trouble

STATUS = "var/lib/dpkg/status"


def facts(content: str | bytes, path: str = STATUS) -> list[Fact]:
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return list(dpkg.ANALYSER.analyse(layer_file(path, data)))


def packages(content: str | bytes, path: str = STATUS) -> dict[str, Package]:
    return {fact.name: fact for fact in facts(content, path) if isinstance(fact, Package)}


def paragraph(name: str, **fields: str) -> str:
    values = {"Status": "install ok installed", "Version": "1"} | fields
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in values.items() if value]
    return "\n".join([f"Package: {name}", *lines]) + "\n"


def test_all_that_a_paragraph_says_is_told() -> None:
    text = (
        "Package: libc-bin\nEssential: yes\nStatus: install ok installed\nPriority: required\n"
        "Maintainer: Zoë <zoe@debian.org>\nArchitecture: amd64\nMulti-Arch: foreign\n"
        "Source: glibc (2.36-9)\nVersion: 1:2.36-9+deb12u4\nDepends: libc6 (>> 2.36)\n"
        "Conffiles:\n /etc/ld.so.conf 4317c6de8564b68d628c21efa96b37e4\n"
        "Description: GNU C Library: Binaries\n Version: is no field here\n"
        "Homepage: https://www.gnu.org/\n"
    )
    assert facts(text) == [
        Package(
            Ecosystem.DEB,
            "libc-bin",
            "1:2.36-9+deb12u4",
            STATUS,
            source="glibc",
            source_version="2.36-9",
            architecture="amd64",
            supplier="Zoë <zoe@debian.org>",
            requires=("libc6",),
            cataloguer="dpkg",
        )
    ]


@pytest.mark.parametrize(
    "status",
    [
        "install ok installed",
        "deinstall ok installed",
        "hold ok installed",
        "install reinstreq half-installed",
        "install ok unpacked",
        "install ok half-configured",
        "install ok triggers-awaited",
        "install ok triggers-pending",
        "",
    ],
)
def test_a_package_whose_files_are_there_is_found(status: str) -> None:
    assert set(packages(paragraph("a", Status=status))) == {"a"}


@pytest.mark.parametrize(
    "status", ["deinstall ok config-files", "purge ok not-installed", "install ok not-installed"]
)
def test_a_package_whose_files_are_gone_is_not(status: str) -> None:
    assert facts(paragraph("a", Status=status, Version="")) == []
    assert set(packages(paragraph("a", Status=status) + "\n" + paragraph("b"))) == {"b"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("glibc", ("glibc", "")),
        ("glibc (2.36-9)", ("glibc", "2.36-9")),
        ("glibc (1)", ("glibc", "")),
        ("a", ("", "")),
        ("a (1-1)", ("", "1-1")),
        ("glibc  ( 2 )", ("glibc", "2")),
        ("glibc (2", ("glibc", "")),
        ("", ("", "")),
    ],
)
def test_the_source_is_told_where_it_differs(source: str, expected: tuple[str, str]) -> None:
    found = packages(paragraph("a", Source=source))["a"]
    assert (found.source, found.source_version) == expected


def test_needs_are_named_by_what_is_installed() -> None:
    text = "\n".join(
        [
            paragraph(
                "a",
                Pre_Depends="libc6 (>= 2.34)",
                Depends="python3:any, mail-agent | postfix, gone | bash (= 1), x [amd64] <!nodoc>,"
                " nowhere | neither, libc6 (<< 3), a",
            ),
            paragraph("exim4", Provides="mail-agent (= 2), other"),
            paragraph("bash"),
            paragraph("libc6"),
        ]
    )
    assert packages(text)["a"].requires == ("libc6", "python3", "exim4", "bash", "x", "nowhere")


def test_folded_fields_are_read_whole() -> None:
    text = "Package: a\nVersion: 1\nDepends: b,\n c (>= 1),\n\td\nDescription: x\n y\n .\n z\n"
    assert packages(text)["a"].requires == ("b", "c", "d")


def test_the_same_package_of_two_architectures_is_two() -> None:
    text = paragraph("a", Architecture="amd64") + "\n" + paragraph("a", Architecture="i386")
    found = [fact.architecture for fact in facts(text) if isinstance(fact, Package)]
    assert found == ["amd64", "i386"]


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({"Origin": "Example"}, "Example"),
        ({"Vendor": "Café"}, "Café"),
        ({"Maintainer": "Docker <support@docker.com>"}, "Docker"),
        ({"Version": "18.20.4-1nodesource1"}, "NodeSource"),
        ({"Version": "16.1-1.pgdg120+1"}, "PostgreSQL"),
        ({"Maintainer": "Debian NVIDIA Maintainers <pkg@lists.debian.org>"}, ""),
        ({"Maintainer": "nobody"}, ""),
    ],
)
def test_a_vendors_own_package_is_told(fields: dict[str, str], origin: str) -> None:
    assert packages(paragraph("a", **fields))["a"].origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "package: a\nversion: 1\n",
        "PACKAGE: a\nVERSION: 1\n\nPackage: b\nVersion: 1\n",
        "Package: a\r\nVersion: 1\r\n\r\n",
        "\n\n\nPackage: a\nVersion: 1\n\n\n\n",
        "Package:a\nVersion:\t1",
        "Version: 1\nPackage: a",
    ],
)
def test_odd_spellings_are_read(text: str) -> None:
    assert packages(text)["a"].version == "1"
    assert not [fact for fact in facts(text) if isinstance(fact, Trouble)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "Package: a\n\nPackage: b\nVersion: 1\n",
            "1 paragraphs have no package name or no version",
        ),
        ("Version: 1\n", "1 paragraphs have no package name or no version"),
        ("no database", "1 paragraphs have no package name or no version"),
        ("\x00\xff" * 50, "1 paragraphs have no package name or no version"),
        (
            "Package: a\nVersion: 1\n\nodd: x\n\nPackage: b\nVersion: 1\n\n\nmore\n",
            "2 paragraphs have no package name or no version",
        ),
    ],
)
def test_what_cant_be_understood_is_told(text: str, reason: str) -> None:
    assert [fact.reason for fact in facts(text) if isinstance(fact, Trouble)] == [reason]


def test_an_empty_database_has_no_packages() -> None:
    assert facts("") == []


def test_what_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.packages.reading.MAX_TEXT", 10)
    assert facts(paragraph("a")) == [Trouble(STATUS, "has more than 10 bytes: not read")]


def test_what_has_too_many_lines_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.packages.reading.MAX_LINES", 5)
    assert facts("\n" * 20) == [Trouble(STATUS, "has more than 5 lines: not read")]


def test_too_many_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.packages.reading.MAX_FACTS", 2)
    text = "\n".join(paragraph(name) for name in "abcd")
    *found, trouble = facts(text)
    assert len(found) == 2
    assert trouble == Trouble(STATUS, "tells of more than 2 things: the rest is not read")


def test_distroless_images_keep_a_file_for_each_package() -> None:
    path = "var/lib/dpkg/status.d/base-files"
    assert packages("Package: base-files\nVersion: 12.4\n", path)["base-files"].path == path


def test_a_list_tells_who_owns_what() -> None:
    path = "var/lib/dpkg/info/libc6:amd64.list"
    content = b"/.\n/usr\n/usr/lib\n/usr/lib/caf\xc3\xa9\n/usr/lib/\xff\n"
    paths = "usr\nusr/lib\nusr/lib/café\nusr/lib/\udcff"
    assert facts(content, path) == [Ownership(Ecosystem.DEB, "libc6", path, paths)]


def test_sums_of_distroless_images_tell_who_owns_what() -> None:
    path = "var/lib/dpkg/status.d/tzdata.md5sums"
    content = "d41d8cd98f00b204e9800998ecf8427e  usr/share/a b\n" + "0" * 32 + "  etc/c\nodd\n"
    assert facts(content, path) == [
        Ownership(Ecosystem.DEB, "tzdata", path, "usr/share/a b\netc/c")
    ]


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/dpkg/info/a.postinst",
        "var/lib/dpkg/info/a.md5sums",
        "usr/share/doc/a/sub/copyright",
        "srv/copyright",
    ],
)
def test_other_files_say_nothing(path: str) -> None:
    assert facts("License: MIT\n/usr\n", path) == []


DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: x
License: GPL-2+

Files: debian/*
License: Expat or Artistic

License: GPL-2+
 On Debian systems, see /usr/share/common-licenses/GPL-3.
License:
"""


@pytest.mark.parametrize(
    ("text", "licenses"),
    [
        (DEP5, ("MIT OR Artistic-1.0-Perl", "GPL-2.0-or-later")),
        ("See /usr/share/common-licenses/GPL-2.\n", ("GPL-2.0-only",)),
        ("in common-licenses/LGPL-2.1' and\ncommon-licenses/BSD, x", ("BSD", "LGPL-2.1-only")),
        ("Format: x\nsee common-licenses/Apache-2.0.", ("Apache-2.0",)),
        ("License: MIT\n", ()),
        ("do what you like", ()),
        ("", ()),
    ],
)
def test_licences_of_a_copyright_file_are_told(text: str, licenses: tuple[str, ...]) -> None:
    path = "usr/share/doc/a/copyright"
    expected = [License(Ecosystem.DEB, "a", path, licenses)] if licenses else []
    assert facts(text, path) == expected


@pytest.mark.oracle
@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="dpkg is not installed")
def test_packages_are_those_that_dpkg_lists() -> None:
    fields = "${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}"
    query = ["dpkg-query", "-W", "-f", fields + " ${db:Status-Status}\\n"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True).stdout.splitlines()
    there = {line.rpartition(" ")[0] for line in listed if "config-files" not in line}
    content = Path("/", STATUS).read_bytes()
    assert there == {
        " ".join(
            (p.name, p.version, p.architecture, p.source or p.name, p.source_version or p.version)
        )
        for p in facts(content)
        if isinstance(p, Package)
    }
