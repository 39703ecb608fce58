"""Single values of a line: devices, limits, variables, hosts, security options, files of them."""

from __future__ import annotations

import ipaddress
import re

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.dockerfile.durations import milliseconds
from seawall.surfaces.run_line.argument import HOLE, Argument, RefusedError
from seawall.surfaces.run_line.sizes import whole
from seawall.surfaces.workload import Device, Ulimit, Variable

_PERMISSIONS = re.compile(r"[rwm]{1,3}")
_DEVICE_RULE = re.compile(r"[acb] (?:[0-9]+|\*):(?:[0-9]+|\*) [rwm]{1,3}")
_QUALIFIED = re.compile(r"[A-Za-z][\w.-]*/[A-Za-z][\w.-]*=[\w.:-]+", re.ASCII)
_LIMITS = frozenset(
    {"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
     "rss", "rtprio", "rttime", "sigpending", "stack"}
)  # fmt: skip
_PARAMETERS = frozenset(
    {"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
     "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"}
)  # fmt: skip
_KNOWN_SECURITY = frozenset(
    {"apparmor", "label", "mask", "no-new-privileges", "proc-opts", "seccomp", "systempaths",
     "unmask", "writable-cgroups"}
)  # fmt: skip


def device(argument: Argument) -> Device:
    """One `--device`: `host[:container][:permissions]`, or a CDI name.

    Raises:
        RefusedError: Docker would not take it.
    """
    if _QUALIFIED.fullmatch(argument.text):
        return Device(argument.text, "", "", argument.place)
    parts = [part.text for part in argument.split(":")]
    if len(parts) > 3 or not parts[0]:
        raise RefusedError(f"bad format for path: {argument.text}", argument)
    host, container, permissions = parts[0], "", "rwm"
    if len(parts) == 3:
        container, permissions = parts[1], parts[2]
    elif len(parts) == 2 and _PERMISSIONS.fullmatch(parts[1]):
        permissions = parts[1]
    elif len(parts) == 2:
        container = parts[1]
    if HOLE not in permissions and not _PERMISSIONS.fullmatch(permissions):
        raise RefusedError(f"bad mode specified: {permissions}", argument)
    host, container = _known(host), _known(container or host)
    return Device(host, container, _known(permissions), argument.place)


def _known(text: str) -> str:
    return "" if HOLE in text else text


def device_rule(argument: Argument) -> Cell[str]:
    """One `--device-cgroup-rule`: `c 42:* rmw`.

    Raises:
        RefusedError: Docker would not take it.
    """
    if argument.is_known and not _DEVICE_RULE.fullmatch(argument.text):
        raise RefusedError(f"invalid device cgroup format '{argument.text}'", argument)
    return argument.cell()


def ulimit(argument: Argument) -> Ulimit | None:
    """One `--ulimit`: `name=soft[:hard]`; None where an expansion decides.

    Raises:
        RefusedError: Docker would not take it.
    """
    if not argument.is_known:
        return None
    name, equal, values = argument.text.partition("=")
    if not equal:
        raise RefusedError(f"invalid ulimit argument: {argument.text}", argument)
    if name not in _LIMITS:
        raise RefusedError(f"invalid ulimit type: {name}", argument)
    first, colon, second = values.partition(":")
    try:
        soft = _decimal(first)
        hard = _decimal(second) if colon else soft
    except ValueError as error:
        raise RefusedError(str(error), argument) from None
    if hard != -1 and (soft == -1 or soft > hard):
        raise RefusedError(
            f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}", argument
        )
    return Ulimit(name, soft, hard, argument.place)


def _decimal(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def capability(argument: Argument) -> Cell[str]:
    """A capability in upper case without `CAP_`."""
    cell = argument.cell()
    if cell.value is None:
        return cell
    return Cell(cell.value.upper().removeprefix("CAP_"), cell.place, cell.written)


def security_option(argument: Argument) -> Cell[str]:
    """A security option, with `=` for the old `:`.

    Raises:
        RefusedError: it is none that Docker or Podman knows.
    """
    cell = argument.cell()
    if cell.value is None:
        return cell
    name, equal, _ = cell.value.partition("=")
    text = cell.value
    if not equal and name != "no-new-privileges":
        name, colon, value = text.partition(":")
        if not colon:
            raise RefusedError(f"Invalid --security-opt: {text}", argument)
        text = f"{name}={value}"
    if name.partition(":")[0] not in _KNOWN_SECURITY:
        raise RefusedError(f"invalid --security-opt 2: {text}", argument)
    return Cell(text, cell.place, cell.written)


def assigned(argument: Argument) -> Variable:
    """`NAME=value`; a name alone is passed through, its value not known.

    Raises:
        RefusedError: there is no name.
    """
    key, value = argument.halves("=")
    name = key.text.lstrip()
    if not name:
        raise RefusedError(f"invalid environment variable: {argument.text}", argument)
    if value is None:
        cell: Cell[str] = Cell(None, argument.place, argument.written, State.ENVIRONMENT)
    else:
        cell = value.cell()
    return Variable("" if HOLE in name else name, cell, key.place)


def label(argument: Argument) -> Variable:
    """`key=value`; a key alone has the empty value."""
    key, value = argument.halves("=")
    end = Argument("", argument.source, argument.end, argument.end)
    return Variable(key.text.replace(HOLE, ""), (value or end).cell(), key.place)


def setting(argument: Argument) -> Variable:
    """`key=value` of `--sysctl`.

    Raises:
        RefusedError: there is no `=`, or the parameter is not one of a namespace.
    """
    if not argument.is_known:
        return label(argument)
    name, equal, _ = argument.text.partition("=")
    if not equal or not (name in _PARAMETERS or name.startswith(("net.", "fs.mqueue."))):
        raise RefusedError(f"sysctl '{argument.text}' is not allowed", argument)
    return label(argument)


def extra_host(argument: Argument) -> Cell[str]:
    """One `--add-host`, as `name:address`.

    Raises:
        RefusedError: a part is missing, or the address is none.
    """
    cell = argument.cell()
    if cell.value is None:
        return cell
    name, _, address = cell.value.partition("=" if "=" in cell.value else ":")
    if not (name and address):
        raise RefusedError(f'bad format for add-host: "{argument.text}"', argument)
    bare = address[1:-1] if address[0] == "[" and address[-1] == "]" else address
    if bare != "host-gateway" and not _is_address(bare):
        raise RefusedError(f'invalid IP address in add-host: "{address}"', argument)
    return Cell(f"{name}:{bare}", cell.place, cell.written)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def policy(text: str) -> str:
    """One `--restart`, as written.

    Raises:
        ValueError: it is no policy.
    """
    name, colon, count = text.partition(":")
    if text and not name:
        raise ValueError("invalid restart policy format: no policy provided before colon")
    if colon:
        whole(count)
    return text


def duration(text: str) -> str:
    """A duration, as written.

    Raises:
        ValueError: it is none.
    """
    milliseconds(text)
    return text
