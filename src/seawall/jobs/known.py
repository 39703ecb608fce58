"""What is known of flaws in a run: the advisories, and the statements that excuse some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from seawall.advisories.model import Match
from seawall.advisories.store import default_path, open_store
from seawall.core.errors import InputError
from seawall.core.model import Problem
from seawall.surfaces.image.facts import Package
from seawall.surfaces.image.model import Held, Image

if TYPE_CHECKING:
    from seawall.advisories.match import MatchReport
    from seawall.advisories.vex import Suppressed, VexDocument

Found = tuple[tuple[Held[Package], Match], ...]
"""Packages as the image holds them, each with one of its flaws."""


class Matched(Struct, frozen=True):
    """The flaws of an image's packages.

    `excused` are those that a VEX document excuses, with what it says. `problems` are what keeps
    the answer from being whole; `notes` are good to know; `unimportant` counts the flaws that the
    distributor says are none. `advisories` is when the store was last compared with its sources
    (ISO 8601), empty where there is none.
    """

    found: Found = ()
    excused: tuple[tuple[Held[Package], Match, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    unimportant: int = 0
    advisories: str = ""


class Known(Struct, frozen=True):
    """Where flaws are looked up; `documents` are VEX documents, in the order given."""

    store: Path
    documents: tuple[VexDocument, ...]
    max_age: int
    today: date

    def match(self, image: Image) -> Matched:
        """The flaws of what the image runs with; a lack of advisories is a problem, said once."""
        live = [held for held in image.packages if held.is_live]
        if not live:
            return Matched()
        try:
            with open_store(self.store) as store:
                from seawall.advisories.match import match  # noqa: PLC0415 -- for who has a store

                report = match(
                    [held.fact for held in live],
                    image.distribution,
                    store,
                    self.today,
                    self.max_age,
                )
                checked = min((source.checked for source in store.sources()), default="")
        except InputError as error:
            return Matched(problems=(Problem(image.name, error.message, error.hint),))
        return replace(self._matched(image, live, report), advisories=checked)

    def _matched(self, image: Image, live: Sequence[Held[Package]], report: MatchReport) -> Matched:
        kept, suppressed = self._applied(image, report)
        held = {id(each.fact): each for each in live}
        return Matched(
            found=tuple((held[id(each.package)], each) for each in kept),
            excused=tuple(
                (held[id(each.match.package)], each.match, each.reason) for each in suppressed
            ),
            problems=tuple(Problem(image.name, reason) for reason in report.problems),
            notes=report.notes,
            unimportant=len(report.hidden),
        )

    def _applied(
        self, image: Image, report: MatchReport
    ) -> tuple[Sequence[Match], Sequence[Suppressed]]:
        """The matches that count, and those that the documents excuse."""
        if not self.documents:
            return report.matches, ()
        from seawall.advisories.vex import apply  # noqa: PLC0415 -- most runs have no documents

        names = (image.name, image.digest, *image.tags)
        return apply(report.matches, self.documents, image.distribution, names)


def know(store: str, vex: Iterable[str], max_age: int, today: date) -> Known:
    """Read the VEX documents; the store is opened for each image.

    Raises:
        InputError: a VEX document can't be read.
    """
    documents = tuple(_document(name) for name in vex)
    return Known(Path(store) if store else default_path(), documents, max_age, today)


def _document(name: str) -> VexDocument:
    from seawall.advisories.vex import read_vex  # noqa: PLC0415 -- most runs have no documents

    return read_vex(_bytes_of(name), name)


def _bytes_of(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from error
