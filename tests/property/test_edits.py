"""Edits, however they come: any order gives one text, and two that overlap are never both made."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from seawall.core.model import Edit
from seawall.jobs.fixing import ChangedFile
from seawall.jobs.fixing.draft import Draft, draft_of, overlap
from seawall.reports.fixes.hunks import hunks

TEXT = st.text(alphabet="ab \n\r#é\udcff", max_size=40)
PIECE = st.text(alphabet="xy \n", max_size=6)


@st.composite
def apart(draw: st.DrawFn, text: str) -> list[Edit]:
    """Edits of a text no two of which collide."""
    edits: list[Edit] = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text)))
        edit = Edit(start, draw(st.integers(start, min(len(text), start + 5))), draw(PIECE))
        if not any(overlap(edit, other) for other in edits):
            edits.append(edit)
    return edits


@st.composite
def drafts(draw: st.DrawFn) -> tuple[str, list[list[Edit]], Draft]:
    """A text and what several rounds of edits make of it."""
    text = draw(TEXT)
    draft = draft_of(text)
    rounds = []
    for number in range(draw(st.integers(1, 4))):
        edits = draw(apart(draft.text))
        rounds.append(edits)
        draft = draft.edited((edit, number) for edit in edits)
    return text, rounds, draft


def one_by_one(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@given(st.data())
def test_edits_that_are_apart_give_one_text_in_any_order(data: st.DataObject) -> None:
    text = data.draw(TEXT)
    edits = [e for e in data.draw(apart(text)) if not e.text.startswith(("\n ", "\r\n "))]
    shuffled = data.draw(st.permutations(edits))
    numbered = draft_of(text).edited((edit, 0) for edit in shuffled)
    assert numbered.text == draft_of(text).edited((edit, 0) for edit in edits).text
    assert numbered.text == one_by_one(text, edits)


@given(drafts())
def test_the_changes_of_several_rounds_lead_from_the_first_text_to_the_last(
    made: tuple[str, list[list[Edit]], Draft],
) -> None:
    text, rounds, draft = made
    expected = text
    for edits in rounds:
        expected = draft_of(expected).edited((edit, 0) for edit in edits).text
    changes = [*draft.changes()]
    assert draft.text == expected
    assert all(one.end <= other.start for one, other in itertools.pairwise(changes))
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    assert text == expected
    assert all(set(change.fixes) <= set(range(len(rounds))) for change in changes)


@given(drafts(), st.integers(0, 4))
def test_the_hunks_lead_from_the_first_text_to_the_last(
    made: tuple[str, list[list[Edit]], Draft], context: int
) -> None:
    text, _, draft = made
    file = ChangedFile("/x", "x", text, draft.text, tuple(draft.changes()))
    lines = text.split("\n")
    old = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    new: list[str] = []
    at = 0
    for hunk in hunks(file, context):
        new += old[at : hunk.old_line - 1]
        at = hunk.old_line - 1
        assert hunk.new_line == len(new) + 1
        for line in hunk.lines:
            if line.sign != "+":
                assert old[at] == line.text
                assert text[line.start : line.start + len(line.text)] == line.text
                at += 1
            if line.sign != "-":
                new.append(line.text)
    assert "".join(new + old[at:]) == draft.text
