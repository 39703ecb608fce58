"""Maven's order of versions (`ComparableVersion` of Maven 3.9, "Version Order Specification")."""

from __future__ import annotations

import re

from seawall.versions.encoding import first_signs, number

_PART = re.compile(r"[0-9]+|[^0-9.\-]+|[.\-]")
_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_BEFORE_DIGIT = {"a": "alpha", "b": "beta", "m": "milestone"}
_RELEASE = _QUALIFIERS.index("")
_LIST = "-"  # an item that opens a list; it holds all that follows

# What may stand at a place, lowest first. Items that are like the end (0, `ga`) are lower or
# higher than it by what follows them.
(
    _WORD_BELOW,
    _NO_WORD_BELOW,
    _LIST_BELOW,
    _ZERO_BELOW,
    _END,
    _NO_WORD_ABOVE,
    _WORD_ABOVE,
    _LIST_ABOVE,
    _ZERO_ABOVE,
    _NUMBER,
) = map(chr, range(1, 11))


def key(version: str) -> str:
    """The sort key of a Maven artifact's version.

    Maven's own order goes round in circles for a few forms (`1.foo.1` < `1-alpha` < `1` <
    `1.foo.1`). There this one holds to how each stands to the release, `1`.
    """
    items = _normalized(_items(version.lower()))
    signs = first_signs([_sign(item) for item in items])
    return "".join(map(_piece, items, signs)) + _END


def _items(text: str) -> list[str]:
    """The items in their order: digits, words as `_word` writes them, `-` where a list opens."""
    items: list[str] = []
    pending = ""
    for part in _PART.findall(text):
        if part in ".-":
            items.append(_item(pending))
            if part == "-":
                items.append(_LIST)
            pending = ""
            continue
        if pending and part[0].isdigit():
            _open_list(items)
            items += (_word(_BEFORE_DIGIT.get(pending, pending)), _LIST)
        elif pending:
            items += (_item(pending), _LIST)
        pending = part
    if pending:
        if not _is_number(pending):
            _open_list(items)
        items.append(_item(pending))
    return items


def _open_list(items: list[str]) -> None:
    if items and items[-1] != _LIST:
        items.append(_LIST)


def _item(part: str) -> str:
    """A number as its digits without zeros before them, so that nothing and zero are empty."""
    return part.lstrip("0") if not part or _is_number(part) else _word(part)


def _word(word: str) -> str:
    """`=` and Maven's comparable qualifier: its place among the known, or `7-` and the word."""
    word = _ALIASES.get(word, word)
    known = word in _QUALIFIERS
    return f"={_QUALIFIERS.index(word)}" if known else f"={len(_QUALIFIERS)}-{word}"


def _is_number(part: str) -> bool:
    return "0" <= part[0] <= "9"


def _normalized(items: list[str]) -> list[str]:
    """Without the neutral items at the end of each list, and without the lists that get empty."""
    kept: list[str] = []
    is_end = True
    for item in reversed(items):
        if item == _LIST:
            is_end = True
            if kept:
                kept.append(item)
        elif not is_end or not _is_neutral(item):
            is_end = False
            kept.append(item)
    return kept[::-1]


def _is_neutral(item: str) -> bool:
    return item in ("", f"={_RELEASE}")


def _sign(item: str) -> int:
    if _is_neutral(item) or item == _LIST:
        return 0
    return -1 if item[0] == "=" and item[1:] < str(_RELEASE) else 1


def _piece(item: str, sign: int) -> str:
    if not item:
        return _ZERO_ABOVE if sign > 0 else _ZERO_BELOW
    if item == _LIST:
        return _LIST_ABOVE if sign > 0 else _LIST_BELOW
    if item[0] != "=":
        return _NUMBER + number(item)
    if _is_neutral(item):
        return _NO_WORD_ABOVE if sign > 0 else _NO_WORD_BELOW
    return (_WORD_ABOVE if sign > 0 else _WORD_BELOW) + item[1:] + "\x00"
