"""What tells a real credential from a text of the same shape: checksums, encodings, spread."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, crc32

from seawall.core.expression import Expression
from seawall.detectors.entropy import entropy

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE64_RUN = Expression(r"(?:\\n|\\r|\s|^)([A-Za-z0-9+/]{40,})")
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


def is_mixed_behind_filler(token: str) -> bool:
    """Whether a token is mixed behind the `A`s that it begins with: zeros, in base64."""
    return is_mixed(token.lstrip("A"))


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


_PEM = Expression(
    r"-----BEGIN (?P<sort>[A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<body>.{40,12000}?)-----END",
    re.DOTALL,
)
_HEADERS = Expression(r"[A-Za-z][A-Za-z-]{2,30}: [^\n\\]{0,200}")
_BREAKS = Expression(r"\\[nrt]|[^A-Za-z0-9+/=]")
_ARMOR = Expression(r"=[A-Za-z0-9+/]{4}\Z")
_OPENSSH = b"openssh-key-v1\0"


def is_whole_key(text: str) -> bool:
    """Whether a private key is there from BEGIN to END, and its body is what keys are made of.

    A DER sequence as long as it says (RFC 5958, 8017, 5915), OpenSSH's format, an OpenPGP secret
    key packet (RFC 9580, 5.5.3), or an encrypted body (RFC 1421, DEK-Info).
    """
    found = _PEM.match(text)
    if found is None:
        return False
    body = found["body"]
    is_encrypted = "DEK-Info" in body
    data = decoded(_ARMOR.sub("", _BREAKS.sub("", _HEADERS.sub("", body)).rstrip("=")))
    if data is None or len(data) < 24:
        return False
    if found["sort"].startswith("PGP"):
        return data[0] & 0x80 != 0
    return is_encrypted or data.startswith(_OPENSSH) or _is_sequence(data)


def _is_sequence(data: bytes) -> bool:
    """Whether it is one DER sequence (X.690, 8.1.3) and nothing behind it but padding."""
    if data[0] != 0x30:
        return False
    size, head = data[1], 2
    if size & 0x80:
        count = size & 0x7F
        size, head = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    return 0 <= len(data) - head - size <= 2


_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def has_age_checksum(token: str) -> bool:
    """Whether the checksum of an age key holds (BIP 173: Bech32, as age writes it)."""
    human, _, data = token.lower().rpartition("1")
    if any(c not in _BECH32 for c in data):
        return False
    expanded = [ord(c) >> 5 for c in human] + [0] + [ord(c) & 31 for c in human]
    check = 1
    for value in [*expanded, *map(_BECH32.index, data)]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH32_STEPS):
            check ^= step if top >> bit & 1 else 0
    return check == 1
