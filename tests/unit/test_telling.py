"""The quick look before a dear one: it may pass over nothing that the dear one would find."""

from __future__ import annotations

import pytest

from seawall.core.rule import Rule
from seawall.core.telling import holds_any
from seawall.detectors.names import KEYWORDS
from seawall.rules import by_id
from seawall.rules.build.verification import INSECURE_OPTIONS


def test_a_word_within_a_longer_one_counts() -> None:
    assert holds_any("run apt-get update", ("apk", "apt"))


def test_no_word_is_held_by_a_text_without_any() -> None:
    assert not holds_any("run make", ("apk", "apt"))
    assert not holds_any("run make", ())


@pytest.mark.parametrize("program", INSECURE_OPTIONS)
def test_every_option_that_trusts_any_server_is_told(program: str) -> None:
    rule = by_id()["unverified-server"]
    for option in INSECURE_OPTIONS[program]:
        assert holds_any(f"{program} {option}", rule.told_by), option


def test_every_bad_dockerfile_is_told() -> None:
    told: list[Rule] = [rule for rule in by_id().values() if rule.told_by]
    assert told
    for rule in told:
        for text in rule.bad:
            if text.startswith("FROM "):
                assert holds_any(text.lower(), rule.told_by), (rule.id, text)


@pytest.mark.parametrize("word", ["passphrase", "apikey", "accesskey", "credential", "authoriz"])
def test_every_word_that_tells_of_a_secret_holds_a_keyword(word: str) -> None:
    assert holds_any(word, KEYWORDS)
