"""BuildKit's "did you mean": the nearest known word, if it is near enough."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_DISTANCE = 2
"""Edits up to which BuildKit takes a word for a slip."""
_MAX_LENGTH = 40
"""Words longer than any known one by more than the distance need no measuring."""


def with_suggestion(message: str, word: str, known: Iterable[str]) -> str:
    """The message, with the nearest of the known words where one is within two edits."""
    best, best_distance = "", _MAX_DISTANCE + 1
    for candidate in known if len(word) <= _MAX_LENGTH else ():
        distance = _distance(word, candidate)
        if distance < best_distance:
            best, best_distance = candidate, distance
    return f"{message} (did you mean {best}?)" if best and best_distance else message


def _distance(first: str, second: str) -> int:
    """The least number of characters to insert, delete or replace."""
    if abs(len(first) - len(second)) > _MAX_DISTANCE:
        return _MAX_DISTANCE + 1
    row = list(range(len(second) + 1))
    for index, left in enumerate(first, 1):
        diagonal, row[0] = row[0], index
        for position, right in enumerate(second, 1):
            cost = diagonal + (left != right)
            diagonal = row[position]
            row[position] = min(cost, diagonal + 1, row[position - 1] + 1)
    return row[-1]
