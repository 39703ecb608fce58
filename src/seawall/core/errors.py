"""Errors that explain themselves.

Error
├── UsageError    the command line asks for something that does not exist
├── ConfigError   the policy file can't be understood
└── InputError    an input can't be read or is not what it claims to be

Raised at the seam, caught once in `cli.main`. Each says what failed, on what, and what to do.
"""

from __future__ import annotations


class Error(Exception):
    """Base of all errors that a user can cause and mend; the run exits with 2."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(Error):
    """The command line asks for something that does not exist."""


class ConfigError(Error):
    """The policy file can't be understood."""


class InputError(Error):
    """An input can't be read or is not what it claims to be."""
