"""What a feed says, in the one shape that the store keeps."""

from __future__ import annotations

from msgspec import Struct

MAX_TITLE = 240
"""Characters of a title: enough for a line or two of a report."""

MAX_LINKS = 8


class Interval(Struct, frozen=True, gc=False):
    """Versions from `introduced` on; `bound` says what `until` is (see `schema`)."""

    introduced: str = "0"
    until: str = ""
    bound: int = 0


class Affected(Struct, frozen=True, gc=False):
    """What a record says of one package: intervals or single versions, each of them affected."""

    ecosystem: str
    name: str
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    status: str = ""
    urgency: str = ""


class Record(Struct, frozen=True, gc=False):
    """One advisory: `aliases` are (id, kind) with the kinds of `schema`."""

    name: str
    affected: tuple[Affected, ...]
    aliases: tuple[tuple[str, int], ...] = ()
    published: str = ""
    modified: str = ""
    severity: str = ""
    cvss: str = ""
    score: float = -1.0
    title: str = ""
    links: tuple[str, ...] = ()
    is_malicious: bool = False


def shortened(text: str, most: int = MAX_TITLE) -> str:
    """One line of at most `most` characters, cut at a word."""
    line = " ".join(text[: most * 4].split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0] + "…"
