"""Plans for tests: made-up fixers stand for all others, so that the engine is what is tested."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.core.source import Source
from seawall.fixes.model import Context
from seawall.jobs.check import CheckOptions
from seawall.jobs.examine import source_of
from seawall.jobs.fixing import FixOptions, Plan, plan
from seawall.jobs.governance import Terms

TODAY = date(2026, 11, 25)
Making = Callable[[str, Hit], Fix | None]
"""From the text that a hit stands in, and the hit, to its fix."""


@contextmanager
def mending(**by_rule: Making) -> Iterator[None]:
    """Only these fixers, by their rule with `_` for `-`."""
    making = {name.replace("_", "-"): make for name, make in by_rule.items()}

    def fix_of(
        rule: str, subject: object, hit: Hit, context: Context, allowed: Collection[Safety]
    ) -> Fix | None:
        del context
        make = making.get(rule)
        fix = make(_text(subject, hit), hit) if make else None
        return fix if fix is not None and fix.safety in allowed else None

    with patch("seawall.fixes.fix_of", fix_of):
        yield


def _text(subject: object, hit: Hit) -> str:
    """The text that a hit stands in."""
    return source_of(hit.at, getattr(subject, "source", Source("", ""))).text


def options(
    *select: str,
    unsafe: bool = False,
    take: tuple[str, ...] = (),
    skipped: Collection[tuple[str, str, str]] = (),
    **check: object,
) -> FixOptions:
    """What is asked of a plan: no policy file is read, no lock is."""
    terms = Terms(isolated=True, select=select)
    asked = CheckOptions(terms=terms, today=TODAY, jobs=1, **check)  # type: ignore[arg-type]
    return FixOptions(asked, unsafe, take, frozenset(skipped), {}, {})


def planned(path: Path, *select: str, **given: object) -> Plan:
    """A plan for a file or directory."""
    return plan([str(path)], options(*select, **given))  # type: ignore[arg-type]


def after(made: Plan, name: str = "") -> str:
    """The text that the plan gives the one file that it changes, or the one of a name."""
    (text,) = [file.after for file in made.changed if file.name.endswith(name)]
    return text


def replace(
    old: str, new: str, safety: Safety = Safety.SAFE, **more: object
) -> Callable[[str, Hit], Fix | None]:
    """A fixer that puts a text in the place of the first of another, at or behind the hit."""

    def make(text: str, hit: Hit) -> Fix | None:
        at = text.find(old, text.rfind("\n", 0, hit.at.start) + 1)
        if at < 0:
            return None
        edits = (Edit(at, at + len(old), new),)
        return Fix(safety, f"write {new!r}", edits, **more)  # type: ignore[arg-type]

    return make


def proposal(text: str) -> Callable[[str, Hit], Fix | None]:
    """A fixer that only says what to write."""
    return lambda _text, _hit: Fix(Safety.GUIDED, "decide", proposal=text)


def applied(text: str, edits: Mapping[tuple[int, int], str]) -> str:
    """A text with spans replaced."""
    for (start, end), new in sorted(edits.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text
