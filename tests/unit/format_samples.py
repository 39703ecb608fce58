"""Texts that fit an expression, and one that fits each format of credentials."""

from __future__ import annotations

import importlib
import random
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import planted

from seawall.detectors.pattern import Pattern

# Python's own reader of expressions, which has no stubs.
_parser: Any = importlib.import_module("re._parser")
_c: Any = importlib.import_module("re._constants")

_ANY = [chr(code) for code in range(0x21, 0x7F)]
_CATEGORIES = {
    _c.CATEGORY_WORD: planted.LETTERS + "_",
    _c.CATEGORY_DIGIT: "0123456789",
    _c.CATEGORY_SPACE: " ",
}


def longest(pattern: Pattern) -> int:
    """The most characters that a match of the format has."""
    _, most = _parser.parse(pattern.regex.source, pattern.regex.flags).getwidth()
    return int(most)


def text_for(source: str, seed: int, flags: int = 0) -> str:
    """A text that the expression matches, not looking at what must stand around it."""
    chosen = random.Random(seed)  # noqa: S311 -- made-up values, the same in every run
    return "".join(_pieces(_parser.parse(source, flags), chosen))


def _pieces(tree: Iterable[tuple[Any, Any]], chosen: random.Random) -> Iterator[str]:
    for operation, value in tree:
        if operation is _c.BRANCH:
            yield from _pieces(chosen.choice(value[1]), chosen)
        elif operation is _c.SUBPATTERN:
            yield from _pieces(value[3], chosen)
        elif operation in (_c.MAX_REPEAT, _c.MIN_REPEAT):
            least, most, inner = value
            for _ in range(chosen.randint(least, min(int(most), least + 12))):
                yield from _pieces(inner, chosen)
        else:
            yield _character(operation, value, chosen)


def _character(operation: object, value: Any, chosen: random.Random) -> str:
    if operation is _c.LITERAL:
        return chr(value)
    if operation is _c.ANY:
        return chosen.choice(_ANY)
    if operation is _c.NOT_LITERAL:
        return chosen.choice([c for c in _ANY if ord(c) != value])
    return chosen.choice(_members(value)) if operation is _c.IN else ""


def _members(items: list[tuple[Any, Any]]) -> list[str]:
    members: set[str] = set()
    for operation, value in items:
        if operation is _c.LITERAL:
            members.add(chr(value))
        elif operation is _c.RANGE:
            members.update(chr(code) for code in range(value[0], value[1] + 1))
        elif operation is _c.CATEGORY:
            members.update(_CATEGORIES[value])
    return sorted(set(_ANY) - members if items[0][0] is _c.NEGATE else members)


_MADE: dict[str, Callable[[], str]] = {
    "private-key": planted.pem,
    "jwt": planted.jwt,
    "url-credential": lambda: f"https://deploy:{planted.letters(16)}@git.internal/x",
}


def sample(pattern: Pattern, seed: int) -> str:
    """A text that is such a credential, with what must stand around it."""
    if pattern.title == "a private key in base64":
        return b64encode(planted.pem().encode()).decode()
    if pattern.title == "a Docker configuration with logins":
        config = b64encode(b'{"auths":{"x.io":{"auth":"ZGVwbG95OnNlY3JldA=="}}}').decode()
        return f".dockerconfigjson: {config}"
    if pattern.title == "a registry login":
        return f'"auth": "{planted.LOGIN}"'
    if pattern.kind in _MADE:
        return _MADE[pattern.kind]()
    for attempt in range(200):
        text = text_for(pattern.regex.source, seed * 1000 + attempt, pattern.regex.flags)
        found = pattern.regex.search(f" {text} ")
        if found and (pattern.is_true is None or pattern.is_true(found[1])):
            return text
    raise AssertionError(pattern.title)


def near_miss(pattern: Pattern, text: str) -> str:
    """The same with one character changed in each text that gives it away."""
    for anchor in sorted(pattern.anchors, key=len, reverse=True):
        text = re.sub(re.escape(anchor), anchor[:-1] + "\N{SECTION SIGN}", text)
    return text
