"""Logins: challenges, tokens, and credentials where Docker and Podman keep them."""

from __future__ import annotations

import base64
import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from registry_double import Double, Handler, digest, layer_of, serving

from seawall.core.errors import InputError
from seawall.surfaces.image import Reference
from seawall.surfaces.image.manifest import Descriptor
from seawall.surfaces.registry.challenges import Challenge, parse_challenges
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.credentials import Credentials
from seawall.surfaces.registry.errors import RegistryError
from seawall.surfaces.registry.helpers import ask_helper
from seawall.surfaces.registry.options import Credential, RegistryOptions

BLOB = bytes(300_000)
DESCRIPTOR = Descriptor("", digest(BLOB), len(BLOB))
PASSWORD = "correct horse:battery"


def options(home: Path, **more: Any) -> RegistryOptions:
    environment = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", **more.pop("env", {})}
    return RegistryOptions(environment=environment, settings=str(home / "etc"), **more)


def client_of(home: Path, **more: Any) -> RegistryClient:
    return RegistryClient(options(home, **more), sleep=lambda seconds: None)


def basic_of(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


# Challenges


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            ['Bearer realm="https://a/t",service="a",scope="repository:x:pull,push"'],
            [
                (
                    "bearer",
                    {"realm": "https://a/t", "service": "a", "scope": "repository:x:pull,push"},
                )
            ],
        ),
        (['Basic realm="a, b=\\"c\\""'], [("basic", {"realm": 'a, b="c"'})]),
        (
            ['Negotiate, Basic realm="x", Bearer realm="y" , service = z'],
            [
                ("negotiate", {}),
                ("basic", {"realm": "x"}),
                ("bearer", {"realm": "y", "service": "z"}),
            ],
        ),
        (["Negotiate YII=", "BASIC Realm=x"], [("negotiate", {}), ("basic", {"realm": "x"})]),
        (
            ["Bearer realm=https://a/t?x=1,service=a"],
            [("bearer", {"realm": "https://a/t?x=1", "service": "a"})],
        ),
        (['Bearer realm="first",realm="second"'], [("bearer", {"realm": "first"})]),
        (['Bearer realm="", service=""'], [("bearer", {"realm": "", "service": ""})]),
        ([', ,Bearer  realm="x",,service="y",'], [("bearer", {"realm": "x", "service": "y"})]),
        (['Bearer realm="never closed'], [("bearer", {})]),
        (['realm="no scheme"'], []),
        (["", "   ", "=", '"'], []),
        (["Bearer"], [("bearer", {})]),
    ],
)
def test_challenges_are_read(
    headers: list[str], expected: list[tuple[str, dict[str, str]]]
) -> None:
    assert parse_challenges(headers) == tuple(Challenge(*parts) for parts in expected)


def test_a_hostile_challenge_costs_no_time() -> None:
    begun = time.process_time()
    for text in ('Bearer realm="' + "\\" * 1_000_000, "a=" * 500_000, "Bearer " + "a " * 500_000):
        parse_challenges([text, 'x="' * 300_000, "," * 1_000_000, " " * 1_000_000])
    assert time.process_time() - begun < 2


# Tokens


class TokenServer:
    """Lets in who has a token that it gave, for the scope that was asked for."""

    def __init__(self, double: Double) -> None:
        double.intercept = self.intercept
        self.double = double
        self.realm = f"{double.url}/token?provider=us"
        self.scope = "repository:acme/app:pull"
        self.expires_in: float = 300
        self.field = "token"
        self.accepted: set[str] = set()
        self.given = 0
        self.asked: list[Any] = []

    def intercept(self, handler: Handler) -> bool:
        if handler.seen.path == "/token":
            self.asked.append(handler.seen)
            self.give(handler)
            return True
        if handler.seen.authorization.removeprefix("Bearer ") in self.accepted:
            return False
        handler.error(
            401,
            "UNAUTHORIZED",
            "authentication required",
            WWW_Authenticate=f'Bearer realm="{self.realm}",service="reg",scope="{self.scope}"',
        )
        return True

    def give(self, handler: Handler) -> None:
        self.given += 1
        token = f"token-{self.given}"
        self.accepted.add(token)
        body = {self.field: token, "expires_in": self.expires_in}
        handler.send(200, json.dumps(body).encode())


@pytest.fixture
def double() -> Iterator[Double]:
    with serving() as running:
        running.blobs[DESCRIPTOR.digest] = BLOB
        running.push("acme/app", "1", [layer_of(a=b"x")])
        yield running


@pytest.fixture
def server(double: Double) -> TokenServer:
    return TokenServer(double)


def reference(double: Double, path: str = "acme/app") -> Reference:
    return Reference(double.name, path, "1")


def read(client: RegistryClient, named: Reference) -> bytes:
    with client.blob(named, DESCRIPTOR) as stream:
        return stream.read()


@pytest.mark.parametrize("field", ["token", "access_token"])
def test_an_anonymous_token_is_had_and_used_again(
    server: TokenServer, double: Double, tmp_path: Path, field: str
) -> None:
    server.field = field
    with client_of(tmp_path) as client:
        client.manifest(reference(double))
        assert read(client, reference(double)) == BLOB
        client.resolve(reference(double))
    assert server.given == 1
    assert server.asked[0].query == [
        ("provider", "us"),
        ("service", "reg"),
        ("scope", "repository:acme/app:pull"),
    ]
    assert server.asked[0].authorization == ""


def test_each_repository_has_a_token_of_its_own(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    double.push("acme/other", "1", [layer_of(a=b"x")])
    with client_of(tmp_path) as client:
        client.manifest(reference(double))
        client.manifest(reference(double, "acme/other"))
    assert server.given == 2


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("repository:acme/app:pull,push,delete", ["repository:acme/app:pull"]),
        ("repository:proxy/acme/app:pull", ["repository:proxy/acme/app:pull"]),
        ("registry:catalog:*", ["repository:acme/app:pull"]),
        ("repository:acme/app:push", ["repository:acme/app:pull"]),
        ("", ["repository:acme/app:pull"]),
        ("repository:a:pull repository:b:push", ["repository:a:pull"]),
    ],
)
def test_no_more_is_asked_for_than_to_pull(
    server: TokenServer, double: Double, tmp_path: Path, asked: str, sent: list[str]
) -> None:
    server.scope = asked
    with client_of(tmp_path) as client:
        client.manifest(reference(double))
    assert [value for name, value in server.asked[0].query if name == "scope"] == sent


def test_a_password_is_sent_to_the_token_server_alone(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    login = Credential("me", PASSWORD)
    with client_of(tmp_path, credential=login, insecure=(double.name,)) as client:
        client.manifest(reference(double))
    assert server.asked[0].authorization == basic_of("me", PASSWORD)
    assert ("account", "me") in server.asked[0].query
    others = [seen for seen in double.seen if seen.path != "/token"]
    assert {seen.authorization for seen in others} == {"", "Bearer token-1"}


def test_an_identity_token_is_posted(server: TokenServer, double: Double, tmp_path: Path) -> None:
    login = Credential(identity_token="refresh+me")
    with client_of(tmp_path, credential=login, insecure=(double.name,)) as client:
        client.manifest(reference(double))
    (asked,) = server.asked
    assert asked.method == "POST"
    form = dict(parse_qsl(asked.body.decode()))
    assert form == {
        "grant_type": "refresh_token",
        "client_id": "seawall",
        "refresh_token": "refresh+me",
        "service": "reg",
        "scope": "repository:acme/app:pull",
    }
    assert not asked.authorization


def test_a_registry_token_is_used_as_it_is(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    server.accepted.add("mine")
    login = Credential(registry_token="mine")
    with client_of(tmp_path, credential=login, insecure=(double.name,)) as client:
        client.manifest(reference(double))
    assert server.asked == []


def test_no_password_goes_without_tls_unless_the_user_says_so(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    login = Credential("me", PASSWORD)
    with client_of(tmp_path, credential=login) as client:
        client.manifest(reference(double))
    assert server.asked[0].authorization == ""


def test_basic_needs_the_users_word_without_tls(double: Double, tmp_path: Path) -> None:
    def ask(handler: Handler) -> bool:
        if handler.seen.authorization == basic_of("me", PASSWORD):
            return False
        handler.error(401, WWW_Authenticate='Basic realm="x"')
        return True

    double.intercept = ask
    login = Credential("me", PASSWORD)
    with client_of(tmp_path, credential=login) as client, pytest.raises(RegistryError) as caught:
        client.manifest(reference(double))
    assert f"--insecure-registry {double.name}" in caught.value.hint
    assert not any(seen.authorization for seen in double.seen)
    with client_of(tmp_path, credential=login, insecure=(double.name,)) as client:
        client.manifest(reference(double))


def test_a_token_server_elsewhere_without_tls_gets_no_password(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    with serving() as other:
        other.intercept = server.intercept
        server.realm = f"{other.url}/token"
        login = Credential("me", PASSWORD)
        with client_of(tmp_path, credential=login, insecure=(double.name,)) as client:
            client.manifest(reference(double))
        assert [seen.authorization for seen in other.seen] == [""]
        both = (double.name, other.name)
        with client_of(tmp_path, credential=login, insecure=both) as client:
            client.manifest(reference(double))
        assert other.seen[-1].authorization == basic_of("me", PASSWORD)


@pytest.mark.parametrize(
    "realm",
    ["http://169.254.169.254/token", "https://[fe80::1]/t", "file:///etc/passwd", "", "ftp://x/"],
)
def test_an_evil_realm_is_not_asked(
    server: TokenServer, double: Double, tmp_path: Path, realm: str
) -> None:
    server.realm = realm
    with (
        client_of(tmp_path) as client,
        pytest.raises(RegistryError, match=r"may not|no URL|of nobody"),
    ):
        client.manifest(reference(double))


def test_a_token_that_expires_in_the_middle_is_replaced(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    def intercept(handler: Handler) -> bool:
        if server.intercept(handler):
            return True
        if "/blobs/" in handler.path and handler.start() < 200_000:
            server.accepted.clear()
            start = handler.start()
            more = {"Content_Range": f"bytes {start}-9/{len(BLOB)}"} if start else {}
            handler.cut(206 if start else 200, BLOB[start:], 100_000, **more)
            return True
        return False

    double.intercept = intercept
    with client_of(tmp_path) as client:
        assert read(client, reference(double)) == BLOB
    assert server.given == 3


def test_a_token_is_not_used_after_its_time(
    server: TokenServer, double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.expires_in = 100
    now = [1000.0]
    monkeypatch.setattr(
        "seawall.surfaces.registry.authentication.Authenticator.__init__.__defaults__",
        (lambda: now[0],),
    )
    with client_of(tmp_path) as client:
        client.manifest(reference(double))
        now[0] += 89
        client.manifest(reference(double))
        assert server.given == 1
        now[0] += 2
        client.manifest(reference(double))
    assert server.given == 2


def test_a_token_that_is_never_accepted_ends_it(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    def give(handler: Handler) -> None:
        handler.send(200, b'{"token": "bad"}')

    server.give = give  # type: ignore[method-assign]
    with (
        client_of(tmp_path) as client,
        pytest.raises(RegistryError, match="does not let us") as error,
    ):
        client.manifest(reference(double))
    assert "docker login" in error.value.hint
    assert len(double.seen) < 8


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"token": 1}',
        b'{"token": "a\\r\\nX: y"}',
        b'{"token": ""}',
        b"[" * 9999,
    ],
)
def test_a_token_that_is_none_is_refused(
    server: TokenServer, double: Double, tmp_path: Path, body: bytes
) -> None:
    def give(handler: Handler) -> None:
        handler.send(200, body)

    server.give = give  # type: ignore[method-assign]
    with client_of(tmp_path) as client, pytest.raises(RegistryError, match="what is no token"):
        client.manifest(reference(double))


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "does not let us"), (404, "status 404"), (302, "no URL"), (500, "status 500")],
)
def test_a_token_server_that_refuses_is_said(
    server: TokenServer, double: Double, tmp_path: Path, status: int, said: str
) -> None:
    def give(handler: Handler) -> None:
        handler.error(status, "DENIED", "wrong password: " + PASSWORD)

    server.give = give  # type: ignore[method-assign]
    login = Credential("me", PASSWORD)
    with (
        client_of(tmp_path, credential=login, insecure=(double.name,)) as client,
        pytest.raises(RegistryError, match=said) as caught,
    ):
        client.manifest(reference(double))
    assert PASSWORD not in caught.value.message + caught.value.hint


def test_a_refresh_token_is_not_posted_on(
    server: TokenServer, double: Double, tmp_path: Path
) -> None:
    def give(handler: Handler) -> None:
        handler.send(307, Location=f"{double.url}/elsewhere")

    server.give = give  # type: ignore[method-assign]
    login = Credential(identity_token="refresh")
    with (
        client_of(tmp_path, credential=login, insecure=(double.name,)) as client,
        pytest.raises(RegistryError, match="redirects a login"),
    ):
        client.manifest(reference(double))
    assert "/elsewhere" not in double.paths("POST")


def test_a_secret_that_the_registry_echoes_is_not_shown(double: Double, tmp_path: Path) -> None:
    def echo(handler: Handler) -> bool:
        if handler.seen.authorization:
            said = f"{handler.seen.authorization} and {PASSWORD} are denied"
            handler.error(403, "DENIED", said)
        else:
            handler.error(401, WWW_Authenticate="Basic realm=x")
        return True

    double.intercept = echo
    login = Credential("me", PASSWORD)
    with (
        client_of(tmp_path, credential=login, insecure=(double.name,)) as client,
        pytest.raises(RegistryError, match="DENIED") as caught,
    ):
        client.manifest(reference(double))
    shown = caught.value.message + caught.value.hint
    assert PASSWORD not in shown
    assert basic_of("me", PASSWORD).split()[1] not in shown
    assert PASSWORD not in repr(login)


def test_a_login_of_no_known_kind_is_said(double: Double, tmp_path: Path) -> None:
    def ask(handler: Handler) -> bool:
        handler.error(401, WWW_Authenticate="Negotiate")
        return True

    double.intercept = ask
    with client_of(tmp_path) as client, pytest.raises(RegistryError, match="negotiate"):
        client.manifest(reference(double))


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
