"""Scalars as go-yaml types them, variables in all their forms, and `.env` files."""

from __future__ import annotations

import pytest

from seawall.core.source import Source
from seawall.surfaces.cell import State
from seawall.surfaces.compose.environment import parse_environment
from seawall.surfaces.compose.interpolation import (
    MARK,
    MAX_NESTING,
    Interpolation,
    with_names,
)
from seawall.surfaces.compose.resolver import text_of, value_of
from seawall.surfaces.compose.words import split_words
from seawall.surfaces.compose.yaml_tree import Document, Scalar


def _scalar(text: str, *, is_plain: bool = True) -> Scalar:
    return Scalar(Document(Source("f", text), "/"), 0, len(text), text, text, is_plain)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("", None),
        ("22:22", "22:22"),
        ("1:30:00", "1:30:00"),
        ("0440", 288),
        ("0o17", 15),
        ("08", 8),
        ("0x1F", 31),
        ("0b11", 3),
        ("-0x10", -16),
        ("+5", 5),
        ("1_000", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("0x", "0x"),
        (".inf", float("inf")),
        ("9" * 41, "9" * 41),
        ("nginx", "nginx"),
    ],
)
def test_a_plain_scalar_has_the_type_that_compose_gives_it(text: str, value: object) -> None:
    found = value_of(_scalar(text))
    assert found == value
    assert type(found) is type(value)


def test_a_quoted_scalar_is_a_text() -> None:
    assert value_of(_scalar("true", is_plain=False)) == "true"


def test_an_interpolated_scalar_is_a_text() -> None:
    scalar = _scalar("${A:-010}")
    scalar.text = "010"
    assert value_of(scalar) == "010"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0", "1"),
        ("010", "8"),
        ("true", "true"),
        ("TRUE", "true"),
        ("0.00001", "1e-05"),
        ("1e21", "1e+21"),
        ("2020-01-02", "2020-01-02 00:00:00 +0000 UTC"),
        ("2020-13-02", "2020-13-02"),
        ("null", ""),
        (".nan", "NaN"),
        ("-.inf", "-Inf"),
    ],
)
def test_a_typed_scalar_is_written_as_go_writes_it(text: str, expected: str) -> None:
    assert text_of(_scalar(text)) == expected


VARIABLES = {"SET": "value", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "expected", "state"),
    [
        ("plain", "plain", State.WRITTEN),
        ("a$$b", "a$b", State.WRITTEN),
        ("$$$$", "$$", State.WRITTEN),
        ("$(date)", "$(date)", State.WRITTEN),
        ("$1 $", "$1 $", State.WRITTEN),
        ("$SET", "value", State.ENVIRONMENT),
        ("${SET}x", "valuex", State.ENVIRONMENT),
        ("$SETx", f"{MARK}SETx{MARK}", State.UNSET),
        ("${NOPE}", f"{MARK}NOPE{MARK}", State.UNSET),
        ("${NOPE:-b}", "b", State.DEFAULT),
        ("${NOPE-b}", "b", State.DEFAULT),
        ("${EMPTY:-b}", "b", State.DEFAULT),
        ("${EMPTY-b}", "", State.ENVIRONMENT),
        ("${SET:-b}", "value", State.ENVIRONMENT),
        ("${NOPE:+b}", "", State.DEFAULT),
        ("${SET:+b}", "b", State.ENVIRONMENT),
        ("${EMPTY+b}", "b", State.ENVIRONMENT),
        ("${EMPTY:+b}", "", State.DEFAULT),
        ("${SET:?e}", "value", State.ENVIRONMENT),
        ("${EMPTY?e}", "", State.ENVIRONMENT),
        ("${NOPE:-${SET}}", "value", State.ENVIRONMENT),
        ("${NOPE:-${ALSO:-x}y}", "xy", State.DEFAULT),
        ("${NOPE:-${ALSO}}", f"{MARK}ALSO{MARK}", State.UNSET),
        ('${A:-{"x":1}}', '{"x":1}', State.DEFAULT),
        ("${A:-a:?b}", "a:?b", State.DEFAULT),
        ("${A:-a$$b}", "a$b", State.DEFAULT),
    ],
)
def test_a_variable_is_replaced(text: str, expected: str, state: State) -> None:
    found = Interpolation(VARIABLES).substitute(text)
    assert (found.text, found.state, found.problem) == (expected, state, "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${NOPE:?which one}", "required variable NOPE is missing a value: which one"),
        ("${EMPTY:?}", "required variable EMPTY is missing a value"),
        ("${NOPE?x}", "required variable NOPE is missing a value: x"),
        ("${A", "invalid interpolation in '${A'"),
        ("${}", "invalid interpolation in '${}'"),
        ("${1}", "invalid interpolation in '${1}'"),
        ("${ A }", "invalid interpolation in '${ A }'"),
        ("${A!b}", "invalid interpolation in '${A!b}'"),
        ("${A:b}", "invalid interpolation in '${A:b}'"),
    ],
)
def test_what_compose_refuses_is_said(text: str, problem: str) -> None:
    assert Interpolation(VARIABLES).substitute(text).problem == problem


def test_an_unset_variable_can_stand_for_the_empty_text() -> None:
    found = Interpolation({}, unset="").substitute("a$B")
    assert (found.text, found.state) == ("a", State.DEFAULT)


def test_a_marked_text_shows_its_names() -> None:
    assert with_names(Interpolation({}).substitute("$A/x:${B}").text) == "${A}/x:${B}"


def test_nesting_without_end_is_refused() -> None:
    text = "${A:-" * (MAX_NESTING + 2) + "x" + "}" * (MAX_NESTING + 2)
    assert "nested deeper" in Interpolation({}).substitute(text).problem


def test_open_braces_without_end_cost_no_more_than_a_look() -> None:
    found = Interpolation({}).substitute("${" * 200_000)
    assert found.problem.startswith("invalid interpolation")


def _settings(text: str, outer: dict[str, str] | None = None) -> dict[str, str | None]:
    parsed = parse_environment(Source("a.env", text), outer or {}, is_raw=False)
    assert parsed.faults == ()
    return {setting.name: setting.value.value for setting in parsed.settings}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", {"A": "b"}),
        ("\ufeffA=b", {"A": "b"}),
        ("A = b \r\nC=d\r\n", {"A": "b", "C": "d"}),
        ("# A=b\n\n  #x\nC=d # e\n", {"C": "d"}),
        ("A=b#c", {"A": "b#c"}),
        ("A=# c", {"A": ""}),
        ("export A=b", {"A": "b"}),
        ("A: b", {"A": "b"}),
        ("A='b $C # d' # e", {"A": "b $C # d"}),
        ('A="b\\n\\"c\\" \\$D"', {"A": 'b\n"c" $D'}),
        ('A="one\ntwo"\nB=3', {"A": "one\ntwo", "B": "3"}),
        ("A=1\nB=${A}-${C:-x}", {"A": "1", "B": "1-x"}),
        ("A=$NOPE", {"A": None}),
        ("A=", {"A": ""}),
        ("A", {"A": None}),
        ("a.b-c=d", {"a.b-c": "d"}),
    ],
)
def test_an_environment_file_is_read_as_compose_reads_it(
    text: str, expected: dict[str, str | None]
) -> None:
    assert _settings(text) == expected


def test_a_name_alone_takes_its_value_from_outside() -> None:
    assert _settings("A\n", {"A": "b"}) == {"A": "b"}


def test_a_line_that_is_no_setting_is_refused_and_the_next_is_read() -> None:
    parsed = parse_environment(Source("a.env", "two words=1\n=x\nA=b\n"), {}, is_raw=False)
    assert [at for _, at in parsed.faults] == [0, 12]
    assert [setting.name for setting in parsed.settings] == ["A"]


def test_a_raw_file_is_taken_as_it_stands() -> None:
    parsed = parse_environment(Source("a.env", 'A="b" # $C\n'), {}, is_raw=True)
    assert parsed.settings[0].value.value == '"b" # $C'


def test_a_setting_stands_where_it_is_written() -> None:
    source = Source("a.env", "x=1\nKEY = 'value' # c\n")
    setting = parse_environment(source, {}, is_raw=False).settings[1]
    assert source.text[setting.key.start : setting.key.end] == "KEY"
    assert source.text[setting.value.start : setting.value.end] == "value"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a  b\tc\n", ["a", "b", "c"]),
        ('sh -c \'a "b"\' "c \'d\' \\"e\\""', ["sh", "-c", 'a "b"', "c 'd' \"e\""]),
        ("a\\ b", ["a b"]),
        ("a'b'\"c\"d", ["abcd"]),
        ("a ''", ["a", ""]),
        ("a; b | c", ["a"]),
        ("a && b", ["a"]),
        ("a 'b", None),
    ],
)
def test_a_command_is_split_into_words(text: str, words: list[str] | None) -> None:
    assert split_words(text) == words
