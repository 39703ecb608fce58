"""Alpine's database says which packages there are, of what source, and who owns which file."""

from __future__ import annotations

import pytest
from programs import layer_file

from seawall.packages import apk
from seawall.surfaces.image.facts import Ecosystem, Fact, Ownership, Package, Trouble

PATH = "lib/apk/db/installed"
DATABASE = """C:Q1abc=
P:libcrypto3
V:3.3.2-r0
A:x86_64
L:Apache-2.0
o:openssl
m:Zoë <zoe@alpinelinux.org>
p:so:libcrypto.so.3=3.3.2
D:so:libc.musl-x86_64.so.1 musl>=1.2 !conflict nowhere libcrypto3 musl~1.2
F:
F:etc
F:etc/ssl
M:0:0:755
R:openssl.cnf
a:0:0:600
Z:Q1vfk=
F:lib
R:libcrypto.so.3

P:musl
V:1.2.5-r0
L:GPL2 BSD
o:musl
p:so:libc.musl-x86_64.so.1=1 cmd:ldd=1.2.5-r0
D:/bin/sh cmd:ldd
F:
R:init

P:.build-deps
V:20240101.120000
"""


def facts(content: str | bytes) -> list[Fact]:
    data = content.encode() if isinstance(content, str) else content
    return list(apk.ANALYSER.analyse(layer_file(PATH, data)))


def test_all_that_a_record_says_is_told() -> None:
    first, files, *_ = facts(DATABASE)
    assert first == Package(
        Ecosystem.APK,
        "libcrypto3",
        "3.3.2-r0",
        PATH,
        source="openssl",
        architecture="x86_64",
        licenses=("Apache-2.0",),
        supplier="Zoë <zoe@alpinelinux.org>",
        requires=("musl",),
        cataloguer="apk",
    )
    assert files == Ownership(
        Ecosystem.APK, "libcrypto3", PATH, "etc/ssl/openssl.cnf\nlib/libcrypto.so.3"
    )


def test_a_source_of_the_same_name_is_not_said_again() -> None:
    musl = next(f for f in facts(DATABASE) if isinstance(f, Package) and f.name == "musl")
    assert (musl.source, musl.licenses, musl.requires) == ("", ("GPL2 BSD",), ())


def test_files_at_the_root_are_owned_too() -> None:
    owned = {f.package: f.paths for f in facts(DATABASE) if isinstance(f, Ownership)}
    assert owned["musl"] == "init"
    assert ".build-deps" not in owned


def test_a_record_at_the_end_needs_no_blank_line() -> None:
    names = [fact.name for fact in facts(DATABASE.rstrip()) if isinstance(fact, Package)]
    assert names == ["libcrypto3", "musl", ".build-deps"]


@pytest.mark.parametrize("text", ["P:a\n", "V:1\n", "P:\nV:\n", "odd"])
def test_a_record_without_name_or_version_is_told(text: str) -> None:
    assert facts(text) == [Trouble(PATH, "1 records have no name or no version")]


def test_names_that_are_no_utf8_are_kept_as_paths() -> None:
    found = facts(b"P:a\nV:1\nm:\xff\nF:\xff\nR:b\n")
    assert found[0] == Package(Ecosystem.APK, "a", "1", PATH, supplier="\ufffd", cataloguer="apk")
    assert found[1] == Ownership(Ecosystem.APK, "a", PATH, "\udcff/b")


def test_an_empty_database_has_no_packages() -> None:
    assert facts("") == facts("\n\n\n") == []
