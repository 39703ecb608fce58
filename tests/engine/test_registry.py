"""The registry client against a real registry: Debian's docker-registry, on loopback.

With TLS and passwords, with tokens as Docker Hub gives them, and through a line that breaks.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import io
import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from seawall.surfaces.image import Reference
from seawall.surfaces.image.blob import Blob, LayerFacts
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.manifest import OCI_INDEX, OCI_MANIFEST, Descriptor
from seawall.surfaces.image.platform import parse_platform
from seawall.surfaces.image.registry import RegistrySource
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.errors import NotThereError, RegistryError, UnreachableError
from seawall.surfaces.registry.options import Credential, RegistryOptions

USER, PASSWORD = "me", "it's a secret"
# bcrypt of PASSWORD, as `htpasswd -nbB` makes it: the only kind that the registry reads.
HASHED = "$2b$05$abcdefghijklmnopqrstuug5q7jZgmhaPuGVnKWogY3Icphno.kEO"
REPOSITORY = "acme/app"
LOGIN = Credential(USER, PASSWORD)

pytestmark = pytest.mark.skipif(
    shutil.which("docker-registry") is None,
    reason="docker-registry is not installed (Debian: docker-registry)",
)


class Files:
    """An authority, a server's certificate for loopback, and a key that signs tokens."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        authority = ec.generate_private_key(ec.SECP256R1())
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(_pem(_certificate(authority, "authority", authority, "authority")))
        key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = directory / "server.pem"
        made = _certificate(key, "registry", authority, "authority")
        self.certificate.write_bytes(_pem(made))
        self.key = directory / "server.key"
        self.key.write_bytes(_key_pem(key))
        self.signer = ec.generate_private_key(ec.SECP256R1())
        self.signed_by = _certificate(self.signer, "tokens", self.signer, "tokens")
        self.bundle = directory / "tokens.pem"
        self.bundle.write_bytes(_pem(self.signed_by))
        self.passwords = directory / "htpasswd"
        self.passwords.write_text(f"{USER}:{HASHED}\n")


def _certificate(
    key: ec.EllipticCurvePrivateKey, name: str, issuer: ec.EllipticCurvePrivateKey, by: str
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(name == by, None), critical=True)
        .sign(issuer, hashes.SHA256())
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


class Registry:
    """A running registry; `port` is where it listens."""

    def __init__(self, directory: Path, *, tls: Files | None = None, auth: str = "") -> None:
        directory.mkdir()
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            self.port = int(reserved.getsockname()[1])
        self.scheme = "https" if tls else "http"
        self.ca = str(tls.ca) if tls else ""
        text = f"""
            version: 0.1
            log: {{level: error, accesslog: {{disabled: true}}}}
            storage:
              filesystem: {{rootdirectory: {directory}/data}}
              delete: {{enabled: true}}
            http:
              addr: 127.0.0.1:{self.port}
              secret: of-a-test
            """
        if tls:
            text += f"  tls: {{certificate: {tls.certificate}, key: {tls.key}}}\n            "
        configuration = directory / "config.yml"
        configuration.write_text("\n".join(line[12:] for line in text.splitlines()) + "\n" + auth)
        self._log = directory / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", str(configuration)],
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
            )
        self._wait()

    @property
    def name(self) -> str:
        """As references name it."""
        return f"127.0.0.1:{self.port}"

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise RuntimeError(self._log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)

    def options(self, home: Path, **more: Any) -> RegistryOptions:
        """Options that know its authority, and nothing else of this machine."""
        return RegistryOptions(
            ca_bundle=self.ca,
            environment={"HOME": str(home), "PATH": "/usr/bin:/bin"},
            settings=str(home),
            **more,
        )


class Pusher:
    """Pushes by plain requests, as the specification has it."""

    def __init__(self, registry: Registry, authorization: str = "") -> None:
        self._pool = urllib3.PoolManager(ca_certs=registry.ca or None)
        self._root = f"{registry.scheme}://{registry.name}/v2/{REPOSITORY}"
        self._headers = {"Authorization": authorization} if authorization else {}

    def blob(self, data: bytes) -> str:
        """Push a blob; its digest."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        begun = self._send("POST", f"{self._root}/blobs/uploads/", b"")
        location = begun.headers["Location"]
        joint = "&" if "?" in location else "?"
        self._send("PUT", f"{location}{joint}digest={digest}", data)
        return digest

    def manifest(self, data: bytes, tag: str = "", media_type: str = OCI_MANIFEST) -> str:
        """Push a manifest; its digest."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._send("PUT", f"{self._root}/manifests/{tag or digest}", data, media_type)
        return digest

    def image(self, layers: list[bytes], tag: str = "", architecture: str = "amd64") -> bytes:
        """Push an image; its manifest."""
        config = json.dumps(
            {
                "os": "linux",
                "architecture": architecture,
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [_diff_id(layer) for layer in layers]},
            }
        ).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": self._described("application/vnd.oci.image.config.v1+json", config),
                "layers": [
                    self._described("application/vnd.oci.image.layer.v1.tar+gzip", layer)
                    for layer in layers
                ],
            }
        ).encode()
        self.manifest(manifest, tag)
        return manifest

    def _described(self, media_type: str, data: bytes) -> dict[str, Any]:
        return {"mediaType": media_type, "digest": self.blob(data), "size": len(data)}

    def _send(
        self, method: str, url: str, body: bytes, media_type: str = "application/octet-stream"
    ) -> urllib3.BaseHTTPResponse:
        headers = {**self._headers, "Content-Type": media_type}
        answer = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        assert answer.status < 300, (answer.status, answer.data)
        return answer

    def close(self) -> None:
        """End its connections."""
        self._pool.clear()


def _diff_id(layer: bytes) -> str:
    return f"sha256:{hashlib.sha256(gzip.decompress(layer)).hexdigest()}"


def layer_of(name: str, content: bytes) -> bytes:
    """A layer with one file, hard to compress where the content is."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), 1, mtime=0)


SMALL = layer_of("small", b"x" * 1000)
LARGE = layer_of("large", os.urandom(24 * 1024 * 1024))


def basic() -> str:
    return f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


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
    assert [layer.diff_id for layer in pulled.layers] == [_diff_id(SMALL), _diff_id(LARGE)]
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


class BreakingLine:
    """A TCP proxy that cuts connections once so many bytes came back through each."""

    def __init__(self, port: int, lengths: list[int]) -> None:
        self._target = port
        self._lengths = iter(lengths)
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            allowed = next(self._lengths, 1 << 60)
            threading.Thread(target=self._pump, args=(near, far, 1 << 60), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, allowed), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, allowed: int) -> None:
        try:
            while allowed > 0 and (data := source.recv(min(65536, allowed))):
                sink.sendall(data)
                allowed -= len(data)
        except OSError:
            pass
        if allowed == 0:
            self.cuts += 1
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        """End it."""
        for end in self._sockets:
            end.close()


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
    assert pulled.layers[1].diff_id == _diff_id(LARGE)
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
