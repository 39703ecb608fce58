"""Every format of credentials that is looked for, and which of them a text may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seawall.core.expression import Expression
from seawall.detectors.formats.cloud import CLOUD
from seawall.detectors.formats.forges import SOURCES
from seawall.detectors.formats.services import SERVICES
from seawall.detectors.formats.structures import STRUCTURES
from seawall.detectors.pattern import Pattern

__all__ = ["ALL", "Pattern", "anchored_in"]

ALL: tuple[Pattern, ...] = (*CLOUD, *SOURCES, *SERVICES, *STRUCTURES)
"""Every format that is looked for; where two match at one place, the first one counts."""

_RUN_LENGTH = 20
_RUN = re.compile(f"[A-Za-z0-9_-]{{{_RUN_LENGTH},}}")
_LEAD = 3
_PIECE = Expression(r"[A-Za-z0-9_-]+[^A-Za-z0-9_-]?")

_Anchored = tuple[tuple[str, int], ...]


def _anchored(patterns: Iterable[tuple[int, Pattern]]) -> _Anchored:
    return tuple((anchor, number) for number, p in patterns for anchor in p.anchors)


_NUMBERED = tuple(enumerate(ALL))
_IN_TEXT = _anchored((n, p) for n, p in _NUMBERED if not p.in_run and not p.in_word)
_IN_WORDS = _anchored((n, p) for n, p in _NUMBERED if not p.in_run and p.in_word)
_IN_RUNS = _anchored((n, p) for n, p in _NUMBERED if p.in_run and not p.leads)
_LEADING: dict[str, _Anchored] = {}
for _anchor, _number in _anchored((n, p) for n, p in _NUMBERED if p.in_run and p.leads):
    _LEADING[_anchor[:_LEAD]] = (*_LEADING.get(_anchor[:_LEAD], ()), (_anchor, _number))


def anchored_in(text: str) -> list[Pattern]:
    """The formats of which an anchor stands in the text, each once, in the order of `ALL`.

    Most anchors are looked for only near unbroken runs of 20 characters, of which ordinary text
    has few, and most of those by their first characters in a table: that is what makes looking
    for hundreds of them cheap.
    """
    found = {number for anchor, number in _IN_TEXT if anchor in text}
    long_words = [word for word in text.split() if len(word) >= _RUN_LENGTH]
    if long_words:
        joined = " ".join(long_words)
        found.update([number for anchor, number in _IN_WORDS if anchor in joined])
        runs = " ".join([word for word in long_words if _RUN.search(word)])
        if runs:
            _look_in_runs(runs, found)
    return [ALL[number] for number in sorted(found)] if found else []


def _look_in_runs(runs: str, found: set[int]) -> None:
    found.update([number for anchor, number in _IN_RUNS if anchor in runs])
    leads = {piece[:_LEAD] for piece in _PIECE.findall(runs)}
    for lead in leads.intersection(_LEADING):
        found.update([number for anchor, number in _LEADING[lead] if anchor in runs])
