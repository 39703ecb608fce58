"""The four questions, and how the kernel's tables and a service's words are read for them."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.jobs.proving.model import Posture, Process
from seawall.jobs.proving.observing import Life, Observation, compare, described
from seawall.jobs.proving.posture import (
    CAPABILITIES,
    DEFAULT_CAPABILITIES,
    listening,
    other_user,
    ports_of,
    posture_of,
)

DEFAULT = frozenset({"CHOWN", "SETUID", "SETGID"})
NONE: frozenset[str] = frozenset()


def process(uid: int, can: frozenset[str] = NONE, **given: Any) -> Process:
    return Process(uid, uid, "p", can, given.get("bounding", can), given.get("nnp", True))


def seen(*processes: Process, **given: Any) -> Observation:
    posture = Posture(processes, given.pop("read_only", False), is_seen=True)
    return Observation(given.pop("healthy", True), "port", posture=posture, **given)


BEFORE = seen(process(0, DEFAULT), process(33, bounding=DEFAULT), ports=frozenset({80}), log="up\n")


def failing(before: Observation, after: Observation) -> dict[str, str]:
    return {a.question: a.detail for a in compare(before, after) if not a.passed}


def test_what_is_as_before_passes_all_four() -> None:
    assert [a.question for a in compare(BEFORE, BEFORE)] == ["health", "posture", "log", "life"]
    assert failing(BEFORE, BEFORE) == {}


def test_with_less_rights_it_passes() -> None:
    assert failing(BEFORE, seen(process(33), ports=frozenset({80, 443}))) == {}


def test_what_is_not_healthy_says_why_and_is_asked_no_more() -> None:
    after = seen(healthy=False, reason="it ended with 1", log="a\nboom\n")
    answers = compare(BEFORE, after)
    assert [a.question for a in answers] == ["health", "log"]
    assert answers[0].detail == "it ended with 1"
    assert answers[0].lines == ("a", "boom")


def test_a_port_that_falls_silent_is_no_health() -> None:
    after = seen(process(33), ports=frozenset({443}))
    assert failing(BEFORE, after) == {"health": "nothing listens on 80 any more"}


def test_ports_that_can_not_be_told_say_nothing() -> None:
    assert failing(BEFORE, seen(process(33), ports=None)) == {}


def test_workers_that_stay_root_are_more_root_than_before() -> None:
    after = seen(process(0, DEFAULT), process(0, DEFAULT), ports=frozenset({80}))
    assert failing(BEFORE, after) == {"posture": "2 processes run as root, 1 before"}


def test_a_service_that_lost_its_other_user_is_weaker_with_no_process_more() -> None:
    after = seen(process(0, DEFAULT), ports=frozenset({80}))
    expected = "everything runs as root; before, some of it ran as 33"
    assert failing(BEFORE, after) == {"posture": expected}


def test_a_capability_more_is_no_proof() -> None:
    after = seen(process(33, frozenset({"SYS_ADMIN"})), ports=frozenset({80}))
    assert "it can SYS_ADMIN, which it could not before" in failing(BEFORE, after)["posture"]


def test_a_capability_that_it_could_get_counts_too() -> None:
    after = seen(process(33, bounding=frozenset({"SYS_PTRACE"})), ports=frozenset({80}))
    assert "it could get SYS_PTRACE" in failing(BEFORE, after)["posture"]


@pytest.mark.parametrize(
    ("claim", "processes", "told"),
    [
        ({"non-root": True}, (process(0, DEFAULT), process(33)), "1 process runs as root although"),
        ({"read-only": True}, (process(33),), "its root filesystem can be written"),
        ({"no-new-privileges": True}, (process(33, nnp=False),), "it may gain privileges"),
        (
            {"capabilities": frozenset({"CHOWN"})},
            (process(33, bounding=DEFAULT),),
            "it could get SETGID, SETUID, which is dropped",
        ),
    ],
)
def test_what_a_fix_claims_is_asked_of_the_kernel(
    claim: dict[str, Any], processes: tuple[Process, ...], told: str
) -> None:
    after = seen(*processes, claims=claim, ports=frozenset({80}))
    assert told in failing(BEFORE, after)["posture"]


def test_what_is_claimed_and_true_passes() -> None:
    claims = {
        "non-root": True,
        "read-only": True,
        "no-new-privileges": True,
        "capabilities": frozenset[str](),
    }
    after = seen(process(33), claims=claims, read_only=True, ports=frozenset({80}))
    assert failing(BEFORE, after) == {}


def test_a_new_complaint_is_an_answer_of_its_own() -> None:
    after = seen(process(33), log="open /x: Permission denied\n", ports=frozenset({80}))
    assert "log" in failing(BEFORE, after)


def test_what_the_health_check_says_is_part_of_the_log() -> None:
    after = seen(process(33), said="cat: /x: Permission denied", ports=frozenset({80}))
    assert "log" in failing(BEFORE, after)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Life(executes=True), Life(executes=False), "nothing can be run in it"),
        (Life(was_killed=False), Life(was_killed=True), "is killed"),
        (Life(restarts=True), Life(restarts=False), "does not come back after a restart"),
        (Life(boots_again=True), Life(boots_again=False), "on the same volumes"),
        (Life(), Life(inherits=False), "volumes that were written before the fixes"),
    ],
)
def test_a_life_that_ends_earlier_is_told(before: Life, after: Life, told: str) -> None:
    found = failing(seen(process(33), life=before), seen(process(33), life=after))
    assert told in found["life"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Life(executes=False), Life(executes=False)),
        (Life(was_killed=True), Life(was_killed=True)),
        (Life(restarts=False), Life(restarts=False)),
        (Life(executes=True), Life()),
        (Life(), Life(inherits=True)),
    ],
)
def test_what_did_not_live_before_need_not_after(before: Life, after: Life) -> None:
    assert failing(seen(process(33), life=before), seen(process(33), life=after)) == {}


# What the kernel says

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   1: 0B00007F:8A2F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   3: 020011AC:01BB 00000000:0000 01 00000000:00000000 00:00000000 00000000     0
   4: 00000000:C350 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
"""
TCP6 = """\
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0
   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 0
"""


def test_only_what_others_can_reach_is_listened_on() -> None:
    assert list(listening(TCP)) == [8080]
    assert list(listening(TCP6)) == [80]
    assert list(listening("")) == []


def test_capabilities_are_in_the_kernels_order() -> None:
    assert len(CAPABILITIES) == 41
    assert CAPABILITIES.index("NET_BIND_SERVICE") == 10
    assert CAPABILITIES.index("CHECKPOINT_RESTORE") == 40
    assert len(DEFAULT_CAPABILITIES) == 14


class Elsewhere:
    """An engine on another machine: all that it tells is what it is asked."""

    def top(self, _container: str, _columns: str) -> list[list[str]]:
        return [["10", "0", "0", "nginx"], ["11", "101", "101", "nginx"], ["x", "y", "z", "ps"]]

    def ask(self, _container: str, _argv: list[str]) -> str:
        return TCP


def elsewhere(**host: Any) -> dict[str, Any]:
    return {"Id": "f" * 64, "State": {"Pid": 2**22 + 1}, "HostConfig": host}


def test_far_away_the_settings_say_what_root_can_do() -> None:
    found = posture_of(Elsewhere(), elsewhere(CapDrop=["ALL"], CapAdd=["CAP_CHOWN"]))  # type: ignore[arg-type]
    assert found.roots == 1
    assert found.users == {0, 101}
    assert found.capabilities == {"CHOWN"}
    assert not found.is_seen
    assert not found.is_read_only


@pytest.mark.parametrize(
    ("host", "can"),
    [
        ({}, DEFAULT_CAPABILITIES),
        ({"CapAdd": ["ALL"]}, frozenset(CAPABILITIES)),
        (
            {"CapDrop": ["CHOWN"], "CapAdd": ["SYS_TIME"]},
            DEFAULT_CAPABILITIES - {"CHOWN"} | {"SYS_TIME"},
        ),
        ({"CapDrop": ["ALL"]}, frozenset()),
    ],
)
def test_settings_add_up_to_capabilities(host: dict[str, Any], can: frozenset[str]) -> None:
    assert posture_of(Elsewhere(), elsewhere(**host)).capabilities == can  # type: ignore[arg-type]


def test_far_away_ports_are_asked_for_within() -> None:
    found = ports_of(Elsewhere(), elsewhere())  # type: ignore[arg-type]
    assert found == frozenset({8080})


def test_the_user_that_is_not_root_is_that_of_most() -> None:
    crowd = (Process(0, 0), Process(5, 5), Process(33, 33), Process(33, 33))
    assert other_user(Posture(crowd)) == "33:33"
    assert other_user(Posture((Process(0, 0),))) == ""


def test_a_posture_is_told_in_a_few_words() -> None:
    assert described(Posture()) == ""
    assert (
        described(BEFORE.posture)
        == "runs as root, 33, with CHOWN, SETGID, SETUID, no new privileges"
    )
    many = Posture((process(0, DEFAULT_CAPABILITIES, nnp=False),), is_read_only=True)
    assert described(many) == "runs as root, with 14 capabilities, read-only"
