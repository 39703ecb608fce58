"""What git tracks and ignores, read from its files and held against git itself."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from layouts import git, lay_out

from seawall.core.vocabulary import words
from seawall.surfaces.repository.git import Git, read_git
from seawall.surfaces.repository.git_index import read_index
from seawall.surfaces.repository.reader import read_repository

NAMES = ["a", "a.b", "a/b/c.py", "a/b/cd.py", "ä/ö ü.txt", "x" * 200 + "/" + "y" * 200 + "/z", "zz"]


def working_tree(root: Path, *options: str) -> Git:
    git(root, "init", "-q", *options)
    for name in NAMES:
        path = root / (name + ".f")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "zz.f").chmod(0o755)
    (root / "link").symlink_to("zz.f")
    git(root, "add", ".")
    found = read_git(str(root))
    assert found is not None
    return found


def as_git_says(root: Path) -> dict[str, int]:
    lines = git(root, "ls-files", "-s", "-z").split("\0")[:-1]
    return {line.partition("\t")[2]: int(line[:6], 8) for line in lines}


@pytest.mark.parametrize("version", ["2", "4"])
def test_the_index_is_read_as_git_lists_it(tmp_path: Path, version: str) -> None:
    working_tree(tmp_path)
    git(tmp_path, "update-index", "--index-version", version)
    found = read_git(str(tmp_path))
    assert found is not None
    assert found.index.version == int(version)
    assert found.index.fault == ""
    assert {entry.path: entry.mode for entry in found.index.entries} == as_git_says(tmp_path)


def test_what_is_only_intended_to_be_added_makes_version_3_and_counts_for_nothing(
    tmp_path: Path,
) -> None:
    working_tree(tmp_path)
    (tmp_path / "new").write_text("x")
    git(tmp_path, "add", "--intent-to-add", "new")
    repository = read_repository(tmp_path)
    assert repository.git is not None
    assert repository.git.index.version == 3
    assert repository.git.tracked["new"].is_intended
    assert repository.tracked == {f"{name}.f" for name in NAMES}


def test_a_repository_of_longer_hashes_is_read(tmp_path: Path) -> None:
    found = working_tree(tmp_path, "--object-format=sha256")
    assert found.index.fault == ""
    assert {entry.path for entry in found.index.entries} == set(as_git_says(tmp_path))


def test_a_worktree_and_a_submodule_have_a_file_for_their_git(tmp_path: Path) -> None:
    main = tmp_path / "main"
    main.mkdir()
    working_tree(main)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    git(main, *who, "commit", "-qm", "first")
    git(main, "worktree", "add", "-q", "../other")
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(main), "sub")
    for tree in (tmp_path / "other", outer / "sub"):
        found = read_git(str(tree))
        assert found is not None
        assert {e.path: e.mode for e in found.index.entries} == as_git_says(tree)
    repository = read_repository(outer)
    assert repository.tracked == {".gitmodules"}
    assert [file.path for file in repository.files] == [".gitmodules"]


def test_an_index_that_is_cut_anywhere_says_so_and_keeps_what_came_before(tmp_path: Path) -> None:
    working_tree(tmp_path)
    for version in ("2", "4"):
        git(tmp_path, "update-index", "--index-version", version)
        data = (tmp_path / ".git/index").read_bytes()
        whole = len(read_index(data).entries)
        for size in range(0, 700, 7):
            cut = read_index(data[:size])
            assert cut.fault
            assert len(cut.entries) < whole


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"JUNK" * 10,
        b"DIRC" + struct.pack(">II", 5, 1) + b"\0" * 100,
        b"DIRC" + struct.pack(">II", 4, 2**32 - 1) + b"\xff" * 500,
        b"DIRC" + struct.pack(">II", 2, 2**32 - 1) + b"\xff" * 5000,
        b"DIRC" + struct.pack(">II", 4, 1) + b"\0" * 62 + b"\x05x\0",
    ],
)
def test_a_made_up_index_is_a_fault_and_no_traceback(data: bytes) -> None:
    assert read_index(data).fault


def test_a_split_index_is_said_to_be_unread(tmp_path: Path) -> None:
    working_tree(tmp_path)
    git(tmp_path, "update-index", "--split-index")
    repository = read_repository(tmp_path)
    assert any("split" in gap for gap in repository.gaps)


def test_what_is_ignored_is_what_git_ignores(tmp_path: Path) -> None:
    lay_out(
        "=== .gitignore (tracked)\n*.log\n!keep.log\nbuild/\n/top\nsub/**/deep\n"
        "=== sub/.gitignore (tracked)\n!important.log\nlocal\n",
        tmp_path,
    )
    (tmp_path / ".git/info/exclude").write_text("mine\n")
    names = words(
        """a.log keep.log sub/important.log sub/a.log build/x sub/build/keep.log top sub/top
        sub/a/b/deep sub/local local mine sub/mine other"""
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    listed = git(tmp_path, "ls-files", "--others", "--ignored", "--exclude-standard", "-z")
    found = read_git(str(tmp_path))
    assert found is not None
    assert {name for name in names if found.is_ignored(name)} == set(listed.split("\0")[:-1])


def test_a_directory_below_the_root_sees_its_own_part(tmp_path: Path) -> None:
    lay_out("=== .gitignore (tracked)\n.env\n=== a/x (tracked)\n\n=== b/y (tracked)\n\n", tmp_path)
    repository = read_repository(tmp_path / "a")
    assert repository.tracked == {"x"}
    assert repository.is_ignored(".env")
    assert not repository.is_ignored("other")


def test_no_git_is_none_and_a_broken_one_too(tmp_path: Path) -> None:
    assert read_git(str(tmp_path)) is None
    for text in ("nothing", "gitdir: ", "gitdir: /dev/zero", "gitdir: nowhere"):
        (tmp_path / ".git").write_text(text)
        assert read_git(str(tmp_path)) is None
    assert read_repository(tmp_path).tracked == frozenset()
    assert not read_repository(tmp_path).is_ignored("x")


def test_an_index_that_is_a_pipe_or_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git/index")
    assert read_repository(tmp_path).tracked == frozenset()
    (tmp_path / ".git/index").unlink()
    (tmp_path / ".git/index").symlink_to("/dev/zero")
    assert read_repository(tmp_path).tracked == frozenset()
