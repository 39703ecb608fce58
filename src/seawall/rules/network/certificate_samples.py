"""Certificates for the examples of rules; their keys were thrown away when they were made."""

from __future__ import annotations

EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIHgMIGToAMCAQICAQEwBQYDK2VwMBoxGDAWBgNVBAMMD3d3dy5leGFtcGxlLm9y
ZzAeFw0yNDAxMDEwMDAwMDBaFw0yNTAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD3d3
dy5leGFtcGxlLm9yZzAqMAUGAytlcAMhAEIAr8dTT90tk87jHHZyxKIc3ELQwgog
aja53Wy6jnFjMAUGAytlcANBAK90dUSZRj429OMgVLMW9m69zVgmW/WDMCRQQIJ9
3RphOZ6CK/YpUFvnKkK5PoEG30oI1640O7i7Od3oCe6FUQI=
-----END CERTIFICATE-----
"""
"""Of www.example.org, over since the beginning of 2025."""

SOUND = """\
-----BEGIN CERTIFICATE-----
MIHgMIGToAMCAQICAQEwBQYDK2VwMBoxGDAWBgNVBAMMD3d3dy5leGFtcGxlLm9y
ZzAeFw0yNDAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD3d3
dy5leGFtcGxlLm9yZzAqMAUGAytlcAMhAEIAr8dTT90tk87jHHZyxKIc3ELQwgog
aja53Wy6jnFjMAUGAytlcANBAHI79h8a92P+iVbfDnvNYma3riyE8dT3js7FRG6m
1/T8G1scOyBbThLrC57s3sHx8biZhCoVtQ6ZYErMY2hUOQs=
-----END CERTIFICATE-----
"""
"""Of www.example.org, good until 2049."""

WEAK = """\
-----BEGIN CERTIFICATE-----
MIIBVzCCAQmgAwIBAgIBATAFBgMrZXAwGjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUu
b3JnMB4XDTI0MDEwMTAwMDAwMFoXDTQ5MDEwMTAwMDAwMFowGjEYMBYGA1UEAwwP
d3d3LmV4YW1wbGUub3JnMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwQ1aF
45DE/9q9bdP94mHTgCV5tp5XLmyZhMXVSmXtQNaAWBd/dIgR9n2T2nwA0SrJ5TbM
Ixh/g2aqUnjoQ3U0JUndEEQPH/p3Z9Fke8cS0Y9337/ZnqM53S8BMOMSRYgoKr7U
s9OKQu3MakeCNrsIWNQ4e2KTml5RUBUu5sOsXQIDAQABMAUGAytlcANBABUmqgb2
bSIpIGse77JSHnRbvp8Poypul9ZriMqv+fcwxxXJY+go3ihqxk1J4+MePck1Ujxg
1cEx9Qmin/KMfQs=
-----END CERTIFICATE-----
"""
"""Of www.example.org, with an RSA key of 1024 bits."""

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"
"""The outside of a private key: nothing of one is in it."""


def beside(file: str, text: str, volume: str, *, tail: str = "") -> str:
    """A project of one service that mounts a volume, with one file beside it."""
    return (
        "=== compose.yaml\nservices:\n  web:\n    image: nginx:1.28.0\n    volumes:\n"
        f"      - {volume}\n{tail}=== {file}\n{text}"
    )
