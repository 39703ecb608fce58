"""What a proof found, line by line, for people."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.jobs.proving.model import Outcome, Posture, ProofReport, SubjectProof, TakenBack

_SAID = {
    Outcome.PROVEN: "proven",
    Outcome.REPAIRED: "repaired, and proven",
    Outcome.TAKEN_BACK: "proven without what was taken back",
    Outcome.NOT_PROVABLE: "not provable",
}


def lines(report: ProofReport) -> Iterator[str]:
    """The proof: each service or Dockerfile, and what it took."""
    for subject in report.subjects:
        yield from _subject(subject)
    yield f"{report.builds} builds, {report.starts} starts, {report.seconds:.0f} s"
    for each in report.left:
        yield f"could not be removed from the engine: {each}"


def _subject(subject: SubjectProof) -> Iterator[str]:
    why = f": {subject.why}" if subject.why else ""
    yield f"{subject.name} ({subject.path}): {_SAID[subject.outcome]}{why}"
    if subject.before is not None and subject.after is not None:
        yield f"  {_posture(subject.before)} -> {_posture(subject.after)}"
    yield from (f"  repaired by {repair}" for repair in subject.repairs)
    for each in subject.taken_back:
        yield from _fix("taken back", each)
    for each in subject.unproven:
        yield from _fix("not tried", each)
    for answer in subject.answers:
        if not answer.passed:
            yield f"  {answer.question}: {answer.detail}"
    yield from (f"  {note}" for note in subject.notes)


def _fix(verb: str, each: TakenBack) -> Iterator[str]:
    yield f"  {verb}: [{each.key[0]}] {each.title}: {each.why}"
    yield from (f"    | {line}" for line in each.lines)


def _posture(posture: Posture) -> str:
    root = f"{posture.roots} of {len(posture.processes)} processes as root"
    number = len(posture.capabilities)
    able = f"{number} {'capability' if number == 1 else 'capabilities'}"
    return f"{root}, {able}{', read-only' if posture.is_read_only else ''}"
