"""Certificates and private keys in PEM or DER: what of them a rule can judge."""
