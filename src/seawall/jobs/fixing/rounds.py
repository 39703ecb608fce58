"""Mends one unit: takes what can be mended, judges it, keeps what holds, and begins again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from seawall.core.model import Edit, FileChange, Finding, Fix
from seawall.core.overlay import overlaid
from seawall.jobs.fixing.bench import Bench, Judgement
from seawall.jobs.fixing.draft import Draft, draft_of, overlap
from seawall.jobs.fixing.model import LeftOut, Made, Open
from seawall.jobs.fixing.placing import (
    APPEND,
    CHMOD,
    Ground,
    MisplacedError,
    Placed,
    appended,
    disk_text,
    placed,
)
from seawall.jobs.fixing.verify import objection

ROUNDS = 10
"""Most rounds of one unit."""

Wanted = Callable[[Finding], bool]
"""Whether a finding counts for who asks: the rules that were chosen, and sure enough."""


class Mended(Struct, frozen=True):
    """What became of one unit.

    `drafts` are all texts that were touched, by absolute path; `first` and `last` what judging it
    said before and after.
    """

    drafts: Mapping[str, Draft]
    made: tuple[Made, ...]
    files: tuple[FileChange, ...]
    left_out: tuple[LeftOut, ...]
    open: tuple[Open, ...]
    first: Judgement
    last: Judgement
    is_ended: bool = True


def mend(
    bench: Bench,
    wanted: Wanted,
    own: Mapping[str, Draft],
    others: Mapping[str, Draft],
    number: int = 0,
) -> Mended:
    """Mend a unit whose own files stand as in `own`, and what else was mended as in `others`.

    Its fixes get the numbers from `number` on.
    """
    with overlaid({path: draft.text for path, draft in others.items()}):
        return _Mending(bench, wanted, own, others, number).run()


class _Attempt(Struct, frozen=True):
    """Fixes made on top of what the round began with, and what that came to."""

    drafts: Mapping[str, Draft]
    judged: Judgement
    objection: str


class _Mending:
    def __init__(
        self,
        bench: Bench,
        wanted: Wanted,
        own: Mapping[str, Draft],
        others: Mapping[str, Draft],
        number: int,
    ) -> None:
        self._bench = bench
        self._wanted = wanted
        self._drafts = dict(own)
        self._others = others
        self._first_number = number
        self._made: list[Made] = []
        self._files: list[FileChange] = []
        self._left_out: dict[tuple[str, ...], LeftOut] = {}
        self._ground = Ground(bench.path, self._text_of)

    def run(self) -> Mended:
        """Round after round, until nothing is to be done."""
        first = judged = self._bench.judge(self._texts(self._drafts))
        is_ended = False
        for number in range(1, ROUNDS + 1):
            batch = self._batch(judged)
            if not batch:
                is_ended = True
                break
            judged = self._settled(batch, judged, number)
        else:
            is_ended = not self._batch(judged)
        return Mended(
            self._drafts,
            tuple(self._made),
            tuple(self._files),
            tuple(self._left_out.values()),
            tuple(self._open(judged)),
            first,
            judged,
            is_ended,
        )

    def _batch(self, judged: Judgement) -> list[Placed]:
        """The fixes of this round: in the order of places, each apart from those before it."""
        taken: list[Placed] = []
        for finding in judged.findings:
            fix = finding.fix
            if fix is None or not self._is_to_be_made(finding, fix):
                continue
            try:
                each = placed(finding, fix, self._ground)
            except MisplacedError as error:
                self._leave_out(finding, fix, str(error))
                continue
            if self._does_anything(each) and not any(_collide(each, other) for other in taken):
                taken.append(each)
        return taken

    def _is_to_be_made(self, finding: Finding, fix: Fix) -> bool:
        return (
            finding.suppressed is None
            and bool(fix.edits or fix.files)
            and self._may_be_made(finding, fix)
            and _id(finding, fix) not in self._left_out
            and self._wanted(finding)
        )

    def _may_be_made(self, finding: Finding, fix: Fix) -> bool:
        mending = self._bench.unit.ruling.mending
        return mending is not None and fix.safety in mending.allowed_for(finding.rule)

    def _does_anything(self, each: Placed) -> bool:
        if each.edits or any(change.deed != CHMOD for change in each.files):
            return any(each.edits.values()) or self._adds_text(each) or self._adds_mode(each)
        return self._adds_mode(each)

    def _adds_mode(self, each: Placed) -> bool:
        return any(change.deed == CHMOD and change not in self._files for change in each.files)

    def _adds_text(self, each: Placed) -> bool:
        return any(
            bool(appended(self._text_of(change.path) or "", change.text))
            if change.deed == APPEND
            else self._text_of(change.path) is None
            for change in each.texts
        )

    def _settled(self, batch: Sequence[Placed], judged: Judgement, number: int) -> Judgement:
        """Make those of a batch that hold, together; what they came to."""
        done: list[Placed] = []
        best: _Attempt | None = None
        for part in _Parts(batch):
            tried = self._try([*done, *part], judged)
            if not tried.objection:
                done += part
                best = tried
            elif len(part) > 1:
                part.split()
            elif not done or (alone := self._try(part, judged)).objection:
                reason = tried.objection if not done else alone.objection
                self._leave_out(part[0].finding, part[0].fix, f"it would {reason}")
        if best is None:
            return judged
        self._drafts = dict(best.drafts)
        self._made += (Made(each.finding, each.fix, number) for each in done)
        self._files += (
            change for each in done for change in each.files if change not in self._files
        )
        return best.judged

    def _try(self, fixes: Sequence[Placed], judged: Judgement) -> _Attempt:
        drafts = self._edited(fixes)
        after = self._bench.judge(self._texts(drafts))
        before = {path: self._draft(path, {}) for each in fixes for path in each.edits}
        return _Attempt(drafts, after, objection(judged, after, fixes, before, drafts))

    def _edited(self, fixes: Sequence[Placed]) -> dict[str, Draft]:
        first = self._first_number + len(self._made)
        edits: dict[str, list[tuple[Edit, int]]] = {}
        for number, each in enumerate(fixes, first):
            for path, own in each.edits.items():
                edits.setdefault(path, []).extend((edit, number) for edit in own)
        drafts = dict(self._drafts)
        for path, pairs in edits.items():
            drafts[path] = self._draft(path, drafts).edited(pairs)
        for number, each in enumerate(fixes, first):
            for change in each.texts:
                draft = self._draft(change.path, drafts)
                edit = appended(draft.text, change.text)
                if change.deed != APPEND:
                    edit = Edit(0, 0, change.text) if not draft.text else None
                drafts[change.path] = draft.edited([(edit, number)]) if edit else draft
        return drafts

    def _draft(self, path: str, drafts: Mapping[str, Draft]) -> Draft:
        known = drafts.get(path) or self._drafts.get(path) or self._others.get(path)
        return known or draft_of(self._text_of(path) or "")

    def _text_of(self, path: str) -> str | None:
        known = self._drafts.get(path) or self._others.get(path)
        return known.text if known is not None else disk_text(path)

    def _texts(self, drafts: Mapping[str, Draft]) -> dict[str, str]:
        return {path: draft.text for path, draft in drafts.items()}

    def _leave_out(self, finding: Finding, fix: Fix, why: str) -> None:
        self._left_out.setdefault(_id(finding, fix), LeftOut(finding, fix, why))

    def _open(self, judged: Judgement) -> Iterator[Open]:
        """The findings that stay and for which there is a fix or a proposal."""
        for finding in judged.findings:
            fix = finding.fix
            if fix is None or finding.suppressed is not None or not self._wanted(finding):
                continue
            if not self._may_be_made(finding, fix) or not (fix.edits or fix.files):
                yield Open(finding, fix)


class _Part(list[Placed]):
    """Some fixes of a batch; where they don't hold together, each half is tried by itself."""

    def __init__(self, fixes: Sequence[Placed], parts: _Parts) -> None:
        super().__init__(fixes)
        self._parts = parts

    def split(self) -> None:
        middle = len(self) // 2
        self._parts.waiting += [
            _Part(self[middle:], self._parts),
            _Part(self[:middle], self._parts),
        ]


class _Parts:
    """The parts of a batch that are still to be tried, the first of them last."""

    def __init__(self, batch: Sequence[Placed]) -> None:
        self.waiting = [_Part(batch, self)]

    def __iter__(self) -> Iterator[_Part]:
        while self.waiting:
            yield self.waiting.pop()


def _collide(one: Placed, other: Placed) -> bool:
    """Whether two fixes can't be made in one round."""
    for path, edits in one.edits.items():
        for theirs in other.edits.get(path, ()):
            if any(overlap(edit, theirs) for edit in edits):
                return True
    made = {change.path for change in one.texts}
    return any(change.path in made and change.deed != APPEND for change in other.texts)


def _id(finding: Finding, fix: Fix) -> tuple[str, ...]:
    place = finding.location
    return finding.rule, place.path, place.symbol, fix.fixer, fix.title
