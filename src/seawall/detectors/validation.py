"""What tells a real credential from a text of the same shape: checksums, encodings, spread."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, crc32

from seawall.core.expression import Expression
from seawall.detectors.entropy import entropy

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE64_RUN = re.compile(r"(?:\\n|\\r|\s|^)([A-Za-z0-9+/]{40,})")
_SAYS_NO = Expression(r"(?i)example|placeholder|xxxxx|abcdef012345|0123456789|1234567890|(.)\1{7}")


def is_mixed(token: str) -> bool:
    """Whether a token's characters are spread as a generated one's are, and it is no example."""
    return entropy(token) >= 2.7 and _SAYS_NO.search(token) is None


def has_github_checksum(token: str) -> bool:
    """Whether the last six characters are the CRC-32 of the random part, in base 62.

    https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    """
    body, check = token.rpartition("_")[2][:-6], token[-6:]
    number, digits = crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0") == check


def has_key_body(text: str) -> bool:
    """Whether base64 lines follow the BEGIN line: a lone BEGIN line is a text about keys."""
    found = _BASE64_RUN.search(text, text.find("KEY"))
    return found is not None and entropy(found[1]) >= 3.5


def is_basic_credential(text: str) -> bool:
    """Whether it is `user:password` in base64, as `docker login` and npm write it down."""
    plain = decoded(text)
    return plain is not None and re.fullmatch(rb"[\x21-\x7e]+:[\x21-\x7e]+", plain) is not None


def is_jwt(text: str) -> bool:
    """Whether the first part is a JSON object that names a signing algorithm."""
    header = decoded(text.partition(".")[0].replace("-", "+").replace("_", "/"))
    return header is not None and header.startswith(b"{") and b'"alg"' in header


def decoded(text: str) -> bytes | None:
    """The bytes of a base64 text, padded or not; None where it is none."""
    try:
        return a2b_base64(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (Base64Error, ValueError):
        return None


def is_long_random(token: str) -> bool:
    """Whether a token is mixed and has a digit or a case change in its last 20 characters."""
    tail = token[-20:]
    return is_mixed(token) and tail.lower() != tail and tail.upper() != tail


def is_pypi_macaroon(token: str) -> bool:
    """Whether it is a version 2 macaroon that names its place: `pypi.org`, or a private index.

    https://github.com/pypi/warehouse, `macaroons`: base64 of 0x02, then a packet with the place.
    """
    body = decoded(token.removeprefix("pypi-")[:40].replace("-", "+").replace("_", "/"))
    return body is not None and body[:2] == b"\x02\x01" and b"pypi" in body


def is_encoded_key(text: str) -> bool:
    """Whether a base64 text is a private key in PEM: certificates begin in the same way."""
    head = decoded(text[: len(text) // 4 * 4])
    return head is not None and b"PRIVATE KEY" in head[:60]


def is_docker_config(text: str) -> bool:
    """Whether a base64 text is Docker's `config.json` with a login in it."""
    plain = decoded(text)
    return plain is not None and (b'"auth"' in plain or b'"password"' in plain)
