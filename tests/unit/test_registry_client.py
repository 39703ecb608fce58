"""The client of registries holds against registries that err, break off, lie and attack."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registry_double import (
    OCI_INDEX,
    Double,
    Handler,
    descriptor,
    digest,
    layer_of,
    manifest_of,
    serving,
)

from seawall.core.errors import InputError
from seawall.surfaces.image import Reference
from seawall.surfaces.image.manifest import Descriptor
from seawall.surfaces.registry import connections
from seawall.surfaces.registry.client import MAX_PAGES, RegistryClient
from seawall.surfaces.registry.errors import NotThereError, RegistryError, UnreachableError
from seawall.surfaces.registry.options import Credential, Mirror, RegistryOptions

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


# Manifests


def test_a_manifest_is_had_by_tag_and_by_digest(double: Double, home: Path) -> None:
    with client_of(home) as client:
        by_tag = client.manifest(reference(double))
        by_digest = client.manifest(reference(double, "", by_tag.digest))
    assert by_tag.data == by_digest.data
    assert by_tag.digest == digest(by_tag.data)
    assert by_tag.media_type == "application/vnd.oci.image.manifest.v1+json"
    accepted = double.seen[0].headers["Accept"]
    assert "vnd.oci.image.index.v1+json" in accepted
    assert "vnd.docker.distribution.manifest.list.v2+json" in accepted
    assert double.seen[0].headers["User-Agent"].startswith("seawall/")


def test_where_both_are_given_the_digest_counts(double: Double, home: Path) -> None:
    first = double.push("acme/app", "1", [layer_of(a=b"x")])
    double.push("acme/app", "1", [layer_of(a=b"y")])
    with client_of(home) as client:
        assert client.manifest(reference(double, "1", first)).digest == first


def test_a_manifest_of_other_bytes_than_its_digest_is_refused(double: Double, home: Path) -> None:
    right = double.push("acme/app", "1", [layer_of(a=b"x")])
    media_type, data = double.manifests["acme/app", right]
    double.manifests["acme/app", right] = (media_type, data + b" ")
    with client_of(home) as client, pytest.raises(RegistryError, match="other bytes"):
        client.manifest(reference(double, "", right))


def test_a_digest_of_sha512_is_verified_too(double: Double, home: Path) -> None:
    data = manifest_of(b"{}", [])
    named = f"sha512:{hashlib.sha512(data).hexdigest()}"
    double.manifests["acme/app", named] = ("", data)
    with client_of(home) as client:
        assert client.manifest(reference(double, "", named)).digest == named
        double.manifests["acme/app", named] = ("", data + b" ")
        with pytest.raises(RegistryError, match="other bytes"):
            client.manifest(reference(double, "", named))


def test_what_the_registry_says_of_the_digest_does_not_count(double: Double, home: Path) -> None:
    wrong = digest(b"something else")

    def lie(handler: Handler) -> bool:
        handler.send(200, b"{}", Docker_Content_Digest=wrong)
        return True

    double.intercept = lie
    with client_of(home) as client:
        fetched = client.manifest(reference(double))
    assert fetched.digest == digest(b"{}")
    assert wrong in fetched.problems[0]


def test_a_manifest_of_many_megabytes_is_not_read(double: Double, home: Path) -> None:
    def flood(handler: Handler) -> bool:
        handler.send(200, b" " * (5 * 1024 * 1024))
        return True

    double.intercept = flood
    with client_of(home) as client, pytest.raises(RegistryError, match="more than 4194304 bytes"):
        client.manifest(reference(double))


def test_a_compressed_manifest_is_understood_and_a_bomb_is_not(double: Double, home: Path) -> None:
    body = [gzip.compress(b'{"a": 1}')]

    def compress(handler: Handler) -> bool:
        assert handler.headers["Accept-Encoding"] == "identity"
        handler.send(200, body[0], Content_Encoding="gzip")
        return True

    double.intercept = compress
    with client_of(home) as client:
        assert client.manifest(reference(double)).data == b'{"a": 1}'
        body[0] = gzip.compress(bytes(64 * 1024 * 1024))
        with pytest.raises(RegistryError, match="more than 4194304 bytes"):
            client.manifest(reference(double))
        for broken, said in (
            (b"no gzip", "is not the gzip"),
            (gzip.compress(b"x")[:-4], "cut off"),
        ):
            body[0] = broken
            with pytest.raises(RegistryError, match=said):
                client.manifest(reference(double))


def test_a_chunked_manifest_is_read_and_one_without_end_is_not(double: Double, home: Path) -> None:
    chunks = [3]

    def chunked(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(chunks[0]):
            handler.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")
        return True

    double.intercept = chunked
    with client_of(home) as client:
        assert len(client.manifest(reference(double)).data) == 3 * 65536
        chunks[0] = 1_000_000
        with pytest.raises(RegistryError, match="more than"):
            client.manifest(reference(double))


def test_resolving_asks_for_the_header_alone(double: Double, home: Path) -> None:
    there = double.push("acme/app", "1", [layer_of(a=b"x")])
    with client_of(home) as client:
        assert client.resolve(reference(double)) == there
        assert client.resolve(reference(double, "", there)) == there
    assert {seen.method for seen in double.seen} == {"HEAD"}


@pytest.mark.parametrize("status", [200, 405])
def test_without_an_answer_to_head_the_digest_is_computed(
    double: Double, home: Path, status: int
) -> None:
    there = double.push("acme/app", "1", [layer_of(a=b"x")])

    def mute(handler: Handler) -> bool:
        if handler.command == "HEAD":
            handler.send(status)
        return handler.command == "HEAD"

    double.intercept = mute
    with client_of(home) as client:
        assert client.resolve(reference(double)) == there


def test_what_is_not_there_does_not_exist(double: Double, home: Path) -> None:
    with client_of(home) as client:
        assert client.exists(reference(double))
        assert not client.exists(reference(double, "2"))
        with pytest.raises(NotThereError, match="MANIFEST_UNKNOWN: manifest unknown") as caught:
            client.manifest(reference(double, "2"))
    assert caught.value.status == 404


def test_a_server_error_is_not_taken_for_absence(double: Double, home: Path) -> None:
    def fail(handler: Handler) -> bool:
        handler.error(500)
        return True

    double.intercept = fail
    with client_of(home) as client, pytest.raises(RegistryError, match="status 500"):
        client.exists(reference(double))


# Trying again


def test_too_many_requests_are_waited_for_as_long_as_the_registry_says(
    double: Double, home: Path
) -> None:
    answers = iter(["7", "86400", ""])

    def busy(handler: Handler) -> bool:
        wait = next(answers, None)
        if wait is not None:
            handler.error(429, "TOOMANYREQUESTS", "slow down", Retry_After=wait)
        return wait is not None

    double.intercept = busy
    waits = Waits()
    with client_of(home, waits) as client:
        client.manifest(reference(double))
    assert waits[:2] == [7.0, 60.0]
    assert 1.5 <= waits[2] <= 2.5


def test_a_date_to_retry_after_is_understood(double: Double, home: Path) -> None:
    dates = iter(["Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])

    def busy(handler: Handler) -> bool:
        if date := next(dates, ""):
            handler.send(503, Retry_After=date)
        return bool(date)

    double.intercept = busy
    waits = Waits()
    with client_of(home, waits) as client:
        client.manifest(reference(double))
    assert waits == [0.0, 60.0]


def test_one_who_is_always_busy_is_given_up_on(double: Double, home: Path) -> None:
    def busy(handler: Handler) -> bool:
        handler.error(429, "TOOMANYREQUESTS", "you have reached your pull rate limit")
        return True

    double.intercept = busy
    waits = Waits()
    with (
        client_of(home, waits) as client,
        pytest.raises(RegistryError, match="rate limit") as error,
    ):
        client.manifest(reference(double))
    assert len(double.seen) == 5
    assert len(waits) == 4
    assert "Log in" in error.value.hint


def test_a_broken_answer_is_asked_for_again(double: Double, home: Path) -> None:
    broken = iter(range(3))

    def breaks(handler: Handler) -> bool:
        if next(broken, None) is None:
            return False
        handler.cut(200, b"x" * 1000, 10)
        return True

    double.intercept = breaks
    with client_of(home) as client:
        assert client.manifest(reference(double)).data.startswith(b"{")


def test_what_will_not_change_is_not_asked_for_again(double: Double, home: Path) -> None:
    def refuse(handler: Handler) -> bool:
        handler.error(403, "DENIED", "no")
        return True

    double.intercept = refuse
    with client_of(home) as client, pytest.raises(RegistryError, match="DENIED: no"):
        client.manifest(reference(double))
    assert len(double.seen) == 1


def test_nobody_there_is_said_in_plain_words(home: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        named = Reference(f"127.0.0.1:{reserved.getsockname()[1]}", "app", "1")
        with client_of(home) as client, pytest.raises(UnreachableError, match="no connection"):
            client.manifest(named)


def test_an_unknown_host_is_said_in_plain_words(home: Path) -> None:
    with client_of(home) as client, pytest.raises(UnreachableError, match="no such host"):
        client.manifest(Reference("nobody.invalid", "app", "1"))


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


# Lists


def test_tags_are_read_page_by_page(double: Double, home: Path) -> None:
    def pages(handler: Handler) -> bool:
        query = dict(handler.seen.query)
        last = int(query.get("last", 0))
        tags = [f"v{n}" for n in range(last, last + 2)]
        more = {"Link": f'</v2/acme/app/tags/list?last={last + 2}&n=2>; rel="next"'}
        handler.send(200, json.dumps({"tags": tags}).encode(), **(more if last < 4 else {}))
        return True

    double.intercept = pages
    with client_of(home) as client:
        assert client.tags(reference(double)) == ("v0", "v1", "v2", "v3", "v4", "v5")


def test_no_tags_are_none_and_what_is_no_tag_is_left_out(double: Double, home: Path) -> None:
    with client_of(home) as client:
        assert client.tags(reference(double)) == ()
        double.tags["acme/app"] = ["1", "\x1b[31m", "a/../b", "", "1"]
        assert client.tags(reference(double)) == ("1",)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("</v2/acme/app/tags/list?n=1000>; rel=next", "does not end"),
        ('<http://127.0.0.1:1/more>; rel="next"', "at another host"),
        ('<http://10.0.0.1/more>; rel="next"', "at another host"),
        ('<http://169.254.169.254/>; rel="next"', "where it may not"),
    ],
)
def test_a_list_leads_neither_in_circles_nor_elsewhere(
    double: Double, home: Path, link: str, said: str
) -> None:
    def pages(handler: Handler) -> bool:
        handler.send(200, b'{"tags": []}', Link=link)
        return True

    double.intercept = pages
    with client_of(home) as client, pytest.raises(RegistryError, match=said):
        client.tags(reference(double))


def test_a_list_without_an_end_ends(
    double: Double, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seawall.surfaces.registry.client.MAX_PAGES", 7)
    counted = iter(range(MAX_PAGES))

    def pages(handler: Handler) -> bool:
        handler.send(200, b'{"tags": []}', Link=f"<?last={next(counted)}>; rel=next")
        return True

    double.intercept = pages
    with client_of(home) as client, pytest.raises(RegistryError, match="does not end"):
        client.tags(reference(double))
    assert len(double.seen) == 7


@pytest.mark.parametrize("body", [b"", b"[]", b'{"tags": 1}', b"[" * 10_000, b'{"tags": ["\xff"]}'])
def test_a_list_that_is_none_is_said(double: Double, home: Path, body: bytes) -> None:
    def nonsense(handler: Handler) -> bool:
        handler.send(200, body)
        return True

    double.intercept = nonsense
    with client_of(home) as client, pytest.raises(RegistryError, match="can't be understood"):
        client.tags(reference(double))


def test_referrers_are_had_from_the_api(double: Double, home: Path) -> None:
    subject = digest(b"subject")
    entry = descriptor("application/vnd.oci.image.manifest.v1+json", b"s", artifactType="a/sig")
    other = descriptor("application/vnd.oci.image.manifest.v1+json", b"t", artifactType="a/sbom")
    body = json.dumps({"schemaVersion": 2, "manifests": [entry, other]}).encode()

    def referrers(handler: Handler) -> bool:
        assert handler.path == f"/v2/acme/app/referrers/{subject}"
        handler.send(200, body, Content_Type=OCI_INDEX)
        return True

    double.intercept = referrers
    with client_of(home) as client:
        assert len(client.referrers(reference(double), subject)) == 2
        (found,) = client.referrers(reference(double), subject, "a/sig")
    assert found.digest == digest(b"s")


def test_referrers_are_had_from_the_tag_where_there_is_no_api(double: Double, home: Path) -> None:
    subject = digest(b"subject")
    entry = descriptor("application/vnd.oci.image.manifest.v1+json", b"s", artifactType="a/sig")
    body = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    with client_of(home) as client:
        assert client.referrers(reference(double), subject) == ()
        double.put("acme/app", subject.replace(":", "-"), body, OCI_INDEX)
        assert [found.digest for found in client.referrers(reference(double), subject)] == [
            digest(b"s")
        ]
        with pytest.raises(InputError, match="no digest"):
            client.referrers(reference(double), "sha256:../../x")


# Mirrors


def test_a_mirror_is_asked_first_and_the_registry_where_it_has_nothing(
    double: Double, home: Path
) -> None:
    with serving() as mirror:
        mirror.blobs[DESCRIPTOR.digest] = BLOB
        mirrors = (Mirror(double.name, mirror.url),)
        with client_of(home, mirrors=mirrors) as client:
            client.manifest(reference(double))
            assert read(client, reference(double)) == BLOB
        assert mirror.paths() == [
            "/v2/acme/app/manifests/1",
            f"/v2/acme/app/blobs/{DESCRIPTOR.digest}",
        ]
    assert double.paths() == ["/v2/acme/app/manifests/1"]


@pytest.mark.parametrize("status", [401, 403, 404, 418, 429, 500])
def test_a_mirror_that_fails_costs_nothing(double: Double, home: Path, status: int) -> None:
    def fail(handler: Handler) -> bool:
        handler.error(status)
        return True

    with serving() as mirror:
        mirror.intercept = fail
        waits = Waits()
        with client_of(home, waits, mirrors=(Mirror(double.name, mirror.url),)) as client:
            client.manifest(reference(double))
        assert len(mirror.seen) == 1
    assert waits == []


def test_a_mirror_that_breaks_off_is_followed_by_the_registry(double: Double, home: Path) -> None:
    with serving() as mirror:

        def once(handler: Handler) -> bool:
            if handler.start():
                handler.error(404)
            else:
                handler.cut(200, BLOB, 1000)
            return True

        mirror.intercept = once
        with client_of(home, mirrors=(Mirror(double.name, mirror.url),)) as client:
            assert read(client, reference(double)) == BLOB
    assert double.seen[-1].headers["Range"] == "bytes=1000-"


def test_credentials_of_the_registry_do_not_go_to_its_mirror(double: Double, home: Path) -> None:
    def ask(handler: Handler) -> bool:
        handler.error(401, WWW_Authenticate="Basic realm=x")
        return True

    (home / ".docker").mkdir()
    auths = {double.name: {"username": "me", "password": "it"}}
    (home / ".docker/config.json").write_text(json.dumps({"auths": auths}))
    with serving() as mirror:
        mirror.intercept = ask
        mirrors = (Mirror(double.name, mirror.url),)
        insecure = (double.name, mirror.name)
        with client_of(home, mirrors=mirrors, insecure=insecure) as client:
            client.manifest(reference(double))
        assert [seen.authorization for seen in mirror.seen] == [""]
