"""What a container lacks, weighed by what is at stake; and whom it runs as."""

from __future__ import annotations

import pytest
import workloads

from seawall.core.model import Hit, Verdict
from seawall.core.source import Source
from seawall.rules.practices import (
    BOUNDED_LOGGING,
    DROPPED_CAPABILITIES,
    LIMITED_CPU,
    LIMITED_FILES,
    LIMITED_MEMORY,
    LIMITED_PIDS,
    NO_NEW_PRIVILEGES,
    READ_ONLY_ROOTFS,
)
from seawall.rules.runtime import filesystem, hardening
from seawall.rules.runtime.hardening import UNHARDENED_SERVICE, control_verdicts, missing_controls
from seawall.rules.runtime.user import ROOT_USER, has_unknown_user, sets_user
from seawall.surfaces.cell import Cell
from seawall.surfaces.dockerfile import read
from seawall.surfaces.workload import Build, Workload

_EVERYTHING = """
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    mem_limit: 512m
    memswap_limit: 512m
    cpus: 1
    pids_limit: 100
    ulimits: {nofile: 1024}
    logging: {driver: local}
"""


def service(lines: str, image: str = "acme/web:1.2.3") -> Workload:
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    (workload,) = workloads.project(f"services:\n  web:\n    image: {image}\n{body}").services
    return workload


def found(workload: Workload) -> list[Hit]:
    return list(UNHARDENED_SERVICE.on[Workload](workload, workloads.SETTINGS))


def users(workload: Workload) -> list[Hit]:
    return list(ROOT_USER.on[Workload](workload, workloads.SETTINGS))


def verdict(lines: str, practice: object) -> Verdict:
    controls = control_verdicts(service(lines))
    return next(control.verdict for control in controls if control.practice is practice)


@pytest.mark.parametrize(
    ("lines", "practice", "expected"),
    [
        ("read_only: true", READ_ONLY_ROOTFS, Verdict.PASS),
        ('read_only: "yes"', READ_ONLY_ROOTFS, Verdict.PASS),
        ("read_only: ${RO:-true}", READ_ONLY_ROOTFS, Verdict.PASS),
        ("read_only: false", READ_ONLY_ROOTFS, Verdict.FAIL),
        ("read_only: ${RO}", READ_ONLY_ROOTFS, Verdict.UNKNOWN),
        ("cap_drop: [all]", DROPPED_CAPABILITIES, Verdict.PASS),
        ("cap_drop: [CAP_NET_RAW]", DROPPED_CAPABILITIES, Verdict.FAIL),
        ("cap_drop: ['${CAPS}']", DROPPED_CAPABILITIES, Verdict.UNKNOWN),
        ("cap_drop: [ALL]\ncap_add: [NET_BIND_SERVICE]", DROPPED_CAPABILITIES, Verdict.PASS),
        ("cap_drop: [ALL]\ncap_add: [ALL]", DROPPED_CAPABILITIES, Verdict.FAIL),
        ("cap_drop: [ALL]\nprivileged: true", DROPPED_CAPABILITIES, Verdict.FAIL),
        ("security_opt: [no-new-privileges]", NO_NEW_PRIVILEGES, Verdict.PASS),
        ("security_opt: ['no-new-privileges=true']", NO_NEW_PRIVILEGES, Verdict.PASS),
        ("security_opt: ['no-new-privileges:false']", NO_NEW_PRIVILEGES, Verdict.FAIL),
        ("security_opt: ['seccomp:p.json']", NO_NEW_PRIVILEGES, Verdict.FAIL),
        ("security_opt: ['${OPTION}']", NO_NEW_PRIVILEGES, Verdict.UNKNOWN),
        ("mem_limit: 1g\nmemswap_limit: 1g", LIMITED_MEMORY, Verdict.PASS),
        ("mem_limit: 1g", LIMITED_MEMORY, Verdict.FAIL),
        ("mem_limit: 1g\nmemswap_limit: -1", LIMITED_MEMORY, Verdict.FAIL),
        ("mem_limit: 0", LIMITED_MEMORY, Verdict.FAIL),
        ("mem_limit: ${M}", LIMITED_MEMORY, Verdict.UNKNOWN),
        ("mem_limit: 1g\nmemswap_limit: ${M}", LIMITED_MEMORY, Verdict.UNKNOWN),
        ("deploy: {resources: {reservations: {memory: 1g}}}", LIMITED_MEMORY, Verdict.FAIL),
        ("cpus: 0.5", LIMITED_CPU, Verdict.PASS),
        ("deploy: {resources: {limits: {cpus: '0.5'}}}", LIMITED_CPU, Verdict.PASS),
        ("cpu_shares: 512", LIMITED_CPU, Verdict.FAIL),
        ("cpus: 0", LIMITED_CPU, Verdict.FAIL),
        ("cpus: ${C}", LIMITED_CPU, Verdict.UNKNOWN),
        ("pids_limit: 100", LIMITED_PIDS, Verdict.PASS),
        ("pids_limit: -1", LIMITED_PIDS, Verdict.FAIL),
        ("pids_limit: 0", LIMITED_PIDS, Verdict.FAIL),
        ("pids_limit: ${P}", LIMITED_PIDS, Verdict.UNKNOWN),
        ("ulimits: {nofile: 65536}", LIMITED_FILES, Verdict.PASS),
        ("ulimits: {nofile: {soft: 1024, hard: -1}}", LIMITED_FILES, Verdict.FAIL),
        ("ulimits: {nofile: 1048576}", LIMITED_FILES, Verdict.FAIL),
        ("ulimits: {nproc: 100}", LIMITED_FILES, Verdict.FAIL),
        ("logging: {options: {max-size: 10m}}", BOUNDED_LOGGING, Verdict.PASS),
        ("logging: {driver: json-file, options: {max-size: 10m}}", BOUNDED_LOGGING, Verdict.PASS),
        ("logging: {driver: json-file, options: {max-size: '-1'}}", BOUNDED_LOGGING, Verdict.FAIL),
        ("logging: {driver: json-file, options: {max-file: 3}}", BOUNDED_LOGGING, Verdict.FAIL),
        ("logging: {driver: gelf}", BOUNDED_LOGGING, Verdict.PASS),
        ("logging: {driver: none}", BOUNDED_LOGGING, Verdict.FAIL),
        ("logging: {driver: '${L}'}", BOUNDED_LOGGING, Verdict.UNKNOWN),
        ("logging: {options: {max-size: '${S}'}}", BOUNDED_LOGGING, Verdict.UNKNOWN),
    ],
)
def test_a_control_counts_as_docker_takes_it(
    lines: str, practice: object, expected: Verdict
) -> None:
    assert verdict(lines, practice) is expected


def test_all_that_is_missing_is_one_finding_with_the_lines_that_add_it() -> None:
    (hit,) = found(service(""))
    assert "and limits on memory and swap, CPU time, processes, open files and log" in hit.message
    for line in ("read_only: true", "cap_drop: [ALL]", "mem_limit: 512m", "pids_limit: 200"):
        assert f"\n    {line}" in hit.remedy


def test_the_lines_follow_the_file_that_bounds_below_deploy() -> None:
    (hit,) = found(service("deploy: {resources: {limits: {cpus: '1'}}}"))
    assert "deploy: {resources: {limits: {memory: 512M, pids: 200}}}" in hit.remedy
    assert "memswap_limit: 512m" in hit.remedy
    assert "mem_limit: 512m\n" not in hit.remedy.replace("memswap", "")


def test_a_run_line_is_told_flags() -> None:
    (workload,) = workloads.run_lines("docker run acme/web:1.2.3")
    (hit,) = found(workload)
    assert "--read-only --tmpfs /tmp:rw,noexec,nosuid,size=64m --cap-drop=ALL" in hit.remedy


def test_one_missing_limit_is_said_in_the_singular() -> None:
    lines = _EVERYTHING.replace("    pids_limit: 100\n", "").replace("    ", "")
    (hit,) = found(service(lines, "grafana/grafana:11.6.0"))
    assert hit.message.endswith("lacks a limit on processes")


def test_without_a_missing_limit_none_is_spoken_of() -> None:
    lines = _EVERYTHING.replace("    read_only: true\n", "").replace("    ", "")
    (hit,) = found(service(lines, "grafana/grafana:11.6.0"))
    assert hit.message.endswith("lacks a read-only root filesystem")


def test_a_service_with_scratch_space_is_told_only_to_be_read_only() -> None:
    (hit,) = found(service("tmpfs: [/run]"))
    assert "read_only: true" in hit.remedy
    assert "tmpfs:" not in hit.remedy


def test_an_official_image_keeps_what_its_entry_point_needs() -> None:
    (hit,) = found(service("", "postgres:17.5"))
    assert "cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]" in hit.remedy
    (hit,) = found(service("user: '999'", "postgres:17.5"))
    assert "cap_add" not in hit.remedy


def test_options_that_are_there_are_to_be_kept() -> None:
    (hit,) = found(service("security_opt: ['apparmor:strict']"))
    assert "security_opt: [no-new-privileges:true]  # with the entries" in hit.remedy


def test_the_swap_limit_takes_the_size_of_the_memory_limit() -> None:
    (hit,) = found(service("mem_limit: 2G"))
    assert "memswap_limit: 2g" in hit.remedy


def test_what_has_a_rule_of_its_own_is_not_said_twice() -> None:
    (hit,) = found(service("privileged: true\nlogging: {driver: none}\nmemswap_limit: -1"))
    assert "capabilities" not in hit.message
    assert "log files" not in hit.message
    bounded = service("mem_limit: 1g\nmemswap_limit: -1")
    assert "swap" not in found(bounded)[0].message
    assert any(control.practice is LIMITED_MEMORY for control in missing_controls(bounded))


def test_a_hardened_service_is_not_mentioned() -> None:
    assert found(service(_EVERYTHING.replace("    ", ""))) == []


def test_in_a_swarm_nothing_is_asked_that_a_swarm_does_not_know() -> None:
    (hit,) = found(service("deploy: {update_config: {parallelism: 1}}\nmem_limit: 1g"))
    assert "no-new-privileges" not in hit.message
    assert "swap" not in hit.message


def test_what_a_missing_base_may_set_is_unknown() -> None:
    (workload,) = workloads.project(
        "services:\n  web:\n    extends: {file: gone.yaml, service: web}\n    mem_limit: 1g\n"
        "    memswap_limit: 1g\n    privileged: true\n"
    ).services
    assert found(workload) == []
    verdicts = {control.verdict for control in control_verdicts(workload)}
    assert verdicts == {Verdict.UNKNOWN, Verdict.PASS, Verdict.FAIL}


def test_what_is_written_and_bounds_nothing_is_evidence() -> None:
    (hit,) = found(service("mem_limit: 0\ncap_drop: [MKNOD]"))
    assert [evidence.line for evidence in hit.evidence] == [5, 4]


@pytest.mark.parametrize(
    "lines",
    [
        "ports: ['80:80']",
        "ports: ['80']",
        "ports: ['0.0.0.0:80:80']",
        "network_mode: host",
        "privileged: true",
        "volumes: ['/var/run/docker.sock:/var/run/docker.sock']",
        "volumes: ['data:/data']",
        "labels: ['traefik.enable=true']",
        "environment: {VIRTUAL_HOST: example.org}",
    ],
)
def test_exposure_makes_it_weigh_in_full(lines: str) -> None:
    (hit,) = found(service(lines))
    assert not hit.weaker
    assert hit.evidence


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "ports: ['127.0.0.1:80:80']",
        "ports: ['[::1]:80:80']",
        "expose: ['80']",
        "volumes: ['data:/data:ro']",
        "volumes: [/data]",
        "labels: ['traefik.enable=false', 'maintainer=me']",
        "environment: {HOST: example.org}",
    ],
)
def test_without_exposure_it_weighs_less(lines: str) -> None:
    (hit,) = found(service(lines))
    assert hit.weaker


def test_a_neighbour_with_a_part_of_the_host_makes_it_weigh_in_full() -> None:
    text = (
        "services:\n  web: {image: 'a:1', networks: [front]}\n"
        "  far: {image: 'a:1', networks: [back]}\n"
        "  agent: {image: 'a:1', privileged: true, networks: [front]}\n"
        "  second: {image: 'a:1', privileged: true, networks: [front]}\n"
        "  third: {image: 'a:1', privileged: true, networks: [front]}\n"
        "networks: {front: {}, back: {}}\n"
    )
    hits = workloads.hits(UNHARDENED_SERVICE, text)
    assert [bool(hit.weaker) for hit in hits] == [False, True, False, False, False]
    assert "neighbour `agent`" in hits[0].evidence[0].what
    assert "neighbour `second`" in hits[2].evidence[1].what


@pytest.mark.parametrize(
    ("image", "is_store"),
    [
        ("postgres:17.5", True),
        ("docker.io/library/redis:8.0", True),
        ("mongo-express:1.0.2", False),
        ("prom/mysqld-exporter:v0.17.2", False),
        ("acme/web:1.2.3", False),
        ("Not An Image", False),
    ],
)
def test_a_store_of_data_is_known_by_its_image(image: str, is_store: bool) -> None:
    (hit,) = found(service("", image))
    assert bool(hit.weaker) is not is_store


@pytest.mark.parametrize("user", ["root", "0", "'00'", "0:1000", "root:app", "${U:-0}"])
def test_a_service_that_says_root_is_root(user: str) -> None:
    (hit,) = users(service(f"user: {user}"))
    assert hit.verdict is Verdict.FAIL


@pytest.mark.parametrize("user", ["'1000'", "app", "${U:-1000}:${G:-1000}", "${U:-1000}:${G}"])
def test_a_service_that_says_another_user_is_not_root(user: str) -> None:
    workload = service(f"user: {user}")
    assert [hit.verdict for hit in users(workload)] == [Verdict.PASS]
    assert sets_user(workload)


def test_a_user_that_a_variable_decides_is_unknown() -> None:
    (hit,) = users(service("user: ${U}:${G}"))
    assert hit.verdict is Verdict.UNKNOWN


def test_an_empty_user_is_the_image_s() -> None:
    workload = service("user: ''", "nginx:1.28.0")
    assert not sets_user(workload)
    assert [hit.verdict for hit in users(workload)] == [Verdict.FAIL]


@pytest.mark.parametrize(
    ("image", "lines", "expected"),
    [
        ("nginx:1.28.0", "", [Verdict.FAIL]),
        ("nginx:1.28.0", "ports: ['80:80']", [Verdict.FAIL]),
        ("postgres:17.5", "", [Verdict.PASS]),
        ("postgres:17.5", "entrypoint: [postgres]", [Verdict.FAIL]),
        ("grafana/grafana:11.6.0", "", [Verdict.PASS]),
        ("quay.io/jupyter/base-notebook:2024-05-27", "", [Verdict.PASS]),
        ("nginx:1.28.0", "environment: {PUID: 1000}", []),
        ("nginx:1.28.0", "environment: {PUID: 0}", [Verdict.FAIL]),
        ("acme/web:1.2.3", "", []),
        ("${IMAGE}", "", []),
    ],
)
def test_the_image_s_user_counts_where_none_is_set(
    image: str, lines: str, expected: list[Verdict]
) -> None:
    assert [hit.verdict for hit in users(service(lines, image))] == expected


def test_a_user_that_nobody_knows_is_advice_and_no_accusation() -> None:
    assert has_unknown_user(service(""))
    assert "a user of its own" in found(service(""))[0].message
    for workload in (service("user: '1'"), service("environment: {PUID: 1}"), service("build: .")):
        assert not has_unknown_user(workload)


def test_the_remedy_names_the_user_that_the_image_has() -> None:
    (hit,) = users(service("entrypoint: [postgres]", "postgres:17.5"))
    assert '`user: "postgres"`' in hit.remedy
    (hit,) = users(service("", "nginx:1.28.0"))
    assert "unprivileged" in hit.remedy
    (hit,) = users(service("", "mcr.microsoft.com/dotnet/aspnet:9.0"))
    assert "$" not in hit.remedy


def building(dockerfile: str, target: str = "") -> Workload:
    place = service("").place
    facts = read(Source("Dockerfile", dockerfile), {}, target)
    chosen = Cell(target, place) if target else None
    build = Build(place, target=chosen, dockerfile=facts)
    return Workload("web", service("").origin, place, build=build)


def test_a_root_dockerfile_is_blamed_where_it_is_written() -> None:
    assert users(building("FROM alpine:3.22.1\n")) == []
    assert users(building("")) == []
    assert users(service("build: .")) == []


def test_a_dockerfile_with_a_user_passes() -> None:
    assert [h.verdict for h in users(building("FROM alpine:3.22.1\nUSER 1\n"))] == [Verdict.PASS]


def test_a_target_that_only_this_service_builds_is_blamed_here() -> None:
    text = "FROM alpine:3.22.1 AS debug\nFROM alpine:3.22.1\nUSER 1\n"
    (hit,) = users(building(text, "debug"))
    assert hit.verdict is Verdict.FAIL
    assert "`debug`" in hit.message


def test_a_container_spared_by_the_kernel_weighs_less_with_a_memory_limit() -> None:
    check = hardening.OUT_OF_MEMORY_EXEMPT.on[Workload]
    (hit,) = check(service("oom_kill_disable: true\nmem_limit: 1g"), workloads.SETTINGS)
    assert hit.weaker
    (hit,) = check(service("oom_score_adj: -500"), workloads.SETTINGS)
    assert not hit.weaker
    assert list(check(service("oom_score_adj: ${S}"), workloads.SETTINGS)) == []


@pytest.mark.parametrize(
    "volume",
    ["./a:/etc/a.conf", "a.conf:/etc/a.conf", "/etc/nginx:/etc/nginx", "./x.conf:/c:ro"],
)
def test_what_is_no_writable_settings_file_is_left_alone(volume: str) -> None:
    workload = service(f"volumes: ['{volume}']")
    check = filesystem.WRITABLE_SETTINGS.on[Workload]
    assert list(check(workload, workloads.SETTINGS)) == []


def test_a_mount_of_the_project_says_whether_it_can_be_changed() -> None:
    text = "services:\n  web:\n    image: a:1\n    volumes: ['.:/app{}']\n"
    (hit,) = workloads.hits(filesystem.PROJECT_DIRECTORY_MOUNT, text.format(""))
    assert "can change" in hit.message
    (hit,) = workloads.hits(filesystem.PROJECT_DIRECTORY_MOUNT, text.format(":ro"))
    assert "can change" not in hit.message


def test_scratch_space_with_a_size_is_told_only_its_options() -> None:
    workload = service("tmpfs: ['/tmp:exec,size=1g']")
    (hit,) = filesystem.LOOSE_TMPFS.on[Workload](workload, workloads.SETTINGS)
    assert hit.remedy.endswith("`/tmp:rw,noexec,nosuid`.")
