"""Each ordering takes any text, is a total order, linear in time, and that of the real tool.

`SEAWALL_FUZZ` sets the number of pairs that each tool is asked for.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from version_oracles import ORACLES, Oracle
from version_samples import SAMPLES, Pairs

from seawall.versions import Scheme, compare, key

NUMBER = int(os.environ.get("SEAWALL_FUZZ", "400"))

_ANY = st.text(st.characters(exclude_categories=()), max_size=60)
_ALIKE = st.text(st.sampled_from("0019.-_~^+:! avrcpeAZ\x00\n٣é\ud800\U0010ffff"), max_size=16)
_WRITTEN = st.sampled_from(sorted({text for texts in SAMPLES.values() for text in texts}))
_JOINED = st.lists(st.one_of(_WRITTEN, _ALIKE), min_size=1, max_size=3).map("".join)
VERSIONS = st.one_of(_ANY, _ALIKE, _WRITTEN, _JOINED)

ENDLESS = {
    "ones": "1.",
    "zeros": "0.",
    "tildes": "~",
    "digits": "9",
    "zero digits": "0",
    "dashes": "-",
    "lists": "1-",
    "words": "a1",
    "release candidates": "-rc.1",
    "suffixes": "_p1",
    "letters": "a",
    "epochs": "1:",
    "exclamations": "1!",
    "spaces": " ",
    "at signs": "@",
    "aliases": ".a-",
    "post releases": ".post1",
    "dated": "2020-",
    "builds": "+1",
    "commas": "1,",
    "surrogates": "\ud800",
}

schemes = pytest.mark.parametrize("scheme", Scheme, ids=str)


@schemes
@given(version=VERSIONS)
def test_any_text_has_a_key_and_is_equal_to_itself(scheme: Scheme, version: str) -> None:
    assert isinstance(key(scheme, version), str)
    assert hash(key(scheme, version)) == hash(key(scheme, str(version)))
    assert compare(scheme, version, version) == 0


@schemes
@given(a=VERSIONS, b=VERSIONS)
def test_an_answer_is_turned_round_with_its_question(scheme: Scheme, a: str, b: str) -> None:
    assert compare(scheme, a, b) == -compare(scheme, b, a)


@schemes
@settings(max_examples=200)
@given(a=VERSIONS, b=VERSIONS, c=VERSIONS)
def test_order_carries_over_from_pair_to_pair(scheme: Scheme, a: str, b: str, c: str) -> None:
    lowest, middle, highest = sorted((a, b, c), key=lambda version: key(scheme, version))
    assert compare(scheme, lowest, middle) <= 0
    assert compare(scheme, middle, highest) <= 0
    assert compare(scheme, lowest, highest) <= 0
    if compare(scheme, lowest, middle) == compare(scheme, middle, highest) == 0:
        assert compare(scheme, lowest, highest) == 0


@schemes
@pytest.mark.parametrize("bit", ENDLESS.values(), ids=ENDLESS)
def test_the_time_grows_with_the_length_and_no_faster(scheme: Scheme, bit: str) -> None:
    few, many = (_seconds(scheme, bit * (length // len(bit))) for length in (10_000, 40_000))
    # Four times the length; sixteen times the time if it grew with the square.
    assert many < 10 * few + 0.02


def _seconds(scheme: Scheme, text: str) -> float:
    """The best CPU time of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        key(scheme, text)
        key(scheme, "1.0" + text)
        times.append(time.process_time() - start)
    return min(times)


# apk refuses numbers of more than 17 digits
@pytest.mark.parametrize(
    "scheme", [scheme for scheme in Scheme if scheme is not Scheme.APK], ids=str
)
def test_numbers_beyond_the_limit_of_int_are_ordered(scheme: Scheme) -> None:
    nines, one = "9" * 50_000, "1" + "0" * 50_000
    if scheme is not Scheme.COMPOSER:  # its parser takes at most five digits for a first number
        assert compare(scheme, nines, one) == -1
    assert compare(scheme, f"1.{nines}", f"1.{one}") == -1
    assert compare(scheme, f"1.{one}", f"1.{one}") == 0


@pytest.mark.oracle
@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: oracle.name)
def test_the_real_tool_says_the_same(oracle: Oracle) -> None:
    if oracle.missing:
        pytest.skip(f"{oracle.name} can't be asked, missing: {oracle.missing}")
    pairs = Pairs(oracle.scheme, seed=7).take(NUMBER)
    answers = [
        (a, b, sign)
        for (a, b), sign in zip(pairs, oracle.answers(pairs), strict=True)
        if sign is not None
    ]
    assert len(answers) > NUMBER // 3
    wrong = [answer for answer in answers if compare(oracle.scheme, *answer[:2]) != answer[2]]
    if oracle.scheme is Scheme.MAVEN:  # its order has circles, for a few odd forms
        assert len(wrong) < NUMBER // 20
        wrong = [answer for answer in wrong if not oracle.contradicts_itself(*answer)]
    assert not wrong
