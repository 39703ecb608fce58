"""Images in a registry: the right one of several, each layer once, nothing on disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registry_double import (
    CONFIG,
    DOCKER_MANIFEST,
    LAYER,
    OCI_INDEX,
    OCI_MANIFEST,
    Double,
    Handler,
    config_of,
    descriptor,
    digest,
    index_of,
    layer_of,
    manifest_of,
    serving,
)

from seawall.core.errors import InputError
from seawall.surfaces.image import Reference
from seawall.surfaces.image.blob import Blob, ImageSource, LayerFacts
from seawall.surfaces.image.facts import Trouble
from seawall.surfaces.image.platform import parse_platform
from seawall.surfaces.image.registry import RegistrySource
from seawall.surfaces.registry.errors import RegistryError
from seawall.surfaces.registry.options import RegistryOptions

LAYERS = [layer_of(a=b"first"), layer_of(b=b"second"), layer_of(c=b"third")]


@pytest.fixture
def double() -> Iterator[Double]:
    with serving() as running:
        yield running


def source(double: Double, home: Path, tag: str = "1", **more: Any) -> RegistrySource:
    options = RegistryOptions(environment={"HOME": str(home)}, settings=str(home), attempts=1)
    platform = parse_platform(more["platform"]) if "platform" in more else None
    named = Reference(double.name, "acme/app", tag, more.get("digest", ""))
    return RegistrySource(named, platform, options)


def look(blob: Blob) -> LayerFacts:
    """Reads a layer as the walk does: both digests are computed."""
    with blob.open() as stream:
        data = stream.read()
    assert blob.mapped() is None
    assert len(data) == blob.size
    plain = hashlib.sha256(gzip.decompress(data)).hexdigest()
    assert not blob.diff_id or blob.diff_id == f"sha256:{plain}"
    return LayerFacts(digest(data), f"sha256:{plain}", len(data), 1, ())


def test_an_image_is_pulled_with_its_layers_in_order(double: Double, tmp_path: Path) -> None:
    there = double.push("acme/app", "1", LAYERS)
    pulling: ImageSource = source(double, tmp_path)
    pulled = pulling.pull(look)
    assert [layer.digest for layer in pulled.layers] == [digest(layer) for layer in LAYERS]
    assert (pulled.digest, pulled.index_digest, pulled.platform) == (there, "", "linux/amd64")
    assert json.loads(pulled.config)["config"] == {"Cmd": ["/app"]}
    assert pulled.problems == ()
    assert pulling.kind == "registry"
    assert pulling.name == f"{double.name}/acme/app:1"


def test_an_image_of_docker_is_pulled_too(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", LAYERS[:1], media_type=DOCKER_MANIFEST)
    assert len(source(double, tmp_path).pull(look).layers) == 1


def test_without_a_tag_the_latest_is_meant(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "latest", LAYERS[:1])
    pulling = source(double, tmp_path, "")
    assert pulling.name.endswith("/acme/app:latest")
    assert len(pulling.pull(look).layers) == 1


def test_what_the_cache_knows_is_not_fetched(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", LAYERS)

    def remember(blob: Blob) -> LayerFacts:
        known = blob.digest != digest(LAYERS[1])
        return LayerFacts(blob.digest, blob.diff_id, blob.size, 1, ()) if known else look(blob)

    source(double, tmp_path).pull(remember)
    fetched = [path for path in double.paths() if "/blobs/" in path]
    config = digest(config_of(LAYERS))
    assert [path.rpartition("/")[2] for path in fetched] == [config, digest(LAYERS[1])]


def test_a_layer_that_comes_twice_is_looked_at_once(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", [LAYERS[0], LAYERS[1], LAYERS[0]])
    looked: list[str] = []

    def count(blob: Blob) -> LayerFacts:
        looked.append(blob.digest)
        return look(blob)

    pulled = source(double, tmp_path).pull(count)
    assert len(pulled.layers) == 3
    assert len(looked) == 2


def test_no_more_than_two_layers_are_read_at_once(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", [layer_of(a=bytes([n])) for n in range(6)])
    lock, running, most = threading.Lock(), [0], [0]

    def slow(blob: Blob) -> LayerFacts:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        return look(blob)

    source(double, tmp_path).pull(slow)
    assert most == [2]


def multi(double: Double) -> dict[str, str]:
    """An image for two platforms; the digests of its manifests, and of the index."""
    manifests = {}
    for number, architecture in enumerate(("amd64", "arm64")):
        config = config_of([LAYERS[number]], architecture)
        manifests[architecture] = manifest_of(config, [LAYERS[number]])
        double.blobs.update({digest(config): config, digest(LAYERS[number]): LAYERS[number]})
        double.put("acme/app", "", manifests[architecture])
    index = index_of(*((data, f"linux/{name}") for name, data in manifests.items()))
    double.put("acme/app", "1", index, OCI_INDEX)
    return {"index": digest(index), **{name: digest(data) for name, data in manifests.items()}}


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_of_an_index_the_platform_is_chosen(
    double: Double, tmp_path: Path, architecture: str
) -> None:
    digests = multi(double)
    pulled = source(double, tmp_path, platform=f"linux/{architecture}").pull(look)
    assert pulled.digest == digests[architecture]
    assert pulled.index_digest == digests["index"]
    assert pulled.platform == f"linux/{architecture}"


def test_an_index_may_be_named_by_digest(double: Double, tmp_path: Path) -> None:
    digests = multi(double)
    pulling = source(double, tmp_path, digest=digests["index"], platform="linux/arm64")
    assert pulling.pull(look).digest == digests["arm64"]


def test_a_platform_that_is_not_there_is_said_with_those_that_are(
    double: Double, tmp_path: Path
) -> None:
    multi(double)
    with pytest.raises(InputError, match="linux/amd64, linux/arm64"):
        source(double, tmp_path, platform="linux/s390x").pull(look)


def test_an_image_without_an_index_must_be_for_the_platform_too(
    double: Double, tmp_path: Path
) -> None:
    double.push("acme/app", "1", LAYERS[:1], architecture="arm64")
    with pytest.raises(InputError, match="there is linux/arm64"):
        source(double, tmp_path, platform="linux/amd64").pull(look)
    assert source(double, tmp_path).pull(look).platform == "linux/arm64"


def test_an_index_that_lies_of_a_size_is_refused(double: Double, tmp_path: Path) -> None:
    manifest = manifest_of(config_of(LAYERS), LAYERS)
    double.put("acme/app", "", manifest)
    entry = descriptor(OCI_MANIFEST, manifest)
    index = {"schemaVersion": 2, "manifests": [{**entry, "size": len(manifest) + 1}]}
    double.put("acme/app", "1", json.dumps(index).encode(), OCI_INDEX)
    with pytest.raises(InputError, match="but the index says"):
        source(double, tmp_path).pull(look)


def test_indexes_in_indexes_end(double: Double, tmp_path: Path) -> None:
    inner = manifest_of(config_of(LAYERS), LAYERS)
    for depth in range(8):
        data = json.dumps(
            {
                "schemaVersion": 2,
                "manifests": [descriptor(OCI_INDEX, inner)],
                "annotations": {"n": str(depth)},
            }
        ).encode()
        double.put("acme/app", "1" if depth == 7 else "", data, OCI_INDEX)
        inner = data
    with pytest.raises(InputError, match="without an end"):
        source(double, tmp_path).pull(look)


def test_a_configuration_of_other_bytes_is_refused(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", LAYERS[:1])
    config = config_of(LAYERS[:1])
    double.blobs[digest(config)] = config.replace(b"/app", b"/apq")
    with pytest.raises(RegistryError, match="other bytes"):
        source(double, tmp_path).pull(look)


def test_a_layer_of_other_bytes_is_refused(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", LAYERS[:1])
    double.blobs[digest(LAYERS[0])] = LAYERS[0][:-1] + b"\xff"

    def trusting(blob: Blob) -> LayerFacts:
        with blob.open() as stream:
            return LayerFacts(digest(stream.read()), "", 0, 0, ())

    with pytest.raises(InputError, match="has other bytes"):
        source(double, tmp_path).pull(trusting)


def test_the_first_failure_ends_the_other_downloads(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", LAYERS)
    hung = threading.Event()

    def stall(handler: Handler) -> bool:
        if handler.path.endswith(digest(LAYERS[0])):
            handler.send(200, b"\x1f", Content_Length=str(len(LAYERS[0])))
            handler.wfile.flush()
            hung.wait(20)
            return True
        if handler.path.endswith(digest(LAYERS[1])):
            time.sleep(0.2)
            handler.error(404, "BLOB_UNKNOWN")
            return True
        return False

    double.intercept = stall
    begun = time.monotonic()
    try:
        with pytest.raises(RegistryError, match="BLOB_UNKNOWN"):
            source(double, tmp_path).pull(look)
    finally:
        hung.set()
    assert time.monotonic() - begun < 10


def test_a_mistake_of_the_analysis_is_not_hidden(double: Double, tmp_path: Path) -> None:
    double.push("acme/app", "1", LAYERS)

    def fail(blob: Blob) -> LayerFacts:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        source(double, tmp_path).pull(fail)


def foreign(double: Double, *, url: str) -> None:
    config = config_of(LAYERS[:2])
    document = {
        "schemaVersion": 2,
        "config": descriptor(CONFIG, config),
        "layers": [
            descriptor(
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LAYERS[0], urls=[url]
            ),
            descriptor(LAYER, LAYERS[1]),
        ],
    }
    double.blobs.update({digest(config): config, digest(LAYERS[1]): LAYERS[1]})
    double.put("acme/app", "1", json.dumps(document).encode())


def test_a_layer_that_lies_elsewhere_is_said_and_not_fetched(
    double: Double, tmp_path: Path
) -> None:
    with serving() as elsewhere:
        foreign(double, url=f"{elsewhere.url}/layer")
        pulled = source(double, tmp_path).pull(look)
        assert elsewhere.seen == []
    assert digest(LAYERS[0]) in pulled.problems[0]
    (trouble,) = pulled.layers[0].facts
    assert isinstance(trouble, Trouble)
    assert trouble.is_fatal
    assert pulled.layers[1].digest == digest(LAYERS[1])


def test_a_layer_that_lies_elsewhere_too_is_fetched_here(double: Double, tmp_path: Path) -> None:
    foreign(double, url="http://169.254.169.254/")
    double.blobs[digest(LAYERS[0])] = LAYERS[0]
    pulled = source(double, tmp_path).pull(look)
    assert pulled.problems == ()
    assert pulled.layers[0].digest == digest(LAYERS[0])


def test_layers_that_the_configuration_does_not_know_are_a_problem(
    double: Double, tmp_path: Path
) -> None:
    config = config_of(LAYERS[:1])
    double.blobs.update({digest(data): data for data in (config, *LAYERS)})
    double.put("acme/app", "1", manifest_of(config, LAYERS))
    pulled = source(double, tmp_path).pull(look)
    assert pulled.problems == ("the manifest has 3 layers, the configuration 1",)


def test_what_is_no_image_is_said(double: Double, tmp_path: Path) -> None:
    chart = descriptor("application/vnd.cncf.helm.config.v1+json", b"{}")
    document = {"schemaVersion": 2, "config": chart, "layers": []}
    double.put("acme/app", "1", json.dumps(document).encode())
    with pytest.raises(InputError, match="is no image"):
        source(double, tmp_path).pull(look)


def test_nothing_is_written_to_disk(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    double.push("acme/app", "1", LAYERS)
    source(double, tmp_path).pull(look)
    assert list(tmp_path.rglob("*")) == [temporary]
