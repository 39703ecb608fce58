"""What a format of credentials is, and the short ways to write one down."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.detectors.validation import is_mixed


class Pattern(Struct, frozen=True):
    """One format.

    `anchors` are texts of which one stands in every match: the cheap first test. `regex` is run
    only where one does; its group 1 is the secret. `is_true` says of a candidate whether it is
    no look-alike. `is_sure` says whether its checksum holds: without one nobody can make it up.
    `shown` is how many first characters a report may show, for they are the format's own.

    Where an anchor must stand makes looking for it cheap: `in_run` says that an unbroken run of
    20 letters, digits, `_` and `-` stands in every match, in the same word as the anchor;
    `in_word` that the match is a part of a word of 20 characters; `leads` that the anchor is the
    beginning of the match, and no letter, digit, `_` or `-` stands before it.

    `wide` is an expression that matches wherever `regex` does, without what a multiple-pattern
    engine has no means for; empty where it can be derived. `reach` is the most characters that a
    match has. `is_plain` says that the format is so telling that it is looked for in programs
    and other binary files as well.
    """

    kind: str
    title: str
    anchors: tuple[str, ...]
    regex: Expression
    shown: int = 0
    is_true: Callable[[str], bool] | None = None
    is_sure: Callable[[str], bool] | None = None
    in_run: bool = True
    in_word: bool = False
    leads: bool = False
    wide: str = ""
    reach: int = 600
    is_plain: bool = False


EDGE = r"(?<![A-Za-z0-9_\-])"
STOP = r"(?![A-Za-z0-9_\-])"


def token(  # noqa: PLR0913 -- one line for each format; all but the shape are by name
    kind: str,
    title: str,
    anchors: str,
    shape: str,
    shown: int = 4,
    *,
    is_true: Callable[[str], bool] = is_mixed,
    is_sure: Callable[[str], bool] | None = None,
    in_run: bool = True,
    in_word: bool = False,
    leads: bool = True,
    reach: int = 600,
) -> Pattern:
    """A token that stands alone, of a shape that can be nothing else."""
    known = tuple(anchors.split())
    return Pattern(
        kind,
        title,
        known,
        Expression(f"{EDGE}({shape}){STOP}"),
        shown,
        is_true,
        is_sure,
        in_run=in_run,
        in_word=in_word,
        leads=leads,
        reach=reach,
        is_plain=min(map(len, known)) >= 4,
    )


def phrase(
    kind: str,
    title: str,
    anchors: tuple[str, ...],
    shape: str,
    *,
    is_true: Callable[[str], bool] | None = None,
    in_word: bool = False,
    reach: int = 600,
) -> Pattern:
    """A credential that what stands around it gives away; `shape` has it in a group."""
    return Pattern(
        kind,
        title,
        anchors,
        Expression(shape),
        is_true=is_true,
        in_run=False,
        in_word=in_word,
        reach=reach,
    )
