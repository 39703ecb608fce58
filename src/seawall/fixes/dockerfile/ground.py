"""What the image of a Dockerfile stands on: its family, its shell, and who may act in it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.rules.runtime.user import Base, base_of, is_root_name
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.dockerfile.shells import shell_of
from seawall.surfaces.shell import Command

DEBIAN, ALPINE, RHEL = "debian", "alpine", "rhel"

_FAMILIES = {
    "debian": DEBIAN,
    "ubuntu": DEBIAN,
    "alpine": ALPINE,
    "busybox": ALPINE,
    "wolfi": ALPINE,
    "rhel": RHEL,
}
_MANAGERS = {
    "apt-get": DEBIAN,
    "apt": DEBIAN,
    "apk": ALPINE,
    "yum": RHEL,
    "dnf": RHEL,
    "microdnf": RHEL,
}
_ALPINE = Expression(r"alpine|wolfi")
_DEBIAN = Expression(
    r"debian|ubuntu|[:-]slim|stretch|buster|bullseye|bookworm|trixie|xenial|bionic|focal|jammy|noble"
)
_WITHOUT_USERADD = Expression(r"minimal|micro|[:-]slim|amazonlinux|amazoncorretto")
"""Images of that family that do not bring shadow-utils."""
_POSIX = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh", "rbash"})


class Ground(Struct, frozen=True):
    """The stage that is built, and what is known of what it is made from.

    `family` is debian, alpine or rhel, empty where accounts can't be made by its commands;
    `has_shell` is True only where that is sure. `stages` are the numbers of the image's own
    stages: what stands in others is no part of it.
    """

    dockerfile: Dockerfile
    target: Stage
    base: Base
    family: str
    has_shell: bool
    stages: frozenset[int]

    def commands(self, *names: str) -> Iterator[tuple[Instruction, Command]]:
        """The commands of these names that build the image itself."""
        for instruction, command in self.dockerfile.commands(*names):
            if instruction.stage in self.stages:
                yield instruction, command

    def instructions(self, *keywords: str) -> Iterator[Instruction]:
        """The instructions that build the image itself; in file order for one keyword."""
        found = self.dockerfile.of(*keywords)
        return (each for each in found if each.stage in self.stages)

    @property
    def is_bare(self) -> bool:
        """Whether it is an image that surely has no shell: scratch, distroless, chiseled."""
        return self.base.known is not None and self.base.known.shell is False

    @property
    def runs_posix(self) -> bool:
        """Whether a RUN at the end of the stage is read by a POSIX shell."""
        shell = self.target.shell
        words = shell.by.arguments if shell else ()
        return not words or shell_of([word.text for word in words]).dialect in _POSIX


def ground_of(dockerfile: Dockerfile) -> Ground | None:
    """The ground of the stage that is built; None for a file that BuildKit refuses."""
    target = dockerfile.target
    if target is None or dockerfile.errors:
        return None
    known: Ground | None = dockerfile.derived.get("ground of fixes")
    if known is None:
        known = dockerfile.derived["ground of fixes"] = _ground(dockerfile, target)
    return known


def _ground(dockerfile: Dockerfile, target: Stage) -> Ground:
    base = base_of(target)
    stages = frozenset(stage.index for stage in target.lineage)
    family = "" if base.is_windows else _family(dockerfile, base, stages)
    facts = base.known
    has_shell = facts.shell if facts is not None and facts.shell is not None else bool(family)
    if not has_shell and (facts is None or facts.shell is None):
        scripts = dockerfile.scripts
        has_shell = any(i.stage in stages and not s.unread and not i.is_json for i, s in scripts)
    return Ground(dockerfile, target, base, family if has_shell else "", has_shell, stages)


def _family(dockerfile: Dockerfile, base: Base, stages: frozenset[int]) -> str:
    """By the package manager that the image's own steps call, else by facts, else by name."""
    names = base.name.lower()
    calls = {
        command.name
        for instruction, command in dockerfile.commands(*_MANAGERS)
        if instruction.stage in stages
    }
    used = {_MANAGERS[name] for name in calls}
    told = _FAMILIES.get(base.known.family, "") if base.known else ""
    family = used.pop() if len(used) == 1 else told or _named(names)
    # Who calls microdnf has a minimal image, which has no useradd.
    is_minimal = base.known is None or _WITHOUT_USERADD.search(names) or "microdnf" in calls
    if family == RHEL and is_minimal and "shadow-utils" not in dockerfile.source.text:
        return ""
    return family


def _named(name: str) -> str:
    if _ALPINE.search(name):
        return ALPINE
    return DEBIAN if _DEBIAN.search(name) else ""


_ROOT_ONLY = (*_MANAGERS, "useradd", "adduser", "groupadd", "addgroup", "chown")


def users_before(ground: Ground, offset: int) -> list[Instruction]:
    """The USERs of the image before a place, in file order."""
    users = ground.instructions("USER")
    return [user for user in users if user.start < offset and user.arguments]


def is_root_at(ground: Ground, offset: int) -> bool:
    """Whether a step at a place of the target stage surely runs as root.

    Without a USER that is where the base is known to be root, or where a step before did what
    only root can do.
    """
    users = users_before(ground, offset)
    if users:
        return is_root_name(users[-1].arguments[0].text)
    if ground.base.known is not None and ground.base.known.user is not None:
        return bool(ground.base.known.is_root)
    return any(True for _ in ground.commands(*_ROOT_ONLY))
