"""Files around a build: what is added to ignore files, and whose mode is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mends import TODAY

from seawall.core.model import FileChange, Safety
from seawall.core.rule import Settings
from seawall.core.source import Source
from seawall.fixes.model import Context, Fixer
from seawall.fixes.repository import BOUND_CONTEXT, IGNORE_SECRET, KEY_MODE
from seawall.rules import by_id
from seawall.surfaces.dockerfile.reader import read
from seawall.surfaces.repository import Build, Repository
from seawall.surfaces.repository.reader import read_repository

SECRET = "DB_PASSWORD=v7Qm2xLp9Rt4\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"


def _changes(
    fixer: Fixer, rule: str, root: Path, dockerfile: str = ""
) -> Iterator[tuple[Safety, FileChange]]:
    path = str(root / "Dockerfile")
    builds = [Build(read(Source(path, dockerfile)), path, "")] if dockerfile else []
    repository = read_repository(root, builds)
    for hit in by_id()[rule].on[Repository](repository, Settings(today=TODAY)):
        fix = fixer.on[Repository](repository, hit, Context(TODAY))
        if fix is not None:
            yield from ((fix.safety, change) for change in fix.files)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return tmp_path


def test_an_environment_file_is_ignored_with_its_kind_but_not_its_sample(root: Path) -> None:
    (root / ".env").write_text(SECRET)
    ((safety, change),) = _changes(IGNORE_SECRET, "secret-file-unignored", root)
    assert safety is Safety.SAFE
    assert change == FileChange("append", str(root / ".gitignore"), ".env*\n!.env.example\n")


def test_a_key_with_signs_of_patterns_in_its_name_is_ignored_alone(root: Path) -> None:
    (root / "a[1]").mkdir()
    (root / "a[1]" / "server.key").write_text(KEY)
    ((_, change),) = _changes(IGNORE_SECRET, "secret-file-unignored", root)
    assert change.text == "/a\\[1]/server.key\n"


def test_a_readable_key_becomes_its_owners_alone_and_only_when_asked(root: Path) -> None:
    (root / "server.key").write_text(KEY)
    (root / "server.key").chmod(0o644)
    ((safety, change),) = _changes(KEY_MODE, "key-file-readable", root)
    assert safety is Safety.UNSAFE
    assert (change.deed, change.path, change.mode) == ("chmod", str(root / "server.key"), 0o600)


def test_a_context_without_an_ignore_file_gets_one_that_spares_what_is_copied(root: Path) -> None:
    (root / ".env").write_text(SECRET)
    (root / "app.pem").write_text(KEY)
    text = "FROM debian:12.5\nCOPY app.pem /etc/\nCOPY . /app\n"
    ((_, change),) = _changes(BOUND_CONTEXT, "secret-in-context", root, text)
    lines = change.text.splitlines()
    assert change.deed == "create"
    assert "**/.env*" in lines
    assert "**/*.pem" not in lines


def test_an_ignore_file_gets_the_lines_that_it_lacks(root: Path) -> None:
    (root / ".env").write_text(SECRET)
    (root / ".dockerignore").write_text("*.log\n")
    text = "FROM debian:12.5\nCOPY . /app\n"
    ((_, change),) = _changes(BOUND_CONTEXT, "secret-in-context", root, text)
    assert change == FileChange("append", str(root / ".dockerignore"), "**/.env*\n.git\n")
