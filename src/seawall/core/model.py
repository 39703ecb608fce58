"""The values that flow through a run: places, hits, findings and the report."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from msgspec import Struct


class Severity(Enum):
    """How much a fault matters; derived from a rule's `Risk`, never chosen (see `core.rule`)."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    def __init__(self, _: str) -> None:
        self.rank = len(type(self).__members__)
        """0 for critical up to 3 for low: sorts the worst first."""

    def at_least(self, other: Severity) -> bool:
        """Whether this is as bad as `other` or worse."""
        return self.rank <= other.rank

    def lowered(self) -> Severity:
        """One step less; low stays low."""
        return _SEVERITIES[min(self.rank + 1, len(_SEVERITIES) - 1)]


_SEVERITIES = tuple(Severity)


class Confidence(Enum):
    """How sure we are that the finding is true of what will be built or run."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Verdict(Enum):
    """What a rule says of a place. Silence is not a pass."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Profile(Enum):
    """How much a user wants to hear: `default` is what anyone would act on."""

    DEFAULT = "default"
    STRICT = "strict"
    AUDIT = "audit"

    def includes(self, other: Profile) -> bool:
        """Whether a run under this profile reports rules of `other`."""
        return _PROFILE_RANK[other] <= _PROFILE_RANK[self]


_PROFILE_RANK = {profile: rank for rank, profile in enumerate(Profile)}


class Safety(Enum):
    """What a fix can change besides the fault."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    GUIDED = "guided"


class Located(Protocol):
    """Anything that knows its place in its source: offsets in characters, end exclusive."""

    @property
    def start(self) -> int:
        """Offset of the first character."""

    @property
    def end(self) -> int:
        """Offset after the last character."""


class Region(Struct, frozen=True):
    """A place in a source: offsets in characters, end exclusive."""

    start: int
    end: int


class Span(Struct, frozen=True):
    """A place for people: lines and columns from 1, in characters; `end_column` is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Edit(Struct, frozen=True):
    """Replace the characters from `start` to `end` by `text`.

    `path` names the file, as its source does; empty for the file that the finding stands in.
    """

    start: int
    end: int
    text: str
    path: str = ""


class FileChange(Struct, frozen=True):
    """What a fix does to a file beside: write a new one, add lines to it, or change its mode.

    `deed` is `create` (never over one that is there), `append` (made where it is not there) or
    `chmod`. `path` is absolute, or relative to the directory of the finding's file. `mode` is the
    file's permission bits, 0 for what is usual. Where the text `is_secret` no report may show it.
    """

    deed: str
    path: str
    text: str = ""
    mode: int = 0
    is_secret: bool = False


class Fix(Struct, frozen=True):
    """A remedy as edits of the source.

    A `GUIDED` fix needs a person's choice: `proposal` is what to write, in the file's own
    language; its edits, where it has any, are made only when that rule's proposal is asked for.
    `is_partial` where the finding stays, with less in it. `fixer` is the id of who made it.
    """

    safety: Safety
    title: str
    edits: tuple[Edit, ...] = ()
    files: tuple[FileChange, ...] = ()
    proposal: str = ""
    is_partial: bool = False
    fixer: str = ""
    brings: tuple[str, ...] = ()
    """The ids of rules whose milder findings may stand where the mended one stood."""


class Evidence(Struct, frozen=True):
    """One link of the chain that shows why a verdict holds, e.g. `ARG U=root` at its line."""

    what: str
    line: int | None = None


class InLayer(Struct, frozen=True):
    """Where in an image a finding stands: the file, and the layer that brought it.

    `index` counts layers from 0, the lowest; `instruction` is what made it. `removed_by` is the
    instruction of a later layer that took the file away: it is still in the image for whoever
    unpacks it. `is_base` where the layer is taken to come from the base image.
    """

    index: int
    diff_id: str
    instruction: str
    path: str = ""
    is_base: bool = False
    removed_by: str = ""


class Flaw(Struct, frozen=True):
    """What advisories say of a vulnerable package; the words of `advisories.model` as plain data.

    `package` is its package URL, `installed` its version, `fixed` the versions with the fix,
    `ecosystem` the type of its URL, `names` those of all packages of the same source, as the
    ecosystem's tools take them.
    `score` (CVSS), `epss` and `epss_percentile` are -1 where nobody gives them; `exploited` is
    the day on which CISA listed the flaw as exploited, empty where it did not.
    """

    id: str
    package: str
    installed: str
    ecosystem: str = ""
    names: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    status: str = ""
    aliases: tuple[str, ...] = ()
    title: str = ""
    cvss: str = ""
    score: float = -1.0
    epss: float = -1.0
    epss_percentile: float = -1.0
    exploited: str = ""
    links: tuple[str, ...] = ()


class Hit(Struct, frozen=True):
    """What a rule saw: a place, what is wrong there, and what to write instead.

    `symbol` names the place without line numbers or wording (`stage build/RUN curl`): together
    with rule and path it is the finding's identity. `secrets` are the places whose characters
    no report may show. `weaker` says why this hit weighs one step less than its rule. `severity`
    is there where somebody else has rated this very fault, as advisories do.
    """

    at: Located
    message: str
    symbol: str
    label: str = ""
    remedy: str = ""
    verdict: Verdict = Verdict.FAIL
    confidence: Confidence | None = None
    weaker: str = ""
    severity: Severity | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: Fix | None = None
    secrets: tuple[Located, ...] = ()
    layer: InLayer | None = None
    flaw: Flaw | None = None


class Suppression(Struct, frozen=True):
    """Why a finding does not count: `kind` is inline, policy, baseline, or project."""

    kind: str
    reason: str = ""
    until: str = ""
    line: int | None = None


class Location(Struct, frozen=True):
    """Where a finding stands; `path` as the user gave it, with `/` separators."""

    path: str
    span: Span
    symbol: str


class Finding(Struct, frozen=True):
    """A hit of a rule, made ready for people and machines."""

    rule: str
    practice: str
    title: str
    severity: Severity
    confidence: Confidence
    verdict: Verdict
    target: str
    location: Location
    message: str
    label: str
    why: str
    remedy: str
    evidence: tuple[Evidence, ...]
    fix: Fix | None
    standards: tuple[str, ...]
    fingerprint: str
    suppressed: Suppression | None = None
    layer: InLayer | None = None
    flaw: Flaw | None = None


class Problem(Struct, frozen=True):
    """Something that could not be examined: the run is incomplete and exits with 2."""

    target: str
    reason: str
    hint: str = ""
    line: int | None = None


class Notice(Struct, frozen=True):
    """Something the user should know that is no finding: an unused or expired ignore, say.

    `target` is empty where it is about the whole run.
    """

    target: str
    message: str
    line: int | None = None


class Target(Struct, frozen=True):
    """One thing that was examined: its path or reference and what kind of surface it is."""

    name: str
    kind: str


class ChecklistRow(Struct, frozen=True):
    """One item of the source document's checklist with its verdict."""

    item: str
    level: str
    verdict: str
    evidence: str
    practices: tuple[str, ...]
