"""What the terminal at the other end can show."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

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
    """Columns to fill: the terminal's, from 40 to 120; for pipes `COLUMNS`, else 100."""
    if stream.isatty() or os.environ.get("COLUMNS"):
        return max(40, min(120, shutil.get_terminal_size().columns))
    return PIPE_WIDTH
