"""What a terminal would act on, and what it may have as it is."""

from __future__ import annotations

import pytest

from seawall.core.clean import clean, clean_line
from seawall.core.suggestion import did_you_mean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ~ text", "plain ~ text"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("Grüße, 世界 👍", "Grüße, 世界 👍"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\rb\x00\x7f\x9b", "a\\x0db\\x00\\x7f\\x9b"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_only_what_a_terminal_acts_on_or_hides_is_escaped(text: str, shown: str) -> None:
    assert clean(text) == shown
    assert shown.encode()


def test_a_line_stays_one_line() -> None:
    assert clean_line("a\nb\r\n::error::") == "a\\nb\\x0d\\n::error::"


def test_a_word_that_is_close_is_suggested_and_no_other() -> None:
    assert did_you_mean("Chek", ["check", "explain"]) == "Did you mean `check`?"
    assert did_you_mean("zzz", ["check", "explain"]) == ""
