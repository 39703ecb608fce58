"""Secrets in an image's configuration, each at its place."""

from __future__ import annotations

import planted
import pytest

from seawall.core.model import Confidence
from seawall.detectors.config_secrets import ConfigSecret, config_secrets
from seawall.surfaces.image.config import Healthcheck, ImageConfig, Step

VALUE, OTHER = planted.PASSWORD, planted.OTHER


def found(config: ImageConfig, key: bytes = b"") -> list[ConfigSecret]:
    return list(config_secrets(config, key))


def step(text: str) -> list[ConfigSecret]:
    return found(ImageConfig(history=(Step("FROM x"), Step(text))))


@pytest.mark.parametrize(
    ("config", "place"),
    [
        (ImageConfig(env=("PATH=/bin", f"DB_PASSWORD={VALUE}")), "env DB_PASSWORD"),
        (ImageConfig(env=(f"SETTINGS=host=db password={VALUE} x=1",)), "env SETTINGS"),
        (ImageConfig(labels=(("ci.url", f"https://ci:{VALUE}@git.internal/x"),)), "label ci.url"),
        (ImageConfig(labels=(("api-key", VALUE),)), "label api-key"),
        (ImageConfig(cmd=("mysqld", f"--password={VALUE}")), "cmd"),
        (ImageConfig(cmd=("tool", "--api-key", VALUE)), "cmd"),
        (ImageConfig(entrypoint=("sh", "-c", f"TOKEN={VALUE} exec app")), "entrypoint"),
        (ImageConfig(on_build=(f"ENV DB_PASSWORD={VALUE}",)), "onbuild 0"),
        (
            ImageConfig(healthcheck=Healthcheck(("CMD-SHELL", f"curl -u me:{VALUE} http://x"))),
            "healthcheck",
        ),
    ],
)
def test_a_secret_is_found_at_its_place(config: ImageConfig, place: str) -> None:
    [secret] = found(config)
    assert (secret.place, secret.value) == (place, VALUE)
    assert secret.secret.confidence is not Confidence.LOW


@pytest.mark.parametrize(
    "text",
    [
        f"RUN |1 BUILD_TOKEN={VALUE} /bin/sh -c make # buildkit",
        f"|1 BUILD_TOKEN={VALUE} /bin/sh -c make",
        f"|3 A=one two BUILD_TOKEN={VALUE} VERSION=1.2.3 /bin/bash -o pipefail -c make",
        f"RUN |1 BUILD_TOKEN={VALUE}",
        f"ARG BUILD_TOKEN={VALUE}",
        f"/bin/sh -c #(nop)  ENV BUILD_TOKEN={VALUE}",
        f'ENV BUILD_TOKEN="{VALUE}" OTHER=1',
        f"RUN /bin/sh -c echo token={VALUE} > /x # buildkit",
        f'RUN /bin/sh -c curl -H "Authorization: Bearer {VALUE}" https://x # buildkit',
        f"RUN /bin/sh -c git clone https://me:{VALUE}@git.internal/x",
        f"RUN /bin/sh -c login --user me --password {VALUE}",
        f"RUN /bin/sh -c login --password '{VALUE}'",
        f"RUN /bin/sh -c wget --user=me:{VALUE} https://x",
    ],
)
def test_a_secret_in_the_history_is_found_at_its_step(text: str) -> None:
    [secret] = step(text)
    assert (secret.place, secret.value, secret.text) == ("step 1", VALUE, text)


def test_values_of_build_arguments_end_where_the_next_begins() -> None:
    secrets = step(f"|2 TOKEN={VALUE} PASSWORD={OTHER} /bin/sh -c echo $TOKEN")
    assert [secret.value for secret in secrets] == [VALUE, OTHER]


def test_a_build_argument_and_its_command_are_both_looked_at() -> None:
    secrets = step(f"|1 TOKEN={VALUE} /bin/sh -c echo {planted.GITHUB}")
    assert [secret.value for secret in secrets] == [VALUE, planted.GITHUB]


@pytest.mark.parametrize(
    "text",
    [
        "RUN |2 VERSION=1.2 TARGETARCH=amd64 /bin/sh -c make # buildkit",
        "|1 TOKEN= /bin/sh -c make",
        "RUN /bin/sh -c curl -u $USER:$PASSWORD https://x",
        "RUN /bin/sh -c login --password-stdin < /run/secrets/x",
        "RUN /bin/sh -c login --password $PASSWORD && login --token ${TOKEN}",
        'RUN /bin/sh -c gpg --batch --keyserver hkps://keys.openpgp.org --recv-keys "$GPG_KEY"',
        "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "ENV PYTHON_SHA256=0dac0ab35d1b2e63d3a09d2b9ae7ab1c1c1ba3e5b2f5a9a5c1e2d3f4a5b6c7d8",
        "COPY file:3d1b2e63d3a09d2b9ae7ab1c1c1ba3e5b2f5a9a5c1e2d3f4a5b6c7d8e9f0a1b2 in / ",
        "RUN --mount=type=secret,id=token /bin/sh -c TOKEN=$(cat /run/secrets/token) make",
        "RUN /bin/sh -c tar --exclude pass -f x && su --pass-environment X",
        "",
    ],
)
def test_what_is_no_secret_in_a_history_is_left_alone(text: str) -> None:
    assert step(text) == []


def test_one_value_has_one_id_in_all_its_places() -> None:
    config = ImageConfig(env=(f"A_TOKEN={VALUE}",), history=(Step(f"ENV A_TOKEN={VALUE}"),))
    one, two = found(config, b"key")
    assert one.value_id == two.value_id != ""
    assert [secret.value_id for secret in found(config)] == ["", ""]


def test_a_published_value_is_none() -> None:
    key = "AI" + "zaSyCkfPOPZXDKNn8hhgu3" + "JrA62wIgC93d44k"
    assert found(ImageConfig(env=(f"GOOGLE_API_KEY={key}",))) == []


def test_a_default_password_is_told_as_one() -> None:
    [secret] = found(ImageConfig(env=("POSTGRES_PASSWORD=postgres",)))
    assert secret.secret.is_default
