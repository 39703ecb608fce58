"""Interrupts while something is being made: they wait until it has a name, and can be removed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Shield:
    """SIGINT and SIGTERM as `KeyboardInterrupt`, but not in the middle of what must not break off.

    Elsewhere than in the main thread it does nothing: signals don't come there.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._waiting = False
        self._former: dict[signal.Signals, Any] = {}

    @contextmanager
    def raised(self) -> Iterator[None]:
        """Within it, both signals end what is done by `KeyboardInterrupt`."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._former = {each: signal.signal(each, self._handle) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in self._former.items():
                signal.signal(each, handler)

    @contextmanager
    def held(self, *, forever: bool = False) -> Iterator[None]:
        """Within it, a signal waits; at its end it counts, unless it is held forever."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._waiting and not forever and not self._depth:
            self._waiting = False
            raise KeyboardInterrupt

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._depth:
            self._waiting = True
        else:
            raise KeyboardInterrupt
