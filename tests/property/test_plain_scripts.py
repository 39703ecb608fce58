"""A script of plain words is read without the grammar to what the grammar makes of it."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.surfaces.shell import walk
from seawall.surfaces.shell.model import Script
from seawall.surfaces.shell.reader import read_script

WORDS = st.sampled_from(
    ["apt-get", "install", "-y", "nginx=1.2", "/usr/bin/env", "sudo", "curl", "https://x.example/a",
     "$A", "${B}", "a-$A-$B.tgz", "'one two'", '"x $A y"', "a'b'c", "*.deb", "~/x", "2", "find",
     "-exec", "sh", "-c", "'a | b'", "'a || b; c'", "xargs"]
)  # fmt: skip
SEPARATORS = st.sampled_from([" && ", "; ", "\n", " ", "  ", " | ", "|", " || ", " |\n"])


# The grammar takes `a | b | c && d` for a pipe into all of `b | c && d`; shells do not.
MISREAD = re.compile(r"\|[^|;&]*\|[^|;&]*(?:&&|\|\|)")
QUOTED = re.compile(r"'[^']*'")


@st.composite
def scripts(draw: st.DrawFn) -> str:
    parts = [draw(WORDS)]
    for _ in range(draw(st.integers(0, 8))):
        parts += [draw(SEPARATORS), draw(WORDS)]
    return "".join(parts)


def read(text: str) -> Script:
    return read_script(text, 10, "sh")


def by_the_grammar(text: str) -> Script:
    with patch.object(walk, "plain_commands", lambda passage: None):
        return read(text)


@given(scripts())
def test_plain_scripts_are_read_as_the_grammar_reads_them(text: str) -> None:
    assume(not MISREAD.search(QUOTED.sub("", text)))
    assert read(text) == by_the_grammar(text)


def test_what_follows_a_long_pipe_is_not_in_it() -> None:
    commands = read("a | b | c && d || e").commands
    found = [(command.pipeline, command.position, command.condition) for command in commands]
    assert found == [(0, 0, ""), (0, 1, ""), (0, 2, ""), (1, 0, "&&"), (2, 0, "||")]


@pytest.mark.parametrize(
    "text",
    [
        "a > b", "A=b c", "if a; then b; fi", "(a)", "a $(b)", "a `b`", "export A=b",
        "a &", "a && ", "&& a", "a;; b", "a # b", 'a "b', "a \\\nb", "[ a ]", "! a",
        "a 2>&1", '"a $(b)"', "a |", "a || ", "| a", "|| a", "a | | b", "a |& b", "a ||| b",
        "a |; b", "a ||\n", "a | while b; do c; done", "a | B=c d", "a | b > c",
    ],
)  # fmt: skip
def test_what_is_more_than_words_goes_to_the_grammar(text: str) -> None:
    assert read(text) == by_the_grammar(text)


def test_a_long_text_that_is_almost_plain_is_told_at_once() -> None:
    assert read("$A" * 50_000 + ">").commands
