"""The gate of registration: once a sign-in, whoever cannot get back in by themselves is asked for what is missing."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from adminportal import clock
from sspr.services.register import Asked, ask
from users.gates import View
from users.request import PortalRequest
from users.services.second_factor import is_due

ROUTES: Final = {Asked.MORE: "sspr:register", Asked.REVIEW: "sspr:review"}
OPEN: Final = ("is_open_to_unregistered", "is_open_to_must_change")


def registration_gate(request: PortalRequest, view: View) -> str:
    """Lead from a page to the question for more information; nothing that was typed is ever lost to it."""
    is_page = request.method == "GET" and not request.headers.get("HX-Request")
    if not is_page or request.session_row.registration_asked_at is not None:
        return ""
    if request.headers.get("X-Progress-Poll") or any(getattr(view, mark, False) for mark in OPEN):
        return ""
    # The question itself needs the second factor: whoever lost it would never reach My account.
    if is_due(request.session_row, request.actor):
        return ""
    asked = ask(request.session_row, request.actor, now=clock.now())
    if asked is Asked.NOTHING:
        return ""
    return f"{reverse(ROUTES[asked])}?{urlencode({'next': request.get_full_path()})}"
