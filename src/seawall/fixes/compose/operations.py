"""What keeps a project running: restarts, ports, keys and modes; and what only a person decides."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seawall.core.model import Edit, FileChange, Fix, Hit, Safety
from seawall.fixes.compose.block import Spot
from seawall.fixes.compose.exposure import parts_of
from seawall.fixes.compose.subject import fix, in_file, spot_of, workload_of
from seawall.fixes.model import Context, Example, Fixer, Make, Service
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Port, SecretUse, Workload

_LAST_PORT = 65_535
_MODE = re.compile(r"0o?([0-7]{3})\Z")


def _bounded(subject: Service, hit: Hit, _: Context) -> Fix | None:
    spot = spot_of(hit, subject.project)
    if spot is None or spot.path[-1:] != ("restart",) or spot.text is None:
        return None
    edits = in_file(hit, subject.project, spot.source, spot.set("on-failure:5"))
    title = "Restart it five times at most"
    return fix(Safety.GUIDED, title, edits, proposal=hit.remedy, fixer="bound-restarts")


def _closed(subject: Service, hit: Hit, _: Context) -> Fix | None:
    spot = spot_of(hit, subject.project)
    edits = _read_only(spot) if spot is not None else ()
    if spot is None:
        return None
    edits = in_file(hit, subject.project, spot.source, edits)
    return fix(Safety.UNSAFE, "Mount the key read-only", edits, fixer="close-keys")


def _read_only(spot: Spot) -> tuple[Edit, ...]:
    """A mount that can only be read, in short or in long form."""
    if spot.text is None:
        block = spot.block()
        return () if block is None else block.put({"read_only": True})
    parts = parts_of(spot.text)
    if len(parts) not in {2, 3} or not all(parts) or re.match(r"[A-Za-z]:\\", spot.text):
        return ()
    options = [each for each in ":".join(parts[2:]).split(",") if each not in {"", "rw", "ro"}]
    return spot.set(":".join((*parts[:2], ",".join((*options, "ro")))))


def _on_host(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """The mode on the host's file, where it counts, instead of in the project."""
    spot, workload = spot_of(hit, subject.project), workload_of(subject, hit)
    block = spot.block() if spot is not None else None
    use = _use_at(workload.secrets, hit) if workload is not None else None
    written = block.at("mode") if block is not None else None
    mode = _MODE.match(written.text or "") if written is not None else None
    path = use.file.value if use is not None and use.file is not None else None
    if block is None or mode is None or not path:
        return None
    edits = in_file(hit, subject.project, block.source, block.remove("mode"))
    title = f"Set the mode of {path} on the host"
    files = (FileChange("chmod", path, mode=int(mode[1], 8)),)
    if not edits:
        return None
    return Fix(Safety.GUIDED, title, edits, files, proposal=hit.remedy, fixer="set-secret-modes")


def _use_at(uses: Iterable[SecretUse], hit: Hit) -> SecretUse | None:
    return next((use for use in uses if use.place.start == hit.at.start), None)


def _moved(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """The next port of the host that no service of the project wants."""
    workload, spot = workload_of(subject, hit), spot_of(hit, subject.project)
    port = _port_at(workload, hit)
    number = _free_port(subject.project, port) if port is not None else None
    if workload is None or spot is None or port is None or number is None:
        return None
    edits = _renumbered(spot, str(port.host_first), str(number))
    edits = in_file(hit, subject.project, spot.source, edits)
    title = f"Publish {workload.name} on port {number} instead"
    return fix(Safety.GUIDED, title, edits, proposal=title + ".", fixer="move-ports")


def _port_at(workload: Workload | None, hit: Hit) -> Port | None:
    ports = workload.ports if workload is not None else ()
    return next((port for port in ports if port.start == hit.at.start), None)


def _free_port(project: Project, port: Port) -> int | None:
    """The first port above that nobody wants; above 8000 for one that only root may open."""
    taken: set[int] = set()
    for service in project.services:
        for each in service.ports:
            if each.host_first is not None:
                taken.update(range(each.host_first, (each.host_last or each.host_first) + 1))
    first = port.host_first or 0
    start = first + 8000 if first < 1024 else first + 1
    return next((n for n in range(start, _LAST_PORT + 1) if n not in taken), None)


def _renumbered(spot: Spot, old: str, new: str) -> tuple[Edit, ...]:
    if spot.text is None:
        block = spot.block()
        published = block.at("published") if block is not None else None
        if block is None or published is None or published.text != old:
            return ()
        value = new if published.node.style else int(new)
        return block.set("published", value)
    parts = parts_of(spot.text)
    if len(parts) < 2 or parts[-2] != old:
        return ()
    parts[-2] = new
    return spot.set(":".join(parts))


def _proposing(title: str, fixer: str) -> Make:
    """What to write, in the finding's own words: where, only a person can tell."""

    def make(_: Service, hit: Hit, __: Context) -> Fix | None:
        return Fix(Safety.GUIDED, title, proposal=hit.remedy, fixer=fixer) if hit.remedy else None

    return make


def _proposal(fixer: str, title: str, rule: str, writes: str, breaks: str, sample: str) -> Fixer:
    return Fixer(
        id=fixer,
        title=title,
        rules=(rule,),
        safety=Safety.GUIDED,
        writes=writes,
        breaks=breaks,
        on={Service: _proposing(title, fixer)},
        examples=(Example(sample, sample),),
    )


def _web(*lines: str, tail: str = "") -> str:
    body = "".join(f"    {line}\n" for line in ("image: acme/web:1.2.3", *lines))
    return f"services:\n  web:\n{body}{tail}"


BOUND_RESTARTS = Fixer(
    id="bound-restarts",
    title="A service is restarted five times at most",
    rules=("unbounded-restarts",),
    safety=Safety.GUIDED,
    writes="`restart: on-failure:5`.",
    breaks="Docker starts such a service no more after the host has booted or the daemon has "
    "restarted: something else must bring the project up.",
    on={Service: _bounded},
    examples=(Example(_web("restart: always  # x"), _web("restart: on-failure:5  # x")),),
)

CLOSE_KEYS = Fixer(
    id="close-keys",
    title="A private key can only be read",
    rules=("key-mounted-writable",),
    safety=Safety.UNSAFE,
    writes="`:ro` on the mount, or `read_only: true` in its long form.",
    breaks="A service that renews the certificate itself can no longer write it there.",
    on={Service: _closed},
    examples=(
        Example(
            _web("volumes:", "  - ./tls/server.key:/etc/nginx/server.key"),
            _web("volumes:", "  - ./tls/server.key:/etc/nginx/server.key:ro"),
        ),
        Example(
            _web("volumes: ['./tls/server.key:/etc/server.key:rw,z']"),
            _web("volumes: ['./tls/server.key:/etc/server.key:z,ro']"),
        ),
        Example(
            _web("volumes:", "  - type: bind", "    source: ./a.key", "    target: /a.key"),
            _web(
                "volumes:",
                "  - type: bind",
                "    source: ./a.key",
                "    target: /a.key",
                "    read_only: true",
            ),
        ),
    ),
)

SET_SECRET_MODES = Fixer(
    id="set-secret-modes",
    title="The mode of a secret is set where it counts",
    rules=("secret-mode-ignored",),
    safety=Safety.GUIDED,
    writes="`mode` is taken out of the project, and the file on the host gets that mode.",
    breaks="A program that is not the file's owner may no longer read it.",
    on={Service: _on_host},
    examples=(
        Example(
            _web(
                "secrets:",
                "  - source: key",
                "    mode: 0400",
                tail="secrets:\n  key: {file: ./key.pem}\n",
            ),
            _web("secrets:", "  - source: key", tail="secrets:\n  key: {file: ./key.pem}\n"),
        ),
    ),
)

MOVE_PORTS = Fixer(
    id="move-ports",
    title="Two services publish different ports",
    rules=("host-port-conflict",),
    safety=Safety.GUIDED,
    writes="The next port of the host that no service of the project wants.",
    breaks="Whoever knows the service by the old port: but only one of the two ever had it.",
    on={Service: _moved},
    examples=(
        Example(
            _web('ports: ["8080:80"]', tail="  b:\n    image: a\n    ports: ['8080:8080/tcp']\n"),
            _web('ports: ["8080:80"]', tail="  b:\n    image: a\n    ports: ['8081:8080/tcp']\n"),
        ),
        Example(
            _web(
                'ports: ["80:80"]',
                tail="  b:\n    image: a\n    ports: [{target: 1, published: 80}]\n",
            ),
            _web(
                'ports: ["80:80"]',
                tail="  b:\n    image: a\n    ports: [{target: 1, published: 8080}]\n",
            ),
        ),
    ),
)

FIXERS = (
    BOUND_RESTARTS,
    CLOSE_KEYS,
    SET_SECRET_MODES,
    MOVE_PORTS,
    _proposal(
        "cut-attack-paths",
        "Cut the way to the host at its cheapest step",
        "attack-path",
        "A proposal only: the steps of the way, and what to write to cut the cheapest of them.",
        "What the service does with the host: that is what the way is made of.",
        _web('ports: ["8080:8080"]', "volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]"),
    ),
    _proposal(
        "mount-less",
        "Mount only what the service needs of the project",
        "project-directory-mount",
        "A proposal only: which directories the program needs, a person must say.",
        "Whatever the program reads outside of the directories that are left.",
        _web("volumes: ['.:/app']"),
    ),
    _proposal(
        "speak-to-swarms",
        "Say it in a way that a swarm knows",
        "ignored-by-swarm",
        "A proposal only: the same file may be run without a swarm, where the keys have an effect.",
        "Nothing: the keys have no effect in a swarm.",
        _web("pid: host", "deploy: {update_config: {parallelism: 1}}"),
    ),
    _proposal(
        "plan-backups",
        "Save the data regularly, to a place that this host can't overwrite",
        "volume-without-backup",
        "A proposal only: where to, how often and by what program is not in the project.",
        "Nothing.",
        _web("volumes: ['data:/data']", tail="volumes: {data: {}}\n"),
    ),
)
