"""The user that an image runs as: through stages, variables and the base image's own user."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from seawall.core.model import Confidence, Hit, Verdict
from seawall.core.rule import Rule, Settings
from seawall.core.source import Source
from seawall.rules.runtime.user import NAMED_USER, ROOT_USER, RULES
from seawall.surfaces.dockerfile import Dockerfile, read

SETTINGS = Settings(today=date(2026, 11, 24))


def judge(text: str, rule: Rule = ROOT_USER, target: str = "", **arguments: str) -> list[Hit]:
    facts = read(Source("Dockerfile", text), arguments, target)
    hits: Iterable[Hit] = rule.on[Dockerfile](facts, SETTINGS)
    return list(hits)


def verdict(text: str, target: str = "", **arguments: str) -> Verdict:
    (hit,) = judge(text, ROOT_USER, target, **arguments)
    return hit.verdict


@pytest.mark.parametrize(
    "user",
    ["root", "0", "0:0", "root:root", "root:app", "0:1000", "00", '"root"'],
)
def test_every_way_to_write_root_is_root(user: str) -> None:
    assert verdict(f"FROM alpine:3.22.1\nUSER {user}\n") is Verdict.FAIL


@pytest.mark.parametrize("user", ["app", "1000", "10001:0", "nobody:root", "rooted"])
def test_a_user_of_another_name_or_number_is_not_root(user: str) -> None:
    assert verdict(f"FROM alpine:3.22.1\nUSER {user}\n") is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM alpine:3.22.1\nUSER root\nRUN id\nUSER app\n", Verdict.PASS),
        ("FROM alpine:3.22.1\nUSER app\nRUN id\nUSER root\n", Verdict.FAIL),
        ("FROM alpine:3.22.1 AS b\nUSER app\nFROM b\n", Verdict.PASS),
        ("FROM alpine:3.22.1 AS b\nUSER app\nFROM b AS c\nFROM c\nUSER 0\n", Verdict.FAIL),
        ("FROM alpine:3.22.1 AS b\nUSER app\nFROM alpine:3.22.1\n", Verdict.FAIL),
        ("FROM alpine:3.22.1 AS b\nUSER root\nFROM b\nUSER 1000\n", Verdict.PASS),
        ("FROM alpine:3.22.1 AS Base\nUSER app\nFROM base\n", Verdict.PASS),
        ("FROM alpine:3.22.1\nONBUILD USER app\n", Verdict.FAIL),
        ("FROM alpine:3.22.1\nuser app\n", Verdict.PASS),
    ],
)
def test_the_last_user_of_the_final_stage_counts(text: str, expected: Verdict) -> None:
    assert verdict(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM alpine:3.22.1\nARG U=root\nUSER $U\n", Verdict.FAIL),
        ("FROM alpine:3.22.1\nARG U=app\nUSER $U\n", Verdict.PASS),
        ("FROM alpine:3.22.1\nENV U=app\nUSER ${U}\n", Verdict.PASS),
        ("FROM alpine:3.22.1\nENV U=0 G=0\nUSER $U:$G\n", Verdict.FAIL),
        ("ARG U=app\nFROM alpine:3.22.1\nARG U\nUSER $U\n", Verdict.PASS),
        ("FROM alpine:3.22.1 AS b\nENV U=app\nFROM b\nUSER $U\n", Verdict.PASS),
        ("FROM alpine:3.22.1\nARG U\nUSER $U\n", Verdict.UNKNOWN),
        ("FROM alpine:3.22.1\nARG U\nUSER ${U:-1000}\n", Verdict.PASS),
    ],
)
def test_variables_in_user_are_followed(text: str, expected: Verdict) -> None:
    assert verdict(text) is expected


def test_what_would_settle_an_unknown_user_is_said() -> None:
    (hit,) = judge("FROM alpine:3.22.1\nARG U\nUSER $U\n")
    assert "`U`" in hit.message
    assert "ARG of `U`" in hit.remedy


def test_a_build_argument_settles_what_the_file_leaves_open() -> None:
    text = "FROM alpine:3.22.1\nARG U\nUSER $U\n"
    assert verdict(text, U="0") is Verdict.FAIL
    assert verdict(text, U="1000") is Verdict.PASS


def test_the_stage_that_is_built_is_judged_not_the_last() -> None:
    text = "FROM alpine:3.22.1 AS app\nUSER app\nFROM alpine:3.22.1 AS debug\n"
    assert verdict(text) is Verdict.FAIL
    assert verdict(text, "app") is Verdict.PASS


@pytest.mark.parametrize(
    "image",
    [
        "gcr.io/distroless/static-debian12:nonroot",
        "mcr.microsoft.com/dotnet/aspnet:9.0-azurelinux3.0-distroless",
        "mcr.microsoft.com/dotnet/runtime-deps:8.0-jammy-chiseled-extra",
        "jupyter/base-notebook:python-3.11",
        "grafana/k6@sha256:" + "0123456789abcdef" * 4,
        "cgr.dev/ORG/python:3.12-dev",
        "haproxy:2.8",
        "memcached:1.6-alpine",
        "jenkins/jenkins:lts",
        "nginxinc/nginx-unprivileged:1.27",
    ],
)
def test_a_base_that_sets_a_user_is_not_accused(image: str) -> None:
    (hit,) = judge(f"FROM {image}\n")
    assert hit.verdict is Verdict.PASS
    assert "runs as `" in hit.message
    assert any("https://" in e.what for e in hit.evidence)


def test_a_base_known_to_be_root_is_accused_with_confidence() -> None:
    (hit,) = judge("FROM python:3.13.5\n")
    assert (hit.verdict, hit.confidence) == (Verdict.FAIL, None)


def test_a_base_that_nobody_knows_is_accused_with_less() -> None:
    (hit,) = judge("FROM ghcr.io/acme/app:1\n")
    assert (hit.verdict, hit.confidence) == (Verdict.FAIL, Confidence.MEDIUM)
    assert "not known to set one" in hit.message


def test_a_base_that_nothing_names_is_unknown() -> None:
    assert verdict("ARG BASE\nFROM ${BASE}\n") is Verdict.UNKNOWN
    assert verdict("ARG BASE\nFROM ${BASE}\nUSER 1000\n") is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG V\nFROM python:${V}\n", Verdict.FAIL),
        ("ARG V\nFROM mcr.microsoft.com/dotnet/aspnet:${V}-chiseled\n", Verdict.PASS),
        ("ARG D\nFROM gcr.io/distroless/static-debian${D}:nonroot\n", Verdict.PASS),
        ("ARG R\nFROM ${R}/app:1\n", Verdict.UNKNOWN),
    ],
)
def test_an_unknown_version_does_not_hide_which_image_it_is(text: str, expected: Verdict) -> None:
    assert verdict(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER $APP_UID\n", Verdict.PASS),
        ("FROM quay.io/jupyter/base-notebook\nUSER root\nUSER ${NB_UID}\n", Verdict.PASS),
        ("FROM apache/airflow:2.9.0\nUSER root\nUSER ${AIRFLOW_UID}\n", Verdict.PASS),
    ],
)
def test_variables_that_the_base_image_sets_are_known(text: str, expected: Verdict) -> None:
    assert verdict(text) is expected


def test_a_server_that_drops_its_rights_weighs_less_unless_its_entrypoint_is_replaced() -> None:
    (hit,) = judge("FROM postgres:18.1\n")
    assert "changes to `postgres`" in hit.weaker
    (hit,) = judge('FROM postgres:18.1\nENTRYPOINT ["postgres"]\n')
    assert hit.weaker == ""


def test_an_image_from_scratch_without_a_command_only_carries_files() -> None:
    (hit,) = judge("FROM scratch\nCOPY app /\n")
    assert "only carries files" in hit.weaker
    (hit,) = judge('FROM scratch\nCOPY app /\nCMD ["/app"]\n')
    assert (hit.verdict, hit.weaker) == (Verdict.FAIL, "")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("FROM alpine:3.22.1\n", "adduser -S"),
        ("FROM debian:trixie\n", "useradd --uid"),
        ("FROM nginxproxy/nginx-proxy:1.7-alpine\n", "adduser -S"),
        ("FROM node:22.12.0\n", "USER node"),
        ("FROM nginx:1.28.0\n", "nginxinc/nginx-unprivileged"),
        ("FROM scratch\n", "USER 65532:65532"),
        ("FROM gcr.io/distroless/static-debian12\n", "USER 65532"),
        ("FROM mcr.microsoft.com/dotnet/aspnet:9.0\n", "USER $APP_UID"),
        ("FROM ghcr.io/acme/app:1\n", "USER 10001"),
        ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\n", "USER ContainerUser"),
    ],
)
def test_the_remedy_fits_the_base_image(text: str, remedy: str) -> None:
    (hit,) = judge(text)
    assert remedy in hit.remedy


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\n", [Verdict.PASS]),
        ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\n", [Verdict.FAIL]),
        ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nUSER ContainerUser\n", []),
        (
            "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nUSER ContainerAdministrator\n",
            [Verdict.FAIL],
        ),
        ("FROM registry.example/servercore/app:1\nUSER ContainerAdministrator\n", [Verdict.FAIL]),
    ],
)
def test_windows_has_users_of_its_own(text: str, verdicts: list[Verdict]) -> None:
    assert [hit.verdict for hit in judge(text)] == verdicts


@pytest.mark.parametrize("base", ["bin-${TARGETOS}", "bin-${TARGETOS}${DEBUG:+-debug}"])
def test_a_stage_that_a_variable_names_is_followed(base: str) -> None:
    text = (
        "FROM alpine:3.22.1 AS bin-linux\nUSER {linux}\n"
        "FROM alpine:3.22.1 AS bin-windows\nUSER {windows}\n"
        "FROM {base} AS final\n"
    )
    (hit,) = judge(text.format(linux="app", windows="app", base=base))
    assert hit.verdict is Verdict.PASS
    (hit,) = judge(text.format(linux="root", windows="root", base=base))
    assert (hit.verdict, hit.symbol) == (Verdict.FAIL, "stage final/USER")
    (hit,) = judge(text.format(linux="root", windows="app", base=base))
    assert hit.verdict is Verdict.UNKNOWN
    assert "`root` or `app`" in hit.message


def test_base_images_of_stages_that_a_variable_names_are_followed() -> None:
    text = "FROM {} AS bin-linux\nFROM {} AS bin-windows\nFROM bin-${{TARGETOS}} AS final\n"
    assert verdict(text.format("haproxy:2.8", "memcached:1.6")) is Verdict.PASS
    assert verdict(text.format("alpine:3.22.1", "python:3.13.5")) is Verdict.FAIL
    (hit,) = judge(text.format("alpine:3.22.1", "haproxy:2.8"))
    assert hit.verdict is Verdict.UNKNOWN
    assert "`bin-${TARGETOS}`" in hit.message


def test_a_stage_cannot_be_built_on_itself_or_on_a_later_one() -> None:
    text = "FROM ${TARGETOS} AS linux\nFROM linux AS windows\nFROM ${TARGETOS} AS final\n"
    assert verdict(text) is Verdict.UNKNOWN


def test_many_stages_that_variables_name_are_each_judged_once() -> None:
    lines = ["FROM alpine:3.22.1 AS s0-a", "FROM alpine:3.22.1 AS s0-b"]
    for number in range(1, 60):
        lines += [f"FROM s{number - 1}-$TARGETOS AS s{number}-{name}" for name in "ab"]
    assert verdict("\n".join([*lines, "FROM s59-$TARGETOS", ""])) is Verdict.FAIL


def test_the_place_is_the_user_or_the_base_that_it_is_missing_from() -> None:
    text = "FROM alpine:3.22.1\nUSER root\n"
    (hit,) = judge(text)
    assert text[hit.at.start : hit.at.end] == "root"
    text = "FROM --platform=linux/amd64 alpine:3.22.1 AS app\n"
    (hit,) = judge(text)
    assert text[hit.at.start : hit.at.end] == "alpine:3.22.1"


@pytest.mark.parametrize(
    ("user", "found"),
    [("app", True), ("app:1000", True), ("1000", False), ("1000:app", False), ("root", False)],
)
def test_a_name_cannot_be_checked_from_outside(user: str, found: bool) -> None:
    assert bool(judge(f"FROM alpine:3.22.1\nUSER {user}\n", NAMED_USER)) is found


def test_a_name_is_right_on_windows_and_a_missing_user_is_no_name() -> None:
    windows = "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nUSER ContainerUser\n"
    assert judge(windows, NAMED_USER) == []
    assert judge("FROM alpine:3.22.1\n", NAMED_USER) == []
    assert judge("FROM alpine:3.22.1\nARG U\nUSER $U\n", NAMED_USER) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize(
    "text",
    ["", "USER\n", "FROM\nUSER x\n", "FROM a\nUSER \n", "FROM ${\nUSER ${\n", "FROM a\nUSER ٠\n"],
)
def test_no_rule_stumbles_over_nonsense(rule: Rule, text: str) -> None:
    judge(text, rule)
