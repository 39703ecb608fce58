"""No text makes the reader of run lines raise, and every place lies in its file."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.source import Source
from seawall.surfaces.cell import Place
from seawall.surfaces.run_line.finder import find_run_lines
from seawall.surfaces.run_line.flags import RUN
from seawall.surfaces.run_line.reader import RunLines, read_run_lines

_NAMES = [f"--{name}" for name in RUN["podman"].by_name] + [f"-{x}" for x in "itdpevmuhwlacPq"]
_VALUES = st.sampled_from(
    [
        "/a:/b", "80:80", "[::1]:1:1", "x=y", "type=bind,src=/a,dst=/b", '"a', "'", "$X", "${Y:-",
        "$(id", "`", "64m", "-1", "1e9", "nofile=1:2", "host", "name=a,alias=", "c 1:* r", ":",
        "::", "=", ",", "", "\\", "\0", "~", "<x>", "$$", "$(M)", "%i", "€", "\f", "\\\n", "\r",
    ]
)  # fmt: skip
_FLAGS = st.builds(
    "{}{}{}".format, st.sampled_from(_NAMES), st.sampled_from(["", " ", "="]), _VALUES
)
_WORDS = st.one_of(_FLAGS, _VALUES, st.text(max_size=6))
_COMMANDS = st.builds(
    "{} {} {}".format,
    st.sampled_from(["docker", "podman", "sudo docker", "docker -H x"]),
    st.sampled_from(["run", "create", "container run"]),
    st.lists(_WORDS, max_size=8).map(" ".join),
)
_FRAMES = st.sampled_from(
    [
        ("x.sh", "{}\n"),
        ("Makefile", "a:\n\t@{}\n"),
        ("x.service", "[Service]\nExecStart=/usr/bin/{}\n"),
        ("x.service", "[Service]\nExecStart=/bin/sh -c '{}'\n"),
        ("README.md", "```\n$ {}\n```\n"),
    ]
)


def places(value: object) -> list[Place]:
    if isinstance(value, Place):
        return [value]
    if isinstance(value, Source):
        return []
    if isinstance(value, msgspec.Struct):
        return [place for name in value.__struct_fields__ for place in places(getattr(value, name))]
    if isinstance(value, tuple | list):
        return [place for item in value for place in places(item)]
    if isinstance(value, dict):
        return [place for item in value.values() for place in places(item)]
    return []


def assert_placed(found: RunLines) -> None:
    for place in places(found.workloads):
        assert 0 <= place.start <= place.end <= len(place.source.text)


@settings(max_examples=300, deadline=None)
@given(st.lists(_COMMANDS, min_size=1, max_size=3).map("\n".join))
def test_no_command_makes_the_reader_raise(text: str) -> None:
    assert_placed(read_run_lines(Source("x", text), "/nowhere"))


@settings(max_examples=300, deadline=None)
@given(_FRAMES, _COMMANDS)
def test_no_file_makes_the_finder_raise(frame: tuple[str, str], command: str) -> None:
    path, around = frame
    assert_placed(find_run_lines(Source(path, around.replace("{}", command))))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["x.sh", "Makefile", "x.service", "README.md"]), st.text(max_size=80))
def test_no_text_makes_the_finder_raise(path: str, text: str) -> None:
    find_run_lines(Source(path, f"docker run {text}\n```\n"))
