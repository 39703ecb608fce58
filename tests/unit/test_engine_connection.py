"""The engine is found as the docker client finds it, and asked only for what can be read."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import ipaddress
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from typing import Any

import pytest
from archives import TELLER, classic, digest, far_link, layout_of, packed
from certificates import certificate, new_key, pem, pem_of_key
from cryptography import x509

from seawall.core.errors import InputError
from seawall.surfaces.engine import connection
from seawall.surfaces.engine.connection import Engine, NotFoundError, UnreachableError, tls_context
from seawall.surfaces.engine.endpoint import Endpoint, find_endpoint, parse_endpoint
from seawall.surfaces.image.blob import Blob, LayerFacts
from seawall.surfaces.image.cache import Cache, cached
from seawall.surfaces.image.engine_image import EngineSource
from seawall.surfaces.image.facts import Trouble
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.local import KnownBlob
from seawall.surfaces.image.platform import Platform

LAYERS = (packed({"a": b"1"}), packed({"b": b"2" * 70_000}))


class FakeEngine(ThreadingMixIn, UnixStreamServer):
    """Answers what it is given, by path without the version."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, _Handler)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.api_version = "1.48"
        self.cuts = False


class _Handler(BaseHTTPRequestHandler):
    server: FakeEngine
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "client"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path = self.path
        if path.startswith("/v"):
            path = "/" + path.split("/", 2)[2]
        status, body = self.server.answers.get(path, (404, b'{"message":"No such image: x"}'))
        if path == "/_ping":
            status, body = 200, b"OK"
        self.send_response(status)
        self.send_header("Api-Version", self.server.api_version)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 1000):
            piece = body[start : start + 1000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if self.server.cuts:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeEngine]:
    running = FakeEngine(str(tmp_path / "s"))
    thread = Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    with running:
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def engine(server: FakeEngine) -> Engine:
    return Engine(parse_endpoint(f"unix://{server.server_address!s}"))


def answer(server: FakeEngine, path: str, document: object) -> None:
    server.answers[path] = (200, json.dumps(document).encode())


class TestRequests:
    def test_what_the_engine_says_is_read(self, server: FakeEngine, engine: Engine) -> None:
        answer(server, "/images/app:1/json", {"Id": "sha256:x"})
        answer(server, "/images/json", [{"Id": "a"}])
        answer(server, "/containers/json", [{"Id": "b"}])
        answer(server, "/containers/json?all=1", [{"Id": "b"}, {"Id": "c"}])
        assert engine.image_inspect("app:1") == {"Id": "sha256:x"}
        assert engine.images() == [{"Id": "a"}]
        assert engine.containers() == [{"Id": "b"}]
        assert len(engine.containers(everything=True)) == 2
        assert server.asked.count("/_ping") == 1

    @pytest.mark.parametrize(
        ("theirs", "used"), [("1.24", "v1.24"), ("1.41", "v1.41"), ("1.99", "v1.48")]
    )
    def test_the_version_is_one_that_both_speak(
        self, theirs: str, used: str, server: FakeEngine, engine: Engine
    ) -> None:
        server.api_version = theirs
        answer(server, "/images/json", [])
        engine.images()
        assert server.asked[-1] == f"/{used}/images/json"

    @pytest.mark.parametrize("version", ["", "x", "1", "1.2.3", "1." + "9" * 100, "1.23", "0.1"])
    def test_what_speaks_no_version_is_no_engine(
        self, version: str, server: FakeEngine, engine: Engine
    ) -> None:
        server.api_version = version
        with pytest.raises(InputError, match=r"no Docker Engine|older than any"):
            engine.images()

    def test_a_name_can_not_become_another_request(
        self, server: FakeEngine, engine: Engine
    ) -> None:
        for name in ("a?all=1", "a b", "a\r\nX: y", "a#b", "ä"):
            with pytest.raises(NotFoundError):
                engine.image_inspect(name)
        assert all("?" not in path and "#" not in path for path in server.asked)

    def test_what_is_not_there_is_said_in_the_engines_words(self, engine: Engine) -> None:
        with pytest.raises(NotFoundError, match="No such image: x"):
            engine.image_inspect("x")

    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            (500, b'{"message":"on fire"}', "refuses .*: on fire"),
            (500, b"not json", "with status 500"),
            (301, b"{}", "refuses"),
            (200, b"not json", "can't be understood"),
            (200, b"[]", "can't be understood"),
            (200, b'{"a":' * 50_000, "can't be understood"),
        ],
    )
    def test_a_strange_answer_is_refused(
        self, status: int, body: bytes, reason: str, server: FakeEngine, engine: Engine
    ) -> None:
        server.answers["/images/x/json"] = (status, body)
        with pytest.raises(InputError, match=reason):
            engine.image_inspect("x")

    def test_an_endless_answer_is_cut(
        self, server: FakeEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "MAX_ANSWER", 100)
        answer(server, "/images/json", ["x" * 200])
        with pytest.raises(InputError, match="more than 100 bytes"):
            engine.images()

    def test_an_answer_that_breaks_off_is_said(self, server: FakeEngine, engine: Engine) -> None:
        assert engine.version
        server.cuts = True
        answer(server, "/images/json", ["x" * 200])
        with pytest.raises(InputError, match="breaks off"):
            engine.images()

    def test_an_engine_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(UnreachableError, match="no engine answers at unix:"):
            Engine(parse_endpoint(f"unix://{tmp_path}/missing")).images()
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        with pytest.raises(UnreachableError, match="no engine answers at tcp:"):
            Engine(parse_endpoint(f"tcp://127.0.0.1:{port}")).images()

    def test_one_that_may_not_be_asked_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: socket.socket, address: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        with pytest.raises(UnreachableError, match="you may not talk"):
            Engine(Endpoint("unix", "/s", text="unix:///s")).images()

    def test_there_is_no_way_to_write(self) -> None:
        public = {name for name in vars(Engine) if not name.startswith("_")}
        assert public == {
            "version",
            "image_inspect",
            "images",
            "containers",
            "container_inspect",
            "save_stream",
        }
        source = Path(connection.__file__).read_text()
        assert source.count(".request(") == 1
        assert '.request("GET"' in source


class TestSsh:
    def test_it_goes_through_the_ssh_client(
        self, server: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A stand-in for ssh joins its standard streams with the engine's socket."""
        answer(server, "/images/json", [{"Id": "a"}])
        program = tmp_path / "ssh"
        program.write_text(
            "#!/usr/bin/env python3\n"
            "import os, socket, sys, threading\n"
            f"open({str(tmp_path / 'said')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
            "s = socket.socket(socket.AF_UNIX)\n"
            f"s.connect({server.server_address!r})\n"
            "def back():\n"
            "    while data := s.recv(65536): os.write(1, data)\n"
            "    os._exit(0)\n"
            "threading.Thread(target=back).start()\n"
            "while data := os.read(0, 65536): s.sendall(data)\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        engine = Engine(parse_endpoint("ssh://me@host:2222"))
        assert engine.images() == [{"Id": "a"}]
        said = (tmp_path / "said").read_text()
        assert said.endswith("-l me -p 2222 -- host docker system dial-stdio")

    def test_one_that_fails_is_an_engine_that_does_not_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "ssh"
        program.write_text("#!/bin/sh\nexit 255\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with pytest.raises(UnreachableError, match="no engine answers at ssh://host"):
            Engine(parse_endpoint("ssh://host")).images()
        monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
        with pytest.raises(UnreachableError, match="ssh"):
            Engine(parse_endpoint("ssh://host")).images()


class TlsEngine(FakeEngine):
    """The same over TCP, for clients that show a certificate of its authority."""

    address_family = socket.AF_INET

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0))  # type: ignore[arg-type]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.pem", directory / "server-key.pem")
        context.load_verify_locations(directory / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that breaks off is what some tests want


def write_certificates(directory: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    lifetime: dict[str, Any] = {
        "starts": now - dt.timedelta(days=1),
        "ends": now + dt.timedelta(days=1),
    }
    authority = new_key()
    made = certificate(authority, subject="authority", is_authority=True, **lifetime)
    (directory / "ca.pem").write_bytes(pem(made))
    for name, key_name in (("server", "server-key"), ("cert", "key")):
        key = new_key()
        names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        made = certificate(
            key, subject=name, names=names, issuer=("authority", authority), **lifetime
        )
        (directory / f"{name}.pem").write_bytes(pem(made))
        (directory / f"{key_name}.pem").write_bytes(pem_of_key(key))


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[TlsEngine]:
    write_certificates(tmp_path)
    running = TlsEngine(tmp_path)
    thread = Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    with running:
        yield running
        running.shutdown()
        thread.join()


class TestTls:
    def asked(self, server: TlsEngine, **more: str) -> Engine:
        port = server.socket.getsockname()[1]
        return Engine(find_endpoint({"DOCKER_HOST": f"tcp://127.0.0.1:{port}", **more}))

    def test_both_sides_show_certificates(self, tls_server: TlsEngine, tmp_path: Path) -> None:
        answer(tls_server, "/images/json", [{"Id": "a"}])
        for verify in ("1", ""):
            engine = self.asked(
                tls_server, DOCKER_CERT_PATH=str(tmp_path), DOCKER_TLS_VERIFY=verify
            )
            assert engine.images() == [{"Id": "a"}]

    def test_an_engine_of_another_authority_is_not_believed(
        self, tls_server: TlsEngine, tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        other.mkdir()
        write_certificates(other)
        engine = self.asked(tls_server, DOCKER_CERT_PATH=str(other), DOCKER_TLS_VERIFY="1")
        with pytest.raises(UnreachableError, match="certificate verify failed"):
            engine.images()


class TestEndpoints:
    @pytest.mark.parametrize(
        ("text", "kind", "host", "port", "user"),
        [
            ("unix:///run/docker.sock", "unix", "/run/docker.sock", 0, ""),
            ("tcp://host", "tcp", "host", 2375, ""),
            ("tcp://host:1234", "tcp", "host", 1234, ""),
            ("http://[::1]:1", "tcp", "::1", 1, ""),
            ("ssh://me@host:22", "ssh", "host", 22, "me"),
            ("ssh://host", "ssh", "host", 0, ""),
        ],
    )
    def test_addresses_are_read_as_docker_reads_them(
        self, text: str, kind: str, host: str, port: int, user: str
    ) -> None:
        found = parse_endpoint(text)
        assert (found.kind, found.host, found.port, found.user) == (kind, host, port, user)
        assert not found.tls

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "host:2375",
            "npipe:////./pipe/docker",
            "unix://",
            "tcp://",
            "tcp://host:port",
            "ssh://-oProxyCommand=x",
            "ssh://-l@host",
            "ftp://host",
            "tcp://[::1",
        ],
    )
    def test_what_is_no_address_is_refused(self, text: str) -> None:
        with pytest.raises(InputError, match="no address of a Docker Engine"):
            parse_endpoint(text)

    def test_the_variable_goes_before_contexts(self, tmp_path: Path) -> None:
        context(tmp_path, "work", "tcp://work:1")
        environment = {"DOCKER_HOST": "tcp://var:2", "DOCKER_CONTEXT": "work"}
        found = find_endpoint({**environment, "DOCKER_CONFIG": str(tmp_path)})
        assert found.host == "var"
        assert find_endpoint(environment, "tcp://given:3").host == "given"

    def test_the_socket_is_what_there_is_without_any(self, tmp_path: Path) -> None:
        assert find_endpoint({"HOME": str(tmp_path)}).host == "/var/run/docker.sock"
        (tmp_path / ".docker").mkdir()
        (tmp_path / ".docker" / "config.json").write_text("{broken")
        assert find_endpoint({"HOME": str(tmp_path)}).kind == "unix"

    def test_a_context_is_found_by_its_name(self, tmp_path: Path) -> None:
        context(tmp_path, "work", "tcp://work:1")
        context(tmp_path, "other", "ssh://me@other")
        home = {"DOCKER_CONFIG": str(tmp_path)}
        assert find_endpoint({**home, "DOCKER_CONTEXT": "other"}).user == "me"
        (tmp_path / "config.json").write_text('{"currentContext":"work"}')
        assert find_endpoint(home).host == "work"
        assert find_endpoint({**home, "DOCKER_CONTEXT": "default"}).kind == "unix"

    def test_a_context_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        asked = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "work"}
        with pytest.raises(InputError, match="no Docker context work"):
            find_endpoint(asked)
        context(tmp_path, "work", "")
        with pytest.raises(InputError, match="no Docker context work"):
            find_endpoint(asked)
        meta(tmp_path, "work").write_text("{")
        with pytest.raises(InputError, match="can't be understood"):
            find_endpoint(asked)

    def test_a_contexts_certificates_are_used(self, tmp_path: Path) -> None:
        context(tmp_path, "work", "tcp://work")
        files = tmp_path / "contexts" / "tls" / meta(tmp_path, "work").parent.name / "docker"
        files.mkdir(parents=True)
        found = find_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "work"})
        assert found.tls
        assert found.port == 2376
        assert found.certificates == str(files)
        assert not found.skips_verification

    def test_variables_ask_for_tls(self, tmp_path: Path) -> None:
        asked = {"DOCKER_HOST": "tcp://host", "DOCKER_CONFIG": str(tmp_path)}
        found = find_endpoint({**asked, "DOCKER_TLS_VERIFY": "1"})
        assert found.tls
        assert found.certificates == str(tmp_path)
        assert not found.skips_verification
        found = find_endpoint({**asked, "DOCKER_CERT_PATH": "/certs"})
        assert found.certificates == "/certs"
        assert found.skips_verification
        assert tls_context(found).verify_mode == ssl.CERT_NONE

    def test_a_broken_certificate_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("nothing")
        endpoint = Endpoint("tcp", "host", 1, tls=True, certificates=str(tmp_path))
        with pytest.raises(InputError, match="certificates can't be read"):
            tls_context(endpoint)
        (tmp_path / "ca.pem").unlink()
        assert tls_context(endpoint).verify_mode == ssl.CERT_REQUIRED


def meta(directory: Path, name: str) -> Path:
    found = directory / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    found.mkdir(parents=True, exist_ok=True)
    return found / "meta.json"


def context(directory: Path, name: str, host: str) -> None:
    document = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
    meta(directory, name).write_text(json.dumps(document))


class Reader:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, blob: Blob) -> LayerFacts:
        self.count += not isinstance(blob, KnownBlob)
        return analyse_layer(blob, ())


def serve(server: FakeEngine, data: bytes, identifier: str = "sha256:x") -> None:
    answer(server, "/images/app:1/json", {"Id": identifier})
    server.answers[f"/images/{identifier}/get"] = (200, data)


class TestImages:
    @pytest.mark.parametrize(
        "data",
        [
            packed(classic(LAYERS)),
            packed(layout_of(LAYERS).files()),
            packed(layout_of(LAYERS, compress=True).files()),
        ],
    )
    def test_an_image_is_read_as_it_comes(
        self, data: bytes, server: FakeEngine, engine: Engine
    ) -> None:
        serve(server, data)
        source = EngineSource("app:1", engine=engine)
        pulled = source.pull(Reader())
        assert (source.name, source.kind) == ("app:1", "engine")
        assert [layer.files for layer in pulled.layers] == [b"a", b"b"]
        assert [layer.diff_id for layer in pulled.layers] == list(map(digest, LAYERS))

    def test_what_the_cache_knows_is_not_asked_for_again(
        self, server: FakeEngine, engine: Engine, tmp_path: Path
    ) -> None:
        serve(server, packed(classic(LAYERS)))
        cache, reader = Cache(str(tmp_path / "cache")), Reader()
        look = cached(reader, cache, ())
        for _ in range(2):
            pulled = EngineSource("app:1", engine=engine, cache=cache).pull(look)
            assert [layer.files for layer in pulled.layers] == [b"a", b"b"]
            assert pulled.tags == ("app:1",)
        assert reader.count == 2
        assert sum(path.endswith("/get") for path in server.asked) == 1
        # Another image on the same layers is streamed, and they are not looked at.
        serve(server, packed(layout_of(LAYERS).files()), "sha256:y")
        EngineSource("app:1", engine=engine, cache=cache).pull(look)
        assert reader.count == 2

    def test_a_platform_is_asked_for_where_the_engine_knows_them(
        self, server: FakeEngine, engine: Engine
    ) -> None:
        serve(server, packed(classic(LAYERS)))
        query = "?platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22amd64%22%7D"
        server.answers[f"/images/sha256:x/get{query}"] = server.answers["/images/sha256:x/get"]
        wanted = Platform("linux", "amd64")
        assert EngineSource("app:1", wanted, engine).pull(Reader()).platform == "linux/amd64"
        assert server.asked[-1].endswith(query)
        server.api_version = "1.47"
        older = Engine(parse_endpoint(f"unix://{server.server_address!s}"))
        EngineSource("app:1", wanted, older).pull(Reader())
        assert server.asked[-1] == "/v1.47/images/sha256:x/get"

    @pytest.mark.parametrize("change", [lambda d: d[:6000], lambda d: d[: len(d) // 2]])
    def test_a_stream_that_breaks_off_is_no_image(
        self, change: Callable[[bytes], bytes], server: FakeEngine, engine: Engine
    ) -> None:
        assert engine.version
        serve(server, change(packed(classic(LAYERS))))
        with pytest.raises(InputError, match="ends in the middle"):
            EngineSource("app:1", engine=engine).pull(Reader())

    def test_a_connection_that_breaks_is_no_image(self, server: FakeEngine, engine: Engine) -> None:
        serve(server, packed(classic(LAYERS))[:9000])
        assert engine.image_inspect("app:1")
        source = EngineSource("sha256:x", engine=engine)
        answer(server, "/images/sha256:x/json", {"Id": "sha256:x"})
        inspect = engine.image_inspect

        def then_cut(name: str) -> dict[str, Any]:
            found = inspect(name)
            server.cuts = True
            return found

        engine.image_inspect = then_cut  # type: ignore[method-assign]
        with pytest.raises(InputError, match=r"breaks off|can't be read"):
            source.pull(Reader())

    def test_a_layer_is_asked_for_again_for_a_link_to_what_has_gone_by(
        self, server: FakeEngine, engine: Engine
    ) -> None:
        serve(server, packed(classic((LAYERS[0], far_link()))))
        pulled = EngineSource("app:1", engine=engine).pull(
            lambda blob: analyse_layer(blob, (TELLER,))
        )
        assert pulled.layers[1].facts == (Trouble("link", "content"),)
        assert sum(path.endswith("/get") for path in server.asked) == 2

    def test_a_large_file_that_is_no_layer_is_passed_over(
        self, server: FakeEngine, engine: Engine
    ) -> None:
        files = {"note": b"n" * 9_000_000, **classic(LAYERS)}
        serve(server, packed(files))
        assert len(EngineSource("app:1", engine=engine).pull(Reader()).layers) == 2

    def test_what_stands_in_a_layers_place_and_is_none_is_said(
        self, server: FakeEngine, engine: Engine
    ) -> None:
        files = dict(classic(LAYERS))
        files[f"{1:064x}/layer.tar"] = b"text"
        serve(server, packed(files))
        pulled = EngineSource("app:1", engine=engine).pull(Reader())
        assert "no layer" in str(pulled.layers[1].facts)

    def test_a_manifest_that_is_a_layer_is_refused(
        self, server: FakeEngine, engine: Engine
    ) -> None:
        serve(server, packed({**classic(LAYERS), "manifest.json": gzip.compress(b"[]")}))
        with pytest.raises(InputError, match=r"manifest.json is no file"):
            EngineSource("app:1", engine=engine).pull(Reader())
