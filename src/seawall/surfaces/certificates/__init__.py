"""Certificates and private keys in PEM or DER: what of them a rule can judge."""

from seawall.surfaces.certificates.model import Certificate, KeyKind, PemFile, PrivateKey
from seawall.surfaces.certificates.pem import read_pem

__all__ = ["Certificate", "KeyKind", "PemFile", "PrivateKey", "read_pem"]
