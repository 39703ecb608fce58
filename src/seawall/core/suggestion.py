"""What a misspelt word may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, possibilities: Iterable[str]) -> str:
    """A sentence that names up to three close words; empty where none is close."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only typos pay for it

    close = get_close_matches(word.lower(), list(possibilities), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else ""
