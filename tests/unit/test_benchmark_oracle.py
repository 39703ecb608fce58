"""The benchmark's oracle reads stages, variables and references as BuildKit does."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dockerfile")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
truth = importlib.import_module("oracle.truth")
evaluation = importlib.import_module("oracle.evaluation")
substitution = importlib.import_module("oracle.substitution")


def truth_of(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    return truth.of(path)


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("FROM debian\n", "root"),
        ("FROM acme/own\n", "presumed root"),
        ("FROM grafana/grafana:9.5.2\n", "non-root"),
        ("FROM prom/alertmanager:v0.15.3\n", "root"),
        ("FROM prom/alertmanager:v0.16.0\n", "non-root"),
        ("FROM debian AS a\nUSER app\nFROM a\n", "non-root"),
        ("FROM debian AS a\nUSER app\nFROM debian\n", "root"),
        ("ARG U=app\nFROM debian\nARG U\nUSER $U\n", "non-root"),
        ("ARG U=app\nFROM debian\nUSER $U\n", "unknown"),
        ("FROM debian\nENV U=00\nUSER ${U}:app\n", "root"),
        ("FROM debian\nARG U=app\nENV U=root\nUSER $U\n", "root"),
        ("FROM debian AS a\nONBUILD USER app\nFROM a\n", "non-root"),
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER $APP_UID\n", "non-root"),
        ("FROM ${BASE}\n", "unknown"),
        ("FROM acme/OWN\n", "unknown"),
        ("RUN true\n", "unknown"),
    ],
)
def test_the_final_user_follows_stages_variables_and_the_table(
    tmp_path: Path, text: str, user: str
) -> None:
    assert truth_of(tmp_path, text).user == user


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("debian", "moves"),
        ("registry:5000/own", "moves"),
        ("own:latest", "moves"),
        ("own:1", "pinned"),
        ("own@sha256:" + "0" * 64, "pinned"),
        ("own:latest@sha256:" + "0" * 64, "pinned"),
        ("own:\0", "open"),
        ("\0", "open"),
        ("\0/own", "moves"),
        ("own:3.\0", "pinned"),
        ("own:la\0", "open"),
        ("own:", "refused"),
        ("Own", "refused"),
    ],
)
def test_a_reference_moves_is_pinned_or_stays_open(value: str, status: str) -> None:
    assert evaluation.status(value) == status


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("${A:-x}", "x"),
        ("${E:-x}-${E-x}", "x-"),
        ("${B:+x}${A:+y}", "x"),
        ("'$B'\"$B\"\\$B", "$Bb/c.tar$B"),
        ("${B%.*}${B##*/}", "b/cc.tar"),
        ("${B/tar/zip}", "b/c.zip"),
        ("$A", "\0"),
    ],
)
def test_variables_come_with_their_modifiers(word: str, value: str) -> None:
    assert substitution.expand(word, {"B": "b/c.tar", "E": ""}) == value


def test_references_of_copies_and_mounts_are_seen_and_stages_are_not(tmp_path: Path) -> None:
    known = truth_of(
        tmp_path,
        "FROM debian:12.5 AS a\nCOPY --from=busybox /x /\n"
        "FROM scratch\nCOPY --from=a / /\nCOPY --from=0 / /\n"
        "RUN --mount=type=bind,from=own:1,target=/x true\n",
    )
    found = [(reference.via, reference.written, status) for reference, status in known.references]
    assert found == [
        ("FROM", "debian:12.5", "pinned"),
        ("COPY", "busybox", "moves"),
        ("MOUNT", "own:1", "pinned"),
    ]
