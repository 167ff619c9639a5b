"""Asks a named limit before the work is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from ipaddress import IPv6Address, ip_address

from adminportal import sealing
from adminportal.throttle import rows, shared
from adminportal.throttle.limits import Limit, Store, Throttled, limit_named

IPV6_NETWORK_BITS = 64
"""One household or office is given at least this much of IPv6, so it counts as one source."""


def check(name: str, *, key: str, now: datetime, number: int | None = None) -> None:
    """Count one hit of ``key`` under a limit, or refuse it; ``number`` takes the place of the limit's own.

    :raises Throttled: when the limit is reached; carries the seconds to wait.
    :raises LookupError: when there is no limit of this name.
    """
    limit = _limit(name, number)
    if limit.store is Store.DATABASE:
        rows.take(limit, key_digest=_digest(limit, key), now=now)
    else:
        shared.take(limit, key_digest=_digest(limit, key))


def peek(name: str, *, key: str, now: datetime, number: int | None = None) -> None:
    """Refuse like :func:`check`, and count nothing: for limits that count failures only.

    :raises Throttled: when the limit is reached.
    :raises LookupError: when there is no limit of this name.
    """
    limit = _limit(name, number)
    if limit.store is Store.DATABASE:
        rows.look(limit, key_digest=_digest(limit, key), now=now)
    else:
        shared.look(limit, key_digest=_digest(limit, key))


def _limit(name: str, number: int | None) -> Limit:
    limit = limit_named(name)
    return limit if number is None else replace(limit, number=number)


def hit(name: str, *, key: str, now: datetime) -> bool:
    """Count one hit of ``key`` and tell whether the window is full now; for limits whose last hit has a consequence.

    Of limits in the database alone. Inside a transaction only where that commits for every answer: else the hit would
    be forgotten.

    :raises LookupError: when there is no limit of this name in the database.
    """
    limit = _in_database(name)
    try:
        return rows.take(limit, key_digest=_digest(limit, key), now=now) >= limit.number
    except Throttled:
        return True


def forget(*names: str, key: str) -> None:
    """Forget every hit of ``key`` under these limits, under whichever sealing key it was counted; one statement.

    :raises LookupError: when one of them is no limit in the database.
    """
    limits = [_in_database(name) for name in names]
    rows.forget({limit.name: sealing.digests_of_all_keys(_purpose(limit), key) for limit in limits})


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
    return sealing.keyed_digest(_purpose(limit), key)


def _purpose(limit: Limit) -> str:
    return f"throttle:{limit.name}"


def _in_database(name: str) -> Limit:
    limit = limit_named(name)
    if limit.store is not Store.DATABASE:
        raise LookupError(f"The limit {name} is not counted in the database.")
    return limit
