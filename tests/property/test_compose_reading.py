"""Whatever a Compose file holds, it is read without an error, and places lie in their files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place, State
from seawall.surfaces.compose.environment import parse_environment
from seawall.surfaces.compose.interpolation import Interpolation
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.project import looks_like_compose
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.compose.schema import SERVICE_KEYS, TOP_KEYS
from seawall.surfaces.compose.volumes import split_volume
from seawall.surfaces.compose.words import split_words

WORDS = st.sampled_from(
    [
        *("a", "0", "true", "null", "-1", "1.5g", ".inf", "0440", "$X", "${X:-y}", "${X", "$$"),
        *("80:80", "[::1]:1:2/udp", "5-3", "./a:/b:ro", "~/x:/y", "a=b", "=", "a:b:c:d", ""),
        *("host", "service:a", "!reset x", "&x", "*x", "NONE", "json-file", "512m", "é"),
    ]
)
VALUES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*sorted(SERVICE_KEYS), "source", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
SERVICES = st.dictionaries(
    st.sampled_from(["a", "b", "<<"]),
    st.dictionaries(st.sampled_from(sorted(SERVICE_KEYS)), VALUES, max_size=8),
    max_size=3,
)
PROJECTS = st.tuples(
    SERVICES, st.dictionaries(st.sampled_from(sorted(TOP_KEYS - {"services"})), VALUES, max_size=3)
)


def _yaml(value: object) -> str:
    """A value in flow style, its texts as they are: many are no YAML, which is wanted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return f'"{value}"' if re.search(r"[{}\[\],:]|^[*&]", str(value)) else str(value)


def _places(value: object) -> Iterator[Place]:
    if isinstance(value, Place):
        yield value
    elif isinstance(value, Struct) and not isinstance(value, Source):
        for name in value.__struct_fields__:
            yield from _places(getattr(value, name))
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _places(item)


def _check(project: Project) -> None:
    for place in _places(project):
        assert 0 <= place.start <= place.end <= len(place.source.text)
        assert place.source in project.sources
    for fault in project.faults + project.gaps:
        source = next(source for source in project.sources if source.path == fault.path)
        assert 1 <= fault.line <= len(source.line_starts)


@settings(max_examples=300, deadline=None)
@given(PROJECTS, PROJECTS)
def test_any_two_files_are_read_and_every_place_lies_in_its_file(
    one: tuple[dict[str, object], dict[str, object]],
    two: tuple[dict[str, object], dict[str, object]],
) -> None:
    texts = {
        name: "".join(f"{key}: {_yaml(value)}\n" for key, value in {"services": a, **b}.items())
        for name, (a, b) in {"one.yaml": one, "two.yaml": two}.items()
    }
    _check(read_texts(texts, ["one.yaml", "two.yaml"]))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=" \n\t:-[]{}#&*!|>'\"$ab~<?%@`,=/0\r\ufeff\u2028é\udc80\x00", max_size=80))
def test_any_text_is_read(text: str) -> None:
    looks_like_compose(text)
    _check(read_texts({"compose.yaml": text}))
    _check(read_texts({"compose.yaml": f"services:\n  a:\n    image: {text}\n"}))


@given(st.text())
def test_a_text_without_dollar_is_left_as_it_is(text: str) -> None:
    found = Interpolation({}).substitute(text.replace("$", ""))
    assert (found.text, found.state, found.problem) == (text.replace("$", ""), State.WRITTEN, "")


@given(st.text())
def test_a_text_with_doubled_dollars_comes_back(text: str) -> None:
    found = Interpolation({"A": "x"}).substitute(text.replace("$", "$$"))
    assert (found.text, found.state, found.problem) == (text, State.WRITTEN, "")


@given(st.text(alphabet="${}:-+?Aa "), st.text(alphabet="$A{}"))
def test_what_is_substituted_is_not_looked_at_again(text: str, value: str) -> None:
    Interpolation({"A": value}, unset="").substitute(text)
    assert Interpolation({"A": value}).substitute("${A}").text == value


@given(st.text(alphabet="AB=:#'\"\\$ \n\r\texport{}", max_size=60), st.booleans())
def test_any_environment_file_is_read(text: str, is_raw: bool) -> None:
    source = Source("a.env", text)
    parsed = parse_environment(source, {"A": "x"}, is_raw)
    for setting in parsed.settings:
        assert 0 <= setting.key.start <= setting.key.end <= len(text)
        assert 0 <= setting.value.start <= setting.value.end <= len(text)
    assert all(0 <= at < len(text) for _, at in parsed.faults)


@given(st.lists(st.text(alphabet="ab'\"\\ $;", min_size=1), max_size=5))
def test_quoted_words_are_split_as_they_were_joined(words: list[str]) -> None:
    joined = " ".join('"' + re.sub(r'(["\\])', r"\\\1", word) + '"' for word in words)
    assert split_words(joined) == words


@given(st.text(alphabet="aC:/\\,rw", max_size=20))
def test_any_volume_is_taken_apart(text: str) -> None:
    split_volume(text)
