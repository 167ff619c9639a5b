"""The second factor on the way to the admin center: a code, or the first set-up of an authenticator app."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock
from adminportal.throttle import Throttled
from users import cookies
from users.access import has_fresh_proof, open_to_unregistered, own_account
from users.app_keys import KEY_FAULTS, shown_key
from users.request import PortalRequest
from users.services.authenticators import NewKey, go_on_with, start_authenticator
from users.services.second_factor import Passed, Way, has_authenticator, is_due, prove, set_up
from users.views.proof import to_confirm
from users.views.sign_in import later, safe_target


@own_account
@open_to_unregistered
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: PortalRequest) -> HttpResponse:
    """Ask for a code of the authenticator app, or for a recovery code."""
    onward = _onward(request)
    if not is_due(request.session_row, request.actor):
        return HttpResponseRedirect(onward)
    if not has_authenticator(request.actor.user):
        return HttpResponseRedirect(f"{reverse('users:second-factor-set-up')}?{urlencode({'next': onward})}")
    way = Way.RECOVERY_CODE if "recovery" in request.GET else Way.AUTHENTICATOR
    page = {"next": onward, "is_recovery": way is Way.RECOVERY_CODE, "days": request.tenant.trusted_device_days}
    if request.method != "POST":
        return render(request, "users/second_factor.html", page)
    try:
        passed = prove(
            request.session_row,
            typed=request.POST.get("code", ""),
            way=way,
            now=clock.now(),
            trusts="trust" in request.POST,
        )
    except Throttled as limit:
        return later(request, limit)
    if passed is None:
        return render(request, "users/second_factor.html", page | {"is_wrong": True}, status=422)
    return _let_in(request, passed, onward=onward, was_recovery=way is Way.RECOVERY_CODE)


@own_account
@open_to_unregistered
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_app(request: PortalRequest) -> HttpResponse:
    """Have a role holder without an authenticator app set one up; its own code proves it."""
    onward = _onward(request)
    if not is_due(request.session_row, request.actor) or has_authenticator(request.actor.user):
        return HttpResponseRedirect(f"{reverse('users:second-factor')}?{urlencode({'next': onward})}")
    if not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request, back_to=f"{request.path}?{urlencode({'next': onward})}")
    if request.method != "POST":
        return _show_key(request, _new_key(request), onward=onward)
    sealed, now = request.POST.get("sealed", ""), clock.now()
    made = set_up(
        request.session_row,
        sealed=sealed,
        typed=request.POST.get("code", ""),
        label=request.POST.get("label", ""),
        now=now,
    )
    if made is None:
        same = go_on_with(user=request.actor.user, tenant=request.tenant, sealed=sealed, now=now)
        return _show_key(request, same or _new_key(request), onward=onward, fault="wrong" if same else "old")
    response = render(
        request, "users/second_factor_codes.html", {"codes": made.recovery_codes, "next": onward, "made_at": now}
    )
    cookies.set_session(response, made.session_key)
    rotate_token(request)
    return response


def _let_in(request: PortalRequest, passed: Passed, *, onward: str, was_recovery: bool) -> HttpResponse:
    if was_recovery:
        response = render(request, "users/second_factor_left.html", {"left": passed.codes_left, "next": onward})
    else:
        response = HttpResponseRedirect(onward)
    cookies.set_session(response, passed.session_key)
    if passed.trusted_key:
        cookies.set_trusted(response, passed.trusted_key, days=request.tenant.trusted_device_days)
    rotate_token(request)
    return response


def _new_key(request: PortalRequest) -> NewKey:
    return start_authenticator(user=request.actor.user, tenant=request.tenant, now=clock.now())


@sensitive_variables()
def _show_key(request: PortalRequest, key: NewKey, *, onward: str, fault: str = "") -> HttpResponse:
    page = {"key": shown_key(key), "next": onward, "error": KEY_FAULTS.get(fault, "")}
    return render(request, "users/second_factor_set_up.html", page, status=422 if fault else 200)


def _onward(request: PortalRequest) -> str:
    return safe_target(request.POST.get("next") or request.GET.get("next") or "") or reverse("centre:home")
