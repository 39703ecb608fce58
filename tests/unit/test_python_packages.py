"""Python distributions are found wherever their metadata lie, and only where they are installed."""

from __future__ import annotations

import io
import zipfile

import programs
import pytest

from seawall.packages import python
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

METADATA = """\
Metadata-Version: 2.1
Name: Foo.Bar_baz
Version: 1.2.3
Author: Ann
License: MIT
Classifier: License :: OSI Approved :: Apache Software License
Requires-Dist: Requests[socks] (>=2.0)
Requires-Dist: typing_extensions>=4; python_version < "3.10"
Requires-Dist: pytest; extra == "test"
Requires-Dist: tomli ; python_version < "3.11" and extra=='toml'
Requires-Dist: requests>=2.1

Name: not a header
Version: 9.9.9
"""


def facts(path: str, content: str | bytes = METADATA) -> list[Fact]:
    raw = content.encode() if isinstance(content, str) else content
    return list(python.ANALYSER.analyse(programs.layer_file(path, raw)))


def zipped(entries: dict[str, str], prefix: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, text in entries.items():
            writer.writestr(name, text)
    return prefix + target.getvalue()


def test_metadata_tell_name_version_needs_and_licence() -> None:
    path = "usr/lib/python3/site-packages/foo_bar-1.2.3.dist-info/METADATA"
    assert facts(path) == [
        Package(
            *(Ecosystem.PYPI, "Foo.Bar_baz", "1.2.3", path),
            licenses=("MIT",),
            supplier="Ann",
            requires=("requests", "typing-extensions"),
            cataloguer="dist-info",
        )
    ]


@pytest.mark.parametrize(
    ("path", "cataloguer"),
    [
        ("opt/venv/lib/python3.11/site-packages/a-1.dist-info/METADATA", "dist-info"),
        ("a-1.dist-info/METADATA", "dist-info"),
        ("usr/lib/python3/dist-packages/a-1.egg-info/PKG-INFO", "egg-info"),
        ("usr/lib/python3/dist-packages/a-1.egg-info", "egg-info"),
        ("usr/lib/a-1-py3.11.egg/EGG-INFO/PKG-INFO", "egg-info"),
    ],
)
def test_metadata_are_known_by_their_place(path: str, cataloguer: str) -> None:
    (package,) = facts(path)
    assert isinstance(package, Package)
    assert package.cataloguer == cataloguer


@pytest.mark.parametrize(
    "path", ["src/app/METADATA", "src/app/PKG-INFO", "a.dist-info/licenses/METADATA", "METADATA"]
)
def test_metadata_elsewhere_are_a_source_tree_and_not_installed(path: str) -> None:
    assert facts(path) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "Name: a\n",
        "Version: 1\n",
        "Name: UNKNOWN\nVersion: 1\n",
        "Name: a\x1b[31m\nVersion: 1\n",
        "Name:\nVersion:\n",
        "\n\nName: a\nVersion: 1",
        b"\xff\xfe\x00",
    ],
)
def test_metadata_without_a_name_or_version_say_nothing(content: str | bytes) -> None:
    assert facts("a.dist-info/METADATA", content) == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: x", ("MIT OR Apache-2.0",)),
        (
            "License: BSD-3-Clause\nClassifier: License :: OSI Approved :: BSD License",
            ("BSD-3-Clause",),
        ),
        ("License: see file\nClassifier: License :: OSI Approved :: MIT License", ("MIT",)),
        ("Classifier: License :: OSI Approved :: BSD License", ("BSD License",)),
        ("Classifier: License :: OSI Approved\nClassifier: Topic :: X", ()),
        ("License: UNKNOWN", ()),
        ("License: " + "Permission is hereby granted " * 20, ()),
    ],
)
def test_the_surest_word_on_the_licence_is_taken(headers: str, expected: tuple[str, ...]) -> None:
    (package,) = facts("a.dist-info/METADATA", f"Name: a\nVersion: 1\n{headers}\n")
    assert isinstance(package, Package)
    assert package.licenses == expected


def test_line_ends_of_windows_are_taken() -> None:
    (package,) = facts("a.dist-info/METADATA", METADATA.replace("\n", "\r\n"))
    assert isinstance(package, Package)
    assert (package.name, package.version) == ("Foo.Bar_baz", "1.2.3")


INNER = "site-packages/foo-1.dist-info/METADATA"


@pytest.mark.parametrize("path", ["app.pyz", "APP.PEX", "foo-1-py3.egg", "usr/bin/tool"])
def test_zipped_programs_hold_distributions(path: str) -> None:
    data = zipped({INNER: METADATA, "x.py": "1"}, b"#!/usr/bin/env python3\n")
    (package,) = facts(path, data)
    assert isinstance(package, Package)
    assert (package.path, package.inside, package.version) == (path, INNER, "1.2.3")


def test_a_zipped_egg_is_read() -> None:
    (package,) = facts("a-1.egg", zipped({"EGG-INFO/PKG-INFO": METADATA}))
    assert isinstance(package, Package)
    assert package.inside == "EGG-INFO/PKG-INFO"


def test_a_script_is_no_program_in_a_zip() -> None:
    assert facts("usr/bin/tool", b"#!/usr/bin/env python3\nprint()\n") == []
    assert facts("usr/bin/tool", zipped({INNER: METADATA})) == []  # a plain zip is nobody's program
    assert facts("a-1.egg", b"../some/where\n") == []


def test_a_zipped_program_that_is_damaged_is_said() -> None:
    whole = zipped({INNER: METADATA * 20})
    assert [type(one) for one in facts("a.pyz", whole[:-30])] == [Trouble]
    damaged = whole.replace(whole[60:90], b"\xff" * 30, 1)
    assert [type(one) for one in facts("a.pyz", damaged)] == [Trouble]
    broken = whole.replace(b"PK\1\2", b"PK\1\0")
    assert [type(one) for one in facts("a.pyz", broken)] == [Trouble]


def test_long_lines_and_many_headers_cost_linear_time() -> None:
    evil = "Name: a\nVersion: 1\nRequires-Dist: a;" + ";" * 300_000 + "\n" + "Name" + " " * 300_000
    (package,) = facts("a.dist-info/METADATA", evil)
    assert isinstance(package, Package)
    assert package.requires == ("a",)
