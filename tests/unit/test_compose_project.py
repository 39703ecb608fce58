"""Which files make a project, and which texts are Compose files."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.surfaces.compose.project import find_projects, looks_like_compose

COMPLETE = "services: {web: {image: a}}"
OVERLAY = "services: {web: {ports: ['80:80']}}"


def _found(directory: Path, **files: str) -> list[tuple[str, ...]]:
    paths = []
    for name, text in files.items():
        path = directory / name.replace("__", "-").replace("_", ".")
        path.write_text(text)
        paths.append(path)
    return [tuple(path.name for path in project) for project in find_projects(paths)]


def test_a_base_is_merged_with_its_override(tmp_path: Path) -> None:
    found = _found(tmp_path, compose_override_yaml=OVERLAY, compose_yaml=COMPLETE)
    assert found == [("compose.yaml", "compose.override.yaml")]


def test_compose_takes_the_first_base_and_the_other_is_its_own(tmp_path: Path) -> None:
    found = _found(tmp_path, docker__compose_yml=COMPLETE, compose_yml=COMPLETE)
    assert found == [("compose.yml",), ("docker-compose.yml",)]


def test_yml_comes_before_yaml_for_the_old_name_as_in_compose(tmp_path: Path) -> None:
    found = _found(tmp_path, docker__compose_yaml=COMPLETE, docker__compose_yml=COMPLETE)
    assert found[0] == ("docker-compose.yml",)


def test_a_file_that_needs_the_base_is_laid_over_it_without_the_override(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        compose_yaml=COMPLETE,
        compose_override_yaml=OVERLAY,
        compose_prod_yaml=OVERLAY,
    )
    assert found == [
        ("compose.yaml", "compose.override.yaml"),
        ("compose.yaml", "compose.prod.yaml"),
    ]


@pytest.mark.parametrize(
    "text", [COMPLETE, "services: {other: {ports: ['80']}}", "services: {web: {extends: x}}", "["]
)
def test_a_file_that_needs_no_base_is_its_own_project(text: str, tmp_path: Path) -> None:
    found = _found(tmp_path, compose_yaml=COMPLETE, compose_prod_yaml=text)
    assert found == [("compose.yaml",), ("compose.prod.yaml",)]


def test_an_overlay_without_base_is_its_own_project(tmp_path: Path) -> None:
    assert _found(tmp_path, stack_yml=OVERLAY) == [("stack.yml",)]


def test_files_of_other_directories_are_other_projects(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").write_text(COMPLETE)
    paths = [tmp_path / "a/compose.yaml", tmp_path / "b/compose.yaml", tmp_path / "b/missing.yml"]
    assert find_projects(paths) == [(path,) for path in paths]


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: a\n",
        "version: '3'\n\n# x\nservices:\n\n  # y\n  web: {image: a}\n",
        "services: {web: {image: a}}",
        '"services":\n  "web":\n    image: a\n',
        "x-a: &a\n  b: c\nservices:\n  <<: *a\n",
        "include:\n  - other.yaml\n",
        "web:\n  image: a\n  ports: ['80']\n",
        "web:\n  ports: ['80']\n  build: .\n",
    ],
)
def test_a_compose_file_looks_like_one(text: str) -> None:
    assert looks_like_compose(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "services:\n  - postgres\ntest:\n  image: a\n  script: [x]\n",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: a\n",
        "on: push\njobs:\n  build:\n    runs-on: x\n    services:\n      db:\n        image: a\n",
        "image: a\nstages: [x]\n",
        "test:\n  image: a\n  script:\n    - x\n",
        "include:\n  - local: x\nstages: [a]\n",
        "a: b\nlist:\n  - image: a\n",
        "# services:\n#   web:\n",
    ],
)
def test_another_yaml_file_does_not(text: str) -> None:
    assert not looks_like_compose(text)


def test_looking_is_linear() -> None:
    assert not looks_like_compose("services:\n" + " \n" * 100_000 + "x")
    assert not looks_like_compose("a:\n" + " image\n" * 100_000)
    assert not looks_like_compose("image:\n" + "a:\n " * 50_000)
