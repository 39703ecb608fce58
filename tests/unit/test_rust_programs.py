"""Rust programs tell their crates, if cargo-auditable wrote them down."""

from __future__ import annotations

import json

import programs
import pytest

from seawall.packages import rust
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

LIST = {
    "packages": [
        {"name": "adler", "version": "1.0.2", "source": "crates.io"},
        {
            "name": "app",
            "version": "0.1.0",
            "source": "local",
            "dependencies": [0, 2, 3, 99],
            "root": True,
        },
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
        {"name": "forked", "version": "2.0.0", "source": "git"},
        {"name": "x" * 1000, "version": "2.0.0", "source": "git"},
    ]
}


def facts(section: bytes) -> list[Fact]:
    content = programs.elf({".dep-v0": section, ".text": b"x"})
    return list(rust.ANALYSER.analyse(programs.layer_file("usr/bin/app", content)))


def test_crates_that_are_in_the_program_are_found() -> None:
    packages = facts(programs.audit_section(json.dumps(LIST).encode()))
    assert packages == [
        Package(Ecosystem.CARGO, "adler", "1.0.2", "usr/bin/app", cataloguer="cargo-auditable"),
        Package(
            *(Ecosystem.CARGO, "app", "0.1.0", "usr/bin/app"),
            requires=("adler", "forked"),
            cataloguer="cargo-auditable",
            origin="local",
        ),
        Package(
            *(Ecosystem.CARGO, "forked", "2.0.0", "usr/bin/app"),
            cataloguer="cargo-auditable",
            origin="git",
        ),
    ]


@pytest.mark.parametrize(
    "section",
    [
        b"",
        b"no zlib",
        programs.audit_section(b"{}"),
        programs.audit_section(b'{"packages": 1}'),
        programs.audit_section(b'{"packages": [{"name": 1}]}'),
        programs.audit_section(b"\xff\xfe"),
        programs.audit_section(b"[" * 100_000),
        programs.audit_section(b'{"packages":' + b"[" * 100_000),
        programs.audit_section(json.dumps(LIST).encode())[:-10],
        programs.audit_section(bytes(rust.MAX_LIST + 1)),
    ],
)
def test_a_list_that_cannot_be_read_is_said(section: bytes) -> None:
    assert [type(one) for one in facts(section)] == [Trouble]


def test_programs_without_a_list_say_nothing() -> None:
    content = programs.elf({".dep-v0-not": b"x", ".text": b"x"})
    assert list(rust.ANALYSER.analyse(programs.layer_file("usr/bin/app", content))) == []
    assert list(rust.ANALYSER.analyse(programs.layer_file("usr/bin/app", b"\x7fELF"))) == []


def test_a_list_in_pe_is_found() -> None:
    section = programs.audit_section(b'{"packages":[{"name":"a","version":"1.0.0"}]}')
    content = programs.pe({".text": b"x", ".dep-v0": section})
    told = list(rust.ANALYSER.analyse(programs.layer_file("app.exe", content)))
    assert [one.name for one in told if isinstance(one, Package)] == ["a"]
