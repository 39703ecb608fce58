from __future__ import annotations

import pytest

from seawall.surfaces.shell.model import Command
from seawall.surfaces.shell.reader import read_script


def command(text: str) -> Command:
    return read_script(text, 0, "sh").commands[0]


@pytest.mark.parametrize(
    ("text", "names", "given"),
    [
        ("curl -fsSLk x", ("-k", "--insecure"), "-fsSLk"),
        ("curl --insecure x", ("-k", "--insecure"), "--insecure"),
        ("git clone --depth=1 x", ("--depth",), "--depth=1"),
        ("git clone --depths=1 x", ("--depth",), None),
        ("tar -- -k", ("-k",), None),
        ("curl k x", ("-k",), None),
        ("curl --kk x", ("-k",), None),
        ("curl -H-k x", ("-k",), None),
        ("curl '-k' x", ("-k",), "'-k'"),
    ],
)
def test_an_option_is_found_long_short_and_in_clusters(
    text: str, names: tuple[str, ...], given: str | None
) -> None:
    found = command(text).option(*names)
    assert (found.text if found else None) == given
    assert command(text).has_option(*names) == (given is not None)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("mysql -p secret -psecond --password=third --password $fourth", ["secret", "second",
         "third", "$fourth"]),
        ("mysql -- -psecret", []),
        ("mysql p secret -u", []),
        ("mysql secret", []),
        ("mysql '-psecret'", []),
    ],
)  # fmt: skip
def test_the_values_of_an_option_have_their_own_places(text: str, values: list[str]) -> None:
    found = list(command(text).option_values("-p", "--password"))
    assert [text[word.start : word.end] for word in found] == values


def test_operands_are_what_is_left_when_options_and_their_values_are_taken_off() -> None:
    found = command("install -m 755 -v a - -- -b").operands(frozenset({"-m"}))
    assert [word.text for word in found] == ["a", "-", "-b"]


def test_a_word_with_an_expansion_is_matched_by_what_its_quotes_hold() -> None:
    assert command('"$HOME/x" y').words[0].loose == "$HOME/x"
    assert command("'a'\"b\"").words[0].loose == "ab"
