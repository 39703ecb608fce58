"""The tree of a YAML file: places, merge keys, and what is refused with its place."""

from __future__ import annotations

import pytest
import yaml

from seawall.core.source import Source
from seawall.surfaces.compose import yaml_tree
from seawall.surfaces.compose.yaml_tree import (
    Document,
    Mapping,
    Node,
    Parsed,
    Scalar,
    Sequence,
    is_null,
    parse,
    place_of,
)


def _parse(text: str) -> Parsed:
    return parse(Document(Source("compose.yaml", text), "/project"), lambda _: None)


def _root(text: str) -> Mapping:
    parsed = _parse(text)
    assert parsed.failures == ()
    (root,) = parsed.documents
    assert isinstance(root, Mapping)
    return root


def _written(node: Node | None) -> str:
    assert node is not None
    place = place_of(node)
    return place.source.text[place.start : place.end]


def _failures(text: str) -> list[tuple[str, int]]:
    source = Source("compose.yaml", text)
    parsed = parse(Document(source, "/project"), lambda _: None)
    return [(failure.message, source.line_of(failure.at)) for failure in parsed.failures]


@pytest.mark.parametrize("start", ["", "\ufeff", "# é\n", "# one\r\n\r\n"])
def test_a_scalar_stands_where_it_is_written(start: str) -> None:
    root = _root(f"{start}a: 'one'\nb:\n  - two # x\n  - \"é\"\n")
    assert _written(root.get("a")) == "'one'"
    items = root.get("b")
    assert isinstance(items, Sequence)
    assert [_written(item) for item in items.items] == ["two", '"é"']


def test_a_block_ends_with_its_last_value_and_not_at_the_next_key() -> None:
    root = _root("a:\n  b: c\n  d:\n    - e\n\n\nf: g\n")
    assert _written(root.get("a")) == "b: c\n  d:\n    - e"


def test_a_flow_ends_with_its_bracket() -> None:
    assert _written(_root("a: {b: [1, 2] }\n").get("a")) == "{b: [1, 2] }"


def test_what_a_merge_key_brings_keeps_its_place() -> None:
    root = _root("x: &x {image: a, user: b}\ns:\n  <<: *x\n  user: c\n")
    service = root.get("s")
    assert isinstance(service, Mapping)
    assert service.entries["image"][0].start == 7
    assert _written(service.get("user")) == "c"


def test_the_first_of_several_merged_mappings_wins() -> None:
    root = _root("x: &x {k: 1}\ny: &y {k: 2, l: 3}\ns: {<<: [*x, *y]}\n")
    service = root.get("s")
    assert isinstance(service, Mapping)
    assert [_written(service.get(key)) for key in ("k", "l")] == ["1", "3"]


def test_a_quoted_merge_key_is_a_key() -> None:
    service = _root('x: &x {k: 1}\ns: {"<<": *x}\n').get("s")
    assert isinstance(service, Mapping)
    assert list(service.entries) == ["<<"]


@pytest.mark.parametrize("text", ["a:\n", "a: ~\n", "a: null\n", "a: Null\n", "a: NULL\n"])
def test_a_null_has_no_value(text: str) -> None:
    root = _root(text)
    assert root.get("a") is None
    assert is_null(root.entries["a"][1])


@pytest.mark.parametrize("text", ['a: ""\n', "a: 'null'\n", "a: nil\n"])
def test_an_empty_text_is_no_null(text: str) -> None:
    assert isinstance(_root(text).get("a"), Scalar)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "key 'a' is written twice, first on line 1", 3),
        ("a: *nope\n", "anchor 'nope' is unknown", 1),
        ("a: &a\n  b: *a\n", "anchor 'a' contains itself", 2),
        ("a:\n\tb: c\n", "not valid YAML: a tab indents this line; YAML allows spaces only", 2),
        ("? [a]\n: b\n", "a key must be a text", 1),
        ("a:\n  <<: 5\n", "a merge key takes mappings only", 2),
        ("true: 1\n", "key true is no text", 1),
        ("80: 1\n", "key 80 is no text", 1),
        ("a: [1\nb: 2\n", "not valid YAML: did not find expected ',' or ']'", 2),
        ("a: \x01\n", "not valid YAML: control characters are not allowed", 1),
    ],
)
def test_a_fault_stands_on_its_line(text: str, message: str, line: int) -> None:
    assert _failures(text) == [(message, line)]


def test_an_alias_bomb_is_refused_before_it_is_unfolded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    parsed = _parse("\n".join(lines))
    assert not parsed.is_whole
    assert "by aliases" in parsed.failures[0].message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_without_recursion(opening: str) -> None:
    parsed = _parse(opening * 50_000)
    assert not parsed.is_whole
    assert parsed.documents == ()


def test_each_document_of_a_file_has_its_own_anchors() -> None:
    parsed = _parse("a: &x 1\n---\nb: *x\n")
    assert len(parsed.documents) == 2
    assert [failure.message for failure in parsed.failures] == ["anchor 'x' is unknown"]


def test_bytes_that_are_no_text_keep_the_places_right() -> None:
    root = _root("# \udcff\na: b\n")
    assert _written(root.get("a")) == "b"


def test_the_slow_reader_gives_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x {b: 'c'}\nd:\n  - *x\n  - |\n    e\n  - !reset f\n"
    fast = _root(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert _shape(_root(text)) == _shape(fast)


def _shape(node: Node) -> object:
    if isinstance(node, Mapping):
        inner: object = {key: _shape(value) for key, (_, value) in node.entries.items()}
    elif isinstance(node, Sequence):
        inner = [_shape(item) for item in node.items]
    else:
        inner = node.text
    return inner, node.start, node.end, node.tag


def test_each_value_with_a_dollar_is_given_to_substitute_and_no_key() -> None:
    seen: list[str] = []
    source = Source("compose.yaml", '$k: $v\nl: [$i, plain, {$n: "${m}"}]\n')
    parse(Document(source, "/"), lambda scalar: seen.append(scalar.text))
    assert seen == ["$v", "$i", "${m}"]


def test_nothing_is_imported_before_a_file_is_read() -> None:
    assert "yaml" not in vars(yaml_tree)
