"""Operations: what keeps a project running, and what stops it on the day it is needed."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Evidence, Hit, Located, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import BACKED_UP, CIS_DOCKER
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Mount, Port, Workload


def _unsaved(project: Project, _: Settings) -> Iterator[Hit]:
    """One for all volumes of a project: a plan covers them together."""
    used = _writable_volumes(project)
    names = [name for name in used if name not in project.volumes or _is_local(project, name)]
    if names:
        first = used[names[0]]
        listed = ", ".join(f"`{name}`" for name in names)
        yield Hit(
            first,
            f"nothing in the project says how the data in {listed} is saved",
            "project/volumes",
            label="the only copy",
            remedy="Save the volumes regularly to a place that this host cannot overwrite, try "
            "the restore, and attest it in the policy under `backed-up`.",
            evidence=tuple(
                Evidence(f"`{name}` is mounted", used[name].place.line) for name in names
            ),
        )


def _writable_volumes(project: Project) -> dict[str, Mount]:
    """The named volumes that a service can write to, each with its first mount."""
    found: dict[str, Mount] = {}
    for workload in project.services:
        for mount in workload.mounts:
            if mount.type == "volume" and mount.source and not mount.read_only:
                found.setdefault(mount.source, mount)
    return found


def _is_local(project: Project, name: str) -> bool:
    volume = project.volumes[name]
    return not volume.is_external and (volume.driver is None or volume.driver.value == "local")


def _ignored_by_swarm(workload: Workload, _: Settings) -> Iterator[Hit]:
    if not workload.is_swarm:
        return
    ignored = list(_unsupported(workload))
    if ignored:
        names = ", ".join(f"`{name}`" for name, _ in ignored)
        verb = "have" if len(ignored) > 1 else "has"
        yield Hit(
            ignored[0][1],
            f"{names} of {the(workload)} {verb} no effect in a swarm",
            symbol(workload, "swarm"),
            label="ignored by `docker stack deploy`",
            remedy="Say it in a way that a swarm knows (`deploy:`, the engine's own settings), or "
            "take it out so that nobody relies on it.",
        )


def _unsupported(workload: Workload) -> Iterator[tuple[str, Located]]:
    """What is written and dropped (docker/cli, cli/compose/types, UnsupportedProperties)."""
    spaces = workload.namespaces
    if workload.security_options:
        yield "security_opt", workload.security_options[0]
    if workload.devices:
        yield "devices", workload.devices[0].place
    named = {
        "privileged": workload.privileged,
        "pid": spaces.pid,
        "ipc": spaces.ipc,
        "userns_mode": spaces.user,
        "network_mode": spaces.network,
        "oom_score_adj": workload.limits.oom_score_adj,
        "oom_kill_disable": workload.limits.oom_kill_disable,
    }
    for name, cell in named.items():
        if cell is not None:
            yield name, cell


def _same_port(project: Project, _: Settings) -> Iterator[Hit]:
    """Two services that want the same port of the host: the second one does not start.

    Services of different profiles may never run together, and several replicas are told apart.
    """
    taken: list[tuple[Workload, Port]] = []
    for workload in project.services:
        for port in workload.ports:
            other = next((o for o in taken if _collide(workload, port, *o)), None)
            if other is None:
                taken.append((workload, port))
                continue
            yield Hit(
                port,
                f"{the(workload)} and {the(other[0])} both publish port {port.host_first}: "
                "whichever starts second fails",
                symbol(workload, f"ports {port.host_first}"),
                label="taken",
                remedy="Give one of them another port of the host.",
                evidence=(Evidence("the other one", other[1].place.line),),
            )


def _collide(workload: Workload, port: Port, other: Workload, taken: Port) -> bool:
    if port.host_first is None or taken.host_first is None or other.name == workload.name:
        return False
    if workload.profiles or other.profiles or port.protocol != taken.protocol:
        return False
    if not (port.is_host_ip_known and taken.is_host_ip_known):
        return False
    anywhere = {"", "0.0.0.0", "::"}  # noqa: S104 -- compared, not bound
    addresses = {port.host_ip, taken.host_ip}
    if len(addresses) > 1 and addresses.isdisjoint(anywhere):
        return False
    is_range = port.host_first != port.host_last or taken.host_first != taken.host_last
    return not is_range and port.host_first == taken.host_first


def _links(workload: Workload, _: Settings) -> Iterator[Hit]:
    if workload.links:
        yield Hit(
            workload.place,
            f"{the(workload)} links to {', '.join(workload.links)}, the way of the time before "
            "networks: links give it the other's environment, passwords included",
            symbol(workload, "links"),
            label="legacy links",
            remedy=write(
                workload,
                "Take `links` out: services of one network find each other by name.",
                "Use `--network` with a network of your own instead of `--link`.",
            ),
        )


_SHELLS = frozenset({"sh", "bash", "ash", "/bin/sh", "/bin/bash"})


def _shell_first(workload: Workload, _: Settings) -> Iterator[Hit]:
    """A shell that stays the first process neither passes signals on nor reaps children."""
    words = workload.entrypoint or workload.command or ()
    values = [cell.value or cell.written for cell in words]
    is_shell = len(values) > 2 and values[0] in _SHELLS and values[1].startswith("-")
    if not is_shell or (workload.init is not None and workload.init.value) or "exec " in values[2]:
        return
    yield Hit(
        words[0],
        f"{the(workload)} starts a shell as its first process, which passes no signals on: it is "
        "killed after ten seconds instead of stopped",
        symbol(workload, "init"),
        label="no init",
        remedy=write(
            workload,
            "Add `init: true`, or begin the last command with `exec`.",
            "Add `--init`, or begin the last command with `exec`.",
        ),
    )


def _restarts(workload: Workload, _: Settings) -> Iterator[Hit]:
    cell = workload.restart
    if cell is not None and cell.value in {"always", "unless-stopped", "on-failure"}:
        yield Hit(
            cell,
            f"{the(workload)} is restarted without end, also where it fails each time",
            symbol(workload, "restart"),
            label=cell.value or "",
            remedy=write(
                workload,
                "Bound it: `restart: on-failure:5`.",
                "Bound it: `--restart on-failure:5`.",
            ),
        )


VOLUME_WITHOUT_BACKUP = Rule(
    id="volume-without-backup",
    title="Data without a backup plan",
    practice=BACKED_UP,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Project: _unsaved},
    bad=(
        "services:\n  db:\n    image: postgres:17.5\n    volumes: ['data:/var/lib/postgresql']\n"
        "volumes: {data: {}}\n",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    volumes: ['site:/srv:ro']\n"
        "volumes: {site: {}}\n",
        "services:\n  db:\n    image: postgres:17.5\n    volumes: ['data:/var/lib/postgresql']\n"
        "volumes: {data: {external: true}}\n",
    ),
    profile=Profile.STRICT,
)

IGNORED_BY_SWARM = Rule(
    id="ignored-by-swarm",
    title="Settings that a swarm ignores",
    practice=CIS_DOCKER,
    risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
    on={Workload: _ignored_by_swarm},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    security_opt: [no-new-privileges:true]\n"
        "    deploy: {placement: {constraints: [node.role == worker]}}\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    privileged: true\n    pid: host\n"
        "    devices: [/dev/fuse]\n    deploy: {update_config: {parallelism: 1}}\n",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    security_opt: [no-new-privileges:true]\n",
        "services:\n  w:\n    image: nginx:1.28.0\n    deploy: {update_config: {parallelism: 1}}\n",
    ),
    why=(
        "`docker stack deploy` drops these keys with one line of warning: the container runs "
        "without the confinement that the file promises."
    ),
    citations=(cis("5.26"), owasp("D04"), nist("4.4.3"), cwe(693)),
)

HOST_PORT_CONFLICT = Rule(
    id="host-port-conflict",
    title="Two services publish the same port",
    practice=CIS_DOCKER,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Project: _same_port},
    bad=(
        "services:\n  a:\n    image: nginx:1.28.0\n    ports: ['80:80']\n"
        "  b:\n    image: nginx:1.28.0\n    ports: ['127.0.0.1:80:8080']\n",
    ),
    good=(
        "services:\n  a:\n    image: nginx:1.28.0\n    ports: ['80:80']\n"
        "  b:\n    image: nginx:1.28.0\n    ports: ['80:80/udp', '81:80', '80']\n",
        "services:\n  a:\n    image: nginx:1.28.0\n    ports: ['127.0.0.1:80:80']\n"
        "  b:\n    image: nginx:1.28.0\n    ports: ['192.0.2.1:80:80', '8000-8010:80']\n",
        "services:\n  a:\n    image: nginx:1.28.0\n    ports: ['80:80']\n    profiles: [a]\n"
        "  b:\n    image: nginx:1.28.0\n    ports: ['80:80', '${ADDRESS}:80:80']\n",
    ),
    why="The service that starts second is not there, and which one that is changes by chance.",
    remedy="Give one of them another port of the host.",
    citations=(nist("4.4.3"), cwe(665)),
    aliases=("dclint:no-duplicate-exported-ports",),
)

LEGACY_LINK = Rule(
    id="legacy-link",
    title="Containers linked in the old way",
    practice=CIS_DOCKER,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _links},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    links: [db]\n  db: {image: redis:8.0}\n",
        "docker run --link db nginx:1.28.0",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    depends_on: [db]\n  db: {image: r:1}\n",
    ),
    profile=Profile.STRICT,
    why="On the default bridge, links give a container the other's variables with all passwords.",
    remedy="Use networks: services of one network find each other by name.",
    citations=(owasp("D03"), cwe(477)),
)

SHELL_WITHOUT_INIT = Rule(
    id="shell-without-init",
    title="A shell as the first process",
    practice=CIS_DOCKER,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Workload: _shell_first},
    bad=(
        "services:\n  web:\n    image: acme/web:1.2.3\n    command: sh -c 'migrate && serve'\n",
        "docker run acme/web:1.2.3 sh -c 'migrate && serve'",
    ),
    good=(
        "services:\n  web:\n    image: acme/web:1.2.3\n    command: sh -c 'exec serve'\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    init: true\n    command: sh -c serve\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    command: serve\n",
    ),
    profile=Profile.STRICT,
    why="A server that is killed instead of stopped loses what it had not written yet.",
    remedy="Add `init: true`, or begin the last command with `exec`.",
    citations=(nist("4.4.3"), cwe(404)),
)

UNBOUNDED_RESTARTS = Rule(
    id="unbounded-restarts",
    title="Restarted without end",
    practice=CIS_DOCKER,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Workload: _restarts},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    restart: always\n",
        "docker run --restart=always nginx:1.28.0",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    restart: on-failure:5\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    restart: 'no'\n",
    ),
    profile=Profile.AUDIT,
    why="An exploit that crashes the program is tried again for ever, and nobody sees it fail.",
    remedy="Bound it: `restart: on-failure:5`.",
    citations=(cis("5.15"), nist("4.4.3"), cwe(400)),
    aliases=("kics:Restart Policy On Failure Not Set To 5",),
)

RULES = (
    VOLUME_WITHOUT_BACKUP,
    IGNORED_BY_SWARM,
    HOST_PORT_CONFLICT,
    LEGACY_LINK,
    SHELL_WITHOUT_INIT,
    UNBOUNDED_RESTARTS,
)
