"""Where the portal itself may connect to: hosts and networks of ``EGRESS_ALLOW``, judged by address, not by name alone.

Whoever connects does so to the address that was judged here: a name that is asked twice may answer differently the
second time (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class EgressRefused(Exception):
    """``EGRESS_ALLOW`` does not cover a host; carries its name."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class HostUnknown(Exception):
    """A host name leads to no address; carries it."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


def allowed_addresses(host: str) -> list[Address]:
    """Return the addresses of a host that may be connected to, in the order of the resolver; asks the resolver.

    :raises EgressRefused: when ``EGRESS_ALLOW`` names neither the host nor one of its addresses.
    :raises HostUnknown: when the name leads nowhere.
    """
    names, networks = _rules(settings.EGRESS_ALLOW)
    is_named = any(_covers(rule, host.casefold().rstrip(".")) for rule in names)
    found = [address for address in _addresses_of(host) if _may_reach(address, networks, is_named=is_named)]
    if not found:
        raise EgressRefused(host)
    return found


def _may_reach(address: Address, networks: list[Network], *, is_named: bool) -> bool:
    if any(address in network for network in networks):
        return True
    # An allowed name that leads to this machine or to the metadata of its cloud was bent by somebody.
    inward = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return is_named and not inward


def _rules(words: Iterable[str]) -> tuple[list[str], list[Network]]:
    names: list[str] = []
    networks: list[Network] = []
    for word in words:
        try:
            networks.append(ipaddress.ip_network(word.strip("[]"), strict=False))
        except ValueError:
            names.append(word.casefold().rstrip("."))
    return names, networks


def _covers(rule: str, host: str) -> bool:
    return host == rule or (rule.startswith(".") and host.endswith(rule))


def _addresses_of(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise HostUnknown(host) from None
    addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    return [_unmapped(address) for address in dict.fromkeys(addresses)]


def _unmapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one hides, such as ::ffff:127.0.0.1."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
