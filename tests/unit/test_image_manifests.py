"""Images without a package manager keep a list of their packages: Azure Linux's and Chisel's."""

from __future__ import annotations

import pytest
import zstandard
from programs import layer_file

from seawall.packages import chisel, rpm_manifest
from seawall.surfaces.image.facts import Ecosystem, Fact, Ownership, Package, Trouble

AZURE = "var/lib/rpmmanifest/container-manifest-2"
WALL = "var/lib/chisel/manifest.wall"


def azure(text: str) -> list[Fact]:
    return list(rpm_manifest.ANALYSER.analyse(layer_file(AZURE, text.encode())))


def wall(*lines: str) -> list[Fact]:
    text = "\n".join(['{"jsonwall":"1.0","schema":"1.0","count":9}', *lines, ""]).encode()
    return chiselled(zstandard.ZstdCompressor().compress(text))


def chiselled(content: bytes) -> list[Fact]:
    return list(chisel.ANALYSER.analyse(layer_file(WALL, content)))


def test_a_line_of_azure_linux_is_a_package() -> None:
    line = (
        "openssl-libs\t1.1.1k-28.cm2\t1653816591\t1653753130\tMicrosoft Corporation\t(none)\t580"
        "\tx86_64\t1\topenssl-1.1.1k-28.cm2.src.rpm\n"
    )
    assert azure(line) == [
        Package(
            Ecosystem.RPM,
            "openssl-libs",
            "1:1.1.1k-28.cm2",
            AZURE,
            source="openssl",
            architecture="x86_64",
            supplier="Microsoft Corporation",
            cataloguer="rpm",
            origin="Microsoft Corporation",
        )
    ]


def test_a_source_that_is_not_known_is_none() -> None:
    (found,) = azure("a\t1.0\t1\t1\t(none)\t(none)\t1\tnoarch\t0\t(none)\n")
    assert isinstance(found, Package)
    assert (found.version, found.source, found.supplier) == ("1.0", "", "")


def test_lines_of_azure_linux_that_cant_be_understood_are_told() -> None:
    found = azure("odd\n\n\t\t\t\t\t\t\t\t\t\na\t1-1\t1\t1\tV\t0\t1\tx\t0\ta-1-1.src.rpm\n")
    assert [fact.name for fact in found if isinstance(fact, Package)] == ["a"]
    assert Trouble(AZURE, "2 lines can't be understood") in found


def test_packages_and_paths_of_a_chiselled_image_are_found() -> None:
    found = wall(
        '{"kind":"content","slice":"libc6_libs","path":"/usr/lib/libc.so.6"}',
        '{"kind":"content","slice":"libc6_config","path":"/etc/ld.so.conf.d/"}',
        '{"kind":"content","slice":"gone_libs","path":"/x"}',
        '{"kind":"package","name":"libc6","version":"2.39-0ubuntu8","sha256":"0","arch":"amd64"}',
        '{"kind":"path","path":"/usr/lib/libc.so.6","mode":"0644","slices":["libc6_libs"]}',
        '{"kind":"slice","name":"libc6_libs"}',
    )
    assert found == [
        Package(
            Ecosystem.DEB, "libc6", "2.39-0ubuntu8", WALL, architecture="amd64", cataloguer="chisel"
        ),
        Ownership(Ecosystem.DEB, "libc6", WALL, "usr/lib/libc.so.6\netc/ld.so.conf.d"),
    ]


@pytest.mark.parametrize(
    "line", ["{", "3", '{"kind":"package","name":"a"}', '{"kind":"new"}', "[" * 5000, "\x00"]
)
def test_entries_of_a_chiselled_image_that_cant_be_understood_are_told(line: str) -> None:
    found = wall('{"kind":"package","name":"a","version":"1"}', line)
    assert isinstance(found[0], Package)
    assert found[1:] == [Trouble(WALL, "1 entries of the manifest can't be understood")]


@pytest.mark.parametrize(
    "content", [b"", b"plain text", zstandard.ZstdCompressor().compress(b"x" * 100)[:-8]]
)
def test_a_manifest_that_cant_be_read_is_told(content: bytes) -> None:
    (found,) = chiselled(content)
    assert isinstance(found, Trouble)


def test_a_manifest_that_swells_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chisel, "MAX_TEXT", 1000)
    (found,) = chiselled(zstandard.ZstdCompressor().compress(bytes(100_000)))
    assert found == Trouble(
        WALL, "can't be read as a manifest of Chisel: it has more than 1000 bytes"
    )
