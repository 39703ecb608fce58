"""The examples of the rules on repositories are laid out as files, and judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from layouts import pipelines_of, repository_of, source_of

from seawall.core.model import Hit
from seawall.core.rule import Rule, Settings, example_language
from seawall.jobs.judge import Crash, judge
from seawall.rules import all_rules
from seawall.surfaces.repository import Repository
from seawall.surfaces.repository.sources import SourceFile
from seawall.surfaces.repository.workflows import Pipelines

SETTINGS = Settings(today=date(2026, 11, 24))
READERS: dict[type, Callable[[str, Path], object]] = {
    Repository: repository_of,
    Pipelines: pipelines_of,
    SourceFile: source_of,
}
RULES = [rule for rule in all_rules() if not rule.on.keys().isdisjoint(READERS)]
BAD = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, text in enumerate(rule.bad)
    if example_language(text) != "image"
]
GOOD = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, text in enumerate(rule.good)
    if example_language(text) != "image"
]


def hits(rule: Rule, text: str, root: Path) -> list[Hit]:
    found = []
    for surface in rule.on.keys() & READERS.keys():
        for outcome in judge(READERS[surface](text, root), [(rule, rule.on[surface])], SETTINGS):
            assert not isinstance(outcome, Crash), outcome.reason
            found.append(outcome[1])
    return found


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_bad_example_is_found(rule: Rule, text: str, tmp_path: Path) -> None:
    found = hits(rule, text, tmp_path)
    assert found
    for hit in found:
        assert hit.symbol
        assert hit.message
        assert 0 <= hit.at.start <= hit.at.end


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_a_good_example_is_silent(rule: Rule, text: str, tmp_path: Path) -> None:
    assert hits(rule, text, tmp_path) == []
