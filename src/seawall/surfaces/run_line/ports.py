"""`--publish` and `--expose` as ranges of ports."""

from __future__ import annotations

import ipaddress
import re

from seawall.surfaces.run_line.argument import HOLE, Argument, RefusedError
from seawall.surfaces.workload import Port

_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_NUMBER = re.compile(r"[0-9]{1,9}")
_MOST = 65535
_LONG_KEYS = frozenset({"published", "target", "protocol"})


def published(argument: Argument) -> Port | None:
    """One `--publish`: `[[ip:][host]:]container[/protocol]`, ranges, or the long form.

    None where an expansion decides about the container's port.

    Raises:
        RefusedError: Docker would not take it.
    """
    if "=" in argument.text:
        host, container, protocol, address = *_long_form(argument), argument.part(0, 0)
    else:
        address, host, container, protocol = _short_form(argument)
    return _port(argument, address, host, container, protocol)


def _long_form(argument: Argument) -> tuple[Argument, Argument, str]:
    given: dict[str, Argument] = {}
    for field in argument.split(","):
        key, value = field.halves("=")
        if value is None or not key.text:
            message = "invalid publish opts format (should be name=value but got '{}')"
            raise RefusedError(message.format(field.text), field)
        given[key.text] = value
    empty = argument.part(0, 0)
    protocol = given.get("protocol", empty).text
    return given.get("published", empty), given.get("target", empty), protocol


def _short_form(argument: Argument) -> tuple[Argument, Argument, Argument, str]:
    text = argument.text
    slash = text.rfind("/")
    body = argument if slash < 0 else argument.part(0, slash)
    protocol = "" if slash < 0 else text[slash + 1 :]
    if slash >= 0 and not protocol:
        raise RefusedError(f"invalid proto: {text}", argument)
    first = body.text.rfind(":")
    container = body.part(first + 1)
    rest = body.part(0, max(first, 0))
    if first < 0:
        return rest, rest, container, protocol
    second = rest.text.rfind(":")
    return rest.part(0, max(second, 0)), rest.part(second + 1), container, protocol


def _port(
    whole: Argument, address: Argument, host: Argument, container: Argument, protocol: str
) -> Port | None:
    if not container.text:
        raise RefusedError(f"no port specified: {whole.text}<empty>", whole)
    ip, is_ip_known = _address(address, host)
    protocol = (protocol or "tcp").lower()
    if protocol not in _PROTOCOLS and HOLE not in protocol:
        raise RefusedError(f"invalid proto: {protocol}", whole)
    if not container.is_known:
        return None
    first, last = _range(container, "containerPort")
    host_first, host_last = (None, None)
    if host.text and host.is_known:
        host_first, host_last = _range(host, "hostPort")
        if host_last - host_first != last - first and first != last:
            message = f"invalid ranges specified for container and host Ports: {container.text}"
            raise RefusedError(f"{message} and {host.text}", whole)
    return Port(
        first,
        last,
        whole.place,
        host_first,
        host_last,
        ip,
        protocol,
        is_host_ip_known=is_ip_known,
    )


def _address(address: Argument, host: Argument) -> tuple[str, bool]:
    """The host's address, and whether it is known; `$X:80` may hold one with its port."""
    text = address.text
    if not address.is_known:
        return "", False
    if not text:
        return "", host.is_known
    bare = text[1:-1] if text[0] == "[" and text[-1] == "]" else text
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        raise RefusedError(f"invalid IP address: {text}", address) from None
    return bare, True


def _range(argument: Argument, what: str) -> tuple[int, int]:
    first, dash, last = argument.text.partition("-")
    bounds = [_number(text) for text in ((first, last) if dash else (first, first))]
    if None in bounds or bounds[0] > bounds[1]:  # type: ignore[operator]
        raise RefusedError(f"invalid {what}: {argument.text}", argument)
    return bounds[0], bounds[1]  # type: ignore[return-value]


def _number(text: str) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else -1
    return number if 0 <= number <= _MOST else None


def exposed(argument: Argument) -> None:
    """Check one `--expose`: a port or a range with its protocol.

    Raises:
        RefusedError: Docker would not take it.
    """
    if not argument.is_known:
        return
    ports, slash, protocol = argument.text.partition("/")
    if ":" in ports:
        raise RefusedError(f"invalid port format for --expose: {argument.text}", argument)
    if slash and protocol.lower() not in _PROTOCOLS:
        raise RefusedError(f"invalid proto: {protocol}", argument)
    _range(argument.part(0, len(ports)), "range format for --expose")
