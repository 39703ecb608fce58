"""One container's spec, the same whether it comes from Compose, `docker run`, inspect or Swarm.

A field is None (or an empty tuple) where nothing sets it: then Docker's default holds. A field
whose value can't be told is a cell without a value. Rules ask this and never the origin's syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any

from msgspec import Struct

from seawall.surfaces.cell import Cell, Place, Placed
from seawall.surfaces.dockerfile.model import Dockerfile


class Origin(Enum):
    """Where a spec was read."""

    COMPOSE = "compose"
    RUN = "run"
    INSPECT = "inspect"
    SWARM = "swarm"


class Mount(Placed, frozen=True):
    """A mount: `type` is bind, volume, tmpfs, npipe, image, secret or config.

    `source` is a bind's host path (absolute, `~` expanded where it can be), or a volume's name;
    empty for an anonymous volume. `via` says how it came: direct, driver_opts, volumes_from,
    api_socket or secret. `options` are lower-case words (`noexec`, `rshared`); `size` in bytes.
    """

    type: str
    source: str
    target: str
    place: Place
    read_only: bool = False
    propagation: str = ""
    options: tuple[str, ...] = ()
    size: int | None = None
    via: str = "direct"
    state: Cell[str] | None = None


class Port(Placed, frozen=True):
    """A published range: `host_ip` empty means every interface; `host_first` None means any free.

    `mode` is host or ingress. `is_host_ip_known` is False where a variable decides.
    """

    container_first: int
    container_last: int
    place: Place
    host_first: int | None = None
    host_last: int | None = None
    host_ip: str = ""
    protocol: str = "tcp"
    mode: str = "ingress"
    is_host_ip_known: bool = True


class Variable(Struct, frozen=True):
    """An environment variable; `value` is None-valued where only the name is passed through."""

    name: str
    value: Cell[str]
    key: Place
    origin: str = "environment"  # or env_file, image

    @property
    def start(self) -> int:
        """Where its value stands."""
        return self.value.start

    @property
    def end(self) -> int:
        """Where that ends."""
        return self.value.end


class Device(Struct, frozen=True):
    """A host device given to the container; `permissions` as in `rwm`."""

    host: str
    container: str
    permissions: str
    place: Place


class Ulimit(Struct, frozen=True):
    """One limit; -1 is unlimited."""

    name: str
    soft: int
    hard: int
    place: Place


class NetworkUse(Struct, frozen=True):
    """A network that the container joins, by its key in the project or its name."""

    name: str
    place: Place
    aliases: tuple[str, ...] = ()


class SecretUse(Struct, frozen=True):
    """A secret or config given as a file: `file` and `environment` are those of its definition."""

    kind: str  # secret or config
    name: str
    target: str
    place: Place
    file: Cell[str] | None = None
    environment: str = ""
    content: Cell[str] | None = None
    is_external: bool = False
    mode: str = ""


class Health(Struct, frozen=True):
    """A health check: `is_disabled` for NONE or `disable: true`; `test` as argv or shell text."""

    place: Place
    test: tuple[Cell[str], ...] = ()
    is_disabled: bool = False
    interval: Cell[str] | None = None
    timeout: Cell[str] | None = None
    retries: Cell[int] | None = None
    start_period: Cell[str] | None = None


class Logging(Struct, frozen=True):
    """The log driver and its options (lower-case keys)."""

    driver: Cell[str] | None
    options: dict[str, Cell[str]]
    place: Place


class Limits(Struct, frozen=True):
    """Bounds on resources: bytes, CPUs, counts. Zero or negative means none, as Docker has it."""

    memory: Cell[int] | None = None
    memory_swap: Cell[int] | None = None
    cpus: Cell[float] | None = None
    cpu_shares: Cell[int] | None = None
    pids: Cell[int] | None = None
    ulimits: tuple[Ulimit, ...] = ()
    oom_kill_disable: Cell[bool] | None = None
    oom_score_adj: Cell[int] | None = None
    shm_size: Cell[int] | None = None


class Namespaces(Struct, frozen=True):
    """`host`, `private`, `none`, `container:x`, `service:x`, …, as written, lower case."""

    pid: Cell[str] | None = None
    ipc: Cell[str] | None = None
    uts: Cell[str] | None = None
    user: Cell[str] | None = None
    cgroup: Cell[str] | None = None
    network: Cell[str] | None = None


class Hook(Struct, frozen=True):
    """A lifecycle hook (post_start, pre_stop) with what it runs as."""

    when: str
    place: Place
    user: Cell[str] | None = None
    privileged: Cell[bool] | None = None


class Build(Struct, frozen=True):
    """How the image is built: `dockerfile` is the facts of its target where the file was read.

    The value of `context` is absolute, or a URL; `file` is relative to it. `inline` is the text of
    a Dockerfile in the project file. `missing` says why the Dockerfile was not read.
    """

    place: Place
    context: Cell[str] | None = None
    file: Cell[str] | None = None
    target: Cell[str] | None = None
    arguments: tuple[Variable, ...] = ()
    network: Cell[str] | None = None
    privileged: Cell[bool] | None = None
    entitlements: tuple[Cell[str], ...] = ()
    dockerfile: Dockerfile | None = None
    missing: str = ""
    inline: Cell[str] | None = None


class Workload(Struct, frozen=True, dict=True):
    """One container (or the replicas of one service)."""

    name: str
    origin: Origin
    place: Place
    """The service's key, or the whole command."""
    image: Cell[str] | None = None
    build: Build | None = None
    user: Cell[str] | None = None
    groups: tuple[Cell[str], ...] = ()
    privileged: Cell[bool] | None = None
    capabilities_added: tuple[Cell[str], ...] = ()
    """Upper case, without `CAP_`; `ALL` as it is."""
    capabilities_dropped: tuple[Cell[str], ...] = ()
    security_options: tuple[Cell[str], ...] = ()
    """As written, with `=` for the old `:`: `no-new-privileges=true`, `seccomp=unconfined`."""
    read_only: Cell[bool] | None = None
    mounts: tuple[Mount, ...] = ()
    devices: tuple[Device, ...] = ()
    device_cgroup_rules: tuple[Cell[str], ...] = ()
    namespaces: Namespaces = Namespaces()
    networks: tuple[NetworkUse, ...] = ()
    ports: tuple[Port, ...] = ()
    exposed: tuple[Cell[str], ...] = ()
    environment: tuple[Variable, ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    labels: tuple[Variable, ...] = ()
    entrypoint: tuple[Cell[str], ...] | None = None
    command: tuple[Cell[str], ...] | None = None
    limits: Limits = Limits()
    logging: Logging | None = None
    health: Health | None = None
    restart: Cell[str] | None = None
    init: Cell[bool] | None = None
    sysctls: tuple[Variable, ...] = ()
    extra_hosts: tuple[Cell[str], ...] = ()
    hooks: tuple[Hook, ...] = ()
    api_socket: Cell[bool] | None = None
    volumes_from: tuple[Cell[str], ...] = ()
    depends_on: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    """Those of them that must be healthy before it starts (`condition: service_healthy`)."""
    links: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    is_swarm: bool = False
    publish_all: Cell[bool] | None = None
    """Every exposed port is published on a free port of every interface (`-P`)."""
    runtime: Cell[str] | None = None
    gpus: tuple[Cell[str], ...] = ()
    """As written: `all`, `2`, `device=0,capabilities=utility`."""
    auto_remove: Cell[bool] | None = None
    gaps: tuple[str, ...] = ()
    """What of the spec could not be read, in words: rules that need it answer unknown."""
    further: Mapping[str, str] = {}
    """What of a Compose service no rule asks for, and who starts it needs: see `FURTHER` there."""

    @cached_property
    def derived(self) -> dict[str, Any]:
        """What rules worked out of this spec, by the name of what they worked out: kept here so
        that the next rule need not do it again."""
        return {}
