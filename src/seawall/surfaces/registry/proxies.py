"""Which proxy a host is to be asked through: the environment says, as for most programs."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from seawall.core.errors import InputError
from seawall.surfaces.registry.zones import Zone, zone_of_name


def proxy_for(scheme: str, host: str, port: int, environment: Mapping[str, str]) -> str:
    """The proxy's URL, empty for none: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, but `NO_PROXY`.

    Names in lower case come before those in upper case. This machine is never asked through a
    proxy. `NO_PROXY` has `*`, hosts (with all below them), `host:port`, addresses and networks.

    Raises:
        InputError: the proxy is none of http or https.
    """
    url = _setting(f"{scheme}_proxy", environment) or _setting("all_proxy", environment)
    if not url or zone_of_name(host) is Zone.LOOPBACK:
        return ""
    if _is_exempt(host.strip("[]").lower(), port, _setting("no_proxy", environment)):
        return ""
    url = url if "://" in url else f"http://{url}"
    if url.partition("://")[0].lower() not in ("http", "https"):
        raise InputError(
            "the proxy of the environment is none that is understood",
            "Proxies may have http:// or https:// URLs; NO_PROXY exempts a host.",
        )
    return url


def _setting(name: str, environment: Mapping[str, str]) -> str:
    found = environment.get(name)
    if found is None:
        # A server's script is given HTTP_PROXY by whoever sends the header `Proxy`.
        if name == "http_proxy" and "REQUEST_METHOD" in environment:
            return ""
        found = environment.get(name.upper(), "")
    return found.strip()


def _is_exempt(host: str, port: int, exempt: str) -> bool:
    return any(_is_named(host, port, entry.strip().lower()) for entry in exempt.split(","))


def _is_named(host: str, port: int, entry: str) -> bool:
    if not entry or entry == "*":
        return entry == "*"
    if "/" in entry:
        return _is_within(host, entry)
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").lstrip(".")
    return host == entry or host.endswith(f".{entry}")


def _is_within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
