"""How modules write down their word lists."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text that is set in lines for people to read and to extend."""
    return frozenset(text.split())
