"""One line on standard error while a long run goes on, gone when it ends."""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TextIO

from seawall.core.clean import clean_line

SILENCE = 1.0
"""Seconds before a run says anything: most are over by then."""
_PAUSE = 0.1
_ERASE = "\r\x1b[K"
_LONGEST = 100


class Progress:
    """Counts what was examined, where a person watches: on a terminal that can erase a line."""

    def __init__(self, stream: TextIO | None = None, what: str = "") -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_watched = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._next = monotonic() + SILENCE
        self._is_shown = False
        self._what = f" {what}" if what else ""

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` inputs are examined; a total of 0 is not known."""
        if not self._is_watched:
            return
        if done == total:
            self.close()
        elif (now := monotonic()) >= self._next:
            self._next = now + _PAUSE
            self._is_shown = True
            counted = f"{done} of {total}" if total else str(done)
            self._write(f"{_ERASE}seawall: {counted}{self._what} examined")

    def say(self, doing: str) -> None:
        """Say what is being done, where that takes long from the start."""
        if self._is_watched:
            self._is_shown = True
            self._write(f"{_ERASE}seawall: {clean_line(doing)[:_LONGEST]}")

    def close(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._is_shown = False
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
