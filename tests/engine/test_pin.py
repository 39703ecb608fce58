"""`seawall pin` against a real registry: the lock, and what it says when a tag has moved."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_registry import Pusher, Registry, layer_of, reason_to_skip_registry

from seawall.jobs.lock import read_lock

pytestmark = pytest.mark.skipif(bool(reason_to_skip_registry()), reason=reason_to_skip_registry())


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    running = Registry(tmp_path / "r")
    yield running
    running.stop()


@pytest.fixture
def project(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    name = registry.name
    (directory / "Dockerfile").write_text(f"FROM {name}/acme/app:1\nUSER 1000\n")
    (directory / "compose.yaml").write_text(
        f"services:\n  a:\n    image: {name}/acme/app\n  b:\n    image: {name}/acme/app:1\n"
    )
    monkeypatch.chdir(directory)
    return directory


def _push(registry: Registry, tag: str, content: bytes) -> str:
    pusher = Pusher(registry)
    try:
        manifest = pusher.image([layer_of("etc/app", content)], tag)
    finally:
        pusher.close()
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _pin(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "seawall", "pin", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_image_that_a_project_names_is_pinned_once(registry: Registry, project: Path) -> None:
    first, latest = _push(registry, "1", b"one"), _push(registry, "latest", b"two")
    code, said = _pin("--insecure-registry", registry.name)
    assert code == 0, said
    held = read_lock(str(project / "seawall.lock"))
    assert {each.name: each.digest for each in held.values()} == {
        f"{registry.name}/acme/app:1": first,
        f"{registry.name}/acme/app:latest": latest,
    }


def test_a_tag_that_moved_is_told_by_update_and_check_and_written_by_update_alone(
    registry: Registry, project: Path
) -> None:
    _push(registry, "latest", b"two")
    old = _push(registry, "1", b"one")
    flag = ("--insecure-registry", registry.name)
    assert _pin(*flag)[0] == 0
    new = _push(registry, "1", b"changed")
    assert old != new
    assert _pin(*flag, "--check")[0] == 0
    code, said = _pin(*flag, "--check", "--update")
    assert code == 1
    assert new[:19] in said
    assert old in (project / "seawall.lock").read_text()
    assert _pin(*flag, "--update")[0] == 0
    assert new in (project / "seawall.lock").read_text()


def test_an_image_that_the_registry_does_not_have_is_a_problem_and_costs_the_others_nothing(
    registry: Registry, project: Path
) -> None:
    digest = _push(registry, "1", b"one")
    code, said = _pin("--insecure-registry", registry.name)
    assert code == 2
    assert "compose.yaml:2" in said
    assert digest in (project / "seawall.lock").read_text()
