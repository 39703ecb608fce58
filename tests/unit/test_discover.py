"""What a search finds, what it leaves out, and what it says of that."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.jobs.discover import Discovery, discover
from seawall.surfaces.repository.gitignore import repository_root

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Make files by their paths (a trailing slash makes a directory) and go there."""

    def make(*paths: str, **texts: str) -> Path:
        for path in paths:
            place = tmp_path / path
            if path.endswith("/"):
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(texts.get(path, "FROM scratch\n"))
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make


def names(found: Discovery) -> list[str]:
    return [each.name for each in found.inputs]


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "dockerfile",
        "DOCKERFILE",
        "Dockerfile.prod",
        "Dockerfile.alpine3.20",
        "Dockerfile-dev",
        "Dockerfile_gpu",
        "api.Dockerfile",
        "api.dockerfile",
        "Containerfile",
        "Containerfile.fedora",
        "base.containerfile",
        "Dockerfile.txt",
    ],
)
def test_a_dockerfile_is_found_by_its_name(tree: Tree, name: str) -> None:
    tree(name)
    assert names(discover(["."])) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.dockerignore",
        "Dockerfile.md",
        "dockerfile.py",
        "Dockerfile~",
        "Dockerfile.bak",
        "Dockerfiles",
        "MyDockerfile",
        "dockerfile_lint.go",
        "notes.txt",
        ".dockerignore",
    ],
)
def test_another_file_is_not_taken_for_a_dockerfile(tree: Tree, name: str) -> None:
    tree(name)
    found = discover(["."])
    assert (found.inputs, found.problems, found.notices) == ((), (), ())


@pytest.mark.parametrize("name", ["Dockerfile.j2", "Dockerfile.tmpl", "containerfile.IN"])
def test_a_template_is_left_out_and_said(tree: Tree, name: str) -> None:
    tree("svc/" + name)
    found = discover(["."])
    assert found.inputs == ()
    assert [notice.target for notice in found.notices] == [f"svc/{name}"]


def test_a_named_file_is_taken_whatever_it_is_called_and_who_ignores_it(tree: Tree) -> None:
    tree("notes.txt", "Dockerfile.j2", ".gitignore", **{".gitignore": "*\n"})
    assert names(discover(["notes.txt", "Dockerfile.j2"])) == ["notes.txt", "Dockerfile.j2"]


def test_names_are_relative_as_given_and_sorted_by_directory(tree: Tree) -> None:
    root = tree("b/Dockerfile", "a/z/Dockerfile", "a/Dockerfile", "a-b/Dockerfile", "Dockerfile")
    expected = ["Dockerfile", "a/Dockerfile", "a/z/Dockerfile", "a-b/Dockerfile", "b/Dockerfile"]
    assert names(discover(["."])) == expected
    assert names(discover(["./a//"])) == ["a/Dockerfile", "a/z/Dockerfile"]
    assert names(discover([str(root / "b")])) == [f"{root.as_posix()}/b/Dockerfile"]


def test_a_file_that_is_reached_twice_is_read_once_under_its_first_name(tree: Tree) -> None:
    tree("a/Dockerfile")
    assert names(discover(["./a/Dockerfile", ".", "a"])) == ["a/Dockerfile"]


def test_the_innermost_gitignore_decides_and_directories_stay_out(tree: Tree) -> None:
    tree(
        ".gitignore",
        "build/Dockerfile",
        "svc/.gitignore",
        "svc/keep.Dockerfile",
        "svc/drop.Dockerfile",
        "svc/build/Dockerfile",
        "other/keep.Dockerfile",
        **{
            ".gitignore": "build/\n*.Dockerfile\n",
            "svc/.gitignore": "!keep.Dockerfile\n",
        },
    )
    assert names(discover(["."])) == ["svc/keep.Dockerfile"]


def test_the_gitignore_above_a_searched_directory_holds_within_its_repository(tree: Tree) -> None:
    tree(".git/", ".gitignore", "svc/gen/Dockerfile", "svc/Dockerfile", **{".gitignore": "gen/\n"})
    assert names(discover(["svc"])) == ["svc/Dockerfile"]


def test_a_directory_that_is_ignored_but_named_is_searched(tree: Tree) -> None:
    tree(".git/", ".gitignore", "gen/a/Dockerfile", **{".gitignore": "gen/\n"})
    assert names(discover(["gen"])) == ["gen/a/Dockerfile"]


def test_a_gitignore_outside_of_the_repository_does_not_count(tree: Tree) -> None:
    tree(".gitignore", "repo/.git/", "repo/Dockerfile", **{".gitignore": "*\n"})
    assert names(discover(["repo"])) == ["repo/Dockerfile"]


def test_the_repositorys_own_exclude_file_counts(tree: Tree) -> None:
    tree(".git/info/exclude", "a/b/Dockerfile", "a/c/Dockerfile", **{".git/info/exclude": "b\n"})
    assert names(discover(["a"])) == ["a/c/Dockerfile"]


def test_an_invalid_line_of_a_gitignore_spoils_no_other(tree: Tree) -> None:
    tree(".gitignore", "a/Dockerfile", "b/Dockerfile", **{".gitignore": "!\nb/\n///\n"})
    assert names(discover(["."])) == ["a/Dockerfile"]


def test_a_gitignore_line_that_would_take_hours_is_not_applied(tree: Tree) -> None:
    tree(".gitignore", f"{'a' * 200}/Dockerfile", **{".gitignore": "*a" * 40 + "b\n"})
    assert len(discover(["."]).inputs) == 1


@pytest.mark.parametrize("name", [".git", "node_modules", "__pycache__", ".tox"])
def test_directories_of_tools_are_skipped_unless_named(tree: Tree, name: str) -> None:
    tree(f"{name}/Dockerfile", f"x/{name}/Dockerfile")
    assert names(discover(["."])) == []
    assert names(discover([name])) == [f"{name}/Dockerfile"]


def test_a_virtualenv_is_known_by_its_marker(tree: Tree) -> None:
    tree("env/pyvenv.cfg", "env/lib/Dockerfile", "lib/Dockerfile")
    assert names(discover(["."])) == ["lib/Dockerfile"]


def test_what_policy_excludes_is_left_out(tree: Tree) -> None:
    root = tree("a/Dockerfile", "b/Dockerfile", "b/c/Dockerfile.x")
    out = {f"{root}/b/"}
    assert names(discover(["."], lambda path: path in out)) == ["a/Dockerfile"]
    out = {f"{root}/a/Dockerfile"}
    assert names(discover(["."], lambda path: path in out)) == ["b/Dockerfile", "b/c/Dockerfile.x"]


def test_links_to_directories_are_not_followed(tree: Tree) -> None:
    root = tree("a/Dockerfile")
    (root / "a" / "loop").symlink_to(root)
    (root / "again").symlink_to(root / "a")
    assert names(discover(["."])) == ["a/Dockerfile"]


def test_a_link_to_a_file_that_is_found_anyway_is_no_second_file(tree: Tree) -> None:
    root = tree("a/Dockerfile", "b/other.txt")
    (root / "b" / "Dockerfile").symlink_to("../a/Dockerfile")
    (root / "b" / "Dockerfile.x").symlink_to("other.txt")
    assert names(discover(["."])) == ["a/Dockerfile", "b/Dockerfile.x"]


def test_a_link_out_of_the_tree_is_not_read_but_said(tree: Tree) -> None:
    root = tree("out/secret", "repo/Dockerfile")
    (root / "repo" / "Dockerfile.x").symlink_to(root / "out" / "secret")
    found = discover(["repo"])
    assert names(found) == ["repo/Dockerfile"]
    assert [problem.target for problem in found.problems] == ["repo/Dockerfile.x"]


def test_a_link_within_the_repository_may_leave_the_searched_directory(tree: Tree) -> None:
    root = tree(".git/", "shared/base", "svc/")
    (root / "svc" / "Dockerfile").symlink_to(root / "shared" / "base")
    assert names(discover(["svc"])) == ["svc/Dockerfile"]


def test_hostile_names_are_kept_readable_and_encode(tree: Tree) -> None:
    root = tree()
    name = os.fsencode(root) + b"/a\xff\x1b[31m\n.Dockerfile"
    Path(os.fsdecode(name)).write_text("FROM scratch\n")
    (found,) = discover(["."]).inputs
    assert found.name == "a\\xff\x1b[31m\n.Dockerfile"
    assert found.name.encode()
    assert os.fsencode(found.path) == name


def test_an_unreadable_directory_is_a_problem_and_the_rest_is_found(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree("a/Dockerfile", "b/Dockerfile")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = discover(["."])
    assert names(found) == ["b/Dockerfile"]
    assert [(p.target, p.reason) for p in found.problems] == [("a", "permission denied")]


def test_a_path_with_a_nul_is_a_problem_for_who_reads_it(tree: Tree) -> None:
    tree()
    assert len(discover(["a\0b"]).inputs + discover(["a\0b"]).problems) == 1


def test_a_directory_deeper_than_any_name_may_be_is_survived(tree: Tree) -> None:
    root = tree()
    here = os.open(root, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d" * 10, dir_fd=here)
        here, old = os.open("d" * 10, os.O_RDONLY, dir_fd=here), here
        os.close(old)
    os.close(here)
    found = discover(["."])
    assert found.inputs == ()
    assert len(found.problems) == 1


def test_the_root_of_a_repository_is_the_nearest_one(tree: Tree) -> None:
    root = tree("a/.git/", "a/b/")
    assert repository_root(f"{root}/a/b") == f"{root}/a"
    assert repository_root("/") == ""
