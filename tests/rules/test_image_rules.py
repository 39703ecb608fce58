"""Rules on images, by their own examples."""

from __future__ import annotations

import pytest
from test_examples import SETTINGS

import images
from seawall.advisories.model import Vulnerabilities
from seawall.core.model import Hit, Verdict
from seawall.core.rule import Rule, example_language
from seawall.jobs.judge import Crash, judge
from seawall.rules import all_rules
from seawall.surfaces.image.model import Image

RULES = [rule for rule in all_rules() if {Image, Vulnerabilities} & rule.on.keys()]
BAD = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, text in enumerate(rule.bad)
    if example_language(text) == "image"
]
GOOD = [
    pytest.param(rule, text, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, text in enumerate(rule.good)
    if example_language(text) == "image"
]


def hits(rule: Rule, text: str) -> list[Hit]:
    given = images.vulnerabilities(text)
    facts: dict[type, object] = {Image: given.image, Vulnerabilities: given}
    found = []
    for surface in facts.keys() & rule.on.keys():
        for outcome in judge(facts[surface], [(rule, rule.on[surface])], SETTINGS):
            assert not isinstance(outcome, Crash), outcome.reason
            if outcome[1].verdict is not Verdict.PASS:
                found.append(outcome[1])
    return found


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_bad_example_is_found(rule: Rule, text: str) -> None:
    assert hits(rule, text)


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_a_good_example_is_silent(rule: Rule, text: str) -> None:
    assert hits(rule, text) == []


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_hit_stands_in_the_history_of_its_image(rule: Rule, text: str) -> None:
    history = images.image(text).history
    for hit in hits(rule, text):
        assert 0 <= hit.at.start <= hit.at.end <= len(history.text)
        assert hit.symbol


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_on_images_has_both_kinds_of_example(rule: Rule) -> None:
    assert any(example_language(text) == "image" for text in rule.bad)
    assert any(example_language(text) == "image" for text in rule.good)
