"""Logging and monitoring: a container that says whether it is well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.facts.bases import BaseImage, base_image
from seawall.rules import service_health
from seawall.rules.deferred import deferred
from seawall.rules.naming import symbol, the
from seawall.rules.practices import BOUNDED_LOGGING, HEALTH_CHECK
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.image import parse_reference
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Workload


def _base_of(stage: Stage) -> BaseImage | None:
    """What is known of the external image under a stage."""
    reference = parse_reference(stage.root_base.known or "")
    return base_image(reference.name, reference.tag) if reference else None


def _is_service(stage: Stage) -> bool:
    """Whether the image is meant to run as a service: it starts something and says a port."""
    return bool(stage.exposed) and (stage.entrypoint is not None or stage.command is not None)


def _no_healthcheck(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    if stage is None or stage.healthcheck is not None or not _is_service(stage):
        return
    base = _base_of(stage)
    if base is not None and base.healthcheck:
        return
    yield Hit(
        stage.entrypoint or stage.command or stage.source,
        "the image starts a service, but nothing says how to tell whether it is well",
        f"stage {stage.label}/HEALTHCHECK",
        label="no HEALTHCHECK",
    )


def _disabled(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    check = stage.healthcheck if stage else None
    if stage and check and check.arguments and check.arguments[0].text.upper() == "NONE":
        yield Hit(
            check,
            "HEALTHCHECK NONE switches off the check that the base image may bring",
            f"stage {stage.label}/HEALTHCHECK",
            label="switched off",
        )


def _no_logs(workload: Workload, _: Settings) -> Iterator[Hit]:
    driver = workload.logging.driver if workload.logging else None
    if driver is not None and driver.value == "none":
        yield Hit(
            driver,
            f"{the(workload)} throws its logs away: nothing is left to tell what happened in it",
            symbol(workload, "logging"),
            label="no logs",
            remedy="Use the driver `local`, which bounds itself, or send logs to a central one.",
        )


_TIMING = ("interval", "timeout", "retries")


def _untimed(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    check = _probe(stage)
    if stage is None or check is None:
        return
    missing = [f"--{name}" for name in _TIMING if check.flag(name) is None]
    if missing:
        yield Hit(
            check,
            f"the check leaves {', '.join(missing)} at Docker's defaults "
            "(30s, 30s, 3): a hung probe is noticed after two minutes",
            f"stage {stage.label}/HEALTHCHECK",
            label="no " + ", ".join(missing),
            remedy="Write what your service needs, e.g. "
            "`HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD …`.",
        )


def _probe(stage: Stage | None) -> Instruction | None:
    check = stage.healthcheck if stage else None
    return check if check and check.arguments and check.arguments[0].text.upper() == "CMD" else None


_PACKAGES: Mapping[str, frozenset[str]] = {
    "curl": frozenset({"curl"}),
    "wget": frozenset({"wget", "busybox"}),
    "nc": frozenset({"netcat", "netcat-openbsd", "netcat-traditional", "nmap-ncat", "nc"}),
}
"""Probing tools that small images lack, and the packages that bring them."""

_NAMES = Expression(r"[\w.+-]+").findall


def _absent_tool(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    check = _probe(stage)
    script = dockerfile.script_of(check) if check else None
    base = _base_of(stage) if stage else None
    if stage is None or script is None or base is None:
        return
    for command in script.commands:
        is_absent = command.name in _PACKAGES and base.tools.get(command.name) is False
        if is_absent and not _brings(stage, command.name):
            yield Hit(
                command,
                f"the check calls {command.name}, which neither {stage.root_base.known} nor a "
                "RUN of this file brings: it will always fail",
                f"stage {stage.label}/HEALTHCHECK {command.name}",
                label=f"no {command.name} in the image",
                remedy="Use a tool that the image has (a mode of the service itself, or "
                "`wget -q --spider` where there is busybox).",
            )


def _brings(stage: Stage, tool: str) -> bool:
    """Whether any RUN, COPY or ADD of the image may bring the tool: when in doubt, yes."""
    packages = _PACKAGES[tool]
    for member in stage.lineage:
        for instruction in member.instructions:
            if instruction.keyword in {"RUN", "COPY", "ADD"}:
                text = " ".join((instruction.text, *(h.content for h in instruction.heredocs)))
                if not packages.isdisjoint(_NAMES(text)):
                    return True
    return False


RULES = (
    Rule(
        id="no-healthcheck",
        title="A service without a health check",
        practice=HEALTH_CHECK,
        risk=Risk(Needs.FAULT, Gains.LESS),
        on={Dockerfile: _no_healthcheck, Image: deferred("health_in_image:missing")},
        bad=(
            'FROM node:20.11.1\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
            '=== image\nEXPOSE 80/tcp\nCMD ["nginx"]\nFROM debian:12\n',
        ),
        good=(
            (
                "FROM node:20.11.1\nEXPOSE 3000\nHEALTHCHECK --interval=30s CMD node ping.js\n"
                'CMD ["node", "server.js"]\n'
            ),
            'FROM node:20.11.1\nENTRYPOINT ["node", "tool.js"]\n',
            (
                "FROM node:20.11.1 AS base\nHEALTHCHECK CMD node ping.js\nFROM base\nEXPOSE 80\n"
                "CMD node server.js\n"
            ),
            '=== image\nEXPOSE 80/tcp\nCMD ["nginx"]\nHEALTHCHECK nginx -t\nFROM debian:12\n',
            '=== image\nCMD ["bash"]\nFROM debian:12\n',
        ),
        aliases=(
            "hadolint:DL3057",
            "trivy:DS-0026",
            "checkov:CKV_DOCKER_2",
            "cis:4.6",
            "dockle:CIS-DI-0006",
        ),
        remedy="Add `HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD …` with a tool that "
        "the image has. Kubernetes ignores it: there, write probes.",
    ),
    Rule(
        id="healthcheck-disabled",
        title="The health check is switched off",
        practice=HEALTH_CHECK,
        risk=Risk(Needs.FAULT, Gains.LESS),
        told_by=("healthcheck",),
        on={
            Dockerfile: _disabled,
            Workload: service_health.disabled,
            Image: deferred("health_in_image:disabled"),
        },
        bad=(
            "FROM node:20.11.1\nHEALTHCHECK NONE\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck: {test: NONE}\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck: {disable: true}\n",
            "docker run --no-healthcheck acme/web:1.2.3",
            "=== image\nHEALTHCHECK NONE\nFROM debian:12\n",
        ),
        good=(
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck: {test: [CMD, ping]}\n",
            "docker run --health-cmd ping acme/web:1.2.3",
            "FROM node:20.11.1\nHEALTHCHECK CMD node ping.js\n",
            "FROM node:20.11.1\nHEALTHCHECK NONE\nHEALTHCHECK CMD node ping.js\n",
            "=== image\nHEALTHCHECK nginx -t\nFROM debian:12\n",
        ),
    ),
    Rule(
        id="healthcheck-untimed",
        title="A health check without timing",
        practice=HEALTH_CHECK,
        risk=Risk(Needs.FAULT, Gains.LESS),
        profile=Profile.STRICT,
        told_by=("healthcheck",),
        on={
            Dockerfile: _untimed,
            Workload: service_health.untimed,
            Image: deferred("health_in_image:untimed"),
        },
        bad=(
            "FROM node:20.11.1\nHEALTHCHECK CMD node ping.js\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck: {test: [CMD, ping]}\n",
            "=== image\nHEALTHCHECK nginx -t\nFROM debian:12\n",
        ),
        good=(
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck:\n"
            "      {test: ping, interval: 30s, timeout: 3s, retries: 3}\n",
            (
                "FROM node:20.11.1\n"
                "HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD node ping.js\n"
            ),
            "FROM node:20.11.1\nHEALTHCHECK NONE\n",
            "=== image\nHEALTHCHECK NONE\nFROM debian:12\n",
        ),
    ),
    Rule(
        id="healthcheck-tool-missing",
        title="The health check calls a tool that the image lacks",
        practice=HEALTH_CHECK,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        confidence=Confidence.MEDIUM,
        told_by=("healthcheck",),
        on={
            Dockerfile: _absent_tool,
            Workload: service_health.absent_tool,
            Image: deferred("health_in_image:absent_tool"),
        },
        bad=(
            "FROM alpine:3.19\nHEALTHCHECK CMD curl -f http://localhost/ || exit 1\n",
            'FROM debian:12.5-slim\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"]\n',
            "services:\n  web:\n    image: alpine:3.22.1\n    healthcheck: {test: curl -f l}\n",
            "=== image\nHEALTHCHECK curl -f http://localhost/\nFROM debian:12\n"
            "  -rwxr-xr-x 0:0 usr/bin/sh shell\n",
        ),
        good=(
            "FROM alpine:3.19\nHEALTHCHECK CMD wget -q --spider http://localhost/\n",
            "FROM alpine:3.19\nRUN apk add --no-cache curl\nHEALTHCHECK CMD curl -f localhost\n",
            "FROM acme/base:1.0\nHEALTHCHECK CMD curl -f http://localhost/\n",
            "FROM debian:12.5-slim\nCOPY --from=t /bin/curl /bin/curl\nHEALTHCHECK CMD curl x\n",
            "services:\n  web:\n    image: alpine:3.22.1\n    healthcheck: {test: wget -q l}\n",
            "services:\n  web:\n    build: .\n    healthcheck: {test: curl -f l}\n",
            "=== image\nHEALTHCHECK curl -f http://localhost/\nFROM debian:12\n"
            "  -rwxr-xr-x 0:0 usr/bin/sh shell\n  -rwxr-xr-x 0:0 usr/bin/curl network-tool\n",
        ),
        why="The container is reported unhealthy from its first minute, so restarts, "
        "load balancers and people learn to ignore the check.",
    ),
    Rule(
        id="service-without-healthcheck",
        title="A published service without a health check",
        practice=HEALTH_CHECK,
        risk=Risk(Needs.FAULT, Gains.LESS),
        confidence=Confidence.MEDIUM,
        profile=Profile.STRICT,
        on={Workload: service_health.missing},
        bad=(
            "services:\n  web:\n    image: nginx:1.28.0\n    ports: ['80:80']\n",
            "docker run -p 80:80 nginx:1.28.0",
        ),
        good=(
            "services:\n  web:\n    image: nginx:1.28.0\n    ports: ['80:80']\n"
            "    healthcheck: {test: ping}\n",
            "services:\n  job:\n    image: nginx:1.28.0\n",
        ),
    ),
    Rule(
        id="health-not-told",
        title="Others wait for a health that nothing tells",
        practice=HEALTH_CHECK,
        risk=Risk(Needs.FAULT, Gains.LESS),
        on={Project: service_health.unanswered},
        bad=(
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on:\n"
            "      db: {condition: service_healthy}\n  db:\n    image: postgres:17.5\n",
        ),
        good=(
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on:\n"
            "      db: {condition: service_healthy}\n  db:\n    image: postgres:17.5\n"
            "    healthcheck: {test: pg_isready}\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on: [db]\n"
            "  db:\n    image: postgres:17.5\n",
        ),
        why="The services that wait never start: `docker compose up` ends with an error.",
    ),
    Rule(
        id="logging-disabled",
        title="Logs are thrown away",
        practice=BOUNDED_LOGGING,
        risk=Risk(Needs.FAULT, Gains.LESS),
        on={Workload: _no_logs},
        bad=(
            "services:\n  web:\n    image: nginx:1.28.0\n    logging: {driver: none}\n",
            "docker run --log-driver none nginx:1.28.0",
        ),
        good=(
            "services:\n  web:\n    image: nginx:1.28.0\n    logging: {driver: syslog}\n",
            "services:\n  web:\n    image: nginx:1.28.0\n",
        ),
        aliases=("compose-lint:CL-0014",),
    ),
)
