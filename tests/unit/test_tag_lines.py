"""Which tags are newer releases in the line of another."""

from __future__ import annotations

import pytest

from seawall.facts.tag_lines import newer_in_line


@pytest.mark.parametrize(
    ("name", "tag", "tags", "newer"),
    [
        (
            "python",
            "3.12.4-slim-bookworm",
            "3.12.9-slim-bookworm 3.12.10-slim-bookworm 3.12.11-slim 3.13.1-slim-bookworm "
            "3.12-slim-bookworm 3.12.3-slim-bookworm 3.12.4-slim-bookworm latest",
            "3.12.10-slim-bookworm 3.12.9-slim-bookworm",
        ),
        ("python", "3.12.4", "3.12.5rc1 3.12.5-rc1 3.12.5-slim 3.12.5", "3.12.5"),
        (
            "postgres",
            "16.3-alpine3.20",
            "16.10-alpine3.20 16.4-alpine3.21 17.1-alpine3.20",
            "16.10-alpine3.20",
        ),
        (
            "node",
            "20.11.1-alpine3.19",
            "20.19.0-alpine3.19 21.0.0-alpine3.19",
            "20.19.0-alpine3.19",
        ),
        ("alpine", "3.19.1", "3.19.8 3.20.1 3.19 edge", "3.19.8"),
        ("debian", "12.5-slim", "12.11-slim 13.0-slim 12-slim", "12.11-slim"),
        (
            "debian",
            "bookworm-20240701-slim",
            "bookworm-20240901-slim bookworm-20241001 trixie-20240902-slim bookworm-20240601-slim",
            "bookworm-20240901-slim",
        ),
        ("ubuntu", "jammy-20240530", "jammy-20250101 noble-20250101", "jammy-20250101"),
        ("acme/app", "2024.01.31", "2024.10.01 2024.2.1", "2024.10.01"),
        ("acme/app", "v1.2.3", "v1.2.10 1.2.11 v1.3.0", "v1.2.10"),
        (
            "eclipse-temurin",
            "21.0.3_9-jre",
            "21.0.4_7-jre 21.0.4_7-jdk 22.0.1_8-jre",
            "21.0.4_7-jre",
        ),
        ("acme/app", "1.2.3.4", "1.2.4.1 1.3.0.0 1.2.9", "1.2.4.1"),
    ],
)
def test_the_newest_of_the_same_line_comes_first(
    name: str, tag: str, tags: str, newer: str
) -> None:
    assert newer_in_line(name, tag, tags.split()) == tuple(newer.split())


@pytest.mark.parametrize("tag", ["latest", "3.12", "bookworm", "slim", "22.04", "1", "", "stable"])
def test_a_tag_that_floats_is_in_no_line(tag: str) -> None:
    assert newer_in_line("python", tag, ["3.12.9", "4.0.0", "99.99.99", "20991231"]) == ()


def test_absurd_tags_are_passed_over() -> None:
    tags = ["1" * 128, "1.2." + "9" * 100, "1.2.٣", "1.2.4", "", "-", "1..2"]
    assert newer_in_line("acme/app", "1.2.3", tags) == ("1.2.4",)
