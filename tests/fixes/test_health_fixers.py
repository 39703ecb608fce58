"""Health checks that are written: by what is surely in the image, and only where one port tells."""

from __future__ import annotations

import json

import pytest
from mends import applied, context, fixes, mended

from seawall.core.model import Fix, Safety
from seawall.core.source import Source
from seawall.fixes import all_fixers
from seawall.fixes.model import Fixer
from seawall.surfaces.dockerfile.reader import read


def _fixer(name: str) -> Fixer:
    return next(fixer for fixer in all_fixers() if fixer.id == name)


ADD, TIME, TOOL = _fixer("add-healthcheck"), _fixer("time-healthcheck"), _fixer("healthcheck-tool")
ON, EXPOSE = _fixer("enable-healthcheck"), _fixer("unexpose-port")
CONFINE, SSH = _fixer("confine-step"), _fixer("no-ssh-server")


def _fix(fixer: Fixer, text: str) -> Fix | None:
    found = [fix for _, fix in fixes(fixer, text, context())]
    assert found, "the rule does not see the fault at all"
    return found[0]


def _check(text: str) -> str:
    """The command of the check that is written; empty for none."""
    fix = _fix(ADD, text)
    if fix is None:
        return ""
    assert fix.safety is Safety.UNSAFE
    stage = read(Source("Dockerfile", applied(text, fix.edits))).target
    assert stage is not None
    assert stage.healthcheck is not None
    words = [word.text for word in stage.healthcheck.arguments[1:]]
    return json.dumps(words) if stage.healthcheck.is_json else words[0]


@pytest.mark.parametrize(
    ("base", "program", "tool"),
    [
        ("debian:12.5", "/app", "perl"),
        ("ubuntu:24.04", "/app", "perl"),
        ("alpine:3.22.1", "/app", "nc"),
        ("busybox:1.37", "/app", "nc"),
        ("rockylinux:9", "/app", "bash"),
        ("python:3.13.5-alpine", "gunicorn", "python"),
        ("node:22.17.0-slim", "npm", "node"),
        ("php:8.4-apache", "apache2-foreground", "php"),
        ("alpine:3.22.1", "python3", "python3"),
        ("acme/x:1", "node", "node"),
    ],
)
def test_the_tool_is_one_that_the_image_surely_has(base: str, program: str, tool: str) -> None:
    check = _check(f'FROM {base}\nEXPOSE 8080\nCMD ["{program}", "x"]\n')
    assert json.loads(check)[0] == tool
    assert "8080" in check


@pytest.mark.parametrize(
    "text",
    [
        'FROM acme/x:1\nEXPOSE 80\nCMD ["/app"]\n',
        'FROM scratch\nEXPOSE 80\nCMD ["/app"]\n',
        'FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nEXPOSE 80\nCMD ["app"]\n',
        'FROM debian:12.5\nEXPOSE 80 8080\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 53/udp\nCMD ["/app"]\n',
        'FROM debian:12.5\nARG PORT\nEXPOSE $PORT\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 99999\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 80\nCMD ["tail", "-f", "/dev/null"]\n',
        "FROM debian:12.5\nEXPOSE 80\nCMD sh\n",
        'FROM debian:12.5\nENV P=80\nSHELL ["/x"]\nEXPOSE $P\nCMD ["/app"]\n',
        'FROM debian:12.5\nEXPOSE 80\nCMD ["/app"]\nNONSENSE\n',
    ],
)
def test_no_check_is_written_where_tool_or_port_is_not_certain(text: str) -> None:
    assert _check(text) == ""


def test_of_a_web_servers_two_ports_the_one_without_tls_is_asked() -> None:
    assert '"80"' in _check('FROM alpine:3.22.1\nEXPOSE 80 443\nCMD ["nginx"]\n')


def test_a_variable_of_the_image_is_looked_up_when_the_check_runs() -> None:
    check = _check('FROM debian:12.5\nENV PORT=80\nEXPOSE ${PORT}/tcp\nCMD ["/app"]\n')
    assert check.endswith("\"exit !IO::Socket::INET->new('127.0.0.1:$PORT')\"")


@pytest.mark.parametrize(
    ("base", "port", "check"),
    [
        ("postgres:17.5", 5432, "pg_isready"),
        ("redis:8.0", 6379, "redis-cli ping"),
        ("mysql:8.4", 3306, "mysqladmin ping"),
    ],
)
def test_a_server_is_asked_by_its_own_program(base: str, port: int, check: str) -> None:
    written = _check(f'FROM {base}\nEXPOSE {port}\nCMD ["x"]\n')
    assert written.startswith(check)
    assert written.endswith("|| exit 1")


def test_a_server_on_another_port_or_behind_another_entry_point_is_not_asked_so() -> None:
    assert "redis-cli" not in _check('FROM redis:8.0\nEXPOSE 7000\nCMD ["redis-server", "/c"]\n')
    own = 'FROM redis:8.0\nEXPOSE 6379\nENTRYPOINT ["/start"]\n'
    assert "redis-cli" not in _check(own)


def test_the_check_of_a_stage_that_inherits_its_start_comes_last() -> None:
    text = 'FROM debian:12.5 AS a\nCMD ["/app"]\nFROM a\nEXPOSE 80\nUSER 1'
    after = mended(ADD, text, context())
    assert after.startswith(text + "\n")
    assert after.splitlines()[-1].startswith("  CMD [")


def test_line_ends_and_the_escape_of_the_file_are_kept() -> None:
    text = '# escape=`\r\nFROM debian:12.5\r\nEXPOSE 80\r\nCMD ["/app"]\r\n'
    after = mended(ADD, text, context())
    assert "--retries=3 `\r\n  CMD [" in after
    assert after.count("\n") == after.count("\r\n")


def test_writing_dockers_own_times_is_safe_and_a_shorter_one_is_not() -> None:
    safe = _fix(TIME, "FROM debian:12.5\nHEALTHCHECK --timeout=9s CMD a\n")
    unsafe = _fix(TIME, "FROM debian:12.5\nHEALTHCHECK --retries=9 CMD a\n")
    assert safe is not None
    assert safe.safety is Safety.SAFE
    assert unsafe is not None
    assert unsafe.safety is Safety.UNSAFE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'FROM alpine:3.22.1\nHEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1:81/x"]\n',
            '["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:81/x"]',
        ),
        (
            "FROM alpine:3.22.1\nHEALTHCHECK CMD curl -fk https://localhost/ || exit 1\n",
            "CMD nc -z 127.0.0.1 443 || exit 1",
        ),
        (
            "FROM node:22-slim\nHEALTHCHECK CMD curl localhost http://localhost:9\nCMD node x\n",
            'CMD node -e "',
        ),
        (
            "FROM debian:12.5\nHEALTHCHECK CMD wget -q http://localhost:8080 && ls\n",
            "new('127.0.0.1:8080')\" && ls",
        ),
    ],
)
def test_a_check_asks_the_same_by_a_tool_that_is_there(before: str, after: str) -> None:
    assert after in mended(TOOL, before, context())


@pytest.mark.parametrize(
    "check",
    [
        "curl -f http://db:80/",
        "curl -f http://localhost:$PORT/",
        "curl -f http://localhost/ | grep ok > /x",
        "curl --version",
        '["bash", "-c", "curl http://localhost/"]',
    ],
)
def test_a_check_whose_question_is_not_plain_is_left_alone(check: str) -> None:
    fix = _fix(TOOL, f"FROM debian:12.5\nHEALTHCHECK CMD {check}\n")
    assert fix is None or "grep" in check


def test_none_is_left_where_nothing_can_be_asked() -> None:
    assert _fix(ON, "FROM debian:12.5\nHEALTHCHECK NONE\n") is None


def test_the_last_port_goes_with_its_instruction_and_a_range_stays() -> None:
    text = "FROM debian:12.5\nEXPOSE 80 22\nEXPOSE 23\nUSER 1\n"
    assert mended(EXPOSE, text, context()) == "FROM debian:12.5\nEXPOSE 80\nUSER 1\n"
    assert _fix(EXPOSE, "FROM debian:12.5\nEXPOSE 20-30\n") is None


def test_a_flag_goes_with_the_blanks_behind_it() -> None:
    text = "FROM debian:12.5\nRUN --mount=type=tmpfs,target=/x \\\n  --network=host  make\n"
    after = mended(CONFINE, text, context())
    assert after == "FROM debian:12.5\nRUN --mount=type=tmpfs,target=/x \\\n  make\n"


def test_an_ssh_server_that_is_started_or_installed_alone_is_only_pointed_at() -> None:
    for text in (
        'FROM debian:12.5\nCMD ["/usr/sbin/sshd", "-D"]\n',
        "FROM debian:12.5\nRUN apt-get install -y openssh-server\n",
    ):
        fix = _fix(SSH, text)
        assert fix is not None
        assert fix.proposal
        assert not fix.edits
