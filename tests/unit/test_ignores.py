"""Ignore comments silence what they name, where they stand, and no longer than they say."""

from __future__ import annotations

import time
from datetime import date

import pytest
from samples import CATALOG, IDS, finding

from seawall.core.ignores import Ignores, Layout, read_ignores, suppress
from seawall.core.model import Finding, Notice
from seawall.core.policy import Compatibility, IgnoreTerms

TODAY = date(2026, 11, 24)
TERMS = IgnoreTerms()

# 1 comment  2 FROM  3 comment  4-6 RUN with a comment on 5  7 comment  8 FROM  9 USER  10 comment
LAYOUT = Layout(instructions=[(2, 2), (4, 6), (8, 8), (9, 9)], stages=[(2, 7), (8, 10)])


def read(*comments: tuple[str, int], terms: IgnoreTerms = TERMS) -> Ignores:
    return read_ignores("Dockerfile", comments, LAYOUT, CATALOG, terms, TODAY)


def silenced(comment: str, line: int, rule: str = "root-user") -> list[int]:
    """The lines on which a rule is silenced by one comment."""
    findings = [finding(rule, number) for number in range(1, 11)]
    marked, _ = suppress("Dockerfile", findings, read((comment, line)), IDS)
    return [each.location.span.line for each in marked if each.suppressed]


def notices(comment: str, *findings: Finding, strict: bool = False, line: int = 3) -> list[str]:
    _, said = suppress("Dockerfile", findings, read((comment, line)), IDS, strict)
    assert all(notice.line == line and notice.target == "Dockerfile" for notice in said)
    return [notice.message for notice in said]


# Where an ignore holds


def test_a_comment_above_holds_for_the_whole_next_instruction() -> None:
    assert silenced("# seawall: ignore[root-user]", 3) == [3, 4, 5, 6]
    assert silenced("# seawall: ignore[root-user]", 1) == [1, 2]


def test_a_comment_within_a_continued_instruction_holds_for_all_of_it() -> None:
    assert silenced("# seawall: ignore[root-user]", 5) == [4, 5, 6]


def test_a_comment_after_the_last_instruction_holds_for_nothing() -> None:
    assert silenced("# seawall: ignore[root-user]", 10) == []


def test_a_stage_is_the_one_that_the_next_instruction_is_in() -> None:
    assert silenced("# seawall: ignore-stage[root-user]", 3) == [2, 3, 4, 5, 6, 7]
    assert silenced("# seawall: ignore-stage[root-user]", 7) == [8, 9, 10]
    assert silenced("# seawall: ignore-stage[root-user]", 10) == [8, 9, 10]


def test_a_stage_before_any_from_is_none() -> None:
    ignores = read_ignores(
        "x",
        [("# seawall: ignore-stage[root-user]", 1)],
        Layout(instructions=[(2, 2)], stages=[]),
        CATALOG,
        TERMS,
        TODAY,
    )
    assert ignores.holding[0].lines == (0, 0)


def test_a_file_ignore_holds_everywhere_wherever_it_stands() -> None:
    assert silenced("# seawall: ignore-file[root-user]", 10) == list(range(1, 11))


def test_an_ignore_silences_nothing_but_what_it_names() -> None:
    assert silenced("# seawall: ignore-file[root-user]", 1, "latest-tag") == []
    assert silenced("# seawall: ignore-file[latest-tag, root-user]", 1, "latest-tag")


def test_a_practice_and_an_alias_are_names_too() -> None:
    for name in ("pinned-base-image", "DL3007", "hadolint:DL3007", "trivy:ds-0001"):
        assert silenced(f"#seawall:ignore-file[{name}]", 1, "latest-tag"), name


def test_what_the_comment_says_is_kept_with_the_finding() -> None:
    comment = "# seawall: ignore[root-user] until=2027-01-31 -- needs port 80 -- for now"
    marked, said = suppress("x", [finding(line=4)], read((comment, 3)), IDS)
    suppressed = marked[0].suppressed
    assert suppressed is not None
    assert suppressed.kind == "inline"
    assert suppressed.reason == "needs port 80 -- for now"
    assert suppressed.until == "2027-01-31"
    assert suppressed.line == 3
    assert said == ()


# Other tools' comments


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("# hadolint ignore=DL3002", "root-user"),
        ("#hadolint ignore=DL3006,DL3002", "root-user"),
        ("# hadolint ignore = DL3006 , DL3002 # because", "root-user"),
        ("# hadolint ignore=DL3002 we need it", "root-user"),
        ("#trivy:ignore:DS002", "root-user"),
        ("# trivy:ignore:DS-0002", "root-user"),
        ("#trivy:ignore:AVD-DS-0002", "root-user"),
        ("#trivy:ignore:DS001 trivy:ignore:AVD-DS-0002", "root-user"),
        ("#trivy:ignore:DS002:exp:2027-01-01", "root-user"),
        ("#trivy:ignore:*", "root-user"),
    ],
)
def test_another_tools_comment_holds_for_the_next_instruction(comment: str, rule: str) -> None:
    assert silenced(comment, 3, rule) == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("# hadolint global ignore=DL3002", "root-user"),
        ("#checkov:skip=CKV_DOCKER_2:no need", "no-health-check"),
        ("# bridgecrew:skip=CKV_DOCKER_2", "no-health-check"),
        ("# checkov:skip=CKV_X, CKV_DOCKER_2 : two", "no-health-check"),
        ("# check=skip=JSONArgs,MultipleInstructionsDisallowed;error=true", "no-health-check"),
        ("# check=error=true;skip=all", "no-health-check"),
    ],
)
def test_another_tools_file_comment_holds_everywhere(comment: str, rule: str) -> None:
    assert silenced(comment, 1, rule) == list(range(1, 11))


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint shell=/bin/bash",
        "# hadolint is nice, ignore=DL3002",
        "# see hadolint ignore=DL3002",
        "# the rule DL3002 asks us to ignore it",
        "#trivy:ignore:root-user",
        "#trivy:ignore:CVE-2026-0001",
        "# hadolint ignore=DS-0002",
        "# check=error=true",
        "# check=skipping",
        "# checkov:skip=",
        "# ignore[root-user]",
        "# seawall ignores root-user",
    ],
)
def test_what_only_looks_like_an_ignore_silences_nothing(comment: str) -> None:
    assert silenced(comment, 3) == []
    assert notices(comment, strict=True) == []


def test_a_tool_that_the_policy_does_not_name_is_not_obeyed() -> None:
    terms = IgnoreTerms(compat=(Compatibility.TRIVY,))
    assert read(("# hadolint ignore=DL3002", 3), terms=terms) == Ignores()
    assert read(("#trivy:ignore:DS002", 3), terms=terms).holding
    assert read(("# seawall: ignore[root-user]", 3), terms=terms).holding


# What is said of ignores


def test_an_unused_ignore_of_ours_is_said_by_name() -> None:
    said = notices("# seawall: ignore[root-user, latest-tag]", finding(line=4))
    assert said == ["this ignore of `latest-tag` matches no finding: take it out"]


def test_another_tools_unused_ignore_is_said_only_under_strict() -> None:
    comment = "# hadolint ignore=DL3002"
    assert notices(comment) == []
    assert notices(comment, strict=True)
    assert notices(comment, finding(line=4), strict=True) == []


def test_an_ignore_of_a_rule_that_was_not_judged_is_not_called_unused() -> None:
    ignores = read(("# seawall: ignore[no-health-check]", 3))
    assert suppress("x", [], ignores, {"root-user"})[1] == ()
    assert suppress("x", [], ignores, {"no-health-check"})[1] != ()


def test_the_second_of_two_ignores_that_mean_the_same_is_used_as_well() -> None:
    ignores = read(("# hadolint ignore=DL3002", 3), ("# seawall: ignore[root-user] -- x", 3))
    marked, said = suppress("x", [finding(line=4)], ignores, IDS, strict=True)
    assert said == ()
    assert marked[0].suppressed is not None


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        (
            "# seawall: ignore[rot-user]",
            "no rule `rot-user` to ignore. Did you mean `root-user`",
        ),
        ("# seawall: ignore[zzzzzz]", "there is no rule `zzzzzz` to ignore."),
        ("# seawall: ignore[root-user] until=2026-11-23", "expired on 2026-11-23"),
        ("# trivy:ignore:DS002:exp:2026-01-01", "expired on 2026-01-01"),
        ("# trivy:ignore:DS002:exp:soon", "`exp:soon` is no date"),
        ("# seawall: ignore[root-user] until=tomorrow", "`until=tomorrow` is no date"),
        ("# seawall: ignore[root-user] until=20270131", "`until=20270131` is no date"),
        ("# seawall: ignore[root-user] until=2027-W01-1", "`until=2027-W01-1` is no date"),
        ("# seawall: ignore[root-user] until=2027-02-30", "`until=2027-02-30` is no date"),
        ("# seawall: ignore[root-user] because", "`because` in this ignore can't be understood"),
        ("# seawall: ignore[]", "names no rule"),
        ("# seawall: ignore root-user", "can't be understood"),
        ("# seawall: ingore[root-user]", "can't be understood"),
    ],
)
def test_an_ignore_that_does_not_hold_says_why_and_silences_nothing(
    comment: str, message: str
) -> None:
    assert silenced(comment, 3) == []
    said = notices(comment, finding(line=4))
    assert len(said) == 1
    assert message in said[0]


def test_an_ignore_holds_through_its_last_day() -> None:
    assert silenced("# seawall: ignore[root-user] until=2026-11-24", 3)


def test_an_unknown_name_leaves_the_others_in_force() -> None:
    comment = "# seawall: ignore[rot-user, root-user]"
    assert silenced(comment, 3)
    assert len(notices(comment, finding(line=4))) == 1


@pytest.mark.parametrize(
    ("terms", "comment", "message"),
    [
        (IgnoreTerms(require_reason=True), "# seawall: ignore[root-user]", "gives no reason"),
        (IgnoreTerms(require_reason=True), "# hadolint ignore=DL3002", "gives no reason"),
        (IgnoreTerms(max_days=30), "# seawall: ignore[root-user] -- x", "has no end"),
        (
            IgnoreTerms(max_days=30),
            "# seawall: ignore[root-user] until=2026-12-25 -- x",
            "longer than the 30 days",
        ),
    ],
)
def test_an_ignore_that_breaks_the_policys_terms_does_not_hold(
    terms: IgnoreTerms, comment: str, message: str
) -> None:
    ignores = read((comment, 3), terms=terms)
    assert ignores.holding == ()
    assert message in ignores.notices[0].message


def test_an_ignore_that_keeps_the_policys_terms_holds() -> None:
    terms = IgnoreTerms(require_reason=True, max_days=30)
    assert read(("# seawall: ignore[root-user] until=2026-12-24 -- x", 3), terms=terms).holding


def test_another_tools_names_that_mean_nothing_here_are_not_mentioned() -> None:
    terms = IgnoreTerms(require_reason=True)
    assert read(("# hadolint ignore=DL4006", 3), terms=terms) == Ignores()


def test_a_finding_that_is_waived_already_stays_so_and_the_ignore_counts_as_used() -> None:
    first = read(("# seawall: ignore[root-user] -- first", 3))
    marked, _ = suppress("x", [finding(line=4)], first, IDS)
    again, said = suppress("x", marked, read(("# seawall: ignore[root-user] -- b", 3)), IDS)
    assert again == marked
    assert said == ()


def test_without_comments_nothing_is_touched() -> None:
    findings = (finding(),)
    assert suppress("x", findings, Ignores(), IDS) == (findings, ())
    notice = Notice("x", "m", 1)
    assert suppress("x", findings, Ignores(notices=(notice,)), IDS) == (findings, (notice,))


@pytest.mark.parametrize(
    "comment",
    [
        "#" * 4000 + " ignore",
        "# seawall: ignore[" + " " * 4000,
        "# seawall:" + " \t" * 2000 + "ignore",
        "# hadolint " + "global " * 500 + "ignore=",
        "# hadolint ignore=" + "a " * 2000 + "\x00",
        "# trivy:ignore:" + "a:b:" * 1000,
        "# checkov:skip=" + "a," * 2000,
        "# check=" + "; skip" * 600,
        "#" * 1_000_000 + "ignore",
        "# seawall: ignore[" + "x" * 1_000_000 + "]",
    ],
)
def test_a_hostile_comment_costs_no_time(comment: str) -> None:
    start = time.process_time()
    for _ in range(10):
        read((comment, 3))
    assert time.process_time() - start < 0.5
