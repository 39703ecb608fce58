"""Whether a container has become healthy, and how that is told."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.jobs.proving.model import ProofOptions
from seawall.jobs.proving.observing import Observation
from seawall.jobs.proving.posture import ports_of
from seawall.surfaces.engine.laboratory import Laboratory

_POLL = 0.15
_COMMAND = 15.0
_EXTRA_PORTS = 5.0
"""Seconds that other ports have once the health check is content."""

_TIMES, _MORE = 4.0, 10.0
"""How much longer than before a service may take: a machine is not always as busy."""


class Readiness(Struct, frozen=True):
    """How a wait ended. `said` is what the health check said last; `is_late` where time was up."""

    healthy: bool
    way: str = ""
    reason: str = ""
    said: str = ""
    is_late: bool = False
    seconds: float = 0.0


class Waiting:
    """One wait: for the health check, else a command, else ports, else that it keeps running."""

    def __init__(
        self,
        laboratory: Laboratory,
        options: ProofOptions,
        container: str,
        ports: frozenset[int],
        expected: Observation | None,
    ) -> None:
        self._laboratory = laboratory
        self._options = options
        self._container = container
        self._expected = expected
        self._declared = ports
        self._began = time.monotonic()
        self._until = self._began + self.patience

    @property
    def patience(self) -> float:
        """Seconds that it may take: as long as before and some, where that is known."""
        patience = self._options.patience
        if self._expected is None or not self._expected.healthy:
            return patience
        return min(patience, _TIMES * self._expected.seconds + _MORE)

    def wait(self) -> Readiness:
        """Look until it is healthy, has ended, or time is up."""
        while True:
            inspected = self._laboratory.inspect(self._container)
            found = self._look(inspected)
            if found is not None:
                return found
            if time.monotonic() > self._until:
                return self._late(inspected)
            time.sleep(_POLL)

    def _look(self, inspected: Mapping[str, Any]) -> Readiness | None:
        state = inspected["State"]
        if not state["Running"]:
            return self._ended(inspected)
        if state.get("Health") and state["Health"]["Status"] != "none":
            return self._by_check(inspected)
        if self._options.command:
            return self._by_command()
        return self._by_ports(inspected)

    def _ended(self, inspected: Mapping[str, Any]) -> Readiness | None:
        state = inspected["State"]
        if state["Status"] == "created":
            return None
        code = state["ExitCode"]
        is_job = self._expected is None or self._expected.way == "exit"
        if code == 0 and is_job and not state.get("Health"):
            return self._healthy("exit", "it ends with 0")
        reason = f"it ended with {code}"
        if state.get("OOMKilled"):
            reason += ", as it took more memory than it may"
        return Readiness(False, "exit", reason, _said(inspected))

    def _by_check(self, inspected: Mapping[str, Any]) -> Readiness | None:
        if inspected["State"]["Health"]["Status"] != "healthy":
            return None
        has_time = time.monotonic() < min(self._until, self._began + _EXTRA_PORTS)
        if has_time and self._wants(inspected):
            return None
        return self._healthy("healthcheck", "its health check is content", _said(inspected))

    def _wants(self, inspected: Mapping[str, Any]) -> bool:
        """Whether something that it listened on before is still silent."""
        wanted = self._expected.ports if self._expected else None
        return bool((wanted or frozenset()) - (self._ports(inspected) or frozenset()))

    def _by_command(self) -> Readiness | None:
        argv = ["/bin/sh", "-c", self._options.command]
        try:
            code = self._laboratory.execute(self._container, argv, _COMMAND)
        except InputError:
            return None
        return self._healthy("command", "the command given says so") if code == 0 else None

    def _by_ports(self, inspected: Mapping[str, Any]) -> Readiness | None:
        found = self._ports(inspected)
        wanted = self._wanted(inspected)
        has_run = time.monotonic() - self._began
        if found is None or not (wanted or found):
            return self._still() if has_run >= self._options.still else None
        if wanted and not (wanted <= found if self._expected else wanted & found):
            return None
        if not wanted and has_run < min(1.0, self._options.still):
            return None
        ports = ", ".join(map(str, sorted(wanted & found or found)))
        return self._healthy("port", f"it listens on {ports}")

    def _still(self) -> Readiness:
        return self._healthy("running", f"it still runs after {self._options.still:g} s")

    def _wanted(self, inspected: Mapping[str, Any]) -> frozenset[int]:
        """The ports to wait for: those that it had before, else those that anything declares."""
        if self._expected is not None and self._expected.ports is not None:
            return self._expected.ports
        exposed = inspected["Config"].get("ExposedPorts") or {}
        pairs = (name.partition("/") for name in exposed)
        own = {int(port) for port, _, kind in pairs if port.isdecimal() and kind != "udp"}
        return self._declared | own

    def _ports(self, inspected: Mapping[str, Any]) -> frozenset[int] | None:
        try:
            return ports_of(self._laboratory, inspected)
        except InputError:
            return None

    def _healthy(self, way: str, reason: str, said: str = "") -> Readiness:
        return Readiness(True, way, reason, said, seconds=time.monotonic() - self._began)

    def _late(self, inspected: Mapping[str, Any]) -> Readiness:
        if inspected["State"].get("Health"):
            reason = "its health check is not content"
        elif self._options.command:
            reason = "the command given is not content"
        else:
            wanted = ", ".join(map(str, sorted(self._wanted(inspected))))
            reason = f"nothing listens on {wanted}" if wanted else "it shows no sign of life"
        waited = time.monotonic() - self._began
        return Readiness(
            False, "late", f"{reason} after {waited:.0f} s", _said(inspected), is_late=True
        )


def _said(inspected: Mapping[str, Any]) -> str:
    """What the health check said the last times."""
    entries = (inspected["State"].get("Health") or {}).get("Log") or ()
    return "\n".join(str(entry.get("Output", ""))[:2000] for entry in entries[-2:])
