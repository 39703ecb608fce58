"""Certificates and private keys are read as the `cryptography` library reads them."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import ssl
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import certificate, pem, pem_of_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from seawall.surfaces.certificates.model import KeyKind, PrivateKey
from seawall.surfaces.certificates.pem import read_pem

RSA_2048 = rsa.generate_private_key(65537, 2048)
RSA_1024 = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- what must be found
P256 = ec.generate_private_key(ec.SECP256R1())
DSA_2048 = dsa.generate_private_key(2048)

KEYS = {
    "RSA 2048": RSA_2048,
    "RSA 1024": RSA_1024,
    "DSA 2048": DSA_2048,
    "EC 256": P256,
    "EC 384": ec.generate_private_key(ec.SECP384R1()),
    "EC 521": ec.generate_private_key(ec.SECP521R1()),
    "EC 192": ec.generate_private_key(ec.SECP192R1()),
    "Ed25519 256": ed25519.Ed25519PrivateKey.generate(),
    "Ed448 456": ed448.Ed448PrivateKey.generate(),
}


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_of_key_is_told_from_its_certificate(kind: str) -> None:
    read = read_pem(pem(certificate(KEYS[kind])))
    assert read.faults == ()
    assert [str(each.key) for each in read.certificates] == [kind]


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_each_kind_of_private_key_is_told_in_each_form(kind: str, form: str) -> None:
    if form == "TraditionalOpenSSL" and kind.startswith("Ed"):
        pytest.skip("these keys have no such form")
    read = read_pem(pem_of_key(KEYS[kind], form))
    assert (read.keys, read.faults) == ((PrivateKey(_kind(kind)),), ())


@pytest.mark.parametrize("kind", ["RSA 2048", "EC 256", "DSA 2048"])
def test_an_encrypted_key_is_known_as_such(kind: str) -> None:
    modern = read_pem(pem_of_key(KEYS[kind], "PKCS8", b"of a test"))
    old = read_pem(pem_of_key(KEYS[kind], "TraditionalOpenSSL", b"of a test"))
    assert modern.keys == (PrivateKey(KeyKind(), is_encrypted=True),)
    assert old.keys == (PrivateKey(KeyKind(kind.partition(" ")[0]), is_encrypted=True),)
    assert modern.faults == old.faults == ()


def test_opensshs_own_form_says_whether_it_is_encrypted() -> None:
    assert read_pem(pem_of_key(P256, "OpenSSH")).keys == (PrivateKey(KeyKind()),)
    body = base64.encodebytes(b"openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt")
    label = b"OPENSSH PRIVATE KEY-----\n"
    read = read_pem(b"-----BEGIN " + label + body + b"-----END " + label)
    assert read.keys == (PrivateKey(KeyKind(), is_encrypted=True),)
    assert read_pem(b"-----BEGIN " + label + b"AAAA\n-----END " + label).faults


def test_a_block_of_parameters_before_a_key_is_passed_over() -> None:
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    read = read_pem(parameters + pem_of_key(P256, "TraditionalOpenSSL"))
    assert (read.keys, read.faults) == ((PrivateKey(KeyKind("EC", 256)),), ())


@pytest.mark.parametrize(
    "digest",
    [hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()],
    ids=lambda digest: digest.name,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["RSA 2048", "EC 256", "DSA 2048"])
def test_the_digest_is_the_one_that_was_signed(digest: hashes.HashAlgorithm, kind: str) -> None:
    if kind.startswith("DSA") and digest.name in {"sha384", "sha512"}:
        pytest.skip("the library signs with none of these")
    made = certificate(KEYS[kind], digest=digest)
    assert read_pem(pem(made)).certificates[0].digest == digest.name


@pytest.mark.parametrize("digest", ["md5", "sha1"])
@pytest.mark.parametrize("kind", ["RSA 2048", "EC 256", "DSA 2048"])
def test_a_digest_that_the_library_signs_with_no_more_is_told(
    digest: str, kind: str, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_bytes(pem_of_key(KEYS[kind]))
    command = ["openssl", "req", "-x509", f"-{digest}", "-key", str(key), "-subj", "/CN=x"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl here that signs so")
    assert read_pem(done.stdout).certificates[0].digest == digest


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA512()], ids=lambda each: each.name)
def test_the_digest_of_pss_stands_in_its_parameters(digest: hashes.HashAlgorithm) -> None:
    how = padding.PSS(padding.MGF1(digest), 20)
    assert read_pem(pem(certificate(RSA_2048, digest=digest, how=how))).certificates[0].digest == (
        digest.name
    )


def test_names_are_the_alternative_ones_and_addresses() -> None:
    names = [
        x509.DNSName("www.example.org"),
        x509.DNSName("*.example.org"),
        x509.RFC822Name("me@example.org"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ]
    read = read_pem(pem(certificate(P256, subject="other", names=names))).certificates[0]
    assert read.subject == "other"
    assert read.names == ("www.example.org", "*.example.org", "192.0.2.1", "2001:db8::1")


def test_without_alternative_names_the_common_name_stands_for_them() -> None:
    assert read_pem(pem(certificate(P256, subject="Bücher.example"))).certificates[0].names == (
        "Bücher.example",
    )


def test_a_chain_is_read_in_its_order() -> None:
    root = certificate(P256, subject="root", is_authority=True)
    leaf = certificate(RSA_2048, subject="leaf", issuer=("root", P256))
    read = read_pem(b"leaf\n" + pem(leaf) + b"\n# the root\n" + pem(root))
    assert [c.subject for c in read.certificates] == ["leaf", "root"]
    assert [c.is_authority for c in read.certificates] == [False, True]
    assert [c.is_self_signed for c in read.certificates] == [False, True]


@pytest.mark.parametrize("year", [1951, 1999, 2049, 2050, 2105, 9999])
def test_times_are_right_on_both_sides_of_the_two_digit_years(year: int) -> None:
    ends = dt.datetime(year, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    made = certificate(P256, starts=dt.datetime(1950, 1, 1, tzinfo=dt.UTC), ends=ends)
    assert read_pem(pem(made)).certificates[0].ends == ends


def test_der_is_read_without_its_text_form() -> None:
    made = certificate(P256, subject="der")
    assert read_pem(made.public_bytes(serialization.Encoding.DER)).certificates[0].subject == "der"


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("kind", ["RSA 2048", "EC 256"])
def test_a_key_in_der_is_read_too(kind: str, form: str) -> None:
    text = pem_of_key(KEYS[kind], form).decode()
    data = base64.b64decode("".join(text.splitlines()[1:-1]))
    assert read_pem(data).keys == (PrivateKey(_kind(kind)),)


def test_der_that_is_neither_is_a_fault() -> None:
    read = read_pem(b"\x30\x03\x02\x01\x05")
    assert not read.certificates
    assert not read.keys
    assert len(read.faults) == 1


def test_the_authorities_of_this_machine_are_read_as_the_library_does() -> None:
    file = ssl.get_default_verify_paths().cafile
    if file is None:
        pytest.skip("this machine has no list of authorities")
    with open(file, "rb") as opened:  # noqa: PTH123 -- a plain path
        data = opened.read()
    read = read_pem(data)
    with warnings.catch_warnings(action="ignore"):  # of serial numbers
        known = x509.load_pem_x509_certificates(data)
    assert read.faults == ()
    assert [(c.starts, c.ends, c.digest) for c in read.certificates] == [
        (c.not_valid_before_utc, c.not_valid_after_utc, _digest(c)) for c in known
    ]
    assert all(c.is_self_signed and c.is_authority and c.key.bits for c in read.certificates[:20])


def _digest(made: x509.Certificate) -> str:
    return made.signature_hash_algorithm.name if made.signature_hash_algorithm else ""


def test_windows_line_ends_and_trailing_blanks_are_no_fault() -> None:
    text = pem(certificate(P256)).replace(b"\n", b"  \r\n")
    assert len(read_pem(text).certificates) == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace(b"-----END CERTIFICATE-----", b""), "does not end"),
        (lambda text: text.replace(b"M", b"*", 1), "no base64"),
        (lambda text: b"\n".join(text.split(b"\n")[:4] + text.split(b"\n")[5:]), "ends too early"),
        (lambda text: text.replace(b"END CERT", b"END X509 CERT"), "did not begin"),
        (lambda text: text[:100] + b"\n" + text, "begins inside of another"),
    ],
)
def test_damage_is_said_with_what_it_is(damage: Callable[[bytes], bytes], said: str) -> None:
    faults = read_pem(damage(pem(certificate(RSA_2048)))).faults
    assert any(said in fault for fault in faults), faults


def test_a_key_that_cannot_be_read_is_one_all_the_same() -> None:
    read = read_pem(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert read.keys == (PrivateKey(KeyKind()),)
    assert read.faults


def test_the_rest_of_a_file_is_read_after_a_fault() -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    read = read_pem(broken + pem(certificate(P256)))
    assert len(read.certificates) == len(read.faults) == 1


@pytest.mark.parametrize("data", [b"", b"secret", b"-----BEGIN PUBLIC KEY-----\nAA\n", b"\xff" * 9])
def test_a_file_that_is_something_else_holds_nothing(data: bytes) -> None:
    read = read_pem(data, 0o600)
    assert (read.certificates, read.keys, read.mode) == ((), (), 0o600)


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert read_pem(b"\n" * 1024 * 1024 + pem(certificate(P256))).certificates == ()


def test_blocks_beyond_a_bound_are_not_read() -> None:
    block = b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    faults = read_pem(block * 1100).faults
    assert len(faults) == 16


def test_a_trusted_certificate_has_more_after_it() -> None:
    data = certificate(P256, subject="it").public_bytes(serialization.Encoding.DER)
    text = base64.encodebytes(data + b"\x30\x00")
    label = b"TRUSTED CERTIFICATE-----\n"
    read = read_pem(b"-----BEGIN " + label + text + b"-----END " + label)
    assert [c.subject for c in read.certificates] == ["it"]


def _kind(text: str) -> KeyKind:
    algorithm, _, size = text.partition(" ")
    return KeyKind(algorithm, int(size))
