"""Progress is for people: on a terminal, after a second, and gone at the end."""

from __future__ import annotations

import io

import pytest

from seawall.cli import progress as module
from seawall.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm")


def test_a_long_run_says_how_far_it_is_and_takes_the_line_away() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress(1, 3)
    assert "1 of 3 examined" in terminal.getvalue()
    progress(3, 3)
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_short_run_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 60.0)
    terminal = Terminal()
    progress = Progress(terminal)
    progress(1, 3)
    progress(3, 3)
    assert terminal.getvalue() == ""


def test_nothing_is_written_into_a_pipe_or_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    Progress(pipe)(1, 3)
    monkeypatch.setenv("TERM", "dumb")
    dumb = Terminal()
    Progress(dumb)(1, 3)
    assert pipe.getvalue() == dumb.getvalue() == ""
