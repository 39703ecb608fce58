"""What the terminal at the other end can show."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

from seawall.core.clean import clean

PIPE_WIDTH = 100
"""Columns of text that no terminal shows."""


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to write colours: `choice` is auto, always or never.

    NO_COLOR (no-color.org) outweighs FORCE_COLOR, both outweigh what the stream is; an explicit
    choice outweighs all. TERM=dumb shows none.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def width(stream: TextIO) -> int:
    """Columns to fill, from 40 to 120: `COLUMNS`, else the terminal's; for pipes 100."""
    named = os.environ.get("COLUMNS", "")
    if named.isascii() and named.isdigit():
        return _bounded(int(named))
    try:
        return _bounded(os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return PIPE_WIDTH


def _bounded(columns: int) -> int:
    return max(40, min(120, columns))


def complain(message: str, hint: str = "") -> None:
    """Say on standard error what went wrong and what to do."""
    _say(f"seawall: {clean(message)}\n" + (f"  {clean(hint)}\n" if hint else ""))


def remark(message: str) -> None:
    """Say on standard error what is good to know."""
    _say(f"seawall: note: {clean(message)}\n")


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody listens: nothing to be done
        sys.stderr.write(text)
