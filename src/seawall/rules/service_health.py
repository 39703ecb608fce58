"""Health checks of containers: switched off, missing where others wait for them, or broken."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit, Located, Verdict
from seawall.core.rule import Settings
from seawall.facts.bases import BaseImage, base_image
from seawall.rules.naming import symbol, the, write
from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.model import Project
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Health, Workload

TOOLS = ("curl", "wget", "nc", "bash")
"""Programs that health checks call and that small images lack."""


def image_of(workload: Workload) -> BaseImage | None:
    """What is known of the image that the container is made of; None where it is built here."""
    text = workload.image.value if workload.image and workload.build is None else None
    reference = parse_reference(text or "")
    return base_image(reference.name, reference.tag) if reference else None


def disabled(workload: Workload, _: Settings) -> Iterator[Hit]:
    """`disable: true`, `NONE`, `--no-healthcheck`."""
    health = workload.health
    if health is not None and health.is_disabled:
        yield Hit(
            health.place,
            f"{the(workload)} switches off the health check that its image may bring",
            symbol(workload, "healthcheck"),
            label="switched off",
        )


def has_check(workload: Workload) -> bool | None:
    """Whether a container has a health check; None where only its image can tell."""
    health = workload.health
    if health is not None and (health.is_disabled or health.test):
        return not health.is_disabled
    if workload.build is not None:
        dockerfile = workload.build.dockerfile
        target = dockerfile.target if dockerfile is not None else None
        return True if target is not None and target.healthcheck is not None else None
    known = image_of(workload)
    return known.healthcheck if known is not None else None


def missing(workload: Workload, _: Settings) -> Iterator[Hit]:
    """A container that serves others, and for whose image nothing is known of a check either."""
    serves = workload.ports or workload.exposed
    if serves and not has_check(workload):
        yield Hit(
            workload.place,
            f"nothing says how to tell whether {the(workload)} is well",
            symbol(workload, "healthcheck"),
            label="no health check",
            remedy=write(
                workload,
                "Add `healthcheck: {test: [CMD, …], interval: 30s, timeout: 3s, retries: 3}` with "
                "a tool that the image has.",
                "Add `--health-cmd … --health-interval 30s --health-timeout 3s`.",
            ),
        )


def unanswered(project: Project, _: Settings) -> Iterator[Hit]:
    """A service whose health others wait for, though nothing ever tells it: they do not start."""
    waiting: dict[str, str] = {}
    for workload in project.services:
        for name in workload.awaits:
            waiting.setdefault(name, workload.name)
    for awaited, other in waiting.items():
        service = project.service(awaited)
        answer = has_check(service) if service is not None else True
        if service is None or answer:
            continue
        yield Hit(
            service.place,
            f"`{other}` waits until {the(service)} is healthy, "
            + ("which has no health check" if answer is False else "for which none is known"),
            symbol(service, "healthcheck"),
            label="waited for",
            verdict=Verdict.FAIL if answer is False else Verdict.UNKNOWN,
            remedy="Give it a health check, or wait with `condition: service_started`.",
        )


def untimed(workload: Workload, _: Settings) -> Iterator[Hit]:
    """A test without interval, timeout or retries of its own."""
    health = workload.health
    if health is None or not health.test or health.is_disabled:
        return
    given = {"interval": health.interval, "timeout": health.timeout, "retries": health.retries}
    absent = [name for name, cell in given.items() if cell is None]
    if absent:
        yield Hit(
            health.place,
            f"the check leaves {', '.join(absent)} at Docker's defaults (30s, 30s, 3): a hung "
            "probe is noticed after two minutes",
            symbol(workload, "healthcheck"),
            label="no " + ", ".join(absent),
            remedy="Write what the service needs: `interval: 30s`, `timeout: 3s`, `retries: 3`.",
        )


def absent_tool(workload: Workload, _: Settings) -> Iterator[Hit]:
    """A program that the facts say the image does not have."""
    health, known = workload.health, image_of(workload)
    if health is None or known is None or not health.test or health.is_disabled:
        return
    shell = health.test[0].value == "CMD-SHELL"
    if shell and known.shell is False:
        yield _lacks(workload, health.place, "a shell")
        return
    for cell, tool in _called(health):
        if known.tools.get(tool) is False:
            yield _lacks(workload, cell, tool)


def _called(health: Health) -> Iterator[tuple[Cell[str], str]]:
    """The programs of `TOOLS` that a check starts with, each with its place."""
    is_shell = health.test[0].value == "CMD-SHELL"
    cells = health.test[1:] if is_shell else health.test[1:2]
    for cell in cells:
        text = cell.value or cell.written
        first = text.split(maxsplit=1)[0] if text.split() else ""
        name = first.rpartition("/")[2]
        if name in TOOLS:
            yield cell, name


def _lacks(workload: Workload, at: Located, tool: str) -> Hit:
    image = workload.image.value if workload.image else ""
    return Hit(
        at,
        f"the check of {the(workload)} calls {tool}, which `{image}` does not have: it will "
        "always fail",
        symbol(workload, f"healthcheck {tool}"),
        label=f"no {tool} in the image",
        remedy="Use a tool that the image has (a mode of the service itself, or "
        "`wget -q --spider` where there is busybox).",
    )
