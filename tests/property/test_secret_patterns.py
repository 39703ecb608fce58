"""Formats under attack: no text takes them long, and the engine finds what they find."""

from __future__ import annotations

import random
import time
from functools import cache

import planted
import pytest
from format_samples import sample, text_for
from hypothesis import given
from hypothesis import strategies as st

from seawall.detectors.assigned import Shape, assigned_in
from seawall.detectors.config_secrets import config_secrets
from seawall.detectors.database import Content, Database, database, meaning
from seawall.detectors.entropy import MINIMUM_LENGTH
from seawall.detectors.layer_secrets import analyser
from seawall.detectors.patterns import ALL, Pattern
from seawall.surfaces.image.analyser import LayerFile
from seawall.surfaces.image.config import ImageConfig, Step
from seawall.surfaces.image.facts import FoundSecret, Kind, Trouble

MEGABYTE = 1_000_000
SECONDS = 6.0
"""Of CPU for a megabyte, on a machine that does other things too; an exponential one never ends."""


@cache
def engine(content: Content) -> Database:
    return database(content, "")


def named(pattern: Pattern) -> str:
    return f"{pattern.kind}-{ALL.index(pattern)}"


def hits(text: str, content: Content = Content.TEXT) -> set[Pattern | Shape]:
    return {meaning(number) for number, _ in engine(content).scan(text.encode()).found}


def attacks(pattern: Pattern) -> list[str]:
    """Texts that begin like the format, over and over, and never are it."""
    text = sample(pattern, 1)
    beginning = max(8, len(text) // 2)
    anchor = pattern.anchors[0]
    return [
        (text[:beginning] * (MEGABYTE // beginning))[:MEGABYTE],
        (anchor * (MEGABYTE // len(anchor)))[:MEGABYTE],
        (text[:beginning] + text[beginning - 1] * MEGABYTE)[:MEGABYTE],
        ((text[:-1] + "!") * (MEGABYTE // len(text)))[:MEGABYTE],
    ]


@pytest.mark.parametrize("pattern", ALL, ids=named)
def test_no_text_takes_a_format_long(pattern: Pattern) -> None:
    for text in attacks(pattern):
        before = time.process_time()
        for _ in pattern.regex.finditer(text):
            pass
        assert time.process_time() - before < SECONDS


@pytest.mark.parametrize("pattern", ALL, ids=named)
def test_the_engine_finds_each_format_that_the_expression_finds(pattern: Pattern) -> None:
    for seed in range(12):
        text = sample(pattern, seed)
        for around in (f"x {text} y", text, f"={text}", f'a="{text}",', f"x\n{text}\n"):
            if pattern.regex.compiled.search(around):
                assert pattern in hits(around), around
                assert not pattern.is_plain or pattern in hits(around, Content.BINARY)


ASSIGNMENTS = {
    Shape.QUOTED: r"(?:DB_PASSWORD|apiKey|client-secret|\"token\") ?[=:] ?'[a-z0-9]{8,20}7'",
    Shape.BARE: r"(?:DB_PASSWORD|spring\.password|api_key|PGPASSWORD)[=:] ?[A-Za-z0-9]{8,20}7",
    Shape.LOGIN: r"machine [a-z]{4} login [a-z]{5} password [A-Za-z0-9]{8,20}",
    Shape.ELEMENT: r"<(?:db\.)?password>[A-Za-z0-9]{8,20}</",
    Shape.CONSTANT: r"define\( ?'DB_PASSWORD', ?'[A-Za-z0-9]{8,20}'",
    Shape.ATTRIBUTE: r'<add key="SmtpPassword" value="[A-Za-z0-9]{8,20}"',
    Shape.HEADER: r"Authorization: Bearer [A-Za-z0-9]{20,40}",
    Shape.PHRASE: r"IDENTIFIED BY '[A-Za-z0-9]{8,20}'",
}


@pytest.mark.parametrize("shape", Shape)
def test_the_engine_finds_each_assignment_that_is_read(shape: Shape) -> None:
    for seed in range(20):
        text = text_for(ASSIGNMENTS[shape], seed)
        assert list(assigned_in(text, shape)), text
        assert shape in hits(text), text


@pytest.mark.parametrize("shape", Shape)
def test_no_text_takes_an_assignment_long(shape: Shape) -> None:
    whole = text_for(ASSIGNMENTS[shape], 1)
    for text in (
        whole[: len(whole) // 2],
        whole[:-2] + "\n",
        "password=",
        "pass" * 3,
        "<password>",
    ):
        before = time.process_time()
        for _ in assigned_in((text * (MEGABYTE // len(text)))[:100_000], shape):
            pass
        assert time.process_time() - before < SECONDS


@pytest.mark.parametrize(
    "text", ["password=a1", "://a:b@c", "-----BEGIN PRIVATE " + "KEY-----", "eyJ"]
)
def test_a_file_full_of_beginnings_is_looked_at_in_bounded_time(text: str) -> None:
    content = (text * (5 * MEGABYTE // len(text))).encode()
    file = LayerFile("app/x", Kind.FILE, 0o644, 0, 0, len(content), memoryview(content))
    before = time.process_time()
    facts = list(analyser(b"key", "").analyse(file))
    assert time.process_time() - before < 5 * SECONDS
    assert len(facts) <= 501


@given(st.binary(max_size=400), st.binary(max_size=400), st.sampled_from(["ghp", "pem", "name"]))
def test_a_secret_among_any_bytes_is_found(before: bytes, after: bytes, sort: str) -> None:
    planted_text = {
        "ghp": planted.GITHUB,
        "pem": planted.KEY,
        "name": f"DB_PASSWORD={planted.PASSWORD}",
    }[sort].encode()
    content = b"text " + before.replace(b"\0", b"") + b"\n\n" + planted_text + b"\n\n" + after
    text = content if b"\0" not in content else content.replace(b"\0", b" ")
    file = LayerFile("app/x", Kind.FILE, 0o644, 0, 0, len(text), memoryview(text))
    facts = list(analyser(b"key", "").analyse(file))
    line = text[: text.index(planted_text)].count(b"\n") + 1
    assert any(isinstance(fact, FoundSecret) and fact.line == line for fact in facts)


@given(st.binary(max_size=3000))
def test_any_bytes_can_be_looked_at(content: bytes) -> None:
    file = LayerFile("app/x", Kind.FILE, 0o644, 0, 0, len(content), memoryview(content))
    for fact in analyser(b"key", "").analyse(file):
        assert isinstance(fact, FoundSecret | Trouble)


@given(st.text(max_size=300), st.text(max_size=300), st.integers(0, 12))
def test_any_configuration_can_be_looked_at(one: str, two: str, count: int) -> None:
    config = ImageConfig(
        env=(one, f"{two}=x", f"DB_PASSWORD={two}"),
        labels=((one, two),),
        cmd=(one, two),
        on_build=(one,),
        history=(Step(one), Step(f"|{count} A={one} TOKEN={two} /bin/sh -c {one}")),
    )
    for found in config_secrets(config, b"key"):
        assert found.text[found.secret.start : found.secret.end] == found.value != ""


def test_a_hostile_configuration_takes_no_long_time() -> None:
    chosen = random.Random(3)  # noqa: S311 -- the same in every run
    for piece in (
        "A=",
        "--password ",
        "|9 A=b ",
        "TOKEN='",
        '"',
        "-u a:",
        "authorization: bearer ",
    ):
        text = piece * (200_000 // len(piece))
        noise = "".join(chosen.choice(piece) for _ in range(100_000))
        before = time.process_time()
        steps = (Step(text), Step("|5 " + text), Step(noise))
        list(config_secrets(ImageConfig(history=steps, cmd=(text,), env=("X=" + text,))))
        assert time.process_time() - before < 5 * SECONDS


@pytest.mark.parametrize("shape", Shape)
def test_what_others_wrote_is_searched_for_each_value_that_may_be_random(shape: Shape) -> None:
    sought = 0
    for seed in range(40):
        text = text_for(ASSIGNMENTS[shape], seed)
        for named in assigned_in(text, shape):
            if len(named.value) >= MINIMUM_LENGTH:
                sought += 1
                assert shape in hits(text, Content.SHIPPED), text
    assert sought
