"""`seawall scan` against a real registry: with TLS and a login, and through a line that breaks."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archives import packed
from real_registry import (
    BreakingLine,
    Files,
    Pusher,
    Registry,
    basic,
    diff_id,
    layer_of,
    reason_to_skip_registry,
)
from scan_runner import Scanner, advisories, debian, flaws, notes, python, reasons

from seawall.surfaces.image.manifest import OCI_INDEX, OCI_MANIFEST

pytestmark = pytest.mark.skipif(bool(reason_to_skip_registry()), reason=reason_to_skip_registry())

LARGE = layer_of("large", os.urandom(12 * 1024 * 1024))
OLD = debian(openssl="3.0.11-1", zlib1g="1:1.2.13-1", bash="5.2-1")
FLASK = python("flask", "2.0.0")


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """With TLS and a password."""
    files = Files(tmp_path_factory.mktemp("files"))
    auth = f"auth:\n  htpasswd: {{realm: test, path: {files.passwords}}}\n"
    running = Registry(tmp_path_factory.mktemp("registry") / "r", tls=files, auth=auth)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pushed(registry: Registry) -> dict[str, str]:
    """Digests of what is in the registry: an image for two platforms."""
    pusher = Pusher(registry, basic())
    amd64 = pusher.image([OLD, LARGE, FLASK])
    arm64 = pusher.image([debian(openssl="3.0.15-1")], architecture="arm64")
    entries = [
        {
            "mediaType": OCI_MANIFEST,
            "digest": digest(data),
            "size": len(data),
            "platform": {"os": "linux", "architecture": architecture},
        }
        for data, architecture in ((amd64, "amd64"), (arm64, "arm64"))
    ]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    pushed = pusher.manifest(json.dumps(index).encode(), "1", OCI_INDEX)
    pusher.close()
    return {"index": pushed, "amd64": digest(amd64), "arm64": digest(arm64)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return advisories(tmp_path_factory.mktemp("store"))


@pytest.fixture
def scanner(tmp_path: Path, store: Path, registry: Registry) -> Scanner:
    made = Scanner(tmp_path, store)
    made.trust(registry)
    return made


AMD64 = ("--platform", "linux/amd64", "--only", "packages")


def test_an_image_is_scanned_by_tag_and_leaves_nothing_behind(
    scanner: Scanner, registry: Registry, pushed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scanner.left()
    code, report = scanner.judge(
        monkeypatch, f"{registry.name}/acme/app:1", "--platform", "linux/amd64"
    )
    assert code == 1
    assert flaws(report) == {"CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "PYSEC-1"}
    assert report["problems"] == []
    (image,) = report["images"]
    assert (image["kind"], image["digest"]) == ("registry", pushed["amd64"])
    assert scanner.left() == before
    assert {path.name for path in scanner.cache.iterdir()} <= {
        "entries",
        "key",
        "patterns",
        "scans",
    }


def test_an_image_is_scanned_by_digest(
    scanner: Scanner, registry: Registry, pushed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for named in (pushed["index"], pushed["amd64"]):
        code, report = scanner.judge(monkeypatch, f"{registry.name}/acme/app@{named}", *AMD64)
        assert (code, report["images"][0]["digest"]) == (1, pushed["amd64"])
        assert "PYSEC-1" in flaws(report)


def test_of_several_platforms_the_one_that_is_asked_for_is_scanned(
    scanner: Scanner, registry: Registry, pushed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"{registry.name}/acme/app:1"
    code, report = scanner.judge(
        monkeypatch, target, "--platform", "linux/arm64", "--only", "packages"
    )
    assert (code, flaws(report)) == (0, set())
    assert report["images"][0]["digest"] == pushed["arm64"]
    code, report = scanner.judge(monkeypatch, target, "--platform", "linux/riscv64")
    assert code == 2
    assert "riscv64" in reasons(report)


def layers_fetched(registry: Registry, before: int) -> list[str]:
    """The layers among the requests since then."""
    names = {digest(layer) for layer in (OLD, LARGE, FLASK)}
    asked = (each.rpartition("/")[2] for each in registry.requests()[before:])
    return [each for each in asked if each in names]


def test_a_second_scan_fetches_no_layer(
    scanner: Scanner, registry: Registry, pushed: dict[str, str]
) -> None:
    target = f"{registry.name}/acme/app:1"
    before = len(registry.requests())
    _, first = scanner.run(target, *AMD64)
    assert sorted(layers_fetched(registry, before)) == sorted(map(digest, (OLD, LARGE, FLASK)))
    before = len(registry.requests())
    _, second = scanner.run(target, *AMD64)
    assert second == first
    assert layers_fetched(registry, before) == []
    assert len(registry.requests()) > before


def test_a_scan_goes_on_where_the_line_broke(
    scanner: Scanner, registry: Registry, pushed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = BreakingLine(registry.port, [3_000, 60_000, 5_000_000, 4_000_000, 0, 2_000_000])
    name = f"127.0.0.1:{line.port}"
    broken = Scanner(scanner.home.parent / "other", Path(scanner.environment["SEAWALL_DB"]))
    broken.trust(registry, name)
    try:
        code, report = broken.judge(monkeypatch, f"{name}/acme/app:1", *AMD64)
    finally:
        line.close()
    assert (code, report["problems"]) == (1, [])
    assert line.cuts >= 3
    _, whole = scanner.judge(monkeypatch, f"{registry.name}/acme/app:1", *AMD64)
    assert flaws(report) == flaws(whole)
    assert report["images"][0]["layers"] == whole["images"][0]["layers"]


def test_a_line_that_breaks_for_good_ends_the_scan_with_two(
    scanner: Scanner, registry: Registry, pushed: dict[str, str]
) -> None:
    line = BreakingLine(registry.port, [8_000] * 1000)
    name = f"127.0.0.1:{line.port}"
    broken = Scanner(scanner.home.parent / "other", Path(scanner.environment["SEAWALL_DB"]))
    broken.trust(registry, name)
    try:
        code, report = broken.run(f"{name}/acme/app:1", *AMD64)
    finally:
        line.close()
    assert code == 2
    assert name in reasons(report) or "connection" in reasons(report)
    assert flaws(report) == set()


def test_a_layer_that_is_not_what_its_digest_says_is_refused(
    scanner: Scanner, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher = Pusher(registry, basic(), "acme/altered")
    layer = debian(openssl="3.0.11-2")
    pusher.image([layer], "1")
    pusher.close()
    other = debian(openssl="3.0.15-1")
    registry.stored(digest(layer)).write_bytes(other.ljust(len(layer), b"\0")[: len(layer)])
    code, report = scanner.judge(monkeypatch, f"{registry.name}/acme/altered:1", *AMD64)
    assert code == 2
    assert digest(layer) in reasons(report)
    assert report["images"] == []


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(
    scanner: Scanner, registry: Registry
) -> None:
    pusher = Pusher(registry, basic(), "acme/replaced")
    manifest = pusher.image([debian(openssl="3.0.11-3")], "1")
    pusher.close()
    named = digest(manifest)
    registry.stored(named).write_bytes(manifest.replace(b'"layers"', b' "layers"'))
    code, report = scanner.run(f"{registry.name}/acme/replaced@{named}", *AMD64)
    assert code == 2
    assert named in reasons(report)


def test_what_the_registry_does_not_have_ends_with_two(
    scanner: Scanner, registry: Registry, pushed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = f"sha256:{'0' * 64}"
    for name in ("acme/app:none", f"acme/app@{missing}", "acme/none:1"):
        code, report = scanner.judge(monkeypatch, f"{registry.name}/{name}", *AMD64)
        assert (code, report["images"]) == (2, [])
        assert reasons(report)


def test_without_a_login_the_user_is_told_to_log_in(
    tmp_path: Path,
    store: Path,
    registry: Registry,
    pushed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stranger = Scanner(tmp_path, store)
    stranger.trust(registry, login=False)
    code, report = stranger.run(f"{registry.name}/acme/app:1")
    assert code == 2
    assert f"docker login {registry.name}" in str(report["problems"])


def push(registry: Registry, repository: str, tag: str, *layers: bytes, **more: Any) -> bytes:
    pusher = Pusher(registry, basic(), repository)
    try:
        return pusher.image(layers, tag, **more)
    finally:
        pusher.close()


def base_steps(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in report["images"][0]["advice"] if step["kind"] == "base"]


NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"


def test_a_newer_tag_in_the_line_of_the_base_is_looked_at(
    scanner: Scanner, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = f"{registry.name}/base/runtime"
    push(registry, "base/runtime", "1.4.2-slim", OLD)
    push(registry, "base/runtime", "1.4.3-slim", debian(openssl="3.0.11-1", bash="5.2-1"))
    best = push(registry, "base/runtime", "1.4.10-slim", debian(openssl="3.0.15-1", bash="5.2-1"))
    push(registry, "base/runtime", "1.5.0-slim", debian(openssl="3.0.15-1"))
    push(registry, "base/runtime", "1.4.11", debian(openssl="3.0.15-1"))
    labels = {NAME: f"{base}:1.4.2-slim"}
    push(registry, "acme/on-base", "1", OLD, FLASK, labels=labels)
    code, report = scanner.judge(monkeypatch, f"{registry.name}/acme/on-base:1", *AMD64)
    assert (code, report["problems"]) == (1, [])
    (step,) = base_steps(report)
    assert f"`{base}:1.4.10-slim`" in step["title"]
    assert "clears 2 of 3" in step["title"]
    assert step["lines"] == [f"FROM {base}:1.4.10-slim@{digest(best)}"]
    assert sum(step["clears"].values()) == 2
    assert [layer["is_base"] for layer in report["images"][0]["layers"]] == [True, False]
    others = [row for row in report["images"][0]["advice"] if row["kind"] != "base"]
    assert {row["kind"] for row in others} == {"upgrade", "wait"}
    assert any("flask" in row["title"] for row in others)


def test_a_tag_that_was_pushed_anew_is_looked_at(
    scanner: Scanner, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = f"{registry.name}/base/rolling"
    first = push(registry, "base/rolling", "slim", OLD)
    labels = {NAME: f"{base}:slim", DIGEST: digest(first)}
    push(registry, "acme/on-rolling", "1", OLD, FLASK, labels=labels)
    target = f"{registry.name}/acme/on-rolling:1"
    _, report = scanner.judge(monkeypatch, target, *AMD64)
    assert base_steps(report) == []  # it stands on what the tag leads to
    fixed = debian(openssl="3.0.15-1", zlib1g="1:1.2.13-1", bash="5.2-1", curl="8.5-2")
    second = push(registry, "base/rolling", "slim", fixed)
    _, report = scanner.judge(monkeypatch, target, *AMD64)
    (step,) = base_steps(report)
    assert "as it is now" in step["title"]
    assert "brings 1 new one" in step["title"]
    assert step["lines"] == [f"FROM {base}:slim@{digest(second)}"]


def test_the_policy_names_bases_and_layers_decide(
    scanner: Scanner, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = debian(openssl="3.0.12-1")
    push(registry, "base/one", "2.0.0", OLD)
    push(registry, "base/two", "3.0.0", other)
    push(registry, "base/two", "3.0.1", debian(openssl="3.0.15-1"))
    push(registry, "acme/on-two", "1", other, FLASK)
    bases = [f"{registry.name}/base/{name}" for name in ("one:2.0.0", "two:3.0.0", "none:1.0.0")]
    (scanner.work / "seawall.toml").write_text(f"[images]\nbases = {json.dumps(bases)}\n")
    _, report = scanner.judge(monkeypatch, f"{registry.name}/acme/on-two:1", *AMD64)
    (step,) = base_steps(report)
    assert f"`{registry.name}/base/two:3.0.1`" in step["title"]
    assert [layer["is_base"] for layer in report["images"][0]["layers"]] == [True, False]


def test_a_label_leads_to_no_registry_of_its_choice(scanner: Scanner, registry: Registry) -> None:
    line = BreakingLine(registry.port, [0] * 100)
    try:
        labels = {NAME: f"127.0.0.1:{line.port}/base/evil:1.0.0"}
        push(registry, "acme/labelled", "1", OLD, labels=labels)
        code, report = scanner.run(f"{registry.name}/acme/labelled:1", *AMD64)
    finally:
        line.close()
    assert code == 1
    assert line.cuts == 0
    assert notes(report) == ""


def test_a_base_that_cannot_be_asked_for_is_a_note_and_no_failure(
    scanner: Scanner, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = push(registry, "base/gone", "2.0.0", OLD)
    labels = {NAME: f"{registry.name}/base/gone:1.0.0", DIGEST: digest(base)}
    push(registry, "acme/orphan", "1", OLD, FLASK, labels=labels)
    code, report = scanner.judge(monkeypatch, f"{registry.name}/acme/orphan:1", *AMD64)
    assert (code, report["problems"]) == (1, [])
    assert "whether a newer release of" in notes(report)


def test_an_archive_asks_no_registry_for_what_its_labels_say(
    scanner: Scanner, registry: Registry, tmp_path: Path
) -> None:
    push(registry, "base/local", "1.0.0", OLD)
    push(registry, "base/local", "1.0.1", debian(openssl="3.0.15-1"))
    labels = {NAME: f"{registry.name}/base/local:1.0.0"}
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [diff_id(OLD)]},
    }
    listed = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": ["0.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "0.tar": gzip.decompress(OLD),
        "manifest.json": json.dumps(listed).encode(),
    }
    archive = tmp_path / "app.tar"
    archive.write_bytes(packed(files))
    before = len(registry.requests())
    code, report = scanner.run(str(archive), *AMD64[2:])
    assert (code, report["problems"]) == (1, [])
    assert len(registry.requests()) == before
