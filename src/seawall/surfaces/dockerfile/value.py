"""A value that is known, unknown, or one of several: never guessed."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.model import Evidence


class Value(Struct, frozen=True):
    """What an expression can come to.

    `candidates` holds the one known text, or each of several possible ones (an ARG default and
    what a caller may pass are not several: a default holds unless `--build-arg` says otherwise).
    Empty means unknown, and `missing` names the variables that nobody sets. `written` is the
    text in the file. `evidence` are the ARG and ENV lines that the text came through.
    """

    written: str
    candidates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def known(self) -> str | None:
        """The text where it is certain, else None."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def is_unknown(self) -> bool:
        """Whether nothing at all can be said of it."""
        return not self.candidates


def known(text: str, written: str | None = None, evidence: tuple[Evidence, ...] = ()) -> Value:
    """A certain value."""
    return Value(text if written is None else written, (text,), (), evidence)
