"""Whether a newer release of an image's base would clear its flaws: by looking at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.core.model import Notice
from seawall.facts.tag_lines import newer_in_line
from seawall.jobs.bases import Base, Neighbours, find_base, marked
from seawall.jobs.inspection import PACKAGES, Inspection, inspect_source
from seawall.jobs.known import Known, Matched
from seawall.jobs.registries import Peeked, Registries
from seawall.surfaces.image.cache import Cache
from seawall.surfaces.image.model import Image

MAX_SIZE = 1024**3
"""Stored bytes of a newer base that are fetched to look at it, at most."""

FlawKey = tuple[str, str]
"""A flaw in an ecosystem: its id is the same whatever package has it."""


class Newer(Struct, frozen=True):
    """A newer release of the base: `name` with the digest that it has now.

    `cleared` are the flaws of the base that it has no more, `brought` counts those that it has
    and the base has not. `is_same_tag` where the tag is the same and leads to a newer image.
    """

    name: str
    digest: str
    cleared: frozenset[FlawKey]
    brought: int
    is_same_tag: bool


class Footing(Struct, frozen=True):
    """What an image stands on.

    `newer` is the release of the base that clears most, None where nobody asked or none clears
    any; `is_newest` where it was asked, and none does.
    """

    image: Image
    base: Base | None = None
    newer: Newer | None = None
    is_newest: bool = False
    notices: tuple[Notice, ...] = ()


class Grounds(Struct, frozen=True):
    """What is asked about bases in a run: `told` are the policy's, `is_ours` where the user has
    named the policy himself."""

    inspection: Inspection
    known: Known
    neighbours: Neighbours
    told: tuple[str, ...] = ()
    is_ours: bool = False
    progress: Callable[[str], None] | None = None

    def footing(self, image: Image, matched: Matched) -> Footing:
        """What the image stands on, and whether something newer is better.

        Nothing is asked for an image without flaws. What can't be found out is a notice.
        """
        if not matched.found:
            return Footing(image)
        registries = Registries(image, self.inspection.source, is_ours=self.is_ours)
        base = find_base(image, self.told, registries, self.neighbours)
        image = marked(image, base)
        if base is None or not _flaws_of_base(image, base, matched):
            return Footing(image, base)
        if not registries.may_ask(base.reference, is_told=base.is_told):
            return Footing(image, base)
        return self._compared(image, base, matched, registries)

    def _compared(
        self, image: Image, base: Base, matched: Matched, registries: Registries
    ) -> Footing:
        flaws = _flaws_of_base(image, base, matched)
        found: list[Newer] = []
        notices: list[Notice] = []
        for candidate in _candidates(image, base, registries):
            try:
                peeked = candidate()
                if peeked is None:
                    continue
                has = self._flaws_of(peeked, matched, registries)
            except InputError as error:
                notices.append(_unknown(image, base, error.message))
                continue
            same = peeked.reference.tag == base.reference.tag
            named = replace(peeked.reference, digest="").familiar
            found.append(Newer(named, peeked.digest, flaws - has, len(has - flaws), same))
        best = max(found, key=lambda newer: len(newer.cleared) - newer.brought, default=None)
        if best is None or not best.cleared:
            return Footing(image, base, None, not notices, tuple(notices))
        return Footing(image, base, best, notices=tuple(notices))

    def _flaws_of(
        self, peeked: Peeked, matched: Matched, registries: Registries
    ) -> frozenset[FlawKey]:
        """The flaws of another image.

        Raises:
            InputError: it can't be had, or can't be compared.
        """
        name = peeked.reference.familiar
        if peeked.size > MAX_SIZE:
            raise InputError(f"{name} is larger than is fetched for advice")
        asked = replace(self.inspection, parts=(PACKAGES,))
        source = registries.source(peeked.pinned)
        other = inspect_source(source, asked, Cache(), self.progress)
        theirs = self.known.match(other)
        unknown = _kinds(theirs) - _kinds(matched)
        if unknown or any(held.fact.is_fatal for held in other.troubles):
            raise InputError(f"{name} could not be judged whole: {'; '.join(sorted(unknown))}")
        return frozenset(_keys(theirs))


def _candidates(
    image: Image, base: Base, registries: Registries
) -> tuple[Callable[[], Peeked | None], ...]:
    """What to ask for, each by itself, since each can fail: what the tag of the base leads to now,
    and the newest release in its line. None where that is what the image stands on, or none."""
    reference = replace(base.reference, digest="")

    def of_same_tag() -> Peeked | None:
        now = registries.peek(reference)
        return None if now.diff_ids == _own(image, base, len(now.diff_ids)) else now

    def newest() -> Peeked | None:
        newer = newer_in_line(reference.name, reference.tag, registries.tags(reference))
        return registries.peek(replace(reference, tag=newer[0])) if newer else None

    return (of_same_tag, newest) if reference.tag else ()


def _own(image: Image, base: Base, count: int) -> tuple[str, ...]:
    """The layers of the base in the image; where they are not known, as many of the lowest."""
    return tuple(layer.diff_id for layer in image.layers[: base.layers or count])


def _flaws_of_base(image: Image, base: Base | None, matched: Matched) -> frozenset[FlawKey]:
    if base is not None and base.is_itself:
        return frozenset(_keys(matched))
    return frozenset(_keys(matched, [layer.is_base for layer in image.layers]))


def _keys(matched: Matched, counted: Sequence[bool] = ()) -> Iterator[FlawKey]:
    for held, match in matched.found:
        if not counted or counted[held.layer]:
            yield match.package.ecosystem.value, match.vulnerability.id


def _kinds(matched: Matched) -> set[str]:
    """The problems without the numbers in them."""
    return {problem.reason.partition(":")[0] for problem in matched.problems}


def _unknown(image: Image, base: Base, reason: str) -> Notice:
    message = f"whether a newer release of `{base.name}` has fewer flaws is not known: {reason}"
    return Notice(image.name, message)
