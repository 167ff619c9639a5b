"""The way to a fresh proof and back, for pages that need one before they do anything."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from users.request import PortalRequest


def to_confirm(request: PortalRequest, *, back_to: str = "") -> HttpResponse:
    """Lead to the question for the password, and from there to ``back_to``, or else to the page that was asked for."""
    address = f"{reverse('users:confirm')}?{urlencode({'next': back_to or request.get_full_path()})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
