"""Expressions that are compiled late say what compiled ones say."""

from __future__ import annotations

import re

from seawall.core.expression import BytesExpression, Expression

WORD, TEXT = r"(\w)(\w+)", "one two, three"


def test_an_expression_answers_as_a_compiled_one() -> None:
    late, early = Expression(WORD, re.ASCII), re.compile(WORD, re.ASCII)
    assert late.findall(TEXT) == early.findall(TEXT) == [("o", "ne"), ("t", "wo"), ("t", "hree")]
    assert late.sub(r"\2\1", TEXT) == early.sub(r"\2\1", TEXT)
    assert late.split(TEXT, maxsplit=1) == early.split(TEXT, maxsplit=1)
    assert [m.span() for m in late.finditer(TEXT)] == [m.span() for m in early.finditer(TEXT)]


def test_matches_keep_within_their_bounds() -> None:
    late = Expression(WORD)
    for start, stop in ((0, 2), (1, 3), (4, 99), (3, 4), (20, 30)):
        for ask in ("match", "search"):
            found = getattr(late, ask)(TEXT, start, stop)
            expected = getattr(late.compiled, ask)(TEXT, start, stop)
            assert (found and found.span()) == (expected and expected.span())
    assert late.fullmatch("one") is not None
    assert late.fullmatch(TEXT) is None


def test_bytes_are_looked_at_wherever_they_lie() -> None:
    late = BytesExpression(rb"(t)(\w+)", re.IGNORECASE)
    data = b"One Two, three"
    for given in (data, memoryview(data)):
        assert late.match(given) is None
        assert late.fullmatch(given) is None
        found = late.search(given)
        assert found is not None
        assert found.span() == (4, 7)
        assert late.findall(given) == [(b"T", b"wo"), (b"t", b"hree")]
        assert [match.start() for match in late.finditer(given)] == [4, 9]


def test_nothing_is_compiled_before_it_is_asked() -> None:
    late = Expression("(")
    assert "compiled" not in vars(late)
