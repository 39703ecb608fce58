"""What every fixer says of itself holds."""

from __future__ import annotations

import pytest
from mends import context, fixes, mended

from seawall.core.model import Safety
from seawall.core.rule import example_language
from seawall.fixes import all_fixers, index
from seawall.fixes.index import MODULES_OF
from seawall.fixes.model import Example, Fixer
from seawall.rules import by_id

_EXAMPLES = [
    pytest.param(fixer, example, id=f"{fixer.id}-{number}")
    for fixer in all_fixers()
    for number, example in enumerate(fixer.examples)
    if example_language(example.before) != "files"
]
_KEPT = [
    pytest.param(fixer, text, id=f"{fixer.id}-{number}")
    for fixer in all_fixers()
    for number, text in enumerate(fixer.keeps)
    if example_language(text) != "files"
]


@pytest.mark.parametrize(("fixer", "example"), _EXAMPLES)
def test_a_fixer_writes_what_its_example_says(fixer: Fixer, example: Example) -> None:
    assert mended(fixer, example.before, context(example.pins)) == example.after


@pytest.mark.parametrize(("fixer", "text"), _KEPT)
def test_a_fixer_leaves_alone_what_it_can_not_be_sure_of(fixer: Fixer, text: str) -> None:
    found = list(fixes(fixer, text, context()))
    assert found, "the rule does not see the fault at all"
    assert not any(fix and fix.edits and fix.safety is Safety.SAFE for _, fix in found)


@pytest.mark.parametrize("fixer", all_fixers(), ids=lambda fixer: fixer.id)
def test_a_fixer_mends_rules_that_there_are(fixer: Fixer) -> None:
    assert all(rule in by_id() for rule in fixer.rules)
    assert fixer.writes
    assert fixer.breaks


def test_the_index_is_that_of_the_fixers() -> None:
    written = {kind: dict(rules) for kind, rules in MODULES_OF.items()}
    assert written == index(), "run `python tools/fix_index.py`"
