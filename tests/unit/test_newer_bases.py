"""Whether a newer base is better: images in archives stand for those of a registry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from advisory_data import affected, build, record, write_tree
from archives import classic, config_of, digest, packed
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.core.model import Notice
from seawall.jobs import newer
from seawall.jobs.bases import Neighbours
from seawall.jobs.inspection import Inspection, inspect_source
from seawall.jobs.known import know
from seawall.jobs.newer import Footing, Grounds
from seawall.jobs.registries import Peeked, Registries
from seawall.surfaces.image import Reference
from seawall.surfaces.image.archive import ArchiveSource
from seawall.surfaces.image.blob import ImageSource
from seawall.surfaces.image.cache import Cache

PINNED = f"sha256:{'a' * 64}"
STATUS = "Package: {}\nStatus: install ok installed\nVersion: {}\nArchitecture: amd64\n\n"


def debian(version: str = "12", **packages: str) -> dict[str, bytes]:
    status = "".join(STATUS.format(*each) for each in packages.items())
    release = f'ID=debian\nVERSION_ID="{version}"\n'
    return {"etc/os-release": release.encode(), "var/lib/dpkg/status": status.encode()}


OLD = debian(openssl="3.0.11-1", bash="5.2-1")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def store(tmp_path: Path) -> str:
    osv = {
        "Debian": [
            record("CVE-1", affected("Debian:12", "openssl", "introduced=0", "fixed=3.0.15-1")),
            record("CVE-2", affected("Debian:12", "bash", "introduced=0")),
            record("CVE-3", affected("Debian:12", "curl", "introduced=0")),
        ]
    }
    build(write_tree(tmp_path / "feeds", osv), tmp_path / "store.sqlite")
    return str(tmp_path / "store.sqlite")


class World:
    """A registry with tags of one repository; a tag whose image is None is a broken one."""

    def __init__(self, folder: Path, tags: Mapping[str, dict[str, bytes] | None]) -> None:
        self.folder = folder
        self.images = tags
        self.size = 1
        self.lists_tags = True

    def archive(self, name: str, *layers: dict[str, bytes]) -> ImageSource:
        tars = [packed(layer) for layer in layers]
        path = self.folder / f"{name}.tar"
        path.write_bytes(packed(classic(tars, config=config_of(tars))))
        return ArchiveSource(str(path))

    def registries(self) -> type[Registries]:
        world = self

        class Answers(Registries):
            def _peek(self, reference: Reference) -> Peeked:
                layer = world.images.get(reference.tag)
                if layer is None:
                    raise InputError(f"{reference.familiar}: not there")
                return Peeked(reference, PINNED, (digest(packed(layer)),), world.size)

            def tags(self, reference: Reference) -> tuple[str, ...]:
                if not world.lists_tags:
                    raise InputError(f"{reference.name}: lists no tags")
                return tuple(world.images)

            def source(self, reference: Reference) -> ImageSource:
                assert reference.digest == PINNED
                return world.archive("other", world.images[reference.tag] or {})

        return Answers


def stand(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch, base: str = "ghcr.io/b/base:1.0.0"
) -> Footing:
    """What an image of two layers stands on, the first of which is the base's."""
    monkeypatch.setattr(newer, "Registries", world.registries())
    asked = Inspection(parts=("packages",))
    source = world.archive("app", OLD, {"app/x": b"x"})
    image = replace(inspect_source(source, asked, Cache()), kind="registry", name="ghcr.io/a/app:1")
    known = know(store, (), 10_000, date(2026, 2, 1))
    grounds = Grounds(asked, known, Neighbours(), (base,))
    return grounds.footing(image, known.match(image))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, {"1.0.0": OLD})


def test_the_newest_of_the_line_is_compared(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.images = {"1.0.0": OLD, "1.0.1": None, "1.0.2": debian(openssl="3.0.15-1", curl="1")}
    found = stand(world, store, monkeypatch)
    assert found.newer is not None
    assert found.newer.name == "ghcr.io/b/base:1.0.2"
    assert found.newer.cleared == {("deb", "CVE-1"), ("deb", "CVE-2")}
    assert (found.newer.brought, found.newer.is_same_tag) == (1, False)
    assert [layer.is_base for layer in found.image.layers] == [True, False]


def test_where_nothing_is_newer_that_is_known(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stand(world, store, monkeypatch)
    assert (found.newer, found.is_newest, found.notices) == (None, True, ())


def test_a_newer_one_that_clears_nothing_is_no_advice(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.images = {"1.0.0": OLD, "1.0.1": debian(openssl="3.0.12-1", bash="5.2-2")}
    found = stand(world, store, monkeypatch)
    assert (found.newer, found.is_newest) == (None, True)


def only(notices: tuple[Notice, ...]) -> str:
    (notice,) = notices
    return notice.message


def test_one_that_cannot_be_judged_clears_nothing(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No advisories are there for Debian 13: no flaws are found, which is no proof of anything."""
    world.images = {"1.0.0": OLD, "1.0.1": debian("13", openssl="3.5.0-1")}
    found = stand(world, store, monkeypatch)
    assert (found.newer, found.is_newest) == (None, False)
    assert "could not be judged whole" in only(found.notices)


def test_one_that_is_too_large_is_not_fetched(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.images = {"1.0.0": OLD, "1.0.1": debian(openssl="3.0.15-1")}
    world.size = newer.MAX_SIZE + 1
    found = stand(world, store, monkeypatch)
    assert found.newer is None
    assert "larger than" in only(found.notices)


def test_a_registry_that_lists_no_tags_is_a_note(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.lists_tags = False
    found = stand(world, store, monkeypatch)
    assert (found.newer, found.is_newest) == (None, False)
    assert "lists no tags" in only(found.notices)


@pytest.mark.parametrize("base", ["ghcr.io/b/base:9.9.9", "ghcr.io/b/base", "evil.example/b:1.0.0"])
def test_a_base_that_is_not_proven_or_may_not_be_asked_is_left_alone(
    world: World, store: str, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    found = stand(world, store, monkeypatch, base)
    assert (found.newer, found.is_newest, found.notices) == (None, False, ())


def test_an_image_without_flaws_asks_nothing(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(newer, "Registries", refuse)
    asked = Inspection(parts=("packages",))
    world = World(tmp_path, {})
    image = inspect_source(world.archive("clean", debian(openssl="3.0.15-1")), asked, Cache())
    known = know(store, (), 10_000, date(2026, 2, 1))
    found = Grounds(asked, known, Neighbours()).footing(image, known.match(image))
    assert found == Footing(image)
