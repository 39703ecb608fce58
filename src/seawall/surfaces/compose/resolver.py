"""The type of a plain YAML scalar, as Compose's reader has it: neither sexagesimal nor yes/no."""

from __future__ import annotations

import re
from typing import TypeAlias

from seawall.surfaces.compose.yaml_tree import NULLS, Scalar

Plain: TypeAlias = str | int | float | bool | None

_BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0x(?P<hex>[0-9a-fA-F_]+)|0b(?P<binary>[01_]+)|0o(?P<octal>[0-7_]+)"
    r"|0(?P<old>[0-7_]+)|(?P<decimal>[0-9][0-9_]*))\Z"
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "old": 8, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\Z")
_MAX_DIGITS = 40


def value_of(scalar: Scalar) -> Plain:
    """Its value: a text unless it is plain, without variables, and looks like another type."""
    text = scalar.text
    if not scalar.is_plain or "$" in scalar.written:
        return text
    if text in NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in "0123456789+-." and len(text) <= _MAX_DIGITS:
        return _number(text)
    return text


def _number(text: str) -> Plain:
    match = _INTEGER.match(text)
    if match is not None:
        base = match.lastgroup or "decimal"
        digits = match[base].replace("_", "")
        return int(match["sign"] + digits, _BASES[base]) if digits else text
    if _FLOAT.match(text) is not None:
        return float(text.replace("_", ""))
    if text.lower() in {".inf", "+.inf", "-.inf", ".nan"}:
        return float(text.replace(".", "", 1))
    return text


def text_of(scalar: Scalar) -> str:
    """Its value as the text that Compose makes of it where a text is wanted."""
    value = value_of(scalar)
    if isinstance(value, str):
        date = _DATE.match(value) if scalar.is_plain and "-" in value else None
        return value if date is None else _timestamp(value, date)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _float_text(value)


def _timestamp(value: str, date: re.Match[str]) -> str:
    year, month, day = (int(part) for part in date.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return value
    return f"{year:04}-{month:02}-{day:02} 00:00:00 +0000 UTC"


def _float_text(value: float) -> str:
    if value == int(value) if abs(value) < 1e21 else False:
        return str(int(value))
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(text := repr(value), text)
