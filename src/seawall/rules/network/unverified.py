"""Connections whose other end nobody verifies: TLS that is switched off for a running program."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.model import Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe, nist, owasp
from seawall.rules.naming import symbol, the
from seawall.rules.practices import TLS_IN_TRANSIT
from seawall.surfaces.workload import Variable, Workload

_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})

_SKIPS = re.compile(
    r"(?:^|_)(?:INSECURE_SKIP_(?:TLS_|SSL_)?VERIFY|SKIP_(?:TLS|SSL|CERT)_(?:VERIFY|VERIFICATION)"
    r"|(?:TLS|SSL)_(?:INSECURE|NO_VERIFY|SKIP_VERIFY)|(?:TLS|SSL)_ALLOW_INVALID_CERTIFICATES)\Z",
    re.IGNORECASE,
)
_VERIFIES = re.compile(
    r"(?:^|_)(?:NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|(?:SSL|TLS|HTTPS)_VERIFY(?:_PEER)?"
    r"|VERIFY_(?:SSL|TLS|CERTS?|CERTIFICATES?)|(?:SSL|TLS)_REJECT_UNAUTHORIZED)\Z",
    re.IGNORECASE,
)


def _unverified(workload: Workload, _: Settings) -> Iterator[Hit]:
    for variable in workload.environment:
        if _switches_off(variable):
            yield Hit(
                variable.value,
                f"{the(workload)} takes any certificate: `{variable.name}` is "
                f"`{variable.value.value}`",
                symbol(workload, f"environment {variable.name}"),
                label="not verified",
            )


def _switches_off(variable: Variable) -> bool:
    value = (variable.value.value or "").lower()
    if value in _ON:
        return _SKIPS.search(variable.name) is not None
    return value in _OFF and _VERIFIES.search(variable.name) is not None


UNVERIFIED_CONNECTION = Rule(
    id="unverified-connection",
    title="TLS without verification",
    practice=TLS_IN_TRANSIT,
    risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
    on={Workload: _unverified},
    bad=(
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      NODE_TLS_REJECT_UNAUTHORIZED: 0\n",
        "docker run -e VAULT_TLS_SKIP_VERIFY=true acme/web:1.2.3",
    ),
    good=(
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      NODE_TLS_REJECT_UNAUTHORIZED: 1\n      SSL_VERIFY: 'true'\n",
        "docker run -e TLS_SKIP_VERIFY=false -e DEBUG=1 acme/web:1.2.3",
        "docker run -e TLS_SKIP_VERIFY acme/web:1.2.3",
    ),
    why=(
        "Whoever is on the path answers in the other's name with a certificate of his own, and "
        "reads and changes what is sent, passwords included."
    ),
    remedy="Take it out, and give the program the certificate of the authority that it must trust.",
    citations=(owasp("D03"), nist("4.2.1"), cwe(295)),
)

RULES = (UNVERIFIED_CONNECTION,)
