"""Package managers in layers: lists that go stale, caches that stay, versions that drift."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.telling import holds_any
from seawall.rules.deferred import again, deferred
from seawall.rules.installs import SYSTEM_FAMILIES, Install, Package, installs_of, updates_of
from seawall.rules.practices import MINIMAL_PACKAGES, PATCHED_PACKAGES, TRUSTED_DOWNLOADS
from seawall.rules.stages import place_of, weight_in_build, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command, ShellWord


def _update_alone(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in updates_of(dockerfile):
        if not _uses_lists(dockerfile, instruction):
            yield Hit(
                command,
                f"{command.name} update stands alone in its layer: while that layer is cached, "
                "later installs take packages from the day it was built",
                place_of(dockerfile, instruction, f"{command.name} update"),
                label="cached with yesterday's lists",
                weaker=weight_in_build(dockerfile, instruction),
            )


_LIST_USERS = frozenset(
    {"install", "add", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "download", "in"}
)


_ALONE = r"^(?!.*(?:\binstall\b|\badd\b|upgrade)).*\b(?:update|refresh|makecache)\b"
"""An instruction that refreshes lists and installs nothing."""


def _uses_lists(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether the same RUN installs something, or runs what we can't see into."""
    script = dockerfile.script_of(instruction)
    return script is None or any(
        not _LIST_USERS.isdisjoint(command.literals)
        or command.name in {"", "apt-cache", "debootstrap", "aptitude", "gdebi", "dpkg"}
        or command.name.endswith((".sh", ".bash"))
        or "install" in command.name
        or _runs_script(command)
        for command in script.commands
    )


_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", ".", "source"})


def _runs_script(command: Command) -> bool:
    """Whether a shell is given a file, which may install anything."""
    is_shell = command.name in _SHELLS and not command.has_option("-c")
    return is_shell and next(command.operands(), None) is not None


def _recommends(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    has_setting = "install-recommends" in dockerfile.source.lowered
    if has_setting and _NO_RECOMMENDS.search(dockerfile.source.text):
        return
    for install in installs_of(dockerfile, "apt"):
        command = install.command
        is_off = command.has_option("--no-install-recommends") or _sets_recommends_off(command)
        if not is_off and install.packages:
            yield Hit(
                command,
                "apt installs what the packages recommend as well as what they need",
                place_of(dockerfile, install.instruction, f"install {install.packages[0].name}"),
                label="no --no-install-recommends",
                weaker=weight_in_image(dockerfile, install.instruction),
            )


_NO_RECOMMENDS = Expression(r"APT::Install-Recommends[\s\"'=]+(?:false|0|no)\b", re.IGNORECASE)


def _sets_recommends_off(command: Command) -> bool:
    return any(
        "install-recommends=" in word.lower() and word.lower().endswith(("0", "false", "no"))
        for word in command.literals
    )


_CLEANED: Mapping[str, Expression] = {
    "apt": Expression(r"/var/lib/apt|\bapt-get\s+(?:-\S+\s+)*dist-?clean\b|\brm\s.*/var/lib"),
    "apk": Expression(r"--no-cache\b|/var/cache/apk|/etc/apk/cache"),
    "dnf": Expression(r"\b(?:clean\s+all|/var/cache/(?:dnf|yum))|--setopt=?\s*keepcache"),
    "zypper": Expression(r"\bzypper\s+(?:-\S+\s+)*(?:clean|cc)\b|/var/cache/zypp"),
    "pip": Expression(r"--no-cache-dir\b|\.cache\b|\bpip\S*\s+cache\s+purge|--no-cache\b"),
}
"""What shows that a layer leaves no package lists or downloads behind."""

_CACHE_OFF = ("PIP_NO_CACHE_DIR", "UV_NO_CACHE")


def _package_cache(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    seen: set[tuple[int, str]] = set()
    for install in installs_of(dockerfile, *_CLEANED):
        instruction, family = install.instruction, install.family
        key = (instruction.start, family)
        if key in seen or not install.packages or _is_cached_or_cleaned(dockerfile, install):
            continue
        seen.add(key)
        yield Hit(
            install.command,
            f"{install.command.name}'s lists and downloads stay in the layer",
            place_of(dockerfile, instruction, f"{family} cache"),
            label="not cleaned up in this RUN",
            remedy=_CLEAN_UP[family],
            weaker=weight_in_image(dockerfile, instruction),
        )


_CLEAN_UP: Mapping[str, str] = {
    "apt": "End the same RUN with `&& rm -rf /var/lib/apt/lists/*`.",
    "apk": "Write `apk add --no-cache …`; then no `apk update` is needed either.",
    "dnf": "End the same RUN with `&& dnf clean all` (yum, microdnf alike).",
    "zypper": "End the same RUN with `&& zypper clean --all`.",
    "pip": "Write `pip install --no-cache-dir …`, or mount a cache: "
    "`RUN --mount=type=cache,target=/root/.cache/pip`.",
}


def _is_cached_or_cleaned(dockerfile: Dockerfile, install: Install) -> bool:
    instruction = install.instruction
    text = " ".join((instruction.text, *(h.content for h in instruction.heredocs)))
    mounts = any(mount.type in {"cache", "tmpfs"} for mount in instruction.mounts)
    is_off = install.family == "pip" and holds_any(dockerfile.source.text, _CACHE_OFF)
    return mounts or is_off or _CLEANED[install.family].search(text) is not None


def _dist_upgrade(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("apt-get", "apt", "aptitude", "zypper"):
        word = next((w for w in command.operands() if w.literal in _DIST_UPGRADES), None)
        if word is not None:
            yield Hit(
                command,
                f"{command.name} {word.literal} may remove packages and moves the image to "
                "whatever the mirror holds that day",
                place_of(dockerfile, instruction, f"{command.name} {word.literal}"),
                label="not reproducible",
                weaker=weight_in_build(dockerfile, instruction),
            )


_DIST_UPGRADES = frozenset({"dist-upgrade", "full-upgrade", "dup"})


def _unpinned(families: tuple[str, ...], dockerfile: Dockerfile) -> Iterator[Hit]:
    for install in installs_of(dockerfile, *families):
        loose = [package for package in install.packages if _is_unpinned(install, package)]
        if loose:
            names = ", ".join(package.name for package in loose[:5])
            yield Hit(
                loose[0],
                f"{names}{', …' if len(loose) > 5 else ''}: no version is asked for, so each "
                "build may install another one",
                place_of(dockerfile, install.instruction, f"unpinned {loose[0].name}"),
                label="whatever is newest",
                weaker=weight_in_build(dockerfile, install.instruction),
            )


_LOCAL = Expression(r"[./~$]|\S+://|git\+|file:|\S+\.(?:whl|tar\.gz|tgz|zip|gem|deb|rpm|apk)\Z")


def _is_unpinned(install: Install, package: Package) -> bool:
    word: ShellWord = package.word
    if word.literal is None or _LOCAL.match(word.literal):
        return False
    if install.family == "pip":
        constrained = install.command.has_option("-c", "--constraint", "--require-hashes")
        return not package.version and not constrained
    if install.family in {"gem", "cargo"}:
        options = ("-v", "--version", "--vers", "--rev", "--tag", "--git", "--path")
        return not package.version and not install.command.has_option(*options)
    if install.family == "go":
        return package.version in {"", "latest"} and "." in package.name.partition("/")[0]
    return package.version in {"", "latest", "next"}


_LANGUAGES = ("pip", "npm", "gem", "go", "cargo")
_DISTRIBUTIONS = tuple(sorted(SYSTEM_FAMILIES))


def _unpinned_libraries(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    return _unpinned(_LANGUAGES, dockerfile)


def _unpinned_packages(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    return _unpinned(_DISTRIBUTIONS, dockerfile)


RULES = (
    Rule(
        id="update-alone",
        title="Package lists are updated in a layer of their own",
        practice=PATCHED_PACKAGES,
        risk=Risk(Needs.FAULT, Gains.LESS),
        told_by=("update", "refresh", "makecache"),
        on={
            Dockerfile: _update_alone,
            Image: again(_update_alone, _ALONE),
        },
        bad=(
            "FROM debian:12.5\nRUN apt-get update\nRUN apt-get install -y nginx\n",
            "FROM alpine:3.19\nRUN apk update\n",
            "=== image\nFROM debian:12\nRUN apt-get update\n",
        ),
        good=(
            "FROM debian:12\nCOPY x.sh /\nRUN apt-get update && bash -e /x.sh\n",
            "FROM php:8\nRUN apt-get update && install-php-extensions gd\n",
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx\n",
            "FROM debian:12.5\nRUN apt-get update && ./install.sh\n",
            "FROM debian:12.5\nRUN apt-get update; apt-get -y upgrade\n",
            "FROM debian:12.5\nRUN <<EOF\napt-get update\napt-get install -y nginx\nEOF\n",
            "=== image\nFROM debian:12\nRUN apt-get update && apt-get install -y nginx\n",
        ),
        aliases=(
            "trivy:DS-0017",
            "checkov:CKV_DOCKER_5",
            "dockle:CIS-DI-0007",
            "kics:Update Instruction Alone",
        ),
        remedy="Join it with its install: `RUN apt-get update && apt-get install -y …`.",
    ),
    Rule(
        id="package-recommends",
        title="apt installs recommended packages too",
        practice=MINIMAL_PACKAGES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        told_by=("apt",),
        on={Dockerfile: _recommends},
        bad=("FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx\n",),
        good=(
            "FROM debian:12.5\nRUN apt-get install -y --no-install-recommends nginx\n",
            "FROM debian:12.5\nRUN apt-get -o APT::Install-Recommends=0 install -y nginx\n",
            "FROM debian:12.5\n"
            "RUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/no\n"
            "RUN apt-get install -y nginx\n",
            "FROM debian:12.5\nRUN apt-get install -y -f\n",
        ),
        aliases=(
            "hadolint:DL3015",
            "trivy:DS-0029",
            "kics:APT-GET Not Avoiding Additional Packages",
        ),
        remedy="Write `apt-get install -y --no-install-recommends …`, and name what is then "
        "missing (often ca-certificates).",
    ),
    Rule(
        id="package-cache",
        title="Package lists and downloads stay in the layer",
        practice=MINIMAL_PACKAGES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        profile=Profile.STRICT,
        told_by=("apt", "apk", "yum", "dnf", "zypper", "pacman", "pip", "uv"),
        on={Dockerfile: _package_cache, Image: deferred("build.tools_in_image:package_caches")},
        bad=(
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx\n",
            "FROM alpine:3.19\nRUN apk add nginx\n",
            "FROM python:3.12.2\nRUN pip install flask==3.0.2\n",
            "FROM rockylinux:9\nRUN dnf install -y nginx\n",
            "=== image\nFROM debian:12\nRUN apt-get update\n"
            "  -rw-r--r-- 0:0 var/lib/apt/lists/x package-cache size=50000000\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get install -y nginx && rm -rf /var/lib/apt/lists/*\n",
            "FROM alpine:3.19\nRUN apk add --no-cache nginx\n",
            "FROM debian:12.5\n"
            "RUN --mount=type=cache,target=/var/cache/apt apt-get install -y nginx\n",
            "FROM python:3.12.2\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.0.2\n",
            "FROM rockylinux:9\nRUN dnf install -y nginx && dnf clean all\n",
            "=== image\nFROM debian:12\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\n",
        ),
        aliases=(
            "hadolint:DL3009",
            "hadolint:DL3019",
            "hadolint:DL3032",
            "hadolint:DL3036",
            "hadolint:DL3040",
            "hadolint:DL3042",
            "trivy:DS-0015",
            "trivy:DS-0019",
            "trivy:DS-0020",
            "trivy:DS-0025",
            "trivy:DS-0027",
            "dockle:DKL-DI-0004",
            "dockle:DKL-DI-0005",
        ),
    ),
    Rule(
        id="dist-upgrade",
        title="A distribution upgrade within a build",
        practice=PATCHED_PACKAGES,
        risk=Risk(Needs.FAULT, Gains.LESS),
        profile=Profile.STRICT,
        told_by=("upgrade", "dup"),
        on={
            Dockerfile: _dist_upgrade,
            Image: again(_dist_upgrade, r"(?:dist|full)-upgrade|zypper.* dup\b"),
        },
        bad=(
            "FROM debian:12.5\nRUN apt-get update && apt-get dist-upgrade -y\n",
            "=== image\nFROM debian:12\nRUN apt-get dist-upgrade -y\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get update && apt-get upgrade -y\n",
            "FROM alpine:3.19\nRUN apk upgrade --no-cache\n",
            "=== image\nFROM debian:12\nRUN apt-get upgrade -y\n",
        ),
        aliases=(
            "hadolint:DL3035",
            "trivy:DS-0024",
            "dockle:DKL-DI-0003",
            "kics:Run Using Upgrade Commands",
        ),
        remedy="Take a newer base image; `apt-get upgrade` alone brings security fixes.",
    ),
    Rule(
        id="unpinned-library",
        title="A library or tool is installed without a version",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.LESS),
        profile=Profile.STRICT,
        confidence=Confidence.MEDIUM,
        told_by=("pip", "npm", "yarn", "bun", "gem", "go", "cargo", "uv"),
        on={Dockerfile: _unpinned_libraries},
        bad=(
            "FROM python:3.12.2\nRUN pip install flask gunicorn==22.0.0\n",
            "FROM node:20.11.1\nRUN npm install -g pm2\n",
            "FROM ruby:3.3.0\nRUN gem install rails\n",
            "FROM golang:1.22.1\nRUN go install github.com/acme/tool@latest\n",
        ),
        good=(
            "FROM python:3.12.2\nRUN pip install -r requirements.txt && pip install ./pkg x.whl\n",
            "FROM python:3.12.2\nRUN pip install 'flask==3.0.2' && pip install -c c.txt flask\n",
            "FROM node:20.11.1\nRUN npm install && npm install -g pm2@5.3.1 @acme/cli@1.0.0\n",
            "FROM ruby:3.3.0\nRUN gem install rails -v 7.1.3 && gem install puma:6.4.2\n",
            "FROM golang:1.22.1\nRUN go install ./cmd/... && go install x.io/t@v1.2.3\n",
        ),
        aliases=(
            "hadolint:DL3013",
            "hadolint:DL3016",
            "hadolint:DL3028",
            "hadolint:DL3062",
            "kics:Unpinned Pip",
            "kics:NPM Install Without Pinned Version",
            "kics:Gem Install Without Version",
        ),
        remedy="Ask for an exact version, best through a lock file with hashes.",
    ),
    Rule(
        id="unpinned-package",
        title="A distribution's package is installed without a version",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.LESS),
        profile=Profile.AUDIT,
        told_by=("apt", "apk", "yum", "dnf", "zypper", "pacman"),
        on={Dockerfile: _unpinned_packages},
        bad=("FROM debian:12.5\nRUN apt-get install -y nginx\n",),
        good=(
            "FROM debian:12.5\nRUN apt-get install -y nginx=1.22.1-9\n",
            "FROM alpine:3.19\nRUN apk add --no-cache nginx=1.24.0-r15 'curl>8.5'\n",
        ),
        aliases=(
            "hadolint:DL3008",
            "hadolint:DL3018",
            "hadolint:DL3033",
            "hadolint:DL3037",
            "hadolint:DL3041",
        ),
        why="A distribution removes old versions from its mirrors, so an exact pin breaks the "
        "build on the day of a security fix: only for those who keep a snapshot mirror.",
        remedy="Pin the base image by digest and build from a snapshot mirror; then pin versions.",
    ),
)
