"""Credential helpers: the programs `docker-credential-<name>` that keep secrets for Docker."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.registry.errors import shown
from seawall.surfaces.registry.options import Credential

HELPER_SECONDS = 60.0
"""Helpers of clouds ask a server, those of desktops a person."""

_MAX_ANSWER = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOKEN_USER = "<token>"  # noqa: S105 -- the name by which helpers mark an identity token
_NONE_FOUND = "credentials not found"


class _Answer(Struct, rename="pascal"):
    username: str = ""
    secret: str = ""


def ask_helper(
    name: str, server: str, environment: Mapping[str, str], seconds: float = HELPER_SECONDS
) -> Credential | None:
    """What a helper knows for a server; None where it knows nothing.

    The protocol is docker-credential-helpers': the server on stdin, JSON on stdout.

    Raises:
        InputError: its name is none, it is not installed, fails, hangs, or answers nonsense.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"“{shown(name)}” is no name of a credential helper")
    program = shutil.which(f"docker-credential-{name}", path=environment.get("PATH"))
    if program is None:
        raise InputError(f"the credential helper docker-credential-{name} is not installed")
    code, answer = _run(program, server, environment, seconds)
    if code:
        if answer.decode("utf-8", "replace").lower().startswith(_NONE_FOUND):
            return None
        raise InputError(f"the credential helper docker-credential-{name} failed (exit {code})")
    return _credential(name, answer)


def _run(
    program: str, server: str, environment: Mapping[str, str], seconds: float
) -> tuple[int, bytes]:
    """Its exit code and what it said. Its stderr may hold secrets: nobody reads it."""
    with subprocess.Popen(  # noqa: S603 -- the user's configuration names the helper; no shell
        [program, "get"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        start_new_session=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 -- both are pipes, as asked for above
        assert process.stdout is not None  # noqa: S101 -- see above
        timer = threading.Timer(seconds, _kill, (process,))
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(server.encode())
                process.stdin.close()
            answer = process.stdout.read(_MAX_ANSWER + 1)
            if len(answer) > _MAX_ANSWER:
                _kill(process)
            return process.wait(), answer
        finally:
            timer.cancel()
            if process.poll() is None:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started: that may hold its output open after it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _credential(name: str, answer: bytes) -> Credential | None:
    try:
        said = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What it said is not shown: it may be the secret.
        raise InputError(f"docker-credential-{name} answers what is no credential") from error
    if not said.secret:
        return None
    if said.username == _TOKEN_USER:
        return Credential(identity_token=said.secret)
    return Credential(said.username, said.secret)
