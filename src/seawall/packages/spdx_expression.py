"""SPDX licence expressions: which texts are one (SPDX specification 2.3, annex D)."""

from __future__ import annotations

import re
from functools import lru_cache

from seawall.facts.licenses import exception_id, license_id

_MAX = 2000
_MAX_DEPTH = 20
_TOKEN = re.compile(r"\(|\)|[A-Za-z0-9.+:-]+")
_GAPS = re.compile(r"[\s()]*")
_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")


@lru_cache(maxsize=8192)
def spdx_expression(text: str) -> str:
    """The expression with identifiers and operators as SPDX spells them; empty for what is none.

    `mit or apache-2.0` is `MIT OR Apache-2.0`; `BSD` and `GPL-2+ with a twist` are none.
    """
    if len(text) > _MAX or _GAPS.fullmatch(_TOKEN.sub("", text)) is None:
        return ""
    reader = _Reader(_TOKEN.findall(text))
    written = reader.expression(0)
    return written if reader.is_done else ""


class _Reader:
    """Reads tokens from the left; what can't be read makes the whole empty."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def is_done(self) -> bool:
        """Whether all was read."""
        return self._at == len(self._tokens)

    def expression(self, depth: int) -> str:
        """Terms joined by AND and OR."""
        parts = [self._term(depth)]
        while parts[-1] and self._peek().upper() in {"AND", "OR"}:
            parts.append(self._take().upper())
            parts.append(self._term(depth))
        return " ".join(parts) if parts[-1] else ""

    def _term(self, depth: int) -> str:
        if self._peek() == "(" and depth < _MAX_DEPTH:
            self._take()
            inner = self.expression(depth + 1)
            return f"({inner})" if inner and self._take() == ")" else ""
        name = _identifier(self._take())
        if name and self._peek().upper() == "WITH":
            self._take()
            exception = exception_id(self._take())
            return f"{name} WITH {exception}" if exception else ""
        return name

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += bool(token)
        return token


def _identifier(text: str) -> str:
    if _REFERENCE.fullmatch(text):
        return text
    if name := license_id(text):
        return name
    base = license_id(text.removesuffix("+"))
    return f"{base}+" if base and text.endswith("+") else ""
