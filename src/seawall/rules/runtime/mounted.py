"""What of the host is mounted into a container: the engine's socket, system paths, credentials."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit, Located, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.host_paths import (
    holds_engine_socket,
    is_control,
    is_credential,
    is_engine_socket,
    is_telling,
    normal,
)
from seawall.rules.examples import service_with
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import ISOLATED_FROM_HOST
from seawall.rules.runtime.privileges import is_privileged
from seawall.surfaces.workload import Mount, Workload

_PROXY = "proxy"
_PROXY_REMEDY = (
    "Give the service no socket: run a proxy that allows only the calls it needs, such as "
    "`tecnativa/docker-socket-proxy` with `environment: {CONTAINERS: 1}`, on an internal network "
    "of its own, and set `DOCKER_HOST: tcp://docker-proxy:2375` here."
)
_FLAG_REMEDY = (
    "Leave the mount out: run a proxy that allows only the calls it needs, such as "
    "`tecnativa/docker-socket-proxy`, on a network of its own, and set "
    "`-e DOCKER_HOST=tcp://docker-proxy:2375` here."
)


_PROXYS_REMEDY = (
    "A proxy needs the socket: keep it on an internal network with the one service that asks it, "
    "publish none of its ports, and allow no call that writes (`POST: 0`)."
)
_ALL_FILES = "all of the host's files, the engine's socket among them"
_NARROW = "Mount the directories that it reads, each by itself: `/srv/data:/data:ro`."
_NARROW_FLAG = "Mount the directories that it reads, each by itself: `-v /srv/data:/data:ro`."


def _binds(workload: Workload) -> Iterator[tuple[Mount, str]]:
    """The mounts of host paths, each with its path made plain."""
    for mount in workload.mounts:
        if mount.type in {"bind", "npipe"} and mount.via != "api_socket":
            yield mount, normal(mount.source)


def _sockets(workload: Workload) -> Iterator[tuple[Located, str, str]]:
    """Each way to an engine: its place, its part of the symbol, and how a message names it."""
    if workload.api_socket is not None and workload.api_socket.value:
        yield workload.api_socket, "use_api_socket", "the engine's API socket (`use_api_socket`)"
    for mount, path in _binds(workload):
        if is_engine_socket(path):
            yield mount, f"volumes {mount.target}", f"`{path}`, the engine's socket"
        elif holds_engine_socket(path):
            yield mount, f"volumes {mount.target}", f"`{path}`, where the engine's socket is"
        elif path == "/" and mount.read_only:
            yield mount, f"volumes {mount.target}", _ALL_FILES
    for secret in workload.secrets:
        path = normal(secret.file.value or "") if secret.file is not None else ""
        if is_engine_socket(path):
            yield secret.place, f"volumes {secret.target}", f"`{path}`, the engine's socket"


def _runtime_socket(workload: Workload, _: Settings) -> Iterator[Hit]:
    is_proxy = workload.image is not None and _PROXY in (workload.image.value or "")
    seen = set()
    for at, part, told in _sockets(workload):
        if part in seen:
            continue
        seen.add(part)
        yield Hit(
            at,
            f"{the(workload)} gets {told}: whoever takes it over is root on the host",
            symbol(workload, part),
            label="root on the host",
            remedy=_socket_remedy(workload, told, is_proxy),
            weaker="the image is a proxy that lets only some calls through" if is_proxy else "",
        )
    yield from _unknown_sockets(workload)


def _socket_remedy(workload: Workload, told: str, is_proxy: bool) -> str:
    if told is _ALL_FILES:
        return write(workload, _NARROW, _NARROW_FLAG)
    if is_proxy:
        return _PROXYS_REMEDY
    return write(workload, _PROXY_REMEDY, _FLAG_REMEDY)


def _unknown_sockets(workload: Workload) -> Iterator[Hit]:
    """Mounts whose source a variable decides, but whose target is a socket's."""
    for mount in workload.mounts:
        is_certain = mount.state is None or mount.state.is_known or is_engine_socket(mount.source)
        if not is_certain and is_engine_socket(mount.target):
            yield Hit(
                mount,
                f"whether {the(workload)} gets the engine's socket at `{mount.target}` depends on "
                "a variable that nothing here sets",
                symbol(workload, f"volumes {mount.target}"),
                remedy=write(workload, _PROXY_REMEDY, _FLAG_REMEDY),
                verdict=Verdict.UNKNOWN,
            )


def _is_way_to_engine(path: str) -> bool:
    return is_engine_socket(path) or holds_engine_socket(path)


def _writable(workload: Workload, _: Settings) -> Iterator[Hit]:
    for mount, path in _binds(workload):
        if mount.read_only or _is_way_to_engine(path) or is_credential(path):
            continue
        if is_control(path):
            yield Hit(
                mount,
                f"{the(workload)} can write `{path}` of the host: {_consequence(path)}",
                symbol(workload, f"volumes {mount.target}"),
                label="writable",
                remedy=_narrower(workload, mount, path),
                weaker=_why_harmless(workload, path),
            )


_CONSEQUENCES = (
    ("/var/lib/docker", "the files of every image, volume and container"),
    ("/lib/modules", "what the kernel loads as its modules"),
    ("/dev", "the device files that the host's programs open"),
    ("/proc", "the settings of the kernel, one of which runs a program as root on the host"),
    ("/sys", "the settings of the kernel and its devices"),
    ("/boot", "the kernel that the host starts next"),
    ("/home", "people's keys and the scripts of their logins"),
    ("/root", "root's keys and the scripts of its login"),
)


def _consequence(path: str) -> str:
    """What is within reach of who can write there."""
    if path == "/":
        return "everything on it, the engine's socket and root's keys included"
    known = (told for start, told in _CONSEQUENCES if path.startswith(start))
    return next(known, "what the host runs and whom it lets in")


def _why_harmless(workload: Workload, path: str) -> str:
    """Device files open nothing by themselves: the control group still says which may be used."""
    is_fenced = path == "/dev" and not is_privileged(workload) and not workload.device_cgroup_rules
    return "the device control group still keeps most devices closed" if is_fenced else ""


def _narrower(workload: Workload, mount: Mount, path: str) -> str:
    target = mount.target or "/target"
    return write(
        workload,
        f"Mount only the directory that the service needs, or at least read-only: "
        f"`{path}:{target}:ro`; keep its own data in a named volume.",
        f"Mount only the directory that the container needs, or at least read-only: "
        f"`-v {path}:{target}:ro`; keep its own data in a named volume.",
    )


def _readable(workload: Workload, _: Settings) -> Iterator[Hit]:
    for mount, path in _binds(workload):
        if mount.read_only and path != "/" and is_telling(path) and not _is_way_to_engine(path):
            yield Hit(
                mount,
                f"{the(workload)} can read `{path}` of the host",
                symbol(workload, f"volumes {mount.target}"),
                label="readable",
                remedy="Mount only the files that it reads, each by its own path.",
                weaker=_why_less(path),
            )


def _why_less(path: str) -> str:
    if path == "/proc":
        return "without SYS_PTRACE it shows little more than command lines"
    if path.startswith("/var/lib/docker/containers"):
        return "only the logs and settings of containers lie there"
    return ""


def _credentials(workload: Workload, _: Settings) -> Iterator[Hit]:
    for mount, path in _binds(workload):
        if is_credential(path):
            yield _credential(workload, mount, path, f"volumes {mount.target}")


def _credential(workload: Workload, at: Located, path: str, part: str) -> Hit:
    return Hit(
        at,
        f"{the(workload)} gets `{path}`: keys and tokens that work beyond this host",
        symbol(workload, part),
        label="credentials",
        remedy="Give it a key of its own that can do only what it must, as a secret: "
        "`secrets: [deploy_key]` with `file: ./deploy_key`.",
    )


_CITATIONS = (cis("5.6"), owasp("D04"), nist("4.5.5"), cwe(668))


def _volume(text: str) -> str:
    return service_with("volumes:", f"  - {text}")


RULES = (
    Rule(
        id="runtime-socket",
        title="The container engine's socket in a container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _runtime_socket},
        bad=(
            _volume("/var/run/docker.sock:/var/run/docker.sock"),
            _volume("/var/run/docker.sock:/var/run/docker.sock:ro"),
            _volume("/run//docker.sock:/docker.sock"),
            _volume("/var/run/../run/docker.sock:/docker.sock"),
            _volume("${SOCK:-/var/run/docker.sock}:/var/run/docker.sock"),
            _volume("${SOCK}:/var/run/docker.sock"),
            _volume("/run:/host/run:ro"),
            _volume("/:/host:ro"),
            _volume("/run/containerd/containerd.sock:/c.sock"),
            _volume("/run/user/1000/podman/podman.sock:/p.sock"),
            _volume("'\\\\.\\pipe\\docker_engine:\\\\.\\pipe\\docker_engine'"),
            service_with(
                "volumes:",
                "  - type: bind",
                "    source: /var/run/docker.sock",
                "    target: /var/run/docker.sock",
                "    read_only: true",
            ),
            service_with("use_api_socket: true"),
            service_with(
                "volumes: [run:/run/host]",
                tail="volumes:\n  run:\n    driver_opts: {type: none, o: bind, device: /var/run}\n",
            ),
            service_with(
                "secrets: [engine]",
                tail="secrets:\n  engine:\n    file: /var/run/docker.sock\n",
            ),
            service_with("volumes_from: [agent]")
            + "  agent:\n    image: nginx:1.27.5\n"
            + "    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n",
            "docker run -v /var/run/docker.sock:/var/run/docker.sock portainer/portainer-ce:2.27.0",
            "docker run --mount type=bind,src=/run/docker.sock,dst=/d.sock,readonly nginx:1.27.5",
        ),
        good=(
            _volume("docker.sock:/data"),
            _volume("/var/run/nginx:/var/run/nginx"),
            _volume("./run:/run"),
            service_with("use_api_socket: false"),
            "x-unused:\n  volumes: [/var/run/docker.sock:/var/run/docker.sock]\n" + service_with(),
            "docker run -v data:/var/run/docker.sock nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0001",
            "kics:Docker Socket Mounted In Container",
            "semgrep:exposing-docker-socket-volume",
            "cis:5.32",
        ),
        why=(
            "The socket takes any order from whoever can open it: start a privileged container "
            "with the host's disk, say. Read-only does not help, since a socket is connected to, "
            "not written."
        ),
        citations=(cis("5.32"), *_CITATIONS),
    ),
    Rule(
        id="host-path-writable",
        title="A system path of the host, writable",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _writable},
        bad=(
            _volume("/:/host"),
            _volume("/etc:/etc"),
            _volume("/proc:/host/proc"),
            _volume("/var/lib/docker:/var/lib/docker"),
            _volume("/srv/../etc/cron.d:/jobs"),
            service_with("volumes:", "  - {type: bind, source: /root, target: /data}"),
            "docker run -v /:/mnt alpine:3.22.1",
            "docker run -v /usr/bin/docker:/usr/bin/docker alpine:3.22.1",
        ),
        good=(
            _volume("/etc:/host/etc:ro"),
            _volume("/variety:/data"),
            _volume("/srv/app/data:/data"),
            _volume("/etc/localtime:/etc/localtime"),
            _volume("/usr/share/zoneinfo:/usr/share/zoneinfo"),
            _volume("etc:/etc"),
            "docker run -v /srv/data:/etc alpine:3.22.1",
        ),
        aliases=(
            "compose-lint:CL-0025",
            "kics:Volume Has Sensitive Host Directory",
            "cis:5.6",
        ),
        why=(
            "Who writes there decides what the host runs: a line in /etc/cron.d, a key in "
            "/root/.ssh, a program in /usr/bin is root on the host at the next minute or login."
        ),
        citations=_CITATIONS,
    ),
    Rule(
        id="host-path-readable",
        title="A system path of the host, readable",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Workload: _readable},
        bad=(
            _volume("/etc:/host/etc:ro"),
            _volume("/var/lib/docker/containers:/logs:ro"),
            _volume("/proc:/host/proc:ro"),
            "docker run -v /home:/homes:ro alpine:3.22.1",
        ),
        good=(
            _volume("/etc:/host/etc"),
            _volume("/etc/localtime:/etc/localtime:ro"),
            _volume("/etc/ssl/certs:/etc/ssl/certs:ro"),
            _volume("/sys:/sys:ro"),
            "docker run -v /srv/www:/www:ro alpine:3.22.1",
        ),
        aliases=(
            "compose-lint:CL-0013",
            "kics:Volume Has Sensitive Host Directory",
            "cis:5.6",
        ),
        why=(
            "Passwords' hashes, keys of the host, other containers' data: what the service never "
            "needed is what an intruder takes along."
        ),
        citations=_CITATIONS,
    ),
    Rule(
        id="host-credentials",
        title="Somebody's keys or tokens mounted from the host",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _credentials},
        bad=(
            _volume("~/.ssh:/root/.ssh:ro"),
            _volume("~/.docker/config.json:/config.json:ro"),
            _volume("/home/me/.kube/config:/kubeconfig"),
            _volume("/etc/shadow:/etc/shadow:ro"),
            "docker run -v /root/.aws:/root/.aws:ro alpine:3.22.1",
        ),
        good=(
            _volume("~/.ssh/id_ed25519.pub:/key.pub:ro"),
            _volume("~/.ssh/known_hosts:/known_hosts:ro"),
            _volume("~/.cache:/cache"),
            _volume("./.ssh-keys:/keys:ro"),
            "docker run -v aws:/root/.aws alpine:3.22.1",
        ),
        aliases=("compose-lint:CL-0013", "cis:5.6"),
        why=(
            "A key is of use to whoever reads it, from anywhere, until somebody notices and "
            "revokes it: a mount of `~/.ssh` makes one container's fault everybody's."
        ),
        citations=(*_CITATIONS, cwe(522)),
    ),
)
