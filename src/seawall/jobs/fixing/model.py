"""What is asked of a plan, and what a plan holds: texts before and after, and who has done what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.model import FileChange, Finding, Fix, Notice, Problem, Safety
from seawall.core.report import Excerpt
from seawall.jobs.check import CheckOptions
from seawall.jobs.fixing.draft import Change

if TYPE_CHECKING:
    from seawall.fixes.model import Observed, Pin

Key = tuple[str, str, str]
"""A finding for whoever wants to leave out its fix: rule, path as reports name it, symbol."""


class FixOptions(Struct, frozen=True):
    """What is asked of a plan.

    `check` is as for a check: what it says of policy chooses what is mended. `unsafe` allows
    fixes that may change behaviour; `take` names the rules whose proposals are made too, by id,
    alias or practice. `skipped` are fixes that are not to be made. `observed` is what services
    (by name) and the images of Dockerfiles (by absolute path) were seen to need. `pins` are what
    references mean; where None they are taken from the nearest `seawall.lock`.
    """

    check: CheckOptions = CheckOptions()
    unsafe: bool = False
    take: tuple[str, ...] = ()
    skipped: frozenset[Key] = frozenset()
    observed: Mapping[str, Observed] = {}
    pins: Mapping[str, Pin] | None = None


class Made(Struct, frozen=True):
    """A fix that the plan makes: of which finding, and in which round (from 1)."""

    finding: Finding
    fix: Fix
    round: int = 1

    @property
    def key(self) -> Key:
        """What names it to whoever wants a plan without it."""
        return key_of(self.finding)


class LeftOut(Struct, frozen=True):
    """A fix that was tried and is not in the plan, and why."""

    finding: Finding
    fix: Fix
    why: str


class Open(Struct, frozen=True):
    """A finding that stays, with the fix or proposal that the run was not asked to make."""

    finding: Finding
    fix: Fix


class ChangedFile(Struct, frozen=True):
    """A file whose text changes.

    `path` is absolute, `name` what reports call it; `before` is empty and `is_new` true where
    there is none yet. `changes` lead from `before` to `after`, by the numbers of `Plan.fixes`.
    `boundary` is the directory that no link may lead out of. A file that is `is_text` is no file:
    what was given on the command line or on standard input. Of one that is `is_private` no report
    may show the text: a fix puts a secret in it. `mode` is what a new file gets, 0 for the usual.
    """

    path: str
    name: str
    before: str
    after: str
    changes: tuple[Change, ...]
    boundary: str = ""
    is_new: bool = False
    is_text: bool = False
    is_private: bool = False
    mode: int = 0


class Plan(Struct, frozen=True):
    """What is to be written, what was left out, and what is left to a person.

    `changed` are files by the text that they get, `files` those that are made or get a mode (all
    paths absolute). `fixes` are in the order in which they are made. `withheld` are unsafe fixes
    that were not asked for, `proposals` what needs a person's choice. `excerpts` are the texts
    before, with the places of secrets. `dockerfiles` and `projects` are what was examined, the
    files of each project in their order: what a proof can build and start.
    """

    changed: tuple[ChangedFile, ...] = ()
    fixes: tuple[Made, ...] = ()
    files: tuple[FileChange, ...] = ()
    withheld: tuple[Open, ...] = ()
    proposals: tuple[Open, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    excerpts: Mapping[str, Excerpt] = {}
    dockerfiles: tuple[str, ...] = ()
    projects: tuple[tuple[str, ...], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return not self.changed and not self.files

    @property
    def paths(self) -> frozenset[str]:
        """The files that are to be written or get a mode."""
        return frozenset((*(f.path for f in self.changed), *(f.path for f in self.files)))

    def count(self, safety: Safety) -> int:
        """How many fixes of a safety are made."""
        return sum(made.fix.safety is safety for made in self.fixes)


def key_of(finding: Finding) -> Key:
    """What names a finding's fix."""
    return finding.rule, finding.location.path, finding.location.symbol
