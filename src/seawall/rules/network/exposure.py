"""Ports that an image declares and that should not be a way in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.model import Confidence, Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.telling import holds_any
from seawall.facts.ports import ADMIN_PORTS, DATABASE_PORTS
from seawall.rules.deferred import deferred
from seawall.rules.installs import SYSTEM_FAMILIES, installs_of
from seawall.rules.network.published import ssh_in_project, ssh_of_container
from seawall.rules.practices import MINIMAL_EXPOSURE
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile import Dockerfile, Setting, Stage
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Workload


def _ports(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Setting, int, int]]:
    """Each exposed TCP range of the image that is built: stage, setting, first and last port."""
    stage = dockerfile.target
    for setting in stage.exposed if stage else ():
        text = setting.value.known or ""
        first, _, last = text.partition("/")[0].partition("-")
        is_tcp = not text.lower().endswith(("/udp", "/sctp"))
        if stage and is_tcp and first.isdigit() and (not last or last.isdigit()):
            yield stage, setting, int(first), int(last or first)


def _serves(dockerfile: Dockerfile, stage: Stage, server: str) -> bool:
    """Whether the image is that server: its base, its command or what it installs says so."""
    words = [*stage.root_base.candidates, stage.root_base.written, dockerfile.source.path]
    words += [i.text for i in (stage.entrypoint, stage.command) if i is not None]
    for member in stage.lineage:
        words += [i.text for i in member.instructions if i.keyword in {"RUN", "LABEL", "ENV"}]
    return re.search(server, "\n".join(words), re.IGNORECASE) is not None


def _database_ports(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stage, setting, first, last in _ports(dockerfile):
        for port in (number for number in DATABASE_PORTS if first <= number <= last):
            product, server = DATABASE_PORTS[port]
            if first == last and not _serves(dockerfile, stage, server):
                yield Hit(
                    setting,
                    f"port {port} is {product}'s, but nothing here installs or runs that server",
                    f"stage {stage.label}/EXPOSE {port}",
                    label="offered to the host by `docker run -P`",
                    remedy=f"Take {port} out of EXPOSE: an application reaches its database over "
                    "a private network, which needs no EXPOSE.",
                )


def _ssh_port(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stage, setting, first, last in _ports(dockerfile):
        if first <= 22 <= last:
            yield Hit(
                setting,
                "port 22 is a way to log in to the container from outside",
                f"stage {stage.label}/EXPOSE 22",
                label="ssh",
            )


def _admin_ports(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stage, setting, first, last in _ports(dockerfile):
        for port in (number for number in ADMIN_PORTS if first == last == number):
            yield Hit(
                setting,
                f"port {port} is usually {ADMIN_PORTS[port]}",
                f"stage {stage.label}/EXPOSE {port}",
                label="offered to the host by `docker run -P`",
            )


_SSH_PACKAGES = frozenset({"openssh-server", "openssh", "dropbear", "ssh"})


def _runs_sshd(dockerfile: Dockerfile, stage: Stage) -> Iterator[Hit]:
    for instruction in (stage.entrypoint, stage.command):
        script = dockerfile.script_of(instruction) if instruction else None
        for command in script.commands if script else ():
            if command.name in {"sshd", "dropbear"}:
                yield Hit(
                    command,
                    f"the container's own process is {command.name}",
                    f"stage {stage.label}/{command.name}",
                    label="a login from outside",
                )


_SSH_WORDS = ("ssh", "dropbear")


def _ssh_server(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    target = dockerfile.target
    if target is None or not holds_any(dockerfile.source.text, _SSH_WORDS):
        return
    yield from _runs_sshd(dockerfile, target)
    in_image = {stage.index for stage in target.lineage}
    for install in installs_of(dockerfile, *SYSTEM_FAMILIES):
        for package in install.packages if install.instruction.stage in in_image else ():
            is_server = package.name in _SSH_PACKAGES
            if is_server and (package.name != "openssh" or install.family == "apk"):
                yield Hit(
                    package,
                    f"{package.name} puts an ssh server into the image",
                    f"stage {target.label}/install {package.name}",
                    label="ssh server",
                )


RULES = (
    Rule(
        id="exposed-database-port",
        title="A database's port is exposed by an image that is no database",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        told_by=("expose",),
        on={
            Dockerfile: _database_ports,
            Image: deferred("network.exposed_by_image:database_ports"),
        },
        bad=(
            "FROM node:20.11.1-alpine3.19\nEXPOSE 5432\n",
            "FROM python:3.12.2-slim\nARG PORT=3306\nEXPOSE 8080 $PORT/tcp\n",
            "=== image\nEXPOSE 5432/tcp\nFROM node:22\n",
        ),
        good=(
            "FROM postgres:16.2\nEXPOSE 5432\n",
            "FROM alpine:3.19\nRUN apk add --no-cache redis\nEXPOSE 6379\n",
            "FROM node:20.11.1-alpine3.19\nEXPOSE 8080\n",
            "FROM debian:12.5 AS db\nEXPOSE 5432\nFROM debian:12.5\nEXPOSE 8080\n",
            "=== image\nEXPOSE 5432/tcp\nFROM debian:12\n"
            "RUN apt-get install -y postgresql-15\n  deb postgresql-15 15.1\n",
        ),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="exposed-ssh-port",
        title="The ssh port is exposed",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        told_by=("expose",),
        on={
            Dockerfile: _ssh_port,
            Project: ssh_in_project,
            Workload: ssh_of_container,
            Image: deferred("network.exposed_by_image:ssh_port"),
        },
        bad=(
            "FROM debian:12.5\nEXPOSE 22\n",
            "FROM debian:12.5\nEXPOSE 20-30/tcp\n",
            'services:\n  web:\n    image: acme/web:1.2.3\n    ports: ["2222:22"]\n',
            "services:\n  web:\n    image: acme/web:1.2.3\n    ports:\n      - 22:22\n",
            "docker run -p 2222:22 acme/web:1.2.3",
            "=== image\nEXPOSE 22/tcp\nFROM debian:12\n",
        ),
        good=(
            "FROM debian:12.5\nEXPOSE 2222\n",
            "FROM a AS b\nEXPOSE 22\nFROM c\nEXPOSE 80\n",
            'services:\n  web:\n    image: acme/web:1.2.3\n    ports: ["127.0.0.1:2222:22"]\n',
            'services:\n  git:\n    image: gitea/gitea:1.23.7\n    ports: ["2222:22"]\n',
            "docker run -p 127.0.0.1:2222:22 acme/web:1.2.3",
            "=== image\nEXPOSE 2222/tcp\nFROM debian:12\n",
            "=== image\nTAG gitea/gitea:1.23.7\nEXPOSE 22/tcp\nFROM alpine:3.22\n",
        ),
        aliases=("trivy:DS-0004", "checkov:CKV_DOCKER_1", "cis:5.7"),
        remedy="Take port 22 out of EXPOSE and of `ports`; `docker exec` and the orchestrator's "
        "logs replace ssh.",
    ),
    Rule(
        id="exposed-admin-port",
        title="A port of remote administration or a debugger is exposed",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        told_by=("expose",),
        on={Dockerfile: _admin_ports, Image: deferred("network.exposed_by_image:admin_ports")},
        bad=(
            "FROM node:20.11.1\nEXPOSE 3000 9229\n",
            "FROM debian:12.5\nEXPOSE 2375/tcp\n",
            "=== image\nEXPOSE 9229/tcp\nFROM node:22\n",
        ),
        good=(
            "FROM node:20.11.1\nEXPOSE 3000\n",
            "FROM debian:12.5\nEXPOSE 9000-9500\n",
            "=== image\nEXPOSE 3000/tcp\nFROM node:22\n",
        ),
        remedy="Take the port out of EXPOSE; start debuggers only on 127.0.0.1 and on purpose.",
    ),
    Rule(
        id="ssh-server",
        title="The image carries an ssh server",
        practice=MINIMAL_EXPOSURE,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        told_by=("ssh", "dropbear"),
        on={Dockerfile: _ssh_server, Image: deferred("network.exposed_by_image:ssh_server")},
        bad=(
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx openssh-server\n",
            'FROM debian:12.5\nCMD ["/usr/sbin/sshd", "-D"]\n',
            "=== image\nFROM debian:12\nRUN apt-get install -y openssh-server\n"
            "  -rwxr-xr-x 0:0 usr/sbin/sshd network-tool\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y openssh-client\n",
            "FROM debian:12.5 AS b\nRUN apt-get install -y openssh-server\nFROM debian:12.5\n",
            "FROM alpine:3.19\nRUN apk add --no-cache openssh-client\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y openssh-client\n"
            "  -rwxr-xr-x 0:0 usr/bin/ssh network-tool\n",
        ),
        confidence=Confidence.MEDIUM,
        why="A second way in, with its own keys, its own faults and no trace in the engine's logs.",
        remedy="Leave the server out; use `docker exec`, or a bastion outside the container.",
    ),
)
