"""No text of a policy file or a comment brings anything down."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.core.errors import ConfigError
from seawall.core.ignore_comments import read_comment
from seawall.core.policy import Policy, load_policy
from seawall.core.policy.lines import read_lines

PIECES = [
    *("profile", "fail-on", "select", "severity", "images", "allowed", "waivers", "until"),
    *("rule", "reason", "ignores", "max-days", "exclude", "attestations", "root-user"),
    *("=", "[", "]", "[[", "]]", "{", "}", ".", ",", "\n", " ", '"', "'", '"""', "#", "!", "*"),
    *('"x"', "1", "-1", "1.5", "true", "2027-01-31", "2027-01-31T00:00:00", '"high"', "\u202e"),
]
toml = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
assignments = st.lists(
    st.tuples(
        st.sampled_from(PIECES[:15]), st.sampled_from(['"x"', "1", "[]", "[1]", "{}", "[{}]"])
    ),
    max_size=6,
).map(lambda pairs: "\n".join(f"{key} = {value}" for key, value in pairs))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policy") / "seawall.toml"


@given(text=st.one_of(toml, assignments, st.text(max_size=60)))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_is_a_policy_or_a_mistake_with_its_line(file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    outcome = policy_or_mistake(file)
    if isinstance(outcome, Policy):
        assert all(entry.origin for entry in outcome.entries())
    else:
        assert "seawall.toml:" in outcome.message
        assert outcome.hint


def policy_or_mistake(file: Path) -> Policy | ConfigError:
    try:
        return load_policy(file)
    except ConfigError as error:
        return error


@given(text=st.one_of(toml, st.text()))
@settings(max_examples=200, deadline=None)
def test_a_key_has_a_line_of_the_text(text: str) -> None:
    lines = read_lines(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.places.values())


WORDS = [
    *("# ", "#", "seawall", ":", " ", "ignore", "-file", "-stage", "[", "]", ",", "root-user"),
    *("until=", "2027-01-31", "--", "hadolint ", "global ", "=", "DL3002", "trivy:ignore:"),
    *(":exp:", "checkov:skip=", "check=", "skip=", ";", "\t", "\0", "\udcff"),
]


@given(text=st.lists(st.sampled_from(WORDS), max_size=25).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_comment_is_read(text: str) -> None:
    for written in read_comment(text, 3):
        assert written.line == 3
        assert written.names or written.problem or written.tool != "seawall"
        assert written.until is None or isinstance(written.until, date)
