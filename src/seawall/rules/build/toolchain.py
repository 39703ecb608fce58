"""Build tools, debug tools and build dependencies that stay in the final image."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.deferred import deferred
from seawall.rules.installs import SYSTEM_FAMILIES, Install, installs_of
from seawall.rules.practices import MINIMAL_PACKAGES, MULTI_STAGE_BUILD
from seawall.rules.stages import place_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command

COMPILERS = Expression(
    r"(?:gcc|g\+\+|clang|llvm|cpp|gfortran)(?:-[\d.]+)?"
    r"|gcc-c\+\+|build-essential|build-base|alpine-sdk|base-devel|make|cmake|ninja-build|ninja"
    r"|autoconf|automake|libtool|bison|flex|binutils|musl-dev|libc6?-dev|linux-headers"
    r"|kernel-headers|rustc|cargo|golang(?:-[\d.]+)?(?:-go)?|go|maven|gradle|ant"
    r"|(?:open)?jdk\d*|openjdk-?\d+-jdk(?:-headless)?|default-jdk(?:-headless)?"
    r"|java-[\d.]+-openjdk-devel|python3?(?:\.\d+)?-dev(?:el)?|libpython3?-dev"
)
"""Packages that compile: they have no use in a container that only runs."""

DEBUG_TOOLS = frozenset(
    {
        "dnsutils", "bind-tools", "bind-utils", "gdb", "iputils-ping", "ltrace", "net-tools",
        "netcat", "netcat-openbsd", "netcat-traditional", "nmap", "nmap-ncat", "socat", "strace",
        "sudo", "tcpdump", "telnet", "inetutils-telnet", "traceroute", "tshark", "busybox-extras",
    }
)  # fmt: skip
"""Packages by which an intruder looks around and moves on."""

CONVENIENCE_TOOLS = frozenset(
    {
        "curl", "emacs", "ftp", "git", "htop", "joe", "less", "man-db", "mc", "nano",
        "openssh-client", "openssh-clients", "rsync", "screen", "subversion", "tmux", "vim",
        "vim-tiny", "wget",
    }
)  # fmt: skip
"""Packages that fetch or edit: handy for people, and for an intruder."""

_REMOVALS = frozenset({"purge", "remove", "autoremove", "del", "erase", "rm", "-R", "-Rs", "-Rns"})


def _kept(dockerfile: Dockerfile) -> list[tuple[Stage, Install]]:
    """The system packages that the image's own stages install and do not remove at once."""
    kept: list[tuple[Stage, Install]] | None = dockerfile.derived.get("kept installs")
    if kept is None:
        kept = dockerfile.derived["kept installs"] = list(_read_kept(dockerfile))
    return kept


def _read_kept(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Install]]:
    target = dockerfile.target
    stages = {stage.index: stage for stage in target.lineage} if target else {}
    removing = _removing(dockerfile)
    for install in installs_of(dockerfile, *SYSTEM_FAMILIES):
        stage = stages.get(install.instruction.stage)
        if stage is not None and install.instruction.start not in removing:
            yield stage, install


def _removing(dockerfile: Dockerfile) -> set[int]:
    """Where the RUNs start that remove packages again (which ones is taken on trust)."""
    names = ("apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "pacman")
    return {
        instruction.start
        for instruction, command in dockerfile.commands(*names)
        if not _REMOVALS.isdisjoint(command.literals)
    }


def _build_tools(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stage, install in _kept(dockerfile):
        tools = [package for package in install.packages if COMPILERS.fullmatch(package.name)]
        if tools:
            names = ", ".join(package.name for package in tools)
            yield Hit(
                tools[0],
                f"{names} {'stays' if len(tools) == 1 else 'stay'} in the image",
                f"stage {stage.label}/install {tools[0].name}",
                label="needed to build, not to run",
            )


def _tools(names: frozenset[str], label: str, dockerfile: Dockerfile) -> Iterator[Hit]:
    for stage, install in _kept(dockerfile):
        for package in install.packages:
            if package.name in names:
                yield Hit(
                    package,
                    f"{package.name} stays in the image",
                    f"stage {stage.label}/install {package.name}",
                    label=label,
                )


def _debug_tools(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    return _tools(DEBUG_TOOLS, "of use to an intruder", dockerfile)


def _convenience_tools(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    return _tools(CONVENIENCE_TOOLS, "seldom needed to run", dockerfile)


_BUILDER_IMAGE = Expression(
    r"(?:golang|rust|maven|gradle|gcc|swift|haskell|sbt|clojure|dart)"
    r"|mcr\.microsoft\.com/dotnet(?:/core)?/sdk|mcr\.microsoft\.com/dotnet/sdk"
    r"|(?:.*/)?(?:golang|rust|maven|gradle)(?:-builder)?"
)
_COMPILING = {
    "go": frozenset({"build", "install"}),
    "cargo": frozenset({"build", "install"}),
    "mvn": frozenset({"package", "install", "verify", "deploy"}),
    "mvnw": frozenset({"package", "install", "verify"}),
    "gradle": frozenset({"build", "bootJar", "shadowJar", "assemble", "jar"}),
    "gradlew": frozenset({"build", "bootJar", "shadowJar", "assemble", "jar"}),
    "dotnet": frozenset({"build", "publish"}),
    "stack": frozenset({"build", "install"}),
    "swift": frozenset({"build"}),
}


def _compiles(command: Command) -> bool:
    goals = _COMPILING.get(command.name, frozenset())
    return not goals.isdisjoint(command.literals)


def _single_stage(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    target = dockerfile.target
    if target is None or (target.entrypoint is None and target.command is None):
        return
    base = _repository(target.root_base.known or "")
    if not _BUILDER_IMAGE.fullmatch(base):
        return
    in_image = {stage.index for stage in target.lineage}
    for instruction, command in _compilations(dockerfile):
        if instruction.stage in in_image:
            yield Hit(
                target.source,
                f"the image is built and run in {base}: compiler, sources and caches ship with it",
                f"stage {target.label}/single stage",
                label="a build image as the final one",
                evidence=(
                    Evidence(
                        f"compiled by `{command.name}`", dockerfile.source.line_of(command.start)
                    ),
                ),
            )
            return


def _repository(reference: str) -> str:
    name = reference.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    short = head + slash + tail.partition(":")[0]
    return short.removeprefix("docker.io/").removeprefix("library/")


def _compilations(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Command]]:
    for instruction, command in dockerfile.commands(*_COMPILING):
        if _compiles(command):
            yield instruction, command


def _virtual_kept(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    target = dockerfile.target
    in_image = {stage.index for stage in target.lineage} if target else set()
    for instruction, command in dockerfile.commands("apk"):
        name = next(command.option_values("--virtual", "-t"), None)
        if name is None or "add" not in command.literals or instruction.stage not in in_image:
            continue
        if "run" in name.loose:  # `.app-rundeps`: what the program needs, kept on purpose
            continue
        removals = [
            (place, other)
            for place, other in dockerfile.commands("apk")
            if "del" in other.literals and name.literal in other.literals
        ]
        if any(place is instruction for place, _ in removals):
            continue
        later = tuple(
            Evidence(
                "removed in a later layer, which frees nothing", dockerfile.source.line_of(o.start)
            )
            for _, o in removals
        )
        yield Hit(
            name,
            f"the build dependencies {name.loose} are not removed in the layer that adds them",
            place_of(dockerfile, instruction, f"apk --virtual {name.loose}"),
            label="stays in the layer",
            evidence=later,
        )


_FOOTHOLD = Risk(Needs.FOOTHOLD, Gains.LESS)

RULES = (
    Rule(
        id="build-tools",
        title="Build tools in the final image",
        practice=MULTI_STAGE_BUILD,
        risk=_FOOTHOLD,
        told_by=("apt", "apk", "yum", "dnf", "zypper", "pacman"),
        on={Dockerfile: _build_tools, Image: deferred("build.tools_in_image:build_tools")},
        aliases=("dockle:CIS-DI-0003",),
        bad=(
            "FROM python:3.12.2-slim\nRUN apt-get update && apt-get install -y gcc make libpq5\n",
            "FROM alpine:3.19\nRUN apk add --no-cache build-base python3-dev\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y gcc\n"
            "  -rwxr-xr-x 0:0 usr/bin/gcc build-tool\n",
        ),
        good=(
            "FROM debian:12.5 AS b\nRUN apt-get install -y gcc\nFROM debian:12.5\n",
            "FROM alpine:3.19\nRUN apk add gcc && make && apk del gcc\n",
            "FROM debian:12.5\nRUN apt-get install -y libgcc-s1 makepasswd\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y gcc\n"
            "  -rwxr-xr-x 0:0 usr/bin/gcc build-tool\nRUN apt-get purge -y gcc\n"
            "  - usr/bin/gcc\n",
        ),
        remedy="Compile in a stage of its own and `COPY --from` what it made; or remove the "
        "packages in the RUN that installs them.",
    ),
    Rule(
        id="debug-tools",
        title="Tools for looking around in the final image",
        practice=MINIMAL_PACKAGES,
        risk=_FOOTHOLD,
        told_by=("apt", "apk", "yum", "dnf", "zypper", "pacman"),
        on={Dockerfile: _debug_tools, Image: deferred("build.tools_in_image:debug_tools")},
        bad=(
            "FROM debian:12.5\nRUN apt-get install -y nginx netcat-openbsd tcpdump\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y gdb\n"
            "  -rwxr-xr-x 0:0 usr/bin/gdb debugger\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get install -y nginx\n",
            "FROM debian:12.5 AS b\nRUN apt-get install -y nmap\nFROM debian:12.5\n",
            "=== image\nFROM alpine:3.22\n"
            "  lrwxrwxrwx 0:0 usr/bin/nc network-tool target=/bin/busybox\n",
        ),
        remedy="Leave them out; attach a debug container when one is needed (`docker run --pid "
        "container:… --network container:…`).",
    ),
    Rule(
        id="convenience-tools",
        title="Editors and fetchers in the final image",
        practice=MINIMAL_PACKAGES,
        risk=_FOOTHOLD,
        profile=Profile.STRICT,
        told_by=("apt", "apk", "yum", "dnf", "zypper", "pacman"),
        on={
            Dockerfile: _convenience_tools,
            Image: deferred("build.tools_in_image:convenience_tools"),
        },
        bad=(
            "FROM debian:12.5\nRUN apt-get install -y vim curl\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y git\n"
            "  -rwxr-xr-x 0:0 usr/bin/git build-tool\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get install -y curl && apt-get purge -y curl\n",
            "FROM debian:12.5\nRUN apt-get install -y libcurl4\n",
            "=== image\nFROM alpine:3.22\n"
            "  lrwxrwxrwx 0:0 usr/bin/wget network-tool target=/bin/busybox\n",
        ),
        remedy="Fetch in a build stage, or with ADD and a checksum; edit outside the container.",
    ),
    Rule(
        id="single-stage-build",
        title="Built and run in one stage",
        practice=MULTI_STAGE_BUILD,
        risk=_FOOTHOLD,
        confidence=Confidence.MEDIUM,
        on={Dockerfile: _single_stage},
        bad=(
            'FROM golang:1.22.1\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n',
            'FROM maven:3.9.6\nCOPY . .\nRUN mvn package\nCMD ["java", "-jar", "a.jar"]\n',
        ),
        good=(
            "FROM golang:1.22.1 AS b\nRUN go build -o /app .\nFROM debian:12.5\n"
            'COPY --from=b /app /app\nCMD ["/app"]\n',
            "FROM golang:1.22.1\nRUN go build ./...\n",
            'FROM python:3.12.2\nRUN pip install flask==3.0.2\nCMD ["flask"]\n',
        ),
        remedy="Name the stage (`AS build`), then start a small one and `COPY --from=build` the "
        "program: distroless or scratch for Go and Rust, a JRE for Java, the runtime for .NET.",
    ),
    Rule(
        id="build-dependencies-kept",
        title="Build dependencies are not removed in their layer",
        practice=MINIMAL_PACKAGES,
        risk=_FOOTHOLD,
        told_by=("apk",),
        on={Dockerfile: _virtual_kept},
        bad=(
            "FROM alpine:3.19\nRUN apk add --no-cache --virtual .build gcc\nRUN apk del .build\n",
            "FROM alpine:3.19\nRUN apk add -t .deps gcc && make\n",
        ),
        good=(
            "FROM alpine:3.19\nRUN apk add --virtual .build gcc && make && apk del .build\n",
            "FROM alpine:3.19 AS b\nRUN apk add --virtual .build gcc\nFROM alpine:3.19\n",
            "FROM alpine:3.19\nRUN apk add --no-cache --virtual .app-rundeps libpq\n",
        ),
        remedy="Join the two into one RUN: `apk add --virtual .build … && … && apk del .build`.",
    ),
    Rule(
        id="shell-in-image",
        title="A shell or a package manager in the final image",
        practice=MINIMAL_PACKAGES,
        risk=_FOOTHOLD,
        profile=Profile.STRICT,
        on={Image: deferred("build.tools_in_image:shells")},
        bad=("=== image\nFROM debian:12\n  -rwxr-xr-x 0:0 usr/bin/bash shell\n",),
        good=("=== image\nFROM scratch\nCOPY app /app\n  -rwxr-xr-x 0:0 app other\n",),
        why="Most exploits end by starting a shell, and most intruders go on by installing their "
        "own tools. Where there is neither, both stop there.",
        remedy="Copy the finished program into a distroless image or `scratch`.",
    ),
    Rule(
        id="left-over-files",
        title="What building and developing left behind",
        practice=MINIMAL_PACKAGES,
        risk=_FOOTHOLD,
        profile=Profile.STRICT,
        on={Image: deferred("build.tools_in_image:left_over")},
        bad=(
            "=== image\nFROM debian:12\nCOPY . /app\n  -rw-r--r-- 0:0 app/Dockerfile left-over\n",
            "=== image\nFROM debian:12\nCOPY . /app\n  -rw-r--r-- 0:0 app/.env secret-name\n",
            "=== image\nFROM debian:12\nRUN git clone https://example.org/x /x\n"
            "  drwxr-xr-x 0:0 x/.git git-directory\n",
        ),
        good=(
            "=== image\nFROM debian:12\nRUN touch /app/Dockerfile\n"
            "  -rw-r--r-- 0:0 app/Dockerfile left-over\nRUN rm /app/Dockerfile\n"
            "  - app/Dockerfile\n",
        ),
        aliases=("dockle:DKL-LI-0003",),
        why="Dockerfiles, histories of shells and editors, and settings of development tell an "
        "intruder how the image was made and what else there is to reach.",
        remedy="List them in .dockerignore, or delete them in the RUN that makes them.",
    ),
)
