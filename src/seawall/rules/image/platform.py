"""What FROM says of platforms, and arguments of FROM that nothing sets (profile `strict`)."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.practices import PINNED_BASE_IMAGE
from seawall.surfaces.dockerfile import Dockerfile, Flag, Stage

_TARGET = frozenset(("$TARGETPLATFORM", "${TARGETPLATFORM}"))


def _platforms(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Flag, str]]:
    for stage in dockerfile.stages:
        flag = stage.source.flag("platform")
        if flag is not None and flag.value:
            yield stage, flag, flag.value.strip("\"'")


def _constant_platform(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for stage, flag, platform in _platforms(dockerfile):
        if "$" not in platform:
            yield Hit(
                flag,
                f"the stage is built for `{platform}` on every machine",
                f"stage {stage.label}/FROM --platform",
                label="a constant",
                remedy="Leave `--platform` out, or use `$BUILDPLATFORM` for a stage that "
                "cross-compiles; choose the platform with `docker build --platform`.",
            )


def _redundant_platform(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for stage, flag, platform in _platforms(dockerfile):
        if platform in _TARGET:
            yield Hit(
                flag,
                "`$TARGETPLATFORM` is what FROM takes anyway",
                f"stage {stage.label}/FROM --platform",
                label="changes nothing",
                remedy="Leave `--platform=$TARGETPLATFORM` out.",
            )


def _unset_argument(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for use in dockerfile.images:
        if use.via != "FROM" or not use.value.missing:
            continue
        names = " and ".join(f"`{name}`" for name in use.value.missing)
        yield Hit(
            use,
            f"{names} has no default, so `docker build` fails here unless somebody passes it",
            f"stage {dockerfile.stages[use.stage].label}/FROM {use.value.written}",
            label="nothing in this file sets it",
            remedy=f"Give the ARG of {names} a default that names an image with its version.",
            evidence=use.value.evidence,
        )


PLATFORM_PINNED = Rule(
    id="platform-pinned",
    title="Platform of a stage written as a constant",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Dockerfile: _constant_platform},
    bad=("FROM --platform=linux/amd64 alpine:3.22.1\n",),
    good=("FROM --platform=$BUILDPLATFORM golang:1.24.4\n", "FROM alpine:3.22.1\n"),
    profile=Profile.STRICT,
    aliases=(
        "hadolint:DL3029",
        "buildkit:FromPlatformFlagConstDisallowed",
        "kics:Using Platform Flag with FROM Command",
    ),
    why=(
        "On any other machine the image then runs under emulation or not at all, and one "
        "architecture's digest stands for all of them."
    ),
)

REDUNDANT_PLATFORM = Rule(
    id="redundant-platform",
    title="Platform of a stage that is the default anyway",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Dockerfile: _redundant_platform},
    bad=("FROM --platform=$TARGETPLATFORM alpine:3.22.1\n",),
    good=("FROM --platform=$BUILDPLATFORM golang:1.24.4\n",),
    profile=Profile.STRICT,
    aliases=("hadolint:DL3065", "buildkit:RedundantTargetPlatform"),
    why="It says nothing and hides the stages where the platform does matter.",
)

UNSET_BASE_ARGUMENT = Rule(
    id="unset-base-argument",
    title="FROM uses an argument without a default",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Dockerfile: _unset_argument},
    bad=("ARG BASE\nFROM ${BASE}\n",),
    good=("ARG BASE=alpine:3.22.1\nFROM ${BASE}\n",),
    profile=Profile.STRICT,
    aliases=("buildkit:InvalidDefaultArgInFrom", "buildkit:UndefinedArgInFrom"),
    why=(
        "What the image is made of is then decided outside of the file, where no review and no "
        "check of this file sees it."
    ),
)

RULES: tuple[Rule, ...] = (PLATFORM_PINNED, REDUNDANT_PLATFORM, UNSET_BASE_ARGUMENT)
