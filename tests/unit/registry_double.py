"""A registry in memory on loopback, which misbehaves as a test tells it to."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import socket
import ssl
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from seawall.surfaces.image.manifest import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

Intercept = Callable[["Handler"], bool]
"""Looks at a request first; True where it has answered it."""


def digest(data: bytes) -> str:
    """`sha256:…` of bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def layer_of(**files: bytes) -> bytes:
    """A compressed layer with these files."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), 1, mtime=0)


def descriptor(media_type: str, data: bytes, **more: Any) -> dict[str, Any]:
    """A descriptor as manifests write it."""
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def config_of(layers: list[bytes], architecture: str = "amd64") -> bytes:
    """An image's configuration for compressed layers."""
    diff_ids = [digest(gzip.decompress(layer)) for layer in layers]
    document = {
        "os": "linux",
        "architecture": architecture,
        "config": {"Cmd": ["/app"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    return json.dumps(document).encode()


def manifest_of(config: bytes, layers: list[bytes], media_type: str = OCI_MANIFEST) -> bytes:
    """The manifest that names them."""
    document = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(CONFIG, config),
        "layers": [descriptor(LAYER, layer) for layer in layers],
    }
    return json.dumps(document).encode()


def index_of(*entries: tuple[bytes, str]) -> bytes:
    """An index of manifests, each with its `os/architecture`."""
    manifests = []
    for data, platform in entries:
        system, architecture = platform.split("/")
        named = {"os": system, "architecture": architecture}
        manifests.append(descriptor(OCI_MANIFEST, data, platform=named))
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
    return json.dumps(document).encode()


class Seen:
    """A request that came."""

    def __init__(self, method: str, target: str, headers: Any, body: bytes) -> None:
        self.method = method
        self.target = target
        self.path = urlsplit(target).path
        self.query = parse_qsl(urlsplit(target).query)
        self.headers = headers
        self.body = body

    @property
    def authorization(self) -> str:
        """What it was to be let in with."""
        return str(self.headers.get("Authorization", ""))


class Double:
    """What is in the registry, what was asked, and how it misbehaves."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.tags: dict[str, list[str]] = {}
        self.seen: list[Seen] = []
        self.intercept: Intercept = lambda handler: False
        self.scheme = "http"
        self.port = 0

    @property
    def name(self) -> str:
        """As references name it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://{self.name}"

    def paths(self, method: str = "GET") -> list[str]:
        """What was asked for, in order."""
        return [seen.path for seen in self.seen if seen.method == method]

    def push(self, repository: str, tag: str, layers: list[bytes], **options: Any) -> str:
        """Put an image there; its manifest's digest."""
        config = config_of(layers, options.pop("architecture", "amd64"))
        self.blobs.update({digest(data): data for data in [config, *layers]})
        return self.put(repository, tag, manifest_of(config, layers, **options))

    def put(self, repository: str, tag: str, data: bytes, media_type: str = OCI_MANIFEST) -> str:
        """Put a manifest there as it is."""
        for name in filter(None, (tag, digest(data))):
            self.manifests[repository, name] = (media_type, data)
        return digest(data)


_MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/]+)")
_BLOB = re.compile(r"/v2/(.+)/blobs/([^/]+)")
_TAGS = re.compile(r"/v2/(.+)/tags/list")


class Handler(BaseHTTPRequestHandler):
    """Answers as a registry does, unless the test's `intercept` does."""

    protocol_version = "HTTP/1.1"
    double: Double

    def handle(self) -> None:
        """Who greets by TLS where there is none is not answered."""
        if self.double.scheme == "https" or self.connection.recv(1, socket.MSG_PEEK) != b"\x16":
            super().handle()

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- its name there
        pass

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer; `_` in names of headers stands for `-`."""
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status: int, code: str = "", message: str = "", **headers: str) -> None:
        """A refusal in the words of the specification."""
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.send(status, body, **headers)

    def cut(self, status: int, body: bytes, sent: int, **headers: str) -> None:
        """Say that the body comes, send a part of it, and break off."""
        self.send(status, body[:sent], Content_Length=str(len(body)), **headers)
        self.wfile.flush()
        self.close_connection = True

    def start(self) -> int:
        """Where the range that is asked for starts; 0 where none is."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(match[1]) if match else 0

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen = Seen(self.command, self.path, self.headers, body)
        self.double.seen.append(self.seen)
        if not self.double.intercept(self):
            self._registry()

    def _registry(self) -> None:
        path = self.seen.path
        if match := _MANIFEST.fullmatch(path):
            self._manifest(match[1], match[2])
        elif match := _BLOB.fullmatch(path):
            self.blob(self.double.blobs.get(match[2]))
        elif match := _TAGS.fullmatch(path):
            tags = self.double.tags.get(match[1])
            self.send(200, json.dumps({"name": match[1], "tags": tags}).encode())
        else:
            self.error(404, "UNSUPPORTED", "no such thing")

    def _manifest(self, repository: str, name: str) -> None:
        found = self.double.manifests.get((repository, name))
        if found is None:
            self.error(404, "MANIFEST_UNKNOWN", "manifest unknown")
            return
        media_type, data = found
        self.send(200, data, Content_Type=media_type, Docker_Content_Digest=digest(data))

    def blob(self, data: bytes | None) -> None:
        """A blob, or the range of it that is asked for."""
        if data is None:
            self.error(404, "BLOB_UNKNOWN", "blob unknown")
            return
        start = self.start()
        if not start:
            self.send(200, data)
        else:
            shown = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send(206, data[start:], Content_Range=shown)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients break off, and greet by TLS where there is none: that is meant."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Double]:
    """A double that answers until the end of the `with`, by TLS where there is a context."""
    double = Double()
    handler = type("BoundHandler", (Handler,), {"double": double})
    server = _Server(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        double.scheme = "https"
    double.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


__all__ = ["DOCKER_MANIFEST", "OCI_INDEX", "OCI_MANIFEST"]
