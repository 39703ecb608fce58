"""Credentials are found where Docker and Podman keep them, and kept to themselves."""

from __future__ import annotations

import base64
import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registry_double import Double, Handler, layer_of, serving

from seawall.core.errors import InputError
from seawall.surfaces.image import Reference
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.credentials import Credentials
from seawall.surfaces.registry.errors import RegistryError
from seawall.surfaces.registry.helpers import ask_helper
from seawall.surfaces.registry.options import Credential, RegistryOptions


def options(home: Path, **more: Any) -> RegistryOptions:
    environment = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", **more.pop("env", {})}
    return RegistryOptions(environment=environment, settings=str(home / "etc"), **more)


def client_of(home: Path, **more: Any) -> RegistryClient:
    return RegistryClient(options(home, **more), sleep=lambda seconds: None)


@pytest.fixture
def double() -> Iterator[Double]:
    with serving() as running:
        running.push("acme/app", "1", [layer_of(a=b"x")])
        yield running


def reference(double: Double) -> Reference:
    return Reference(double.name, "acme/app", "1")


# Where credentials are


def entry(name: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{name}:p".encode()).decode()}


def write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def found(home: Path, registry: str, path: str = "a/b", **more: Any) -> str:
    credential = Credentials(options(home, **more)).find(registry, path)
    return credential.username if credential else ""


def test_credentials_are_found_where_docker_and_podman_keep_them(tmp_path: Path) -> None:
    registry = "reg.example"
    own = {"auths": {registry: entry("podman-own")}}
    write(tmp_path / ".config/containers/auth.json", own)
    assert found(tmp_path, registry) == "podman-own"
    write(tmp_path / "run/containers/auth.json", {"auths": {registry: entry("podman-run")}})
    env = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    assert found(tmp_path, registry, env=env) == "podman-run"
    write(tmp_path / ".docker/config.json", {"auths": {registry: entry("docker")}})
    assert found(tmp_path, registry, env=env) == "docker"
    write(tmp_path / "elsewhere/config.json", {"auths": {registry: entry("docker-config")}})
    env["DOCKER_CONFIG"] = str(tmp_path / "elsewhere")
    assert found(tmp_path, registry, env=env) == "docker-config"
    env["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {registry: entry("text")}})
    assert found(tmp_path, registry, env=env) == "text"
    named = write(tmp_path / "auth.json", {"auths": {registry: entry("named")}})
    env["REGISTRY_AUTH_FILE"] = str(named)
    assert found(tmp_path, registry, env=env) == "named"
    assert found(tmp_path, registry, env=env, credential=Credential("given", "p")) == "given"
    assert found(tmp_path, "other.example", env=env) == ""


def test_the_entry_of_the_longest_path_counts(tmp_path: Path) -> None:
    write(
        tmp_path / ".docker/config.json",
        {
            "auths": {
                "reg.example": entry("host"),
                "reg.example/a": entry("a"),
                "reg.example/a/b": entry("ab"),
                "reg.example:5000/a": entry("port"),
            }
        },
    )
    assert found(tmp_path, "reg.example", "a/b/c") == "ab"
    assert found(tmp_path, "reg.example", "a/bc") == "a"
    assert found(tmp_path, "reg.example", "ab") == "host"
    assert found(tmp_path, "reg.example:5000", "a/b") == "port"
    assert found(tmp_path, "reg.example:5000", "b") == ""


@pytest.mark.parametrize(
    "key",
    ["https://index.docker.io/v1/", "index.docker.io/v1/", "docker.io", "registry-1.docker.io"],
)
def test_docker_hub_has_many_names(tmp_path: Path, key: str) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {key: entry("hub")}})
    assert found(tmp_path, "docker.io", "library/python") == "hub"


@pytest.mark.parametrize("key", ["https://reg.example/v2/", "http://reg.example", "reg.example/"])
def test_old_keys_are_urls(tmp_path: Path, key: str) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {key: entry("old")}})
    assert found(tmp_path, "reg.example") == "old"


def test_tokens_in_the_file_are_found(tmp_path: Path) -> None:
    auths = {
        "a.example": {"identitytoken": "i"},
        "b.example": {"registrytoken": "r"},
        "c.example": {},
        "d.example": {"username": "u", "password": "p"},
        "e.example": None,
    }
    write(tmp_path / ".docker/config.json", {"auths": auths})
    credentials = Credentials(options(tmp_path))
    assert credentials.find("a.example", "x") == Credential(identity_token="i")
    assert credentials.find("b.example", "x") == Credential(registry_token="r")
    assert credentials.find("c.example", "x") is None
    assert credentials.find("d.example", "x") == Credential("u", "p")
    assert credentials.find("e.example", "x") is None


@pytest.mark.parametrize(
    ("document", "note"),
    [
        ("{ not json s3cret", "no JSON"),
        ('{"auths": {"reg.example": {"auth": "s3cret!"}}}', "no base64"),
        ('{"auths": ["s3cret"]}', "no JSON"),
        ("[" * 20_000, "no JSON"),
        (" " * (1024 * 1024 + 1), "more than"),
    ],
)
def test_a_file_that_can_not_be_read_is_noted_without_its_words(
    tmp_path: Path, document: str, note: str
) -> None:
    write(tmp_path / ".docker/config.json", document)
    write(tmp_path / ".config/containers/auth.json", {"auths": {"reg.example": entry("next")}})
    credentials = Credentials(options(tmp_path))
    assert credentials.find("reg.example", "x") == Credential("next", "p")
    assert note in credentials.notes[0]
    assert "s3cret" not in credentials.notes[0]


def test_a_file_that_was_named_and_is_not_there_is_noted(tmp_path: Path) -> None:
    credentials = Credentials(options(tmp_path, env={"REGISTRY_AUTH_FILE": "/nowhere/auth.json"}))
    assert credentials.find("reg.example", "x") is None
    assert credentials.notes == ["/nowhere/auth.json: No such file or directory"]


def test_what_was_found_of_logins_is_said_with_a_refusal(double: Double, tmp_path: Path) -> None:
    def ask(handler: Handler) -> bool:
        handler.error(401, WWW_Authenticate="Basic realm=x")
        return True

    double.intercept = ask
    write(tmp_path / ".docker/config.json", {"credsStore": "missing"})
    with (
        client_of(tmp_path, insecure=(double.name,)) as client,
        pytest.raises(RegistryError) as caught,
    ):
        client.manifest(reference(double))
    assert "docker-credential-missing is not installed" in caught.value.hint


# Helpers


def helper(home: Path, name: str, script: str) -> None:
    path = write(home / "bin" / f"docker-credential-{name}", f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def ask(home: Path, name: str, seconds: float = 20.0) -> Credential | None:
    return ask_helper(name, "reg.example", options(home).environment, seconds)


def test_a_helper_is_asked_with_the_server_on_its_input(tmp_path: Path) -> None:
    helper(
        tmp_path,
        "echo",
        '[ "$*" = get ] || exit 9\nread server\n'
        'printf \'{"Username":"%s","Secret":"s"}\' "$server"',
    )
    write(
        tmp_path / ".docker/config.json",
        {"credHelpers": {"reg.example": "echo", "docker.io": "echo"}, "credsStore": "missing"},
    )
    assert found(tmp_path, "reg.example") == "reg.example"
    assert found(tmp_path, "docker.io") == "https://index.docker.io/v1/"
    assert found(tmp_path, "other.example") == ""


def test_a_helper_may_hold_an_identity_token(tmp_path: Path) -> None:
    helper(tmp_path, "token", 'echo \'{"Username":"<token>","Secret":"refresh"}\'')
    assert ask(tmp_path, "token") == Credential(identity_token="refresh")


@pytest.mark.parametrize(
    "script",
    [
        "echo 'credentials not found in native keychain'; exit 1",
        'echo \'{"Username":"a","Secret":""}\'',
    ],
)
def test_a_helper_may_know_nothing(tmp_path: Path, script: str) -> None:
    helper(tmp_path, "none", script)
    assert ask(tmp_path, "none") is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo s3cret >&2; exit 3", r"failed \(exit 3\)"),
        ("echo s3cret", "no credential"),
        ("exec cat /dev/zero", "failed"),
        ("exec sleep 60", "failed"),
        ("sleep 60 & exec sleep 60", "failed"),
        ("sleep 60 & echo s3cret", "no credential"),
    ],
)
def test_a_helper_that_fails_is_bounded_and_said(tmp_path: Path, script: str, said: str) -> None:
    helper(tmp_path, "bad", script)
    begun = time.monotonic()
    with pytest.raises(InputError, match=said) as caught:
        ask(tmp_path, "bad", 0.5)
    assert time.monotonic() - begun < 15
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize("name", ["", "../evil", "a/b", "/bin/sh", "-x", "a" * 80, "a\nb", "a b"])
def test_a_name_of_a_helper_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name of a credential helper"):
        ask(tmp_path, name)


def test_the_file_counts_where_the_helper_knows_nothing(tmp_path: Path) -> None:
    helper(tmp_path, "none", "echo credentials not found; exit 1")
    write(
        tmp_path / ".docker/config.json",
        {"credsStore": "none", "auths": {"reg.example": entry("file")}},
    )
    assert found(tmp_path, "reg.example") == "file"


def test_no_secret_is_in_the_text_of_what_holds_it(tmp_path: Path) -> None:
    login = Credential("me", "s3cret", "s3cret", "s3cret")
    held = options(tmp_path, credential=login, env={"DOCKER_AUTH_CONFIG": "s3cret"})
    assert "s3cret" not in f"{login} {login!r} {held} {held!r}"
