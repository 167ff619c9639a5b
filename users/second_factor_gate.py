"""The gate of the second factor: before every admin page, where the organisation asks for one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from adminportal import clock
from adminportal.sealing import Secret
from users.gates import View
from users.request import PortalRequest
from users.services.second_factor import is_due, pass_by_trust


def second_factor_gate(request: PortalRequest, view: View) -> str:
    """Lead to the second factor from an admin page that needs one; costs nothing where none is due."""
    needs_it = hasattr(view, "required_permission") or getattr(view, "needs_second_factor", False)
    if not needs_it or not is_due(request.session_row, request.actor):
        return ""
    key = Secret(request.COOKIES.get(settings.TRUSTED_COOKIE_NAME, ""))
    if pass_by_trust(request.session_row, key, now=clock.now()):
        return ""
    is_page = request.method == "GET" and not request.headers.get("HX-Request")
    onward = f"?{urlencode({'next': request.get_full_path()})}" if is_page else ""
    return reverse("users:second-factor") + onward
