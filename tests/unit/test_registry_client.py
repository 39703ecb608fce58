"""The client of registries holds against registries that err, break off, lie and attack."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
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
from seawall.surfaces.registry.client import MAX_PAGES, RegistryClient
from seawall.surfaces.registry.errors import NotThereError, RegistryError, UnreachableError
from seawall.surfaces.registry.options import Mirror, RegistryOptions

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
