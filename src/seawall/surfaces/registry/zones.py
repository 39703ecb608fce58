"""Where addresses lie, and which of them a registry may send us to.

A registry names other hosts: the realm of its tokens, where its blobs are stored, the next page
of a list. It is not trusted to choose among the hosts that only this machine can reach:

- a host that it names must be asked by https, unless the registry itself is plain http;
- this machine (loopback) may only be named by a registry on this machine;
- link-local addresses and those of cloud metadata services only by a registry that is one;
- private addresses only by a registry at such an address itself, or by https, where a certificate
  for the name that the registry gave is asked for.

What counts is the address that is connected to, not what a name resolved to before.
"""

from __future__ import annotations

import ipaddress
from enum import IntEnum

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Metadata services that are not link-local: Amazon (IPv6), Alibaba, Azure.
_METADATA = tuple(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")))
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64, RFC 6052


class Zone(IntEnum):
    """How near an address is; only this machine's own is `LOOPBACK`."""

    PUBLIC = 0
    PRIVATE = 1
    LOOPBACK = 2
    LINK_LOCAL = 3


def zone_of(text: str) -> Zone:
    """The zone of an IP address, written without brackets.

    IPv4 inside of IPv6 (mapped, 6to4, Teredo, NAT64) counts as what it leads to. Multicast and
    reserved addresses count as link-local: no registry has any business there.
    """
    address = _innermost(ipaddress.ip_address(text))
    if address.is_loopback or address.is_unspecified:
        return Zone.LOOPBACK
    if address.is_link_local or address.is_multicast or address in _METADATA:
        return Zone.LINK_LOCAL
    if address.is_reserved:
        return Zone.LINK_LOCAL
    return Zone.PUBLIC if address.is_global else Zone.PRIVATE


def zone_of_name(host: str) -> Zone:
    """The zone as far as a host's name tells it: public where it is no address."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return Zone.LOOPBACK
    try:
        return zone_of(host)
    except ValueError:
        return Zone.PUBLIC


def may_send(home: Zone, target: Zone, *, is_secure: bool) -> bool:
    """Whether a registry at `home` may send us to `target`, `is_secure` by https."""
    if target in (Zone.LOOPBACK, Zone.LINK_LOCAL):
        return target is home
    if target is Zone.PRIVATE:
        return is_secure or home is not Zone.PUBLIC
    return True


def _innermost(address: _Address) -> _Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
