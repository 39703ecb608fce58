"""Go programs tell their modules, in both forms, for every system, and never raise."""

from __future__ import annotations

import programs
import pytest

from seawall.packages import go
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MODULES = (
    "path\texample.com/acme/hello/v2/cmd/hello\n"
    "mod\texample.com/acme/hello/v2\tv2.3.4\th1:abc=\n"
    "dep\tgithub.com/pkg/errors\tv0.9.1\th1:def=\n"
    "dep\tgolang.org/x/text\tv0.3.0\n"
    "=>\tgithub.com/fork/text\tv0.3.9\th1:ghi=\n"
    "dep\texample.com/local\tv1.0.0\n"
    "=>\t../local\t(devel)\t\n"
    "build\t-compiler=gc\n"
)


def found(content: bytes, path: str = "usr/bin/app") -> dict[str, str]:
    return {
        f"{one.namespace}/{one.name}".strip("/"): one.version
        for one in facts(content, path)
        if isinstance(one, Package)
    }


def facts(content: bytes, path: str = "usr/bin/app") -> list[Fact]:
    return list(go.ANALYSER.analyse(programs.layer_file(path, content)))


EXPECTED = {
    "stdlib": "1.22.1",
    "example.com/acme/hello/v2": "v2.3.4",
    "github.com/pkg/errors": "v0.9.1",
    "github.com/fork/text": "v0.3.9",
    "example.com/local": "v1.0.0",
}


@pytest.mark.parametrize(("bits", "order"), [(64, "<"), (32, "<"), (64, ">"), (32, ">")])
def test_modules_are_read_from_elf_of_any_width_and_order(bits: int, order: str) -> None:
    info = programs.go_inline("go1.22.1", MODULES)
    content = programs.elf({".text": b"x", ".go.buildinfo": info}, bits=bits, order=order)
    assert found(content) == EXPECTED


@pytest.mark.parametrize("bits", [32, 64])
def test_modules_are_read_from_pe(bits: int) -> None:
    info = programs.go_inline("go1.22.1", MODULES)
    assert found(programs.pe({".text": b"code", ".data": info}, bits=bits)) == EXPECTED


@pytest.mark.parametrize(("bits", "order"), [(64, "<"), (32, "<"), (64, ">")])
def test_modules_are_read_from_mach_o(bits: int, order: str) -> None:
    info = programs.go_inline("go1.22.1", MODULES)
    assert found(programs.mach_o("__go_buildinfo", info, bits=bits, order=order)) == EXPECTED
    # Without the section, the data segment is searched.
    assert found(programs.mach_o("__data", info, bits=bits, order=order)) == EXPECTED


def test_a_program_for_several_processors_is_read_once() -> None:
    inner = programs.mach_o("__go_buildinfo", programs.go_inline("go1.22.1", MODULES))
    head = b"\xca\xfe\xba\xbe" + (1).to_bytes(4, "big") + bytes(8)
    head += (4096).to_bytes(4, "big") + len(inner).to_bytes(4, "big")
    assert found(head.ljust(4096, b"\0") + inner) == EXPECTED


def test_a_java_class_is_no_program_though_it_begins_like_one() -> None:
    assert facts(b"\xca\xfe\xba\xbe\x00\x00\x00\x3d" + bytes(200)) == []


@pytest.mark.parametrize(
    ("bits", "order", "width"), [(64, "<", 8), (32, "<", 4), (64, ">", 8), (32, ">", 4)]
)
def test_the_older_form_is_followed_through_its_pointers(bits: int, order: str, width: int) -> None:
    base = 0x500000
    info = programs.go_pointed("go1.17.5", MODULES, base, width=width, order=order)
    content = programs.elf({".go.buildinfo": info}, bits=bits, order=order, base=base)
    assert found(content) == {**EXPECTED, "stdlib": "1.17.5"}


def test_the_older_form_is_read_from_pe_by_its_image_base() -> None:
    base = 0x400000
    info = programs.go_pointed("go1.16", MODULES, base + 0x1000)
    assert found(programs.pe({".data": info}, base=base))["stdlib"] == "1.16.0"


def test_a_program_without_a_table_of_sections_is_searched_in_its_data() -> None:
    info = bytes(64) + programs.go_inline("go1.22.1", MODULES)
    content = programs.elf({".go.buildinfo": info}, with_sections=False)
    assert found(content) == EXPECTED


def test_the_words_of_the_format_in_other_data_are_not_taken_for_it() -> None:
    info = b"x" + programs.go_inline("go1.22.1", MODULES)  # not aligned
    assert facts(programs.elf({".rodata": info})) == []
    assert facts(programs.elf({".go.buildinfo": info})) == []


def test_each_part_says_where_it_is_from() -> None:
    content = programs.elf({".go.buildinfo": programs.go_inline("go1.22.1", MODULES)})
    packages = [one for one in facts(content) if isinstance(one, Package)]
    assert {(one.ecosystem, one.path, one.cataloguer) for one in packages} == {
        (Ecosystem.GOLANG, "usr/bin/app", "go-buildinfo")
    }
    main = next(one for one in packages if one.name == "v2")
    assert (main.namespace, main.requires[0]) == ("example.com/acme/hello", "github.com/pkg/errors")
    local = next(one for one in packages if one.name == "local")
    assert local.origin == "replaced by ../local"


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("go1.22", "1.22.0"),
        ("go1.21rc2", "1.21.0-rc.2"),
        ("go1.20beta1", "1.20.0-beta.1"),
        ("go1.21.5 X:boringcrypto", "1.21.5"),
        ("go1.22.1-fips", "1.22.1"),
        ("devel go1.24-abcdef Mon", "devel go1.24-abcdef Mon"),
    ],
)
def test_gos_version_is_written_as_advisories_write_it(release: str, version: str) -> None:
    content = programs.elf({".go.buildinfo": programs.go_inline(release, "")})
    assert found(content) == {"stdlib": version}


def main_version(*build: str, stated: str = "(devel)") -> str:
    lines = "".join(f"build\t{line}\n" for line in build)
    text = f"path\tacme.io/app\nmod\tacme.io/app\t{stated}\t\n{lines}"
    content = programs.elf({".go.buildinfo": programs.go_inline("go1.22.1", text)})
    return found(content)["acme.io/app"]


@pytest.mark.parametrize(
    ("flags", "version"),
    [
        ('"-s -w -X main.version=1.2.3"', "1.2.3"),
        ('"-X=main.Version=v1.2.3-rc.1"', "v1.2.3-rc.1"),
        ("\"-X 'acme.io/app/pkg.Version=4.5.6'\"", "4.5.6"),
        ('"-X other.io/lib.Version=9.9.9"', ""),
        ('"-X main.goVersion=1.2.3"', ""),
        ('"-X main.version=abcdef0"', ""),
        ('"-X acme.io/app/v.Version=2.0.0 -X main.version=1.0.0"', "1.0.0"),
        ('"-X acme.io/application.Version=2.0.0"', ""),
    ],
)
def test_the_linker_may_have_been_told_the_programs_version(flags: str, version: str) -> None:
    assert main_version(f"-ldflags={flags}") == version
    assert main_version(f"-ldflags={flags}", stated="v7.0.0") == "v7.0.0"


def test_the_commit_stands_for_a_version_that_nobody_wrote() -> None:
    revision = "vcs.revision=0123456789abcdef0123"
    version = main_version(revision, "vcs.time=2024-05-06T07:08:09Z")
    assert version == "v0.0.0-20240506070809-0123456789ab"
    assert main_version(revision) == ""


def test_gos_own_commands_have_gos_version() -> None:
    text = "path\tcmd/go\nbuild\t-compiler=gc\n"
    content = programs.elf({".go.buildinfo": programs.go_inline("go1.19.8", text)})
    assert found(content) == {"stdlib": "1.19.8", "cmd/go": "1.19.8", "toolchain": "1.19.8"}


def test_a_program_of_loose_files_has_only_its_modules() -> None:
    text = "path\tcommand-line-arguments\ndep\tacme.io/x\tv1.0.0\n"
    content = programs.elf({".go.buildinfo": programs.go_inline("go1.22.1", text)})
    assert found(content) == {"stdlib": "1.22.1", "acme.io/x": "v1.0.0"}


@pytest.mark.parametrize(
    "info",
    [
        programs.BUILD_INFO + b"\x08\x02",
        programs.go_inline("go1.22.1", MODULES)[:60],
        programs.go_inline("", MODULES),
        (programs.BUILD_INFO + b"\x08\x02").ljust(32, b"\0") + b"\xff" * 12,
        (programs.BUILD_INFO + b"\x08\x02").ljust(32, b"\0") + b"\xff\xff\xff\xff\x7f",
        (programs.BUILD_INFO + b"\x07\x00").ljust(64, b"\0"),
        (programs.BUILD_INFO + b"\x08\x00").ljust(64, b"\xff"),
        programs.go_pointed("go1.17", MODULES, 0x1000),
    ],
)
def test_build_information_that_cannot_be_read_is_said(info: bytes) -> None:
    told = facts(programs.elf({".go.buildinfo": info}, base=0x900000))
    assert [type(one) for one in told] == [Trouble]


def test_other_programs_say_nothing() -> None:
    assert facts(programs.elf({".text": b"x"})) == []
    assert facts(programs.pe({".text": b"x", ".data": b"y"})) == []
    assert facts(b"\x7fELF") == []
    assert facts(b"\x7fELF" + b"\xff" * 60) == []
    assert facts(b"MZ\x90\x00") == []
    assert facts(b"MZ\x90\x00" + bytes(56) + b"\xff\xff\xff\xff" + bytes(100)) == []
    assert facts(b"\xcf\xfa\xed\xfe" + b"\xff" * 40) == []
