"""Who made the base image, and how much more than needed it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from seawall.core.model import Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.facts.official import official_name
from seawall.facts.publishers import OPEN_REGISTRIES, publisher_of
from seawall.rules.deferred import deferred
from seawall.rules.image.named import Named, named_images, service_images
from seawall.rules.practices import MINIMAL_BASE_IMAGE, OFFICIAL_BASE_IMAGE
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.image import Reference, parse_reference
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Workload

_SMALLER: Mapping[str, str] = {
    "almalinux": "`almalinux:<version>-minimal`",
    "amazonlinux": "a distroless or Alpine image",
    "buildpack-deps": "`debian:<release>-slim`",
    "centos": "`almalinux:<version>-minimal`",
    "debian": "`debian:<release>-slim`",
    "eclipse-temurin": "the `-jre-alpine` variant",
    "fedora": "`registry.fedoraproject.org/fedora-minimal`",
    "gcc": "a build stage, and `debian:<release>-slim` for the result",
    "golang": "a build stage, and `scratch` or distroless for the result",
    "gradle": "a build stage, and a JRE image for the result",
    "maven": "a build stage, and a JRE image for the result",
    "node": "the `-slim` or `-alpine` variant",
    "openjdk": "`eclipse-temurin:<version>-jre-alpine`",
    "oraclelinux": "`oraclelinux:<version>-slim`",
    "perl": "the `-slim` variant",
    "php": "the `-alpine` variant",
    "python": "the `-slim` or `-alpine` variant",
    "rockylinux": "`rockylinux:<version>-minimal`",
    "ruby": "the `-slim` or `-alpine` variant",
    "rust": "a build stage, and `debian:<release>-slim` or distroless for the result",
    "ubuntu": "a distroless, Alpine or `debian:<release>-slim` image",
}
"""Official images that come with a whole distribution or toolchain, and what to use instead."""

_SMALL = ("alpine", "slim", "minimal", "distroless", "scratch", "busybox")


def _unofficial(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for named in named_images(dockerfile):
        if _is_of_unknown(named, settings):
            yield _unknown_publisher(named)


def _unofficial_service(workload: Workload, settings: Settings) -> Iterator[Hit]:
    """What a service runs is mostly published by its own makers, of whom no list knows all: only
    a stranger's copy of an official image, or what the policy's list lacks, is worth a word."""
    for named in service_images(workload):
        if not _is_of_unknown(named, settings):
            continue
        owner, _, program = named.reference.path.rpartition("/")
        copied = official_name(program) if program not in {owner, *_NO_PROGRAMS} else None
        if copied or settings.allowed_images:
            yield _unknown_publisher(named, copied or "")


_NO_PROGRAMS = frozenset({"docker", "hello-world"})
"""Official images whose names other images have for another reason."""


def _is_of_unknown(named: Named, settings: Settings) -> bool:
    reference = named.reference
    if named.is_official or reference.is_official or _is_trusted(reference, settings):
        return False
    return reference.registry in OPEN_REGISTRIES or bool(settings.allowed_images)


def _unknown_publisher(named: Named, official: str = "") -> Hit:
    name, owner = named.reference.name, named.reference.path.partition("/")[0]
    instead = f"Use the official image `{official}`" if official else "Start from an official image"
    return Hit(
        named.at,
        f"`{name}` is published by `{owner}`, who is neither Docker, nor known as the maker "
        "of this software, nor on the policy's list",
        named.symbol,
        label="unknown publisher",
        remedy=f"{instead}, or, where you trust this publisher, say so in "
        f'the policy: `[images] allowed = ["{name.rpartition("/")[0]}/*"]`.',
        confidence=named.confidence,
        weaker=named.weaker,
        evidence=named.evidence,
    )


def _is_trusted(reference: Reference, settings: Settings) -> bool:
    names = (reference.familiar, reference.name, reference.repository)
    if any(fnmatchcase(n, pattern) for n in names for pattern in settings.allowed_images):
        return True
    return publisher_of(reference.name) is not None


def _whole_distribution(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    text = stage.root_base.known if stage else None
    reference = parse_reference(text or "")
    if stage is None or reference is None:
        return
    image = official_name(reference.name)
    instead = _SMALLER.get(image or "")
    if instead is None or any(word in reference.tag for word in _SMALL):
        return
    base = stage.lineage[-1].source
    place = base.arguments[0] if base.arguments else base
    yield Hit(
        place,
        f"the image is made of `{reference.familiar}`, which brings much more than a program needs",
        f"stage {stage.label}/FROM {reference.name}",
        label="a whole distribution or toolchain",
        remedy=f"Use {instead}.",
        evidence=stage.root_base.evidence,
    )


UNOFFICIAL_BASE = Rule(
    id="unofficial-base",
    title="Base image of an unknown publisher",
    practice=OFFICIAL_BASE_IMAGE,
    risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
    on={Dockerfile: _unofficial, Workload: _unofficial_service},
    bad=(
        "FROM random-user/python:3.9.18\n",
        "FROM ghcr.io/random-user/python:3.9.18\n",
        "FROM alpine:3.22.1\nCOPY --from=random-user/tool:1.2.3 /tool /usr/bin/\n",
        "services:\n  db:\n    image: random-user/postgres:17.5\n",
    ),
    good=(
        "FROM python:3.9-alpine\n",
        "FROM arm64v8/node:22.12.0\n",
        "FROM mcr.microsoft.com/dotnet/aspnet:10.0\n",
        "FROM gcr.io/distroless/static-debian12:nonroot\n",
        "FROM registry.acme.example/platform/python:3.13\n",
        "FROM scratch\n",
        "services:\n  db:\n    image: random-user/their-own-program:1.2.3\n",
        "services:\n  db:\n    image: postgres:17.5\n",
    ),
    aliases=("hadolint:DL3026", "dockle:CIS-DI-0002"),
)

FULL_DISTRIBUTION_BASE = Rule(
    id="full-distribution-base",
    title="Final image made of a whole distribution",
    practice=MINIMAL_BASE_IMAGE,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Dockerfile: _whole_distribution, Image: deferred("image.described:whole_distribution")},
    bad=(
        "FROM ubuntu:24.04\n",
        "FROM python:3.13.5\n",
        "FROM golang:1.24.4 AS b\nFROM b\n",
        "=== image\nFROM buildpack-deps\n  many deb 400\n",
    ),
    good=(
        "FROM python:3.13.5-slim-bookworm\n",
        "FROM golang:1.24.4 AS build\nFROM scratch\nCOPY --from=build /app /\n",
        "FROM nginx:1.28.0\n",
        "=== image\nFROM debian:12\n  many deb 96\n",
    ),
    profile=Profile.STRICT,
    aliases=("doctor:DD018",),
)

RULES: tuple[Rule, ...] = (UNOFFICIAL_BASE, FULL_DISTRIBUTION_BASE)
