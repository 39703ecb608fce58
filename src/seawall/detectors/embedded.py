"""Assignments inside free text: properties, YAML, JSON, SQL and code in strings and heredocs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression

KEYWORDS = (
    "passw",
    "passphrase",
    "pass=",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "identified",
    "rootpw",
)
"""Lower-case texts of which one stands in every text that `assignments` finds something in."""

_KEYWORD = Expression(
    r"(?i)passw(?:or)?d|passphrase|pass(?=[\"']?\s?=)|pwd|secret|token|api[-_.]?key|access[-_.]?key"
    r"|license[-_.]?key|encrypt(?:ion)?[-_.]?key|private[-_.]?key|master[-_.]?key|auth[-_.]?key"
    r"|signing[-_.]?key|credentials?|rootpw"
)
_BEFORE = re.compile(r"[\w.-]{0,60}\Z")
_AFTER = Expression(
    r"""(?P<rest>[\w-]{0,40})(?P<close>\\?["']?\]?)[ \t]{0,4}(?P<sign>:=|=>|==?|:)[ \t]{0,4}
    (?:(?P<quote>\\?["'])(?P<quoted>[^"'\\\n]{1,300})(?P=quote)
      |(?P<bare>[^\s"'`,;)(}{<>|&\\\[\]]{1,300}))""",
    re.VERBOSE,
)
_PHRASE = Expression(
    r"""(?i)\bIDENTIFIED\s{1,4}(?:WITH\s{1,4}\S{1,40}\s{1,4})?(?:BY|AS)\s{1,4}(?:PASSWORD\s{1,4})?
    \\?["'](?P<a>[^"'\\\n]{1,200})\\?["']
    |\bPASSWORD\s{0,4}(?:\(\s{0,4}|\s)\\?["'](?P<b>[^"'\\\n]{1,200})\\?["']
    |\bmachine\s{1,4}\S{1,100}\s{1,4}login\s{1,4}\S{1,100}\s{1,4}password\s{1,4}(?P<c>[^\s"']{1,200})""",
    re.VERBOSE,
)
# `self.password`, `request.token`: code, not a value.
_CODE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[A-Za-z_]\w*:[A-Za-z_]\w*")


class Embedded(Struct, frozen=True):
    """One assignment in a text: the value's place is `start` to `end` in that text."""

    name: str
    value: str
    start: int
    end: int
    is_phrase: bool = False


def assignments(text: str) -> Iterator[Embedded]:
    """Every `name = value` whose name holds a word for a secret, and passwords in SQL and netrc.

    Left out is what code does without naming a value: calls, references, comparisons with `==`
    and a value that only repeats its name.
    """
    yield from _phrases(text)
    last = 0
    for found in _KEYWORD.finditer(text):
        if found.start() < last:
            continue
        after = _AFTER.match(text, found.end())
        if after is None or after["sign"] == "==":
            continue
        embedded = _embedded(text, found, after)
        if embedded is not None:
            last = embedded.end
            yield embedded


def _embedded(text: str, found: re.Match[str], after: re.Match[str]) -> Embedded | None:
    before = _BEFORE.search(text, max(0, found.start() - 60), found.start())
    name = (before[0] if before else "") + found[0] + after["rest"]
    group = "quoted" if after["quoted"] else "bare"
    value = after[group]
    if group == "bare" and (_is_code(text, after, name) or _is_prose(text, after)):
        return None
    return Embedded(name.lstrip("-."), value, after.start(group), after.end(group))


def _is_code(text: str, after: re.Match[str], name: str) -> bool:
    value, end = after["bare"], after.end()
    follows = text[end : end + 1]
    return follows in {"(", "["} or value == name or _CODE.fullmatch(value) is not None


def _is_prose(text: str, after: re.Match[str]) -> bool:
    """`token: String` in a schema, `Password: set at first start` in a sentence."""
    value, end = after["bare"], after.end()
    if after["sign"] != ":" or not value.isalpha():
        return False
    return value[:1].isupper() or (text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha())


def _phrases(text: str) -> Iterator[Embedded]:
    for found in _PHRASE.finditer(text):
        group = found.lastgroup or "a"
        yield Embedded("password", found[group], found.start(group), found.end(group), True)
