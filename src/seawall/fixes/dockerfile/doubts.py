"""Why an image may need root after all: what a person has to know before it gets a user."""

from __future__ import annotations

from collections.abc import Callable

from seawall.fixes.dockerfile.ground import Ground
from seawall.fixes.dockerfile.needs import (
    DROPPERS,
    NEEDS_ROOT,
    ROOT_PACKAGES,
    SHELLS,
    root_home,
    started,
)
from seawall.fixes.dockerfile.servers import server_of
from seawall.rules.installs import SYSTEM_FAMILIES, installs_of


def is_hopeless(ground: Ground) -> bool:
    """Whether the image starts what does not run without root."""
    return not NEEDS_ROOT.isdisjoint(started(ground))


def doubt_of(ground: Ground) -> str:
    """Why this needs a person's choice; empty where it only has to be tried."""
    return next((doubt for ask in _DOUBTS if (doubt := ask(ground))), "")


def _drops(ground: Ground) -> str:
    facts = ground.base.known
    if facts is None or not facts.drops_to or ground.target.entrypoint is not None:
        return ""
    return (
        f"the base image's entrypoint changes to `{facts.drops_to}` by itself; without root it "
        "can't give the volumes to it"
    )


def _dropper(ground: Ground) -> str:
    lowered = ground.dockerfile.source.lowered
    for name in (name for name in DROPPERS if name in lowered):
        steps = ground.instructions("RUN", "COPY", "ADD", "ENTRYPOINT", "CMD")
        if any(name in step.text for step in steps):
            return f"what starts it may change to another user by itself, with {name}"
    return ""


def _starts_nothing(ground: Ground) -> str:
    target = ground.target
    if target.command is not None or target.entrypoint is not None or server_of(ground):
        return ""
    return "nothing here says what is started, so what it needs is not known"


def _root_package(ground: Ground) -> str:
    for install in installs_of(ground.dockerfile, *SYSTEM_FAMILIES):
        found = install.names & ROOT_PACKAGES
        if found and install.instruction.stage in ground.stages:
            return f"`{min(found)}` is installed, which is of little use without root"
    return ""


def _shell(ground: Ground) -> str:
    words = {word for word in started(ground) if not word.startswith("-")}
    return "a shell is started: who works in it may need root" if words and words <= SHELLS else ""


def _unknown_start(ground: Ground) -> str:
    is_known = ground.base.known is not None or ground.family
    if ground.target.entrypoint is not None or is_known:
        return ""
    return "the base image is not known, nor is what its entrypoint needs"


def _system(ground: Ground) -> str:
    if ground.base.name != "scratch":
        return ""
    words = [word.text for each in ground.instructions("ADD") for word in each.arguments[:-1]]
    is_system = any(".tar" in word or ".tgz" in word for word in words)
    return "this is a whole system, in which others will build" if is_system else ""


def _home(ground: Ground) -> str:
    return (
        "the image keeps something in root's home, which nobody else may read"
        if root_home(ground)
        else ""
    )


_DOUBTS: tuple[Callable[[Ground], str], ...] = (
    _drops,
    _dropper,
    _starts_nothing,
    _root_package,
    _shell,
    _unknown_start,
    _system,
    _home,
)
