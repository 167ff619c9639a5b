"""Gates between signing in and a page: each may lead somewhere else first, in the order of registration."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from users.request import PortalRequest

View = Callable[..., HttpResponse]
Gate = Callable[[PortalRequest, View], str]
"""Returns the address to go to instead of the view, or nothing where it is open."""

_gates: list[Gate] = []


def register_gate(gate: Gate) -> None:
    """Ask ``gate`` before every page of somebody who is signed in and has no password to change; once."""
    if gate not in _gates:
        _gates.append(gate)


def closed_gate(request: PortalRequest, view: View) -> str:
    """Return where the first closed gate leads, or nothing."""
    return next((address for gate in _gates if (address := gate(request, view))), "")
