"""No test may leave the machine: connections to anything but loopback raise."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class NetworkBlocked(AssertionError):
    """A test tried to reach another host."""


def block(patch: pytest.MonkeyPatch) -> None:
    """Let sockets of this process reach loopback and Unix sockets only, and resolve nothing else."""
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None and not is_loopback(host):
            raise NetworkBlocked(f"A test tried to resolve {host!r}.")
        return resolve(host, *arguments, **options)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_resolve)


def is_loopback(host: str | bytes) -> bool:
    """Say whether ``host`` is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _check(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
        raise NetworkBlocked(f"A test tried to connect to {address!r}.")
