"""What is known of a container before it runs: as whom it starts, and what its image needs.

What was observed when it ran counts most, then the facts of its image, where it is started as
its makers mean it. Everything else is unknown and stays so.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from seawall.facts.bases import base_image
from seawall.facts.needs import Directory, Needs, needs_of
from seawall.fixes.model import Context, Observed
from seawall.rules.runtime.user import is_root_name
from seawall.surfaces.dockerfile import Stage
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Mount, Workload

_NOTHING = Needs()
_EVERY_DAY = frozenset({"/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo"})
ENTRYPOINT_RIGHTS = (
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
)
"""What entrypoints and supervisors use that start as root: the seven of Docker's fourteen that
are kept where nothing is known of an image."""


class Known(Struct, frozen=True):
    """What is known of one container.

    `user` is as whom it is started, as written (`1000:1000`, `node`), empty where that is not
    known. `needs` are the facts of its image; they hold where `holds` says so: it is the image
    itself or built on it without another program, started by the maker's entrypoint.
    """

    workload: Workload
    user: str
    needs: Needs
    holds: bool
    observed: Observed | None = None

    @property
    def is_root(self) -> bool | None:
        """Whether it is started as root; None where that is not known."""
        return is_root_name(self.user) if self.user else None

    @property
    def is_windows(self) -> bool:
        """Whether its users are those of Windows, where none of this holds."""
        return self.user.startswith("Container")

    @property
    def capabilities(self) -> tuple[tuple[str, ...], bool]:
        """Those that it needs, and whether that is known."""
        if self.observed is not None:
            return self._with_host_network(self.observed.capabilities), True
        if self.is_root is False:
            known = self.needs.capabilities_as_user if self.holds else None
            return known or (), known is not None
        known = self.needs.capabilities if self.holds else None
        if known is None:
            return ENTRYPOINT_RIGHTS, False
        return self._with_host_network((*known, *self._for_data())), True

    @property
    def scratch(self) -> tuple[tuple[Directory, ...], bool]:
        """Directories that it writes to where a tmpfs will do, and whether that is all."""
        if self.observed is not None:
            mode = "1777" if self.is_root is not False else ""  # whoever of them writes
            return tuple(Directory(each, mode=mode) for each in self.observed.scratch), True
        if self.holds and self.needs.scratch is not None:
            return self.needs.scratch, True
        return (Directory("/tmp"),), False  # noqa: S108 -- a path in the container

    @property
    def kept(self) -> tuple[str, ...]:
        """Directories that it writes to and whose content must stay."""
        if self.observed is not None:
            return self.observed.kept
        if not self.holds:
            return ()
        names = {variable.name for variable in self.workload.environment}
        targets = [mount.target for mount in self.workload.mounts]
        further = [
            paths
            for condition, paths in self.needs.writes_when.items()
            if condition in names or any(is_below(target, condition) for target in targets)
        ]
        return (*self.needs.kept, *(path for paths in further for path in paths))

    @property
    def serving_user(self) -> str:
        """`uid:gid` of the processes that serve, empty where no numbers are known."""
        own = self.user if self.is_root is False else (self.needs.user or "") if self.holds else ""
        if self.observed is not None and self.observed.user:
            own = self.observed.user
        return own if all(part.isdecimal() for part in own.split(":")) else ""

    @property
    def about(self) -> str:
        """How the experiment is announced where nothing is known."""
        return "nothing is known of what it needs: settle it with `seawall fix --prove`"

    def is_mounted(self, path: str) -> bool:
        """Whether something writable is mounted there, or above it."""
        return any(
            is_below(path, mount.target) and not mount.read_only
            for mount in self.workload.mounts
            if mount.target not in {"", "/"}
        )

    def _for_data(self) -> tuple[str, ...]:
        """What comes in as well: data of earlier runs, and files that belong to others."""
        mounts = self.workload.mounts
        has_data = any(
            is_below(mount.target, path) or is_below(path, mount.target)
            for mount in mounts
            for path in (*self.needs.volumes, *self.needs.kept)
        )
        further = self.needs.capabilities_with_data if has_data else ()
        return (*further, *(("DAC_OVERRIDE",) if any(map(_is_of_others, mounts)) else ()))

    def _with_host_network(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """On the host's network, low ports are not open to all."""
        network = self.workload.namespaces.network
        on_host = network is not None and network.value == "host" and self.is_root is not False
        return tuple(sorted({*names, *(("NET_BIND_SERVICE",) if on_host else ())}))


def known_of(workload: Workload, context: Context) -> Known:
    """What is known of a container."""
    name, tag, stage = _image(workload)
    needs = _facts(name, tag)
    user = _user(workload, stage, name, tag, needs)
    return Known(workload, user, needs, _holds(workload, stage, needs), _seen(workload, context))


def is_below(path: str, directory: str) -> bool:
    """Whether a path is a directory or in it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def _seen(workload: Workload, context: Context) -> Observed | None:
    return context.observed.get(workload.name)


def _image(workload: Workload) -> tuple[str, str, Stage | None]:
    """Name and tag of the image, or of the one that it is built on, and the stage built."""
    stage = None
    text = (workload.image.value or "") if workload.image is not None else ""
    if workload.build is not None:
        dockerfile = workload.build.dockerfile
        stage = dockerfile.target if dockerfile is not None else None
        text = (stage.root_base.known or "") if stage is not None else ""
    reference = parse_reference(text) if text else None
    return (reference.name, reference.tag, stage) if reference else ("", "", stage)


@lru_cache(maxsize=1024)
def _facts(name: str, tag: str) -> Needs:
    return (needs_of(name, tag) if name else None) or _NOTHING


def _user(workload: Workload, stage: Stage | None, name: str, tag: str, needs: Needs) -> str:
    """As whom it is started; empty where that is not known."""
    if workload.user is not None and workload.user.written:
        return workload.user.value or ""
    if stage is not None and stage.user is not None:
        return (stage.user.value.known or "").strip("\"'")
    if workload.build is not None and stage is None:
        return ""
    if needs.drops is not None:
        return "0:0" if needs.drops else needs.user or ""
    base = base_image(name, tag) if name else None
    return (base.user or "") if base is not None else ""


def _holds(workload: Workload, stage: Stage | None, needs: Needs) -> bool:
    """Whether the image's own program is what runs, by its maker's entrypoint."""
    if not needs.source or needs.is_platform:
        return False
    if workload.build is not None and stage is None:
        return False
    if workload.entrypoint is not None:
        return False
    if stage is not None and (stage.entrypoint is not None or stage.command is not None):
        return False
    words = workload.command or ()
    first = (words[0].value or "") if words else ""
    return not words or first.startswith("-") or first in needs.commands or not needs.commands


def _is_of_others(mount: Mount) -> bool:
    """Whether files of the host come in, which may belong to anybody."""
    is_socket = mount.source.endswith(".sock")
    return mount.type == "bind" and not is_socket and mount.source not in _EVERY_DAY
