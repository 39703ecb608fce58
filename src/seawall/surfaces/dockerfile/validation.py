"""What BuildKit says of instructions that parse but can't be built, in its words."""

from __future__ import annotations

import re
from collections.abc import Callable

from seawall.surfaces.dockerfile.durations import milliseconds
from seawall.surfaces.dockerfile.heredocs import is_opening
from seawall.surfaces.dockerfile.model import Instruction, Syntax
from seawall.surfaces.dockerfile.mounts import mount_error
from seawall.surfaces.dockerfile.ports import PortError, normalize_port
from seawall.surfaces.dockerfile.suggestion import with_suggestion
from seawall.surfaces.dockerfile.words import quote

_Check = Callable[[Instruction], str]

# How a flag is given: as a boolean, with one value, or with values of any number.
_BOOLEAN, _STRING, _STRINGS = "boolean", "string", "strings"
_COPIED = {"chown": _STRING, "chmod": _STRING, "link": _BOOLEAN, "exclude": _STRINGS}
_FLAGS: dict[str, dict[str, str]] = {
    "ADD": {**_COPIED, "keep-git-dir": _BOOLEAN, "checksum": _STRING, "unpack": _BOOLEAN},
    "COPY": {**_COPIED, "from": _STRING, "parents": _BOOLEAN},
    "FROM": {"platform": _STRING},
    "HEALTHCHECK": dict.fromkeys(
        ("interval", "timeout", "start-period", "start-interval", "retries"), _STRING
    ),
    "RUN": {"mount": _STRINGS, "network": _STRING, "security": _STRING, "device": _STRINGS},
}
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")
_NETWORKS = ("default", "none", "host")
_SECURITY = ("insecure", "sandbox")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)


def validate(instructions: tuple[Instruction, ...]) -> tuple[Syntax, ...]:
    """BuildKit's first error among instructions that its parser took; none where it builds.

    Values with variables in them are not judged: what they come to is not known here.
    """
    for instruction in instructions:
        message = _error(instruction)
        if message:
            return (Syntax(message, instruction.line),)
    if instructions and not any(instruction.keyword == "FROM" for instruction in instructions):
        return (Syntax("dockerfile contains no stages to build", instructions[-1].line),)
    return ()


def _error(instruction: Instruction) -> str:
    check = _CHECKS.get(instruction.keyword)
    if check is None:
        written = instruction.keyword
        return with_suggestion(f"unknown instruction: {written}", written, _CHECKS)
    message = check(instruction)
    if not message and instruction.stage < 0 and instruction.keyword != "ARG":
        return "no build stage in current context"
    return message


def _flag_error(instruction: Instruction) -> str:
    if not instruction.flags:
        return ""
    known, used = _FLAGS.get(instruction.keyword, {}), set()
    for flag in instruction.flags:
        kind = known.get(flag.name)
        if kind is None:
            return with_suggestion(f"unknown flag: {flag.name}", flag.name, known)
        if flag.name in used and kind != _STRINGS:
            return f"duplicate flag specified: {flag.name}"
        used.add(flag.name)
        message = _flag_value_error(flag.name, flag.value, kind)
        if message:
            return message
    return ""


def _flag_value_error(name: str, value: str | None, kind: str) -> str:
    if kind == _BOOLEAN:
        if value is not None and not value:
            return f"missing a value on flag: {name}"
        if value is not None and value.lower() not in ("true", "false"):
            return f"expecting boolean value for flag {name}, not: {value}"
        return ""
    return f"missing a value on flag: {name}" if value is None else ""


def _exactly_one(instruction: Instruction) -> str:
    if len(instruction.arguments) != 1:
        return f"{instruction.keyword} requires exactly one argument"
    return _flag_error(instruction)


def _at_least_one(instruction: Instruction) -> str:
    if not instruction.arguments:
        return f"{instruction.keyword} requires at least one argument"
    return _flag_error(instruction)


def _stop_signal(instruction: Instruction) -> str:
    # The one instruction besides ARG whose flags BuildKit never looks at.
    return "" if len(instruction.arguments) == 1 else _exactly_one(instruction)


def _arg(instruction: Instruction) -> str:
    if not instruction.arguments:
        return "ARG requires at least one argument"
    blank = any(word.text.startswith("=") for word in instruction.arguments)
    return "ARG names can not be blank" if blank else ""


def _pairs(instruction: Instruction) -> str:
    message = _flag_error(instruction)
    if message:
        return message
    if not instruction.arguments:
        return f"{instruction.keyword} requires at least one argument"
    blank = any(not name.text for name, _ in instruction.pairs)
    return f"{instruction.keyword} names can not be blank" if blank else ""


def _copy(instruction: Instruction) -> str:
    keyword, arguments = instruction.keyword, instruction.arguments
    if len(arguments) < 2:
        return (
            f"{keyword} requires at least two arguments, but only one was provided. "
            "Destination could not be determined"
        )
    message = _flag_error(instruction)
    if not message and is_opening(arguments[-1].text):
        return f"{keyword} cannot accept a heredoc as a destination"
    return message


def _from(instruction: Instruction) -> str:
    arguments = [word.text for word in instruction.arguments]
    if len(arguments) == 3 and arguments[1].casefold() == "as":
        if _STAGE_NAME.fullmatch(arguments[2].lower()) is None:
            return (
                f"invalid name for build stage: {quote(arguments[2])}, "
                "name can't start with a number or contain symbols"
            )
    elif len(arguments) != 1:
        return "FROM requires either one or three arguments"
    return _flag_error(instruction)


def _onbuild(instruction: Instruction) -> str:
    trigger = instruction.trigger
    if trigger is None:
        return "ONBUILD requires at least one argument"
    message = _flag_error(instruction)
    if message:
        return message
    if trigger.keyword == "ONBUILD":
        return "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
    if trigger.keyword in ("MAINTAINER", "FROM"):
        return f"{trigger.keyword} isn't allowed as an ONBUILD trigger"
    return ""


def _run(instruction: Instruction) -> str:
    message = _flag_error(instruction)
    for flag in instruction.flags if not message else ():
        value = flag.value or ""
        if flag.name == "mount":
            message = mount_error(flag)
        elif flag.name == "network" and value not in _NETWORKS:
            message = f"invalid network mode {quote(value)}"
        elif flag.name == "security" and value not in _SECURITY:
            message = f"security {quote(value)} is not valid"
        if message:
            return message
    return message


def _shell(instruction: Instruction) -> str:
    message = _flag_error(instruction)
    if message:
        return message
    if not instruction.arguments:
        return "SHELL requires at least one argument"
    return "" if instruction.is_json else "SHELL requires the arguments to be in JSON form"


def _volume(instruction: Instruction) -> str:
    message = _at_least_one(instruction)
    if not message and any(not word.text.strip() for word in instruction.arguments):
        return "VOLUME specified can not be an empty string"
    return message


def _healthcheck(instruction: Instruction) -> str:
    if not instruction.arguments:
        return "HEALTHCHECK requires at least one argument"
    kind = instruction.arguments[0].text.upper()
    if kind == "NONE":
        return "HEALTHCHECK NONE takes no arguments" if len(instruction.arguments) > 1 else ""
    message = _flag_error(instruction)
    if message:
        return message
    if kind != "CMD":
        return f"Unknown type {quote(kind)} in HEALTHCHECK (try CMD)"
    if len(instruction.arguments) < 2:
        return "Missing command after HEALTHCHECK CMD"
    return _timing_error(instruction)


def _timing_error(instruction: Instruction) -> str:
    for name in ("interval", "timeout", "start-period", "start-interval"):
        flag = instruction.flag(name)
        message = _interval_error(name, flag.value) if flag and flag.value else ""
        if message:
            return message
    retries = instruction.flag("retries")
    return _retries_error(retries.value) if retries and retries.value else ""


def _interval_error(name: str, value: str) -> str:
    try:
        length = milliseconds(value)
    except ValueError as error:
        return str(error)
    return f"Interval {quote(name)} cannot be less than 1ms" if length and length < 1 else ""


def _retries_error(value: str) -> str:
    if _INTEGER.fullmatch(value) is None:
        return f"strconv.ParseInt: parsing {quote(value)}: invalid syntax"
    if len(value) > 11 or not -(2**31) <= int(value) < 2**31:
        return f"strconv.ParseInt: parsing {quote(value)}: value out of range"
    return f"--retries cannot be negative ({int(value)})" if int(value) < 0 else ""


def _expose(instruction: Instruction) -> str:
    message = _at_least_one(instruction)
    for word in instruction.arguments if not message else ():
        message = _port_error(word.text) if "$" not in word.text else ""
        if message:
            return message
    return message


def _port_error(text: str) -> str:
    try:
        normalize_port(text.strip("\"'"))
    except PortError as error:
        return str(error)
    return ""


_CHECKS: dict[str, _Check] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _flag_error,
    "COPY": _copy,
    "ENTRYPOINT": _flag_error,
    "ENV": _pairs,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _exactly_one,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stop_signal,
    "USER": _exactly_one,
    "VOLUME": _volume,
    "WORKDIR": _exactly_one,
}
