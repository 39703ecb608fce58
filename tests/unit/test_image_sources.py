"""Images are found in every form of archive and layout, and nothing in them is believed unread."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import zstandard
from archives import (
    INDEX_TYPE,
    TELLER,
    Files,
    Layout,
    classic,
    config_of,
    digest,
    far_link,
    layout_of,
    packed,
    unpacked,
)

from seawall.core.errors import InputError
from seawall.surfaces.image.archive import ArchiveSource
from seawall.surfaces.image.blob import Blob, LayerFacts, Pulled
from seawall.surfaces.image.facts import Trouble
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.layout import LayoutSource
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.platform import parse_platform

LOWER = packed({"etc": None, "etc/passwd": b"root"})
UPPER = packed({"etc/.wh.passwd": b"", "app": b"x" * 3000})
LAYERS = (LOWER, UPPER)
ARM = packed({"arm": b"1"})


def look(blob: Blob) -> LayerFacts:
    return analyse_layer(blob, ())


def pull(files: Files, tmp_path: Path, wanted: str = "", platform: str = "") -> Pulled:
    """The image in an archive of these files."""
    return pull_bytes(packed(files), tmp_path, wanted, platform)


def pull_bytes(data: bytes, tmp_path: Path, wanted: str = "", platform: str = "") -> Pulled:
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    chosen = parse_platform(platform) if platform else None
    return ArchiveSource(str(path), wanted, chosen).pull(look)


def pull_layout(files: Files, tmp_path: Path, wanted: str = "", platform: str = "") -> Pulled:
    """The image in a layout of these files."""
    root = unpacked(files, tmp_path / "layout")
    chosen = parse_platform(platform) if platform else None
    return LayoutSource(str(root), wanted, chosen).pull(look)


def paths(pulled: Pulled) -> list[bytes]:
    return [layer.files for layer in pulled.layers]


EXPECTED = [b"etc/passwd", b"app"]


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, zstandard.compress, bz2.compress, lzma.compress]
)
@pytest.mark.parametrize(
    "files",
    [
        classic(LAYERS),
        layout_of(LAYERS).files(),
        layout_of(LAYERS, compress=True).files(),
        classic(LAYERS) | layout_of(LAYERS).files(),
    ],
    ids=["classic", "plain layout", "gzip layout", "both"],
)
def test_every_form_of_archive_gives_the_same_layers(
    files: Files, compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    pulled = pull_bytes(compress(packed(files)), tmp_path)
    assert paths(pulled) == EXPECTED
    assert pulled.layers[1].whiteouts == ("etc/passwd",)
    assert [layer.diff_id for layer in pulled.layers] == [digest(LOWER), digest(UPPER)]
    assert pulled.platform == "linux/amd64"
    assert pulled.problems == ()
    assert pulled.config == config_of(LAYERS)


def test_a_layout_is_read_with_its_digests(tmp_path: Path) -> None:
    layout = layout_of(LAYERS, compress=True)
    pulled = pull_layout(layout.files(), tmp_path)
    assert paths(pulled) == EXPECTED
    assert pulled.digest == layout.entries[0]["digest"]
    assert pulled.index_digest == ""


def test_an_archive_through_a_pipe_is_read_as_it_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(packed(classic(LAYERS)),))
    writer.start()
    pulled = ArchiveSource(str(pipe)).pull(look)
    writer.join()
    assert paths(pulled) == EXPECTED


def test_an_archive_on_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(packed(classic(LAYERS))))
    monkeypatch.setattr("sys.stdin", stream)
    source = ArchiveSource("-")
    assert source.name == "standard input"
    assert paths(source.pull(look)) == EXPECTED


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_layer_shared_by_a_link_is_found(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    files = dict(classic((LOWER, LOWER)))
    files[f"{1:064x}/layer.tar"] = f"-> ../{0:064x}/layer.tar".encode()
    pulled = pull_bytes(compress(packed(files)), tmp_path)
    assert paths(pulled) == [b"etc/passwd"] * 2


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    files = dict(classic((LOWER,)))
    files[f"{0:064x}/layer.tar"] = b"-> other"
    files[f"{0:064x}/other"] = b"-> layer.tar"
    with pytest.raises(InputError, match="lacks the layer"):
        pull(files, tmp_path)


def test_an_empty_layer_is_one(tmp_path: Path) -> None:
    layers = (LOWER, bytes(1024))
    for name, data in (
        ("a", packed(classic(layers))),
        ("b", gzip.compress(packed(classic(layers)))),
    ):
        (tmp_path / name).mkdir()
        assert paths(pull_bytes(data, tmp_path / name)) == [b"etc/passwd", b""]


def test_tags_are_those_of_the_archive(tmp_path: Path) -> None:
    assert pull(classic(LAYERS, ["app:1", "app:2"]), tmp_path).tags == ("app:1", "app:2")
    layout = Layout()
    named = {"io.containerd.image.name": "docker.io/library/app:3"}
    layout.entries.append(layout.manifest(LAYERS, annotations=named))
    named = {"io.containerd.image.name": "docker.io/library/app:4"}
    layout.entries.append({**layout.entries[0], "annotations": named})
    assert pull(layout.files(), tmp_path).tags == ("app:3", "app:4")


def two_images() -> Files:
    files = classic(LAYERS)
    other = classic((ARM,), ["docker.io/other/tool:latest"])
    saved = [
        *json.loads(files["manifest.json"] or b""),
        *json.loads((other["manifest.json"] or b"").replace(b"0" * 63, b"f" * 63)),
    ]
    renamed = {path.replace("0" * 63, "f" * 63): data for path, data in other.items()}
    return {**files, **renamed, "manifest.json": json.dumps(saved).encode()}


class TestSeveralImages:
    both = two_images()

    def test_none_is_guessed(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"several images: app:1, docker\.io/other"):
            pull(self.both, tmp_path)

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ("app:1", EXPECTED),
            ("docker.io/library/app:1", EXPECTED),
            ("other/tool", [b"arm"]),
            ("other/tool:latest", [b"arm"]),
            (digest(config_of((ARM,))), [b"arm"]),
            (digest(config_of((ARM,)))[7:19], [b"arm"]),
        ],
    )
    def test_the_wanted_one_is_taken(
        self, wanted: str, expected: list[bytes], tmp_path: Path
    ) -> None:
        assert paths(pull(self.both, tmp_path, wanted)) == expected

    @pytest.mark.parametrize("wanted", ["app:2", "app", "tool", "0" * 12])
    def test_one_that_is_not_there_is_said(self, wanted: str, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=f"has no image {wanted}, but app:1"):
            pull(self.both, tmp_path, wanted)

    def test_a_layout_chooses_by_name_tag_or_digest(self, tmp_path: Path) -> None:
        layout = Layout()
        key = "org.opencontainers.image.ref.name"
        layout.entries += [
            layout.manifest(LAYERS, annotations={key: "one"}),
            layout.manifest((ARM,), annotations={key: "two"}),
        ]
        files = layout.files()
        assert paths(pull_layout(files, tmp_path, "one")) == EXPECTED
        assert paths(pull_layout(files, tmp_path, "two")) == [b"arm"]
        assert paths(pull_layout(files, tmp_path, layout.entries[1]["digest"])) == [b"arm"]
        with pytest.raises(InputError, match="several images: one, two"):
            pull_layout(files, tmp_path)
        with pytest.raises(InputError, match="has no image three, but one, two"):
            pull_layout(files, tmp_path, "three")


def multi_platform(layout: Layout, *, nested: bool) -> None:
    arm = config_of((ARM,), "arm64")
    entries = [
        layout.manifest(LAYERS, platform={"os": "linux", "architecture": "amd64"}),
        layout.manifest((ARM,), config=arm, platform={"os": "linux", "architecture": "arm64"}),
        layout.blob(b"{}", "x/y", platform={"os": "unknown", "architecture": "unknown"}),
    ]
    layout.entries += [layout.index(entries)] if nested else entries


@pytest.mark.parametrize("nested", [True, False])
def test_the_image_for_the_platform_is_taken(nested: bool, tmp_path: Path) -> None:
    layout = Layout()
    multi_platform(layout, nested=nested)
    arm = pull_layout(layout.files(), tmp_path, platform="linux/arm64")
    assert paths(arm) == [b"arm"]
    assert arm.platform == "linux/arm64"
    assert arm.index_digest == (layout.entries[0]["digest"] if nested else "")
    assert paths(pull_layout(layout.files(), tmp_path, platform="amd64")) == EXPECTED
    with pytest.raises(InputError, match="no image for linux/s390x; there is linux/amd64"):
        pull_layout(layout.files(), tmp_path, platform="s390x")


def test_where_the_index_is_silent_the_configuration_tells_the_platform(tmp_path: Path) -> None:
    layout = Layout()
    layout.entries += [
        layout.manifest(LAYERS),
        layout.manifest((ARM,), config=config_of((ARM,), "arm64")),
    ]
    assert paths(pull_layout(layout.files(), tmp_path, platform="arm64")) == [b"arm"]


def test_an_image_for_another_platform_than_the_wanted_is_refused(tmp_path: Path) -> None:
    for files in (classic(LAYERS), layout_of(LAYERS).files()):
        with pytest.raises(InputError, match="is for linux/amd64, not for linux/arm64"):
            pull(files, tmp_path, platform="arm64")


def test_platforms_that_were_not_saved_are_no_choice(tmp_path: Path) -> None:
    layout = Layout()
    multi_platform(layout, nested=True)
    index = json.loads(layout.blobs[layout.entries[0]["digest"]])
    del layout.blobs[index["manifests"][0]["digest"]]
    assert paths(pull(layout.files(), tmp_path)) == [b"arm"]


def test_a_deeply_nested_index_is_followed_and_an_endless_one_is_not(tmp_path: Path) -> None:
    layout = Layout()
    inner = layout.manifest(LAYERS)
    for _ in range(4):
        inner = layout.index([inner])
    layout.entries = [inner]
    assert paths(pull(layout.files(), tmp_path)) == EXPECTED
    for _ in range(10):
        inner = layout.index([inner])
    layout.entries = [inner]
    with pytest.raises(InputError, match="its indexes have no end"):
        pull(layout.files(), tmp_path)


def test_an_index_in_a_circle_is_refused(tmp_path: Path) -> None:
    """Digests that are right have no circles: one of them is a lie, and is found out."""
    layout = Layout()
    name = "sha256:" + "c" * 64
    entry = {"mediaType": INDEX_TYPE, "digest": name, "size": 10}
    data = json.dumps({"manifests": [entry]}).encode()
    entry["size"] = len(data)
    layout.blobs[name] = json.dumps({"manifests": [entry]}).encode()
    layout.entries = [entry]
    with pytest.raises(InputError, match="has not the digest"):
        pull(layout.files(), tmp_path)


def tampered(files: Files, path: str, change: Callable[[bytes], bytes | None]) -> Files:
    data = change(files[path] or b"")
    return {name: content for name, content in {**files, path: data}.items() if content is not None}


def blob_path(name: str) -> str:
    return f"blobs/sha256/{name.removeprefix('sha256:')}"


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


def shorter(data: bytes) -> bytes:
    return data[:-1]


def missing(_: bytes) -> None:
    return None


@pytest.mark.parametrize("reader", [pull, pull_layout])
@pytest.mark.parametrize("change", [flipped, shorter, missing])
@pytest.mark.parametrize("part", ["manifest", "config", "layer"])
def test_a_blob_that_is_another_or_missing_is_found_out(
    part: str,
    change: Callable[[bytes], bytes | None],
    reader: Callable[[Files, Path], Pulled],
    tmp_path: Path,
) -> None:
    layout = layout_of(LAYERS, compress=True)
    name = layout.entries[0]["digest"]
    manifest = json.loads(layout.blobs[name])
    if part == "config":
        name = manifest["config"]["digest"]
    elif part == "layer":
        name = manifest["layers"][1]["digest"]
    files = tampered(layout.files(), blob_path(name), change)
    with pytest.raises(InputError, match=r"digest|lacks|bytes instead of"):
        reader(files, tmp_path)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("change", [flipped, missing])
@pytest.mark.parametrize("part", ["config", "layer"])
def test_a_classic_archive_is_held_against_its_digests(
    part: str,
    change: Callable[[bytes], bytes | None],
    compress: Callable[[bytes], bytes],
    tmp_path: Path,
) -> None:
    files = classic(LAYERS)
    path = f"{1:064x}/layer.tar" if part == "layer" else next(iter(files))
    with pytest.raises(InputError, match=r"digest|lacks"):
        pull_bytes(compress(packed(tampered(files, path, change))), tmp_path)


def test_layers_must_be_as_many_as_the_configuration_tells_of(tmp_path: Path) -> None:
    config = config_of((LOWER,))
    for files in (classic(LAYERS, config=config), layout_of(LAYERS, config=config).files()):
        with pytest.raises(InputError, match="has 2 layers, and its configuration tells of 1"):
            pull(files, tmp_path)


def test_a_layout_within_must_not_contradict_the_manifest_beside_it(tmp_path: Path) -> None:
    files = {**classic((ARM,)), **layout_of(LAYERS).files()}
    pulled = pull(files, tmp_path)
    assert paths(pulled) == EXPECTED
    assert "manifest.json names an image that index.json does not" in pulled.problems[0]


def test_a_layer_that_is_kept_elsewhere_is_said(tmp_path: Path) -> None:
    layout = Layout()
    entry = layout.manifest(LAYERS)
    manifest = json.loads(layout.blobs.pop(entry["digest"]))
    manifest["layers"][0]["urls"] = ["https://example.com/layer"]
    del layout.blobs[manifest["layers"][0]["digest"]]
    layout.entries = [layout.blob(json.dumps(manifest).encode(), entry["mediaType"])]
    for pulled in (
        pull(layout.files(), tmp_path),
        pull_layout(layout.files(), tmp_path),
        pull_bytes(gzip.compress(packed(layout.files())), tmp_path),
    ):
        image = merge(pulled, "app", "archive")
        assert [held.fact.is_fatal for held in image.troubles] == [True]
        assert "a place outside" in image.troubles[0].fact.reason


def linked(name: str, target: str, kind: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        archive.addfile(member)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"no archive" * 100, "can't be read as an archive"),
        (gzip.compress(b"no archive" * 100, mtime=0), "can't be read as an archive"),
        (packed(classic(LAYERS))[:6000], "can't be read as an archive"),
        (gzip.compress(packed(classic(LAYERS)))[:-500], "can't be read as an archive"),
        (packed({"a": b"1"}), "is no image"),
        (packed({"manifest.json": b"[]"}), "is no image"),
        (packed({"manifest.json": b"{"}), "can't be understood"),
        (packed({"manifest.json": b"[" * 100_000}), "can't be understood"),
        (packed({"manifest.json": b"x" * (5 * 1024 * 1024)}), "more than"),
        (packed({"repositories": b"{}"}), "before 1.10"),
        (packed({"index.json": b"{}"}), "neither a configuration"),
        (packed({"index.json": b'{"manifests":[]}'}), "is no image"),
        (packed({"../../etc/passwd": b"1"}), "leaves the image's root"),
        (linked("manifest.json", "/etc/passwd", tarfile.SYMTYPE), "is no image"),
        (linked("manifest.json", "../../../etc/passwd", tarfile.LNKTYPE), "is no image"),
        (
            packed({"manifest.json": b'[{"Config":"../../etc/passwd","Layers":[]}]'}),
            "lacks the configuration",
        ),
    ],
)
def test_what_is_no_image_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=reason):
        pull_bytes(data, tmp_path)


def test_an_archive_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        ArchiveSource(str(tmp_path / "missing.tar")).pull(look)
    with pytest.raises(InputError, match=r"is a directory|not a regular file"):
        ArchiveSource(str(tmp_path)).pull(look)


def test_a_file_that_changes_while_it_is_read_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(packed(classic(LAYERS)))

    def meanwhile(blob: Blob) -> LayerFacts:
        with path.open("ab") as file:
            file.write(b"\0")
        return look(blob)

    with pytest.raises(InputError, match="was changed while it was read"):
        ArchiveSource(str(path)).pull(meanwhile)


class TestFarLinks:
    def look(self, blob: Blob) -> LayerFacts:
        return analyse_layer(blob, (TELLER,))

    def test_a_compressed_archive_is_read_again_for_one(self, tmp_path: Path) -> None:
        path = tmp_path / "a.tar.gz"
        path.write_bytes(gzip.compress(packed(classic((LOWER, far_link()))), 1))
        pulled = ArchiveSource(str(path)).pull(self.look)
        assert pulled.layers[1].facts == (Trouble("link", "content"),)

    def test_a_pipe_can_not_be_and_it_is_said(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = Thread(target=pipe.write_bytes, args=(packed(classic((far_link(),))),))
        writer.start()
        pulled = ArchiveSource(str(pipe)).pull(self.look)
        writer.join()
        (fact,) = pulled.layers[0].facts
        assert isinstance(fact, Trouble)
        assert "can't be read again" in fact.reason


class TestDirectories:
    def test_a_link_out_of_the_layout_is_refused(self, tmp_path: Path) -> None:
        layout = layout_of(LAYERS)
        root = unpacked(layout.files(), tmp_path / "layout")
        blob = root / blob_path(layout.entries[0]["digest"])
        outside = tmp_path / "outside"
        blob.rename(outside)
        blob.symlink_to(outside)
        with pytest.raises(InputError, match="out of the layout"):
            LayoutSource(str(root)).pull(look)

    def test_a_linked_blob_directory_out_of_the_layout_is_refused(self, tmp_path: Path) -> None:
        root = unpacked(layout_of(LAYERS).files(), tmp_path / "layout")
        (root / "blobs").rename(tmp_path / "blobs")
        (root / "blobs").symlink_to(tmp_path / "blobs")
        with pytest.raises(InputError, match="out of the layout"):
            LayoutSource(str(root)).pull(look)

    def test_a_link_within_is_followed(self, tmp_path: Path) -> None:
        layout = layout_of(LAYERS)
        root = unpacked(layout.files(), tmp_path / "layout")
        blob = root / blob_path(layout.entries[0]["digest"])
        blob.rename(root / "moved")
        blob.symlink_to("../../moved")
        (tmp_path / "link").symlink_to(root)
        assert paths(LayoutSource(str(tmp_path / "link")).pull(look)) == EXPECTED

    @pytest.mark.parametrize("marker", [b"", b"{}", b"x" * 5000])
    def test_a_directory_without_its_marker_is_no_layout(
        self, marker: bytes, tmp_path: Path
    ) -> None:
        files: dict[str, Any] = layout_of(LAYERS).files()
        with pytest.raises(InputError, match=r"no image layout|is empty|more than"):
            pull_layout({**files, "oci-layout": marker}, tmp_path)

    def test_a_layout_without_images_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="has no image in it"):
            pull_layout(Layout().files(), tmp_path)

    def test_a_pipe_in_a_layout_is_no_blob(self, tmp_path: Path) -> None:
        layout = layout_of(LAYERS)
        root = unpacked(layout.files(), tmp_path / "layout")
        blob = root / blob_path(layout.entries[0]["digest"])
        blob.unlink()
        os.mkfifo(blob)
        with pytest.raises(InputError, match="lacks"):
            LayoutSource(str(root)).pull(look)
