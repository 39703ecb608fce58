"""Alpine's order of versions: `1.2.3a_rc1-r0`, as apk-tools 2.14 reads and compares it."""

from __future__ import annotations

import re

from seawall.versions.encoding import number

_PRE = ("alpha", "beta", "pre", "rc")
_POST = ("cvs", "svn", "git", "hg", "p")
_SUFFIX = re.compile("|".join(_PRE + _POST))
_DIGITS = re.compile("[0-9]*")
_ZEROS = re.compile("0+")
_MAX_CHARACTER = 0x10FFFF
_MAX_DIGITS = 17

# The parts of a version; apk allows them in this order only, but for the three steps back below.
_INVALID, _DIGIT_OR_ZERO, _DIGIT, _LETTER, _SUFFIX_NAME, _SUFFIX_NUMBER, _REVISION, _END = range(
    -1, 7
)
_BACK = {
    (_DIGIT, _DIGIT_OR_ZERO),
    (_SUFFIX_NUMBER, _SUFFIX_NAME),
    (_LETTER, _DIGIT),
}


def key(version: str) -> str:
    """The sort key of a version of an Alpine package.

    What follows a fault in a version plays no part, as with apk: two that agree up to the fault
    of each are equal.
    """
    pieces, kind, place = [], _DIGIT, 0
    while kind not in (_INVALID, _END):
        value, kind, place = _read(version, kind, place)
        pieces.append(value + _rank(version, kind, place))
    return "".join(pieces)


def _read(text: str, kind: int, place: int) -> tuple[str, int, int]:
    """The value of the part of that kind at a place; the kind and the place of the next."""
    if place >= len(text):
        return _positive(""), _END, place
    if kind == _DIGIT_OR_ZERO and (zeros := _ZEROS.match(text, place)):
        # After a dot, zeros before digits count down: `1.05` is lower than `1.1`.
        return _negative(zeros.end() - place - 1), _DIGIT, zeros.end()
    if kind == _LETTER:
        value, end = _positive(str(ord(text[place]))), place + 1
    elif kind == _SUFFIX_NAME:
        suffix = _SUFFIX.match(text, place)
        if suffix is None:
            return _negative(1), _INVALID, place
        value, end = _suffix_value(suffix[0]), suffix.end()
    else:
        end = _DIGITS.match(text, place).end()  # type: ignore[union-attr] # it matches nothing too
        if end - place > _MAX_DIGITS:
            return _negative(1), _INVALID, place
        value = _positive(text[place:end])
    return value, *_next(text, kind, end)


def _next(text: str, kind: int, place: int) -> tuple[int, int]:
    if place >= len(text):
        return _END, place
    character = text[place]
    if "a" <= character <= "z" and kind in (_DIGIT, _DIGIT_OR_ZERO):
        return _LETTER, place
    if "0" <= character <= "9" and kind in (_LETTER, _SUFFIX_NAME):
        return (_DIGIT if kind == _LETTER else _SUFFIX_NUMBER), place
    following, length = _INVALID, 1
    if character == ".":
        following = _DIGIT_OR_ZERO
    elif character == "_":
        following = _SUFFIX_NAME
    elif text.startswith("-r", place):
        following, length = _REVISION, 2
    if following < kind and (kind, following) not in _BACK:
        following = _INVALID
    return following, place + length


def _rank(text: str, kind: int, place: int) -> str:
    """Where a version stands whose next part is of that kind, among those equal up to there.

    The later a kind comes in a version the lower it is, the end too; only suffixes of what comes
    before a release are lower than the end.
    """
    if kind == _SUFFIX_NAME and place < len(text):
        suffix = _SUFFIX.match(text, place)
        if suffix is None or suffix[0] in _PRE:
            return "\x00"
    return chr(1 + _END - kind)


def _suffix_value(suffix: str) -> str:
    if suffix in _PRE:
        return _negative(len(_PRE) - _PRE.index(suffix))
    return _positive(str(_POST.index(suffix)))


def _positive(digits: str) -> str:
    return "\x01" + number(digits)


def _negative(distance: int) -> str:
    if not distance:
        return _positive("")
    return "\x00" + chr(_MAX_CHARACTER - min(distance, _MAX_CHARACTER))
