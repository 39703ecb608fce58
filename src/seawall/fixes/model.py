"""What a fix is made by: a fixer turns a finding's hit into edits of the file it stands in.

A fixer is data plus pure functions, one for each kind of subject. It reads nothing and raises
nothing on odd input: where it can't be sure it answers None, and the finding keeps its remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seawall.core.model import Fix, Hit, Safety
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Workload

if TYPE_CHECKING:
    from seawall.surfaces.run_line.reader import RunLines  # many modules, for the name only


class Service(Struct, frozen=True):
    """A finding's subject in a Compose project; `workload` is None for one on the project.

    For a finding on the project that stands at a service, it is that service.
    """

    project: Project
    workload: Workload | None = None


class RunLine(Struct, frozen=True):
    """A finding's subject in a text with `docker run` lines."""

    lines: RunLines
    workload: Workload


class Pin(Struct, frozen=True):
    """What a reference was found to be: its digest, and the exact tag that means the same now."""

    digest: str = ""
    tag: str = ""
    platform: str = ""


class Observed(Struct, frozen=True):
    """What a service was seen to need when it ran: the proof writes it, fixers heed it.

    `scratch` are directories that it writes to and that are empty in the image (a tmpfs will do);
    `kept` are those that hold content (a volume is needed); `owned` are directories of the image
    that its user must own; `capabilities` are those without which it fails, without `CAP_`;
    `user` is `uid:gid` of its processes, empty where that was not seen. `tools` are programs that
    are in the image. `without` are practices, by id, whose controls it was seen not to bear.
    """

    scratch: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    user: str = ""
    tools: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class Context(Struct, frozen=True):
    """What a fixer may know beside its subject.

    `pins` are by reference as written (`python:3.13`), from `seawall.lock`. `observed` is by the
    name of the service, or by the path of a Dockerfile for what it builds.
    """

    today: date
    pins: Mapping[str, Pin] = {}
    observed: Mapping[str, Observed] = {}


Make = Callable[[Any, Hit, Context], Fix | None]
"""From the subject (`Dockerfile`, `Service`, `RunLine`, `Repository`, …) and a hit to its fix."""


class Example(Struct, frozen=True):
    """A whole input before and after; both are tests and documentation.

    For a project of several files both are in the example language `files` (see `core.rule`).
    `pins` are what the lock holds, by reference: its digest.
    """

    before: str
    after: str
    pins: Mapping[str, str] = {}


class Fixer(Struct, frozen=True):
    """One way to mend the findings of some rules.

    `id` is a slug that names what is written (`drop-capabilities`); `rules` are the ids of the
    rules whose findings it mends; `safety` is the boldest that its fixes are. `writes` says what
    is written and when it is not, `breaks` what it can break later, each in a few sentences of
    Markdown: they are the fixer's page. `keeps` are whole inputs that have the fault and that the
    fixer leaves alone, since it can't be sure: tests as well.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    safety: Safety
    writes: str
    breaks: str
    on: Mapping[type, Make]
    examples: tuple[Example, ...]
    keeps: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    """The ids of rules of which a milder finding may come in place of the one that is mended."""
