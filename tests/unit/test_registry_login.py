"""Logins: challenges are understood, tokens are had, and secrets go nowhere else."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from registry_double import Double, Handler, digest, layer_of, serving

from seawall.surfaces.image import Reference
from seawall.surfaces.image.manifest import Descriptor
from seawall.surfaces.registry.challenges import Challenge, parse_challenges
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.errors import RegistryError
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
