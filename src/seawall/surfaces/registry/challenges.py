"""What a registry asks for when it says 401: the challenges of `WWW-Authenticate`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

_MAX_HEADER = 16 * 1024
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 -- RFC 9110's word for such a text
_BLANK = re.compile(r"[\s,]*")
_PARAMETER = re.compile(
    rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))(?=[ \t]*(?:,|$))', re.DOTALL
)
_SCHEME = re.compile(rf"({_TOKEN})(?=[ \t,]|$)")
_TOKEN68 = re.compile(r"[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Challenge(Struct, frozen=True):
    """One way in that a server offers: `scheme` and the names of `parameters` in lower case."""

    scheme: str
    parameters: Mapping[str, str] = {}


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read every challenge of all `WWW-Authenticate` headers (RFC 9110, 11.6.1).

    A header may hold several, and commas stand between challenges, between parameters, and inside
    of quoted values. Values without quotes may have any character but blanks and commas, as some
    servers write URLs so. Reading ends where it is no challenge any more; of a parameter that is
    given twice the first counts.
    """
    return tuple(found for header in headers for found in _in_header(header[:_MAX_HEADER]))


def _in_header(header: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    position = _blank(header, 0)
    while position < len(header):
        parameter = _PARAMETER.match(header, position)
        if parameter and found:
            found[-1][1].setdefault(parameter[1].lower(), _value(parameter))
            position = _blank(header, parameter.end())
            continue
        scheme = _SCHEME.match(header, position)
        if scheme is None:
            break
        found.append((scheme[1].lower(), {}))
        token = _TOKEN68.match(header, scheme.end())
        position = _blank(header, token.end() if token else scheme.end())
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _blank(header: str, position: int) -> int:
    match = _BLANK.match(header, position)
    return match.end() if match else position


def _value(parameter: re.Match[str]) -> str:
    quoted = parameter[2]
    return parameter[3] if quoted is None else _ESCAPED.sub(r"\1", quoted)
