"""Image references, read as the distribution project's grammar and Docker's defaults read them."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.once import once

DEFAULT_REGISTRY = "docker.io"
OFFICIAL_NAMESPACE = "library/"

_MAX_NAME = 255
_MAX_TEXT = 1024
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = Expression(
    r"(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})"
    r"|(?!sha(?:256|384|512):)[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")


class Reference(Struct, frozen=True, dict=True):
    """What a reference names; `tag` and `digest` are empty where they are not written."""

    registry: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        """The full name without tag and digest: `docker.io/library/python`."""
        return f"{self.registry}/{self.path}"

    @once
    def name(self) -> str:
        """The name as people write it, without tag and digest: `python`, `grafana/grafana`."""
        if self.registry != DEFAULT_REGISTRY:
            return self.repository
        return self.path.removeprefix(OFFICIAL_NAMESPACE) if self.is_official else self.path

    @property
    def familiar(self) -> str:
        """The reference as `docker images` shows it: defaults left out, nothing added."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest else "")

    @once
    def is_official(self) -> bool:
        """Whether it lies in Docker Hub's namespace of official images (`docker.io/library`).

        Whether such an image exists is another question: see `seawall.facts.official`.
        """
        path = self.path
        return (
            self.registry == DEFAULT_REGISTRY
            and path.startswith(OFFICIAL_NAMESPACE)
            and "/" not in path[len(OFFICIAL_NAMESPACE) :]
        )


@lru_cache(maxsize=4096)
def parse_reference(text: str) -> Reference | None:
    """Read a reference such as `python:3.9`, `localhost:5000/app` or `ghcr.io/a/b@sha256:…`.

    None where Docker would refuse it: upper case in the path, a bad digest, a bare 64-digit
    identifier, a name of more than 255 characters. The grammar is
    github.com/distribution/reference, the defaults are those of its `ParseNormalizedNamed`.
    """
    if len(text) > _MAX_TEXT or _IDENTIFIER.fullmatch(text):
        return None
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return None
    registry, remainder = _split_registry(name)
    path, colon, tag = remainder.partition(":")
    if colon and not _TAG.fullmatch(tag):
        return None
    if not _is_name(registry, path):
        return None
    return Reference(registry, path, tag, digest)


def _split_registry(name: str) -> tuple[str, str]:
    """The registry's host and the rest; a first part that is no host belongs to the path."""
    first, slash, rest = name.partition("/")
    # Docker takes a first part with upper case for a host: no path may have any.
    is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    if slash and is_host:
        registry, remainder = first, rest
    else:
        registry, remainder = DEFAULT_REGISTRY, name
    if registry == "index.docker.io":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in remainder:
        remainder = OFFICIAL_NAMESPACE + remainder
    return registry, remainder


def _is_name(registry: str, path: str) -> bool:
    if len(registry) + 1 + len(path) > _MAX_NAME:
        return False
    return _DOMAIN.fullmatch(registry) is not None and _PATH.fullmatch(path) is not None
