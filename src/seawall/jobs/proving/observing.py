"""What one run of a service showed, and whether a later one is as good as the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from seawall.jobs.proving.logs import NewLines, new_denials, tail
from seawall.jobs.proving.model import Answer, Posture, Process


class Life(Struct, frozen=True):
    """Whether a service lives on; None where that was not asked, or can't be.

    `was_killed` where it did not end when it was told to. `inherits` where it comes up on volumes
    that were written before the fixes.
    """

    executes: bool | None = None
    was_killed: bool | None = None
    restarts: bool | None = None
    boots_again: bool | None = None
    inherits: bool | None = None


class Observation(Struct, frozen=True):
    """One run of one service. `way` is how its health was told; `reason` why it is not healthy.

    `ports` are None where they could not be told. `claims` are what its specification says of it:
    `non-root`, `read-only`, `no-new-privileges`, and `capabilities` with their names. `is_late`
    where nothing but time went against it; `failure` is why it was not built, made or started;
    `seconds` is how long it took to become healthy.
    """

    healthy: bool
    way: str = ""
    reason: str = ""
    ports: frozenset[int] | None = None
    posture: Posture = Posture()
    log: str = ""
    said: str = ""
    changes: tuple[tuple[str, int], ...] = ()
    life: Life = Life()
    claims: Mapping[str, Any] = {}
    is_late: bool = False
    failure: str = ""
    seconds: float = 0.0
    is_local: bool = False

    @property
    def everything_said(self) -> str:
        """Its log, and what its health check said."""
        return f"{self.log}\n{self.said}"


def compare(before: Observation, after: Observation) -> tuple[Answer, ...]:
    """The four questions: is it as healthy, no more mighty, no more hindered, and does it live on.

    The last is not asked where one before it is answered with no.
    """
    found = [_health(before, after)]
    if found[0].passed:
        found.append(_posture(before, after))
    found.append(_log(before, after))
    if all(answer.passed for answer in found):
        found.append(_life(before.life, after.life, after))
    return tuple(found)


def _health(before: Observation, after: Observation) -> Answer:
    if not after.healthy:
        return Answer("health", False, after.reason, tail(after.everything_said))
    missing = (before.ports or frozenset()) - (after.ports or frozenset())
    if missing and after.ports is not None:
        ports = ", ".join(map(str, sorted(missing)))
        return Answer("health", False, f"nothing listens on {ports} any more", tail(after.log))
    return Answer("health", True, after.reason or after.way)


def _posture(before: Observation, after: Observation) -> Answer:
    problems = [*_worse(before.posture, after.posture), *_unkept(after)]
    return Answer("posture", not problems, "; ".join(problems) or described(after.posture))


def _worse(before: Posture, after: Posture) -> list[str]:
    problems = []
    if after.roots > before.roots:
        problems.append(f"{_processes(after.roots)} as root, {before.roots} before")
    elif after.roots and before.users - {0} and not after.users - {0}:
        users = ", ".join(map(str, sorted(before.users - {0})))
        problems.append(f"everything runs as root; before, some of it ran as {users}")
    for what, now, then in (
        ("can", after.capabilities, before.capabilities),
        ("could get", after.bounding, before.bounding),
    ):
        if now - then:
            problems.append(f"it {what} {', '.join(sorted(now - then))}, which it could not before")
    return problems


def _processes(count: int) -> str:
    return f"{count} process{'es run' if count != 1 else ' runs'}"


def _unkept(after: Observation) -> list[str]:
    """What the specification claims and the processes deny."""
    posture, claims = after.posture, after.claims
    problems = []
    if claims.get("non-root") and posture.roots:
        problems.append(f"{_processes(posture.roots)} as root although a user is set")
    if claims.get("read-only") and not posture.is_read_only:
        problems.append("its root filesystem can be written")
    if claims.get("no-new-privileges") and _any(posture, _may_gain):
        problems.append("it may gain privileges")
    allowed = claims.get("capabilities")
    if allowed is not None and posture.bounding - set(allowed):
        more = ", ".join(sorted(posture.bounding - set(allowed)))
        problems.append(f"it could get {more}, which is dropped")
    return problems


def _any(posture: Posture, has: Callable[[Process], bool | None]) -> bool:
    return any(has(process) for process in posture.processes)


def _may_gain(process: Process) -> bool:
    return process.no_new_privileges is False


def _log(before: Observation, after: Observation) -> Answer:
    found = news(before, after)
    if not found.lines:
        return Answer("log", True)
    return Answer("log", False, "its log tells of what it may not do any more", found.lines)


def news(before: Observation, after: Observation) -> NewLines:
    """The denials that are new."""
    return new_denials(before.everything_said, after.everything_said)


def _life(before: Life, after: Life, seen: Observation) -> Answer:
    problems = []
    if before.executes and after.executes is False:
        problems.append("nothing can be run in it any more (`docker exec`)")
    if before.was_killed is False and after.was_killed:
        problems.append("it no longer ends when it is told to, and is killed")
    if before.restarts and after.restarts is False:
        problems.append("it does not come back after a restart")
    if before.boots_again and after.boots_again is False:
        problems.append("a second container on the same volumes does not come up")
    if after.inherits is False:
        problems.append("it does not come up on volumes that were written before the fixes")
    lines = tail(seen.everything_said) if problems else ()
    return Answer("life", not problems, "; ".join(problems), lines)


def described(posture: Posture) -> str:
    """A posture in a few words: users, capabilities, root filesystem."""
    if not posture.processes:
        return ""
    users = ", ".join("root" if uid == 0 else str(uid) for uid in sorted(posture.users))
    names = sorted(posture.capabilities)
    count = f"{len(names)} capabilities" if len(names) > 4 else ", ".join(names)
    words = [f"runs as {users}", f"with {count or 'no capability'}"]
    if posture.is_read_only:
        words.append("read-only")
    if not _any(posture, _may_gain) and _any(posture, lambda p: p.no_new_privileges):
        words.append("no new privileges")
    return ", ".join(words)
