"""Go's durations, `1h30m` or `1.5s`, as HEALTHCHECK takes them."""

from __future__ import annotations

import re

from seawall.surfaces.dockerfile.words import quote

_PART = re.compile(r"(\d+\.?\d*|\.\d+)?([^\d.]*)", re.ASCII)
_MILLISECONDS = {
    "ns": 1e-6,
    "us": 1e-3,
    "µs": 1e-3,
    "μs": 1e-3,
    "ms": 1.0,
    "s": 1e3,
    "m": 6e4,
    "h": 3.6e6,
}


def milliseconds(text: str) -> float:
    """How long a duration is.

    Raises:
        ValueError: it is none; the message is Go's.
    """
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("-", "+") and text else text
    if rest == "0":
        return 0.0
    if not rest:
        raise ValueError(f"time: invalid duration {quote(text)}")
    total, position = 0.0, 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None or not match[1]:
            raise ValueError(f"time: invalid duration {quote(text)}")
        total += float(match[1]) * _unit(match[2], text)
        position = match.end()
    return sign * total


def _unit(unit: str, text: str) -> float:
    if not unit:
        raise ValueError(f"time: missing unit in duration {quote(text)}")
    if unit not in _MILLISECONDS:
        raise ValueError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
    return _MILLISECONDS[unit]
