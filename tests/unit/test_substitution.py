"""Word processing: every modifier, quotes, escapes, and values that are not known."""

from __future__ import annotations

import pytest

from seawall.core.model import Evidence
from seawall.surfaces.dockerfile.substitution import (
    MAX_LENGTH,
    NoDefault,
    expand,
    expansion,
)
from seawall.surfaces.dockerfile.value import Value, known

SET, EMPTY, UNSET = "foo.bar.bar", "", None
VARIABLES: dict[str, Value | None] = {
    "set": known(SET),
    "empty": known(EMPTY),
    "path": known("/usr/local/bin"),
    "star": known("a*b?c"),
    "other": known("other"),
    "_x1": known("under"),
    "either": Value("", ("a", "b")),
    "blank_or_not": Value("", ("", "b")),
    "hidden": Value("", (), ("hidden",)),
    "argument": NoDefault("", (), ("argument",), (Evidence("ARG argument", 3),)),
}


def of(word: str, escape: str = "\\") -> Value:
    return expand(word, VARIABLES.get, escape)


@pytest.mark.parametrize(
    ("form", "when_set", "when_empty", "when_unset"),
    [
        ("$NAME", SET, "", ""),
        ("${NAME}", SET, "", ""),
        ("${NAME:-y}", SET, "y", "y"),
        ("${NAME-y}", SET, "", "y"),
        ("${NAME:+y}", "y", "", ""),
        ("${NAME+y}", "y", "y", ""),
        ("${NAME:-}", SET, "", ""),
        ("${NAME:+}", "", "", ""),
        ("${NAME#*.}", "bar.bar", "", ""),
        ("${NAME##*.}", "bar", "", ""),
        ("${NAME%.*}", "foo.bar", "", ""),
        ("${NAME%%.*}", "foo", "", ""),
        ("${NAME:#*.}", "bar.bar", "", ""),
        ("${NAME#f?o}", ".bar.bar", "", ""),
        ("${NAME#bar}", SET, "", ""),
        ("${NAME%foo}", SET, "", ""),
        ("${NAME#}", SET, "", ""),
        ("${NAME/bar/x}", "foo.x.bar", "", ""),
        ("${NAME//bar/x}", "foo.x.x", "", ""),
        ("${NAME/nothing/x}", SET, "", ""),
        ("${NAME/b*r/x}", "foo.x", "", ""),
        ("${NAME//bar/}", "foo..", "", ""),
        ("a${NAME}b", f"a{SET}b", "ab", "ab"),
        ("$NAME-$NAME", f"{SET}-{SET}", "-", "-"),
    ],
)
def test_each_form_by_whether_the_variable_is_set(
    form: str, when_set: str, when_empty: str, when_unset: str
) -> None:
    assert of(form.replace("NAME", "set")).known == when_set
    assert of(form.replace("NAME", "empty")).known == when_empty
    assert of(form.replace("NAME", "unset")).known == when_unset


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        ("'$set'", "$set"),
        ('"$set"', SET),
        ("'it'\"'\"'s'", "it's"),
        ('"a b"c', "a bc"),
        ('"it\'s"', "it's"),
        ("'say \"x\"'", 'say "x"'),
        (r"\$set", "$set"),
        (r"\\$set", "\\" + SET),
        (r"\'$set\'", f"'{SET}'"),
        (r"a\ b", "a b"),
        (r"\x", "x"),
        (r'"\$set"', "$set"),
        (r'"\x"', r"\x"),
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', r"a\b"),
        ("end\\", "end"),
        ("$", "$"),
        ("a$ b", "a$ b"),
        ("$.x", "$.x"),
        ('"$"', "$"),
        ("$1", ""),
        ("$10x", "x"),
        ("$@", ""),
        ("$$", ""),
        ("$-", ""),
        ("${1}", ""),
        ("${@}", ""),
        ("$_x1", "under"),
        ("$set.x", f"{SET}.x"),
        ("$setx", ""),
        ("${set}x", f"{SET}x"),
        ("`$set`", f"`{SET}`"),
        ("${unset:-${other}}", "other"),
        ("${unset:-${empty:-${set}}}", SET),
        ("${unset:-$other-x}", "other-x"),
        ("${unset:-'$other'}", "$other"),
        ('${unset:-"$other"}', "other"),
        ("${unset:-'}'}", "}"),
        (r"${unset:-\}}", "}"),
        ("${unset:-a b}", "a b"),
        ("${set:+${other}}", "other"),
        ("${set:-${unset:-x}}", SET),
        ('"${unset:-a}"', "a"),
        ("${set?no}", SET),
        ("${empty?no}", ""),
        ("${set:?no}", SET),
        ("${path##*/}", "bin"),
        ("${path%/*}", "/usr/local"),
        (r"${path//\//-}", "-usr-local-bin"),
        (r"${path/\/usr/}", "/local/bin"),
        (r"${star#a\*}", "b?c"),
        (r"${star/\?/!}", "a*b!c"),
        (r"${star%\?c}", "a*b"),
        ("${set#${unset:-foo}}", ".bar.bar"),
        ("${set//?/x}", "x" * len(SET)),
        ("${set//*/x}", "x"),
        ("${set///-}", "-f-o-o-.-b-a-r-.-b-a-r-"),
        ("${empty//*/x}", "x"),
        ("${empty/*/x}", "x"),
        ("größe-$set", f"größe-{SET}"),
    ],
)
def test_a_word_comes_to_one_text(word: str, text: str) -> None:
    assert of(word).known == text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("`$set", "$set"),
        (r"C:\$set", "C:\\" + SET),
        ('"`$set"', "$set"),
        (r'"C:\x"', r"C:\x"),
        ("``", "`"),
    ],
)
def test_the_escape_directive_changes_the_escape_character(word: str, text: str) -> None:
    assert of(word, escape="`").known == text


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("'open", "looking for matching single-quote"),
        ('"open', "looking for matching double-quote"),
        (r'"open\"', "looking for matching double-quote"),
        ('"open\\', "looking for matching double-quote"),
        ("${", "missing '}'"),
        ("${set:-x", "missing '}'"),
        ("${set:-'x}", "missing '}'"),
        ("${set", "unsupported modifier"),
        ("${}", "bad substitution"),
        ("${{x}}", "bad substitution"),
        ("${:x}", "bad substitution"),
        ("${set!x}", "unsupported modifier (!)"),
        ("${set:x}", "unsupported modifier (:x)"),
        ("${set:}", "missing '}'"),
        ("${.x}", "unsupported modifier (.)"),
        ("${set/x}", "missing '/' in ${}"),
        ("${set/x/y", "missing '}'"),
        ("${unset:?}", "unset: is not allowed to be unset"),
        ("${unset?say why}", "unset: say why"),
        ("${empty:?}", "empty: is not allowed to be empty"),
        ("${empty:?say why}", "empty: say why"),
        ("${set:-${unset:?inner}}", "unset: inner"),
        (r"${set#\x}", r"invalid pattern (\x) in substitution: invalid escape '\x'"),
    ],
)
def test_what_can_not_be_processed_is_unknown_and_says_why(word: str, said: str) -> None:
    value = of(word)
    assert value.is_unknown
    assert value.written == word
    assert said in value.evidence[-1].what
    assert value.evidence[-1].what.startswith("failed to process ")
    assert said in expansion(word, VARIABLES.get).fault


@pytest.mark.parametrize(
    "word",
    ["$hidden", "a${hidden}b", "${hidden:-x}", "${hidden:+x}", "${hidden#x}", "${hidden/a/b}"],
)
def test_a_variable_that_is_set_elsewhere_makes_the_word_unknown(word: str) -> None:
    value = of(word)
    assert value.is_unknown
    assert value.missing == ("hidden",)


def test_an_argument_without_default_is_unknown_by_itself() -> None:
    value = of("x-$argument")
    assert value.is_unknown
    assert value.missing == ("argument",)
    assert value.evidence == (Evidence("ARG argument", 3),)


@pytest.mark.parametrize(
    ("word", "text"),
    [("${argument:-y}", "y"), ("${argument-y}", "y"), ("a${argument:+y}", "a")],
)
def test_an_argument_without_default_counts_as_unset_where_the_word_provides_for_it(
    word: str, text: str
) -> None:
    assert of(word).known == text


def test_an_argument_that_the_caller_must_pass_is_unknown_and_no_error() -> None:
    assert expansion("${argument:?pass it}", VARIABLES.get).fault == ""
    assert of("${argument:?pass it}").missing == ("argument",)


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        ("$either", ("a", "b")),
        ("x$either", ("xa", "xb")),
        ("${either:+y}", ("y",)),
        ("${blank_or_not:-y}", ("y", "b")),
        ("${either/a/b}", ("b",)),
        ("${either#a}", ("", "b")),
        ("${blank_or_not:+$other}", ("", "other")),
    ],
)
def test_one_of_several_stays_one_of_several(word: str, texts: tuple[str, ...]) -> None:
    assert of(word).candidates == texts


def test_one_of_several_with_something_unknown_is_unknown() -> None:
    assert of("$either$hidden").missing == ("hidden",)
    assert of("${blank_or_not:-$hidden}").missing == ("hidden",)


def test_too_many_possibilities_are_none() -> None:
    assert of("$either" * 5).candidates == ()


def test_an_unknown_pattern_makes_the_word_unknown() -> None:
    assert of("${set#$hidden}").missing == ("hidden",)
    assert of("${set/$hidden/x}").missing == ("hidden",)
    assert of("${unset/x/$hidden}").missing == ("hidden",)


def test_a_group_in_a_replacement_for_all_is_not_guessed() -> None:
    assert of(r"${set//o/\$1}").is_unknown


def test_evidence_is_carried_once_and_in_order() -> None:
    first, second = Evidence("ARG A=1", 1), Evidence("ARG B=2", 2)
    variables = {"A": known("1", evidence=(first,)), "B": known("2", evidence=(second,))}
    assert expand("$B$A$B", variables.get).evidence == (second, first)


def test_a_doubling_variable_ends_as_unknown_and_not_in_all_memory() -> None:
    value = known("x" * 1000)
    for _ in range(50):
        value = expand("$A$A", {"A": value}.get)
    assert value.is_unknown or len(value.candidates[0]) <= 2 * MAX_LENGTH


def test_deep_nesting_is_refused_without_a_crash() -> None:
    assert of("${a:-" * 5000 + "}" * 5000).is_unknown


def test_a_long_value_is_not_matched_with_a_pattern() -> None:
    variables = {"A": known("a" * 50_000)}
    assert expand("${A//a*a*a*a*b/x}", variables.get).is_unknown
    assert expand("${A#" + "*a" * 500 + "}", variables.get).is_unknown


def test_many_stars_do_not_explode() -> None:
    variables = {"A": known("a" * 500)}
    assert expand("${A#" + "*a" * 60 + "b}", variables.get).known == "a" * 500
    assert expand("${A//" + "*a" * 60 + "b/x}", variables.get).known == "a" * 500


def test_a_word_could_be_a_name_by_its_known_parts() -> None:
    word = expansion("base-${hidden}-$either", VARIABLES.get)
    assert word.could_be("base-x-a", {})
    assert not word.could_be("base-x-c", {})
    assert not word.could_be("other-x-a", {})
    assert not word.could_be("x" * 5000, {})


def test_a_word_of_which_nothing_is_known_could_not_be_said_to_be_anything() -> None:
    assert not expansion("$hidden", VARIABLES.get).could_be("x", {})
