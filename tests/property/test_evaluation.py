"""Evaluation holds up on anything: no crash, and what has nothing to expand stays as it is."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import Reach
from seawall.surfaces.dockerfile.parser import parse
from seawall.surfaces.dockerfile.patterns import PatternError, replace, trim_prefix, trim_suffix
from seawall.surfaces.dockerfile.stages import evaluate
from seawall.surfaces.dockerfile.substitution import NoDefault, expand
from seawall.surfaces.dockerfile.value import Value, known

VARIABLES: dict[str, Value | None] = {
    "a": known("value"),
    "b": known(""),
    "c": Value("", (), ("c",)),
    "d": Value("", ("x", "y")),
    "e": NoDefault("", (), ("e",)),
}

WORDS = st.text("abcde${}:-+?#%/*\\'\"`x ", max_size=40)
ANY_WORDS = WORDS | st.text(max_size=40)

WORDS_OF_FILES = """
    a $a ${a} ${a:-b} ${c #x ' " \\ scratch base BASE base-$TARGETARCH x:1 x@sha256:0 80
    53/udp 9-8 /dir dir = a=b a=$b c=${a} ${d:?x} AS --from=base --from=0 --from=9 --from=img
    --platform=$BUILDPLATFORM --mount=type=bind,from=base --mount=from=img ["x"] [] $$ ${b#*} 0
"""
KEYWORDS = """
    FROM ARG ENV USER WORKDIR COPY RUN EXPOSE VOLUME LABEL SHELL CMD ENTRYPOINT HEALTHCHECK
    ONBUILD STOPSIGNAL
"""
LINES = st.builds(
    lambda keyword, inner, words: " ".join((keyword, *inner, *words)),
    st.sampled_from(KEYWORDS.split()),
    st.just(()) | st.tuples(st.sampled_from(KEYWORDS.split())),
    st.lists(st.sampled_from(WORDS_OF_FILES.split()), max_size=4),
)
FILES = st.lists(LINES, max_size=14).map("\n".join)


@given(ANY_WORDS, st.sampled_from("\\`"))
def test_expanding_never_raises(word: str, escape: str) -> None:
    value = expand(word, VARIABLES.get, escape)
    assert value.written == word


@given(st.text(max_size=40).filter(lambda text: not re.search(r"[$'\"\\`]", text)))
def test_a_word_with_nothing_to_expand_stays_as_it_is(word: str) -> None:
    assert expand(word, VARIABLES.get).known == word


@given(st.text(st.characters(exclude_characters="'"), max_size=40))
def test_single_quotes_keep_everything(text: str) -> None:
    assert expand(f"'{text}'", VARIABLES.get).known == text


@given(st.text("ab*?c", max_size=8), st.text("abc", max_size=10), st.booleans())
def test_trimming_agrees_with_regular_expressions(pattern: str, text: str, longest: bool) -> None:
    star = ".*" if longest else ".*?"
    expression = "".join({"*": star, "?": "."}.get(c, c) for c in pattern)
    match = re.match(expression, text)
    assert trim_prefix(pattern, text, longest=longest) == (text[match.end() :] if match else text)
    backwards = trim_suffix(pattern[::-1], text[::-1], longest=longest)[::-1]
    assert backwards == trim_prefix(pattern, text, longest=longest)


@given(st.text("ab*?", min_size=1, max_size=6), st.text("ab", max_size=10))
def test_replacing_agrees_with_regular_expressions(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(c, c) for c in pattern)
    assert replace(pattern, text, "-", everywhere=False) == re.sub(expression, "-", text, count=1)
    # Go, unlike Python, finds nothing more at the end of a match that took everything.
    if set(pattern) != {"*"}:
        assert replace(pattern, text, "-", everywhere=True) == re.sub(expression, "-", text)


@given(st.text(max_size=10), st.text(max_size=20))
def test_a_pattern_is_matched_or_refused(pattern: str, text: str) -> None:
    try:
        trimmed = trim_prefix(pattern, text, longest=True)
    except PatternError:
        return
    assert text.endswith(trimmed)


@settings(max_examples=300)
@given(FILES, st.sampled_from(["", "base", "0", "7", "-1", "²"]), st.booleans())
def test_evaluating_never_raises_and_is_consistent(text: str, target: str, passed: bool) -> None:
    parsed = parse(Source("Dockerfile", text))
    found = evaluate(parsed.instructions, parsed.directives, {"a": "1"} if passed else {}, target)
    for stage in found.stages:
        assert found.stages[stage.index] is stage
        assert stage.parent is None or stage.parent.index < stage.index
        assert stage.lineage[-1].parent is None
    for use in found.images:
        assert 0 <= use.start <= use.end <= len(text)
        assert use.value.known not in ("", "scratch") or use.via == "SYNTAX"
    for error in found.errors:
        assert 1 <= error.line <= text.count("\n") + 1
        assert error.message
    if found.target is not None:
        assert found.target.reach is Reach.FINAL
        assert all(stage.reach is Reach.FINAL for stage in found.target.lineage)
