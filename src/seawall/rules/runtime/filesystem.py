"""The container's own filesystem: scratch space, and what of the project it can write to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import ENV_FILES_PRIVATE, READ_ONLY_ROOTFS
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Mount, Workload

_LOOSE = ("exec", "suid", "dev")
_WHAT = {
    "exec": "programs that are dropped there can be run",
    "suid": "setuid programs work there",
    "dev": "device files work there",
}


def _of_type(workload: Workload, kind: str) -> Iterator[Mount]:
    return (mount for mount in workload.mounts if mount.type == kind)


def _loose_scratch(workload: Workload, _: Settings) -> Iterator[Hit]:
    """Docker mounts tmpfs noexec,nosuid,nodev unless an option says otherwise."""
    for mount in _of_type(workload, "tmpfs"):
        loose = [option for option in _LOOSE if option in mount.options]
        if loose:
            options = "noexec,nosuid" + (",size=64m" if mount.size is None else "")
            yield Hit(
                mount,
                f"`{mount.target}` is mounted with {','.join(loose)}: "
                + ", ".join(_WHAT[option] for option in loose),
                symbol(workload, f"tmpfs {mount.target}"),
                label=",".join(loose),
                remedy=f"Mount it as `{mount.target}:rw,{options}`.",
            )


def _unbounded_scratch(workload: Workload, _: Settings) -> Iterator[Hit]:
    for mount in _of_type(workload, "tmpfs"):
        if mount.size is None and workload.limits.memory is None:
            yield Hit(
                mount,
                f"`{mount.target}` has no size: it may fill half of the host's memory",
                symbol(workload, f"tmpfs {mount.target}"),
                label="no size",
                remedy=f"Bound it: `{mount.target}:rw,noexec,nosuid,size=64m`.",
            )


def _no_scratch(workload: Workload, _: Settings) -> Iterator[Hit]:
    cell = workload.read_only
    if cell is None or not cell.value or any(not mount.read_only for mount in workload.mounts):
        return
    yield Hit(
        cell,
        f"{the(workload)} has a read-only root filesystem and no place at all to write to: most "
        "programs want /tmp at least",
        symbol(workload, "read_only"),
        label="no tmpfs, no volume",
        remedy=write(
            workload,
            "Add `tmpfs: [/tmp:rw,noexec,nosuid,size=64m]`, if the program needs it.",
            "Add `--tmpfs /tmp:rw,noexec,nosuid,size=64m`, if the program needs it.",
        ),
    )


_SETTINGS = Expression(
    r"[^/]*\.(?:conf|cnf|cfg|ini|toml|ya?ml|json|properties|crt|cer|pem|key|sql|sh|xml|env|htpasswd)\Z"
    r"|(?:nginx|haproxy|Caddyfile|prometheus|[\w-]*config)\Z",
    re.IGNORECASE,
)


def _writable_settings(workload: Workload, _: Settings) -> Iterator[Hit]:
    for mount in _of_type(workload, "bind"):
        name = posixpath.basename(mount.source)
        is_file = _SETTINGS.match(name) is not None and "." in name
        if is_file and not mount.read_only and mount.via == "direct":
            yield Hit(
                mount,
                f"{the(workload)} can change `{name}` on the host, which it only needs to read",
                symbol(workload, f"volumes {mount.target}"),
                label="writable",
                remedy=f"Mount it read-only: `…:{mount.target}:ro`.",
            )


def _project_directory(project: Project, _: Settings) -> Iterator[Hit]:
    """A directory that holds the project's own: with it go .git, .env and the Compose file."""
    inside = project.directory.rstrip("/") + "/"
    for workload in project.services:
        for mount in _of_type(workload, "bind"):
            outer = mount.source.rstrip("/") + "/"
            if inside.startswith(outer) and outer.count("/") > 2 and mount.via == "direct":
                yield Hit(
                    mount,
                    f"{the(workload)} is given the whole project directory, with `.env`, `.git` "
                    "and this file" + ("" if mount.read_only else ", and can change all of it"),
                    symbol(workload, f"volumes {mount.target}"),
                    label="all of the project",
                    remedy="Mount only what it needs, `./src` say, read-only where it can be, or "
                    "copy it into the image.",
                )


LOOSE_TMPFS = Rule(
    id="loose-tmpfs",
    title="Scratch space that runs programs",
    practice=READ_ONLY_ROOTFS,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _loose_scratch},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    tmpfs: ['/tmp:exec,suid']\n",
        "docker run --tmpfs /tmp:rw,dev nginx:1.28.0",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    tmpfs: [/run]\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    tmpfs: ['/tmp:noexec,nosuid']\n",
        "docker run --tmpfs /tmp nginx:1.28.0",
    ),
    why="With the rest of the filesystem read-only, this is where an intruder puts his tools.",
    aliases=("compose-lint:CL-0022",),
)

UNBOUNDED_TMPFS = Rule(
    id="unbounded-tmpfs",
    title="Scratch space without a size",
    practice=READ_ONLY_ROOTFS,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _unbounded_scratch},
    bad=("services:\n  web:\n    image: nginx:1.28.0\n    tmpfs: [/tmp]\n",),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    tmpfs: ['/tmp:size=64m']\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    tmpfs: [/tmp]\n    mem_limit: 1g\n",
    ),
    profile=Profile.STRICT,
    why="A tmpfs is memory: without a size and a memory limit, whoever fills it fills the host's.",
)

NO_SCRATCH_SPACE = Rule(
    id="no-scratch-space",
    title="Read-only container without scratch space",
    practice=READ_ONLY_ROOTFS,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Workload: _no_scratch},
    bad=("services:\n  web:\n    image: nginx:1.28.0\n    read_only: true\n",),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    read_only: true\n    tmpfs: [/tmp]\n",
        "services:\n  web:\n    image: nginx:1.28.0\n",
    ),
    profile=Profile.STRICT,
    why="The first program that fails to write is the reason why somebody takes the control out.",
)

WRITABLE_SETTINGS = Rule(
    id="writable-settings",
    title="Settings that the container can change on the host",
    practice=READ_ONLY_ROOTFS,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _writable_settings},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    volumes: ['./a.conf:/etc/nginx/a.conf']\n",
        "docker run -v /srv/nginx.conf:/etc/nginx/nginx.conf nginx:1.28.0",
    ),
    good=(
        "services:\n  w:\n    image: nginx:1.28.0\n    volumes: ['./a.conf:/etc/a.conf:ro']\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    volumes: ['./site:/srv']\n",
    ),
    profile=Profile.STRICT,
    why="Who has taken over the program changes its settings for good: they outlive the container.",
)

PROJECT_DIRECTORY_MOUNT = Rule(
    id="project-directory-mount",
    title="The whole project directory is mounted",
    practice=ENV_FILES_PRIVATE,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Project: _project_directory},
    bad=("services:\n  web:\n    image: node:22.12.0\n    volumes: ['.:/app']\n",),
    good=("services:\n  web:\n    image: node:22.12.0\n    volumes: ['./src:/app']\n",),
    profile=Profile.STRICT,
)

RULES = (
    LOOSE_TMPFS,
    UNBOUNDED_TMPFS,
    NO_SCRATCH_SPACE,
    WRITABLE_SETTINGS,
    PROJECT_DIRECTORY_MOUNT,
)
