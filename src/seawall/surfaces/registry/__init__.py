"""Registries of images: the client of their API (OCI distribution specification, v2).

Nothing here runs, reads a file or opens a socket on import: whoever makes a `RegistryClient` wants
to talk to a registry.
"""
