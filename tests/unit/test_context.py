"""What a COPY takes from its context, walked on real trees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layouts import lay_out, repository_of

from seawall.core.source import Source
from seawall.surfaces.dockerfile import read
from seawall.surfaces.repository import Build, Context
from seawall.surfaces.repository.reader import read_repository
from seawall.surfaces.repository.tree import MAX_DEPTH, Disk, read_start

FILES = "=== src/a.py\na\n=== src/deep/b.py\nb\n=== web/a.js\n\n=== .env\nx\n=== lib.d/c\nc\n"


def context_of(copies: str, root: Path, more: str = "") -> Context:
    text = f"=== Dockerfile\nFROM debian:12.5\n{copies}\n{FILES}{more}"
    (context,) = repository_of(text, root).contexts
    return context


def taken(context: Context) -> list[str]:
    return sorted(file.path for copy in context.copies for file in context.sent(copy))


@pytest.mark.parametrize(
    ("copies", "paths"),
    [
        ("COPY . /app", ".env Dockerfile lib.d/c src/a.py src/deep/b.py web/a.js"),
        ("COPY ./ /app", ".env Dockerfile lib.d/c src/a.py src/deep/b.py web/a.js"),
        ("COPY / /app", ".env Dockerfile lib.d/c src/a.py src/deep/b.py web/a.js"),
        ("COPY * /app", ".env Dockerfile lib.d/c src/a.py src/deep/b.py web/a.js"),
        ('ADD ["src", "/app"]', "src/a.py src/deep/b.py"),
        ("COPY ../src /app", "src/a.py src/deep/b.py"),
        ('COPY "src/deep" web /app/', "src/deep/b.py web/a.js"),
        ("COPY *.d w?b /app/", "lib.d/c web/a.js"),
        ("COPY src/* /app/", "src/deep/b.py"),
        ("COPY */deep /app/", ""),
        ("COPY [ab /app/", ""),
        ("COPY --exclude=*.py --exclude=deep src /app", ""),
        ("COPY --exclude=deep src /app", "src/a.py"),
        ("COPY src/a.py absent /app/", ""),
        ("COPY $DIR /app", ""),
        ("COPY --from=debian:12.5 . /app", ""),
        ("ADD https://example.org/x /app", ""),
        ("COPY <<EOF /app\n.\nEOF", ""),
    ],
)
def test_a_copy_takes_what_lies_below_its_sources(copies: str, paths: str, tmp_path: Path) -> None:
    assert taken(context_of(copies, tmp_path)) == paths.split()


@pytest.mark.parametrize(
    ("ignore", "paths"),
    [
        ("src\n", ".dockerignore .env Dockerfile lib.d/c web/a.js"),
        ("*\n!src/deep\n", "src/deep/b.py"),
        ("**/*.py\n!**/b.py\n", ".dockerignore .env Dockerfile lib.d/c src/deep/b.py web/a.js"),
        ("*\n", ""),
    ],
)
def test_a_dockerignore_bounds_what_is_taken(ignore: str, paths: str, tmp_path: Path) -> None:
    context = context_of("COPY . /app", tmp_path, "=== .dockerignore\n" + ignore)
    assert taken(context) == paths.split()


def test_a_directory_that_is_ignored_as_a_whole_gives_nothing(tmp_path: Path) -> None:
    assert taken(context_of("COPY src/deep /app", tmp_path, "=== .dockerignore\nsrc\n")) == []


def test_the_file_beside_the_dockerfile_goes_before_the_context_s(tmp_path: Path) -> None:
    more = "=== .dockerignore\n*\n=== Dockerfile.dockerignore\n*\n!web\n"
    context = context_of("COPY . /app", tmp_path, more)
    assert taken(context) == ["web/a.js"]
    assert context.ignore is not None
    assert context.ignore.source.path.endswith("/Dockerfile.dockerignore")


def test_a_context_that_nothing_states_is_where_the_sources_are(tmp_path: Path) -> None:
    lay_out(FILES + "=== docker/x\n\n", tmp_path)
    for copies, where in (("COPY src /a", tmp_path), ("COPY x /a", tmp_path / "docker")):
        facts = read(Source("docker/Dockerfile", f"FROM debian:12.5\n{copies}\n"))
        build = Build(facts, str(tmp_path / "docker/Dockerfile"))
        (context,) = read_repository(tmp_path, [build]).contexts
        assert context.directory == str(where)
        assert not context.is_stated


def test_a_stated_context_is_taken_unless_it_leads_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    lay_out(FILES, root)
    facts = read(Source("Dockerfile", "FROM debian:12.5\nCOPY . /a\n"))
    (root / "out").symlink_to(tmp_path)
    builds = [
        Build(facts, str(root / "Dockerfile"), str(directory))
        for directory in (root / "src", root / "out", tmp_path, "/")
    ]
    (context,) = read_repository(root, builds).contexts
    assert taken(context) == ["a.py", "deep/b.py"]
    assert context.is_stated
    assert context.name.endswith("/root/src")


def test_links_are_not_followed_and_pipes_not_opened(tmp_path: Path) -> None:
    context = context_of("COPY . away /app/", tmp_path)
    (tmp_path / "away").symlink_to("/etc")
    (tmp_path / "secret.key").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    assert "secret.key" not in taken(context)
    assert not any(path.startswith(("away", "pipe")) for path in taken(context))
    assert read_start(str(tmp_path / "pipe"), 10) is None
    assert read_start(str(tmp_path / "secret.key"), 10) is None
    assert read_start(str(tmp_path), 10) is None


def test_a_tree_with_more_files_than_the_bound_is_said_to_be_cut(tmp_path: Path) -> None:
    lay_out(FILES, tmp_path)
    disk = Disk(limit=2)
    disk.listing(str(tmp_path / "src"))
    disk.listing(str(tmp_path / "web"))
    assert not disk.is_whole
    repository = read_repository(tmp_path)
    assert repository.files
    assert repository.gaps == ()
    repository.disk.is_whole = False
    repository.disk.unread.append(str(tmp_path / "x"))
    del repository.__dict__["gaps"]
    assert len(repository.gaps) == 2


def test_a_directory_that_can_not_be_listed_is_a_gap(tmp_path: Path) -> None:
    repository = read_repository(tmp_path / "absent")
    assert repository.files == ()
    assert "can't be listed" in repository.gaps[0]


def test_tools_and_repositories_within_are_not_the_repository_s_files(tmp_path: Path) -> None:
    text = (
        "=== a\n\n=== node_modules/x/b\n\n=== venv/pyvenv.cfg\n\n=== venv/lib/c\n\n"
        "=== inner/.git/HEAD\n\n=== inner/d\n\n=== sub/.git\ngitdir: x\n=== sub/e\n\n"
    )
    lay_out(text, tmp_path)
    assert [file.path for file in read_repository(tmp_path).files] == ["a"]


def test_a_tree_that_goes_down_for_ever_is_followed_to_a_depth(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["d"] * (MAX_DEPTH + 20))
    deep.mkdir(parents=True)
    (deep / "file").write_text("")
    assert taken(context_of("COPY d /app", tmp_path)) == []
    assert not any(file.path.startswith("d/") for file in read_repository(tmp_path).files)
