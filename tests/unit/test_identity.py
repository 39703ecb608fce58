"""A finding stays the same one while the file around it changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from samples import finding

from seawall.core.identity import fingerprint, identify, relative_path
from seawall.core.model import Finding


def prints(*findings: Finding, root: str = "") -> list[str]:
    return [each.fingerprint for each in identify(findings, root or str(Path.cwd()))]


def test_a_fingerprint_is_the_same_on_every_machine_and_version() -> None:
    assert fingerprint("root-user", "web/Dockerfile", "stage 0/USER") == (
        "13a91ae784b8544ede50fc6af74f00a7"
    )


def test_rule_path_symbol_and_ordinal_all_take_part() -> None:
    different = {
        fingerprint("a", "b", "c"),
        fingerprint("x", "b", "c"),
        fingerprint("a", "x", "c"),
        fingerprint("a", "b", "x"),
        fingerprint("a", "b", "c", 1),
        fingerprint("a", "bc", ""),
    }
    assert len(different) == 6


def test_lines_columns_messages_and_severities_take_no_part() -> None:
    assert prints(finding(line=3)) == prints(finding(line=90, column=7, message="other words"))


def test_indentation_within_a_symbol_takes_no_part() -> None:
    assert prints(finding(symbol="RUN  curl \t x")) == prints(finding(symbol="RUN curl x"))


def test_equal_symbols_are_told_apart_by_place_not_by_the_order_given() -> None:
    first, second = finding(line=2), finding(line=9)
    assert prints(first, second) == list(reversed(prints(second, first)))
    assert len(set(prints(first, second))) == 2


def test_equal_places_differ_by_column() -> None:
    left, right = finding(column=1), finding(column=5)
    assert prints(left, right) == list(reversed(prints(right, left)))


def test_a_new_finding_with_another_symbol_changes_no_other() -> None:
    old = prints(finding(line=5, symbol="RUN a"))
    assert prints(finding(line=1, symbol="RUN b"), finding(line=6, symbol="RUN a"))[1] == old[0]


def test_files_do_not_share_ordinals() -> None:
    both = prints(finding(path="a/Dockerfile"), finding(path="b/Dockerfile"))
    assert both[0] == prints(finding(path="a/Dockerfile"))[0]
    assert both[1] == prints(finding(path="b/Dockerfile"))[0]


def test_the_directory_that_a_run_starts_in_takes_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web").mkdir()
    monkeypatch.chdir(tmp_path)
    root = str(tmp_path)
    above = prints(finding(path="web/Dockerfile"), root=root)
    assert above == prints(finding(path="./web/../web/Dockerfile"), root=root)
    assert above == prints(finding(path=f"{root}/web/Dockerfile"), root=root)
    monkeypatch.chdir(tmp_path / "web")
    assert above == prints(finding(path="Dockerfile"), root=root)


def test_a_path_outside_the_root_is_absolute() -> None:
    assert relative_path("/etc/Dockerfile", "/srv") == "/etc/Dockerfile"
    assert relative_path("/srv/Dockerfile", "/") == "srv/Dockerfile"
    assert relative_path(os.path.join("/srv", "a"), "/srv/") == "a"  # noqa: PTH118 -- as callers do


@pytest.mark.parametrize("symbol", [chr(0xDC80), "\ud800", "\0", "", "🦑" * 1000])
def test_any_symbol_has_a_fingerprint(symbol: str) -> None:
    assert len(prints(finding(symbol=symbol))[0]) == 32
