"""Health checks: written where there is none, given their times, and a tool that is there."""

from __future__ import annotations

import json
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.ground import ALPINE, ground_of
from seawall.fixes.dockerfile.placing import above, below, escape, inserted, line_end
from seawall.fixes.dockerfile.probes import TIMING, Port, Probe, probe_for, probe_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.shell import Command

_STARTS = frozenset({"CMD", "ENTRYPOINT"})


def _added(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    probe = probe_of(ground) if ground else None
    if ground is None or probe is None:
        return None
    edit = inserted(dockerfile, _place(dockerfile, ground.target), [*_lines(dockerfile, probe)])
    return Fix(Safety.UNSAFE, f"Check {probe.how}", (edit,))


def _place(dockerfile: Dockerfile, stage: Stage) -> int:
    """Before what starts the program, else the end of the stage."""
    for instruction in stage.instructions:
        if instruction.keyword in _STARTS:
            return above(dockerfile, instruction)
    return below(dockerfile, stage.instructions[-1] if stage.instructions else stage.source)


def _lines(dockerfile: Dockerfile, probe: Probe) -> Iterator[str]:
    yield f"HEALTHCHECK {TIMING} {escape(dockerfile)}"
    yield f"  CMD {probe.text}"


_HOW = (
    "A server that its base image can ask itself is asked so (`redis-cli ping`, `pg_isready`). "
    "Else the check opens a connection to the one TCP port that the image exposes, with a "
    "program that is surely there: the interpreter that the container runs (Python, Node, PHP, "
    "Ruby), BusyBox's `nc` on Alpine, `perl`, which every Debian and Ubuntu has, or `bash`. "
    "Distroless images, `scratch`, images of unknown origin and those that expose several ports "
    "get none."
)

ADD_CHECK = Fixer(
    id="add-healthcheck",
    title="Write a health check",
    rules=("no-healthcheck",),
    safety=Safety.UNSAFE,
    writes="A HEALTHCHECK with its times, before the instruction that starts the program. " + _HOW,
    breaks=(
        "A service that needs more than two minutes until it listens, that listens on another "
        "port, or not on 127.0.0.1, is called unhealthy: a swarm restarts it, and what waits for "
        "`service_healthy` does not start. That a port takes connections says less than an "
        "answer of the service: a check of its own is better, if it has one."
    ),
    on={Dockerfile: _added},
    examples=(
        Example(
            'FROM node:20.11.1\nEXPOSE 3000\n\n# go\nCMD ["node", "server.js"]\n',
            "FROM node:20.11.1\nEXPOSE 3000\n\n"
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \\\n"
            "  CMD [\"node\", \"-e\", \"require('net').connect(3000, '127.0.0.1').on('connect', "
            "() => process.exit(0)).on('error', () => process.exit(1))\"]\n\n"
            '# go\nCMD ["node", "server.js"]\n',
        ),
        Example(
            'FROM alpine:3.22.1\nENV PORT=8080\nEXPOSE $PORT\nENTRYPOINT ["/app"]\n',
            "FROM alpine:3.22.1\nENV PORT=8080\nEXPOSE $PORT\n"
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \\\n"
            '  CMD nc -z 127.0.0.1 "$PORT"\nENTRYPOINT ["/app"]\n',
        ),
        Example(
            'FROM debian:12.5\nEXPOSE 53/udp 80/tcp\nCMD ["/app"]\n',
            "FROM debian:12.5\nEXPOSE 53/udp 80/tcp\n"
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \\\n"
            '  CMD ["perl", "-MIO::Socket::INET", "-e", '
            "\"exit !IO::Socket::INET->new('127.0.0.1:80')\"]\n"
            'CMD ["/app"]\n',
        ),
        Example(
            'FROM redis:8.0.2\nEXPOSE 6379\nCMD ["redis-server", "/etc/redis.conf"]\n',
            "FROM redis:8.0.2\nEXPOSE 6379\n"
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \\\n"
            "  CMD redis-cli ping || exit 1\n"
            'CMD ["redis-server", "/etc/redis.conf"]\n',
        ),
    ),
    keeps=(
        'FROM acme/base:1.2.3\nEXPOSE 80\nCMD ["/app"]\n',
        'FROM scratch\nEXPOSE 80\nCMD ["/app"]\n',
        'FROM gcr.io/distroless/static-debian12\nEXPOSE 80\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 8000 9000\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 8000-8010\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 8000\nCMD ["/bin/bash"]\n',
    ),
)


def _switched_on(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    old = hit.at
    ground = ground_of(dockerfile)
    probe = probe_of(ground) if ground else None
    if probe is None or not isinstance(old, Instruction) or old.keyword != "HEALTHCHECK":
        return None
    text = line_end(dockerfile).join(_lines(dockerfile, probe))
    return Fix(Safety.UNSAFE, f"Check {probe.how}", (Edit(old.start, old.end, text),))


SWITCH_ON = Fixer(
    id="enable-healthcheck",
    title="Write a health check in place of NONE",
    rules=("healthcheck-disabled",),
    safety=Safety.UNSAFE,
    writes="A HEALTHCHECK where `HEALTHCHECK NONE` stood. " + _HOW,
    breaks="The same as a health check that is added: see there.",
    on={Dockerfile: _switched_on},
    examples=(
        Example(
            'FROM ruby:3.4.4\nEXPOSE 3000\nHEALTHCHECK NONE\nCMD ["rails", "server"]\n',
            "FROM ruby:3.4.4\nEXPOSE 3000\n"
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \\\n"
            '  CMD ["ruby", "-rsocket", "-e", "TCPSocket.new(\'127.0.0.1\', 3000)"]\n'
            'CMD ["rails", "server"]\n',
        ),
    ),
    keeps=("FROM acme/base:1.2.3\nHEALTHCHECK NONE\n",),
)

_DEFAULTS = {"interval": "30s", "timeout": "5s", "retries": "3"}


def _timed(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    check = hit.at
    if not isinstance(check, Instruction) or check.keyword != "HEALTHCHECK":
        return None
    missing = [name for name in _DEFAULTS if check.flag(name) is None]
    text = "".join(f"--{name}={_DEFAULTS[name]} " for name in missing)
    is_shorter = "timeout" in missing
    return Fix(
        Safety.UNSAFE if is_shorter else Safety.SAFE,
        f"Write {text.strip()}" + ("" if is_shorter else ", which is what holds"),
        (Edit(check.body_start, check.body_start, text),),
    )


TIME_CHECK = Fixer(
    id="time-healthcheck",
    title="Give a health check its times",
    rules=("healthcheck-untimed",),
    safety=Safety.UNSAFE,
    writes=(
        "What is missing of `--interval=30s`, `--timeout=5s` and `--retries=3`. The first and the "
        "last are Docker's defaults, so writing only them is safe; its default for the second is "
        "30 seconds, so five are written with `--unsafe` alone."
    ),
    breaks="A check that takes more than five seconds, and passed so far, fails.",
    on={Dockerfile: _timed},
    examples=(
        Example(
            "FROM debian:12.5\nHEALTHCHECK --timeout=9s \\\n  CMD a\n",
            "FROM debian:12.5\nHEALTHCHECK --timeout=9s \\\n  --interval=30s --retries=3 CMD a\n",
        ),
        Example(
            "FROM debian:12.5\nHEALTHCHECK --retries=9 CMD a\n",
            "FROM debian:12.5\nHEALTHCHECK --retries=9 --interval=30s --timeout=5s CMD a\n",
        ),
    ),
    keeps=("FROM debian:12.5\nHEALTHCHECK CMD a\n",),
)

_URL = Expression(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d+))?(/[^\s\"'$`]*)?"
)
_NUMBER = Expression(r"\d{1,5}")


def _other_tool(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    ground, command = ground_of(dockerfile), hit.at
    check = dockerfile.target.healthcheck if dockerfile.target else None
    if ground is None or check is None or not isinstance(command, Command) or command.redirects:
        return None
    asked = _asked(command)
    if asked is None:
        return None
    port, url = asked
    if ground.family == ALPINE and url:
        probe: Probe | None = Probe(("wget", "-q", "-O", "/dev/null", url), "", url)
    else:
        probe = probe_for(ground, port)
    return _replaced(check, command, probe) if probe else None


def _asked(command: Command) -> tuple[Port, str] | None:
    """The port that a check asks, and the URL, where it asks for one."""
    for literal in command.literals:
        found = _URL.fullmatch(literal)
        if found is not None:
            port = found[1] or ("443" if literal.startswith("https") else "80")
            return Port(port, int(port)), literal if literal.startswith("http:") else ""
    last = command.literals[-1] if command.literals else ""
    is_port = command.name == "nc" and _NUMBER.fullmatch(last) is not None
    return (Port(last, int(last)), "") if is_port else None


def _replaced(check: Instruction, command: Command, probe: Probe) -> Fix | None:
    title = f"Check with `{probe.words[0]}`, which the image has"
    if not check.is_json:
        edit = Edit(command.start, command.end, probe.shell_text)
    elif check.arguments[1].text.rpartition("/")[2] == command.name:
        words = json.dumps(list(probe.words))[1:-1]
        edit = Edit(check.arguments[1].start, check.arguments[-1].end, words)
    else:
        return None
    return Fix(Safety.UNSAFE, title, (edit,))


OTHER_TOOL = Fixer(
    id="healthcheck-tool",
    title="Check with a tool that the image has",
    rules=("healthcheck-tool-missing",),
    safety=Safety.UNSAFE,
    writes=(
        "The same question put by a program that is there: `wget` of BusyBox for a URL on Alpine, "
        "else a connection to the port that was asked, as for a check that is added. The rest of "
        "the line, such as `|| exit 1`, stays."
    ),
    breaks=(
        "The container, always unhealthy so far, turns healthy, so what waits for that goes on. "
        "A connection to the port says less than the answer to a URL."
    ),
    on={Dockerfile: _other_tool},
    examples=(
        Example(
            "FROM alpine:3.22.1\nHEALTHCHECK CMD curl -f http://localhost:8080/up || exit 1\n",
            "FROM alpine:3.22.1\n"
            'HEALTHCHECK CMD wget -q -O /dev/null "http://localhost:8080/up" || exit 1\n',
        ),
        Example(
            'FROM python:3.13.5-slim\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"]\n',
            "FROM python:3.13.5-slim\nHEALTHCHECK CMD "
            '["python", "-c", "import socket; socket.create_connection((\'127.0.0.1\', 80), 3)"]\n',
        ),
    ),
    keeps=(
        "FROM alpine:3.22.1\nHEALTHCHECK CMD curl -f http://db:8080/ || exit 1\n",
        'FROM alpine:3.22.1\nHEALTHCHECK CMD ["sh", "-c", "curl -f http://localhost/ > /x"]\n',
    ),
)

FIXERS = (ADD_CHECK, SWITCH_ON, TIME_CHECK, OTHER_TOOL)
