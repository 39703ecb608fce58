"""A target means what a person expects it to mean, and a prefix says it outright."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from archives import classic, layout_of, packed, unpacked

from seawall.core.errors import InputError
from seawall.surfaces.engine.connection import Engine, NotFoundError, UnreachableError
from seawall.surfaces.image.archive import ArchiveSource
from seawall.surfaces.image.engine_image import EngineSource
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.layout import LayoutSource
from seawall.surfaces.image.locate import SourceOptions, open_image
from seawall.surfaces.image.registry import RegistrySource
from seawall.surfaces.image.rootfs import RootfsSource

LAYER = packed({"a": b"1"})
OFFLINE = SourceOptions(offline=True)


@pytest.fixture(autouse=True)
def images(monkeypatch: pytest.MonkeyPatch) -> dict[str, Mapping[str, Any]]:
    """The images of an engine; None among them means that there is no engine."""
    found: dict[str, Mapping[str, Any]] = {}

    def inspect(self: Engine, name: str) -> Mapping[str, Any]:
        if "gone" in found:
            raise UnreachableError("no engine answers")
        if name not in found:
            raise NotFoundError("the engine says: no such image")
        return found[name]

    monkeypatch.setattr(Engine, "image_inspect", inspect)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.tar").write_bytes(packed(classic((LAYER,))))
    unpacked(layout_of((LAYER,)).files(), tmp_path / "layout")
    (tmp_path / "root").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("app.tar", ArchiveSource),
        ("./app.tar", ArchiveSource),
        ("-", ArchiveSource),
        ("layout", LayoutSource),
        ("root", RootfsSource),
        ("docker-archive:app.tar", ArchiveSource),
        ("oci-archive:app.tar", ArchiveSource),
        ("oci:layout", LayoutSource),
        ("oci:layout:v1", LayoutSource),
        ("oci:app.tar", ArchiveSource),
        ("rootfs:root", RootfsSource),
        ("rootfs:layout", RootfsSource),
        ("engine:app", EngineSource),
        ("docker:app", EngineSource),
        ("registry:app", RegistrySource),
        ("app", RegistrySource),
        ("ghcr.io/acme/app:1", RegistrySource),
    ],
)
def test_a_target_is_what_is_there(target: str, kind: type, here: Path) -> None:
    assert type(open_image(target)) is kind


def test_the_engines_image_goes_before_the_registrys(images: dict[str, Any]) -> None:
    images["app"] = {}
    images["0123456789ab"] = {}
    assert open_image("app").kind == "engine"
    assert open_image("0123456789ab").kind == "engine"
    assert open_image("registry:app").kind == "registry"
    assert open_image("app", OFFLINE).kind == "engine"
    images["gone"] = {}
    assert open_image("app").kind == "registry"


def test_a_file_goes_before_an_image_of_the_same_name(here: Path, images: dict[str, Any]) -> None:
    images["root"] = {}
    assert open_image("root").kind == "rootfs"
    assert open_image("docker:root").kind == "engine"


def test_offline_no_registry_is_asked(images: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"--offline.*no such image"):
        open_image("app", OFFLINE)
    images["gone"] = {}
    with pytest.raises(InputError, match=r"--offline.*no engine answers"):
        open_image("app", OFFLINE)
    with pytest.raises(InputError, match="must not be asked"):
        open_image("registry:app", OFFLINE)


@pytest.mark.parametrize("target", ["", "No/Such/Thing", "./missing.tar", "registry:A B", "a:b:c"])
def test_what_means_nothing_is_said(target: str, here: Path) -> None:
    with pytest.raises(InputError, match="neither a file, nor a directory"):
        open_image(target)


def test_a_prefix_alone_is_a_name() -> None:
    with pytest.raises(InputError):
        open_image("docker:")
    assert open_image("docker").kind == "registry"


def test_a_pipe_is_an_archive(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert open_image(str(pipe)).kind == "archive"


def test_a_tag_behind_a_layout_chooses_in_it(here: Path) -> None:
    source = open_image(f"oci:{here / 'layout'}:v1")
    with pytest.raises(InputError, match="has no image v1"):
        source.pull(lambda blob: analyse_layer(blob, ()))
