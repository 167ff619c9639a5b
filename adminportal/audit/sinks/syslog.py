"""Syslog: RFC 5424 with octet counting (RFC 6587), over TLS (RFC 5425) or to loopback in plain."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from adminportal.audit.canonical import rfc3339
from adminportal.audit.sinks.address import SinkAddress
from adminportal.audit.sinks.connection import Line, SinkFailed, SinkSilent, connect

LOG_AUDIT, WARNING, NOTICE = 13, 4, 5
"""Facility and severities (RFC 5424 section 6.2.1)."""
APP_NAME = "adminportal"
END_SECONDS = 20.0
"""How long a collector may take to end a connection after everything was sent."""


class SyslogSink:
    """Sends each batch over a connection of its own."""

    def __init__(self, address: SinkAddress) -> None:
        """Remember where to; connects only to send."""
        self._address = address

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        """Hand the lines over; see :class:`~adminportal.audit.sinks.connection.Sink`.

        Syslog answers nothing. The end of the connection is the answer: the other side ends its half only after it
        has read ours to the end, and a connection that it dropped before comes back as reset.
        """
        link = connect(self._address)
        try:
            _send(link, b"".join(_framed(line) for line in lines))
            _await_end(link)
        except TimeoutError as problem:
            raise SinkSilent("the collector does not end the connection") from problem
        except OSError as problem:
            raise SinkFailed(f"connection broke: {type(problem).__name__}") from problem
        finally:
            with contextlib.suppress(OSError):
                link.close()


def _framed(line: Line) -> bytes:
    priority = LOG_AUDIT * 8 + (WARNING if line.is_warning else NOTICE)
    host = urlsplit(settings.PUBLIC_URL).hostname or "-"
    message = f"<{priority}>1 {rfc3339(line.at)} {host} {APP_NAME} - {line.kind} - {line.text}".encode("ascii")
    return b"%d %s" % (len(message), message)


def _send(link: socket.socket, stream: bytes) -> None:
    try:
        link.sendall(stream)
    except TimeoutError as problem:
        raise SinkFailed("the collector does not read") from problem


def _await_end(link: socket.socket) -> None:
    """Wait for the end of the connection, all in all no longer than a collector may take.

    :raises TimeoutError: when it did not come; somebody who sends a byte now and then gains nothing.
    """
    ends_at = time.monotonic() + END_SECONDS
    link.settimeout(END_SECONDS)
    if isinstance(link, ssl.SSLSocket):
        try:
            # A server may also just close after it has read our close_notify; that is an end as well.
            with contextlib.suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):
                link.unwrap()
        except OSError as problem:
            if problem.errno or isinstance(problem, TimeoutError):
                raise
        return
    link.shutdown(socket.SHUT_WR)
    while link.recv(4096):
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        link.settimeout(left)
