"""Asks a named limit before the work is done."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv6Address, ip_address

from adminportal import sealing
from adminportal.throttle import rows, shared
from adminportal.throttle.limits import Limit, Store, limit_named

IPV6_NETWORK_BITS = 64
"""One household or office is given at least this much of IPv6, so it counts as one source."""


def check(name: str, *, key: str, now: datetime) -> None:
    """Count one hit of ``key`` under a limit, or refuse it.

    :raises Throttled: when the limit is reached; carries the seconds to wait.
    :raises LookupError: when there is no limit of this name.
    """
    limit = limit_named(name)
    if limit.store is Store.DATABASE:
        rows.take(limit, key_digest=_digest(limit, key), now=now)
    else:
        shared.take(limit, key_digest=_digest(limit, key))


def peek(name: str, *, key: str, now: datetime) -> None:
    """Refuse like :func:`check`, and count nothing: for limits that count failures only.

    :raises Throttled: when the limit is reached.
    :raises LookupError: when there is no limit of this name.
    """
    limit = limit_named(name)
    if limit.store is Store.DATABASE:
        rows.look(limit, key_digest=_digest(limit, key), now=now)
    else:
        shared.look(limit, key_digest=_digest(limit, key))


def source_of(address: str) -> str:
    """Return the source that an address counts for: itself for IPv4, its /64 for IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS)) + f"/{IPV6_NETWORK_BITS}"
    return str(found)


def _digest(limit: Limit, key: str) -> str:
    # Keys are addresses and names of people: neither Redis nor the table needs to know them.
    return sealing.keyed_digest(f"throttle:{limit.name}", key)
