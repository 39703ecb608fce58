"""An image's health check: missing, switched off, untimed, or one that calls what is not there."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Hit, Verdict
from seawall.core.rule import Settings
from seawall.rules.image.layers import noted
from seawall.surfaces.image.config import Healthcheck
from seawall.surfaces.image.model import Image
from seawall.surfaces.image.notable import Note

_SYMBOL = "HEALTHCHECK"
_COMMANDS = Expression(r"(?:\A|[;&|(]\s*|\b(?:if|then|exec|do)\s+)(curl|wget|nc)\b")


def serves(image: Image) -> bool:
    """Whether an image is meant to run as a service: it starts something and says a port."""
    config = image.config
    return bool(config.exposed_ports) and bool(config.entrypoint or config.cmd)


def missing(image: Image, _: Settings) -> Iterator[Hit]:
    """A service without a check; a check that is there shows the practice."""
    health = image.config.healthcheck
    if has_check(image):
        yield Hit(image.place("healthcheck"), "has a health check", _SYMBOL, verdict=Verdict.PASS)
    elif health is None and serves(image):
        start = "entrypoint" if image.config.entrypoint else "cmd"
        yield Hit(
            image.place(start),
            "the image starts a service, but nothing says how to tell whether it is well",
            _SYMBOL,
            label="no HEALTHCHECK",
        )


def has_check(image: Image) -> bool:
    """Whether an image has a health check that is on."""
    return _is_on(image.config.healthcheck)


def _is_on(health: Healthcheck | None) -> bool:
    return health is not None and bool(health.test) and health.test[0] != "NONE"


def disabled(image: Image, _: Settings) -> Iterator[Hit]:
    """`HEALTHCHECK NONE`."""
    health = image.config.healthcheck
    if health is not None and health.test[:1] == ("NONE",):
        yield Hit(
            image.place("healthcheck"),
            "HEALTHCHECK NONE switches off the check that the base image may bring",
            _SYMBOL,
            label="switched off",
        )


def untimed(image: Image, _: Settings) -> Iterator[Hit]:
    """A check that leaves its timing to the engine."""
    health = image.config.healthcheck
    if health is None or not _is_on(health):
        return
    timing = {
        "--interval": health.interval,
        "--timeout": health.timeout,
        "--retries": health.retries,
    }
    absent = [name for name, value in timing.items() if not value]
    if absent:
        yield Hit(
            image.place("healthcheck"),
            f"the check leaves {', '.join(absent)} at Docker's defaults (30s, 30s, 3): a hung "
            "probe is noticed after two minutes",
            _SYMBOL,
            label=f"no {', '.join(absent)}",
        )


def absent_tool(image: Image, _: Settings) -> Iterator[Hit]:
    """A check by curl, wget or nc in an image without it; other programs may lie anywhere."""
    health = image.config.healthcheck
    if health is None or not _is_on(health) or not noted(image, Note.SHELL.value):
        return
    there = {h.fact.path.rpartition("/")[2] for h in noted(image, Note.NETWORK_TOOL.value)}
    for tool in dict.fromkeys(_called(health)):
        if tool not in there:
            yield Hit(
                image.place("healthcheck"),
                f"the check calls {tool}, which the image does not have: it will always fail",
                f"{_SYMBOL} {tool}",
                label=f"no {tool} in the image",
                remedy="Use a tool that the image has (a mode of the service itself, or "
                "`wget -q --spider` where there is busybox).",
            )


def _called(health: Healthcheck) -> list[str]:
    kind, *words = health.test
    if kind == "CMD-SHELL":
        return _COMMANDS.findall(" ".join(words))
    return [word for word in words[:1] if word in {"curl", "wget", "nc"}]
