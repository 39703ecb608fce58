"""Whether a file that has a secret's name really holds one, by what stands in it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, structs

from seawall.core.expression import BytesExpression
from seawall.core.model import Confidence
from seawall.core.vocabulary import words
from seawall.facts.secret_names import SecretFile, secret_file

_ENCRYPTED = BytesExpression(
    rb"\A\0GITCRYPT\0|\A\$ANSIBLE_VAULT;|\Aage-encryption\.org/|-----BEGIN AGE ENCRYPTED"
    rb"|-----BEGIN PGP MESSAGE-----|\bENC\[AES256_GCM|\bencrypted:[A-Za-z0-9+/=]{20}"
)
_KEY = BytesExpression(
    rb"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|\APuTTY-User-Key"
)
_PUBLIC = BytesExpression(rb"-----BEGIN |\A(?:ssh-|ecdsa-|sk-)")
_KEYS = frozenset({"a private key", "an SSH private key"})
_READABLE = frozenset({"an environment file", "a file of credentials"})

_TESTS = words(
    "test tests testing testdata test-data test_data fixture fixtures spec specs __tests__ mock"
    " mocks e2e example examples sample samples demo demos docs"
)


class Held(Struct, frozen=True):
    """A secret file: its path, what it is (`a private key`), and how sure that is."""

    path: str
    what: str
    confidence: Confidence


def held(path: str, start_of: Callable[[str], bytes | None]) -> Held | None:
    """What a file holds that is secret, by its name and its start; None where that is nothing.

    A file that is encrypted, empty, a certificate or a public key is none. `start_of` is asked
    for the content only where the name tells of a secret.
    """
    named = secret_file(path)
    if named is None:
        return None
    content = start_of(path)
    if content is not None:
        named = _by_content(named, content)
    return Held(path, named.what, named.confidence) if named else None


def _by_content(named: SecretFile, content: bytes) -> SecretFile | None:
    if not content.strip() or _ENCRYPTED.search(content):
        return None
    if named.what in _KEYS:
        return _key(named, content)
    return _settings(named, content) if named.what in _READABLE else named


def _key(named: SecretFile, content: bytes) -> SecretFile | None:
    if _KEY.search(content):
        return structs.replace(named, confidence=Confidence.HIGH)
    return None if _PUBLIC.search(content) else named


def _settings(named: SecretFile, content: bytes) -> SecretFile | None:
    """An environment file with nothing but settings is one by its name only."""
    from seawall.detectors.secrets import find_in_text  # noqa: PLC0415 -- few files need it

    secrets = list(find_in_text(content.decode("utf-8", "replace")))
    if any(not s.is_default and s.confidence is not Confidence.LOW for s in secrets):
        return structs.replace(named, confidence=Confidence.HIGH)
    if secrets or named.confidence is Confidence.HIGH:
        return named
    is_environment = named.what == "an environment file"
    return structs.replace(named, confidence=Confidence.LOW) if is_environment else None


def weight_of(path: str) -> str:
    """Why a secret file weighs less: it stands among tests or samples. Empty if it does not."""
    folder = next((part for part in path.split("/")[:-1] if part.lower() in _TESTS), "")
    return f"it stands below {folder}/" if folder else ""
