"""Facts: what a tag names, when it ends, how exactly it says so, and what a base image brings."""

from __future__ import annotations

from datetime import date

import pytest

from seawall.facts.bases import base_image, base_images
from seawall.facts.official import official_images, official_name, retired
from seawall.facts.precision import Precision, precision_of
from seawall.facts.publishers import publisher_of, publishers
from seawall.facts.releases import cycle_for, end_of_life, newest, newest_of, releases_of

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("facts", [official_images, end_of_life, base_images, publishers])
def test_a_data_file_says_when_and_where_its_facts_are_from(facts: object) -> None:
    assert callable(facts)
    data = facts()
    assert data.as_of >= date(2026, 1, 1)
    assert all(data.sources)


@pytest.mark.parametrize(
    ("name", "official"),
    [
        ("python", "python"),
        ("arm64v8/python", "python"),
        ("public.ecr.aws/docker/library/python", "python"),
        ("mirror.gcr.io/library/python", "python"),
        ("openjdk", "openjdk"),
        ("centos", "centos"),
        ("random-user/python", None),
        ("ghcr.io/acme/python", None),
        ("base", None),
        ("arm64v8/no-such-image", None),
    ],
)
def test_an_official_image_is_known_under_each_of_its_names(
    name: str, official: str | None
) -> None:
    assert official_name(name) == official


def test_a_retired_image_may_have_tags_that_are_still_built() -> None:
    assert retired("openjdk", "17-jdk") is not None
    assert retired("openjdk") is not None
    assert retired("openjdk", "26-ea-jdk") is None
    assert retired("python", "3.9") is None
    assert retired("acme/openjdk", "17") is None


@pytest.mark.parametrize(
    ("name", "tag", "labels"),
    [
        ("python", "3.9-alpine3.18", ["Python 3.9", "Alpine Linux 3.18"]),
        ("python", "3.9.18-slim-bullseye", ["Python 3.9", "Debian 11 (bullseye)"]),
        ("debian", "bullseye-slim", ["Debian 11 (bullseye)"]),
        ("debian", "bookworm-20240110-slim", ["Debian 12 (bookworm)"]),
        ("debian", "stable", []),
        ("ubuntu", "focal", ["Ubuntu 20.04 (focal)"]),
        ("ubuntu", "20.04", ["Ubuntu 20.04 (focal)"]),
        ("node", "16", ["Node.js 16"]),
        ("node", "gallium-alpine", ["Node.js 16"]),
        ("node", "lts", []),
        ("postgres", "14-alpine", ["PostgreSQL 14"]),
        ("centos", "centos7", ["CentOS 7"]),
        ("centos", "7.9.2009", ["CentOS 7"]),
        ("php", "7", ["PHP 7.4"]),
        ("redis", "7", ["Redis 7.4"]),
        ("alpine", "3", ["Alpine Linux 3.24"]),
        ("alpine", "latest", []),
        ("golang", "1.5", ["Go 1.5"]),
        ("golang", "99.1", []),
        ("ros", "99", []),
        ("amazonlinux", "1", ["Amazon Linux 2018.03"]),
        ("amazoncorretto", "11-al2-jdk", ["Amazon Corretto 11", "Amazon Linux 2"]),
        ("wordpress", "5.9-php7.4-apache", ["WordPress 5.9", "PHP 7.4"]),
        ("ros", "noetic-ros-core-focal", ["ROS noetic", "Ubuntu 20.04 (focal)"]),
        ("arm64v8/debian", "buster", ["Debian 10 (buster)"]),
        ("mcr.microsoft.com/dotnet/sdk", "6.0-focal", [".NET 6", "Ubuntu 20.04 (focal)"]),
        ("mcr.microsoft.com/dotnet/core/sdk", "3.1", [".NET 3.1"]),
        ("gcr.io/distroless/static-debian11", "nonroot", ["Debian 11 (bullseye)"]),
        ("gcr.io/distroless/static", "nonroot", []),
        ("registry.access.redhat.com/ubi7/ubi", "7.9", ["Red Hat Enterprise Linux 7"]),
        ("registry.access.redhat.com/ubi8-minimal", "", ["Red Hat Enterprise Linux 8"]),
        ("acme/app", "3.9", []),
        ("acme/app", "1.0-buster", ["Debian 10 (buster)"]),
        ("acme/app", "etch", []),
        ("acme/app", "alpine", []),
        ("acme/app", "foo3.18", []),
    ],
)
def test_every_release_that_a_tag_names_is_told(name: str, tag: str, labels: list[str]) -> None:
    assert [release.label for release in releases_of(name, tag)] == labels


def test_debian_has_long_term_support_after_its_end() -> None:
    (release,) = releases_of("debian", "bookworm")
    assert release.eol is not None
    assert release.extended is not None
    assert release.eol < TODAY < release.extended


def test_a_release_is_superseded_where_its_support_ends_with_the_next() -> None:
    assert releases_of("rust", "1.90")[0].superseded
    assert not releases_of("httpd", "2.4")[0].superseded
    assert not releases_of("python", "3.9")[0].superseded
    assert not releases_of("mcr.microsoft.com/dotnet/sdk", "6.0")[0].superseded


def test_a_version_older_than_the_oldest_known_ended_with_it() -> None:
    (release,) = releases_of("golang", "1.4.2")
    assert release.eol == date(2019, 2, 25)


def test_the_newest_supported_release_is_told_by_image_and_by_product() -> None:
    assert newest("python", TODAY).startswith("3.")
    assert newest("acme/app", TODAY) == ""
    assert newest("busybox", TODAY) == ""
    assert newest_of("debian", TODAY) == "Debian 13.6 (trixie)"
    assert newest_of("centos", TODAY) == ""
    assert newest_of("no-such-product", TODAY) == ""


def test_a_version_belongs_to_the_longest_cycle_that_starts_it() -> None:
    cycle = cycle_for("python", "3.14.7")
    assert cycle is not None
    assert cycle.cycle == "3.14"
    assert cycle_for("python", "4.0") is None
    assert cycle_for("no-such-product", "1") is None


@pytest.mark.parametrize(
    ("name", "tag", "precision"),
    [
        ("alpine", "3.18", Precision.SERIES),
        ("alpine", "3", Precision.MAJOR),
        ("alpine", "3.18.4", Precision.FULL),
        ("alpine", "edge", Precision.FLOATING),
        ("alpine", "99", Precision.MAJOR),
        ("debian", "bookworm", Precision.SERIES),
        ("debian", "12", Precision.SERIES),
        ("debian", "12.5-slim", Precision.FULL),
        ("debian", "bookworm-20240110", Precision.FULL),
        ("debian", "stable-slim", Precision.FLOATING),
        ("debian", "latest", Precision.FLOATING),
        ("ubuntu", "22.04", Precision.SERIES),
        ("ubuntu", "jammy-20240111", Precision.FULL),
        ("centos", "centos7", Precision.SERIES),
        ("centos", "7.9.2009", Precision.FULL),
        ("fedora", "99", Precision.SERIES),
        ("amazonlinux", "2023.3.20240108.0", Precision.FULL),
        ("golang", "1.21", Precision.MINOR),
        ("golang", "1.21.5", Precision.FULL),
        ("golang", "1.22rc1-alpine", Precision.FULL),
        ("golang", "alpine", Precision.FLOATING),
        ("python", "3", Precision.MAJOR),
        ("python", "3.9", Precision.MINOR),
        ("python", "3.9.18-alpine3.18", Precision.FULL),
        ("python", "slim-bookworm", Precision.FLOATING),
        ("node", "16", Precision.MAJOR),
        ("node", "gallium", Precision.MAJOR),
        ("node", "lts", Precision.FLOATING),
        ("postgres", "14", Precision.MAJOR),
        ("postgres", "14.5-alpine", Precision.FULL),
        ("openjdk", "8u292-jre", Precision.FULL),
        ("openjdk", "8-jdk-alpine", Precision.MAJOR),
        ("eclipse-temurin", "8-jre", Precision.MAJOR),
        ("busybox", "buildroot-2014.02", Precision.UNKNOWN),
        ("sonarqube", "9.9.8-community", Precision.FULL),
        ("ros", "noetic-ros-core", Precision.MAJOR),
        ("buildpack-deps", "jammy-curl", Precision.SERIES),
        ("buildpack-deps", "curl", Precision.FLOATING),
        ("gcr.io/distroless/static", "nonroot", Precision.FLOATING),
        ("gcr.io/distroless/static-debian12", "nonroot", Precision.SERIES),
        ("mcr.microsoft.com/windows/servercore", "ltsc2022-amd64", Precision.SERIES),
        ("mcr.microsoft.com/windows/servercore", "10.0.20348.1", Precision.FULL),
        ("mcr.microsoft.com/devcontainers/base", "bullseye", Precision.SERIES),
        ("mcr.microsoft.com/devcontainers/base", "1-ubuntu", Precision.MAJOR),
        ("mcr.microsoft.com/dotnet/aspnet", "8.0", Precision.MINOR),
        ("acme/app", "v1.2.3", Precision.FULL),
        ("acme/app", "2f5e1a0", Precision.FULL),
        ("acme/app", "sha-2f5e1a0b", Precision.FULL),
        ("acme/app", "20240115", Precision.FULL),
        ("acme/app", "2024.01.15", Precision.FULL),
        ("acme/app", "1284731", Precision.FULL),
        ("acme/app", "java11-1.2.3", Precision.FULL),
        ("acme/app", "java-11.2", Precision.UNKNOWN),
        ("acme/app", "7", Precision.MAJOR),
        ("acme/app", "main", Precision.FLOATING),
        ("acme/app", "alpine", Precision.FLOATING),
        ("acme/app", "sunrise", Precision.UNKNOWN),
        ("acme/app", "", Precision.NONE),
    ],
)
def test_how_exactly_a_tag_names_an_image(name: str, tag: str, precision: Precision) -> None:
    assert precision_of(name, tag) is precision


def test_a_digest_names_exactly_whatever_the_tag_says() -> None:
    assert precision_of("python", "latest", "sha256:" + "0" * 64) is Precision.DIGEST


@pytest.mark.parametrize(
    ("name", "tag", "is_root"),
    [
        ("python", "3.13", True),
        ("arm64v8/node", "", True),
        ("haproxy", "2.3", True),
        ("haproxy", "2.4-alpine", False),
        ("haproxy", "lts", False),
        ("elasticsearch", "7.17.0", True),
        ("elasticsearch", "8.1.0", False),
        ("kibana", "6.5.4", False),
        ("memcached", "1.6", False),
        ("varnish", "stable", True),
        ("varnish", "6.0", True),
        ("varnish", "6.4", None),
        ("varnish", "7.4", False),
        ("gradle", "", True),
        ("docker", "27-dind", True),
        ("docker", "27-dind-rootless", False),
        ("gcr.io/distroless/static-debian12", "", True),
        ("gcr.io/distroless/static-debian12", "nonroot", False),
        ("gcr.io/distroless/base", "debug-nonroot", False),
        ("mcr.microsoft.com/dotnet/aspnet", "8.0", True),
        ("mcr.microsoft.com/dotnet/aspnet", "8.0-jammy-chiseled", False),
        ("mcr.microsoft.com/dotnet/runtime-deps", "6.0-jammy-chiseled", False),
        ("mcr.microsoft.com/devcontainers/base", "bullseye", True),
        ("jupyter/base-notebook", "", False),
        ("quay.io/jupyter/scipy-notebook", "2024-05-27", False),
        ("grafana/grafana", "9.5.2", False),
        ("grafana/promtail", "", True),
        ("grafana/k6", "", False),
        ("bitnami/redis", "7.2", False),
        ("bitnami/minideb", "", True),
        ("cgr.dev/chainguard/python", "latest-dev", False),
        ("cgr.dev/chainguard/go", "", True),
        ("apache/apisix", "2.9-centos", True),
        ("apache/apisix", "3.1.0-debian", False),
        ("registry.access.redhat.com/ubi9/nodejs-20", "", False),
        ("registry.access.redhat.com/ubi9/ubi-minimal", "9.4", True),
        ("mcr.microsoft.com/windows/nanoserver", "ltsc2022", False),
        ("acme/app", "1.0", None),
        ("rethinkdb", "2.4", None),
    ],
)
def test_the_user_of_a_base_image_is_known_or_said_to_be_unknown(
    name: str, tag: str, is_root: bool | None
) -> None:
    known = base_image(name, tag)
    assert (known.is_root if known else None) is is_root


def test_a_variant_changes_what_a_base_image_holds() -> None:
    full, slim, alpine = (base_image("python", t) for t in ("3.13", "3.13-slim", "3.13-alpine"))
    assert full is not None
    assert slim is not None
    assert alpine is not None
    assert (full.tools["curl"], slim.tools["curl"], alpine.tools["curl"]) == (True, False, False)
    assert (slim.tools["bash"], alpine.tools["bash"]) == (True, False)
    assert (slim.package_manager, alpine.package_manager) == ("apt", "apk")


def test_every_base_image_that_states_a_user_names_its_source() -> None:
    unsourced = [e.images for e in base_images().layers if e.user is not None and not e.source]
    assert unsourced == []


def test_a_publisher_is_known_by_his_namespace() -> None:
    assert publisher_of("mcr.microsoft.com/dotnet/aspnet") == "Microsoft"
    assert publisher_of("grafana/grafana") == "Grafana Labs"
    assert publisher_of("random-user/python") is None
    assert publisher_of("grafana-fake/grafana") is None
