"""What an image is built on, and what is asked about it: a registry of our own answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.core.source import Source
from seawall.jobs.bases import Base, Neighbours, find_base, marked
from seawall.jobs.registries import Peeked, Registries
from seawall.surfaces.engine.connection import Engine
from seawall.surfaces.image import Reference, parse_reference
from seawall.surfaces.image.config import ImageConfig
from seawall.surfaces.image.locate import SourceOptions
from seawall.surfaces.image.model import Image, Layer

NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
PINNED = f"sha256:{'a' * 64}"


def image_of(*diff_ids: str, name: str = "ghcr.io/acme/app:1", **more: Any) -> Image:
    layers = tuple(Layer(n, diff_id, "", 1, 1) for n, diff_id in enumerate(diff_ids))
    made = Image(name, "registry", ImageConfig(), layers, Source(name, ""), {})
    return replace(made, **more)


def labelled(image: Image, **labels: str) -> Image:
    return replace(image, config=replace(image.config, labels=tuple(sorted(labels.items()))))


class Answers(Registries):
    """Registries that know these images by their references."""

    def __init__(self, image: Image, known: Mapping[str, tuple[str, ...]], **more: Any) -> None:
        super().__init__(image, SourceOptions(), **more)
        self.asked: list[str] = []
        self._known = known

    def _peek(self, reference: Reference) -> Peeked:
        self.asked.append(reference.familiar)
        if reference.familiar not in self._known:
            raise InputError(f"{reference.familiar}: not there")
        return Peeked(reference, PINNED, self._known[reference.familiar], 1)


class NoNeighbours(Neighbours):
    found: Any = ()


def found(image: Image, known: Mapping[str, tuple[str, ...]], *told: str) -> Base | None:
    return find_base(image, told, Answers(image, known), NoNeighbours())


def test_layers_prove_what_a_label_says() -> None:
    image = labelled(image_of("a", "b", "c"), **{NAME: "python:3.12.4-slim"})
    base = found(image, {"python:3.12.4-slim": ("a", "b")})
    assert base is not None
    assert (base.name, base.layers) == ("python:3.12.4-slim", 2)
    assert [layer.is_base for layer in marked(image, base).layers] == [True, True, False]


def test_a_digest_says_better_than_a_tag_what_was_built_on() -> None:
    image = labelled(image_of("a", "b"), **{NAME: "python:3.12-slim", DIGEST: PINNED})
    known = {"python:3.12-slim": ("new",), f"python:3.12-slim@{PINNED}": ("a",)}
    base = found(image, known)
    assert base is not None
    assert (base.name, base.layers) == ("python:3.12-slim", 1)


def test_annotations_of_the_manifest_say_so_too() -> None:
    image = image_of("a", "b", annotations={NAME: "debian:12.5"})
    base = found(image, {"debian:12.5": ("a",)})
    assert base is not None
    assert base.layers == 1


def test_a_name_that_layers_do_not_prove_is_a_name_alone() -> None:
    image = labelled(image_of("a", "b"), **{NAME: "python:3.12-slim"})
    base = found(image, {"python:3.12-slim": ("x", "b")})
    assert base is not None
    assert (base.name, base.layers) == ("python:3.12-slim", 0)
    assert marked(image, base) is image


def test_of_the_policy_s_bases_the_one_with_most_layers_counts() -> None:
    known = {"ghcr.io/b/one:1.0.0": ("a",), "ghcr.io/b/two:1.0.0": ("a", "b"), "x/y:1": ("z",)}
    base = found(image_of("a", "b", "c"), known, *known, "ghcr.io/b/none:1", "NO NAME")
    assert base is not None
    assert (base.name, base.layers, base.is_told) == ("ghcr.io/b/two:1.0.0", 2, True)


def test_an_image_that_says_nothing_has_no_base() -> None:
    assert found(image_of("a"), {}) is None
    assert found(labelled(image_of("a"), **{NAME: "Not A Name"}), {}) is None
    assert found(labelled(image_of("a"), **{NAME: "python:3", DIGEST: "bad"}), {}) is not None


@pytest.mark.parametrize(
    ("name", "base"),
    [("python", "python:latest"), ("python:3.12.4", "python:3.12.4"), ("acme/python:1", None)],
)
def test_an_official_image_is_its_own_base(name: str, base: str | None) -> None:
    image = image_of("a", "b", name=name)
    own = found(image, {})
    assert (own.name if own else None) == base
    if own is not None:
        assert own.is_itself
        assert marked(image, own) is image


def test_an_archive_is_nobody_s_official_image() -> None:
    assert found(image_of("a", name="python", kind="archive"), {}) is None


def engine_with(monkeypatch: pytest.MonkeyPatch, images: Mapping[str, list[str] | None]) -> None:
    listed = [{"Id": f"sha256:{n}", "RepoTags": [n] if n else None} for n in images]
    layers = {f"sha256:{n}": {"RootFS": {"Layers": found}} for n, found in images.items()}
    monkeypatch.setattr(Engine, "images", lambda _: listed)
    monkeypatch.setattr(Engine, "image_inspect", lambda _, name: layers[name])


def test_another_image_of_the_engine_can_be_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    images = {
        "one:1": ["a"],
        "two:1": ["a", "b"],
        "other:1": ["x"],
        "app:2": ["a", "b", "c"],
        "": ["a", "b"],
        "none:1": None,
        "<none>:<none>": ["a", "b"],
    }
    engine_with(monkeypatch, images)
    image = image_of("a", "b", "c", name="app:1", kind="engine")
    base = find_base(image, (), Answers(image, {}), Neighbours())
    assert base is not None
    assert (base.name, base.layers) == ("two:1", 2)


def test_an_engine_that_does_not_answer_has_no_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Engine) -> None:
        raise InputError("no engine")

    monkeypatch.setattr(Engine, "images", fail)
    assert Neighbours().found == ()


@pytest.mark.parametrize(
    ("name", "kind", "base", "is_told", "is_ours", "may"),
    [
        ("ghcr.io/acme/app:1", "registry", "python:3", False, False, True),
        ("reg.acme.example/app:1", "registry", "reg.acme.example/base:1", False, False, True),
        ("reg.acme.example/app:1", "engine", "reg.acme.example/base:1", False, False, True),
        ("ghcr.io/acme/app:1", "registry", "evil.example/base:1", False, False, False),
        ("ghcr.io/acme/app:1", "registry", "evil.example/base:1", False, True, False),
        ("ghcr.io/acme/app:1", "registry", "169.254.169.254/base:1", True, False, False),
        ("ghcr.io/acme/app:1", "registry", "reg.acme.example/base:1", True, True, True),
        ("app.tar", "archive", "python:3", False, False, False),
        ("app.tar", "archive", "python:3", True, False, True),
        ("app.tar", "archive", "reg.acme.example/base:1", True, False, False),
        ("app.tar", "archive", "reg.acme.example/base:1", True, True, True),
    ],
)
def test_only_the_user_leads_to_any_registry(
    name: str, kind: str, base: str, is_told: bool, is_ours: bool, may: bool
) -> None:
    reference = parse_reference(base)
    assert reference is not None
    image = image_of("a", name=name, kind=kind)
    registries = Registries(image, SourceOptions(), is_ours=is_ours)
    assert registries.may_ask(reference, is_told=is_told) is may
    offline = Registries(image, SourceOptions(offline=True), is_ours=is_ours)
    assert not offline.may_ask(reference, is_told=is_told)


def test_every_question_is_put_once() -> None:
    image = image_of("a")
    registries = Answers(image, {"python:3": ("a",)})
    for text in ("python:3", "python:3", "python:4", "python:4"):
        reference = parse_reference(text)
        assert reference is not None
        if text == "python:3":
            assert registries.peek(reference).pinned.familiar == f"python:3@{PINNED}"
        else:
            with pytest.raises(InputError, match="not there"):
                registries.peek(reference)
    assert registries.asked == ["python:3", "python:4"]
