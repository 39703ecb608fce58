"""Our parse tree is BuildKit's: on hand-made files and on thousands of mutations of them.

`SEAWALL_FUZZ` sets the number of mutations.
"""

from __future__ import annotations

import os

import pytest
from dockerfile_oracle import Incomparable, Mutator, Tally, difference
from dockerfile_samples import SAMPLES

pytest.importorskip("dockerfile", reason="the PyPI package `dockerfile`, the oracle, is absent")
pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("text", SAMPLES)
def test_a_tricky_file_is_read_as_buildkit_reads_it(text: str) -> None:
    assert difference(text) == ""


@pytest.mark.parametrize("length", [65534, 65535, 65536, 65537])
@pytest.mark.parametrize("frame", ["FROM a\n%s", "FROM a\n%s\nRUN b\n", "FROM a\nRUN x \\\n%s\n"])
def test_a_line_is_too_long_where_it_is_for_buildkit(frame: str, length: int) -> None:
    assert difference(frame % ("RUN " + "x" * (length - 4))) == ""


def test_the_limit_of_a_line_counts_bytes() -> None:
    assert difference("FROM a\nRUN " + "é" * 32766) == ""
    assert difference("FROM a\nRUN " + "é" * 32765) == ""


def test_mutated_files_are_read_as_buildkit_reads_them() -> None:
    number = int(os.environ.get("SEAWALL_FUZZ", "4000"))
    mutator, tally = Mutator(list(SAMPLES), seed=20), Tally()
    for _ in range(number):
        text = mutator.next()
        found = tally.add(text)
        assert not found, f"{found}\n{text!r}"
    assert tally.same > 0.9 * number, str(tally)


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(Incomparable, match="check directive"):
        difference("# check=skip=all\n# escape=`\nFROM a\n")
