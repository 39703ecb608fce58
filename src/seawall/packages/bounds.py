"""The bound on what one file may tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from seawall.packages.reading import MAX_FACTS
from seawall.surfaces.image.facts import Fact, Trouble


def capped(facts: Iterable[Fact], path: str) -> Iterator[Fact]:
    """The first `MAX_FACTS` of the facts that a file tells; that there are more is said."""
    rest = iter(facts)
    yield from islice(rest, MAX_FACTS)
    if next(rest, None) is not None:
        yield Trouble(path, f"tells of more than {MAX_FACTS:,} things: the rest is not read")
