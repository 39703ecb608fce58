"""No bytes make the readers of certificates and keys raise or hang."""

from __future__ import annotations

from base64 import encodebytes
from time import process_time

import pytest
from certificates import certificate, pem_of_key
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.surfaces.certificates import der
from seawall.surfaces.certificates.pem import read_pem

NAMES = [x509.DNSName("a.example"), x509.DNSName("b.example")]
MADE = [
    certificate(key, names=NAMES, is_authority=False).public_bytes(serialization.Encoding.DER)
    for key in (
        rsa.generate_private_key(65537, 1024),  # noqa: S505 -- small is quick
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    )
]
KEYS = [
    pem_of_key(ec.generate_private_key(ec.SECP256R1()), form)
    for form in ("PKCS8", "TraditionalOpenSSL")
]
LABELS = st.sampled_from(
    ["CERTIFICATE", "TRUSTED CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY",
     "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
)  # fmt: skip
PIECES = st.sampled_from(
    [b"-----BEGIN ", b"-----END ", b"CERTIFICATE", b"PRIVATE KEY", b"-----", b"\n", b"\r\n", b" ",
     b"AAAA", b"MIIB", b"=", b"Proc-Type: 4,ENCRYPTED", b"\0", b"\xff", b"\n\n", b"\t"]
)  # fmt: skip


def armored(label: str, data: bytes) -> bytes:
    head, foot = f"-----BEGIN {label}-----\n", f"-----END {label}-----\n"
    return head.encode() + encodebytes(data) + foot.encode()


@given(st.sampled_from(MADE), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=5))
@settings(max_examples=1000, deadline=None)
def test_a_certificate_with_any_bytes_changed_is_read_or_at_fault(
    data: bytes, changes: list[tuple[int, int]]
) -> None:
    changed = bytearray(data)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    read = read_pem(armored("CERTIFICATE", bytes(changed)))
    assert len(read.certificates) + len(read.faults) == 1


@given(st.sampled_from(MADE), st.integers(0))
@settings(max_examples=300, deadline=None)
def test_a_certificate_cut_anywhere_is_at_fault(data: bytes, place: int) -> None:
    cut = data[: place % len(data)]
    read = read_pem(armored("CERTIFICATE", cut))
    assert (len(read.certificates), len(read.faults)) == (0, 1)


@given(LABELS, st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_bytes_under_any_label_are_read_or_at_fault(label: str, data: bytes) -> None:
    read = read_pem(armored(label, data))
    assert len(read.keys) + len(read.certificates) + len(read.faults) >= 1


@given(st.lists(PIECES, max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read(pieces: list[bytes]) -> None:
    read_pem(b"".join(pieces))


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_any_bytes_that_look_like_der_are_read(data: bytes) -> None:
    read_pem(b"\x30" + data)


@given(st.sampled_from(KEYS), st.integers(0), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_key_with_a_byte_changed_is_a_key_or_no_block(data: bytes, place: int, byte: int) -> None:
    changed = bytearray(data)
    changed[place % len(changed)] = byte
    read = read_pem(bytes(changed))
    assert len(read.keys) <= 1
    assert not read.certificates


@given(st.integers(-(2**70), 2**70))
def test_an_integer_is_read_as_it_was_written(value: int) -> None:
    length = (value + (value < 0)).bit_length() // 8 + 1
    content = value.to_bytes(length, "big", signed=True)
    assert der.integer(der.Element(der.INTEGER, content)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN CERTIFICATE-----\n" * 30_000,
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 15_000,
        b"-----BEGIN PRIVATE KEY-----\n" + b"a-" * 500_000 + b"\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nA: b\n" + b"  \n" * 300_000 + b"-----END PRIVATE KEY-----",
        b"-" * 1_000_000,
        b"\x30" * 1_000_000,
        b"\x30\x83\x0f\x42\x3b" + b"\x30\x00" * 500_000,
        b"\n" * 1_000_000,
    ],
    ids=range(8),
)
def test_a_megabyte_of_anything_takes_no_second(data: bytes) -> None:
    start = process_time()
    read_pem(data)
    assert process_time() - start < 1
