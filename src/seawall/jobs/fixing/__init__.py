"""Mends what the rules find: a plan of edits that was verified, and the files written by it."""

from seawall.jobs.fixing.model import (
    ChangedFile,
    FixOptions,
    Key,
    LeftOut,
    Made,
    Open,
    Plan,
    key_of,
)
from seawall.jobs.fixing.planning import plan
from seawall.jobs.fixing.writing import Written, write

__all__ = [
    "ChangedFile",
    "FixOptions",
    "Key",
    "LeftOut",
    "Made",
    "Open",
    "Plan",
    "Written",
    "key_of",
    "plan",
    "write",
]
