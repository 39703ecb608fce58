"""Starts Debian's docker-registry on loopback, pushes images to it, and breaks the line to it."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import io
import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from seawall.surfaces.image.manifest import OCI_MANIFEST
from seawall.surfaces.registry.options import Credential, RegistryOptions

USER, PASSWORD = "me", "it's a secret"
# bcrypt of PASSWORD, as `htpasswd -nbB` makes it: the only kind that the registry reads.
HASHED = "$2b$05$abcdefghijklmnopqrstuug5q7jZgmhaPuGVnKWogY3Icphno.kEO"
REPOSITORY = "acme/app"
_ANSWERED = re.compile(r'"([A-Z]+ \S+) HTTP/[0-9.]+" 20[0-9] ')
LOGIN = Credential(USER, PASSWORD)


def reason_to_skip_registry() -> str:
    """What is missing for a registry here; empty where nothing is."""
    if shutil.which("docker-registry") is None:
        return "docker-registry is not installed (Debian: docker-registry)"
    return ""


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
        self._directory = directory
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            self.port = int(reserved.getsockname()[1])
        self.scheme = "https" if tls else "http"
        self.ca = str(tls.ca) if tls else ""
        text = f"""
            version: 0.1
            log: {{level: error}}
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

    def requests(self) -> list[str]:
        """What it was asked for so far and gave: `GET /v2/acme/app/manifests/1`."""
        return _ANSWERED.findall(self._log.read_text(errors="replace"))

    def stored(self, digest: str) -> Path:
        """The file that holds a blob."""
        name = digest.removeprefix("sha256:")
        blobs = self._directory / "data/docker/registry/v2/blobs/sha256"
        return blobs / name[:2] / name / "data"

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

    def __init__(
        self, registry: Registry, authorization: str = "", repository: str = REPOSITORY
    ) -> None:
        self._pool = urllib3.PoolManager(ca_certs=registry.ca or None)
        self._root = f"{registry.scheme}://{registry.name}/v2/{repository}"
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

    def image(
        self,
        layers: Sequence[bytes],
        tag: str = "",
        architecture: str = "amd64",
        labels: Mapping[str, str] | None = None,
    ) -> bytes:
        """Push an image; its manifest."""
        config = json.dumps(
            {
                "os": "linux",
                "architecture": architecture,
                "config": {"Labels": dict(labels or {})},
                "rootfs": {"type": "layers", "diff_ids": [diff_id(layer) for layer in layers]},
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


def diff_id(layer: bytes) -> str:
    """The digest of a gzip layer's content."""
    return f"sha256:{hashlib.sha256(gzip.decompress(layer)).hexdigest()}"


def layer_of(name: str, content: bytes) -> bytes:
    """A layer with one file, hard to compress where the content is."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), 1, mtime=0)


def basic() -> str:
    """The header that logs in."""
    return f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


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
