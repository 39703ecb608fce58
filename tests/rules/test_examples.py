"""Every rule's own examples are its first tests."""

from __future__ import annotations

from datetime import date

import pytest
import workloads

from seawall.core.model import Hit, Verdict
from seawall.core.rule import Rule, Settings, example_language
from seawall.core.source import Source
from seawall.jobs.judge import Crash, judge
from seawall.rules import all_rules
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile import Dockerfile, read
from seawall.surfaces.workload import Workload

SETTINGS = Settings(today=date(2026, 11, 24))
SURFACES = {Dockerfile, Project, Workload}
"""What one text can be; rules on a whole repository are tested in a file of their own."""
ELSEWHERE = {"files", "image"}
"""Languages of examples that are tested in files of their own."""
RULES = [rule for rule in all_rules() if SURFACES & rule.on.keys()]


def hits(rule: Rule, text: str) -> list[Hit]:
    if example_language(text) == "dockerfile":
        return hits_in_dockerfile(rule, text)
    return workloads.hits(rule, text)


def hits_in_dockerfile(rule: Rule, text: str) -> list[Hit]:
    facts = read(Source("Dockerfile", text))
    assert not facts.errors, facts.errors
    found = []
    for outcome in judge(facts, [(rule, rule.on[Dockerfile])], SETTINGS):
        assert not isinstance(outcome, Crash), outcome.reason
        if outcome[1].verdict is not Verdict.PASS:
            found.append(outcome[1])
    return found


BAD = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, text in enumerate(rule.bad)
    if example_language(text) not in ELSEWHERE
]
GOOD = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, text in enumerate(rule.good)
    if example_language(text) not in ELSEWHERE
]


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_bad_example_is_found(rule: Rule, text: str) -> None:
    assert hits(rule, text)


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_a_good_example_is_silent(rule: Rule, text: str) -> None:
    assert hits(rule, text) == []


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_bad_example_holds_a_word_that_tells_its_rule(rule: Rule, text: str) -> None:
    if rule.told_by and example_language(text) == "dockerfile":
        assert any(word in text.lower() for word in rule.told_by)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_both_kinds_of_example(rule: Rule) -> None:
    assert rule.bad
    assert rule.good


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_hit_lies_within_its_file_and_names_its_place(rule: Rule, text: str) -> None:
    for hit in hits(rule, text):
        assert 0 <= hit.at.start <= hit.at.end <= len(text)
        assert hit.symbol
        assert hit.message
