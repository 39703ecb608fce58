"""The chapter on images, on the cases that other tools get wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from seawall.core.model import Confidence, Hit, Verdict
from seawall.core.rule import Rule, Settings
from seawall.core.source import Source
from seawall.rules.image import RULES, origin, pinning, platform, support
from seawall.surfaces.dockerfile import Dockerfile, read

SETTINGS = Settings(today=date(2026, 11, 24))
DIGEST = "sha256:" + "0123456789abcdef" * 4


def judge(rule: Rule, text: str, settings: Settings = SETTINGS) -> list[Hit]:
    facts = read(Source("Dockerfile", text))
    hits: Iterable[Hit] = rule.on[Dockerfile](facts, settings)
    return list(hits)


def marked(rule: Rule, text: str, settings: Settings = SETTINGS) -> list[str]:
    return [text[hit.at.start : hit.at.end] for hit in judge(rule, text, settings)]


LATEST = pinning.LATEST_TAG
FLOATING = pinning.FLOATING_TAG


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("FROM python AS a\nFROM node:latest\n", ["python", "node:latest"]),
        ("ARG B=python\nFROM ${B}\n", ["${B}"]),
        ("ARG V\nFROM python:${V:-latest}\n", ["python:${V:-latest}"]),
        ("ARG R=python\nARG B=${R}:latest\nFROM $B\n", ["$B"]),
        ("FROM localhost:5000/app\n", ["localhost:5000/app"]),
        ("FROM alpine:3.22.1\nCOPY --from=nginx /a /b\n", ["nginx"]),
        ("FROM alpine:3.22.1\nRUN --mount=type=bind,from=nginx,target=/x true\n", ["nginx"]),
        ("FROM --platform=$BUILDPLATFORM golang AS b\nFROM scratch\n", ["golang"]),
        ("FROM docker.io/library/python\n", ["docker.io/library/python"]),
    ],
)
def test_an_image_without_a_version_is_found_where_it_is_named(
    text: str, places: list[str]
) -> None:
    assert marked(LATEST, text) == places


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.13.5\n",
        f"FROM python@{DIGEST}\n",
        f"FROM python:latest@{DIGEST}\n",
        f"ARG D={DIGEST}\nFROM python@${{D}}\n",
        "ARG V\nFROM python:3.13${V:+-slim}\n",
        "FROM scratch\n",
        "FROM golang:1.24.4 AS build\nFROM build AS test\nFROM test\n",
        "FROM golang:1.24.4 AS Build\nFROM scratch\nCOPY --from=Build / /\nCOPY --from=0 / /\n",
        "ARG REGISTRY\nFROM ${REGISTRY}/app:1.2.3\n",
        f"ARG IMAGE\nFROM ${{IMAGE}}@{DIGEST}\n",
        "FROM alpine:3.22.1\nCOPY --from=bindings / /\n",
        "FROM alpine:3.22.1\nRUN --mount=from=context,target=/x true\n",
        "FROM {{image}}\n",
        "FROM acme/APP\n",
        "# syntax=docker/dockerfile:latest\nFROM scratch\n",
        "FROM alpine:3.22.1 AS linux\nFROM alpine:3.22.1 AS windows\nFROM ${TARGETOS}\n",
    ],
)
def test_a_pinned_local_or_unreadable_name_is_not_called_latest(text: str) -> None:
    assert judge(LATEST, text) == []


def test_a_version_that_nobody_sets_is_unknown_and_the_argument_is_named() -> None:
    (hit,) = judge(LATEST, "ARG VERSION\nFROM python:${VERSION}\n")
    assert hit.verdict is Verdict.UNKNOWN
    assert "`VERSION`" in hit.message
    assert "`VERSION`" in hit.remedy


def test_a_missing_registry_does_not_hide_a_missing_tag() -> None:
    (hit,) = judge(LATEST, "ARG REGISTRY\nFROM ${REGISTRY}/app\n")
    assert hit.verdict is Verdict.FAIL
    (hit,) = judge(LATEST, "ARG REGISTRY\nFROM ${REGISTRY}/app:latest\n")
    assert hit.verdict is Verdict.FAIL


def test_the_chain_of_arguments_is_the_evidence() -> None:
    (hit,) = judge(LATEST, "ARG NAME=python\nARG BASE=${NAME}:latest\nFROM ${BASE}\n")
    assert [(e.what, e.line) for e in hit.evidence][-1][1] in {1, 2}
    assert {e.line for e in hit.evidence} == {1, 2}


def test_the_remedy_names_a_version_where_one_is_known() -> None:
    (hit,) = judge(LATEST, "FROM python\n")
    assert "`python:3." in hit.remedy
    (hit,) = judge(LATEST, "FROM ghcr.io/acme/app\n")
    assert "<digest>" in hit.remedy
    (hit,) = judge(LATEST, "FROM gcr.io/distroless/static\n")
    assert "imagetools" in hit.remedy


def test_a_bare_name_that_no_registry_has_may_be_an_image_built_before() -> None:
    (hit,) = judge(LATEST, "FROM my-base\n")
    assert hit.confidence is Confidence.LOW


def test_a_stage_that_is_not_built_weighs_less_and_says_so() -> None:
    text = "FROM node AS docs\nFROM python AS app\n"
    docs, app = judge(LATEST, text)
    assert docs.weaker == "stage docs is not built for this target"
    assert app.weaker == ""
    assert (docs.symbol, app.symbol) == ("stage docs/FROM node", "stage app/FROM python")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("FROM node:16\n", ["node:16"]),
        ("ARG V=16-alpine\nFROM node:$V\n", ["node:$V"]),
        ("FROM alpine:3\n", ["alpine:3"]),
        ("FROM alpine:3.22\nCOPY --from=node:lts / /\n", ["node:lts"]),
        ("FROM node:22.12.0\n", []),
        ("FROM node:latest\n", []),
        (f"FROM node:16@{DIGEST}\n", []),
        ("FROM python:3.9-alpine\n", []),
        ("FROM debian:bookworm\n", []),
        ("FROM acme/app:sunrise\n", []),
        ("FROM golang:1.24.4 AS node\nFROM node\n", []),
    ],
)
def test_a_tag_that_moves_with_releases_is_found(text: str, places: list[str]) -> None:
    assert marked(FLOATING, text) == places


def test_an_image_that_has_no_versions_can_only_be_pinned_by_digest() -> None:
    (hit,) = judge(FLOATING, "FROM gcr.io/distroless/static:nonroot\n")
    assert "gcr.io/distroless/static:nonroot@sha256:" in hit.remedy


def test_a_digest_is_asked_for_more_strongly_where_the_policy_asks() -> None:
    rule, text = pinning.UNPINNED_DIGEST, "FROM python:3.13.5\n"
    (hit,) = judge(rule, text)
    assert hit.weaker == "the policy does not ask for digests"
    (hit,) = judge(rule, text, Settings(today=SETTINGS.today, require_digest=True))
    assert hit.weaker == ""
    assert judge(rule, "FROM my-base\n") == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("# syntax=acme/dockerfile:1\nFROM scratch\n", ["acme/dockerfile:1"]),
        ("# syntax=docker/dockerfile\nFROM scratch\n", ["docker/dockerfile"]),
        ("# syntax=docker/dockerfile-upstream:master\nFROM scratch\n", 1),
        ("# syntax=docker/dockerfile:1\nFROM scratch\n", []),
        ("# syntax=docker.io/docker/dockerfile:1.19-labs\nFROM scratch\n", []),
        (f"# syntax=acme/dockerfile@{DIGEST}\nFROM scratch\n", []),
        ("# check=skip=all\nFROM scratch\n", []),
        ("# a comment\n# syntax=acme/dockerfile\nFROM scratch\n", []),
    ],
)
def test_the_front_end_is_judged_as_the_program_it_is(text: str, places: list[str] | int) -> None:
    found = marked(pinning.UNPINNED_FRONTEND, text)
    assert found == places or len(found) == places


def test_a_front_end_that_the_policy_trusts_needs_only_a_tag() -> None:
    rule = pinning.UNPINNED_FRONTEND
    settings = Settings(today=SETTINGS.today, allowed_images=("acme/*",))
    assert judge(rule, "# syntax=acme/dockerfile:1\nFROM scratch\n", settings) == []
    assert judge(rule, "# syntax=acme/dockerfile:latest\nFROM scratch\n", settings)


EOL = support.END_OF_LIFE_BASE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM python:3.9-alpine3.18\n", ["Python 3.9", "Alpine Linux 3.18"]),
        ("FROM debian:buster\n", ["Debian 10 (buster)", "long-term support ended on 2024-06-30"]),
        ("FROM centos:7\n", ["CentOS 7"]),
        ("FROM centos\n", ["centos", "deprecated", "June 2024"]),
        ("FROM openjdk:11-jre-slim\n", ["openjdk", "deprecated", "July 2022"]),
        ("FROM openjdk:8-jdk-buster\n", ["Debian 10"]),
        ("FROM jenkins:2.60.3\n", ["deprecated"]),
        ("ARG V=16\nFROM node:${V}\n", ["Node.js 16"]),
        ("FROM alpine:3.24\nCOPY --from=golang:1.16 / /\n", ["Go 1.16"]),
        ("FROM mcr.microsoft.com/dotnet/sdk:6.0 AS b\nFROM scratch\n", [".NET 6"]),
    ],
)
def test_a_release_past_its_end_is_named_with_its_date(text: str, said: list[str]) -> None:
    (hit,) = judge(EOL, text)
    assert all(words in hit.message for words in said)
    assert hit.remedy


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.14-alpine3.24\n",
        "FROM debian:trixie\n",
        "FROM python\n",
        "FROM openjdk:26-ea-jdk\n",
        "FROM acme/python:2.7\n",
        "FROM golang:99.1\n",
        "FROM httpd:2.4.63\n",
        "FROM postgres:18\n",
        "FROM scratch\n",
        f"FROM python@{DIGEST}\n",
    ],
)
def test_a_supported_or_unknown_release_is_let_be(text: str) -> None:
    assert judge(EOL, text) == []


def test_an_end_that_is_near_is_a_weaker_finding() -> None:
    text = "FROM python:3.11\n"
    (hit,) = judge(EOL, text, Settings(today=date(2027, 8, 15)))
    assert "reaches its end of life on 2027-10-31" in hit.message
    assert hit.weaker == "it is still supported"
    assert judge(EOL, text, Settings(today=date(2027, 8, 15), eol_warning_days=30)) == []
    (hit,) = judge(EOL, text, Settings(today=date(2027, 10, 31)))
    assert hit.weaker == ""


def test_free_long_term_support_weakens_the_finding() -> None:
    (hit,) = judge(EOL, "FROM debian:bookworm\n")
    assert "long-term support until 2028" in hit.message
    assert hit.weaker


def test_the_worst_of_several_releases_decides_the_weight() -> None:
    (hit,) = judge(EOL, "FROM python:3.9-bookworm\n")
    assert "Debian 12" in hit.message
    assert hit.weaker == ""


def test_a_release_that_was_only_just_superseded_weighs_less() -> None:
    (hit,) = judge(EOL, "FROM rust:1.97\n")
    assert hit.weaker
    (hit,) = judge(EOL, "FROM rust:1.60\n")
    assert hit.weaker == ""


@pytest.mark.parametrize(
    ("text", "weaker"),
    [
        ("FROM golang:1.16 AS b\nFROM scratch\nCOPY --from=b / /\n", "only gives files"),
        ("FROM golang:1.16 AS b\nFROM scratch\n", "is not built"),
        ("FROM alpine:3.24\nCOPY --from=golang:1.16 / /\n", "only files are taken"),
        ("FROM golang:1.16\n", ""),
    ],
)
def test_what_the_final_image_does_not_hold_weighs_less(text: str, weaker: str) -> None:
    (hit,) = judge(EOL, text)
    assert weaker in hit.weaker
    assert bool(weaker) is bool(hit.weaker)


UNOFFICIAL = origin.UNOFFICIAL_BASE


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("random-user/python:3.9", True),
        ("docker.io/random-user/python:3.9", True),
        ("ghcr.io/random-user/app:1", True),
        ("quay.io/random-user/app:1", True),
        ("grafana-labs-mirror/grafana:1", True),
        ("python:3.9", False),
        ("i386/debian:bookworm", False),
        ("centos:7", False),
        ("my-base", False),
        ("mcr.microsoft.com/dotnet/sdk:9.0", False),
        ("grafana/grafana:11.0.0", False),
        ("registry.example.com/team/app:1", False),
        ("localhost:5000/app:1", False),
        ("scratch", False),
    ],
)
def test_only_publishers_that_nobody_answers_for_are_accused(image: str, found: bool) -> None:
    assert bool(judge(UNOFFICIAL, f"FROM {image}\n")) is found


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("ghcr.io/acme/base:1", False),
        ("acme/base:1", True),
        ("registry.example.com/team/app:1", True),
        ("python:3.9", False),
    ],
)
def test_a_list_of_allowed_images_holds_for_private_registries_too(image: str, found: bool) -> None:
    settings = Settings(today=SETTINGS.today, allowed_images=("ghcr.io/acme/*",))
    assert bool(judge(UNOFFICIAL, f"FROM {image}\n", settings)) is found


@pytest.mark.parametrize("pattern", ["acme/*", "docker.io/acme/*", "acme/base:1"])
def test_an_allowed_image_may_be_written_in_any_of_its_forms(pattern: str) -> None:
    settings = Settings(today=SETTINGS.today, allowed_images=(pattern,))
    assert judge(UNOFFICIAL, "FROM acme/base:1\n", settings) == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("FROM ubuntu:24.04 AS base\nFROM base\n", ["ubuntu:24.04"]),
        ("ARG V=3.13.5\nFROM python:${V}\n", ["python:${V}"]),
        ("FROM python:3.13.5-alpine3.22\n", []),
        ("FROM debian:bookworm-slim\n", []),
        ("FROM ubuntu:24.04 AS build\nFROM scratch\n", []),
        ("FROM acme/ubuntu:24.04\n", []),
        ("ARG BASE\nFROM ${BASE}\n", []),
        ("", []),
    ],
)
def test_a_whole_distribution_counts_only_in_the_final_image(text: str, places: list[str]) -> None:
    assert marked(origin.FULL_DISTRIBUTION_BASE, text) == places


@pytest.mark.parametrize(
    ("platform_flag", "constant", "redundant"),
    [
        ("--platform=linux/amd64", True, False),
        ('--platform="linux/arm64"', True, False),
        ("--platform=$BUILDPLATFORM", False, False),
        ("--platform=$TARGETPLATFORM", False, True),
        ("--platform=${TARGETPLATFORM}", False, True),
        ("--platform=linux/${TARGETARCH}", False, False),
        ("", False, False),
    ],
)
def test_a_platform_is_constant_redundant_or_neither(
    platform_flag: str, constant: bool, redundant: bool
) -> None:
    text = f"FROM {platform_flag} alpine:3.22.1\n"
    assert bool(judge(platform.PLATFORM_PINNED, text)) is constant
    assert bool(judge(platform.REDUNDANT_PLATFORM, text)) is redundant


def test_an_argument_of_from_that_nothing_sets_is_named() -> None:
    (hit,) = judge(platform.UNSET_BASE_ARGUMENT, "ARG BASE\nFROM ${BASE}\n")
    assert "`BASE`" in hit.message
    assert judge(platform.UNSET_BASE_ARGUMENT, "ARG BASE=a:1\nFROM ${BASE}\n") == []


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if Dockerfile in rule.on], ids=lambda rule: rule.id
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "FROM\n",
        "FROM a b c\n",
        "COPY --from=x / /\n",
        "FROM $\n",
        "FROM ${\n",
        "FROM python:\udcff\n",
        "FROM " + "a/" * 5000 + "b\n",
        "FROM python:" + "9." * 2000 + "\n",
        "FROM debian:" + "-" * 127 + "\n",
        "ARG A=${A}\nFROM ${A}${A}\n",
    ],
)
def test_no_rule_stumbles_over_nonsense(rule: Rule, text: str) -> None:
    judge(rule, text)
