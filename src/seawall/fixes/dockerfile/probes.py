"""Health checks that an image can surely run: which program of it can ask which port."""

from __future__ import annotations

import json

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.facts.needs import needs_of
from seawall.facts.official import official_name
from seawall.fixes.dockerfile.ground import ALPINE, DEBIAN, Ground
from seawall.surfaces.dockerfile import Setting
from seawall.surfaces.image import parse_reference

_PORT = Expression(r"(\d+)(?:/tcp)?")
_VARIABLE = Expression(r"\$\{?(\w+)\}?(?:/tcp)?")
_PYTHON = Expression(r"python[\d.]*|pypy[\d.]*")
_WEB = frozenset({"nginx", "apache2", "httpd", "apache2ctl", "apachectl", "caddy", "lighttpd"})
_WEB_START = frozenset({"apache2-foreground", "httpd-foreground", "nginx-debug"})
_NO_SERVICE = frozenset({"sleep", "tail", "cat", "true", "top"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "fish"})

TIMING = "--interval=30s --timeout=5s --start-period=30s --retries=3"


class Probe(Struct, frozen=True):
    """A check: a program with its arguments, or a line for a shell.

    `words` ends with the argument that names the port; `how` says in words what is asked.
    """

    words: tuple[str, ...] = ()
    line: str = ""
    how: str = ""
    is_for_shell: bool = False

    @property
    def text(self) -> str:
        """What follows `CMD`."""
        return self.shell_text if self.is_for_shell else json.dumps(list(self.words))

    @property
    def shell_text(self) -> str:
        """The same as a line for a shell."""
        if self.line:
            return self.line
        *words, last = self.words
        return " ".join((*words, last if last.isalnum() else f'"{last}"'))


class Port(Struct, frozen=True):
    """A port as a check names it: its number, or the variable of the image that holds it."""

    text: str
    number: int

    @property
    def is_variable(self) -> bool:
        """Whether a shell must look it up when the check runs."""
        return self.text.startswith("$")


def probe_of(ground: Ground) -> Probe | None:
    """The best check for an image; None where nothing in it is sure to be able to ask."""
    programs = _started(ground)
    if ground.is_bare or ground.base.is_windows or _is_no_service(programs):
        return None
    own = _own_check(ground)
    port = _port(ground, programs)
    if own is not None or port is None:
        return own
    return probe_for(ground, port)


def probe_for(ground: Ground, port: Port) -> Probe | None:
    """A check that a port of the container takes connections."""
    words = _words(ground, _started(ground), port.text)
    if words is None or (port.is_variable and not _reads_shell(ground)):
        return None
    how = f"that port {port.text} takes connections"
    return Probe(words, how=how, is_for_shell=port.is_variable)


def _started(ground: Ground) -> tuple[str, ...]:
    """The names of the programs that ENTRYPOINT and CMD run."""
    target = ground.target
    found: list[str] = []
    for instruction in (target.entrypoint, target.command):
        script = ground.dockerfile.script_of(instruction) if instruction else None
        found += [command.name for command in script.commands] if script else []
    return tuple(found)


def _is_no_service(programs: tuple[str, ...]) -> bool:
    """Whether the container only waits, or gives a shell: nothing answers in it."""
    return not programs or programs[-1] in _NO_SERVICE or set(programs) <= _SHELLS


def _own_check(ground: Ground) -> Probe | None:
    """What the makers of a server's image check it with, where the image still starts it."""
    reference = parse_reference(ground.base.name)
    needs = needs_of(reference.name, reference.tag) if reference else None
    if needs is None or not needs.health or ground.target.entrypoint is not None:
        return None
    exposed = {port.number for port in _ports(ground)}
    is_its_own = not exposed or bool(exposed & set(needs.ports))
    if not is_its_own or not _reads_shell(ground):
        return None
    name = reference.name if reference else ""
    program = needs.health.partition(" ")[0]
    return Probe((), f"{needs.health} || exit 1", f"{name} with its own {program}", True)


def _reads_shell(ground: Ground) -> bool:
    return ground.has_shell and ground.runs_posix


def _ports(ground: Ground) -> list[Port]:
    """Every TCP port that the image exposes; an impossible one stands for what can't be told."""
    ports = (_told(ground, setting) for setting in ground.target.exposed)
    return [port for port in ports if port is not None]


def _told(ground: Ground, setting: Setting) -> Port | None:
    text = (setting.value.known or "").lower()
    if text.endswith(("/udp", "/sctp")):
        return None
    found = _PORT.fullmatch(text)
    if found is None or not 0 < int(found[1]) < 65536:
        return Port("", -1)
    variable = _VARIABLE.fullmatch(setting.value.written.strip("\"'"))
    if variable is not None and variable[1] in ground.target.env:
        return Port("$" + variable[1], int(found[1]))
    return Port(found[1], int(found[1]))


def _port(ground: Ground, programs: tuple[str, ...]) -> Port | None:
    """The one port that tells; of a web server's two, the one without TLS."""
    ports = {port.number: port for port in _ports(ground)}
    if set(ports) == {80, 443} and set(programs) & (_WEB | _WEB_START):
        return ports[80]
    if len(ports) != 1:
        return None
    port = next(iter(ports.values()))
    return port if port.number > 0 else None


_PYTHON_ASKS = ("-c", "import socket; socket.create_connection(('127.0.0.1', @), 3)")
_ASKS = {
    "node": (
        "-e",
        "require('net').connect(@, '127.0.0.1').on('connect', () => process.exit(0))"
        ".on('error', () => process.exit(1))",
    ),
    "php": ("-r", "exit(fsockopen('127.0.0.1', @) ? 0 : 1);"),
    "ruby": ("-rsocket", "-e", "TCPSocket.new('127.0.0.1', @)"),
    "nc": ("-z", "127.0.0.1", "@"),
    "perl": ("-MIO::Socket::INET", "-e", "exit !IO::Socket::INET->new('127.0.0.1:@')"),
    "bash": ("-c", "exec 3<>/dev/tcp/127.0.0.1/@"),
}
"""How a program asks whether the port `@` takes connections: it ends with 0 if it does."""


def _words(ground: Ground, programs: tuple[str, ...], port: str) -> tuple[str, ...] | None:
    """A program that is surely there, and what it is told: the one that runs anyway comes first."""
    tool = _language(ground, programs) or _tool(ground)
    asks = _PYTHON_ASKS if _PYTHON.fullmatch(tool) else _ASKS.get(tool)
    return (tool, *(word.replace("@", port) for word in asks)) if asks else None


def _tool(ground: Ground) -> str:
    """What every image of a family has."""
    if ground.family == ALPINE:
        return "nc"
    if ground.family == DEBIAN:
        return "perl"
    facts = ground.base.known
    return "bash" if facts is not None and facts.tools.get("bash") else ""


_OFFICIAL = {"python": "python", "node": "node", "php": "php", "ruby": "ruby"}


def _language(ground: Ground, programs: tuple[str, ...]) -> str:
    """The interpreter that the container runs, or that its base is the official image of."""
    for name in programs:
        if name in {"node", "php", "ruby"} or _PYTHON.fullmatch(name):
            return name
    reference = parse_reference(ground.base.name)
    return _OFFICIAL.get(official_name(reference.name) or "", "") if reference else ""
