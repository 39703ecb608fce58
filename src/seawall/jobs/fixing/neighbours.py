"""Mended Dockerfiles in the projects that build them: no project may get worse by them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs

from seawall.jobs.fixing.bench import Bench, Judgement
from seawall.jobs.fixing.model import Key, LeftOut, Made
from seawall.jobs.fixing.rounds import Mended
from seawall.jobs.fixing.verify import arrival

Again = Callable[[int, frozenset[Key]], Mended]
"""Mends the Dockerfile of a number once more, without some of its fixes."""


class Project(Struct, frozen=True):
    """A Compose project, and what was said of it before any Dockerfile was mended."""

    bench: Bench
    before: Judgement

    @property
    def builds(self) -> frozenset[str]:
        """The Dockerfiles that it builds, by their real paths."""
        outcomes = self.before.outcomes
        return frozenset(os.path.realpath(path) for each in outcomes for path, _ in each.builds)


def reconciled(
    projects: Sequence[Project], mended: Mapping[int, Mended], again: Again
) -> Mapping[int, Mended]:
    """The same Dockerfiles, by number, without the fixes that bring a project a finding."""
    done = dict(mended)
    for project in projects:
        built = project.builds
        own = [
            number
            for number, each in done.items()
            if each.made and os.path.realpath(each.last.path) in built
        ]
        if own:
            _reconcile(project, own, done, again)
    return done


def _reconcile(project: Project, own: list[int], done: dict[int, Mended], again: Again) -> None:
    for number in own:
        if _without_culprits(project, own, number, done, again):
            return
    # No single fix explains it: what several do together is nobody's alone.
    for number in own:
        came = _came(project, own, done)
        if not came:
            return
        left = {made.key: _left_out(made, came) for made in done[number].made}
        done[number] = _less(again(number, frozenset(left)), left)


def _without_culprits(
    project: Project, own: list[int], number: int, done: dict[int, Mended], again: Again
) -> bool:
    """Take out the fixes of one Dockerfile that bring a finding; whether none comes any more."""
    left: dict[Key, LeftOut] = {}
    for made in done[number].made:
        came = _came(project, own, done)
        if not came:
            return True
        without = again(number, frozenset((*left, made.key)))
        if _came(project, own, {**done, number: without}) != came:
            left[made.key] = _left_out(made, came)
            done[number] = _less(without, left)
    return not _came(project, own, done)


def _left_out(made: Made, came: str) -> LeftOut:
    return LeftOut(made.finding, made.fix, f"it would {came}")


def _less(mended: Mended, left: Mapping[Key, LeftOut]) -> Mended:
    return structs.replace(mended, left_out=(*mended.left_out, *left.values()))


def _came(project: Project, own: Sequence[int], done: Mapping[int, Mended]) -> str:
    """The finding that a project gets from its mended Dockerfiles; empty for none."""
    texts = {
        path: draft.text
        for number in own
        for path, draft in done[number].drafts.items()
        if draft.text != draft.original
    }
    return arrival(project.before, project.bench.judge(texts)) if texts else ""
