"""Connections that the portal itself makes to servers the operator named: only to the address that was judged.

``EGRESS_ALLOW`` decides (see :mod:`adminportal.egress`); without TLS only loopback is reached, no redirect is followed.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from adminportal.egress import EgressRefused, HostUnknown, allowed_addresses

ANSWER_BYTES = 65_536
"""How much of an answer is read, in bytes."""
ANSWER_SECONDS = 30.0
"""How long request and answer may take together: a server that sends a byte now and then holds nobody up."""


class NoConnection(Exception):
    """There is no way to a server, and nothing was sent; carries the reason as a short text without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswer(Exception):
    """A request left, or part of it, and no answer came; carries the kind of fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to connect; ``ca`` is a file of authorities, empty for those of the system."""

    host: str
    port: int
    tls: bool
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def connect(server: Server, *, timeout_seconds: float) -> socket.socket:
    """Connect to an address that ``EGRESS_ALLOW`` covers, over TLS that names the host where it is asked for.

    ``timeout_seconds`` bounds each step, those of the conversation that follows as well.

    :raises NoConnection: when there is no way, or the certificate does not fit.
    """
    problem = "unreachable"
    for place in _places(server):
        try:
            plain = socket.create_connection((str(place), server.port), timeout=timeout_seconds)
        except OSError:
            continue
        try:
            return _secured(plain, server) if server.tls else plain
        except OSError as failure:  # ssl.SSLError is one
            with contextlib.suppress(OSError):
                plain.close()
            problem = f"TLS failed: {type(failure).__name__}"
    raise NoConnection(problem)


def post(link: socket.socket, server: Server, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send one request over a connection of :func:`connect`, read the answer and close.

    :raises NoAnswer: when none came.
    """
    request = HTTPConnection(server.host, server.port)
    request.sock = link
    end = threading.Timer(ANSWER_SECONDS, _cut, (link,))
    end.daemon = True
    end.start()
    try:
        request.request("POST", target, body, {"User-Agent": "adminportal", "Connection": "close", **headers})
        answer = request.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=found, body=answer.read(ANSWER_BYTES))
    except (OSError, HTTPException) as problem:
        raise NoAnswer(type(problem).__name__) from problem
    finally:
        end.cancel()
        with contextlib.suppress(OSError):
            request.close()
            link.close()


def _cut(link: socket.socket) -> None:
    """End a connection under whoever waits for it; below TLS, which another thread must not touch."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(link, socket.SHUT_RDWR)


def _places(server: Server) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        places = allowed_addresses(server.host)
    except EgressRefused:
        raise NoConnection("EGRESS_ALLOW does not cover the host") from None
    except HostUnknown:
        raise NoConnection("the host has no address") from None
    if not server.tls:
        # What is sent names people and holds codes: in plain text it never leaves the machine.
        places = [place for place in places if place.is_loopback]
    if not places:
        raise NoConnection("without TLS only loopback is reached")
    return places


def _secured(plain: socket.socket, server: Server) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=server.ca or None)
    return context.wrap_socket(plain, server_hostname=server.host)
