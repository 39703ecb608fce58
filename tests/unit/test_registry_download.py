"""Downloads go on where they broke, end where they should, and go only where they may."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registry_double import (
    Double,
    Handler,
    digest,
    layer_of,
    serving,
)

from seawall.core.errors import InputError
from seawall.surfaces.image import Reference
from seawall.surfaces.image.manifest import Descriptor
from seawall.surfaces.registry import connections
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.errors import RegistryError, UnreachableError
from seawall.surfaces.registry.options import Credential, RegistryOptions

BLOB = bytes(range(256)) * 2048
DESCRIPTOR = Descriptor("", digest(BLOB), len(BLOB))


@pytest.fixture
def double() -> Iterator[Double]:
    with serving() as running:
        running.blobs[DESCRIPTOR.digest] = BLOB
        running.push("acme/app", "1", [layer_of(a=b"x")])
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def options(home: Path, **more: Any) -> RegistryOptions:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", **more.pop("environment", {})}
    settings = more.pop("settings", str(home / "etc"))
    return RegistryOptions(environment=environment, settings=settings, **more)


class Waits(list[float]):
    """Remembers how long was to be waited, and waits not at all."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client_of(home: Path, waits: Waits | None = None, **more: Any) -> RegistryClient:
    return RegistryClient(options(home, **more), sleep=Waits() if waits is None else waits)


def reference(
    double: Double, tag: str = "1", digest: str = "", path: str = "acme/app"
) -> Reference:
    return Reference(double.name, path, tag, digest)


def read(client: RegistryClient, named: Reference, blob: Descriptor = DESCRIPTOR) -> bytes:
    with client.blob(named, blob) as stream:
        return stream.read()


# Blobs


def test_a_blob_is_streamed(double: Double, home: Path) -> None:
    with client_of(home) as client:
        assert read(client, reference(double)) == BLOB
        with client.blob(reference(double), DESCRIPTOR) as stream:
            assert stream.read(10) == BLOB[:10]
    assert double.paths() == [f"/v2/acme/app/blobs/{DESCRIPTOR.digest}"] * 2


def test_a_download_goes_on_at_the_byte_where_it_broke(double: Double, home: Path) -> None:
    def breaks(handler: Handler) -> bool:
        start = handler.start()
        rest = BLOB[start:]
        headers = {}
        if start:
            headers = {"Content_Range": f"bytes {start}-{len(BLOB) - 1}/{len(BLOB)}"}
        handler.cut(206 if start else 200, rest, 100_001, **headers)
        return True

    double.intercept = breaks
    with client_of(home) as client:
        assert read(client, reference(double)) == BLOB
    asked = [seen.headers.get("Range") for seen in double.seen]
    assert asked == [None, *(f"bytes={100_001 * n}-" for n in range(1, 6))]


def test_a_server_that_knows_no_ranges_is_listened_to_again(double: Double, home: Path) -> None:
    lengths = iter([1000, 200_000, len(BLOB)])

    def from_the_start(handler: Handler) -> bool:
        handler.cut(200, BLOB, next(lengths))
        return True

    double.intercept = from_the_start
    with client_of(home) as client:
        assert read(client, reference(double)) == BLOB
    assert len(double.seen) == 3


def test_a_download_that_never_moves_is_given_up(double: Double, home: Path) -> None:
    def stuck(handler: Handler) -> bool:
        start = handler.start()
        if start:
            handler.cut(206, BLOB[start:], 0, Content_Range=f"bytes {start}-9/{len(BLOB)}")
        else:
            handler.cut(200, BLOB, 5)
        return True

    double.intercept = stuck
    with client_of(home) as client, pytest.raises(UnreachableError, match="at byte 5 of"):
        read(client, reference(double))
    assert len(double.seen) <= 7


def test_a_download_in_crumbs_is_given_up_too(double: Double, home: Path) -> None:
    def crumbs(handler: Handler) -> bool:
        start = handler.start()
        handler.cut(
            206 if start else 200,
            BLOB[start:],
            1,
            **({"Content_Range": f"bytes {start}-9/*"} if start else {}),
        )
        return True

    double.intercept = crumbs
    with client_of(home) as client, pytest.raises(UnreachableError, match="broke off 10 times"):
        read(client, reference(double))


@pytest.mark.parametrize(
    ("content_range", "said"),
    [
        (f"bytes 0-{len(BLOB) - 1}/{len(BLOB)}", "another part"),
        ("bytes 1001-2000/*", "another part"),
        ("", "another part"),
        ("items 1000-2000/3000", "another part"),
        (f"bytes 1000-{len(BLOB)}/{len(BLOB) + 1}", f"has {len(BLOB) + 1} bytes"),
    ],
)
def test_another_part_than_asked_for_is_refused(
    double: Double, home: Path, content_range: str, said: str
) -> None:
    def shifted(handler: Handler) -> bool:
        if handler.start():
            handler.send(206, BLOB[1000:], Content_Range=content_range)
        else:
            handler.cut(200, BLOB, 1000)
        return True

    double.intercept = shifted
    with client_of(home) as client, pytest.raises(RegistryError, match=said):
        read(client, reference(double))


@pytest.mark.parametrize("length", [len(BLOB) - 1, len(BLOB) + 1, 10**18])
def test_a_blob_of_another_length_is_refused_before_it_is_read(
    double: Double, home: Path, length: int
) -> None:
    def lie(handler: Handler) -> bool:
        handler.send(200, b"", Content_Length=str(length))
        handler.close_connection = True
        return True

    double.intercept = lie
    with client_of(home) as client, pytest.raises(RegistryError, match=f"has {length} bytes"):
        read(client, reference(double))


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_chunked_blob_must_end_where_it_should(double: Double, home: Path, more: int) -> None:
    data = (BLOB + b"!")[: len(BLOB) + more]

    def chunked(handler: Handler) -> bool:
        if handler.start():
            handler.error(416, "RANGE_INVALID")
            return True
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
        return True

    double.intercept = chunked
    with client_of(home) as client:
        if more:
            with pytest.raises(RegistryError, match="more bytes" if more > 0 else "416"):
                read(client, reference(double))
        else:
            assert read(client, reference(double)) == BLOB


def test_a_blob_that_is_compressed_anew_is_refused(double: Double, home: Path) -> None:
    def compress(handler: Handler) -> bool:
        handler.send(200, gzip.compress(BLOB), Content_Encoding="gzip")
        return True

    double.intercept = compress
    with client_of(home) as client, pytest.raises(RegistryError, match="compressed anew"):
        read(client, reference(double))


def test_a_blob_that_is_only_called_compressed_is_taken(double: Double, home: Path) -> None:
    def mislabel(handler: Handler) -> bool:
        handler.send(200, BLOB, Content_Encoding="gzip")
        return True

    double.intercept = mislabel
    with client_of(home) as client:
        assert read(client, reference(double)) == BLOB


def test_silence_in_the_middle_is_a_break(double: Double, home: Path) -> None:
    release = threading.Event()

    def silent(handler: Handler) -> bool:
        if not handler.start():
            handler.send(200, BLOB[:1000], Content_Length=str(len(BLOB)))
            handler.wfile.flush()
            release.wait(10)
            handler.close_connection = True
        return not handler.start()

    double.intercept = silent
    try:
        with client_of(home, patience=0.2) as client:
            assert read(client, reference(double)) == BLOB
    finally:
        release.set()
    assert double.seen[-1].headers["Range"] == "bytes=1000-"


def test_a_drip_is_no_stream(double: Double, home: Path) -> None:
    ended = threading.Event()

    def drip(handler: Handler) -> bool:
        handler.send(200, b"", Content_Length=str(len(BLOB)))
        while not ended.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()
        handler.close_connection = True
        return True

    double.intercept = drip
    begun = time.monotonic()
    try:
        with client_of(home, patience=0.3) as client, pytest.raises(RegistryError, match="slowly"):
            read(client, reference(double))
    finally:
        ended.set()
    assert time.monotonic() - begun < 20


def test_a_header_that_drips_is_cut_off(
    double: Double, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections._Guarded, "header_seconds", 0.4)
    ended = threading.Event()

    def drip(handler: Handler) -> bool:
        while not ended.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()
        handler.close_connection = True
        return True

    double.intercept = drip
    try:
        with (
            client_of(home, attempts=1) as client,
            pytest.raises(UnreachableError, match="in time"),
        ):
            client.manifest(reference(double))
    finally:
        ended.set()


def test_closing_the_client_ends_what_another_thread_reads(double: Double, home: Path) -> None:
    ended = threading.Event()

    def silent(handler: Handler) -> bool:
        handler.send(200, BLOB[:10], Content_Length=str(len(BLOB)))
        handler.wfile.flush()
        ended.wait(20)
        return True

    double.intercept = silent
    client = client_of(home)
    begun = time.monotonic()
    threading.Timer(0.3, client.close).start()
    try:
        with pytest.raises(InputError, match="stopped"):
            read(client, reference(double))
    finally:
        ended.set()
    assert time.monotonic() - begun < 10


def test_a_small_blob_is_verified(double: Double, home: Path) -> None:
    with client_of(home) as client:
        assert client.read_blob(reference(double), DESCRIPTOR, len(BLOB)) == BLOB
        with pytest.raises(RegistryError, match="more than 100"):
            client.read_blob(reference(double), DESCRIPTOR, 100)
        double.blobs[DESCRIPTOR.digest] = BLOB[1:]
        with pytest.raises(RegistryError, match="manifest says"):
            client.read_blob(reference(double), DESCRIPTOR, len(BLOB))
        double.blobs[DESCRIPTOR.digest] = BLOB[:-1] + b"!"
        with pytest.raises(RegistryError, match="other bytes"):
            client.read_blob(reference(double), DESCRIPTOR, len(BLOB))


# Redirects


def test_blobs_may_lie_elsewhere_and_no_credential_goes_there(double: Double, home: Path) -> None:
    with serving() as storage:
        storage.blobs[DESCRIPTOR.digest] = BLOB

        def redirect(handler: Handler) -> bool:
            if not handler.seen.authorization:
                handler.error(401, WWW_Authenticate="Basic realm=x")
            else:
                handler.send(307, Location=f"{storage.url}{handler.path}?signature=s3cret")
            return True

        double.intercept = redirect
        login = Credential("me", "pässword")
        with client_of(home, credential=login, insecure=(double.name,)) as client:
            assert read(client, reference(double)) == BLOB
    assert double.seen[-1].authorization.startswith("Basic ")
    assert [seen.authorization for seen in storage.seen] == [""]


def test_a_relative_redirect_keeps_the_login(double: Double, home: Path) -> None:
    def redirect(handler: Handler) -> bool:
        if not handler.seen.authorization:
            handler.error(401, WWW_Authenticate="Basic realm=x")
            return True
        if "moved" not in handler.path:
            handler.send(308, b"moved", Location=f"{handler.path}?moved=1")
        return "moved" not in handler.path

    double.intercept = redirect
    login = Credential("me", "it")
    with client_of(home, credential=login, insecure=(double.name,)) as client:
        assert read(client, reference(double)) == BLOB
    assert double.seen[-1].authorization


def test_a_host_that_we_are_sent_to_gets_no_login_by_asking(double: Double, home: Path) -> None:
    with serving() as storage:

        def ask(handler: Handler) -> bool:
            handler.error(401, WWW_Authenticate=f'Bearer realm="{storage.url}/token"')
            return True

        def redirect(handler: Handler) -> bool:
            handler.send(307, Location=f"{storage.url}/blob")
            return True

        storage.intercept, double.intercept = ask, redirect
        login = Credential("me", "it")
        with (
            client_of(home, credential=login, insecure=(double.name, storage.name)) as client,
            pytest.raises(RegistryError, match="does not let us"),
        ):
            read(client, reference(double))
        assert storage.paths() == ["/blob"]


def test_redirects_in_a_circle_end(double: Double, home: Path) -> None:
    def redirect(handler: Handler) -> bool:
        handler.send(302, Location=handler.path)
        return True

    double.intercept = redirect
    with client_of(home) as client, pytest.raises(RegistryError, match="more than 5 times"):
        read(client, reference(double))
    assert len(double.seen) == 6


@pytest.mark.parametrize(
    "location",
    [
        "",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://",
        "http://me:password@127.0.0.1/",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://" + "a" * 20_000,
    ],
)
def test_a_redirect_to_no_url_is_refused(double: Double, home: Path, location: str) -> None:
    def redirect(handler: Handler) -> bool:
        handler.send(302, Location=location)
        return True

    double.intercept = redirect
    with client_of(home) as client, pytest.raises(RegistryError, match="what is no URL"):
        read(client, reference(double))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://[fe80::1]/",
        "https://224.0.0.1/",
    ],
)
def test_not_even_a_registry_on_this_machine_sends_us_to_metadata(
    double: Double, home: Path, location: str
) -> None:
    def redirect(handler: Handler) -> bool:
        handler.send(302, Location=location)
        return True

    double.intercept = redirect
    with client_of(home) as client, pytest.raises(RegistryError, match="where it may not"):
        read(client, reference(double))


def test_a_name_for_such_an_address_helps_no_one(
    double: Double, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def redirect(handler: Handler) -> bool:
        handler.send(302, Location="http://innocent.example/")
        return True

    def resolve(host: str, port: int, *rest: Any) -> list[Any]:
        address = "169.254.169.254" if host == "innocent.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    double.intercept = redirect
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with client_of(home) as client, pytest.raises(RegistryError, match=r"innocent\.example"):
        read(client, reference(double))
