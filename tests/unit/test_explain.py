"""What `seawall explain` answers: rules by any name, practices, and what is left out."""

from __future__ import annotations

import json

import pytest

from seawall.cli.main import main
from seawall.jobs.governance import catalog
from seawall.rules import all_rules
from seawall.rules.peers import LEFT_OUT, why_left_out
from seawall.rules.practices import ALL

UNSEEN = next(name for name in catalog().practices if not catalog().named(name))
"""A practice that only people can attest."""
ALIASES = sorted({alias for rule in all_rules() for alias in rule.aliases})


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 0
    return capfd.readouterr().out


def test_a_practice_is_explained_in_a_page_that_lists_its_rules(
    capfd: pytest.CaptureFixture[str],
) -> None:
    page = said(capfd, "Minimal-Packages")
    assert len(page.splitlines()) < 40
    assert "debug-tools              low       default  Tools for looking around" in page
    assert "seawall explain debug-tools" in page
    assert "--no-install-recommends" in page


def test_a_practice_that_no_rule_sees_is_explained_with_who_settles_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert "[[attestations]]" in said(capfd, UNSEEN)
    document = json.loads(said(capfd, UNSEEN, "-o", "json"))
    assert document["practice"] == UNSEEN
    assert document["rules"] == []


def test_every_practice_is_listed(capfd: pytest.CaptureFixture[str]) -> None:
    listed = said(capfd, "--practices")
    assert all(f"  {practice.id} " in listed for practice in ALL)
    document = json.loads(said(capfd, "--practices", "-o", "json"))
    assert {practice.id for practice in ALL} <= {each["practice"] for each in document}


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_explains_every_rule_that_has_it(
    alias: str, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = {rule.id for rule in all_rules() if alias in rule.aliases}
    answer = json.loads(said(capfd, alias, "-o", "json"))
    found = [answer] if isinstance(answer, dict) else answer
    assert {each["id"] for each in found} == wanted


@pytest.mark.parametrize(
    "name",
    ["DL3059", "dl3059", "hadolint:DL3059", "DS-0013", "DS013", "avd-ds-0013", "trivy:AVD-DS-0013"],
)
def test_a_check_that_is_left_out_is_explained_with_the_reason(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "left out on purpose: " in said(capfd, name)
    assert set(json.loads(said(capfd, name, "-o", "json"))) == {"check", "left_out"}


def test_every_check_that_is_left_out_is_found_by_its_own_name() -> None:
    for alias, reason in LEFT_OUT.items():
        assert why_left_out(alias) == why_left_out(alias.partition(":")[2]) == (alias, reason)
    assert why_left_out("trivy:DL3059") is None


@pytest.mark.parametrize(
    ("name", "hint"), [("signd-images", "`signed-images`"), ("zzzzzz", "--practices")]
)
def test_a_name_that_means_nothing_is_answered_with_close_ones_or_the_lists(
    name: str, hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", name]) == 2
    assert hint in capfd.readouterr().err
