"""Texts on their way: edits of edits told in the places of the original, and what collides."""

from __future__ import annotations

import pytest

from seawall.core.model import Edit
from seawall.jobs.fixing.draft import Change, Draft, draft_of, is_sound, overlap


def edited(draft: Draft, number: int, *edits: tuple[int, int, str]) -> Draft:
    return draft.edited((Edit(*edit), number) for edit in edits)


def rebuilt(draft: Draft) -> str:
    text = draft.original
    for change in reversed([*draft.changes()]):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def test_edits_are_told_as_they_are() -> None:
    draft = edited(draft_of("abcdef"), 0, (1, 2, "B"), (4, 4, "!"))
    assert draft.text == "aBcd!ef"
    assert [*draft.changes()] == [Change(1, 2, "B", (0,)), Change(4, 4, "!", (0,))]


def test_an_edit_of_what_an_edit_put_in_is_told_of_both() -> None:
    draft = edited(edited(draft_of("ab"), 0, (1, 1, "xyz")), 1, (2, 3, ""))
    assert draft.text == "axzb"
    assert [*draft.changes()] == [Change(1, 1, "xz", (0, 1))]


def test_an_edit_over_the_end_of_another_is_told_with_what_stood_there() -> None:
    draft = edited(edited(draft_of("abcd"), 0, (1, 2, "xy")), 1, (2, 4, "_"))
    assert draft.text == "ax_d"
    assert [*draft.changes()] == [Change(1, 3, "x_", (0, 1))]


def test_what_is_put_back_is_no_change() -> None:
    draft = edited(edited(draft_of("abcd"), 0, (1, 2, "x")), 1, (1, 2, "b"))
    assert draft.text == "abcd"
    assert [*draft.changes()] == []


def test_a_deletion_keeps_its_number() -> None:
    draft = edited(edited(draft_of("abcd"), 0, (1, 3, "")), 1, (1, 1, "-"))
    assert draft.text == "a-d"
    assert [*draft.changes()] == [Change(1, 3, "-", (0, 1))]


def test_numbers_can_be_moved() -> None:
    draft = edited(draft_of("ab"), 0, (1, 1, "x")).renumbered(5)
    assert [*draft.changes()] == [Change(1, 1, "x", (5,))]
    assert draft.renumbered(0) is draft


def test_an_edit_of_all_and_of_an_empty_text() -> None:
    assert [*edited(draft_of("ab"), 0, (0, 2, "x")).changes()] == [Change(0, 2, "x", (0,))]
    assert [*edited(draft_of(""), 0, (0, 0, "x")).changes()] == [Change(0, 0, "x", (0,))]


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_the_changes_make_the_text(rounds: int) -> None:
    draft = draft_of("0123456789")
    for number in range(rounds):
        draft = edited(draft, number, (number, number + 2, "ab"), (7, 8, ""), (5, 5, "-"))
    assert rebuilt(draft) == draft.text


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ((0, 2, ""), (1, 3, ""), True),
        ((0, 2, ""), (2, 3, ""), False),
        ((0, 4, ""), (2, 2, "x"), True),
        ((2, 4, ""), (2, 2, "x"), False),
        ((2, 4, ""), (4, 4, "x"), False),
        ((2, 2, "x"), (2, 2, "y"), True),
        ((2, 2, "\n  x"), (2, 2, "\r\n\ty"), False),
        ((2, 2, "\n  x"), (2, 2, "y"), True),
        ((2, 2, "\nUSER"), (2, 2, "\nUSER"), True),
    ],
)
def test_which_edits_collide(
    one: tuple[int, int, str], other: tuple[int, int, str], collide: bool
) -> None:
    assert overlap(Edit(*one), Edit(*other)) is collide
    assert overlap(Edit(*other), Edit(*one)) is collide


@pytest.mark.parametrize(
    ("edits", "sound"),
    [
        ([(0, 1), (1, 2)], True),
        ([(1, 1), (1, 1)], True),
        ([(1, 2), (0, 1)], True),
        ([(0, 2), (1, 3)], False),
        ([(0, 4)], False),
        ([(2, 1)], False),
        ([(-1, 1)], False),
    ],
)
def test_what_is_a_set_of_edits(edits: list[tuple[int, int]], sound: bool) -> None:
    assert is_sound([Edit(start, end, "") for start, end in edits], 3) is sound
