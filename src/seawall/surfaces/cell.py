"""A value with the place that it came from: what every surface but Dockerfiles is made of."""

from __future__ import annotations

from enum import Enum
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from seawall.core.source import Source

T = TypeVar("T")


class Place(Struct, frozen=True, gc=False):
    """Characters of one source: a `Located` that also says which file it is in."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line, from 1, that it starts in."""
        return self.source.line_of(self.start)


class _HasPlace(Protocol):
    @property
    def place(self) -> Place: ...


class Placed(Struct, frozen=True):
    """Makes a `Located` of what has a `place`."""

    @property
    def start(self: _HasPlace) -> int:
        """Where it starts in `place.source`."""
        return self.place.start

    @property
    def end(self: _HasPlace) -> int:
        """Where it ends there."""
        return self.place.end


class State(Enum):
    """How a value came to be what it is."""

    WRITTEN = "written"
    DEFAULT = "default"  # `${X:-value}` where X is not set
    ENVIRONMENT = "environment"  # from `.env`, `--env-file` or the environment
    UNSET = "unset"  # `${X}` that nobody sets: Compose would take the empty string
    UNKNOWN = "unknown"  # can't be told: an unreadable file, a command's output


class Cell(Placed, Generic[T], frozen=True, gc=False):
    """A typed value: `value` is None where it is not known; `written` is the text in the file."""

    value: T | None
    place: Place
    written: str = ""
    state: State = State.WRITTEN

    @property
    def is_known(self) -> bool:
        """Whether the value can be told."""
        return self.value is not None and self.state not in {State.UNSET, State.UNKNOWN}
