"""OSV's events, turned into intervals of versions.

https://ossf.github.io/osv-schema/#evaluation: events are taken in the order of their versions;
`introduced` begins what is affected, `fixed` ends it before its version, `last_affected` after
its own; beyond all `limit`s nothing is affected. Ranges of commits say nothing of packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.advisories import schema
from seawall.advisories.record import Interval
from seawall.versions import key, scheme_of


class Event(Struct, gc=False):
    """One of the four kinds; the others are empty."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    limit: str = ""


class Range(Struct, gc=False):
    """`type` is SEMVER, ECOSYSTEM or GIT."""

    type: str
    events: list[Event] = []


def intervals(ranges: Iterable[Range], ecosystem: str) -> Iterator[Interval]:
    """The intervals of all ranges but those of commits."""
    for each in ranges:
        if each.type != "GIT":
            yield from _of(each.events, ecosystem)


def _of(events: list[Event], ecosystem: str) -> Iterator[Interval]:
    if len(events) == 1 and events[0].introduced:
        yield Interval(events[0].introduced)
    elif len(events) == 2 and events[0].introduced and (plain := _plain(*events)) is not None:
        yield plain
    else:
        yield from _sorted_out(events, ecosystem)


def _plain(first: Event, second: Event) -> Interval | None:
    """What nearly all ranges are: from one version to another."""
    if second.fixed:
        return Interval(first.introduced, second.fixed, schema.FIXED)
    if second.last_affected:
        return Interval(first.introduced, second.last_affected, schema.LAST)
    return None


def _sorted_out(events: list[Event], ecosystem: str) -> Iterator[Interval]:
    order = _Order(ecosystem)
    limit = order.highest([event.limit for event in events if event.limit])
    opened = ""
    for event in sorted((e for e in events if not e.limit), key=order.of):
        if event.introduced:
            opened = opened or event.introduced
        elif opened:
            is_fix = bool(event.fixed)
            until = event.fixed or event.last_affected
            bound = schema.FIXED if is_fix else schema.LAST
            yield from order.limited(Interval(opened, until, bound), limit)
            opened = ""
    if opened:
        yield from order.limited(Interval(opened), limit)


class _Order:
    """How an ecosystem orders the versions of events."""

    def __init__(self, ecosystem: str) -> None:
        self._scheme = scheme_of(ecosystem)

    def of(self, event: Event) -> tuple[int, str]:
        """What events are sorted by; those of one version stay in the order in which they are."""
        if event.introduced == "0":
            return (0, "")
        return (1, self.version(event.introduced or event.fixed or event.last_affected))

    def version(self, text: str) -> str:
        """The key of a version."""
        return key(self._scheme, text)

    def highest(self, limits: list[str]) -> str:
        """The limit that counts: a version is out when it is beyond all of them."""
        if not limits or "*" in limits:
            return ""
        return max(limits, key=self.version)

    def limited(self, interval: Interval, limit: str) -> Iterator[Interval]:
        """What of an interval lies below the limit."""
        if not limit:
            yield interval
            return
        edge = self.version(limit)
        if interval.introduced != "0" and self.version(interval.introduced) >= edge:
            return
        if interval.bound and self.version(interval.until) < edge:
            yield interval
        else:
            yield Interval(interval.introduced, limit, schema.LIMIT)
