"""From shell text to the facts of a script: every command in it, with its exact place."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from seawall.surfaces.shell.model import Script, ShellWord
from seawall.surfaces.shell.options import leading_options

if TYPE_CHECKING:
    from types import ModuleType

    from seawall.surfaces.shell.walk import Collection


def read_script(
    text: str,
    offset: int,
    dialect: str,
    options: frozenset[str] = frozenset(),
    written: str | None = None,
) -> Script:
    """Read a shell text; never raises on its content (see `Script.has_errors`).

    A place is `offset` plus a character's index in `text`. Where the shell is given other text
    than the file holds (a Dockerfile's lines are joined first), `text` is masked: equally long
    as `written`, the file's own characters, with `words.JOINT` for those the shell never sees.
    """
    walk = _grammar()
    collection = walk.Collection()
    passage = walk.Passage(text, offset, written)
    walk.Walk(passage, collection).run(walk.Standing())
    return _script(collection, passage.offset, offset + len(text), dialect, options)


def read_words(
    words: tuple[ShellWord, ...],
    text: str,
    offset: int,
    dialect: str,
    options: frozenset[str] = frozenset(),
) -> Script:
    """Read a command that no shell split into words; `text` from `offset` on holds them all.

    Where they run a shell (`["sh", "-c", "…"]`) what that runs is read too.
    """
    walk = _grammar()
    passage, collection = walk.Passage(text, offset), walk.Collection()
    walk.Walk(passage, collection).run_words(words)
    return _script(collection, passage.offset, offset + len(text), dialect, options)


def unread_script(start: int, end: int, dialect: str, reason: str) -> Script:
    """A script in a language that is not read: `reason` completes "not read: …"."""
    return Script(dialect, (), (), start, end, unread=reason)


@cache
def _grammar() -> ModuleType:
    """What walks over a script, loaded for the first: scanning an image knows the rules that ask
    for scripts, and often reads none."""
    from seawall.surfaces.shell import walk  # noqa: PLC0415 -- see above

    return walk


def _script(
    collection: Collection, start: int, end: int, dialect: str, options: frozenset[str]
) -> Script:
    commands = tuple(collection.commands)
    return Script(
        dialect,
        commands,
        collection.pipelines(),
        start,
        end,
        leading_options(commands, options),
        "",
        collection.has_errors,
    )
