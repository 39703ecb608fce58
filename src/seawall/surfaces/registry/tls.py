"""TLS as Docker and Podman set it for each registry, and as the user asks for it."""

from __future__ import annotations

import os
import ssl

import urllib3
from urllib3.exceptions import InsecureRequestWarning

from seawall.core.errors import InputError
from seawall.surfaces.registry.options import RegistryOptions


class Contexts:
    """The settings of TLS for each host, each read once.

    A directory `certs.d/<host:port>` holds what is to be used for that registry beside the
    system's authorities: `*.crt` are authorities, `*.cert` with `*.key` of the same name the
    client's certificate. The first that exists counts: the user's own of Podman and Docker, then
    the machine's.
    """

    def __init__(self, options: RegistryOptions) -> None:
        self._options = options
        self._made: dict[tuple[str, bool, bool], ssl.SSLContext] = {}

    def context(self, name: str, *, is_verified: bool, is_home: bool) -> ssl.SSLContext:
        """The context for a host, by the name under which its registry is known (`host:port`).

        The client's certificate is shown to the registry alone (`is_home`).

        Raises:
            InputError: a certificate or key can't be read.
        """
        key = (name, is_verified, is_home)
        if key not in self._made:
            self._made[key] = self._make(name, is_verified, is_home)
        return self._made[key]

    def _make(self, name: str, is_verified: bool, is_home: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        options = self._options
        if not is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            urllib3.disable_warnings(InsecureRequestWarning)  # the user knows: he asked for it
        if options.ca_bundle:
            _trust(context, options.ca_bundle)
        directory = self._directory(name)
        if directory:
            _add(context, directory, is_home)
        if is_home and options.client_certificate:
            _show(context, options.client_certificate, options.client_key)
        return context

    def _directory(self, name: str) -> str:
        settings = self._options.settings
        places = [os.path.join(settings, kind, "certs.d") for kind in ("containers", "docker")]
        home = self._options.environment.get("HOME", "")
        if home:
            own = os.path.join(home, ".config")
            places[:0] = [os.path.join(own, kind, "certs.d") for kind in ("containers", "docker")]
        found = (os.path.join(place, name) for place in places)
        return next(filter(os.path.isdir, found), "")


def _add(context: ssl.SSLContext, directory: str, is_home: bool) -> None:
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if name.endswith(".crt"):
            _trust(context, path)
        elif name.endswith(".cert") and is_home:
            _show(context, path, f"{path.removesuffix('.cert')}.key")


def _trust(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise _unreadable(path, "certificates of authorities", error) from error


def _show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        # A password would be asked for on the terminal: an encrypted key is refused instead.
        context.load_cert_chain(certificate, key or None, password="")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise _unreadable(certificate, "a client's certificate and key", error) from error


def _unreadable(path: str, what: str, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(
        f"{path}: holds no {what} that can be read: {reason}",
        "Both are PEM files; a key must not be encrypted.",
    )
