"""Manifests are read as engines read them; what is no image is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seawall.core.errors import InputError, UsageError
from seawall.surfaces.image.manifest import (
    DOCKER_INDEX,
    MAX_ENTRIES,
    MAX_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    read_manifest,
)
from seawall.surfaces.image.platform import Platform, choose, fits, parse_platform

DIGEST = "sha256:" + "a" * 64
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def described(media_type: str = LAYER, digest: str = DIGEST, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": 7, **more}


def manifest(**more: Any) -> bytes:
    document = {"schemaVersion": 2, "config": described(CONFIG), "layers": [described()], **more}
    return json.dumps({k: v for k, v in document.items() if v is not None}).encode()


def entry(text: str, digest: str = DIGEST, **annotations: str) -> Descriptor:
    platform = Platform(*text.split("/")) if text else None
    return Descriptor(OCI_MANIFEST, digest, 7, platform, annotations)


def test_a_manifest_names_its_configuration_and_layers() -> None:
    read = read_manifest(manifest(annotations={"a": "b"}), "app")
    assert isinstance(read, Manifest)
    assert read.media_type == OCI_MANIFEST
    assert read.config.media_type == CONFIG
    assert [layer.size for layer in read.layers] == [7]
    assert read.annotations == {"a": "b"}


def test_an_index_keeps_platforms_and_annotations() -> None:
    platform = {"os": "windows", "architecture": "amd64", "os.version": "10.0.1"}
    entries = [described(OCI_MANIFEST, platform=platform, annotations={"n": "v"})]
    data = json.dumps({"mediaType": DOCKER_INDEX, "manifests": entries}).encode()
    read = read_manifest(data, "app")
    assert isinstance(read, Index)
    assert read.media_type == DOCKER_INDEX
    assert read.manifests[0].platform == Platform("windows", "amd64", "", "10.0.1")
    assert read.manifests[0].annotations == {"n": "v"}
    assert not read.manifests[0].is_index


def test_a_layer_kept_elsewhere_says_where() -> None:
    read = read_manifest(manifest(layers=[described(urls=["https://example.com/l"])]), "app")
    assert isinstance(read, Manifest)
    assert read.layers[0].urls == ("https://example.com/l",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "can't be understood"),
        (b"[]", "can't be understood"),
        (b"\xff", "can't be understood"),
        (b"[" * 100_000, "can't be understood"),
        (b"{}", "neither a configuration nor manifests"),
        (manifest(layers=[described(digest="sha256:short")]), "is no digest"),
        (manifest(layers=[described(digest="md5:" + "a" * 32)]), "is no digest"),
        (manifest(layers=[described(digest="sha256:../../../etc/passwd")]), "is no digest"),
        (manifest(layers=[{**described(), "size": -1}]), "can't be understood"),
        (manifest(layers=[{**described(), "size": 2**70}]), "can't be understood"),
        (manifest(layers=[described()] * (MAX_ENTRIES + 1)), "more than 4096 layers"),
        (manifest(manifests=[]), "an index and a manifest at once"),
        (manifest(mediaType=OCI_INDEX), "says that it is"),
        (json.dumps({"mediaType": OCI_MANIFEST, "manifests": []}).encode(), "says that it is"),
        (
            json.dumps({"manifests": [described()] * (MAX_ENTRIES + 1)}).encode(),
            "more than 4096 manifests",
        ),
        (b" " * (MAX_MANIFEST + 1), "more than 4194304 bytes"),
    ],
)
def test_what_can_not_be_understood_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_manifest(data, "app")


@pytest.mark.parametrize(
    "data",
    [
        manifest(config=described("application/vnd.cncf.helm.config.v1+json")),
        manifest(config=described("application/vnd.oci.empty.v1+json")),
        manifest(layers=[described("application/vnd.dev.cosign.simplesigning.v1+json")]),
        manifest(layers=[described("application/vnd.in-toto+json")]),
        manifest(config=None),
        manifest(config=None, layers=None, artifactType="application/spdx+json"),
        b'{"artifactType":"a/b","blobs":[]}',
    ],
)
def test_signatures_sboms_and_charts_are_no_images(data: bytes) -> None:
    with pytest.raises(InputError, match="app: is no image"):
        read_manifest(data, "app")


@pytest.mark.parametrize(
    "data",
    [
        b'{"schemaVersion":1,"fsLayers":[]}',
        b'{"fsLayers":[{"blobSum":"sha256:x"}]}',
        b'{"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws"}',
    ],
)
def test_the_first_schema_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(InputError, match="first schema"):
        read_manifest(data, "app")


def test_a_configuration_of_an_old_registry_is_one() -> None:
    read = read_manifest(manifest(config=described("application/octet-stream")), "app")
    assert isinstance(read, Manifest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("amd64", "linux/amd64"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64"),
        ("arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("armhf", "linux/arm/v7"),
        ("armel", "linux/arm/v6"),
        ("Linux/ARM/V7", "linux/arm/v7"),
        ("i686", "linux/386"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("macos/arm64", "darwin/arm64"),
        ("linux/riscv64", "linux/riscv64"),
    ],
)
def test_platforms_are_brought_to_the_words_of_images(text: str, expected: str) -> None:
    assert str(parse_platform(text)) == expected


def test_an_operating_system_alone_is_for_this_machine() -> None:
    assert parse_platform("windows").os == "windows"
    assert parse_platform("windows").architecture == parse_platform("linux").architecture


@pytest.mark.parametrize("text", ["", "a/b/c/d", "linux/", "linux/a b", "linux/;x"])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no platform"):
        parse_platform(text)


@pytest.mark.parametrize(
    ("wanted", "there", "expected"),
    [
        ("linux/arm64", ["linux/amd64", "linux/arm64/v8"], 1),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], 1),
        ("linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], 1),
        ("linux/arm64", ["linux/amd64", "linux/arm/v6", "linux/arm/v7"], 2),
        ("linux/amd64", ["linux/386", "linux/arm64"], 0),
        ("linux/amd64", ["linux/386", "linux/amd64"], 1),
        ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], 1),
        ("linux/arm64", ["unknown/unknown", "linux/arm64"], 1),
        ("linux/arm64", ["linux/amd64", ""], 1),
        ("windows/amd64", ["linux/amd64", "windows/amd64"], 1),
    ],
)
def test_the_image_that_the_machine_runs_best_is_chosen(
    wanted: str, there: list[str], expected: int
) -> None:
    entries = [entry(text) for text in there]
    assert choose(entries, parse_platform(wanted)) is entries[expected]


@pytest.mark.parametrize("wanted", ["linux/arm/v5", "linux/s390x", "windows/amd64"])
def test_an_image_that_the_machine_does_not_run_is_not_chosen(wanted: str) -> None:
    entries = [entry("linux/arm/v7"), entry("linux/amd64")]
    with pytest.raises(InputError, match=r"there is linux/amd64, linux/arm/v7") as caught:
        choose(entries, parse_platform(wanted), "app")
    assert caught.value.message.startswith("app: no image for ")


def test_the_only_image_will_do_where_none_is_asked_for() -> None:
    only = entry("plan9/mips")
    attestation = entry("unknown/unknown")
    assert choose([attestation, only], None) is only
    with pytest.raises(InputError, match="no image for"):
        choose([only], Platform("linux", "amd64"))


def test_an_attestation_is_no_image_whatever_its_platform() -> None:
    note = {"vnd.docker.reference.type": "attestation-manifest"}
    with pytest.raises(InputError, match="holds no image"):
        choose([Descriptor(OCI_MANIFEST, DIGEST, 1, Platform("linux", "amd64"), note)], None)


def test_a_windows_version_counts_where_it_is_asked_for() -> None:
    old = Descriptor(OCI_MANIFEST, DIGEST, 1, Platform("windows", "amd64", "", "10.0.1"))
    new = Descriptor(OCI_MANIFEST, DIGEST, 2, Platform("windows", "amd64", "", "10.0.2"))
    assert choose([old, new], Platform("windows", "amd64", "", "10.0.2")) is new


def test_an_image_fits_what_its_machine_can_run() -> None:
    assert fits(Platform("linux", "arm", "v6"), Platform("linux", "arm64"))
    assert not fits(Platform("linux", "arm64"), Platform("linux", "arm"))
