"""Connections whose other end nobody verifies: TLS that is switched off for a running program."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe, nist, owasp
from seawall.rules.build.verification import INSECURE_OPTIONS, is_insecure
from seawall.rules.naming import symbol, the
from seawall.rules.network.connections import leads_away
from seawall.rules.practices import TLS_IN_TRANSIT
from seawall.surfaces.cell import Cell
from seawall.surfaces.shell.reader import read_script
from seawall.surfaces.workload import Variable, Workload

_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})

_OPTIONS = tuple(dict.fromkeys(option for each in INSECURE_OPTIONS.values() for option in each))
_SKIPS = Expression(
    r"(?:^|_)(?:INSECURE_SKIP_(?:TLS_|SSL_)?VERIFY|SKIP_(?:TLS|SSL|CERT)_(?:VERIFY|VERIFICATION)"
    r"|NO_VERIFY_(?:SSL|TLS)|(?:TLS|SSL)_(?:INSECURE|NO_VERIFY|SKIP_VERIFY)"
    r"|(?:TLS|SSL)_ALLOW_INVALID_CERTIFICATES)\Z",
    re.IGNORECASE,
)
_VERIFIES = Expression(
    r"(?:^|_)(?:NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|(?:SSL|TLS|HTTPS)_VERIFY(?:_PEER)?"
    r"|(?<!NO_)(?<!SKIP_)(?<!DISABLE_)VERIFY_(?:SSL|TLS|CERTS?|CERTIFICATES?)"
    r"|(?:SSL|TLS)_REJECT_UNAUTHORIZED)\Z",
    re.IGNORECASE,
)
_LOCAL = Expression(r"(?:https?://)?(?:localhost|127\.|\[?::1)")
_AFTER = Expression(
    r"[?&;](?:sslmode=no-verify|tls=skip-verify|ssl_cert_reqs=(?:none|CERT_NONE)"
    r"|tlsInsecure=true|tlsAllowInvalid(?:Certificates|Hostnames)=true|verify(?:_?ssl|_?certs)?=false"
    r"|TrustServerCertificate=(?:true|yes))(?![\w-])",
    re.IGNORECASE,
)
"""Parameters of connection strings that take any certificate (their drivers' documents)."""


def _unverified(workload: Workload, _: Settings) -> Iterator[Hit]:
    for variable in workload.environment:
        if _switches_off(variable) or is_insecure(variable.name, variable.value.value):
            said = f"`{variable.name}` is `{variable.value.value}`"
        else:
            match = _AFTER.search(variable.value.value or "")
            if match is None or not leads_away(variable.value.value or ""):
                continue
            said = f"`{variable.name}` says `{match[0][1:]}`"
        yield _hit(workload, variable.value, said, f"environment {variable.name}")
    yield from _by_command(workload, workload.entrypoint, "entrypoint")
    yield from _by_command(workload, workload.command, "command")


def _hit(workload: Workload, at: Cell[str], said: str, part: str) -> Hit:
    return Hit(
        at,
        f"{the(workload)} takes any certificate: {said}",
        symbol(workload, part),
        label="not verified",
    )


def _by_command(
    workload: Workload, cells: tuple[Cell[str], ...] | None, part: str
) -> Iterator[Hit]:
    """Programs that a command starts with an option to trust any server but this machine."""
    texts = [cell.value or cell.written for cell in cells or ()]
    whole = " ".join(texts)
    if cells is None or not any(option in whole for option in _OPTIONS):
        return
    line = texts[-1] if len(texts) > 1 and texts[-2] in {"-c", "-ec", "-lc"} else shlex.join(texts)
    for command in read_script(texts[0] if len(texts) == 1 else line, 0, "sh").commands:
        options = INSECURE_OPTIONS.get(command.name, ())
        option = next((option for option in options if command.option(option)), None)
        if option and not any(_LOCAL.match(word) for word in command.literals):
            said = f"`{command.name} {option}`"
            yield _hit(workload, cells[-1], said, f"{part} {command.name}")


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
        "docker run -e GIT_SSL_NO_VERIFY=1 acme/web:1.2.3",
        "docker run -e DB_URL='mysql://db.example.com/app?tls=skip-verify' acme/web:1.2.3",
        "services:\n  web:\n    image: acme/web:1.2.3\n"
        "    command: sh -c 'curl -k https://config.example.com/app > /app.json; exec /app'\n",
    ),
    good=(
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      NODE_TLS_REJECT_UNAUTHORIZED: 1\n      SSL_VERIFY: 'true'\n",
        "docker run -e TLS_SKIP_VERIFY=false -e DEBUG=1 acme/web:1.2.3",
        "docker run -e TLS_SKIP_VERIFY acme/web:1.2.3",
        "docker run -e DB_URL='mysql://db/app?tls=skip-verify' acme/web:1.2.3",
        "services:\n  web:\n    image: acme/web:1.2.3\n"
        "    command: sh -c 'curl -k https://localhost:8443/ready; exec /app --insecure'\n",
    ),
    why=(
        "Whoever is on the path answers in the other's name with a certificate of his own, and "
        "reads and changes what is sent, passwords included."
    ),
    remedy="Take it out, and give the program the certificate of the authority that it must trust.",
    citations=(owasp("D03"), nist("4.2.1"), cwe(295)),
)

RULES = (UNVERIFIED_CONNECTION,)
