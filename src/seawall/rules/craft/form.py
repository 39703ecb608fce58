"""The form of instructions: those that do not do what they seem to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Evidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, nist
from seawall.rules.build.flow import FETCHERS
from seawall.rules.deferred import again
from seawall.rules.installs import installs_of
from seawall.rules.practices import TRUSTED_DOWNLOADS
from seawall.rules.practices.craft import SOUND_DOCKERFILE
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image

_ARCHIVE = Expression(r"\.(?:tar|tgz|tbz2?|txz|tzst|tar\.\w+|gz|bz2|xz|zst)[\"']?\Z", re.IGNORECASE)
_REMOTE = Expression(r"(?:https?|ftp|git|ssh)://|git@", re.IGNORECASE)


def _add_for_copy(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("ADD"):
        sources = [word.text for word in instruction.arguments[:-1]]
        is_plain = sources and not any(
            _REMOTE.match(text) or _ARCHIVE.search(text) or "$" in text or "*" in text
            for text in sources
        )
        if is_plain and instruction.flag("checksum") is None:
            yield Hit(
                instruction,
                "ADD copies local files here, but it would also unpack archives and fetch URLs",
                place_of(dockerfile, instruction, f"ADD {sources[0]}"),
                label="COPY does this and no more",
                remedy="Write COPY instead of ADD.",
                weaker=weight_in_image(dockerfile, instruction),
            )


def _maintainer(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("MAINTAINER"):
        yield Hit(
            instruction,
            "MAINTAINER has been deprecated since Docker 1.13",
            place_of(dockerfile, instruction, "MAINTAINER"),
            label="deprecated",
            remedy='Write `LABEL org.opencontainers.image.authors="…"`.',
        )


def _relative_workdir(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stage in dockerfile.stages:
        if stage.parent is not None:
            continue
        first = next((i for i in stage.instructions if i.keyword == "WORKDIR"), None)
        path = first.text.strip().strip("\"'") if first else "/"
        if first and not re.match(r"/|\$|[A-Za-z]:|\\", path):
            yield Hit(
                first,
                f"WORKDIR {path} is relative to a directory that only the base image knows",
                f"stage {stage.label}/WORKDIR",
                label="relative to what?",
                remedy=f"Write an absolute path, such as /{path}.",
            )


def _overridden(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stage in dockerfile.stages:
        last = {i.keyword: i for i in stage.instructions if i.keyword in _SINGLE}
        for instruction in stage.instructions:
            if instruction.keyword in _SINGLE and last[instruction.keyword] is not instruction:
                yield Hit(
                    instruction,
                    f"this {instruction.keyword} has no effect: a later one of the same stage "
                    "replaces it",
                    f"stage {stage.label}/{instruction.keyword}",
                    label="replaced",
                    evidence=(Evidence("the one that holds", last[instruction.keyword].line),),
                )


_SINGLE = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def _duplicate_stage(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    names = Counter(stage.name for stage in dockerfile.stages if stage.name)
    seen: set[str] = set()
    for stage in dockerfile.stages:
        if names[stage.name] > 1 and stage.name in seen:
            yield Hit(
                stage.source,
                f"a second stage is called {stage.name}: later instructions mean this one",
                f"stage {stage.name}/duplicate",
                label="the name is taken",
            )
        seen.add(stage.name)


def _cd_alone(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("cd", "pushd"):
        script = dockerfile.script_of(instruction)
        if script and script.commands[-1] is command and command.substituted_into is None:
            yield Hit(
                command,
                "changing the directory at the end of a RUN changes nothing: each RUN starts in "
                "WORKDIR",
                place_of(dockerfile, instruction, f"cd {' '.join(command.literals)}"),
                label="forgotten at once",
                remedy=f"Write `WORKDIR {' '.join(command.literals)}`.",
            )


def _apt(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("apt"):
        if command.literals:
            yield Hit(
                command.words[0],
                "apt is for people: its options and output may change between releases",
                place_of(dockerfile, instruction, f"apt {command.literals[0]}"),
                label="write apt-get",
            )


_YES = {
    "apt": ("-y", "--yes", "--assume-yes", "-qq", "--force-yes"),
    "dnf": ("-y", "--assumeyes"),
    "zypper": ("-n", "--non-interactive", "-y", "--no-confirm"),
}


def _asks(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    lowered = dockerfile.source.lowered
    if "apt::get::assume-yes" in lowered or "assumeyes" in lowered:
        return
    for install in installs_of(dockerfile, *_YES):
        is_fed = install.command.position > 0 or install.command.name in {"microdnf", "aptitude"}
        if not is_fed and not install.command.has_option(*_YES[install.family]):
            yield Hit(
                install.command,
                f"{install.command.name} asks before it installs, and nobody answers in a build",
                place_of(dockerfile, install.instruction, f"{install.family} asks"),
                label="no -y",
                remedy="Add `-y` (zypper: `--non-interactive`).",
            )


def _pipefail(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, script in dockerfile.scripts:
        if "pipefail" in script.options or script.unread:
            continue
        for pipeline in script.pipelines:
            first = pipeline.commands[0] if pipeline.commands else None
            if first and len(pipeline.commands) > 1 and first.name in FETCHERS:
                yield Hit(
                    pipeline,
                    f"if {first.name} fails, the pipe's last command decides: a broken download "
                    "can pass as a success",
                    place_of(dockerfile, instruction, f"{first.name} |"),
                    label="no pipefail",
                )


def _legacy_pairs(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("ENV", "LABEL"):
        if len(instruction.pairs) == 1 and _is_legacy(instruction):
            key, value = instruction.pairs[0]
            yield Hit(
                instruction,
                f"{instruction.keyword} with a space is the old form: everything to the end of "
                "the line is the value",
                place_of(dockerfile, instruction, f"{instruction.keyword} {key.text}"),
                label="old form",
                remedy=f"Write `{instruction.keyword} {key.text}=…`, the value quoted if it "
                "holds blanks.",
                secrets=(value,),
            )


def _is_legacy(instruction: Instruction) -> bool:
    words = instruction.text.split(None, 1)
    return bool(words) and "=" not in words[0]


def _large_uid(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("useradd"):
        uid = next(command.option_values("-u", "--uid"), None)
        number = uid.literal if uid and uid.literal else ""
        is_large = number.isdigit() and int(number) > 60_000
        if uid and is_large and not command.has_option("-l", "--no-log-init"):
            yield Hit(
                uid,
                f"uid {number} makes useradd write a sparse log as large as all lower uids, "
                "which the layer stores in full",
                place_of(dockerfile, instruction, "useradd"),
                label="a huge layer",
                remedy="Add `--no-log-init`.",
            )


_FAULT = Risk(Needs.FAULT, Gains.LESS)

RULES = (
    Rule(
        id="add-for-copy",
        title="ADD where COPY would do",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        told_by=("add",),
        on={Dockerfile: _add_for_copy, Image: again(_add_for_copy, r"^add ")},
        bad=(
            "FROM debian:12.5\nADD . /app\n",
            'FROM debian:12.5\nADD ["a b", "/app/"]\n',
            "=== image\nFROM debian:12\nADD app.py /app/ # buildkit\n",
        ),
        good=(
            "FROM debian:12.5\nADD rootfs.tar.xz /\n",
            "FROM debian:12.5\nADD data.gz a.txz /\n",
            "FROM debian:12.5\nADD --checksum=sha256:00 https://x.example/a /a\n",
            "FROM debian:12.5\nADD https://github.com/acme/x.git#main /src\n",
            "FROM debian:12.5\nARG SOURCE\nADD $SOURCE /app\n",
            "FROM debian:12.5\nCOPY . /app\n",
            "=== image\nFROM debian:12\nADD file:5f3a in /app\n",
        ),
        aliases=(
            "hadolint:DL3020",
            "trivy:DS-0005",
            "checkov:CKV_DOCKER_4",
            "dockle:CIS-DI-0009",
            "kics:Add Instead of Copy",
        ),
        why="ADD unpacks what it recognises as an archive and fetches what looks like a URL: a "
        "file that someone renames changes what the image holds.",
        citations=(cis("4.9"), nist("4.1.2")),
    ),
    Rule(
        id="overridden-instruction",
        title="An instruction that a later one replaces",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        on={Dockerfile: _overridden},
        bad=('FROM debian:12.5\nCMD ["a"]\nCMD ["b"]\n',),
        good=('FROM debian:12.5 AS a\nCMD ["a"]\nFROM a\nCMD ["b"]\n',),
        aliases=(
            "hadolint:DL3012",
            "hadolint:DL4003",
            "hadolint:DL4004",
            "trivy:DS-0007",
            "trivy:DS-0016",
            "trivy:DS-0023",
            "buildkit:MultipleInstructionsDisallowed",
            "kics:Multiple CMD, ENTRYPOINT Instructions Listed",
        ),
    ),
    Rule(
        id="duplicate-stage",
        title="Two stages of one name",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        on={Dockerfile: _duplicate_stage},
        bad=("FROM debian:12.5 AS a\nFROM debian:12.5 AS A\n",),
        good=("FROM debian:12.5 AS a\nFROM debian:12.5 AS b\n",),
        aliases=(
            "hadolint:DL3024",
            "trivy:DS-0012",
            "checkov:CKV_DOCKER_11",
            "buildkit:DuplicateStageName",
            "kics:Same Alias In Different Froms",
        ),
        remedy="Give each stage a name of its own.",
    ),
    Rule(
        id="cd-without-effect",
        title="A change of directory that is forgotten at once",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        told_by=("cd", "pushd"),
        on={Dockerfile: _cd_alone},
        bad=("FROM debian:12.5\nRUN mkdir /app && cd /app\n",),
        good=(
            "FROM debian:12.5\nRUN cd /app && make\n",
            "FROM debian:12.5\nRUN (cd /app && make)\n",
        ),
    ),
    Rule(
        id="maintainer",
        title="MAINTAINER is deprecated",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("maintainer",),
        on={Dockerfile: _maintainer},
        bad=("FROM debian:12.5\nMAINTAINER someone\n",),
        good=("FROM debian:12.5\nLABEL org.opencontainers.image.authors=someone\n",),
        aliases=(
            "hadolint:DL4000",
            "trivy:DS-0022",
            "checkov:CKV_DOCKER_6",
            "buildkit:MaintainerDeprecated",
            "kics:MAINTAINER Instruction Being Used",
        ),
    ),
    Rule(
        id="relative-workdir",
        title="A relative working directory",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("workdir",),
        on={Dockerfile: _relative_workdir},
        bad=("FROM debian:12.5\nWORKDIR app\n",),
        good=(
            "FROM debian:12.5\nWORKDIR /app\nWORKDIR src\n",
            "FROM debian:12.5\nARG HOME_DIR=/app\nWORKDIR $HOME_DIR\n",
            "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nWORKDIR C:/app\n",
            'FROM debian:12.5\nWORKDIR "/app"\n',
        ),
        aliases=(
            "hadolint:DL3000",
            "trivy:DS-0009",
            "checkov:CKV_DOCKER_10",
            "buildkit:WorkdirRelativePath",
            "kics:WORKDIR Path Not Absolute",
        ),
    ),
    Rule(
        id="apt-for-people",
        title="apt where apt-get belongs",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("apt",),
        on={Dockerfile: _apt},
        bad=("FROM debian:12.5\nRUN apt install -y nginx\n",),
        good=("FROM debian:12.5\nRUN apt-get install -y nginx && ls /etc/apt\n",),
        aliases=("hadolint:DL3027", "checkov:CKV_DOCKER_9", "kics:Run Using apt"),
        remedy="Write apt-get (apt-cache for queries).",
    ),
    Rule(
        id="install-asks",
        title="An install that waits for an answer",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("apt", "yum", "dnf", "zypper"),
        on={Dockerfile: _asks},
        bad=(
            "FROM debian:12.5\nRUN apt-get install nginx\n",
            "FROM rockylinux:9\nRUN yum install nginx\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get -qqy install nginx && apt-get install -y curl\n",
            "FROM debian:12.5\nRUN yes | apt-get install nginx\n",
            "FROM rockylinux:9\nRUN dnf -y install nginx && microdnf install nginx\n",
            "FROM opensuse/leap:15.6\nRUN zypper -n install nginx\n",
        ),
        aliases=(
            "hadolint:DL3014",
            "hadolint:DL3030",
            "hadolint:DL3034",
            "hadolint:DL3038",
            "trivy:DS-0021",
            "kics:APT-GET Missing '-y' To Avoid Manual Input",
        ),
    ),
    Rule(
        id="pipe-without-pipefail",
        title="A download's failure is hidden by a pipe",
        practice=TRUSTED_DOWNLOADS,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("curl", "wget", "fetch", "aria2c", "axel", "http", "lynx"),
        on={Dockerfile: _pipefail},
        bad=("FROM debian:12.5\nRUN curl -fsSL https://x.example/a.tgz | tar xz\n",),
        good=(
            'FROM debian:12.5\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
            "RUN curl -fsSL https://x.example/a.tgz | tar xz\n",
            "FROM alpine:3.19\nRUN set -eo pipefail; wget -qO- https://x.example/a | tar x\n",
            "FROM debian:12.5\nRUN ls | wc -l\n",
        ),
        aliases=("hadolint:DL4006", "kics:Shell Running A Pipe Without Pipefail Flag"),
        why="The half of a file that arrived before the connection broke is unpacked or run, and "
        "the layer is kept as good.",
        remedy='`SHELL ["/bin/bash", "-o", "pipefail", "-c"]` before it, or `set -o pipefail` '
        "(bash and BusyBox's ash know it; dash before 0.5.13 does not); or fetch to a file first.",
    ),
    Rule(
        id="legacy-key-value",
        title="ENV or LABEL in the old form",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        profile=Profile.STRICT,
        on={Dockerfile: _legacy_pairs},
        bad=("FROM debian:12.5\nENV HOME_DIR /app\n",),
        good=("FROM debian:12.5\nENV HOME_DIR=/app A=b\nLABEL a=b\n",),
        aliases=("buildkit:LegacyKeyValueFormat",),
    ),
    Rule(
        id="sparse-log",
        title="A user of a high uid makes a huge layer",
        practice=SOUND_DOCKERFILE,
        risk=_FAULT,
        profile=Profile.STRICT,
        told_by=("useradd",),
        on={Dockerfile: _large_uid},
        bad=("FROM debian:12.5\nRUN useradd -u 1000000 app\n",),
        good=(
            "FROM debian:12.5\nRUN useradd --no-log-init -u 1000000 app\n",
            "FROM debian:12.5\nRUN useradd -u 10001 app\n",
        ),
        aliases=("hadolint:DL3046",),
    ),
)
