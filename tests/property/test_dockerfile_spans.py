"""Every place that the parser gives is where the text stands in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from dockerfile_oracle import Mutator
from dockerfile_samples import SAMPLES

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import Instruction
from seawall.surfaces.dockerfile.parser import parse
from seawall.surfaces.dockerfile.validation import validate


def instructions(text: str) -> Iterator[Instruction]:
    for instruction in parse(Source("Dockerfile", text)).instructions:
        yield instruction
        if instruction.trigger:
            yield instruction.trigger


def check_places(text: str) -> None:
    for instruction in instructions(text):
        check_words(text, instruction)
        check_flags(text, instruction)
        assert 0 <= instruction.start <= instruction.body_start
        assert instruction.start <= instruction.end <= len(text)
        last_line = text[instruction.end :].partition("\n")[0]
        assert not last_line.strip("\r")


def check_words(text: str, instruction: Instruction) -> None:
    previous = instruction.body_start
    for word in instruction.arguments:
        assert previous <= word.start <= word.end <= instruction.end
        previous = word.end
        written = text[word.start : word.end]
        if "\n" in written:
            continue
        if instruction.is_json and written.startswith('"'):
            decoded = json.loads(written)
            assert word.text == decoded or "\ufffd" in word.text
        else:
            assert written == word.text


def check_flags(text: str, instruction: Instruction) -> None:
    for flag in instruction.flags:
        written = text[flag.start : flag.end]
        assert written.startswith("-")
        plain = not set(written) & set("\"'\\\n") and written.isascii()
        if plain and flag.value is not None:
            assert text[flag.value_start : flag.end] == flag.value


@pytest.mark.parametrize("text", SAMPLES)
def test_a_word_stands_where_its_place_says(text: str) -> None:
    check_places(text)


def test_places_hold_in_mutated_files_and_nothing_raises() -> None:
    mutator = Mutator(list(SAMPLES), seed=4)
    for _ in range(1500):
        text = mutator.next()
        check_places(text)
        validate(parse(Source("Dockerfile", text)).instructions)


def test_bytes_that_are_no_utf8_are_read_without_a_fault() -> None:
    text = b'FROM a\nRUN --x=\xff \xfe <<E\xff\n\xff\nE\xff\nCMD ["\xff"]\n'.decode(
        "utf-8", "surrogateescape"
    )
    parsed = parse(Source("Dockerfile", text))
    assert not parsed.errors
    assert parsed.instructions[1].flags[0].end == text.index(" \udcfe")
