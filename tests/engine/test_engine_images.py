"""Images of a real engine are read through its save stream, and found again in the cache."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from engine import IMAGE
from engine import Engine as PrivateEngine
from seawall.core.errors import InputError
from seawall.surfaces.engine.connection import Engine, NotFoundError
from seawall.surfaces.engine.endpoint import parse_endpoint
from seawall.surfaces.image.archive import ArchiveSource
from seawall.surfaces.image.blob import Blob, LayerFacts
from seawall.surfaces.image.cache import Cache, cached
from seawall.surfaces.image.engine_image import EngineSource
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.local import KnownBlob
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.platform import parse_platform

BUILT = "seawall-layers:1"
DOCKERFILE = f"""\
FROM {IMAGE}
ARG TOKEN=none
COPY secret /etc/app/secret
RUN ["/bin/busybox", "rm", "/etc/app/secret"]
ENV MODE=production
USER 65532
LABEL team=blue
"""


class Reader:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, blob: Blob) -> LayerFacts:
        self.count += not isinstance(blob, KnownBlob)
        return analyse_layer(blob, ())


@pytest.fixture(scope="module")
def api(engine: PrivateEngine) -> Engine:
    return Engine(parse_endpoint(engine.address))


@pytest.fixture(scope="module")
def built(engine: PrivateEngine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of three layers, the last of which removes what the second brought."""
    context = tmp_path_factory.mktemp("context")
    (context / "Dockerfile").write_text(DOCKERFILE)
    (context / "secret").write_text("hush")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(context, ".")
    (context / "context.tar").write_bytes(buffer.getvalue())
    with (context / "context.tar").open("rb") as stream:
        engine.docker("build", "--network=none", "--tag", BUILT, "-", stdin=stream)
    return BUILT


def test_an_image_is_what_its_dockerfile_made(api: Engine, built: str) -> None:
    source = EngineSource(built, engine=api)
    image = merge(source.pull(Reader()), source.name, source.kind)
    assert image.config.user == "65532"
    assert "MODE=production" in image.config.env
    assert image.config.labels == (("team", "blue"),)
    assert image.problems == ()
    assert len(image.layers) == 3
    assert image.layers[1].instruction.startswith("COPY ")
    assert image.layers[2].instruction.startswith("RUN ")
    assert image.layers[2].instruction.endswith("rm /etc/app/secret")
    assert image.tags in {(), (BUILT,)}


def test_layers_have_the_digests_that_the_engine_knows(api: Engine, built: str) -> None:
    pulled = EngineSource(built, engine=api).pull(Reader())
    known = api.image_inspect(built)["RootFS"]["Layers"]
    assert [layer.diff_id for layer in pulled.layers] == known
    assert b"etc/app/secret" in pulled.layers[1].files
    assert pulled.layers[2].whiteouts == ("etc/app/secret",)


def test_an_image_is_streamed_once(
    engine: PrivateEngine, api: Engine, built: str, tmp_path: Path
) -> None:
    cache, reader = Cache(str(tmp_path / "cache")), Reader()
    look = cached(reader, cache, ())
    first = EngineSource(built, engine=api, cache=cache).pull(look)
    assert reader.count == 3
    engine.docker("tag", built, "seawall-layers:2")
    again = EngineSource("seawall-layers:2", engine=api, cache=cache).pull(look)
    assert reader.count == 3
    assert again.layers == first.layers
    assert again.config == first.config


def test_a_saved_image_is_the_same(
    engine: PrivateEngine, api: Engine, built: str, tmp_path: Path
) -> None:
    path = tmp_path / "app.tar"
    engine.docker("save", "--output", str(path), built)
    saved = ArchiveSource(str(path)).pull(Reader())
    streamed = EngineSource(built, engine=api).pull(Reader())
    assert [layer.diff_id for layer in saved.layers] == [layer.diff_id for layer in streamed.layers]
    assert saved.config == streamed.config
    assert saved.tags == (built,)
    engine.docker("save", "--output", str(path), built, IMAGE)
    with pytest.raises(InputError, match="several images"):
        ArchiveSource(str(path)).pull(Reader())
    chosen = ArchiveSource(str(path), IMAGE).pull(Reader())
    assert [layer.files for layer in chosen.layers] == [b"bin/busybox"]


def test_an_image_without_instructions_is_told_by_its_comment(api: Engine) -> None:
    source = EngineSource(IMAGE, engine=api)
    image = merge(source.pull(Reader()), source.name, source.kind)
    assert image.layers[0].instruction == "Imported from -"
    assert image.config.cmd == ("/bin/busybox", "true")


def test_images_and_containers_are_listed(engine: PrivateEngine, api: Engine) -> None:
    assert any(IMAGE in (each["RepoTags"] or ()) for each in api.images())
    engine.docker("create", "--name", "listed", IMAGE)
    try:
        assert api.containers() == []
        names = [each["Names"] for each in api.containers(everything=True)]
        assert ["/listed"] in names
    finally:
        engine.docker("rm", "listed")


def test_what_the_engine_does_not_have_is_said(api: Engine) -> None:
    with pytest.raises(NotFoundError, match="seawall-missing"):
        EngineSource("seawall-missing:1", engine=api).pull(Reader())


def test_another_platform_than_the_images_is_refused(api: Engine, built: str) -> None:
    other = "arm64" if "amd64" in str(parse_platform("linux")) else "amd64"
    with pytest.raises(InputError):
        EngineSource(built, parse_platform(other), api).pull(Reader())
