"""Debian's order of versions: `[epoch:]upstream[-revision]` (deb-version(7), `verrevcmp`)."""

from __future__ import annotations

import re
import string

from seawall.versions.encoding import DIGITS, number

# A stretch without digits ends where a digit or the end comes. `~` is lower than that end, the end
# is lower than letters, and those are lower than everything else (Debian Policy 5.6.12).
_TILDE, _END, _CONTROL = "\x00", "\x01", "\x02"
_EMPTY_NUMBER = _END + number("")


def _order() -> dict[int, str]:
    """For each ASCII character the one that stands for it in a key; no digit stands for another.

    Control characters, which no version has, are not told apart: there is no room for them.
    """
    marks = [chr(3 + place + (10 if place >= 45 else 0)) for place in range(83)]
    letters = string.ascii_uppercase + string.ascii_lowercase
    others = [mark for mark in string.punctuation if mark != "~"]
    order = {ord(letter): mark for letter, mark in zip([*letters, *others], marks, strict=True)}
    controls = dict.fromkeys((*range(33), 127), _CONTROL)
    return {ord("~"): _TILDE, **controls, **order}


_ORDER = _order()
_EPOCH = re.compile("[+]?[0-9]+")


def key(version: str) -> str:
    """The sort key of a version of a Debian package.

    An epoch that is no number, which dpkg refuses, is taken for part of the upstream version.
    """
    text = version.strip(" \t\n\r\v\f")
    epoch, colon, rest = text.partition(":")
    if not colon or not _EPOCH.fullmatch(epoch):
        epoch, rest = "", text
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return number(epoch.lstrip("+")) + _part(upstream) + _part(revision)


def _part(text: str) -> str:
    if not text:
        return _EMPTY_NUMBER + _END
    encoded = DIGITS.sub(_digits, text.translate(_ORDER))
    if "0" <= text[-1] <= "9":
        return encoded + _END
    return encoded + _EMPTY_NUMBER + _END


def _digits(match: re.Match[str]) -> str:
    return _END + number(match[0])
