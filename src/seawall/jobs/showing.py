"""What a container's spec shows of the practices that no single finding tells."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.model import Located, Verdict
from seawall.core.source import Source
from seawall.rules.naming import symbol, the
from seawall.rules.practices import HEALTH_CHECK, NON_ROOT_USER
from seawall.rules.runtime.controls import control_verdicts
from seawall.rules.runtime.hardening import UNHARDENED_SERVICE
from seawall.rules.runtime.user import has_unknown_user, sets_user
from seawall.rules.service_health import has_check
from seawall.surfaces.cell import Place
from seawall.surfaces.workload import Workload


class Shown(Struct, frozen=True):
    """One practice at one place: the verdict, in words, with path and line.

    `told_by` is the finding that tells of the same lack: rule, path and symbol. Where that is
    accepted, so is the lack.
    """

    practice: str
    verdict: Verdict
    what: str
    path: str
    line: int
    told_by: tuple[str, str, str] = ("", "", "")

    @property
    def place(self) -> str:
        """`path:line`."""
        return f"{self.path}:{self.line}"


def shown_by(workload: Workload) -> Iterator[Shown]:
    """The verdict on each control of a container, and on its health check.

    Of its user only what can't be told is said here: the rule `root-user` says the rest.
    """
    own = workload.place.source
    finding = (UNHARDENED_SERVICE.id, own.path, symbol(workload, "hardening"))
    for control in control_verdicts(workload):
        said = f"{the(workload)}: {control.evidence}"
        source = _source(control.at) or own
        line = source.line_of(control.at.start)
        yield Shown(control.practice.id, control.verdict, said, source.path, line, finding)
    yield from _user(workload)
    yield from _health(workload)


def _source(at: Located) -> Source | None:
    place = at if isinstance(at, Place) else getattr(at, "place", None)
    return place.source if isinstance(place, Place) else None


def _user(workload: Workload) -> Iterator[Shown]:
    build = workload.build
    unread = build is not None and build.dockerfile is None and not sets_user(workload)
    if unread or has_unknown_user(workload):
        missing = f", whose Dockerfile is not read: {build.missing}" if build and unread else ""
        said = f"nothing tells which user {the(workload)} runs as{missing}"
        yield _at_service(workload, NON_ROOT_USER.id, Verdict.UNKNOWN, said)


def _health(workload: Workload) -> Iterator[Shown]:
    """Of a container that serves others; the Dockerfile that it builds is judged by itself."""
    serves = workload.ports or workload.exposed
    answer = has_check(workload)
    if answer:
        said = f"{the(workload)} has a health check"
        yield _at_service(workload, HEALTH_CHECK.id, Verdict.PASS, said)
    elif serves and workload.build is None:
        said = f"{the(workload)} has no health check" + (
            " unless its image brings one" if answer is None else ""
        )
        verdict = Verdict.UNKNOWN if answer is None else Verdict.FAIL
        yield _at_service(workload, HEALTH_CHECK.id, verdict, said)


def _at_service(workload: Workload, practice: str, verdict: Verdict, said: str) -> Shown:
    source = workload.place.source
    return Shown(practice, verdict, said, source.path, source.line_of(workload.place.start))
