"""What a sink promises the feed, and the connection that all of them make."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from adminportal.audit.sinks.address import SinkAddress
from adminportal.egress import EgressRefused, HostUnknown, allowed_addresses

TIMEOUT_SECONDS = 10.0
"""How long one step of a conversation may take; a batch stays under the feed's claim."""


class SinkFailed(Exception):
    """A batch may not have arrived, so it is sent again; carries the reason as a short text without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record on its way: ``kind`` is audit, checkpoint or gap; ``text`` is JSON in ASCII without line end."""

    kind: str
    text: str
    at: datetime
    is_warning: bool = False


class Sink(Protocol):
    """Sends batches of lines."""

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        """Hand the lines over, in order, and return when the other side has taken all of them.

        :raises SinkFailed: when that is not certain.
        """
        ...


def connect(address: SinkAddress) -> socket.socket:
    """Connect to an address that ``EGRESS_ALLOW`` covers, over TLS that names the host where it is asked for.

    :raises SinkFailed: when there is no way, or the certificate does not fit.
    """
    problem = "unreachable"
    for place in _places(address):
        try:
            plain = socket.create_connection((str(place), address.port), timeout=TIMEOUT_SECONDS)
        except OSError:
            continue
        try:
            return _secured(plain, address) if address.tls else plain
        except (OSError, ssl.SSLError) as failure:
            with contextlib.suppress(OSError):
                plain.close()
            problem = f"TLS failed: {type(failure).__name__}"
    raise SinkFailed(problem)


def _places(address: SinkAddress) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        places = allowed_addresses(address.host)
    except EgressRefused:
        raise SinkFailed("EGRESS_ALLOW does not cover the host") from None
    except HostUnknown:
        raise SinkFailed("the host has no address") from None
    if not address.tls:
        # The log holds names and addresses of people: in plain text it never leaves the machine.
        places = [place for place in places if place.is_loopback]
    if not places:
        raise SinkFailed("without TLS only loopback is reached")
    return places


def _secured(plain: socket.socket, address: SinkAddress) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=address.ca or None)
    return context.wrap_socket(plain, server_hostname=address.host)
