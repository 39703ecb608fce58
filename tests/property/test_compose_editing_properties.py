"""Whatever a YAML text looks like: an edit changes what it means to, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.model import Edit
from seawall.core.source import Source, read
from seawall.fixes.compose.block import Block, Inline, Plain, Spot, Value, scalar, top_block
from seawall.fixes.compose.layout import Kind, layout_of
from seawall.fixes.compose.writing import inline

ROOT = Path(__file__).parent.parent.parent
SAMPLES = sorted((ROOT / "examples").rglob("*compose*.y*ml"))
NASTY = (
    "services:\r\n  web: # c\r\n    image: &i 'a''b'\r\n    command: |+\r\n      x\r\n\r\n"
    "    ports:\r\n    - '1:1' # one\r\n    - 2\r\n",
    "\ufeffa: \"x\\ty\" # t\nb: >-\n  folded\n  text\n\nc: [1, 'q', {d: e}, ]\n",
    "x: &x {a: 1, <<: {b: 2}}\nservices:\n  web:\n    <<: *x\n    image:\n    env: {a: , b: ~}\n",
    '{"services": {"web": {"image":"x", "ports": ["80:80"]}}}',
    "---\na: plain\n  over lines\nb: 'single\n  over lines'\n? c\n: d\n...\n",
    "a: !!str 5\nb: !own &n text\nc: *n\nd:\n- - 1\n  - 2\n-\n  - 3\n",
    "é: ü\n\U0001f600: '\U0001f600'  # \U0001f600\nz: last",
)
TYPED = """no Yes ON off n null ~ 0755 0o7 1:2 1_0 .5 .inf -.INF .nan 0x1f 0b1 1e3 2001-01-01 = <<
--- ... - : # { *a &a !a %a @a ` | > ? true 127.0.0.1 1.2.3 1:2:3 {{x}} a: -x --x"""
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="no- yes:#{}[],&*!|>'\"%@`\\0123456789.xeE+_~<=?\t\n\r$", max_size=12),
    st.sampled_from(TYPED.split()),
)


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def told(text: str) -> list[tuple[Any, ...]]:
    """What a YAML reader says of a text, event by event."""
    fields = ("anchor", "tag", "value")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [
        (type(event).__name__, *(getattr(event, field, None) for field in fields))
        for event in yaml.parse(text, loader)
    ]


def data(text: str) -> Any:
    """What a YAML reader makes of a text, with every scalar a text."""
    return yaml.load(text, yaml.BaseLoader)  # noqa: S506 -- makes texts, lists and mappings only


@given(TEXTS)
def test_a_text_reads_back_as_that_text(text: str) -> None:
    for flow in (False, True):
        written = scalar(text, flow=flow)
        document = f"k: [{written}, 1]" if flow else f"k: {written}"
        value = yaml.safe_load(document)["k"]
        assert (value[0] if flow else value) == text
        for quote in ("'", '"'):
            assert yaml.safe_load(scalar(text, quote=quote)) == text


VALUES = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(-5, 99_999)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(VALUES, st.sampled_from(NASTY[:3]), st.booleans())
def test_what_is_added_reads_back_and_the_rest_stays(
    value: Any, text: str, is_inline: bool
) -> None:
    block = top_block(Source("compose.yaml", text))
    assert block is not None
    edits = block.add({"added": Inline([value]) if is_inline else value})
    before, after = yaml.safe_load(text), yaml.safe_load(applied(text, edits))
    assert after == before | {"added": [value] if is_inline else value}
    assert yaml.safe_load(inline(value)) == value


@pytest.mark.parametrize("text", [*NASTY, *(read(path).text for path in SAMPLES)])
def test_any_one_value_can_be_changed_alone(text: str) -> None:
    known = layout_of(Source("compose.yaml", text))
    if known is None:  # a sample of what is no YAML
        return
    before = told(text)
    values = ("changed", "0755", 'it\'s "x": #1', "two\nlines")
    scalars = [n for d in known.documents for n in d.walk() if n.kind is Kind.SCALAR]
    for number, node in enumerate(scalars[:120]):
        value = values[number % len(values)]
        edits = Spot(known, node, is_free=True).set(value)
        if not edits:
            assert node.is_empty
            continue
        (edit,) = edits
        first = node.key.end if node.is_empty and node.key is not None else node.content
        assert first <= edit.start <= edit.end <= max(node.end, node.content)
        after = told(applied(text, edits))
        differing = [new for old, new in zip(before, after, strict=True) if old != new]
        assert [event[3] for event in differing] == [value]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_each_key_of_a_service_can_be_removed_alone(path: Path) -> None:
    text = read(path).text
    known = layout_of(Source("compose.yaml", text))
    assert known is not None
    services = known.documents[0].entry("services")
    assert services is not None
    for key, node in services[1].entries:
        if node.kind is not Kind.MAPPING or node.is_shared or len(node.entries) < 2:
            continue
        block = Block(known, node)
        for each in block.keys:
            edits = block.remove(each)
            if edits:
                before = data(text)["services"][key.text]
                after = data(applied(text, edits))["services"][key.text]
                assert after == {name: value for name, value in before.items() if name != each}


def test_a_plain_text_is_written_as_it_is() -> None:
    value: Value = Plain("${X:?}")

    assert inline(value) == "${X:?}"
