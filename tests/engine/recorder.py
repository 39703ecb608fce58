"""An API that creates nothing: it keeps what the `docker` client asks it to create."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_API = "1.50"


class Recorder:
    """Answers the client on a socket; `asked` is the last body of `POST /containers/create`."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="sw"))
        (self.directory / "variables").write_text("# a comment\nA=1\n  B= two \nC\nD=x=y\n\n")
        (self.directory / "spaced").write_text("A =1\n")
        (self.directory / "labels").write_text("one=1\ntwo\n")
        recorder = self

        class Handler(_Handler):
            owner = recorder

        self._server = _Server(str(self.directory / "s"), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, arguments: list[str]) -> tuple[dict[str, Any] | None, str]:
        """What `docker create` asks for, and what it says; None where it refuses to ask."""
        self.asked = None
        command = ["docker", "--host", f"unix://{self.directory}/s", "create", *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory)}
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=self.directory,
            env=environment,
            timeout=60,
        )
        return self.asked, done.stderr


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64  # a full queue refuses a client at once


class _Handler(BaseHTTPRequestHandler):
    owner: Recorder
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(200, b"")

    def do_GET(self) -> None:
        self._answer(200, b"OK" if self.path.endswith("_ping") else b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/containers/create" in self.path:
            self.owner.asked = json.loads(body)
            self._answer(201, b'{"Id": "0123456789ab", "Warnings": []}')
        else:
            self._answer(200, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Api-Version", _API)
        self.send_header("Ostype", "linux")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name above
        """Keep quiet."""

    def address_string(self) -> str:
        return "socket"
