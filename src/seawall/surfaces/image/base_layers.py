"""Which layers come from the base image, as far as the image alone tells.

Nothing in an image says where its base ends. What is looked for, the surest first:

1. CMD or ENTRYPOINT in the middle of the history. Images set them last, so one that is followed
   by further layers is mostly the base's own. The last such place counts; but where some of them
   are followed by a pause of more than an hour and others are not, the last with a pause: a base
   is older than what is built on it, the steps of one build follow each other.
2. A change of builder: the first steps were not made by BuildKit, as its comment would tell, and
   those behind them were (distroless, apko, imported archives).
3. The longest pause between two layers, where it is longer than a day.

An image whose history fits none of them is taken to have no base. The same answers serve to rank
findings and to name whose they are, never to leave any out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from seawall.core.expression import Expression
from seawall.surfaces.image.config import Step
from seawall.surfaces.image.history import instruction

_HOUR = 3600.0
_DAY = 24 * _HOUR
_EPOCH = 86_400 * 366 * 11
"""Seconds: dates before 1981 are those of builds that leave the time out."""

_BUILDKIT = "buildkit.dockerfile"
_STARTS = Expression(r"(?:CMD|ENTRYPOINT)\b")


def base_steps(steps: Sequence[Step]) -> int:
    """How many steps at the beginning of a history are the base image's; 0 where none are."""
    making = [number for number, step in enumerate(steps) if step.makes_layer]
    if len(making) < 2:
        return 0
    first, last = making[0], making[-1]
    return (
        _by_command(steps, first, last)
        or _by_builder(steps, first, last)
        or _by_pause(steps, first, last)
    )


def _by_command(steps: Sequence[Step], first: int, last: int) -> int:
    ends = [
        number + 1
        for number in range(first + 1, last)
        if not steps[number].makes_layer and _STARTS.match(instruction(steps[number]))
    ]
    with_pause = [
        end for end in ends if _longest_pause(steps, end, _next_layer(steps, end)) > _HOUR
    ]
    return (with_pause or ends or [0])[-1]


def _by_builder(steps: Sequence[Step], first: int, last: int) -> int:
    for number in range(first + 1, last + 1):
        if steps[number].comment.startswith(_BUILDKIT):
            return 0 if steps[first].comment.startswith(_BUILDKIT) else number
    return 0


def _by_pause(steps: Sequence[Step], first: int, last: int) -> int:
    longest, end = max((_pause(steps, number), number) for number in range(first + 1, last + 1))
    return end if longest > _DAY else 0


def _next_layer(steps: Sequence[Step], number: int) -> int:
    """The first step from `number` on that makes a layer; there is one."""
    while not steps[number].makes_layer:
        number += 1
    return number


def _longest_pause(steps: Sequence[Step], first: int, last: int) -> float:
    """Settings take the time of the step before them or behind them, as the builder likes."""
    return max(_pause(steps, number) for number in range(first, last + 1))


def _pause(steps: Sequence[Step], number: int) -> float:
    """Seconds between a step and the one before it; 0 where they are not told."""
    before, behind = _seconds(steps[number - 1].created), _seconds(steps[number].created)
    return behind - before if before and behind else 0.0


def _seconds(created: str) -> float:
    """A date as seconds, 0 where it is none or tells nothing."""
    try:
        # Nanoseconds are more than `fromisoformat` reads.
        moment = datetime.fromisoformat(re.sub(r"\.\d+", "", created[:64]))
        seconds = moment.timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return seconds if seconds > _EPOCH else 0.0
