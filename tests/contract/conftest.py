"""What the contract tests share: programs that they start find the package that they test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import seawall


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let child processes import this Seawall from whatever directory they start in."""
    source = Path(seawall.__file__).resolve().parents[1]
    given = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{source}:{given}" if given else str(source))
