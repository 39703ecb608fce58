"""References are read as Docker reads them; the hard cases are those of its own grammar."""

from __future__ import annotations

import pytest

from seawall.surfaces.image import Reference, parse_reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag"),
    [
        ("python", "docker.io", "library/python", ""),
        ("python:3.9", "docker.io", "library/python", "3.9"),
        ("grafana/grafana:latest", "docker.io", "grafana/grafana", "latest"),
        ("docker.io/python", "docker.io", "library/python", ""),
        ("index.docker.io/library/python", "docker.io", "library/python", ""),
        ("localhost/app", "localhost", "app", ""),
        ("localhost:5000/app", "localhost:5000", "app", ""),
        ("localhost:5000/app:1", "localhost:5000", "app", "1"),
        ("app:5000", "docker.io", "library/app", "5000"),
        ("ghcr.io/acme/tools/cli:v1.2.3", "ghcr.io", "acme/tools/cli", "v1.2.3"),
        ("[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000", "app", "1"),
        ("Registry/app", "Registry", "app", ""),
        ("a/b__c/d---e:_tag.x-y", "docker.io", "a/b__c/d---e", "_tag.x-y"),
    ],
)
def test_a_reference_is_split_as_docker_splits_it(
    text: str, registry: str, path: str, tag: str
) -> None:
    assert parse_reference(text) == Reference(registry, path, tag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":latest",
        "Python:3.9",
        "acme/App",
        "ghcr.io/ACME/app",
        "app:",
        "app:-bad",
        "app:" + "t" * 129,
        "app:a b",
        "app@",
        "app@sha256:abcd",
        "app@sha256:" + "g" * 64,
        "app@sha256:" + "A" * 64,
        "app@" + DIGEST + "0",
        "a..b",
        "a___b",
        "-app",
        "app/",
        "/app",
        "host.example.com:port/app",
        "-host.example.com/app",
        "https://example.com/app",
        "0123456789abcdef" * 4,
        "a" * 300,
        "a/" * 2000,
        "${IMAGE}",
        "app:täg",
    ],
)
def test_what_docker_refuses_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None


def test_a_name_may_have_255_characters_with_its_registry() -> None:
    longest = "a" * (255 - len("docker.io/library/"))
    assert parse_reference(longest) is not None
    assert parse_reference(longest + "a") is None


def test_tag_and_digest_may_stand_together() -> None:
    reference = parse_reference(f"ghcr.io/acme/app:1.2@{DIGEST}")
    assert reference == Reference("ghcr.io", "acme/app", "1.2", DIGEST)
    assert reference.familiar == f"ghcr.io/acme/app:1.2@{DIGEST}"


def test_an_unregistered_digest_algorithm_is_taken_by_its_form() -> None:
    assert parse_reference("app@blake3+b64:" + "a" * 32) is not None
    assert parse_reference("app@blake3+b64:" + "a" * 31) is None


@pytest.mark.parametrize(
    ("text", "familiar", "name", "repository"),
    [
        ("docker.io/library/python:3", "python:3", "python", "docker.io/library/python"),
        ("docker.io/acme/app", "acme/app", "acme/app", "docker.io/acme/app"),
        ("ghcr.io/acme/app:1", "ghcr.io/acme/app:1", "ghcr.io/acme/app", "ghcr.io/acme/app"),
        ("library/a/b", "library/a/b", "library/a/b", "docker.io/library/a/b"),
    ],
)
def test_the_familiar_form_leaves_the_defaults_out(
    text: str, familiar: str, name: str, repository: str
) -> None:
    reference = parse_reference(text)
    assert reference is not None
    assert (reference.familiar, reference.name, reference.repository) == (
        familiar,
        name,
        repository,
    )


@pytest.mark.parametrize(
    ("text", "official"),
    [
        ("python", True),
        ("library/python", True),
        ("acme/python", False),
        ("ghcr.io/library/python", False),
        ("library/a/b", False),
    ],
)
def test_official_is_the_library_namespace_of_docker_hub(text: str, official: bool) -> None:
    reference = parse_reference(text)
    assert reference is not None
    assert reference.is_official is official
