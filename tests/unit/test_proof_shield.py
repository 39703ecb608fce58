"""Signals during a proof: at once, held back, and none of our business."""

from __future__ import annotations

import signal
from threading import Thread

import pytest

from seawall.jobs.proving.shield import Shield


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_is_done(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), Shield().raised():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_what_must_not_break_off_is_finished_first() -> None:
    shield, done = Shield(), []

    def make() -> None:
        with shield.held():
            with shield.held():
                signal.raise_signal(signal.SIGINT)
                done.append("made")
            done.append("named")
        done.append("never")

    with pytest.raises(KeyboardInterrupt), shield.raised():
        make()
    assert done == ["made", "named"]


def test_at_the_end_no_signal_counts_any_more() -> None:
    shield = Shield()
    with shield.raised(), shield.held(forever=True):
        signal.raise_signal(signal.SIGINT)


def test_elsewhere_than_in_the_main_thread_it_does_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with Shield().raised():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
