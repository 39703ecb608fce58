"""The registry client against a real registry: Debian's docker-registry, on loopback.

With TLS and passwords, with tokens as Docker Hub gives them, and through a line that breaks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from real_registry import (
    LOGIN,
    PASSWORD,
    REPOSITORY,
    USER,
    BreakingLine,
    Files,
    Pusher,
    Registry,
    basic,
    diff_id,
    layer_of,
    reason_to_skip_registry,
)

from seawall.surfaces.image import Reference
from seawall.surfaces.image.blob import Blob, LayerFacts
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.manifest import OCI_INDEX, OCI_MANIFEST, Descriptor
from seawall.surfaces.image.platform import parse_platform
from seawall.surfaces.image.registry import RegistrySource
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.errors import NotThereError, RegistryError, UnreachableError
from seawall.surfaces.registry.options import Credential, RegistryOptions

pytestmark = pytest.mark.skipif(bool(reason_to_skip_registry()), reason=reason_to_skip_registry())


SMALL = layer_of("small", b"x" * 1000)
LARGE = layer_of("large", os.urandom(24 * 1024 * 1024))


def analyse(blob: Blob) -> LayerFacts:
    return analyse_layer(blob, ())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("files"))


class Content:
    """What the tests find in a registry."""

    def __init__(self, pusher: Pusher) -> None:
        self.amd64 = pusher.image([SMALL, LARGE])
        self.arm64 = pusher.image([SMALL], architecture="arm64")
        entries = [
            {
                "mediaType": OCI_MANIFEST,
                "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
                "size": len(data),
                "platform": {"os": "linux", "architecture": architecture},
            }
            for data, architecture in ((self.amd64, "amd64"), (self.arm64, "arm64"))
        ]
        index = json.dumps(
            {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
        ).encode()
        self.index = pusher.manifest(index, "1", OCI_INDEX)
        pusher.manifest(self.arm64, "arm")
        pusher.close()

    @property
    def digest(self) -> str:
        """That of the image for amd64."""
        return f"sha256:{hashlib.sha256(self.amd64).hexdigest()}"


@pytest.fixture(scope="module")
def registry(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """With TLS and a password."""
    auth = f"auth:\n  htpasswd: {{realm: test, path: {files.passwords}}}\n"
    running = Registry(tmp_path_factory.mktemp("registry") / "r", tls=files, auth=auth)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def content(registry: Registry) -> Content:
    return Content(Pusher(registry, basic()))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def named(registry: Registry, tag: str = "1", digest: str = "") -> Reference:
    return Reference(registry.name, REPOSITORY, tag, digest)


def test_an_image_is_pulled_over_tls_with_a_password(
    registry: Registry, content: Content, home: Path
) -> None:
    options = registry.options(home, credential=LOGIN)
    pulled = RegistrySource(named(registry), parse_platform("amd64"), options).pull(analyse)
    assert (pulled.digest, pulled.index_digest) == (content.digest, content.index)
    assert [layer.diff_id for layer in pulled.layers] == [diff_id(SMALL), diff_id(LARGE)]
    assert [layer.files for layer in pulled.layers] == [b"small", b"large"]
    assert pulled.problems == ()


def test_of_several_platforms_the_other_is_pulled(
    registry: Registry, content: Content, home: Path
) -> None:
    options = registry.options(home, credential=LOGIN)
    pulled = RegistrySource(named(registry), parse_platform("linux/arm64"), options).pull(analyse)
    assert pulled.platform == "linux/arm64"
    assert len(pulled.layers) == 1


def test_an_image_is_pulled_by_digest_alone_and_beside_a_tag(
    registry: Registry, content: Content, home: Path
) -> None:
    options = registry.options(home, credential=LOGIN)
    for tag in ("", "arm"):  # the tag leads elsewhere: the digest counts
        reference = named(registry, tag, content.digest)
        assert RegistrySource(reference, None, options).pull(analyse).digest == content.digest


def test_without_a_login_nothing_is_to_be_had(
    registry: Registry, content: Content, home: Path
) -> None:
    with (
        RegistryClient(registry.options(home)) as client,
        pytest.raises(RegistryError, match=r"UNAUTHORIZED|does not let us") as caught,
    ):
        client.manifest(named(registry))
    assert f"docker login {registry.name}" in caught.value.hint
    wrong = registry.options(home, credential=Credential(USER, "wrong"))
    with RegistryClient(wrong) as client, pytest.raises(RegistryError, match="does not let us"):
        client.manifest(named(registry))


def test_a_login_of_docker_is_found(registry: Registry, content: Content, home: Path) -> None:
    (home / ".docker").mkdir()
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (home / ".docker/config.json").write_text(
        json.dumps({"auths": {registry.name: {"auth": auth}}})
    )
    with RegistryClient(registry.options(home)) as client:
        assert client.resolve(named(registry)) == content.index


def test_an_unknown_authority_is_refused(registry: Registry, home: Path) -> None:
    options = RegistryOptions(environment={"HOME": str(home)}, settings=str(home), credential=LOGIN)
    with RegistryClient(options) as client, pytest.raises(UnreachableError, match="certificate"):
        client.manifest(named(registry))


def test_what_is_there_is_told(registry: Registry, content: Content, home: Path) -> None:
    with RegistryClient(registry.options(home, credential=LOGIN)) as client:
        assert set(client.tags(named(registry))) == {"1", "arm"}
        assert client.resolve(named(registry)) == content.index
        assert client.exists(named(registry, "", content.digest))
        assert not client.exists(named(registry, "2"))
        assert client.referrers(named(registry), content.digest) == ()
        with pytest.raises(NotThereError, match="MANIFEST_UNKNOWN"):
            client.manifest(named(registry, "2"))


def test_a_pull_goes_on_where_the_line_broke(
    registry: Registry, content: Content, home: Path
) -> None:
    line = BreakingLine(registry.port, [3_000, 9_000_000, 5_000_000, 100_000, 0, 7_000_000])
    try:
        reference = Reference(f"127.0.0.1:{line.port}", REPOSITORY, "1")
        options = registry.options(home, credential=LOGIN)
        pulled = RegistrySource(reference, parse_platform("amd64"), options).pull(analyse)
    finally:
        line.close()
    assert pulled.layers[1].diff_id == diff_id(LARGE)
    assert line.cuts >= 4


def test_a_blob_goes_on_at_the_very_byte(registry: Registry, content: Content, home: Path) -> None:
    line = BreakingLine(registry.port, [4_000_000] * 5)
    digest = f"sha256:{hashlib.sha256(LARGE).hexdigest()}"
    try:
        reference = Reference(f"127.0.0.1:{line.port}", REPOSITORY, "1")
        with (
            RegistryClient(registry.options(home, credential=LOGIN)) as client,
            client.blob(reference, Descriptor("", digest, len(LARGE))) as stream,
        ):
            assert stream.read() == LARGE
    finally:
        line.close()
    assert line.cuts == 5


def test_a_registry_without_tls_on_this_machine_is_asked_without(
    tmp_path: Path, home: Path
) -> None:
    running = Registry(tmp_path / "r")
    try:
        content = Content(Pusher(running))
        source = RegistrySource(named(running), parse_platform("amd64"), running.options(home))
        assert source.pull(analyse).digest == content.digest
    finally:
        running.stop()


class TokenServer:
    """Gives tokens as Docker Hub does: signed, for a scope, of short life."""

    def __init__(self, files: Files) -> None:
        self.asked: list[tuple[dict[str, list[str]], str]] = []
        server = self
        self._files = files

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                login = self.headers.get("Authorization", "")
                server.asked.append((query, login))
                allowed = login == basic()
                body = json.dumps(
                    {"token": server.token(query.get("scope", []), allowed), "expires_in": 60}
                ).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.realm = f"https://127.0.0.1:{self._server.server_address[1]}/token"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def token(self, scopes: list[str], allowed: bool) -> str:
        """A JSON Web Token (RFC 7519) that grants the scopes, or nothing."""
        access = []
        for scope in scopes if allowed else []:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        header = {"typ": "JWT", "alg": "ES256", "x5c": [self._certificate()]}
        claims = {
            "iss": "tests",
            "sub": USER,
            "aud": "registry",
            "exp": now + 60,
            "nbf": now - 10,
            "iat": now,
            "jti": os.urandom(8).hex(),
            "access": access,
        }
        signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
        made = self._files.signer.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(made)
        return f"{signed}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def _certificate(self) -> str:
        der = self._files.signed_by.public_bytes(serialization.Encoding.DER)
        return base64.b64encode(der).decode()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_tokens_are_had_as_from_docker_hub(files: Files, tmp_path: Path, home: Path) -> None:
    tokens = TokenServer(files)
    auth = (
        f"auth:\n  token:\n    realm: {tokens.realm}\n    service: registry\n"
        f"    issuer: tests\n    rootcertbundle: {files.bundle}\n"
    )
    running = Registry(tmp_path / "r", tls=files, auth=auth)
    try:
        pushing = tokens.token([f"repository:{REPOSITORY}:pull,push"], allowed=True)
        content = Content(Pusher(running, f"Bearer {pushing}"))
        options = running.options(home, credential=LOGIN)
        pulled = RegistrySource(named(running), parse_platform("amd64"), options).pull(analyse)
        assert pulled.digest == content.digest
        ((query, login),) = tokens.asked
        assert login == basic()
        assert query["scope"] == [f"repository:{REPOSITORY}:pull"]
        assert query["service"] == ["registry"]
        with (
            RegistryClient(running.options(home)) as client,
            pytest.raises(RegistryError, match="does not let us"),
        ):
            client.manifest(named(running))
    finally:
        running.stop()
        tokens.stop()


def test_nothing_is_left_in_the_temporary_folder(
    registry: Registry, content: Content, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = home / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    options = registry.options(home, credential=LOGIN)
    RegistrySource(named(registry), parse_platform("amd64"), options).pull(analyse)
    assert list(temporary.iterdir()) == []
