"""What counts: selection, profile, confidence and waivers, and nothing hidden without a count."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from samples import CATALOG, finding

from seawall.core.model import Confidence, Finding, Profile, Severity
from seawall.core.policy import Policy, Waiver, default_policy
from seawall.core.selection import (
    CONFIDENCE,
    IGNORE_LIST,
    PROFILE,
    SELECTION,
    Selection,
    hidden_notices,
    severities,
    waive,
    waiver_notices,
)

TODAY = date(2026, 11, 24)
LATER = date(2027, 1, 31)
ALL = (
    finding("root-user"),
    finding("latest-tag", confidence=Confidence.LOW),
    finding("untagged-image", confidence=Confidence.MEDIUM),
    finding("no-health-check"),
)


def selected(**values: Any) -> tuple[list[str], dict[str, int]]:
    found = Selection(Policy(**values), CATALOG).select(ALL)
    hidden = Counter[str]()
    for (reason, _), number in found.hidden.items():
        hidden[reason] += number
    return [each.rule for each in found.findings], dict(hidden)


def test_the_default_hides_only_what_another_profile_shows() -> None:
    assert selected() == (["root-user", "latest-tag", "untagged-image"], {"profile": 1})
    assert selected(profile=Profile.STRICT) == ([each.rule for each in ALL], {})


def test_what_is_less_sure_than_asked_for_is_hidden_and_counted() -> None:
    assert selected(min_confidence=Confidence.MEDIUM) == (
        ["root-user", "untagged-image"],
        {"confidence": 1, "profile": 1},
    )
    assert selected(min_confidence=Confidence.HIGH)[0] == ["root-user"]


def test_what_is_hidden_is_named_with_what_would_show_it() -> None:
    hidden = {
        (PROFILE, "no-health-check"): 2,
        (CONFIDENCE, "latest-tag"): 1,
        (IGNORE_LIST, "root-user"): 1,
        (SELECTION, "untagged-image"): 1,
        (SELECTION, "latest-tag"): 3,
    }
    assert [notice.message for notice in hidden_notices(hidden, CATALOG)] == [
        "hidden by confidence, shown with a lower `min-confidence`: latest-tag",
        "hidden by ignore list, shown if taken off `ignore`: root-user",
        "hidden by profile, shown by `--profile strict`: no-health-check×2",
        "hidden by selection, shown if selected too: latest-tag×3, untagged-image",
    ]


@pytest.mark.parametrize("name", ["latest-tag", "DL3007", "hadolint:dl3007", "trivy:DS-0001"])
def test_a_rule_is_selected_by_id_or_alias(name: str) -> None:
    assert selected(select=(name,)) == (["latest-tag"], {"selection": 3})


def test_a_practice_selects_all_its_rules() -> None:
    assert selected(select=("pinned-base-image",))[0] == ["latest-tag", "untagged-image"]


def test_a_rule_that_is_selected_by_name_needs_no_profile() -> None:
    assert selected(select=("no-health-check",))[0] == ["no-health-check"]


def test_what_is_ignored_is_hidden_even_if_selected() -> None:
    assert selected(select=("pinned-base-image",), ignore=("DL3007",)) == (
        ["untagged-image"],
        {"selection": 2, "ignore list": 1},
    )


def test_a_rule_that_cannot_count_need_not_be_judged() -> None:
    selection = Selection(Policy(ignore=("root-user",)), CATALOG)
    assert not selection.judges("root-user")
    assert not selection.judges("no-health-check")
    assert selection.judges("latest-tag")


def test_a_severity_for_a_rule_goes_before_one_for_its_practice() -> None:
    policy = Policy(
        severity={"DL3007": Severity.LOW, "pinned-base-image": Severity.CRITICAL},
    )
    assert severities(policy, CATALOG) == {
        "latest-tag": Severity.LOW,
        "untagged-image": Severity.CRITICAL,
    }


# Waivers


def waiver(rule: str = "root-user", until: date = LATER, **more: str) -> Waiver:
    return Waiver(rule=rule, reason="agreed", until=until, **more)


def policy(*waivers: Waiver) -> Policy:
    origins = {f"waivers[{number}]": f"seawall.toml:{number + 5}" for number in range(len(waivers))}
    return Policy(waivers=waivers, path="seawall.toml", directory=str(Path.cwd()), origins=origins)


def accepted(given: Waiver, *findings: Finding) -> list[bool]:
    return [bool(f.suppressed) for f in waive(findings, policy(given), CATALOG, TODAY)]


def test_a_waiver_is_kept_with_the_finding() -> None:
    (marked,) = waive([finding()], policy(waiver()), CATALOG, TODAY)
    suppressed = marked.suppressed
    assert suppressed is not None
    assert suppressed.kind == "policy"
    assert suppressed.reason == "agreed"
    assert suppressed.until == "2027-01-31"
    assert suppressed.line == 5


def test_a_waiver_is_about_its_rule_alias_or_practice() -> None:
    findings = finding("root-user"), finding("latest-tag"), finding("untagged-image")
    assert accepted(waiver("DL3002"), *findings) == [True, False, False]
    assert accepted(waiver("pinned-base-image"), *findings) == [False, True, True]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("legacy/", [True, True, False]),
        ("legacy/Dockerfile", [True, False, False]),
        ("Dockerfile", [True, True, True]),
        ("/Dockerfile", [False, False, True]),
        ("**/web/*", [False, True, False]),
        ("", [True, True, True]),
    ],
)
def test_a_waivers_path_is_a_glob_from_the_policys_directory(
    glob: str, expected: list[bool]
) -> None:
    paths = ["legacy/Dockerfile", f"{Path.cwd()}/legacy/web/Dockerfile", "./Dockerfile"]
    assert accepted(waiver(path=glob), *(finding(path=path) for path in paths)) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("stage build/USER", True),
        ("stage build", False),
        ("stage */USER", True),
        ("*", True),
        ("*USER", True),
        ("*build*", True),
        ("stage*build*USER*", True),
        ("stage build/USER*USER", False),
        ("*nothing*", False),
        ("*nothing*USER", False),
        ("x*", False),
        ("stage b[ui]ild/USER", False),
    ],
)
def test_a_waivers_symbol_is_compared_whole_and_stars_are_any_text(
    symbol: str, expected: bool
) -> None:
    assert accepted(waiver(symbol=symbol), finding(symbol="stage build/USER")) == [expected]


def test_a_waiver_holds_through_its_last_day_and_no_longer() -> None:
    assert accepted(waiver(until=TODAY), finding()) == [True]
    assert accepted(waiver(until=date(2026, 11, 23)), finding()) == [False]


def test_a_finding_that_is_suppressed_already_stays_as_it_is() -> None:
    marked = waive([finding()], policy(waiver()), CATALOG, TODAY)
    again = policy(Waiver(rule="root-user", reason="other", until=LATER))
    assert waive(marked, again, CATALOG, TODAY) == marked


def test_without_waivers_nothing_is_touched() -> None:
    assert waive(ALL, default_policy(), CATALOG, TODAY) == ALL
    assert waiver_notices(ALL, default_policy(), CATALOG, ["Dockerfile"], TODAY) == ()


def said(given: Waiver, *findings: Finding, whole: bool = False) -> list[tuple[str, int | None]]:
    notices = waiver_notices(findings, policy(given), CATALOG, ["Dockerfile"], TODAY, whole)
    assert all(notice.target == "seawall.toml" for notice in notices)
    return [(notice.message, notice.line) for notice in notices]


def test_an_expired_waiver_is_said_whether_or_not_it_matches() -> None:
    expected = [("the waiver of `root-user` expired on 2026-01-01: it no longer holds", 5)]
    assert said(waiver(until=date(2026, 1, 1))) == expected
    assert said(waiver(until=date(2026, 1, 1)), finding()) == expected


def test_an_unused_waiver_is_said_where_the_run_must_have_met_it() -> None:
    expected = [("the waiver of `root-user` matches no finding: take it out", 5)]
    assert said(waiver(path="Dockerfile")) == expected
    assert said(waiver(), whole=True) == expected
    assert said(waiver(path="other/Dockerfile"), whole=True) == expected


def test_an_unused_waiver_is_not_said_where_another_run_may_need_it() -> None:
    assert said(waiver()) == []
    assert said(waiver(path="*")) == []
    assert said(waiver(path="other/Dockerfile")) == []


def test_a_used_waiver_is_not_mentioned() -> None:
    assert said(waiver(), finding(), whole=True) == []
    assert said(waiver(path="Dockerfile"), finding()) == []
