"""How a container is told to be healthy, without an engine."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.core.errors import InputError
from seawall.jobs.proving.health import Readiness, Waiting
from seawall.jobs.proving.model import ProofOptions
from seawall.jobs.proving.observing import Observation

LISTENING = "   0: 00000000:{:04X} 00000000:0000 0A 0\n"
OPTIONS = ProofOptions(patience=0.4, still=0.1)


class Double:
    """A container on another machine: its states in turn, the last one for good."""

    def __init__(self, *states: dict[str, Any], ports: tuple[int, ...] = (), code: int = 1) -> None:
        self.states = list(states)
        self.ports = ports
        self.code = code
        self.commands: list[list[str]] = []

    def inspect(self, _container: str) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        full = {"Running": True, "Status": "running", "Pid": 2**22 + 1, "ExitCode": 0, **state}
        exposed = full.pop("Exposed", {})
        return {"Id": "f" * 64, "State": full, "Config": {"ExposedPorts": exposed}}

    def ask(self, _container: str, _argv: list[str]) -> str:
        return "".join(LISTENING.format(port) for port in self.ports)

    def execute(self, _container: str, argv: list[str], _patience: float) -> int:
        self.commands.append(argv)
        if self.code < 0:
            raise InputError("there is no shell")
        return self.code


def wait(
    double: Double,
    ports: frozenset[int] = frozenset(),
    expected: Observation | None = None,
    options: ProofOptions = OPTIONS,
) -> Readiness:
    return Waiting(double, options, "c", ports, expected).wait()  # type: ignore[arg-type]


def health(status: str, *said: str) -> dict[str, Any]:
    return {"Health": {"Status": status, "Log": [{"Output": each} for each in said]}}


def ended(code: int, **more: Any) -> dict[str, Any]:
    return {"Running": False, "Status": "exited", "ExitCode": code, **more}


def test_the_health_check_has_the_word() -> None:
    found = wait(Double(health("starting"), health("healthy", "ok")))
    assert found.healthy
    assert (found.way, found.said) == ("healthcheck", "ok")


def test_a_health_check_that_stays_unhappy_is_told_with_what_it_says() -> None:
    found = wait(Double(health("unhealthy", "first", "refused", "refused again")), frozenset({80}))
    assert not found.healthy
    assert found.is_late
    assert "its health check is not content" in found.reason
    assert found.said == "refused\nrefused again"


def test_a_port_that_was_there_before_is_waited_for_after_the_check() -> None:
    before = Observation(True, "healthcheck", ports=frozenset({80}))
    found = wait(Double(health("healthy"), ports=(443,)), expected=before)
    assert found.healthy  # the comparison will say that it is silent
    assert found.seconds >= OPTIONS.patience * 0.5


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ended(3), "it ended with 3"),
        (ended(137, OOMKilled=True), "it ended with 137, as it took more memory than it may"),
        (ended(0, **health("starting")), "it ended with 0"),
    ],
)
def test_what_ends_is_not_healthy_and_is_not_waited_for(state: dict[str, Any], reason: str) -> None:
    found = wait(Double({}, state))
    assert (found.healthy, found.reason, found.is_late) == (False, reason, False)


def test_a_job_that_ends_well_has_done_its_work() -> None:
    found = wait(Double({"Running": False, "Status": "created"}, ended(0)))
    assert (found.healthy, found.way) == (True, "exit")


def test_a_service_that_ran_before_must_not_end_now_even_well() -> None:
    assert not wait(Double(ended(0)), expected=Observation(True, "running")).healthy


def test_a_job_must_end_after_as_well() -> None:
    assert wait(Double({}, ended(0)), expected=Observation(True, "exit")).healthy


@pytest.mark.parametrize(("code", "healthy"), [(0, True), (1, False), (-1, False)])
def test_a_command_that_is_given_decides(code: int, healthy: bool) -> None:
    double = Double({}, ports=(80,), code=code)
    options = ProofOptions(patience=0.3, command="check --me")
    found = wait(double, options=options)
    assert found.healthy is healthy
    assert double.commands[0] == ["/bin/sh", "-c", "check --me"]
    assert healthy or "the command given is not content" in found.reason


def test_one_of_the_ports_that_are_declared_is_enough_at_first() -> None:
    found = wait(Double({"Exposed": {"80/tcp": {}, "53/udp": {}}}, ports=(80,)), frozenset({443}))
    assert (found.healthy, found.reason) == (True, "it listens on 80")


def test_all_ports_that_it_had_are_wanted_again() -> None:
    before = Observation(True, "port", ports=frozenset({80, 443}))
    found = wait(Double({}, ports=(80,)), expected=before)
    assert (found.healthy, found.is_late) == (False, True)
    assert "nothing listens on 80, 443" in found.reason


def test_what_declares_nothing_and_listens_on_nothing_must_keep_running() -> None:
    assert wait(Double({})).way == "running"
    patient = ProofOptions(patience=0.2, still=9.0)
    assert "it shows no sign of life" in wait(Double({}), options=patient).reason


def test_any_port_will_do_where_none_is_declared() -> None:
    assert wait(Double({}, ports=(9000,))).reason == "it listens on 9000"


def test_more_time_is_given_than_before_but_not_without_end() -> None:
    before = Observation(True, "healthcheck", seconds=0.0)
    options = ProofOptions(patience=1000.0)
    waiting = Waiting(Double({}), options, "c", frozenset(), before)  # type: ignore[arg-type]
    assert waiting.patience == 10.0
