"""Base scores of CVSS vectors, as FIRST's specifications compute them (v2, v3.0, v3.1).

https://www.first.org/cvss/v2/guide (3.2.1), https://www.first.org/cvss/v3-1/specification-document
(7.1, 7.4, appendix A); version 4.0 is in `cvss4`. Threat and environmental metrics are no part of
a base score and are passed over.
"""

from __future__ import annotations

from functools import lru_cache

from seawall.advisories.cvss4 import base_score as _score_4
from seawall.core.model import Severity

_MAX_VECTOR = 300

_IMPACT_3 = {"H": 0.56, "L": 0.22, "N": 0.0}
_WEIGHTS_3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": _IMPACT_3,
    "I": _IMPACT_3,
    "A": _IMPACT_3,
}
_PRIVILEGES_3 = {
    "U": {"N": 0.85, "L": 0.62, "H": 0.27},
    "C": {"N": 0.85, "L": 0.68, "H": 0.5},
}
_IMPACT_2 = {"N": 0.0, "P": 0.275, "C": 0.660}
_WEIGHTS_2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": _IMPACT_2,
    "I": _IMPACT_2,
    "A": _IMPACT_2,
}


@lru_cache(maxsize=8192)
def base_score(vector: str) -> float:
    """The base score, 0 to 10; -1 for what is no whole vector."""
    if len(vector) > _MAX_VECTOR:
        return -1.0
    metrics = _metrics(vector)
    try:
        if vector.startswith("CVSS:4.0/"):
            return _score_4(metrics)
        if vector.startswith(("CVSS:3.1/", "CVSS:3.0/")):
            return _score_3(metrics)
        return -1.0 if vector.startswith("CVSS:") else _score_2(metrics)
    except KeyError:  # a metric is missing, or has no such value
        return -1.0


def severity_of(score: float) -> Severity | None:
    """The rating of a score: the bands of v3.1 (section 5) and v4.0 (section 6); None for 0."""
    if score <= 0:
        return None
    if score >= 9:
        return Severity.CRITICAL
    if score >= 7:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4 else Severity.LOW


def _metrics(vector: str) -> dict[str, str]:
    parts = (part.partition(":") for part in vector.strip("()").split("/"))
    return {name: value for name, _, value in parts}


def _score_3(metrics: dict[str, str]) -> float:
    weight = {name: values[metrics[name]] for name, values in _WEIGHTS_3.items()}
    is_changed = metrics["S"] == "C"
    privileges = _PRIVILEGES_3[metrics["S"]][metrics["PR"]]
    base = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if is_changed else 6.42 * base
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    total = impact + exploitability
    return _round_up(min(1.08 * total if is_changed else total, 10.0))


def _round_up(value: float) -> float:
    """To the next tenth, as appendix A of v3.1 does it, so that no 4.000001 becomes 4.1."""
    scaled = round(value * 100_000)
    tenths = scaled // 10_000
    return (tenths if scaled % 10_000 == 0 else tenths + 1) / 10


def _score_2(metrics: dict[str, str]) -> float:
    weight = {name: values[metrics[name]] for name, values in _WEIGHTS_2.items()}
    impact = 10.41 * (1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"]))
    exploitability = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    score = (0.6 * impact + 0.4 * exploitability - 1.5) * (0 if impact == 0 else 1.176)
    return round(score + 1e-9, 1)
