"""The engine's socket behind a proxy that lets only named calls through: a guided proposal."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise

from msgspec.structs import replace

from seawall.core.model import Edit, Fix, Hit, Safety, Verdict
from seawall.facts.host_paths import is_engine_socket, normal
from seawall.fixes.compose.block import Block, Plain, Value, joined, service_block, top_block
from seawall.fixes.model import Context, Example, Fixer, RunLine, Service
from seawall.fixes.workload.writers import combined, spot_of, taken_out, workload_of
from seawall.rules.stakes import SOCKETS
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Mount, Workload

_PROXY = "docker-proxy"
_NETWORK = "docker-api"
_ADDRESS = f"tcp://{_PROXY}:2375"
_IMAGE = "tecnativa/docker-socket-proxy:0.3.0"
_MOUNT = "/var/run/docker.sock:/var/run/docker.sock:ro"
_REASON = "# seawall: ignore[runtime-socket] -- the proxy lets only the calls named here through"
_CALLS = {
    "portainer": ("CONTAINERS", "EVENTS", "IMAGES", "INFO", "NETWORKS", "VOLUMES"),
    "watchtower": ("CONTAINERS", "IMAGES", "NETWORKS"),
    "traefik": ("CONTAINERS", "EVENTS"),
    "dozzle": ("CONTAINERS", "EVENTS", "INFO"),
}
"""Sections of the engine's interface that well-known programs ask for; else containers only."""
_BY_FLAG = {"portainer": ["-H", _ADDRESS], "traefik": None, "watchtower": None}
"""Programs that take the engine's address by their command, not by DOCKER_HOST; None for those
of which a person must decide: how they are told, or that they are to change containers."""
_LINE = re.compile(rf"([\"']?{re.escape(_MOUNT)}[\"']?)(?=\r?\n)")


def _proxied(subject: Service, hit: Hit, _: Context) -> Fix | None:
    workload = workload_of(subject, hit)
    mount = None if workload is None else _mount(workload, hit)
    if workload is None or mount is None or hit.verdict is not Verdict.FAIL:
        return None
    if not is_engine_socket(normal(mount.source)):
        edits = taken_out(subject, hit) if posixpath.normpath(mount.source) == "/" else ()
        title = "Take out the host's root directory"
        return Fix(Safety.GUIDED, title, edits, proposal=hit.remedy) if edits else None
    if normal(mount.source).rpartition("/")[2] != SOCKETS[0] or "proxy" in _program(workload):
        return None
    return Fix(
        Safety.GUIDED,
        "Put a proxy before the engine's socket",
        _edits(subject, hit, workload),
        proposal=_proposal(workload),
    )


def _mount(workload: Workload, hit: Hit) -> Mount | None:
    found = (m for m in workload.mounts if m.start == hit.at.start and m.via == "direct")
    return next(found, None)


def _program(workload: Workload) -> str:
    """The last part of its image's name."""
    text = (workload.image.value or "") if workload.image is not None else ""
    reference = parse_reference(text) if text else None
    return reference.name.rpartition("/")[2] if reference is not None else ""


def _known(workload: Workload) -> str:
    return next((name for name in _CALLS if name in _program(workload)), "")


def _calls(workload: Workload) -> tuple[str, ...]:
    return _CALLS.get(_known(workload), ("CONTAINERS",))


def _proxy(workload: Workload) -> dict[str, Value]:
    """The proxy's service, with every control that a service should have."""
    calls: dict[str, Value] = {name: Plain("1") for name in _calls(workload)}
    limits: dict[str, Value] = {
        "mem_limit": "64m",
        "memswap_limit": "64m",
        "cpus": Plain("0.5"),
        "pids_limit": 64,
    }
    logging: dict[str, Value] = {
        "driver": "json-file",
        "options": {"max-size": "10m", "max-file": "3"},
    }
    return {
        "image": _IMAGE,
        "environment": calls,
        "volumes": [_MOUNT],
        "networks": [_NETWORK],
        "restart": "unless-stopped",
        "read_only": True,
        "tmpfs": [f"{path}:rw,noexec,nosuid,size=16m" for path in ("/run", "/tmp")],  # noqa: S108 -- paths in the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        **limits,
        "ulimits": {"nofile": 4096},
        "logging": logging,
    }


def _edits(subject: Service, hit: Hit, workload: Workload) -> tuple[Edit, ...]:
    """All of it in one file, or nothing: then the proposal alone is shown."""
    block, spot = service_block(workload), spot_of(hit, workload)
    top = None if block is None else top_block(block.source)
    services = None if top is None else top.block("services")
    is_plain = not workload.is_swarm and workload.namespaces.network is None
    if block is None or spot is None or top is None or services is None or not is_plain:
        return ()
    values = _of_client(block, workload)
    own = block.put(values) if values else ()
    new: tuple[Edit, ...] = ()
    if not services.has(_PROXY):
        network: dict[str, Value] = {_NETWORK: {"internal": True}}
        new = top.put({"services": {_PROXY: _proxy(workload)}, "networks": network})
    removed = spot.remove()
    if not own or not removed or not (new or services.has(_PROXY)):
        return ()
    edits = joined((*own, *_explained(new)))
    edits = combined(block.source.text, removed, edits)
    return edits if _is_clear(edits) else ()


def _of_client(block: Block, workload: Workload) -> dict[str, Value]:
    """What the service says instead: its networks, and where the engine is; empty where a person
    has to write that into the program's own settings."""
    flags = _BY_FLAG.get(_known(workload), ())
    names = {variable.name for variable in workload.environment}
    if flags is None or "DOCKER_HOST" in names or (flags and workload.command is not None):
        return {}
    networks = block.at("networks")
    values: dict[str, Value] = {"networks": ["default", _NETWORK]}
    if networks is not None:
        is_mapping = networks.block() is not None
        values = {"networks": {_NETWORK: Plain("{}")} if is_mapping else [_NETWORK]}
    if flags:
        return {**values, "command": list(flags)}
    environment = block.at("environment")
    is_list = environment is not None and environment.block() is None
    told: Value = [f"DOCKER_HOST={_ADDRESS}"] if is_list else {"DOCKER_HOST": _ADDRESS}
    return {**values, "environment": told}


def _explained(added: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The proxy's own mount with the reason why it is right there."""
    return tuple(replace(e, text=_LINE.sub(rf"\1  {_REASON}", e.text)) for e in added)


def _is_clear(edits: tuple[Edit, ...]) -> bool:
    """Whether no edit touches another's characters; insertions at one place are no overlap."""
    ordered = sorted(edits, key=lambda each: (each.start, each.end))
    return all(a.end < b.start for a, b in pairwise(ordered))


def _proposal(workload: Workload) -> str:
    calls = "".join(f"      {name}: 1\n" for name in _calls(workload))
    return (
        f"services:\n  {workload.name}:  # without the socket\n"
        f"    environment:\n      DOCKER_HOST: {_ADDRESS}\n"
        f"    networks: [default, {_NETWORK}]\n"
        f"  {_PROXY}:\n    image: {_IMAGE}\n"
        f"    environment:  # each section that {workload.name} asks for\n"
        f"{calls}    volumes: [{_MOUNT}]\n    networks: [{_NETWORK}]\n"
        "    read_only: true\n    tmpfs: [/run, /tmp]\n    cap_drop: [ALL]\n"
        f"networks:\n  {_NETWORK}:\n    internal: true\n"
    )


def _flagged(subject: RunLine, hit: Hit, _: Context) -> Fix | None:
    """A run line is one container: the proxy is another line."""
    mount = _mount(subject.workload, hit)
    if mount is None or not is_engine_socket(normal(mount.source)) or hit.verdict != Verdict.FAIL:
        return None
    flags = " ".join(f"-e {name}=1" for name in _calls(subject.workload))
    proposal = (
        f"docker network create --internal {_NETWORK}\n"
        f"docker run -d --name {_PROXY} --network {_NETWORK} --read-only --tmpfs /run "
        f"--tmpfs /tmp --cap-drop ALL {flags} -v {_MOUNT} {_IMAGE}\n"
        f"# here, in place of the mount: --network {_NETWORK} -e DOCKER_HOST={_ADDRESS}"
    )
    return Fix(Safety.GUIDED, "Put a proxy before the engine's socket", proposal=proposal)


def _encrypted(subject: Service | RunLine, hit: Hit, _: Context) -> Fix | None:
    """An engine over plain TCP: what it must ask for, and what its client then says."""
    proposal = (
        "# the engine: dockerd --tlsverify --tlscacert=ca.pem --tlscert=cert.pem --tlskey=key.pem\n"
        "environment:\n  DOCKER_HOST: tcp://…:2376\n"
        '  DOCKER_TLS_VERIFY: "1"\n  DOCKER_CERT_PATH: /certs/client\n'
        "volumes:\n  - ./certs/client:/certs/client:ro\n"
    )
    if isinstance(subject, RunLine):
        proposal = (
            "-e DOCKER_HOST=tcp://…:2376 -e DOCKER_TLS_VERIFY=1 -e DOCKER_CERT_PATH=/certs/client "
            "-v ./certs/client:/certs/client:ro"
        )
    return Fix(Safety.GUIDED, "Speak to the engine by TLS", proposal=proposal)


_BEFORE = """\
services:
  logs:
    image: amir20/dozzle:v8.12.9
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    restart: always
"""
_AFTER = f"""\
services:
  logs:
    image: amir20/dozzle:v8.12.9
    restart: always
    networks:
      - default
      - docker-api
    environment:
      DOCKER_HOST: tcp://docker-proxy:2375
  docker-proxy:
    image: tecnativa/docker-socket-proxy:0.3.0
    environment:
      CONTAINERS: 1
      EVENTS: 1
      INFO: 1
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro  {_REASON}
    networks:
      - docker-api
    restart: unless-stopped
    read_only: true
    tmpfs:
      - /run:rw,noexec,nosuid,size=16m
      - /tmp:rw,noexec,nosuid,size=16m
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    mem_limit: 64m
    memswap_limit: 64m
    cpus: 0.5
    pids_limit: 64
    ulimits:
      nofile: 4096
    logging:
      driver: json-file
      options:
        max-size: 10m
        max-file: "3"
networks:
  docker-api:
    internal: true
"""

FIXERS = (
    Fixer(
        id="proxy-socket",
        title="A proxy before the engine's socket",
        rules=("runtime-socket",),
        safety=Safety.GUIDED,
        writes=(
            "A service `docker-proxy` that alone has the socket, on an internal network of its "
            "own, with every control; the service loses its mount, joins that network and gets "
            "`DOCKER_HOST`. What the proxy lets through are the sections that the program is known "
            "to ask for, else `CONTAINERS` alone; nothing that changes anything: `POST` is not "
            "there. The host's root directory, mounted, is taken out."
        ),
        breaks=(
            "Calls that are not allowed are answered with 403: add the sections that the "
            "program's log names. A program that ignores DOCKER_HOST must be told the address by "
            "its own settings (`--providers.docker.endpoint` of Traefik). One that starts or "
            "stops containers no longer does: with `POST: 1` it would, and would be root on the "
            "host again."
        ),
        on={Service: _proxied, RunLine: _flagged},
        examples=(Example(_BEFORE, _AFTER),),
        keeps=("docker run -v /var/run/docker.sock:/var/run/docker.sock acme/app:1.2.3",),
    ),
    Fixer(
        id="encrypt-docker-host",
        title="The engine by TLS",
        rules=("plain-docker-host",),
        safety=Safety.GUIDED,
        writes="A proposal only: the certificates must be made, and the engine must ask for them.",
        breaks="Clients without a certificate are refused.",
        on={Service: _encrypted, RunLine: _encrypted},
        examples=(),
        keeps=("docker run -e DOCKER_HOST=tcp://10.0.0.5:2375 docker:28.1.1",),
    ),
)
