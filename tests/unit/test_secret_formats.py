"""Formats of credentials: each is found, a near miss is not, and none is missed."""

from __future__ import annotations

import re
from base64 import b64encode

import planted
import pytest
from format_coverage import KNOWN
from format_samples import longest, near_miss, sample, text_for

from seawall.core.model import Confidence
from seawall.detectors.patterns import ALL, Pattern, anchored_in
from seawall.detectors.secrets import find_formats, find_in_text
from seawall.detectors.validation import (
    has_age_checksum,
    has_github_checksum,
    is_docker_config,
    is_encoded_key,
    is_pypi_macaroon,
    is_whole_key,
)
from seawall.detectors.widening import wide_expression, widened

ENTRIES = [line.split(" ", 2) for line in KNOWN.strip().splitlines()]


def named(pattern: Pattern) -> str:
    return f"{pattern.kind}-{ALL.index(pattern)}"


@pytest.mark.parametrize("pattern", ALL, ids=named)
def test_a_credential_of_each_format_is_found_and_a_near_miss_is_not(pattern: Pattern) -> None:
    for seed in range(5):
        text = sample(pattern, seed)
        found = [secret.kind for secret in find_formats(f"x = {text} ;")]
        assert pattern.kind in found, text
        missed = [each.title for each in anchored_in(near_miss(pattern, text))]
        assert pattern.title not in missed


@pytest.mark.parametrize("pattern", ALL, ids=named)
def test_no_match_is_longer_than_the_format_says(pattern: Pattern) -> None:
    assert longest(pattern) <= pattern.reach


@pytest.mark.parametrize("pattern", [p for p in ALL if p.leads], ids=named)
def test_a_format_begins_with_its_anchor_where_it_says_so(pattern: Pattern) -> None:
    for seed in range(5):
        assert sample(pattern, seed).startswith(pattern.anchors)


@pytest.mark.parametrize("pattern", [p for p in ALL if p.in_run], ids=named)
def test_an_unbroken_run_stands_in_each_match_where_the_format_says_so(pattern: Pattern) -> None:
    for seed in range(5):
        assert re.search("[A-Za-z0-9_-]{20}", sample(pattern, seed))


@pytest.mark.parametrize(
    ("name", "found_by"), [e[:2] for e in ENTRIES if e[1] not in {"by", "not"}]
)
def test_a_format_that_others_know_is_known(name: str, found_by: str) -> None:
    assert found_by in {pattern.kind for pattern in ALL}


@pytest.mark.parametrize(("name", "rest"), [(e[0], e[2]) for e in ENTRIES if e[1] == "by"])
def test_a_value_without_a_format_is_found_by_its_name(name: str, rest: str) -> None:
    variable, shape = rest.split(" ")
    for seed in range(3):
        [secret] = list(find_in_text(f"{variable}={text_for(shape, seed)}\n"))
        assert secret.confidence is not Confidence.LOW
        assert not secret.is_default


def test_each_format_that_is_left_out_has_a_reason() -> None:
    for name, how, *reason in ENTRIES:
        assert how != "not" or len(reason[0]) > 10, name
    assert len({name for name, *_ in ENTRIES}) == len(ENTRIES)


def test_a_checksum_that_holds_makes_an_npm_token_sure() -> None:
    assert has_github_checksum(planted.NPM)
    wrong = planted.NPM[:-1] + ("a" if planted.NPM[-1] != "a" else "b")
    [good] = find_formats(planted.NPM)
    [bad] = find_formats(wrong)
    assert (good.confidence, bad.confidence) == (Confidence.HIGH, Confidence.MEDIUM)


def test_a_pypi_token_is_a_macaroon_of_pypi() -> None:
    body = b64encode(b"\x02\x01\x08pypi.org" + bytes(range(40, 90))).decode()
    assert is_pypi_macaroon("py" + "pi-" + body)
    assert not is_pypi_macaroon("py" + "pi-AgE" + planted.letters(60))


def test_an_age_key_has_a_bech32_checksum() -> None:
    # The first identity that the specification's test vectors print (age-encryption.org/v1).
    key = "AGE-SECRET-" + "KEY-1" + "XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6"
    assert has_age_checksum(key)
    assert not has_age_checksum(key[:-1] + "Q")
    assert not has_age_checksum(key[:-1] + "B")


@pytest.mark.parametrize("key", [planted.pem(), planted.pem(""), planted.openssh()])
def test_a_private_key_is_whole_from_begin_to_end(key: str) -> None:
    assert is_whole_key(key)
    assert is_whole_key(key.replace("\n", "\\n"))
    assert is_whole_key(key.replace("\n", "\r\n  "))
    assert not is_whole_key(key[: len(key) // 2])
    middle = len(key) // 2
    assert not is_whole_key("x" + key)
    if "OPENSSH" not in key:
        assert not is_whole_key(key[:middle] + key[middle + 80 :])


def test_an_encrypted_and_an_openpgp_key_are_keys_too() -> None:
    body = b64encode(bytes(range(1, 200))).decode()
    rsa, pgp = "RSA PRIVATE " + "KEY", "PGP PRIVATE " + "KEY BLOCK"
    head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B2C3D4E5F60718293A4B5C6D7E8F9\n\n"
    assert is_whole_key(f"-----{'BEGIN'} {rsa}-----\n{head}{body}\n-----{'END'} {rsa}-----")
    assert not is_whole_key(f"-----{'BEGIN'} {rsa}-----\n{body}\n-----{'END'} {rsa}-----")
    packet = b64encode(b"\x95\x01\x00" + bytes(range(1, 200))).decode()
    armor = f"-----{'BEGIN'} {pgp}-----\nVersion: 1\n\n{packet}\n=aBcD\n-----{'END'} {pgp}-----"
    assert is_whole_key(armor)
    assert not is_whole_key(armor.replace(packet, body))


def test_what_only_looks_like_a_key_body_is_none() -> None:
    name = "PRIVATE " + "KEY"
    for body in ("…" * 50, "A" * 12, "=" * 60, planted.letters(64)):
        assert not is_whole_key(f"-----{'BEGIN'} {name}-----\n{body}\n-----{'END'} {name}-----")


def test_a_certificate_in_base64_is_no_key() -> None:
    assert is_encoded_key(b64encode(planted.pem().encode()).decode())
    certificate = f"-----{'BEGIN'} CERTIFICATE-----\nMIIB\n"
    assert not is_encoded_key(b64encode(certificate.encode()).decode())
    assert not is_encoded_key("LS0tLS1CRUdJTi\N{SECTION SIGN}")


def test_a_docker_configuration_without_logins_is_none() -> None:
    assert not is_docker_config(b64encode(b'{"auths":{}}').decode())
    assert not is_docker_config("!")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"(?<!a)b(?=c)", "b"),
        (r"(?P<x>a|b(c))", "(?:a|b(?:c))"),
        (r"a(?!b(?:c)d)e", "ae"),
        (r"[(](?:\()[^)]", r"[(](?:\()[^)]"),
        (r"[]()]x(?<=[)])", "[]()]x"),
        (r"a\Z", r"a\z"),
    ],
)
def test_an_expression_is_widened(source: str, expected: str) -> None:
    assert widened(source) == expected


def test_an_expression_of_its_own_goes_before_the_derived_one() -> None:
    [key] = [pattern for pattern in ALL if pattern.title == "a private key"]
    assert wide_expression(key) == key.wide
