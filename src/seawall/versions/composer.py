"""Composer's order of versions: what its `VersionParser` makes of them, as PHP compares that."""

from __future__ import annotations

import re

from seawall.versions.encoding import number

_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+)?)?([.-]?dev)?"
_CLASSIC = re.compile(
    rf"v?([0-9]{{1,5}})(\.[0-9]++)?(\.[0-9]++)?(\.[0-9]++)?{_MODIFIER}", re.IGNORECASE | re.ASCII
)
_DATED = re.compile(
    rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}})?){_MODIFIER}",
    re.IGNORECASE | re.ASCII,
)
_BRANCH = re.compile(
    r"v?([0-9]++)(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?[.-]?dev",
    re.IGNORECASE | re.ASCII,
)
_FLAG = re.compile("@(?:stable|rc|beta|alpha|dev)$", re.IGNORECASE)
_BUILD = re.compile(r"([^,\s+]++)\+\S++")
_DEFAULT_BRANCHES = ("master", "trunk", "default")
_OPEN_END = "9999999"  # what Composer puts for the `x` of a branch
_TOKEN = re.compile("[0-9]+|[A-Za-z]+")

# How PHP's version_compare ranks a word by its first letters; the end of a version comes after
# `rc`, numbers after that, and patches last.
_RANKS = (
    ("dev", "\x02"),
    ("alpha", "\x03"),
    ("a", "\x03"),
    ("beta", "\x04"),
    ("b", "\x04"),
    ("RC", "\x05"),
    ("rc", "\x05"),
    ("pl", "\x08"),
    ("p", "\x08"),
)
_UNKNOWN, _END, _NUMBER = "\x01", "\x06", "\x07"
_LONGER_STABILITIES = {"a": "alpha", "b": "beta", "p": "patch", "pl": "patch", "rc": "RC"}


def key(version: str) -> str:
    """The sort key of a Composer package's version.

    Development branches (`dev-main`), which Composer compares with nothing, are lower than all
    numbered versions. What Composer refuses is compared as PHP compares any text.
    """
    tokens = _TOKEN.findall(_normalized(version.strip()))
    return "".join(map(_piece, tokens)) + _END


def _piece(token: str) -> str:
    if token[0] <= "9":
        return _NUMBER + number(token)
    for name, rank in _RANKS:
        if token.startswith(name):
            return rank
    return _UNKNOWN


def _normalized(text: str) -> str:
    text = _FLAG.sub("", text)
    if text in _DEFAULT_BRANCHES or text[:4].lower() == "dev-":
        return "dev-" + text[4:]
    if build := _BUILD.fullmatch(text):
        text = build[1]
    if match := _CLASSIC.fullmatch(text):
        numbers = match[1] + "".join(match[part] or ".0" for part in (2, 3, 4))
        return numbers + _modifier(match[5], match[6], match[7])
    if match := _DATED.fullmatch(text):
        return re.sub("[.:-]", ".", match[1]) + _modifier(match[2], match[3], match[4])
    if match := _BRANCH.fullmatch(text):
        parts = [(match[part] or ".x").lower().replace("*", "x") for part in (2, 3, 4)]
        return (match[1] + "".join(parts)).replace("x", _OPEN_END) + "-dev"
    return text


def _modifier(stability: str | None, digits: str | None, dev: str | None) -> str:
    word = (stability or "").lower()
    if word == "stable":
        return ""
    named = f"-{_LONGER_STABILITIES.get(word, word)}{(digits or '').lstrip('.-')}" if word else ""
    return named + ("-dev" if dev else "")
