"""The base score of a CVSS 4.0 vector.

https://www.first.org/cvss/v4-0/specification-document, section 8: a vector belongs to a
MacroVector, which has a score (the table below, published with the specification), and lies below
the MacroVector's severest vectors by some steps, which lower the score towards that of the next
MacroVectors. A base score takes all threat and environmental metrics at their defaults, so that
EQ5 is 0, EQ4 never 0, and EQ3 and EQ6 have five joint levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

_JOINT = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 1))
_SCORES = """
10 9.3 9.6 9 9.3 8.8 9.2 8 7.9 6.9
9.5 9.2 9.1 8.1 9.2 8.4 8.2 7 7.1 6.3
9.4 8.7 8.9 7.5 8.6 7.2 7.6 5.7 6.5 5.3
9 7.7 7.7 6.6 7.4 6.1 5.9 5.2 5.8 2.3
8.6 7 7.4 5.4 7.2 5.3 5.7 3.6 4.7 2.4
7.3 5.4 5.5 4.3 6.1 4.6 5.1 1.8 2.4 1
"""
"""Rows: EQ1 0 to 2, in each EQ2 0 and 1. Columns: the levels of `_JOINT`, in each EQ4 1 and 2."""

_Macro = tuple[int, int, tuple[int, int], int]
_LEVELS = {
    "AV": "NALP",
    "PR": "NLH",
    "UI": "NPA",
    "AC": "LH",
    "AT": "NP",
    "VC": "HLN",
    "VI": "HLN",
    "VA": "HLN",
    "SC": "HLN",
    "SI": "HLN",
    "SA": "HLN",
}
"""The values of each metric, the severest first: a step is one place."""

_EQ1 = (("NNN",), ("ANN", "NLN", "NNP"), ("PNN", "ALP"))
_EQ2 = (("LN",), ("HN", "LP"))
_EQ3 = {(0, 0): ("HHH",), (1, 0): ("LHH", "HLH"), (2, 1): ("LLL",)}
_EQ4 = {1: ("HHH",), 2: ("LLL",)}
"""The severest vectors of each level: values of AV PR UI, of AC AT, of VC VI VA, of SC SI SA."""

_DEPTH_1 = (1, 4, 5)
_DEPTH_2 = (1, 2)
_DEPTH_3 = {(0, 0): 7, (1, 0): 8, (2, 1): 10}
_DEPTH_4 = {1: 5, 2: 4}
"""How many steps there are in each level: table 30 of the specification."""


def base_score(metrics: Mapping[str, str]) -> float:
    """The score of a vector's metrics.

    Raises:
        KeyError: a base metric is missing, or has a value that it can't have.
    """
    steps = {name: _place(values, metrics[name]) for name, values in _LEVELS.items()}
    if all(metrics[name] == "N" for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return 0.0
    macro = _macro(metrics)
    value = _TABLE[macro]
    lowered = [
        (value - below) * distance / depth
        for below, distance, depth in _ways_down(macro, steps)
        if below is not None
    ]
    # The way down in EQ5 is always there and never taken: exploit maturity is no base metric.
    score = value - sum(lowered) / (len(lowered) + 1)
    return float(Decimal(str(round(score, 6))).quantize(Decimal("0.1"), ROUND_HALF_UP))


def _place(values: str, value: str) -> int:
    if len(value) != 1 or value not in values:
        raise KeyError(value)
    return values.index(value)


def _table() -> dict[_Macro, float]:
    table: dict[_Macro, float] = {}
    for row, line in enumerate(_SCORES.strip().splitlines()):
        for column, score in enumerate(line.split()):
            macro = (row // 2, row % 2, _JOINT[column // 2], 1 + column % 2)
            table[macro] = float(score)
    return table


_TABLE = _table()


def _macro(metrics: Mapping[str, str]) -> _Macro:
    """Tables 24 to 29 of the specification."""
    reach = [metrics[name] == "N" for name in ("AV", "PR", "UI")]
    first = 1 if any(reach) and metrics["AV"] != "P" else 2
    if all(reach):
        first = 0
    second = 0 if metrics["AC"] == "L" and metrics["AT"] == "N" else 1
    vulnerable = [metrics[name] == "H" for name in ("VC", "VI", "VA")]
    joint = (1, 0) if any(vulnerable) else (2, 1)
    if vulnerable[0] and vulnerable[1]:
        joint = (0, 0)
    fourth = 1 if "H" in (metrics["SC"], metrics["SI"], metrics["SA"]) else 2
    return first, second, joint, fourth


def _ways_down(macro: _Macro, steps: Mapping[str, int]) -> Iterable[tuple[float | None, int, int]]:
    """For each equivalence: the score one level lower, the steps taken, the steps there are."""
    first, second, joint, fourth = macro
    get = _TABLE.get
    yield (
        get((first + 1, second, joint, fourth)),
        _distance(_EQ1[first], ("AV", "PR", "UI"), steps),
        _DEPTH_1[first],
    )
    yield (
        get((first, second + 1, joint, fourth)),
        _distance(_EQ2[second], ("AC", "AT"), steps),
        _DEPTH_2[second],
    )
    yield (
        _below_joint(macro),
        _distance(_EQ3[joint], ("VC", "VI", "VA"), steps),
        _DEPTH_3[joint],
    )
    yield (
        get((first, second, joint, fourth + 1)),
        _distance(_EQ4[fourth], ("SC", "SI", "SA"), steps),
        _DEPTH_4[fourth],
    )


def _below_joint(macro: _Macro) -> float | None:
    """EQ3 and EQ6 go down together; from 0,0 to the severer of both neighbours."""
    first, second, joint, fourth = macro
    below = {(0, 0): ((0, 1), (1, 0)), (1, 0): ((1, 1),)}.get(joint)
    if below is None:
        return None
    return max(_TABLE[(first, second, each, fourth)] for each in below)


def _distance(severest: Iterable[str], names: tuple[str, ...], steps: Mapping[str, int]) -> int:
    """Steps below the first of the severest vectors that is at least as severe."""
    for vector in severest:
        apart = [
            steps[name] - _LEVELS[name].index(value)
            for name, value in zip(names, vector, strict=True)
        ]
        if min(apart) >= 0:
            return sum(apart)
    return 0
