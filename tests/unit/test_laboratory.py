"""The one class that changes an engine: what it asks, what it makes of answers, what it removes."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from seawall.core.errors import InputError
from seawall.surfaces.engine.connection import NotFoundError, UnreachableError
from seawall.surfaces.engine.endpoint import parse_endpoint
from seawall.surfaces.engine.laboratory import LABEL, OWNER, BuildError, Laboratory, owner

pytest.importorskip("docker", reason="the Docker SDK is not installed (PyPI: docker)")

CONTEXT = b"a tar archive"


class Answering(ThreadingMixIn, UnixStreamServer):
    """An engine that answers by method and path, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, _Handler)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[tuple[str, dict[str, list[str]], bytes]] = []

    def answer(self, what: str, document: Any = None, status: int = 200) -> None:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers[what] = (status, b"" if status == 204 else content)

    def of(self, what: str) -> list[tuple[dict[str, list[str]], bytes]]:
        return [(query, body) for each, query, body in self.asked if each == what]


class _Handler(BaseHTTPRequestHandler):
    server: Answering
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "client"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = "/" + parts.path.split("/", 2)[2] if parts.path.startswith("/v") else parts.path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        what = f"{self.command} {path}"
        self.server.asked.append((what, parse_qs(parts.query), body))
        missing = (404, b'{"message": "No such thing"}')
        status, content = self.server.answers.get(what, missing)
        if path == "/_ping":
            status, content = 200, b"OK"
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 -- its names


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Answering]:
    running = Answering(str(tmp_path / "s"))
    thread = Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    with running:
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def laboratory(server: Answering) -> Iterator[Laboratory]:
    made = Laboratory("id", parse_endpoint(f"unix://{server.server_address!s}"))
    yield made
    made.close()


def test_everything_that_is_made_has_the_label(server: Answering, laboratory: Laboratory) -> None:
    server.answer("POST /containers/create", {"Id": "c1"}, 201)
    server.answer("POST /networks/create", {"Id": "n1"}, 201)
    server.answer("POST /volumes/create", {"Name": "v1"}, 201)
    assert laboratory.create("", {"Image": "x", "Labels": {"own": "1"}}) == "c1"
    laboratory.make_network("n", is_internal=True)
    laboratory.make_volume("v")
    mine = {LABEL: "id", OWNER: owner()}
    bodies = [json.loads(body) for _, _, body in server.asked if body]
    assert bodies[0]["Labels"] == {"own": "1", **mine}
    assert bodies[1]["Labels"] == bodies[2]["Labels"] == mine
    assert bodies[1]["Internal"] is True


def test_an_image_that_is_not_there_is_none(server: Answering, laboratory: Laboratory) -> None:
    assert laboratory.image("x:1") is None
    server.answer("GET /images/x:1/json", {"Id": "i"})
    assert laboratory.image("x:1") == {"Id": "i"}


@pytest.mark.parametrize(
    ("reference", "name", "tag"),
    [
        ("redis", "redis", "latest"),
        ("redis:7", "redis", "7"),
        ("localhost:5000/a/b", "localhost:5000/a/b", "latest"),
        ("host:5000/a/b:1", "host:5000/a/b", "1"),
        ("a:1@sha256:" + "0" * 64, "a", "sha256:" + "0" * 64),
    ],
)
def test_a_reference_is_fetched_by_name_and_tag(
    server: Answering, laboratory: Laboratory, reference: str, name: str, tag: str
) -> None:
    server.answer("POST /images/create", b'{"status": "Pulling"}\n')
    laboratory.pull(reference)
    ((query, _),) = server.of("POST /images/create")
    assert (query["fromImage"], query["tag"]) == ([name], [tag])


def test_an_image_that_can_not_be_fetched_is_said(
    server: Answering, laboratory: Laboratory
) -> None:
    server.answer("POST /images/create", b'{"status": "x"}\n{"error": "manifest unknown"}\n')
    with pytest.raises(InputError, match="x:1 can't be fetched: manifest unknown"):
        laboratory.pull("x:1")


def test_a_registry_that_refuses_is_said(server: Answering, laboratory: Laboratory) -> None:
    server.answer("POST /images/create", {"message": "pull access denied for x"}, 404)
    with pytest.raises(InputError, match="x can't be fetched: pull access denied for x"):
        laboratory.pull("x")


def test_a_build_is_told_all_and_gives_a_throw_away_name(
    server: Answering, laboratory: Laboratory
) -> None:
    server.answer("POST /build", b'{"stream": "Step 1"}\nno json\n{"aux": {}}\n')
    context = io.BytesIO(CONTEXT)
    assert laboratory.build(context, "df", {"A": "1"}, "t", 60.0) == "seawall-proof:id-0"
    ((query, body),) = server.of("POST /build")
    assert body == CONTEXT
    assert query["target"] == ["t"]
    assert query["version"] == ["2"]
    assert json.loads(query["buildargs"][0]) == {"A": "1"}
    assert json.loads(query["labels"][0]) == {LABEL: "id", OWNER: owner()}


def test_a_build_that_fails_says_what_was_printed(
    server: Answering, laboratory: Laboratory
) -> None:
    printed = base64.b64encode(b"\x01\x02sh: no such file\n\xff\x00shortone").decode()
    events = [
        {"stream": "Step 1\n"},
        {"id": "moby.buildkit.trace", "aux": printed},
        {"id": "moby.buildkit.trace", "aux": "no base64"},
        {"error": "exit code: 1"},
    ]
    server.answer("POST /build", "\n".join(map(json.dumps, events)).encode())
    with pytest.raises(BuildError) as caught:
        laboratory.build(io.BytesIO(CONTEXT), "df", {}, "", 60.0)
    assert caught.value.message == "exit code: 1"
    assert "Step 1" in caught.value.log
    assert "sh: no such file" in caught.value.log
    assert "shortone" not in caught.value.log


def test_a_build_has_no_more_time_than_it_is_given(
    server: Answering, laboratory: Laboratory
) -> None:
    server.answer("POST /build", b'{"stream": "a"}\n{"stream": "b"}\n')
    with pytest.raises(BuildError, match="takes longer than it may"):
        laboratory.build(io.BytesIO(CONTEXT), "df", {}, "", 1e-9)


@pytest.mark.parametrize("content", [b'{"message": "bad dockerfile"}', b"bad dockerfile"])
def test_a_build_that_is_refused_says_why(
    server: Answering, laboratory: Laboratory, content: bytes
) -> None:
    server.answer("POST /build", content, 400)
    with pytest.raises(BuildError, match="bad dockerfile"):
        laboratory.build(io.BytesIO(CONTEXT), "df", {}, "", 60.0)


def test_what_is_not_there_and_what_is_refused_are_told_apart(
    server: Answering, laboratory: Laboratory
) -> None:
    with pytest.raises(NotFoundError, match="No such thing"):
        laboratory.inspect("c")
    server.answer("POST /containers/c/start", {"message": "port is taken"}, 500)
    with pytest.raises(InputError, match="the engine refuses: port is taken"):
        laboratory.start("c")
    with pytest.raises(NotFoundError), laboratory.archive("c", "/x"):
        pass
    server.answer("GET /containers/c/archive", {"message": "no"}, 500)
    with pytest.raises(InputError, match="refuses: no"), laboratory.archive("c", "/x"):
        pass
    laboratory.remove("c")  # it is gone already, and that is all that was wanted


def test_an_archive_need_not_be_read_to_its_end(server: Answering, laboratory: Laboratory) -> None:
    server.answer("GET /containers/c/archive", b"x" * 200_000)
    with laboratory.archive("c", "/etc") as chunks:
        assert len(next(chunks)) == 64 * 1024


def test_a_program_that_does_not_end_is_not_waited_for(
    server: Answering, laboratory: Laboratory
) -> None:
    server.answer("POST /containers/c/exec", {"Id": "e"}, 201)
    server.answer("POST /exec/e/start", b"")
    server.answer("GET /exec/e/json", {"Running": True, "ExitCode": None})
    assert laboratory.execute("c", ["sleep"], 0.1) is None
    server.answer("GET /exec/e/json", {"Running": False, "ExitCode": 7})
    assert laboratory.execute("c", ["false"], 5.0) == 7


def test_only_what_carries_the_label_is_removed_and_what_stays_is_said(
    server: Answering, laboratory: Laboratory
) -> None:
    server.answer("GET /containers/json", [{"Id": "c1", "Labels": {}}])
    server.answer("GET /networks", [{"Id": "n1"}])
    server.answer("GET /volumes", {"Volumes": [{"Name": "v1"}]})
    server.answer("GET /images/json", [{"Id": "sha256:i1"}, {"Id": "sha256:gone"}])
    server.answer("DELETE /containers/c1", None, 204)
    server.answer("DELETE /networks/n1", {"message": "has active endpoints"}, 403)
    server.answer("DELETE /volumes/v1", None, 204)
    server.answer("DELETE /images/sha256:i1", [])
    (left,) = laboratory.sweep()
    assert left == "n1: the engine refuses: has active endpoints"
    for what in ("GET /containers/json", "GET /networks", "GET /volumes", "GET /images/json"):
        ((query, _),) = server.of(what)
        assert json.loads(query["filters"][0]) == {"label": [f"{LABEL}=id"]}, what
    ((query, _),) = server.of("DELETE /containers/c1")
    assert (query["v"], query["force"]) == (["True"], ["True"])


def test_of_others_only_what_no_process_owns_any_more_is_removed(
    server: Answering, laboratory: Laboratory
) -> None:
    boot, _, _ = owner().rpartition(":")
    owners = {
        "mine": owner(),
        "parent": f"{boot}:{os.getppid()}",
        "dead": f"{boot}:{2**22 + 1}",
        "elsewhere": f"another-boot:{2**22 + 1}",
        "odd": f"{boot}:x",
        "none": "",
    }
    found = [{"Id": name, "Labels": {LABEL: "z", OWNER: text}} for name, text in owners.items()]
    server.answer("GET /containers/json", found)
    laboratory.sweep(everything=True)
    removed = [what for what, _, _ in server.asked if what.startswith("DELETE")]
    assert removed == ["DELETE /containers/dead"]


def test_no_engine_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="no engine answers at unix:"):
        Laboratory("id", parse_endpoint(f"unix://{tmp_path}/none"))
