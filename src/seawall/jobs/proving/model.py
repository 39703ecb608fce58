"""What a proof is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Protocol

from msgspec import Struct

from seawall.core.model import FileChange, Fix
from seawall.fixes.model import Observed

Key = tuple[str, str, str]
"""A fix by its finding: rule, path of its source as reports name it, symbol."""


class PlannedFile(Protocol):
    """A file whose text a plan changes."""

    @property
    def path(self) -> str:
        """Where it is, absolute."""

    @property
    def before(self) -> str:
        """Its text on the disk."""

    @property
    def after(self) -> str:
        """Its text with the plan's edits."""


class PlannedFix(Protocol):
    """A fix that a plan has taken."""

    @property
    def key(self) -> Key:
        """The finding that it mends."""

    @property
    def fix(self) -> Fix:
        """What it does."""


class Plan(Protocol):
    """Texts before and after, and the fixes that make the difference."""

    @property
    def changed(self) -> Sequence[PlannedFile]:
        """The files with edits."""

    @property
    def fixes(self) -> Sequence[PlannedFix]:
        """Every fix that was taken, in order."""

    @property
    def files(self) -> Sequence[FileChange]:
        """Files that are made, added to, or given a mode, by absolute path."""


Replan = Callable[[frozenset[Key], Mapping[str, Observed]], Plan]
"""A whole new plan without some fixes, and with what was observed.

Observations are by the name of a service, or by the absolute path of a Dockerfile.
"""


class Subjects(Struct, frozen=True):
    """What was examined: Dockerfiles, and the Compose files of each project in merge order.

    All paths are absolute. `environment` and `env_files` are those that projects are read with.
    """

    dockerfiles: tuple[str, ...] = ()
    projects: tuple[tuple[str, ...], ...] = ()
    environment: Mapping[str, str] = {}
    env_files: tuple[str, ...] = ()


class ProofOptions(Struct, frozen=True):
    """How a proof is led; times are in seconds.

    `patience` is how long a service may take to become healthy, `still` how long one that shows
    nothing else must keep running. `command` is run in each service by its shell, and says by 0
    that it is healthy. `memory` (bytes) and `pids` bound what sets no bound of its own.
    `rounds` bounds the repairs and `starts` the starts of a project or Dockerfile. `host` is the
    engine's address. `arguments` and `target` are for a Dockerfile that no service builds.
    `egress` lets services reach the outside; without, none can do anything there.
    """

    patience: float = 60.0
    still: float = 5.0
    command: str = ""
    build_patience: float = 600.0
    memory: int = 2 * 1024**3
    pids: int = 2048
    rounds: int = 6
    starts: int = 60
    host: str = ""
    arguments: Mapping[str, str] = {}
    target: str = ""
    egress: bool = False


class Outcome(Enum):
    """What became of a service or a Dockerfile."""

    PROVEN = "proven"
    REPAIRED = "repaired"
    TAKEN_BACK = "taken back"
    NOT_PROVABLE = "not provable"


class Process(Struct, frozen=True):
    """A process of a container; `capabilities` are its effective ones, None where unknown.

    `bounding` are those that it could ever get.
    """

    uid: int
    gid: int
    name: str = ""
    capabilities: frozenset[str] | None = None
    bounding: frozenset[str] | None = None
    no_new_privileges: bool | None = None


class Posture(Struct, frozen=True):
    """As what a service runs. `is_seen` where its processes were asked, not its configuration."""

    processes: tuple[Process, ...] = ()
    is_read_only: bool = False
    is_seen: bool = False

    @property
    def roots(self) -> int:
        """How many processes run as root."""
        return sum(process.uid == 0 for process in self.processes)

    @property
    def users(self) -> frozenset[int]:
        """The users that processes run as."""
        return frozenset(process.uid for process in self.processes)

    @property
    def capabilities(self) -> frozenset[str]:
        """What any of its processes can do."""
        return frozenset[str]().union(*(p.capabilities or () for p in self.processes))

    @property
    def bounding(self) -> frozenset[str]:
        """What any of its processes could get."""
        return frozenset[str]().union(*(p.bounding or () for p in self.processes))


class Answer(Struct, frozen=True):
    """One of the four questions, `health`, `posture`, `log` or `life`, and its answer."""

    question: str
    passed: bool
    detail: str = ""
    lines: tuple[str, ...] = ()


class TakenBack(Struct, frozen=True):
    """A fix that was not kept: what failed with it, and what the service said of it."""

    key: Key
    title: str
    why: str
    lines: tuple[str, ...] = ()


class SubjectProof(Struct, frozen=True):
    """What a service, or a Dockerfile that no service builds, came to.

    `unproven` are fixes that stand although they could not be tried, each with the reason.
    """

    name: str
    path: str
    outcome: Outcome
    why: str = ""
    repairs: tuple[str, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    unproven: tuple[TakenBack, ...] = ()
    answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()
    before: Posture | None = None
    after: Posture | None = None


class ProofReport(Struct, frozen=True):
    """Everything that was tried. `left` is what could not be removed from the engine."""

    subjects: tuple[SubjectProof, ...] = ()
    starts: int = 0
    builds: int = 0
    seconds: float = 0.0
    left: tuple[str, ...] = ()


class Proven(Struct, frozen=True):
    """The plan that holds, and how that was found."""

    plan: Plan
    report: ProofReport
