"""Credentials whose structure tells: keys, logins in URLs and registry settings, signed tokens."""

from __future__ import annotations

import re

from seawall.core.expression import Expression
from seawall.detectors.pattern import Pattern, phrase
from seawall.detectors.validation import (
    has_key_body,
    is_basic_credential,
    is_docker_config,
    is_encoded_key,
    is_jwt,
)

PRIVATE_KEY = Pattern(
    "private-key",
    "a private key",
    ("PRIVATE KEY",),
    Expression(
        r"(-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----.{0,8000})", re.DOTALL
    ),
    0,
    has_key_body,
    in_run=False,
    wide=r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
    reach=8200,
    is_plain=True,
)

_ENCODED_KEY = Pattern(
    "private-key",
    "a private key in base64",
    ("LS0tLS1CRUdJTi",),
    Expression(r"(?<![A-Za-z0-9+/])(LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,12000}={0,2})"),
    0,
    is_encoded_key,
    wide="LS0tLS1CRUdJTi[A-Za-z0-9+/]{60}",
    leads=True,
    reach=12_100,
)

URL = Pattern(
    "url-credential",
    "a password in a URL",
    ("://",),
    Expression(
        r"://[^\s/:@\"'`<>()]{0,100}:([^\s/@\"'`<>]{1,200})@(?!sha(?:256|512):)(?=[\w.\[$-])"
    ),
    in_run=False,
)

_BASIC_AUTH = phrase(
    "registry-auth",
    "a registry login",
    ('"auth"', "_auth"),
    r"""(?:"auth"\s{0,3}:\s{0,3}"|\b_auth\s{0,3}[= ]\s{0,3}["']?)([A-Za-z0-9+/]{8,400}={0,2})""",
    is_true=is_basic_credential,
)

_DOCKER_CONFIG = phrase(
    "registry-auth",
    "a Docker configuration with logins",
    ("dockerc",),
    r"""\.docker(?:configjson|cfg)["']?\s{0,3}:\s{0,3}(?:[|>]-?\s{1,20})?["']?(e[yw][A-Za-z0-9+/]{20,8000}={0,2})""",
    is_true=is_docker_config,
    reach=8100,
)

_JWT = Pattern(
    "jwt",
    "a JSON Web Token",
    ("eyJ",),
    Expression(r"(?<![\w.-])(eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{16,1000})(?![\w.-])"),
    3,
    is_jwt,
    reach=7200,
    leads=True,
)

_NUGET = phrase(
    "nuget-password",
    "a NuGet feed's password",
    ("ClearTextPassword",),
    r"""<add\s{1,4}key="ClearTextPassword"\s{1,4}value="([^"<>\s%]{6,200})""",
    in_word=True,
)

_SIDEKIQ = phrase(
    "sidekiq-login",
    "a Sidekiq login",
    ("CONTRIBSYS__COM",),
    r"BUNDLE_(?:ENTERPRISE|GEMS)__CONTRIBSYS__COM[\"']?\s{0,3}[:=]\s{0,3}[\"']?([0-9a-f]{8}:[0-9a-f]{8})",
    in_word=True,
)

STRUCTURES = (PRIVATE_KEY, URL, _BASIC_AUTH, _DOCKER_CONFIG, _JWT, _ENCODED_KEY, _NUGET, _SIDEKIQ)
"""What is known by how it is built."""
