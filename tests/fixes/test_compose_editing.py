"""Edits of Compose files change what they mean to and nothing else."""

from __future__ import annotations

import pytest
import yaml
from mends import applied

from seawall.core.model import Edit, Region
from seawall.core.source import Source
from seawall.fixes.compose.block import (
    Block,
    Inline,
    Plain,
    Value,
    edits_for,
    service_block,
    spot_at,
    top_block,
)
from seawall.surfaces.compose.reader import read_texts

WEB = """\
services:
  web:
    image: nginx:1.27  # the front door
    ports:
      - "80:80"
      # - "443:443"

  # the database
  db:
    image: postgres
"""


def block_of(text: str, name: str = "web", *, shared: bool = False) -> Block | None:
    """The mapping of a service of a text."""
    service = read_texts({"compose.yaml": text}).service(name)
    assert service is not None
    return service_block(service, shared=shared)


def the(text: str, name: str = "web") -> Block:
    """The mapping of a service that can be edited."""
    block = block_of(text, name)
    assert block is not None
    return block


def after(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with edits made, which YAML reads."""
    assert edits, "nothing was offered"
    result = applied(text, edits)
    yaml.safe_load(result.encode("utf-8", "replace"))
    return result


def test_a_key_is_added_after_the_last_one_and_the_comments_that_go_with_it() -> None:
    result = after(WEB, the(WEB).add({"read_only": True, "cap_drop": ["ALL"]}))

    assert result == WEB.replace(
        '# - "443:443"\n',
        '# - "443:443"\n    read_only: true\n    cap_drop:\n      - ALL\n',
    )


def test_a_key_is_added_to_the_last_service_of_a_file_without_a_final_line_end() -> None:
    text = "services:\n  web:\n    image: x"

    assert after(text, the(text).add({"init": True})) == text + "\n    init: true"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "services:\r\n  web:\r\n    image: x\r\n",
            "services:\r\n  web:\r\n    image: x\r\n    tmpfs:\r\n      - /tmp\r\n",
        ),
        (
            "\ufeffservices:\n  web:\n    image: x\n",
            "\ufeffservices:\n  web:\n    image: x\n    tmpfs:\n      - /tmp\n",
        ),
        (
            "services:\n    web:\n        image: x\n        ports:\n        - 80:80\n",
            "services:\n    web:\n        image: x\n        ports:\n        - 80:80\n"
            "        tmpfs:\n        - /tmp\n",
        ),
        (
            "services:\n web:\n  image: x\n...\n# the end\n",
            "services:\n web:\n  image: x\n  tmpfs:\n   - /tmp\n...\n# the end\n",
        ),
        (
            "services:\n  web: {image: x}\n",
            "services:\n  web: {image: x, tmpfs: [/tmp]}\n",
        ),
        (
            '{"services": {"web": {\n  "image": "x"\n}}}\n',
            '{"services": {"web": {\n  "image": "x",\n  "tmpfs": ["/tmp"]\n}}}\n',
        ),
        (
            "services:\n  web:\n    image: x\n    command:  # later\n",
            "services:\n  web:\n    image: x\n    command:  # later\n    tmpfs:\n      - /tmp\n",
        ),
        (
            "services:\n  web:\n    image: x\n    command: |+\n      a\n\n  db: {image: y}\n",
            "services:\n  web:\n    image: x\n    command: |+\n      a\n\n"
            "    tmpfs:\n      - /tmp\n  db: {image: y}\n",
        ),
        (
            "services:\n  web:\n    image: x\n    command: >-\n      a\n      b\n\n"
            "  db: {image: y}\n",
            "services:\n  web:\n    image: x\n    command: >-\n      a\n      b\n"
            "    tmpfs:\n      - /tmp\n\n  db: {image: y}\n",
        ),
        (
            "services:\n  web:\n    image: x\n    labels: [a,\n      c]\n  db: {image: z}\n",
            "services:\n  web:\n    image: x\n    labels: [a,\n      c]\n"
            "    tmpfs: [/tmp]\n  db: {image: z}\n",
        ),
    ],
)
def test_what_is_added_is_written_as_the_file_is(text: str, expected: str) -> None:
    assert after(text, the(text).add({"tmpfs": ["/tmp"]})) == expected


def test_several_edits_of_one_service_can_be_made_together() -> None:
    block = the(WEB)
    edits = (*block.set("image", "nginx:1.28"), *block.add({"init": True}))

    assert yaml.safe_load(after(WEB, edits))["services"]["web"] == {
        "image": "nginx:1.28",
        "ports": ["80:80"],
        "init": True,
    }


@pytest.mark.parametrize(
    "text",
    [
        "x: &a {image: x}\nservices:\n  web: *a\n",
        "services:\n  web: &a\n    image: x\n  db:\n    <<: *a\n",
        "services: &all\n  web:\n    image: x\nx-copy: *all\n",
        "x: &a {web: {image: x}}\nservices:\n  <<: *a\n",
        "services:\n  web:\n    image: x\n  web:\n    image: y\n",
        "services:\n  web:\n    image: x\n  db:\n    extends: web\n",
        "services:\n  web:\n    image: x\n  db:\n    extends:\n      service: web\n",
    ],
)
def test_a_service_that_others_share_is_not_edited(text: str) -> None:
    assert block_of(text) is None


def test_a_service_that_others_share_is_edited_where_that_is_asked_for() -> None:
    text = "services:\n  web: &a\n    image: x\n  db:\n    <<: *a\n"
    block = block_of(text, shared=True)

    assert block is not None
    assert after(text, block.set("image", "z")) == text.replace("image: x", "image: z")


def test_a_service_that_extends_another_is_edited_on_its_own() -> None:
    text = "services:\n  web:\n    extends: base\n    init: true\n  base:\n    image: x\n"

    assert "init: true\n    tty: true\n" in after(text, the(text).add({"tty": True}))


def test_a_part_that_others_share_is_not_edited() -> None:
    text = (
        "services:\n  web:\n    image: &i x\n    labels: &l {a: b}\n"
        "  db:\n    image: *i\n    labels: *l\n"
    )
    block = the(text)

    assert block.set("image", "y") == ()
    assert block.block("labels") is None
    assert block.put({"labels": {"c": "d"}}) == ()
    assert block.remove("labels") == ()


def test_a_key_that_a_merge_brings_is_not_added_over_it() -> None:
    text = "x: &a {cap_drop: [ALL]}\nservices:\n  web:\n    <<: *a\n    image: x\n"
    block = the(text)

    assert block.has("cap_drop")
    assert block.add({"cap_drop": ["NET_RAW"]}) == ()
    assert block.add_item("cap_drop", "NET_RAW") == ()
    assert block.put({"cap_drop": ["NET_RAW"]}) == ()


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ('    ports:\n      - "1:1"  # one\n', '    ports:\n      - "1:1"  # one\n      - 2:2\n'),
        ("    ports: ['1:1']\n", "    ports: ['1:1', '2:2']\n"),
        ("    ports: [ 1, ]\n", '    ports: [ 1, "2:2", ]\n'),
        ("    ports: []\n", '    ports: ["2:2"]\n'),
        ('    ports: [\n      "1:1"\n    ]\n', '    ports: [\n      "1:1",\n      "2:2"\n    ]\n'),
        ("    ports:\n", "    ports:\n      - 2:2\n"),
        ("    ports:  # none\n", "    ports:  # none\n      - 2:2\n"),
        ("    ports: ~\n", '    ports: ["2:2"]\n'),
        ("    ports: 1:1\n", '    ports: ["1:1", "2:2"]\n'),
        ("    ports:\n    - target: 1\n", "    ports:\n    - target: 1\n    - 2:2\n"),
        ("", "    ports:\n      - 2:2\n"),
    ],
)  # fmt: skip
def test_an_item_is_added_to_any_form_of_list(ports: str, expected: str) -> None:
    text = "services:\n  web:\n    image: x\n" + ports

    result = after(text, the(text).add_item("ports", "2:2"))

    assert yaml.load(result, yaml.BaseLoader)["services"]["web"]["ports"][-1] == "2:2"  # noqa: S506 -- texts only
    assert result.replace('"2:2"', "2:2") == "services:\n  web:\n    image: x\n" + expected.replace(
        '"2:2"', "2:2"
    )


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("a: 'x'  # c", "it's", "a: 'it''s'  # c"),
        ('a: "x"', 'say "no"', r'a: "say \"no\""'),
        ("a: x", "no", 'a: "no"'),
        ("a: 'false'", True, "a: true"),
        ("a: !!str x", "z", "a: !!str z"),
        ("a: &n x", "z", "a: &n z"),
        ("a:", "z", "a: z"),
        ("a:  # nothing", "z", "a: z  # nothing"),
        ("a: ~", "z", "a: z"),
        ("a: x\n  y", "z", "a: z"),
        ("a: |\n  x\n  y", "z", "a: z"),
        ('{"a":"x"}', True, '{"a": true}'),
        ("{a: , b: 1}", "z", "{a: z , b: 1}"),
        ("a: ${X:-y}", Plain("${X:?}"), "a: ${X:?}"),
        ("a: x", "two\nlines", r'a: "two\nlines"'),
    ],
)
def test_a_value_is_set_in_its_own_bytes(written: str, value: Value, expected: str) -> None:
    block = top_block(Source("x", written + "\n"))

    assert block is not None
    assert after(written + "\n", block.set("a", value)) == expected + "\n"


def test_a_value_that_is_not_a_scalar_is_not_set() -> None:
    block = top_block(Source("x", "a: [1]\nb: {}\nc: {d}\n"))

    assert block is not None
    assert block.set("a", "x") == block.set("b", "x") == block.set("none", "x") == ()
    inner = block.block("c")
    assert inner is not None
    assert inner.set("d", "x") == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("image",), "services:\n  web:\n    ports:\n    - 1:1 # one\n    - 2:2\n"),
        (("ports",), "services:\n  web:\n    image: x\n"),
        (("ports", 0), "services:\n  web:\n    image: x\n    ports:\n    - 2:2\n"),
        (("ports", 1), "services:\n  web:\n    image: x\n    ports:\n    - 1:1 # one\n"),
    ],
)
def test_whole_lines_are_removed(path: tuple[str | int, ...], expected: str) -> None:
    text = "services:\n  web:\n    image: x\n    ports:\n    - 1:1 # one\n    - 2:2\n"
    block = the(text)
    key, *index = path
    edits = block.remove_item(str(key), int(index[0])) if index else block.remove(str(key))

    assert after(text, edits) == expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("\n      - 1:1", ""),
        (" [1]", ""),
        (" [1, 2]", " [2]"),
        ("\n      - {a: b}\n      - c: d\n        e: f\n", "\n      - c: d\n        e: f\n"),
    ],
)
def test_an_emptied_list_goes_with_its_key(ports: str, expected: str) -> None:
    text = "services:\n  web:\n    image: x\n    ports:" + ports
    wanted = "services:\n  web:\n    image: x" + ("\n    ports:" + expected if expected else "")

    assert after(text, the(text).remove_item("ports", 0)) == wanted


def test_the_first_key_of_an_item_makes_room_for_the_next() -> None:
    text = "services:\n  web:\n    image: x\n    ports:\n      - mode: host\n        target: 80\n"
    port = the(text).at("ports")
    assert port is not None
    first = port.items[0].block()
    assert first is not None

    assert after(text, first.remove("mode")) == text.replace("mode: host\n        ", "")
    assert after(text, first.remove("target")) == text.replace("        target: 80\n", "")


@pytest.mark.parametrize(
    ("written", "left"),
    [("{a: 1, b: 2, c: 3}", ["{b: 2, c: 3}", "{a: 1, c: 3}", "{a: 1, b: 2}"])],
)
def test_a_key_is_removed_from_a_mapping_in_braces(written: str, left: list[str]) -> None:
    block = top_block(Source("x", written))
    assert block is not None

    assert [after(written, block.remove(key)) for key in "abc"] == left


def test_an_anchor_that_others_need_is_not_removed() -> None:
    text = (
        "services:\n  web:\n    image: x\n    labels:\n      a: &v b\n      c: d\n"
        "  db:\n    image: *v\n"
    )
    block = the(text)

    assert block.remove("labels") == ()


def test_the_last_key_of_a_service_stays() -> None:
    text = "services:\n  web:\n    image: x\n"

    assert the(text).remove("image") == ()


def test_nested_values_are_put_where_they_are_missing() -> None:
    text = (
        "services:\n  web:\n    image: x\n    deploy:\n      replicas: 2\n"
        "      resources:\n        limits:\n          cpus: '1'\n"
    )
    wanted: dict[str, Value] = {
        "deploy": {"resources": {"limits": {"memory": "512m", "cpus": "2"}, "reservations": {}}},
        "cap_drop": ["ALL"],
        "init": True,
    }

    result = after(text, the(text).put(wanted))

    assert yaml.safe_load(result)["services"]["web"] == {
        "image": "x",
        "deploy": {
            "replicas": 2,
            "resources": {"limits": {"cpus": "2", "memory": "512m"}, "reservations": {}},
        },
        "cap_drop": ["ALL"],
        "init": True,
    }
    assert the(result).put(wanted) == ()


def test_a_key_without_a_value_is_filled() -> None:
    text = "services:\n  web:\n    image: x\n    deploy:\n      # none yet\n    init: true\n"

    result = after(text, the(text).put({"deploy": {"replicas": 2}}))

    assert result == text.replace("# none yet\n", "# none yet\n      replicas: 2\n")


def test_a_one_line_list_stays_on_one_line() -> None:
    text = "services:\n  web:\n    image: x\n"
    value: dict[str, Value] = {"healthcheck": {"test": Inline(["CMD", "a b", "c"]), "retries": 3}}

    assert after(text, the(text).add(value)) == (
        text + "    healthcheck:\n      test: [CMD, a b, c]\n      retries: 3\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    ? image\n    : x\n",
        "services:\n  web:\n    image: x\n    command: |\n      a",
        "a: &x [*x]\n",
        "a: [\n",
        "a: *none\n",
        "a\n",
        "",
        "a: 1\n---\nb: 2\n",
    ],
)
def test_what_is_written_oddly_is_left_alone(text: str) -> None:
    block = top_block(Source("x", text))
    web = block.block("services", "web") if block is not None else None

    assert block is None or web is None or web.add({"x": "y"}) == ()


def test_a_value_is_found_by_its_place() -> None:
    text = "services:\n  web:\n    environment:\n      - A=b\n    ports:\n      - target: 80\n"
    source = Source("x", text)

    def path(word: str) -> tuple[str | int, ...] | None:
        start = text.index(word)
        spot = spot_at(source, Region(start, start + len(word)))
        return None if spot is None else spot.path

    assert path("b") == ("services", "web")
    assert path("A=") == ("services", "web", "environment", 0)
    assert path("target: 80") == ("services", "web", "ports", 0)
    assert path("80") == ("services", "web", "ports", 0, "target")
    assert path("ports") == ("services", "web", "ports")
    assert spot_at(Source("x", "a: ["), Region(0, 1)) is None
    assert spot_at(source, Region(0, 10_000)) is None


def test_edits_of_another_file_say_so() -> None:
    edits = (Edit(0, 0, "x"),)

    assert edits_for(Source("a", ""), Source("a", ""), edits) == edits
    assert edits_for(Source("a", ""), Source("b", ""), edits) == (Edit(0, 0, "x", "b"),)


def test_a_key_is_renamed() -> None:
    text = 'services:\n  web:\n    image: x\n    "links": [db]\n'

    assert after(text, the(text).rename("links", "depends_on")) == text.replace(
        "links", "depends_on"
    )
    assert the(text).rename("links", "image") == the(text).rename("none", "x") == ()
