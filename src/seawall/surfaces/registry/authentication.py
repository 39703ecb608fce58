"""Answers a registry's challenges: Basic, and the tokens of Docker's and OCI's registries.

The name of a repository is asked for with `pull` alone, whatever the challenge would have.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from seawall.surfaces.registry.answers import Answer
from seawall.surfaces.registry.challenges import Challenge
from seawall.surfaces.registry.credentials import Credentials
from seawall.surfaces.registry.endpoints import Endpoint
from seawall.surfaces.registry.errors import RegistryError, shown
from seawall.surfaces.registry.options import Credential

_CLIENT = "seawall"
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
_LEAST_LIFE = 60.0
_MARGIN = 10.0
_FORM = "application/x-www-form-urlencoded"


class Scope(Struct, frozen=True):
    """What is to be done to which repository: `pull`."""

    path: str
    actions: tuple[str, ...] = ("pull",)

    def __str__(self) -> str:
        """As token servers write it: `repository:library/python:pull`."""
        return f"repository:{self.path}:{','.join(self.actions)}"


AskToken = Callable[[str, Mapping[str, str], bytes | None], Answer]
"""Asks a token server's URL with headers: by GET, or by POST where there is a body."""


class _Granted(Struct, frozen=True):
    header: str
    until: float


class _Token(Struct):
    token: str = ""
    access_token: str = ""
    expires_in: float = 0


class Authenticator:
    """Keeps what one endpoint let us in with, for each scope, until it expires."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        ask: AskToken,
        may_login_at: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._ask = ask
        self._may_login_at = may_login_at
        self._clock = clock
        self._granted: dict[Scope, _Granted] = {}
        self._lock = threading.Lock()

    def header(self, scope: Scope) -> str:
        """The `Authorization` to send for a scope; empty where there is none yet."""
        granted = self._granted.get(scope)
        return granted.header if granted and granted.until > self._clock() else ""

    def answer(self, challenges: tuple[Challenge, ...], scope: Scope, rejected: str) -> str:
        """The `Authorization` that answers a challenge; `rejected` is what did not do.

        Raises:
            RegistryError: there is no way in that we know, or no credential for it.
        """
        with self._lock:
            current = self.header(scope)
            if current and current != rejected:
                return current  # another thread has been given a new one meanwhile
            self._granted.pop(scope, None)
            granted = self._grant(challenges, scope, rejected)
            self._granted[scope] = granted
            return granted.header

    def forget(self, scope: Scope) -> None:
        """Ask anew next time."""
        self._granted.pop(scope, None)

    def masked(self, text: str) -> str:
        """What a registry said, without the secrets that it may have echoed."""
        secrets = [granted.header.partition(" ")[2] for granted in self._granted.values()]
        for credential in self._credentials.known:
            secrets += credential.secrets
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def refusal(self, subject: str, status: int, told: str = "") -> RegistryError:
        """What to say where the registry lets nobody in with what there is."""
        is_known = self._credentials.find(self._endpoint.registry, "") is not None
        lost = "; ".join(self._credentials.notes)
        if is_known and not self._endpoint.may_login:
            hint = (
                "Credentials are not sent without TLS; "
                f"--insecure-registry {self._endpoint.registry} permits it."
            )
        else:
            hint = f"Log in with docker login {self._endpoint.registry}, or check the name."
        hint = f"{hint} What was found of logins: {lost}" if lost else hint
        return RegistryError(f"{subject}: the registry does not let us read it{told}", hint, status)

    def _grant(self, challenges: tuple[Challenge, ...], scope: Scope, rejected: str) -> _Granted:
        offered = {challenge.scheme: challenge for challenge in reversed(challenges)}
        credential = self._credential(scope)
        bearer = offered.get("bearer")
        if bearer is not None:
            return self._bearer(bearer, scope, credential)
        if "basic" in offered and credential is not None and credential.password:
            header = basic(credential)
            if header != rejected:
                return _Granted(header, float("inf"))
        if not offered.keys() & {"bearer", "basic"}:
            schemes = ", ".join(offered) or "nothing"
            raise RegistryError(
                f"{self._endpoint.registry}: asks for a login that is not known ({shown(schemes)})",
                status=401,
            )
        raise self.refusal(f"{self._endpoint.registry}/{scope.path}", 401)

    def _credential(self, scope: Scope) -> Credential | None:
        if not self._endpoint.may_login:
            return None
        return self._credentials.find(self._endpoint.registry, scope.path)

    def _bearer(
        self, challenge: Challenge, scope: Scope, credential: Credential | None
    ) -> _Granted:
        if credential is not None and credential.registry_token:
            return self._kept(credential.registry_token, _LEAST_LIFE)
        realm = challenge.parameters.get("realm", "")
        if not realm:
            raise RegistryError(f"{self._endpoint.registry}: asks for a token of nobody")
        if credential is not None and not self._may_login_at(realm):
            credential = None
        query = [("scope", wanted) for wanted in _scopes(challenge, scope)]
        if service := challenge.parameters.get("service"):
            query.insert(0, ("service", service))
        answer = self._token(realm, query, credential)
        if answer.status in (400, 401, 403):
            raise self.refusal(f"{self._endpoint.registry}/{scope.path}", answer.status)
        if answer.status != 200:
            raise self._nonsense(f"answers with status {answer.status}")
        return self._read(answer.body)

    def _token(
        self, realm: str, query: list[tuple[str, str]], credential: Credential | None
    ) -> Answer:
        if credential is not None and credential.identity_token:
            form = [
                ("grant_type", "refresh_token"),
                ("client_id", _CLIENT),
                ("refresh_token", credential.identity_token),
                *query,
            ]
            return self._ask(realm, {"Content-Type": _FORM}, urlencode(form).encode())
        headers = {}
        if credential is not None:
            headers = {"Authorization": basic(credential)}
            query = [("account", credential.username), *query]
        joint = "&" if "?" in realm else "?"
        return self._ask(f"{realm}{joint}{urlencode(query)}", headers, None)

    def _read(self, body: bytes) -> _Granted:
        try:
            said = msgspec.json.decode(body, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._nonsense("answers what is no token") from error
        token = said.token or said.access_token
        if not _TOKEN.fullmatch(token):
            raise self._nonsense("answers what is no token")
        return self._kept(token, max(said.expires_in, _LEAST_LIFE))

    def _kept(self, token: str, life: float) -> _Granted:
        return _Granted(f"Bearer {token}", self._clock() + life - _MARGIN)

    def _nonsense(self, what: str) -> RegistryError:
        return RegistryError(f"{self._endpoint.registry}: its token server {what}")


def basic(credential: Credential) -> str:
    """The `Authorization` header of a name and a password (RFC 7617, in UTF-8)."""
    pair = f"{credential.username}:{credential.password}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _scopes(challenge: Challenge, scope: Scope) -> list[str]:
    """The challenge's scopes, but no more actions than we want; ours where none are left.

    Registries that have repositories under other names behind them name those in the challenge.
    """
    found: list[str] = []
    for text in challenge.parameters.get("scope", "").split():
        name, _, actions = text.rpartition(":")
        wanted = [action for action in actions.split(",") if action in scope.actions]
        if wanted and name.startswith("repository") and len(found) < 4:
            found.append(f"{name}:{','.join(wanted)}")
    return found or [str(scope)]
