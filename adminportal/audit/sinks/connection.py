"""What a sink promises the feed, and the connection that all of them make."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from adminportal import outgoing
from adminportal.audit.sinks.address import SinkAddress

TIMEOUT_SECONDS = 10.0
"""How long one step of a conversation may take; a batch stays under the feed's claim."""


class SinkFailed(Exception):
    """A batch may not have arrived, so it is sent again; carries the reason as a short text without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SinkSilent(SinkFailed):
    """Everything was sent and nothing was answered: it has most likely arrived, and is not sent again in a hurry."""


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
    try:
        return outgoing.connect(server_of(address), timeout_seconds=TIMEOUT_SECONDS)
    except outgoing.NoConnection as problem:
        raise SinkFailed(problem.reason) from None


def server_of(address: SinkAddress) -> outgoing.Server:
    """Return where to connect."""
    return outgoing.Server(host=address.host, port=address.port, tls=address.tls, ca=address.ca)
