"""Values of the old form: whatever they hold, the new form comes to the same or is not offered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seawall.core.source import Source
from seawall.fixes.dockerfile.quoting import as_one_word, is_one_word, quoted
from seawall.surfaces.dockerfile.reader import read

_PIECES = st.sampled_from(
    ["a", "b", " ", "  ", "\t", "'", '"', "\\", "`", "$", "{", "}", "$A", "${A}", "${A:-x y}", "="]
)
_VALUES = st.lists(_PIECES, min_size=1, max_size=12).map("".join)
_ESCAPES = st.sampled_from("\\`")


def _value(instruction: str, escape: str) -> object:
    text = f"# escape={escape}\nFROM debian:12.5\nENV A=<a>\n{instruction}\n"
    dockerfile = read(Source("Dockerfile", text))
    setting = dockerfile.stages[0].env.get("N") if not dockerfile.errors else None
    return (setting.value.candidates, len(dockerfile.stages[0].env)) if setting else None


@given(value=_VALUES, escape=_ESCAPES)
def test_the_new_form_of_a_value_comes_to_the_same(value: str, escape: str) -> None:
    value = value.strip()
    if not value or value.endswith(escape):
        return
    word = as_one_word(value, escape)
    if word is not None:
        assert is_one_word(word, escape)
        before = _value(f"ENV N {value}", escape)
        assert before is None or _value(f"ENV N={word}", escape) == before


@given(value=st.text(st.sampled_from("ab \"'\\`$\t{}"), min_size=1), escape=_ESCAPES)
def test_a_quoted_text_comes_to_itself(value: str, escape: str) -> None:
    assert _value(f"ENV N={quoted(value, escape)}", escape) == ((value,), 2)
