"""How registries are to be talked to: what the user may set."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct, field

import seawall

USER_AGENT = f"seawall/{seawall.__version__}"


class Credential(Struct, frozen=True):
    """What a registry knows us by: a name with a password, or an identity token.

    `identity_token` is a refresh token of OAuth 2, with which access tokens are asked for;
    `registry_token` is an access token itself. None of them is in the text of this object.
    """

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    def __repr__(self) -> str:
        """The name alone."""
        return f"Credential({self.username!r}, …)"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        held = (self.password, self.identity_token, self.registry_token)
        return tuple(secret for secret in held if secret)


class Mirror(Struct, frozen=True):
    """Where a registry's images are to be had too: `url` is `https://host[:port]`."""

    registry: str
    url: str


class RegistryOptions(Struct, frozen=True):
    """What the user chose.

    `insecure` names registries as references do (`host:port`): their certificates are not
    verified, they may be talked to without TLS, and are given credentials even then. `ca_bundle`
    is a file of PEM certificates that are trusted beside the system's; the client's certificate
    and key are PEM files, shown to the registry alone. `credential` is tried before those of the
    user's files. `environment` is where `HOME`, `DOCKER_CONFIG`, `REGISTRY_AUTH_FILE` and the
    like are looked up; the proxies (`HTTPS_PROXY`, `NO_PROXY`, …) too. `settings` is where the
    machine keeps `docker/` and `containers/`.

    `patience` is how many seconds of silence are borne; `attempts` how often a request is made.
    """

    insecure: tuple[str, ...] = ()
    ca_bundle: str = ""
    client_certificate: str = ""
    client_key: str = ""
    mirrors: tuple[Mirror, ...] = ()
    credential: Credential | None = None
    patience: float = 30.0
    attempts: int = 5
    user_agent: str = USER_AGENT
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    settings: str = "/etc"

    def __repr__(self) -> str:
        """Nothing of it: the environment holds secrets."""
        return "RegistryOptions(…)"
