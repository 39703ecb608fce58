"""`seawall.fix/1`, a plan for machines; its schema is published in `reports/schema`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from seawall.core.clean import clean, clean_line
from seawall.core.model import Finding, Fix, Notice, Problem, Safety
from seawall.core.source import Source
from seawall.jobs.fixing import ChangedFile, LeftOut, Plan
from seawall.jobs.fixing.draft import Change
from seawall.jobs.proving.model import Posture, ProofReport, SubjectProof, TakenBack
from seawall.reports import RenderOptions
from seawall.reports.fixes.striking import Striking

SCHEMA = "seawall.fix/1"


class ToolRow(Struct, frozen=True):
    """The program that made the plan."""

    name: str
    version: str
    profile: str


class EditRow(Struct, frozen=True):
    """Put `text` in the place of what stands there.

    Offsets and columns count characters, lines and columns from 1, all in the text as it was;
    no two edits of a file overlap. `fixes` are places in the list of fixes.
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    fixes: tuple[int, ...]


class FileRow(Struct, frozen=True):
    """A file that changes.

    `is_exact` is false where a secret, or bytes that are no text, keep an edit from being given
    as it is. `text` is the whole new text of what is no file, else null. `mode` is the mode that
    a new file gets, null for what is usual.
    """

    path: str
    is_new: bool
    is_exact: bool
    mode: str | None
    edits: tuple[EditRow, ...]
    text: str | None


class ModeRow(Struct, frozen=True):
    """A file whose mode changes: `mode` in octal digits."""

    path: str
    mode: str


class FixRow(Struct, frozen=True):
    """A fix and the finding that it mends; `proposal` is what a person is to write."""

    rule: str
    path: str
    line: int
    symbol: str
    fixer: str
    safety: Safety
    title: str
    proposal: str
    has_edits: bool


class LeftOutRow(Struct, frozen=True):
    """A fix that was tried and does not hold, and why."""

    fix: FixRow
    why: str


class TakenBackRow(Struct, frozen=True):
    """A fix that the proof did not keep, or could not try."""

    rule: str
    path: str
    symbol: str
    title: str
    why: str


class AnswerRow(Struct, frozen=True):
    """One question of the proof: `health`, `posture`, `log` or `life`."""

    question: str
    passed: bool
    detail: str


class PostureRow(Struct, frozen=True):
    """As what a service ran: how many processes as root, the users, what they can do."""

    roots: int
    users: tuple[int, ...]
    capabilities: tuple[str, ...]
    is_read_only: bool


class SubjectRow(Struct, frozen=True):
    """What the proof found of one service or Dockerfile."""

    name: str
    path: str
    outcome: str
    why: str
    repairs: tuple[str, ...]
    taken_back: tuple[TakenBackRow, ...]
    unproven: tuple[TakenBackRow, ...]
    answers: tuple[AnswerRow, ...]
    notes: tuple[str, ...]
    before: PostureRow | None
    after: PostureRow | None


class ProofRow(Struct, frozen=True):
    """The whole proof."""

    subjects: tuple[SubjectRow, ...]
    starts: int
    builds: int
    seconds: float
    left: tuple[str, ...]


class SummaryRow(Struct, frozen=True):
    """The counts; `written` are the files that were written, null where none was to be."""

    files: int
    safe: int
    unsafe: int
    taken: int
    withheld: int
    proposals: int
    left_out: int
    problems: int
    written: tuple[str, ...] | None
    exit_code: int


class Document(Struct, frozen=True):
    """The whole plan."""

    schema: str
    tool: ToolRow
    files: tuple[FileRow, ...]
    modes: tuple[ModeRow, ...]
    fixes: tuple[FixRow, ...]
    withheld: tuple[FixRow, ...]
    proposals: tuple[FixRow, ...]
    left_out: tuple[LeftOutRow, ...]
    proof: ProofRow | None
    problems: tuple[Problem, ...]
    notices: tuple[Notice, ...]
    summary: SummaryRow


def render(
    plan: Plan,
    options: RenderOptions,
    exit_code: int,
    written: Sequence[str] | None = None,
    proof: ProofReport | None = None,
) -> bytes:
    """The plan as one JSON document on one line."""
    rows = _Rows(plan)
    document = Document(
        schema=SCHEMA,
        tool=ToolRow("seawall", options.version, options.profile),
        files=tuple(map(rows.file, plan.changed)),
        modes=tuple(
            ModeRow(clean_line(c.path), f"{c.mode:04o}") for c in plan.files if c.deed == "chmod"
        ),
        fixes=tuple(rows.fix(each.finding, each.fix) for each in plan.fixes),
        withheld=tuple(rows.fix(each.finding, each.fix) for each in plan.withheld),
        proposals=tuple(rows.fix(each.finding, each.fix) for each in plan.proposals),
        left_out=tuple(map(rows.left_out, plan.left_out)),
        proof=_proof(proof) if proof is not None else None,
        problems=tuple(
            Problem(clean_line(p.target), clean(p.reason), clean(p.hint), p.line)
            for p in plan.problems
        ),
        notices=tuple(Notice(clean_line(n.target), clean(n.message), n.line) for n in plan.notices),
        summary=_summary(plan, exit_code, written),
    )
    return msgspec.json.encode(document) + b"\n"


def _summary(plan: Plan, exit_code: int, written: Sequence[str] | None) -> SummaryRow:
    return SummaryRow(
        files=len(plan.paths),
        safe=plan.count(Safety.SAFE),
        unsafe=plan.count(Safety.UNSAFE),
        taken=plan.count(Safety.GUIDED),
        withheld=len(plan.withheld),
        proposals=len(plan.proposals),
        left_out=len(plan.left_out),
        problems=len(plan.problems),
        written=None if written is None else tuple(map(clean_line, written)),
        exit_code=exit_code,
    )


class _Rows:
    """Rows of one plan, without its secrets."""

    def __init__(self, plan: Plan) -> None:
        self._striking = Striking(plan.excerpts)

    def file(self, file: ChangedFile) -> FileRow:
        """A file with its edits."""
        edits = () if file.is_private else tuple(self._edits(file))
        is_exact = not file.is_private and all(
            edit.text == change.text for edit, change in zip(edits, file.changes, strict=True)
        )
        return FileRow(
            path=clean_line(file.name),
            is_new=file.is_new,
            is_exact=is_exact,
            mode=f"{file.mode:04o}" if file.is_new and file.mode else None,
            edits=edits,
            text=_encodable(file.after) if file.is_text else None,
        )

    def _edits(self, file: ChangedFile) -> Iterator[EditRow]:
        source = Source(file.name, file.before)
        for change in file.changes:
            yield self._edit(file, source, change)

    def _edit(self, file: ChangedFile, source: Source, change: Change) -> EditRow:
        span = source.span(change)
        return EditRow(
            change.start,
            change.end,
            span.line,
            span.column,
            span.end_line,
            span.end_column,
            _encodable(self._striking.strike(file.name, change.text)),
            change.fixes,
        )

    def fix(self, finding: Finding, fix: Fix) -> FixRow:
        """A fix, of whatever list."""
        place = finding.location
        return FixRow(
            rule=finding.rule,
            path=clean_line(place.path),
            line=place.span.line,
            symbol=clean_line(self._striking.strike(place.path, place.symbol)),
            fixer=fix.fixer,
            safety=fix.safety,
            title=clean_line(self._striking.strike(place.path, fix.title)),
            proposal=clean(self._striking.strike(place.path, fix.proposal)),
            has_edits=bool(fix.edits or fix.files),
        )

    def left_out(self, each: LeftOut) -> LeftOutRow:
        """A fix that does not hold."""
        why = self._striking.strike(each.finding.location.path, each.why)
        return LeftOutRow(self.fix(each.finding, each.fix), clean_line(why))


def _encodable(text: str) -> str:
    """A text that goes into JSON: bytes that are no UTF-8 are written as escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _proof(proof: ProofReport) -> ProofRow:
    return ProofRow(
        tuple(map(_subject, proof.subjects)),
        proof.starts,
        proof.builds,
        round(proof.seconds, 1),
        tuple(map(clean_line, proof.left)),
    )


def _subject(subject: SubjectProof) -> SubjectRow:
    return SubjectRow(
        name=clean_line(subject.name),
        path=clean_line(subject.path),
        outcome=subject.outcome.value,
        why=clean(subject.why),
        repairs=tuple(map(clean, subject.repairs)),
        taken_back=tuple(map(_taken_back, subject.taken_back)),
        unproven=tuple(map(_taken_back, subject.unproven)),
        answers=tuple(AnswerRow(a.question, a.passed, clean(a.detail)) for a in subject.answers),
        notes=tuple(map(clean, subject.notes)),
        before=_posture(subject.before) if subject.before else None,
        after=_posture(subject.after) if subject.after else None,
    )


def _taken_back(each: TakenBack) -> TakenBackRow:
    rule, path, symbol = map(clean_line, each.key)
    return TakenBackRow(rule, path, symbol, clean_line(each.title), clean(each.why))


def _posture(posture: Posture) -> PostureRow:
    return PostureRow(
        posture.roots,
        tuple(sorted(posture.users)),
        tuple(sorted(posture.capabilities)),
        posture.is_read_only,
    )
