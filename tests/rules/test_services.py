"""Images, health and operations of services: what Compose makes of them counts."""

from __future__ import annotations

import pytest
import workloads

from seawall.core.model import Hit, Verdict
from seawall.core.rule import Rule, Settings
from seawall.core.source import Source
from seawall.rules import by_id
from seawall.rules.image.origin import UNOFFICIAL_BASE
from seawall.rules.image.pinning import LATEST_TAG, UNPINNED_DIGEST
from seawall.rules.operations import HOST_PORT_CONFLICT, IGNORED_BY_SWARM, VOLUME_WITHOUT_BACKUP
from seawall.rules.service_health import has_check
from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile import Dockerfile, read
from seawall.surfaces.workload import Build, Workload


def services(**lines: str) -> str:
    return "services:\n" + "".join(f"  {name}: {{{body}}}\n" for name, body in lines.items())


def on_service(rule: Rule, body: str, settings: Settings = workloads.SETTINGS) -> list[Hit]:
    (workload,) = workloads.project(services(web=body)).services
    return list(rule.on[Workload](workload, settings))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx", [Verdict.FAIL]),
        ("nginx:latest", [Verdict.FAIL]),
        ("nginx:${TAG:-latest}", [Verdict.FAIL]),
        ("${IMAGE:-nginx:latest}", [Verdict.FAIL]),
        ("${REGISTRY}/web", [Verdict.FAIL]),
        ("nginx:${TAG}", [Verdict.UNKNOWN]),
        ("nginx:l${TAG}", [Verdict.UNKNOWN]),
        ("nginx:v${TAG}", []),
        ("${NAME}:1.28.0", [Verdict.UNKNOWN]),
        ("nginx:${TAG:-1.28.0}", []),
        ("${REGISTRY}/web:1.2.3", []),
        ("localhost:5000/web:1.2.3", []),
        ("Not A Reference", []),
        ("", []),
    ],
)
def test_the_version_of_an_image_counts_after_interpolation(
    image: str, expected: list[Verdict]
) -> None:
    assert [hit.verdict for hit in on_service(LATEST_TAG, f'image: "{image}"')] == expected


def test_a_default_says_where_the_version_comes_from() -> None:
    (hit,) = on_service(LATEST_TAG, "image: 'nginx:${TAG:-latest}'")
    assert "where nothing sets the variable" in hit.evidence[0].what


def test_a_variable_that_is_set_says_so_too() -> None:
    text = services(web="image: 'nginx:${TAG:-1.28.0}'")
    (workload,) = workloads.project(text, env="TAG=latest\n").services
    (hit,) = LATEST_TAG.on[Workload](workload, workloads.SETTINGS)
    assert "that are set" in hit.evidence[0].what


@pytest.mark.parametrize("body", ["image: nginx, build: .", "build: ."])
def test_the_name_of_what_is_built_here_is_no_image_to_pull(body: str) -> None:
    for rule in ("latest-tag", "floating-tag", "end-of-life-base", "unpinned-digest"):
        assert on_service(by_id()[rule], body) == []


def test_a_policy_that_asks_for_digests_is_not_told_less() -> None:
    strict = Settings(today=workloads.SETTINGS.today, require_digest=True)
    assert not on_service(UNPINNED_DIGEST, "image: 'nginx:1.28.0'", strict)[0].weaker
    assert on_service(UNPINNED_DIGEST, "image: 'nginx:1.28.0'")[0].weaker


@pytest.mark.parametrize(
    ("image", "is_found"),
    [
        ("random-user/postgres:1.2.3", True),
        ("ghcr.io/random-user/redis:1.2.3", True),
        ("random-user/their-program:1.2.3", False),
        ("bitnami/redis:1.2.3", False),
        ("emqx/emqx:1.2.3", False),
        ("registry.acme.example/postgres:1.2.3", False),
        ("postgres:17.5", False),
    ],
)
def test_only_a_stranger_s_copy_of_an_official_image_is_suspect(image: str, is_found: bool) -> None:
    assert bool(on_service(UNOFFICIAL_BASE, f"image: '{image}'")) is is_found


def test_a_policy_with_a_list_holds_every_image_to_it() -> None:
    listed = Settings(today=workloads.SETTINGS.today, allowed_images=("ghcr.io/acme/*",))
    assert on_service(UNOFFICIAL_BASE, "image: 'random-user/program:1.2.3'", listed)
    assert on_service(UNOFFICIAL_BASE, "image: 'ghcr.io/acme/program:1.2.3'", listed) == []


def built(dockerfile: str) -> Workload:
    place = workloads.project(services(web="image: a")).services[0].place
    facts = read(Source("Dockerfile", dockerfile))
    return Workload("web", workloads.run_lines("docker run a")[0].origin, place, build=Build(
        place, context=Cell(".", place), dockerfile=facts
    ))  # fmt: skip


def test_a_health_check_of_the_dockerfile_that_is_built_counts() -> None:
    assert has_check(built("FROM alpine:3.22.1\nHEALTHCHECK CMD ping\n")) is True
    assert has_check(built("FROM alpine:3.22.1\n")) is None
    assert has_check(built("")) is None


WAITS = "image: a:1, depends_on: {db: {condition: service_healthy}}"


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("image: 'postgres:17.5'", [Verdict.FAIL]),
        ("image: 'postgres:17.5', healthcheck: {disable: true}", [Verdict.FAIL]),
        ("image: 'postgres:17.5', healthcheck: {test: pg_isready}", []),
        ("image: 'postgres:17.5', healthcheck: {interval: 5s}", [Verdict.FAIL]),
        ("image: 'acme/db:1.2.3'", [Verdict.UNKNOWN]),
        ("build: .", [Verdict.UNKNOWN]),
    ],
)
def test_a_health_that_is_waited_for_must_be_told(database: str, expected: list[Verdict]) -> None:
    text = services(web=WAITS, worker=WAITS, db=database)
    hits = workloads.hits(by_id()["health-not-told"], text)
    assert [hit.verdict for hit in hits] == expected


def test_who_waits_for_nobody_is_the_reader_s_matter() -> None:
    assert workloads.hits(by_id()["health-not-told"], services(web=WAITS)) == []


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("image: 'alpine:3.22.1', healthcheck: {test: [CMD, curl, x]}", True),
        ("image: 'alpine:3.22.1', healthcheck: {test: [CMD, /usr/bin/curl, x]}", True),
        ("image: 'gcr.io/distroless/static-debian12', healthcheck: {test: ping}", True),
        ("image: 'alpine:3.22.1', healthcheck: {test: [CMD, ping]}", False),
        ("image: 'alpine:3.22.1', healthcheck: {test: [CMD, '']}", False),
        ("image: 'alpine:3.22.1', healthcheck: {test: [NONE]}", False),
        ("image: 'alpine:3.22.1'", False),
    ],
)
def test_a_check_needs_a_tool_that_the_image_has(body: str, is_found: bool) -> None:
    assert bool(on_service(by_id()["healthcheck-tool-missing"], body)) is is_found


@pytest.mark.parametrize("body", ["image: a", "image: a, healthcheck: {disable: true}"])
def test_a_check_that_is_not_there_needs_no_timing(body: str) -> None:
    assert on_service(by_id()["healthcheck-untimed"], body) == []


def test_a_base_image_s_own_health_check_is_enough() -> None:
    check = by_id()["no-healthcheck"].on[Dockerfile]
    text = "FROM {}\nEXPOSE 80\nCMD serve\n"
    for image, count in (("liferay/portal:7.4.3", 0), ("node:20.11.1", 1)):
        facts = read(Source("Dockerfile", text.format(image)))
        assert len(list(check(facts, workloads.SETTINGS))) == count


def test_the_images_of_a_file_are_read_once_for_all_rules() -> None:
    facts = read(Source("Dockerfile", "FROM nginx:latest\n"))
    check = LATEST_TAG.on[Dockerfile]
    assert list(check(facts, workloads.SETTINGS)) == list(check(facts, workloads.SETTINGS))


def test_a_step_that_brings_another_tool_does_not_bring_this_one() -> None:
    text = "FROM alpine:3.19\nRUN apk add git\nWORKDIR /app\nHEALTHCHECK CMD curl x\n"
    facts = read(Source("Dockerfile", text))
    check = by_id()["healthcheck-tool-missing"].on[Dockerfile]
    assert len(list(check(facts, workloads.SETTINGS))) == 1


def test_volumes_of_a_driver_elsewhere_are_saved_elsewhere() -> None:
    text = services(db="image: 'a:1', volumes: ['va:/a', 'vb:/b', 'vc:/c', './d:/d', '/e']")
    text += "volumes: {va: {driver: rexray}, vb: {driver: local}, vc: {}}\n"
    (hit,) = workloads.hits(VOLUME_WITHOUT_BACKUP, text)
    assert "`vb`, `vc`" in hit.message
    assert "`va`" not in hit.message


@pytest.mark.parametrize(
    ("first", "second", "is_found"),
    [
        ("'80:80'", "'80:8080'", True),
        ("'0.0.0.0:80:80'", "'127.0.0.1:80:80'", True),
        ("'127.0.0.1:80:80'", "'127.0.0.1:80:80'", True),
        ("'127.0.0.1:80:80'", "'127.0.0.2:80:80'", False),
        ("'53:53/udp'", "'53:53/tcp'", False),
        ("'8000-8010:80'", "'8000-8010:80'", False),
        ("'80'", "'80'", False),
        ("'${IP}:80:80'", "'80:80'", False),
    ],
)
def test_two_services_cannot_have_one_port(first: str, second: str, is_found: bool) -> None:
    text = services(a=f"image: 'a:1', ports: [{first}]", b=f"image: 'a:1', ports: [{second}]")
    assert bool(workloads.hits(HOST_PORT_CONFLICT, text)) is is_found


def test_what_a_swarm_ignores_is_one_finding() -> None:
    (workload,) = workloads.project(
        services(
            web="image: 'a:1', pid: host, userns_mode: host, security_opt: [apparmor:x],"
            " deploy: {update_config: {parallelism: 1}}"
        )
    ).services
    (hit,) = IGNORED_BY_SWARM.on[Workload](workload, workloads.SETTINGS)
    assert "`security_opt`, `pid`, `userns_mode`" in hit.message
    assert isinstance(workloads.project(services(web="image: 'a:1'")), Project)
