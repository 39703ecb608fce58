"""A policy can ask for a rule that its profile would leave out."""

from __future__ import annotations

from pathlib import Path

from seawall.jobs.check import CheckOptions, check

DOCKERFILE = "FROM python:3.13.5-slim\nUSER 1000\n"


def rules_found(directory: Path) -> set[str]:
    return {finding.rule for finding in check([str(directory)], CheckOptions()).findings}


def test_a_digest_is_asked_for_in_every_profile_where_the_policy_requires_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    assert "unpinned-digest" not in rules_found(tmp_path)
    (tmp_path / "seawall.toml").write_text("[images]\nrequire-digest = true\n")
    assert "unpinned-digest" in rules_found(tmp_path)
