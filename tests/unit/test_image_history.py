"""A history reads like the Dockerfile that it came from, and tells where the base ends."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.surfaces.image.base_layers import base_steps
from seawall.surfaces.image.config import Healthcheck, ImageConfig, Step
from seawall.surfaces.image.history import MAX_INSTRUCTION, instruction, write_history


@pytest.mark.parametrize(
    ("created_by", "expected"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) ADD file:ab in / ", "ADD file:ab in /"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("|1 TOKEN=abc /bin/sh -c make", "RUN make"),
        ("RUN |2 A=b c D=e /bin/sh -c make all # buildkit", "RUN make all"),
        ("|1 A=b /bin/sh -c #(nop)  ENV A=b", "ENV A=b"),
        ("RUN /bin/bash -o pipefail -c curl | sh # buildkit", "RUN curl | sh"),
        ("/bin/bash -euo pipefail -c make", "RUN make"),
        ("/bin/ash -eo pipefail -c make", "RUN make"),
        ("/usr/bin/bash -lc make", "RUN make"),
        ("cmd /S /C dir", "RUN dir"),
        ("powershell -NoProfile -Command Get-Item", "RUN Get-Item"),
        ("cmd /S /C #(nop)  USER x", "USER x"),
        ("COPY /src /dst # buildkit", "COPY /src /dst"),
        ("ENV A=# buildkit", "ENV A="),
        ("RUN echo /bin/sh -c x", "RUN echo /bin/sh -c x"),
        ("RUN |1 A=b make", "RUN |1 A=b make"),
        ("# debian.sh --arch 'amd64'", "# debian.sh --arch 'amd64'"),
        ("/bin/sh -c set -e;\n  make\r\n", "RUN set -e;\\n  make"),
        ("RUN a\x1b[31m\u202eb", "RUN a\\x1b[31m\\u202eb"),
        ("bazel build //app", "bazel build //app"),
    ],
)
def test_a_step_reads_as_in_the_dockerfile(created_by: str, expected: str) -> None:
    assert instruction(Step(created_by)) == expected


def test_a_step_that_nothing_made_is_told_by_its_comment() -> None:
    assert instruction(Step("", "Imported from -")) == "Imported from -"


def test_a_long_instruction_is_cut_and_the_history_is_not() -> None:
    step = Step("RUN " + "x" * 5000)
    assert len(instruction(step)) == MAX_INSTRUCTION
    assert instruction(step).endswith("x…")
    assert "x" * 5000 in write_history("app", ImageConfig(history=(step,))).source.text


@pytest.mark.parametrize("text", ["/bin/sh" + " -e" * 30_000, "|1 " + " /bin/sh -e" * 20_000])
def test_a_hostile_step_takes_no_time(text: str) -> None:
    assert len(instruction(Step(text))) <= MAX_INSTRUCTION


def test_all_that_containers_run_with_has_a_line() -> None:
    config = ImageConfig(  # noqa: S604 -- `shell` is a setting of the image
        user="app",
        env=("A=1\n2", "PATH=/bin"),
        entrypoint=("/bin/app", "-x y"),
        cmd=("run",),
        working_dir="/srv",
        exposed_ports=("80/tcp",),
        volumes=("/data",),
        labels=(("a.b", "c"),),
        healthcheck=Healthcheck(("CMD-SHELL", "curl x"), 30_000_000_000, 0, 3, 500_000_000),
        stop_signal="SIGINT",
        shell=("/bin/bash", "-c"),
        on_build=("RUN x",),
        history=(Step("|1 TOKEN=abc /bin/sh -c make"), Step("ENV A=1", makes_layer=False)),
    )
    history = write_history("app:1", config, [(7, "LAYER sha256:x")])
    lines = {
        name: history.source.text[place.start : place.end] for name, place in history.places.items()
    }
    assert lines == {
        "step 0": "RUN |1 TOKEN=abc /bin/sh -c make",
        "step 1": "ENV A=1",
        "layer 7": "LAYER sha256:x",
        "env A": "ENV A=1\\n2",
        "env PATH": "ENV PATH=/bin",
        "label a.b": "LABEL a.b=c",
        "expose 80/tcp": "EXPOSE 80/tcp",
        "volume /data": "VOLUME /data",
        "onbuild 0": "ONBUILD RUN x",
        "healthcheck": "HEALTHCHECK --interval=30s --start-period=0.5s --retries=3 CMD curl x",
        "stopsignal": "STOPSIGNAL SIGINT",
        "shell": 'SHELL ["/bin/bash", "-c"]',
        "workdir": "WORKDIR /srv",
        "user": "USER app",
        "entrypoint": 'ENTRYPOINT ["/bin/app", "-x y"]',
        "cmd": 'CMD ["run"]',
    }
    assert [history.source.line_of(history.places[f"step {n}"].start) for n in (0, 1)] == [1, 2]
    assert history.source.path == "app:1"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (("NONE",), "HEALTHCHECK NONE"),
        (("CMD", "a", "b"), 'HEALTHCHECK CMD ["a", "b"]'),
        ((), "HEALTHCHECK CMD"),
    ],
)
def test_a_healthcheck_is_written_as_it_was(test: tuple[str, ...], expected: str) -> None:
    history = write_history("app", ImageConfig(healthcheck=Healthcheck(test)))
    assert history.source.text == f"{expected}\n"


def test_nothing_is_written_of_nothing() -> None:
    assert write_history("app", ImageConfig()).source.text == ""


BUILDKIT = "buildkit.dockerfile.v0"


def steps(*lines: str) -> list[Step]:
    """Steps: the date, and the instruction; those in brackets make no layer."""
    found = []
    for line in lines:
        day, _, text = line.partition(" ")
        created = f"2026-01-{day}T00:00:00.123456789Z" if day.isdecimal() else day
        comment = BUILDKIT if text.endswith("*") else ""
        text = text.rstrip("*")
        found.append(Step(text.strip("[]"), comment, created, not text.startswith("[")))
    return found


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], 0),
        (steps("01 ADD x", "01 [CMD sh]"), 0),
        (steps("01 ADD x", "01 [CMD sh]", "01 RUN a", "01 [CMD app]"), 2),
        (steps("01 ADD x", "01 [CMD sh]", "01 RUN a", "01 [ENTRYPOINT p]", "02 COPY b"), 4),
        # An ENTRYPOINT in the middle of one's own build does not end the base.
        (steps("01 ADD x", "01 [CMD sh]", "20 RUN a", "20 [ENTRYPOINT p]", "20 COPY b"), 2),
        (steps("01 ADD x", "01 [ENTRYPOINT p]", "01 [CMD c]", "20 RUN a"), 3),
        (steps("01 ADD x", "01 [CMD sh]", "01 [USER a]", "20 RUN a"), 2),
        (steps("01 CMD is a word of RUN", "01 RUN a"), 0),
        # Another builder made what is below.
        (steps("0001-01-01 bazel", "0001-01-01 bazel", "20 COPY b*", "20 RUN c*"), 2),
        (steps("20 COPY b*", "20 RUN c*"), 0),
        (steps("01 apko", "20 [x]*", "20 COPY b*"), 1),
        # A pause of more than a day.
        (steps("01 a", "01 b", "05 c", "06 d"), 2),
        (steps("01 a", "02 b", "02 c"), 0),
        (steps("bad a", "x b"), 0),
        (steps("1970-01-01T00:00:00Z a", "05 b"), 0),
        (steps("0000-99-99T99:99:99Z a", "9999-12-31T23:59:59Z b", "05 c"), 0),
    ],
)
def test_the_base_ends_where_its_command_is_set(history: list[Step], expected: int) -> None:
    assert base_steps(history) == expected


def test_a_long_history_takes_no_time() -> None:
    many: list[Any] = steps("01 a") * 20_000
    assert base_steps(many) == 0
