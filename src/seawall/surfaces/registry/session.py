"""Asks one endpoint of a registry: logs in where it must, and tries again where that may help."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from msgspec import Struct
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from seawall.surfaces.registry.answers import Answer, read_body, told_by
from seawall.surfaces.registry.authentication import Authenticator, Scope
from seawall.surfaces.registry.challenges import parse_challenges
from seawall.surfaces.registry.connections import Response
from seawall.surfaces.registry.credentials import Credentials
from seawall.surfaces.registry.endpoints import Endpoint
from seawall.surfaces.registry.errors import (
    NotThereError,
    RegistryError,
    TransientError,
    UnreachableError,
)
from seawall.surfaces.registry.options import RegistryOptions
from seawall.surfaces.registry.tls import Contexts
from seawall.surfaces.registry.transport import Transport

T = TypeVar("T")
Sleep = Callable[[float], object]

MAX_WAIT = 60.0
"""The longest that is waited for one attempt, whatever `Retry-After` says; in seconds."""

_MAX_TOKEN = 256 * 1024
_FIRST_WAIT = 0.5
_LOGINS = 2
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Request(Struct, frozen=True):
    """What is asked for: `path` below the endpoint (`/v2/…`), `subject` as messages name it."""

    path: str
    scope: Scope
    subject: str
    method: str = "GET"
    headers: Mapping[str, str] = {}


class Session:
    """One endpoint, its connections, and how it lets us in."""

    def __init__(
        self,
        endpoint: Endpoint,
        options: RegistryOptions,
        contexts: Contexts,
        credentials: Credentials,
        sleep: Sleep,
        *,
        has_alternative: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.is_proven = False
        self._has_alternative = has_alternative
        self._attempts = options.attempts
        self._insecure = options.insecure
        self._sleep = sleep
        self._transport = Transport(endpoint, options, contexts)
        self._authenticator = Authenticator(
            endpoint, credentials, self._ask_token, self._may_login_at
        )

    @property
    def attempts(self) -> int:
        """How often to try: once where another endpoint may do as well."""
        is_optional = self.endpoint.is_mirror or not self.is_proven
        return 1 if self._has_alternative and is_optional else self._attempts

    def stream(self, request: Request) -> Response:
        """The answer to a request, its body still to be read.

        Raises:
            NotThereError: there is no such thing.
            UnreachableError: no connection, at none of the attempts.
            RegistryError: the registry refuses, or what it says can't be so.
        """
        return self._tried(lambda: self._once(request))

    def fetch(self, request: Request, limit: int) -> Answer:
        """The answer to a request as a whole, of at most `limit` bytes.

        Raises:
            NotThereError: there is no such thing.
            UnreachableError: no connection, or it broke, at each of the attempts.
            RegistryError: the registry refuses, or what it says can't be so.
        """
        return self._tried(lambda: _whole(self._once(request), limit, request.subject))

    def close(self) -> None:
        """End all connections."""
        self._transport.close()

    def next_page(self, base: str, location: str) -> str:
        """The path of the next page of a list; it must be of this endpoint.

        Raises:
            RegistryError: it is not.
        """
        url = self._transport.locate(self.endpoint.url + base, location)
        if not self._transport.is_home(url.url):
            raise RegistryError(f"{self.endpoint.registry}: continues its list at another host")
        return url.request_uri

    def _tried(self, action: Callable[[], T]) -> T:
        """Do it, again after a while where it failed for a cause that may pass."""
        attempt = 1
        while True:
            try:
                return action()
            except TransientError as failure:
                if attempt >= self.attempts:
                    raise failure.error from failure
                wait = _backoff(attempt) if failure.wait is None else failure.wait
            self._sleep(min(wait, MAX_WAIT))
            attempt += 1

    def _once(self, request: Request) -> Response:
        header, told = self._authenticator.header(request.scope), ""
        for _ in range(_LOGINS + 1):
            headers = dict(request.headers)
            if header:
                headers["Authorization"] = header
            response, url = self._transport.send(request.method, request.path, headers)
            self.is_proven = True
            # A host that we were redirected to has no say in how we log in here.
            if response.status != 401 or not self._transport.is_home(url):
                return self._checked(request, response)
            challenges = parse_challenges(response.headers.getlist("WWW-Authenticate"))
            told = self._authenticator.masked(told_by(response))
            header = self._authenticator.answer(challenges, request.scope, header)
        self._authenticator.forget(request.scope)
        raise self._authenticator.refusal(request.subject, 401, told)

    def _checked(self, request: Request, response: Response) -> Response:
        status = response.status
        if status in (200, 206):
            return response
        wait = _retry_after(response.headers.get("Retry-After", ""))
        told = self._authenticator.masked(told_by(response))
        if status == 404:
            raise NotThereError(
                f"{request.subject}: the registry has no such thing{told}",
                "Check the name and the tag.",
                status,
            )
        if status in (401, 403):
            raise self._authenticator.refusal(request.subject, status, told)
        hint = "Log in: registries allow more to whom they know." if status == 429 else ""
        error = RegistryError(
            f"{request.subject}: the registry answers with status {status}{told}", hint, status
        )
        if status in _BUSY:
            raise TransientError(error, wait)
        raise error

    def _ask_token(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        method = "GET" if body is None else "POST"
        response, _url = self._transport.send(method, url, headers, body)
        what = f"the token server of {self.endpoint.registry}"
        if response.status in _BUSY:
            wait = _retry_after(response.headers.get("Retry-After", ""))
            response.close()
            error = RegistryError(f"{what} answers with status {response.status}")
            raise TransientError(error, wait)
        return _whole(response, _MAX_TOKEN, what)

    def _may_login_at(self, realm: str) -> bool:
        """Without TLS only where the user said so of that host."""
        url = self._transport.locate(self.endpoint.url, realm)
        if url.scheme == "https" or self._transport.is_home(url.url):
            return True
        return parse_url(url.url).netloc in self._insecure


def _whole(response: Response, limit: int, what: str) -> Answer:
    try:
        body = read_body(response, limit, what)
    except (HTTPError, OSError) as error:
        broken = UnreachableError(f"{what}: the connection broke off")
        raise TransientError(broken) from error
    return Answer(response.status, response.headers, body)


def _backoff(attempt: int) -> float:
    """Doubled each time, and not the same for all who were turned away together."""
    return _FIRST_WAIT * 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 -- no secret


def _retry_after(text: str) -> float | None:
    """Seconds of a `Retry-After` header, a number or a date (RFC 9110, 10.2.3)."""
    text = text.strip()
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())
