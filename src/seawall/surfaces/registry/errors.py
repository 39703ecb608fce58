"""What goes wrong with registries, in words that give away no secret.

RegistryError            the registry says no, or something that can't be so
├── NotThereError        it has nothing of that name
└── UnreachableError     nobody answers, or not as the protocol has it
"""

from __future__ import annotations

from seawall.core.clean import clean_line
from seawall.core.errors import InputError

_SHOWN = 200


class RegistryError(InputError):
    """A registry does not give what it was asked for; `status` is HTTP's, 0 where there is none."""

    def __init__(self, message: str, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class NotThereError(RegistryError):
    """The registry has no such thing, or does not let us know of it."""


class UnreachableError(RegistryError):
    """No connection, or one that broke: another way to the same registry may do.

    `is_refused` where the other side is there but must not be trusted: its certificate is not
    good. Then no other way is tried.
    """

    def __init__(self, message: str, hint: str = "", *, is_refused: bool = False) -> None:
        super().__init__(message, hint)
        self.is_refused = is_refused


class TransientError(Exception):
    """Something that may be gone at the next attempt; `error` is said where it is not.

    `wait` is how many seconds the registry asks for, None where it says nothing.
    """

    def __init__(self, error: RegistryError, wait: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


def shown(text: str) -> str:
    """Foreign text for a message: one line, short, without control characters."""
    text = clean_line(text.strip())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
