"""Setting up an authenticator app: the key is shown once, and proven by its own code."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from sspr.services.security_info import confirm_app
from sspr.views.set_up import REFUSED_FORM, Frame
from users.app_keys import KEY_FAULTS, shown_key
from users.request import PortalRequest
from users.services.authenticators import NewKey, TooManyApps, go_on_with, start_authenticator
from users.services.people import Refused
from users.views.proof import to_confirm


@sensitive_variables()
def by_app(request: PortalRequest, frame: Frame) -> HttpResponse:
    """Show a key, and take the code that the app shows for it."""
    if request.method != "POST":
        return _page(request, frame, _new_key(request))
    now, sealed = clock.now(), request.POST.get("sealed", "")
    try:
        is_right = confirm_app(
            actor=request.actor,
            session=request.session_row,
            sealed=sealed,
            typed=request.POST.get("code", ""),
            label=request.POST.get("label", ""),
            now=now,
            is_registering=frame.is_registering,
        )
    except Refused:
        return to_confirm(request)
    except TooManyApps:
        return _page(request, frame, _new_key(request), fault="many")
    if is_right:
        return HttpResponseRedirect(frame.done)
    same = go_on_with(user=request.actor.user, tenant=request.tenant, sealed=sealed, now=now)
    return _page(request, frame, same or _new_key(request), fault="wrong" if same else "old")


def _new_key(request: PortalRequest) -> NewKey:
    return start_authenticator(user=request.actor.user, tenant=request.tenant, now=clock.now())


@sensitive_variables()
def _page(request: PortalRequest, frame: Frame, key: NewKey, *, fault: str = "") -> HttpResponse:
    page = {"frame": frame, "key": shown_key(key), "error": KEY_FAULTS.get(fault, "")}
    return render(request, "sspr/security_app.html", page, status=REFUSED_FORM if fault else 200)
